"""What a page asks of Python besides mathematics: to show code, and to check answers."""

import ast
import inspect
import textwrap

import numpy as np
from IPython.display import Markdown

from softmax_lib._inputs import as_array, as_double, real_number, refuse_dots

__all__ = ["check", "show_source"]


def show_source(function):
    """Show the library's own code of a function, without its docstring.

    A chapter shows what it calls in this way, so that page and library cannot differ.

    Parameters
    ----------
    function : function
        Any function written in Python.

    Returns
    -------
    IPython.display.Markdown
        Its source, as a block of Python.

    Raises
    ------
    TypeError
        If it is not written in Python.
    OSError
        If its source is in no file.

    Examples
    --------
    >>> print(show_source(show_source).data.splitlines()[1])
    def show_source(function):
    """
    if not inspect.isfunction(function):
        raise TypeError(f"function must be one written in Python, got {function!r}")
    source = textwrap.dedent(inspect.getsource(function))
    if function.__doc__ and ast.get_docstring(definition := ast.parse(source).body[0]):
        docstring = definition.body[0]
        lines = source.splitlines()
        del lines[docstring.lineno - 1 : docstring.end_lineno]
        source = "\n".join(lines)
    return Markdown(f"```python\n{source.rstrip()}\n```")


def check(answer, expected, *, tolerance=1e-9):
    """Say whether an exercise's answer is right, without giving it away.

    Parameters
    ----------
    answer : array_like
        The reader's answer.
    expected : array_like
        The right one. A page computes it in a cell that is hidden, not shown.
    tolerance : float
        The error that is still right, as a share of ``1 + abs(expected)``.

    Returns
    -------
    str
        A verdict, and where it is no, the first thing to look at: the shape, then the values.

    Raises
    ------
    TypeError
        If `answer` or `expected` does not hold real numbers, or `tolerance` is not one.
    ValueError
        If `answer` or `expected` is not rectangular, or `tolerance` is negative, infinite or NaN.

    Examples
    --------
    >>> check([0.5, 0.5], [0.5, 0.5])
    'Right.'
    >>> check([0.5, 0.4], [0.5, 0.5])
    'Not yet: 1 of 2 values is off. Entry 2 is too small.'
    """
    answer, expected = _numbers(answer, "answer"), _numbers(expected, "expected")
    limit = as_double(real_number(tolerance, "tolerance"))
    if not 0 <= limit < np.inf:
        raise ValueError(f"tolerance must be finite and at least 0, got {tolerance!r}")
    if answer.size == expected.size == 1:
        answer = answer.reshape(expected.shape)  # one number is right in any brackets
    if answer.shape != expected.shape:
        wanted = f"have {expected.shape}" if expected.ndim else "be a single number"
        return f"Not yet: the answer has shape {answer.shape}, and should {wanted}."
    with np.errstate(all="ignore"):
        wrong = ~np.isclose(answer, expected, rtol=limit, atol=limit, equal_nan=True)
        largest = np.fmax.reduce(np.abs(expected), axis=None, initial=0)  # the others may be small
        at_most = 1e-3 * min(largest, 1)
        near = np.isclose(answer, expected, rtol=1e-2, atol=at_most, equal_nan=True).all()
    if not wrong.any():
        return "Right."
    first = int(np.argmax(wrong))
    got, right = answer.flat[first], expected.flat[first]
    if np.isnan(got) or np.isnan(right):
        fault = "is not a number" if np.isnan(got) else "should not be a number"
    else:
        fault = "is too small" if got < right else "is too large"
    # A reader who has rounded must not go looking for another formula.
    hint = (
        f" But it is close: is something rounded? Errors up to {limit:.2g} pass."
        if near and limit
        else ""
    )
    if answer.size == 1:
        return f"Not yet: it {fault}.{hint}"
    verb = "is" if wrong.sum() == 1 else "are"
    count = f"{wrong.sum()} of {answer.size} values {verb} off."
    entry = f"Entry {first + 1}"
    if answer.ndim == 2:
        row, column = divmod(first, answer.shape[1])
        entry = f"Row {row + 1}, entry {column + 1}"
    return f"Not yet: {count} {entry} {fault}.{hint}"


def _numbers(values, name):
    """Return `values` as float64, of whatever Python can turn into a float."""
    array = as_array(values, name)
    refuse_dots(array, name)
    try:
        odd = (type(None), str, bytes)
        if array.dtype.kind not in "biufO" or any(isinstance(value, odd) for value in array.flat):
            raise TypeError  # NumPy would drop what is imaginary, read text, and make NaN of None
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must hold real numbers, got {values!r}") from None
    except OverflowError:
        raise ValueError(f"{name} holds a number beyond the range of float64") from None
