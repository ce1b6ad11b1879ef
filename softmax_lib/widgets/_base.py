"""What every explorer shares: how its files are joined, and traits that refuse bad values."""

import copy
import inspect
import math
import re
from pathlib import Path

import anywidget
import traitlets as t

from softmax_lib._inputs import real_number


def static_files(*names):
    """Return an explorer's script and style: what all share, and then its own files.

    Each is one text, since a module loaded from a Blob cannot import its neighbour. A script's
    lines of comment stay behind: each widget of a page brings its text along.
    """
    static = Path(__file__).parent / "static"

    def joined(*files):
        text = "\n".join((static / file).read_text(encoding="utf-8") for file in files)
        return re.sub(r"^ *//.*\n", "", text, flags=re.M)

    return (
        joined("softmax.js", "explorer.js", *(f"{name}.js" for name in names)),
        joined("explorer.css", *(f"{name}.css" for name in names)),
    )


def finite(value):
    """Return the number as a float, or None for whatever is not a finite number."""
    try:
        number = float(real_number(value, "value"))
    except (TypeError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def listed(value):
    """Return a list, a tuple or a one-dimensional array as a list, anything else as None."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return list(value) if isinstance(value, (list, tuple)) else None


def number_within(name, value, low, high, *, whole=False, hint="", told=None):
    """Return the number as a float, or as an int if `whole`; raise TraitError for anything else.

    The error names the upper end `told`, if there is one, in place of `high`.
    """
    number = finite(value)
    inside = number is not None and low <= number <= high
    if not inside or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        bounds = f"from {low:.10g} to {high if told is None else told:.10g}"
        below = hint if number is not None and number < low else ""
        raise t.TraitError(f"{name} must be {kind} {bounds}, not {value!r}{below}")
    return int(number) if whole else number


class Number(t.TraitType):
    """A finite number from `low` to `high`; `whole` takes integers alone, and keeps them so.

    Where other traits, which may be about to change as well, set an end below `high`, the explorer
    checks that; told(explorer) is that end, for an error to name.
    """

    def __init__(self, default, low, high, *, whole=False, hint="", told=None):
        super().__init__(default)
        self.low, self.high, self.whole, self.hint, self.told = low, high, whole, hint, told

    def validate(self, obj, value):
        return number_within(
            self.name,
            value,
            self.low,
            self.high,
            whole=self.whole,
            hint=self.hint,
            told=self.told and self.told(obj),
        )


class Temperature(Number):
    """A finite number from 0.01 to 100."""

    def __init__(self):
        super().__init__(1.0, 0.01, 100, hint="; softmax_lib.hardmax is the limit T -> 0")


class Index(t.TraitType):
    """A place along one axis of the explorer's `shape`, counted from 0."""

    def __init__(self, axis):
        super().__init__(0)
        self.axis = axis

    def validate(self, obj, value):
        return number_within(self.name, value, 0, obj.shape[self.axis] - 1, whole=True)


class Choice(t.TraitType):
    """One of a few strings."""

    def __init__(self, *values):
        super().__init__(values[0])
        self.values = values

    def validate(self, obj, value):
        if not isinstance(value, str) or value not in self.values:
            known = ", ".join(map(repr, self.values))
            raise t.TraitError(f"{self.name} must be one of {known}, not {value!r}")
        return value


class Flag(t.TraitType):
    """True or False, and nothing that only counts as one of them."""

    default_value = False

    def validate(self, obj, value):
        if not isinstance(value, bool):
            raise t.TraitError(f"{self.name} must be True or False, not {value!r}")
        return value


class PerClass(t.TraitType):
    """A list with one entry a class; those that belong together change together."""

    def set(self, obj, value):
        """Set it, and let no observer and no page see the labels and the logits differ in length.

        The checks and the notifications wait until both are set; the page gets one message.
        """
        with obj.hold_sync(), obj.hold_trait_notifications():
            super().set(obj, value)
            obj._fit_labels(self.name)


class Logits(PerClass):
    """A list of `fewest` to `most` finite numbers, of an absolute value of at most `bound`."""

    def __init__(self, fewest=2, most=10, bound=math.inf):
        super().__init__([])
        self.fewest, self.most, self.bound = fewest, most, bound

    def validate(self, obj, value):
        values = listed(value)
        floats = None if values is None else [finite(entry) for entry in values]
        bad = floats is None or not self.fewest <= len(floats) <= self.most or None in floats
        if bad or any(abs(number) > self.bound for number in floats):
            count = self.fewest if self.fewest == self.most else f"{self.fewest} to {self.most}"
            kind = "finite numbers"
            if self.bound < math.inf:
                kind = f"numbers from {-self.bound:g} to {self.bound:g}"
            raise t.TraitError(f"{self.name} must be a list of {count} {kind}, not {value!r}")
        return floats


class Distribution(PerClass):
    """None, or a list of probabilities that sum to 1, one for each class."""

    def __init__(self):
        super().__init__(None, allow_none=True)

    def validate(self, obj, value):
        values = listed(value)
        floats = None if values is None else [finite(entry) for entry in values]
        if (
            not floats
            or not all(p is not None and 0 <= p <= 1 for p in floats)
            or abs(math.fsum(floats) - 1) > 1e-8  # within what softmax_lib.losses allows
        ):
            raise t.TraitError(
                f"{self.name} must be None or a list of numbers from 0 to 1 that sum to 1, "
                f"not {value!r}"
            )
        return floats


class Labels(PerClass):
    """A list of strings."""

    def validate(self, obj, value):
        values = listed(value)
        if values is None or not all(isinstance(entry, str) for entry in values):
            raise t.TraitError(f"{self.name} must be a list of strings, not {value!r}")
        return values


def default_labels(count):
    return [f"class {i + 1}" for i in range(count)]


class Explorer(anywidget.AnyWidget):
    """An anywidget that also offers a still picture of itself.

    A page shows the picture until the script runs, or where none does.
    """

    initial = t.Dict(read_only=True).tag(sync=True)  # what the page's reset button goes back to

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        # What Sphinx shows of a widget is else its __new__(*args, **kwargs), as of all of them.
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        cls.__signature__ = inspect.Signature(parameters)

    def __init__(self, first, **kwargs):
        if unknown := kwargs.keys() - self.traits().keys():  # which traitlets would overlook
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        super().__init__(**first, **kwargs)
        self._keep_initial(first)

    def __setattr__(self, name, value):
        if not name.startswith("_") and not hasattr(type(self), name):  # a misspelt trait
            raise AttributeError(f"{type(self).__name__} has no {name}")
        super().__setattr__(name, value)

    def _keep_initial(self, names):
        now = {name: copy.copy(getattr(self, name)) for name in names}  # lists may change in place
        self.set_trait("initial", self.initial | now)

    def _set_together(self, values):
        """Set traits, read-only ones too, and let no observer see some of them alone."""
        with self.hold_trait_notifications():
            for name, value in values.items():
                self.set_trait(name, value)

    def _fit_labels(self, changed):
        """Do nothing: where the number of classes may change, the explorer says what follows."""

    def still(self):
        """Return an SVG of the present state, with a title that says the same in words."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return {**data, "image/svg+xml": self.still()}, metadata


class FixedClassExplorer(Explorer):
    """An explorer of classes whose number and names stay what they are at first."""

    labels = t.List(t.Unicode(), read_only=True).tag(sync=True)

    def __init__(self, logits, labels, **kwargs):
        super().__init__({"logits": logits}, **kwargs)
        count = len(self.logits)
        names = default_labels(count) if labels is None else listed(labels)
        if names is None or len(names) != count or not all(isinstance(name, str) for name in names):
            raise t.TraitError(f"labels must be {count} strings, one a logit, not {labels!r}")
        self.set_trait("labels", names)

    @t.validate("logits")
    def _as_many_as_before(self, proposal):
        if self.labels and len(proposal.value) != len(self.labels):
            raise t.TraitError(
                f"logits must be {len(self.labels)} numbers, one a class, not {proposal.value!r}"
            )
        return proposal.value


class ClassExplorer(Explorer):
    """An explorer of classes that each have a logit and a label, in lists of equal length."""

    logits = Logits().tag(sync=True)
    labels = Labels([]).tag(sync=True)

    def __init__(self, labels, first, **kwargs):
        super().__init__(first if labels is None else {**first, "labels": labels}, **kwargs)
        self._keep_initial(["labels"])

    def _fit_labels(self, changed):
        """Give new logits as many labels: drop the last ones, or add the initial or default ones.

        The page's own labelsFor does the same.
        """
        if changed == "logits":
            count = len(self.logits)
            initial = self.initial.get("labels", [])
            names = self.labels + initial[len(self.labels) :]
            self.labels = (names + default_labels(count)[len(names) :])[:count]

    @t.validate("logits", "labels")
    def _one_label_a_logit(self, proposal):
        if len(self.labels) != len(self.logits):
            raise t.TraitError(
                f"labels must name each of the {len(self.logits)} logits once, "
                f"and these are {len(self.labels)}: {self.labels!r}"
            )
        self._check_classes()
        return proposal.value

    def _check_classes(self):
        """Raise TraitError where another trait does not fit the number of classes."""
