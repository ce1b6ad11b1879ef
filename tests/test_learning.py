"""What a page asks of Python: verdicts that are right and give nothing away, and its own code."""

import inspect
from fractions import Fraction

import numpy as np
import pytest

from softmax_lib import shifted_softmax, softmax
from softmax_lib.learning import check, show_source


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, 3.0),
        ([1, 2], np.array([1.0, 2.0])),
        (1 / 3, 0.33333333333),  # within a relative 1e-9
        (1e6 + 1e-4, 1e6),
        ([Fraction(1, 2)], [0.5]),
        (1e-12, 0),  # near zero the error is absolute
        ([np.nan, np.inf], [np.nan, np.inf]),
        ([], []),
    ],
)
def test_a_right_answer_is_right(answer, expected):
    assert check(answer, expected) == "Right."


CLOSE = " But it is close: is something rounded? Errors up to 1e-09 pass."


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        (2, 3, "Not yet: it is too small."),
        (4, 3, "Not yet: it is too large."),
        (1 + 1e-8, 1, f"Not yet: it is too large.{CLOSE}"),
        (
            [0.644, 0.237],
            [0.64391, 0.23688],
            f"Not yet: 2 of 2 values are off. Entry 1 is too large.{CLOSE}",
        ),
        ([0.644, 0.5], [0.64391, 0.23688], "Not yet: 2 of 2 values are off. Entry 1 is too large."),
        ([1, 5, 7], [1, 2, 3], "Not yet: 2 of 3 values are off. Entry 2 is too large."),
        ([1, 2, 2], [1, 2, 3], "Not yet: 1 of 3 values is off. Entry 3 is too small."),
        (
            [[1], [2], [0]],
            [[1], [2], [3]],
            "Not yet: 1 of 3 values is off. Row 3, entry 1 is too small.",
        ),
        (
            [[1, 2, 3], [4, 0, 6]],
            [[1, 2, 3], [4, 5, 6]],
            "Not yet: 1 of 6 values is off. Row 2, entry 2 is too small.",
        ),
        (
            [[[1, 2], [3, 4]]],
            [[[1, 2], [5, 4]]],
            "Not yet: 1 of 4 values is off. Entry 3 is too small.",
        ),
        ([1, 2], [1, 2, 3], "Not yet: the answer has shape (2,), and should have (3,)."),
        (3, [3, 3], "Not yet: the answer has shape (), and should have (2,)."),
        ([1, 0], [0.9999, 1e-5], f"Not yet: 2 of 2 values are off. Entry 1 is too large.{CLOSE}"),
        (1e-4, 5e-4, "Not yet: it is too small."),  # a fifth is not rounded
        (np.nan, 3, "Not yet: it is not a number."),
        ([3, 1], [3, np.nan], "Not yet: 1 of 2 values is off. Entry 2 should not be a number."),
    ],
)
def test_a_wrong_answer_is_told_where_to_look(answer, expected, verdict):
    assert check(answer, expected) == verdict


def test_what_is_near_beside_a_nan_is_near():
    verdict = check([0.6439, np.nan], [0.64391426, np.nan])
    assert "But it is close" in verdict


def test_tolerance_is_what_it_says():
    assert check(1.009, 1, tolerance=0.01) == "Right."
    assert check(1.03, 1, tolerance=0.01) != "Right."


def test_tolerance_is_any_real_number():
    assert check(1.19, 1, tolerance=Fraction(1, 10)) == "Right."  # a tenth of 1 + 1
    assert check(1.21, 1, tolerance=Fraction(1, 10)) != "Right."
    with pytest.raises(ValueError, match="tolerance must be finite and at least 0, got 1000"):
        check(1, 1, tolerance=10**400)


def test_no_tolerance_asks_for_the_very_number():
    assert check([0.1, 0], [0.1, 0], tolerance=0) == "Right."
    for near, side in ((np.nextafter(0.1, 1), "large"), (np.nextafter(0.1, 0), "small")):
        assert check(near, 0.1, tolerance=0) == f"Not yet: it is too {side}."
    assert check(5e-324, 0, tolerance=0) == "Not yet: it is too large."


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"answer": np.ma.array([1.0, 2.0], mask=[0, 1])}, TypeError, "answer is a masked array"),
        ({"answer": np.array([1 + 1j, 2])}, TypeError, "answer must hold real numbers"),
        ({"answer": ["1", "2"]}, TypeError, "answer must hold real numbers"),
        ({"answer": np.array(["1", "x"], object)}, TypeError, "answer must hold real numbers"),
        ({"answer": np.array(["1", "2"], object)}, TypeError, "answer must hold real numbers"),
        ({"answer": np.timedelta64(1, "s")}, TypeError, "answer must hold real numbers"),
        ({"answer": ...}, TypeError, "answer still holds the dots"),
        ({"answer": [[1], [1, 2]]}, ValueError, "answer must be rectangular"),
        ({"answer": [10**400, 1]}, ValueError, "answer holds a number beyond the range"),
        ({"expected": None}, TypeError, "expected must hold real numbers"),
        ({"tolerance": np.inf}, ValueError, "tolerance must be finite and at least 0, got inf"),
        ({"tolerance": -1}, ValueError, "tolerance must be finite and at least 0, got -1"),
        ({"tolerance": np.nan}, ValueError, "tolerance must be finite and at least 0, got nan"),
        ({"tolerance": [1]}, TypeError, "tolerance must be one real number"),
    ],
)
def test_a_bad_argument_is_named(wrong, error, says):
    with pytest.raises(error, match=says):
        check(**{"answer": [1, 2], "expected": [1, 2]} | wrong)


def test_dots_left_in_are_called_so():
    for wrong in (..., [1, ...]):
        with pytest.raises(TypeError, match=r"^answer still holds the dots \(\.\.\.\)"):
            check(wrong, [1, 2])
        with pytest.raises(TypeError, match=r"^z still holds the dots"):
            softmax(wrong)
    with pytest.raises(TypeError, match=r"^temperature still holds the dots"):
        softmax([1, 0], temperature=...)


@pytest.mark.parametrize("one", [0.75, [0.75], [[0.75]], np.array([0.75])], ids=repr)
def test_one_number_is_right_in_any_brackets(one):
    assert check(one, 0.75) == check(0.75, one) == "Right."


def test_the_tolerance_is_told_as_it_is():
    verdict = check([1.0035], [1.0], tolerance=1.5e-3)
    assert verdict.endswith("is something rounded? Errors up to 0.0015 pass.")


def test_a_list_where_one_number_belongs_is_called_so():
    wanted = "Not yet: the answer has shape (2,), and should be a single number."
    assert check([0.75, 0.25], 0.75) == wanted


def test_source_shown_is_the_code_without_its_docstring():
    shown = show_source(shifted_softmax).data
    assert shown.startswith("```python\ndef shifted_softmax(z, axis=-1):\n    x, axes")
    assert shown.endswith("\n```")
    assert not shown.endswith("\n\n```")
    body = shown.removeprefix("```python\n").removesuffix("\n```").splitlines()
    whole = inspect.getsource(shifted_softmax).splitlines()
    assert body[1:] == whole[len(whole) - len(body) + 1 :]
    assert '"""' not in shown


def test_source_of_a_function_with_no_docstring_is_whole():
    def double(x):
        text = """not a docstring"""
        return x + x, text

    shown = show_source(double).data
    assert shown.startswith("```python\ndef double(x):\n    text = ")  # as if it stood alone
    assert 'text = """not a docstring"""' in shown

    def greet(name):
        return (
            """hello,
            """
            + name
        )

    assert '"""hello' in show_source(greet).data


def test_only_the_first_string_of_a_function_is_its_docstring():
    def speak():
        """Say it."""
        print(
            """said
            """
        )

    shown = show_source(speak).data
    assert "Say it" not in shown
    assert '    """said\n' in shown


def test_a_docstring_may_be_quoted_in_any_way_and_set_from_elsewhere():
    def short():
        "Say it."
        return """in two
            lines"""

    def quoting():
        '''Quote """three""" marks.'''
        return 3

    def given():
        return 3

    given.__doc__ = "From elsewhere."
    assert '"""in two' in show_source(short).data
    assert "Say it" not in show_source(short).data
    assert show_source(quoting).data == "```python\ndef quoting():\n    return 3\n```"
    assert show_source(given).data == "```python\ndef given():\n    return 3\n```"


def test_source_of_what_is_not_python_is_refused():
    with pytest.raises(TypeError):
        show_source(len)
    with pytest.raises(TypeError, match=r"^function must be one written in Python, got <built-in"):
        show_source(len)


def test_the_callers_error_state_does_not_matter():
    with np.errstate(all="raise"):
        assert check([1e-320, 1e308], [1e-310, -1e308]).startswith("Not yet: 1 of 2")
