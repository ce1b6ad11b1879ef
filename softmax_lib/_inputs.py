"""Checks that every public function shares, so that an error names the argument at fault."""

from __future__ import annotations

import math
import numbers
import reprlib

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

_FLOATS = frozenset((np.dtype(np.float64), np.dtype(np.float32), np.dtype(np.float16)))
_NO_NUMBER = (bool, np.timedelta64)  # though Python has both among the integers


def as_array(values, name, cure="fill it first"):
    """Return `values` as an array of any dtype; `cure` says what to do with masked ones."""
    if _masked(values):
        raise TypeError(f"{name} is a masked array: a mask is not honoured here; {cure}")
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} must be rectangular, with rows of equal length: {error}"
        ) from None


def _masked(values):
    """Tell whether there is a masked array, which np.asarray would strip of its mask silently."""
    if isinstance(values, list | tuple):
        kinds = set(map(type, values)) - {float, int}  # quicker than a look at each number
        deeper = any(issubclass(kind, (list, tuple, np.ma.MaskedArray)) for kind in kinds)
        return deeper and any(map(_masked, values))
    return isinstance(values, np.ma.MaskedArray)


def as_floats(values, name):
    """Return `values` as a plain array of float16, float32 or float64.

    Booleans, integers and objects that are real numbers (big integers, fractions) become float64,
    since arithmetic in a small or unsigned integer type would wrap. A float keeps its type; a long
    double is refused, because float64 would drop digits that its owner asked for.
    """
    if type(values) is np.ndarray and values.dtype in _FLOATS:
        return values  # the common case, at no cost
    fill = (
        f"fill it first, with {name}.filled(-np.inf)" if name.startswith("z") else "fill it first"
    )
    array = as_array(values, name, fill)
    dtype = array.dtype
    if dtype.kind == "f" and dtype.itemsize <= 8:
        return array.astype(f"f{dtype.itemsize}", copy=False)
    real_objects = dtype.kind == "O" and all(
        isinstance(v, numbers.Real) and not isinstance(v, np.longdouble | np.timedelta64)
        for v in array.flat
    )
    if dtype.kind in "biu" or real_objects:
        try:
            return array.astype(np.float64)
        except OverflowError:
            raise ValueError(f"{name} holds a number beyond the range of float64") from None
    refuse_dots(array, name)
    raise TypeError(
        f"{name} has {described(array)}: expected real numbers, as bool, integer, "
        "float16, float32 or float64"
    )


def described(array):
    """Return the dtype of an array that is refused, and of objects the first that is no number."""
    if array.dtype.kind == "O":
        for value in array.flat:
            if not isinstance(value, numbers.Real):
                return f"dtype {array.dtype}, with {reprlib.repr(value)} in it"
    return f"dtype {array.dtype}"


def refuse_dots(array, name):
    """Raise TypeError if an exercise's dots were left where numbers should be."""
    if array.dtype.kind == "O" and any(value is Ellipsis for value in array.flat):
        raise TypeError(f"{name} still holds the dots (...): put your numbers in their place")


def is_whole(value):
    """Tell whether a value is a whole number, of Python or of NumPy."""
    return isinstance(value, numbers.Integral) and not isinstance(value, _NO_NUMBER)


def whole_number(value, name, least, most=math.inf):
    """Return `value` as an int, or raise unless it is a whole number from `least` to `most`."""
    value = _scalar(value)
    if not is_whole(value):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if not least <= value <= most:
        bounds = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ValueError(f"{name} must be {bounds}, got {value!r}")
    return int(value)


def real_number(value, name):
    """Return `value`, out of an array with no axis if it is in one, or raise TypeError."""
    value = _scalar(value)
    if isinstance(value, _NO_NUMBER) or not isinstance(value, numbers.Real):
        if value is ...:
            refuse_dots(np.array(value), name)
        raise TypeError(f"{name} must be one real number, got {value!r}")
    return value


def _scalar(value):
    """Return what an array with no axis holds, and anything else as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def as_double(number):
    """Return a real number as a float: infinite where it is beyond the largest one."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def check_temperature(temperature):
    """Return `temperature` as a float above zero; infinity is allowed."""
    if type(temperature) is float and temperature > 0:
        return temperature
    temperature = real_number(temperature, "temperature")
    value = as_double(temperature)
    if not value > 0:  # also catches NaN
        raise ValueError(
            f"temperature must be above 0, got {temperature!r}; "
            "for the limit T -> 0 use softmax_lib.hardmax"
        )
    return value


def check_out(out, z):
    """Raise unless `out` is an array with the shape and dtype of `z`, to be written to."""
    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"out must be a plain NumPy array, got {type(out).__name__}")
    if out.dtype != z.dtype:
        raise TypeError(f"out has dtype {out.dtype}, but the result has dtype {z.dtype}")
    if out.shape != z.shape:
        raise ValueError(f"out has shape {out.shape}, but the result has shape {z.shape}")
    if not out.flags.writeable:
        raise ValueError("out is read-only: pass an array that may be written to")


def axis_tuple(axis, ndim):
    """Return `axis` (an int, a tuple of ints, or None for all) as a tuple of ints from 0."""
    if type(axis) is int and axis == -1 and ndim:
        return (ndim - 1,)  # the common case, at no cost
    if axis is None:
        return tuple(range(ndim))
    axes = axis.tolist() if isinstance(axis, np.ndarray) else axis
    axes = axes if isinstance(axes, tuple | list) else (axes,)
    if not all(map(is_whole, axes)):
        hint = (
            "; a temperature goes by its name: temperature=..." if isinstance(axis, float) else ""
        )
        raise TypeError(f"axis must be an int, a tuple of ints or None, got {axis!r}{hint}")
    try:
        return normalize_axis_tuple(axes, ndim)
    except OverflowError:
        raise ValueError(f"axis {axis} is out of range for an array of {ndim} axes") from None
    except np.exceptions.AxisError:
        raise
    except ValueError:
        raise ValueError(f"axis {axis} names an axis twice, of an array of {ndim} axes") from None


def checked(values, axis, name, *, empty_allowed=False):
    """Return `values` as an array of floats, and `axis` as a tuple, or raise."""
    array = as_floats(values, name)
    try:
        axes = axis_tuple(axis, array.ndim)
    except np.exceptions.AxisError:
        if array.ndim:
            raise
        raise ValueError(
            f"{name} is a single number, {array}, and has no axis of classes"
        ) from None
    if not (array.size or empty_allowed) and 0 in map(array.shape.__getitem__, axes):
        raise ValueError(
            f"{name} of shape {array.shape} is empty along axis {axis}: no distribution exists"
        )
    return array, axes


def classes_last(array, axes):
    """Return `array` with a row as its last axis: a view, save where axes far apart must join."""
    if axes == (array.ndim - 1,):
        return array
    kept = [a for a in range(array.ndim) if a not in axes]
    length = math.prod(array.shape[a] for a in axes)
    return array.transpose(*kept, *axes).reshape(*(array.shape[a] for a in kept), length)


def as_rows(values, axis, name):
    """Return `values` as a C-ordered array (..., K), the classes of `axis` last, and its dtype.

    In that layout NumPy adds the classes pairwise, with an error that grows like log K, not like K.
    The array is float32 or float64; the dtype returned is the one that the caller's result gets.
    """
    array, axes = checked(values, axis, name)
    rows = classes_last(array, axes)
    return rows.astype(np.result_type(array, np.float32), order="C", copy=False), array.dtype


def from_rows(rows, axis, shape):
    """Return `rows`, laid out by `as_rows` from an array of this shape, in that shape."""
    axes = axis_tuple(axis, len(shape))
    order = [*(a for a in range(len(shape)) if a not in axes), *axes]
    places = sorted(range(len(order)), key=order.__getitem__)  # np.argsort is slow for so few
    return rows.reshape([shape[a] for a in order]).transpose(places)


def check_distributions(rows, dtype, name, *, nan_rows=False):
    """Raise ValueError unless each row along the last axis is a probability distribution.

    A row of numbers that had `dtype` may miss the sum 1 by the square root of its epsilon, as in
    `numpy.random.Generator.choice`, and by what rounding to its smallest number loses. With
    `nan_rows`, a row with a NaN passes.
    """
    with np.errstate(all="ignore"):  # infinities of both signs have no sum
        totals = np.asarray(np.add.reduce(rows, axis=-1))
    info = np.finfo(dtype)
    tolerance = math.sqrt(info.eps) + rows.shape[-1] * float(info.smallest_subnormal)
    lowest = np.asarray(np.minimum.reduce(rows, axis=-1))  # NaN where the row has one
    wrong = ~((lowest >= 0) & (abs(totals - 1) <= tolerance))
    wrong &= ~(nan_rows & np.isnan(lowest))
    if wrong.any():
        row, total = rows[wrong][0], totals[wrong].flat[0]
        for value in row[~((row >= 0) & (row < np.inf))]:
            raise ValueError(f"{name} holds {value}, which is no probability")
        raise ValueError(f"{name} holds a row with sum {total}, but probabilities sum to 1")
