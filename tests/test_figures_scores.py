"""Pictures of the chapter on scores show what is true."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from softmax_lib import figures


@pytest.fixture
def axes():
    fig, axes = plt.subplots(3, 1)
    yield axes
    plt.close(fig)


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def test_last_row_is_the_second_over_its_sum(axes):
    figures.draw_three_rows(axes, np.array([2.0, 1.0, 0.0, -1.0]))
    scores, exponentials, probabilities = (np.array(heights(ax)) for ax in axes)
    np.testing.assert_array_equal(scores, [2, 1, 0, -1])
    np.testing.assert_allclose(exponentials[:3], [np.e**2, np.e, 1], rtol=1e-15)
    np.testing.assert_allclose(probabilities, exponentials / exponentials.sum(), rtol=1e-14)


def test_shares_are_weights_over_their_sum(axes):
    rules = {"plain": np.asarray, "squares": np.square, "ones": np.ones_like}
    figures.draw_shares(axes, [3.0, -1.0], rules)
    assert [ax.get_title() for ax in axes] == list(rules)
    np.testing.assert_allclose([heights(ax) for ax in axes], [[1.5, -0.5], [0.9, 0.1], [0.5] * 2])
    assert [ax.get_xlabel() for ax in axes] == ["", "", "class"]  # below each other
    assert [ax.get_ylabel() for ax in axes] == ["share"] * 3


def test_minus_signs_are_those_of_the_axes(axes):
    figures.draw_shares(axes[:1], [3.0, -1.0], {"plain": np.asarray})
    figures.draw_simplex(axes[1], [(2, -1, 0)], gaps=[-3])
    figures.draw_exp_ranges(axes[2], [np.float16])
    written = [text.get_text() for ax in axes for text in ax.texts]
    assert {"\N{MINUS SIGN}0.50", "\N{MINUS SIGN}3", "(2, \N{MINUS SIGN}1, 0)"} <= {*written}
    assert "\N{MINUS SIGN}17.33" in written
    assert "-" not in "".join(written)


def test_soft_choice_is_the_logistic_curve_and_hard_choice_a_step(axes):
    gaps = np.linspace(-3, 3, 7)
    figures.draw_soft_and_hard_choice(axes[0], gaps.tolist())
    soft, below, above, _, tie = (line.get_ydata() for line in axes[0].lines)
    np.testing.assert_allclose(soft, 1 / (1 + np.exp(-gaps)), rtol=1e-14)
    assert set(below) == {0}
    assert set(above) == {1}
    assert list(tie) == [0.5]


def test_corners_of_the_triangle_are_one_apart_and_equal_shares_its_centre():
    corners = figures.triangle_points(np.eye(3))
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    np.testing.assert_allclose(sides, 1, rtol=1e-15)
    centre = figures.triangle_points(np.full(3, 1 / 3))
    np.testing.assert_allclose(centre, corners.mean(axis=0), rtol=1e-15)


def test_shifted_logits_share_a_dot_and_equal_gaps_a_line(axes):
    figures.draw_simplex(axes[0], [(2, 1, 0), (7, 6, 5), (2, 1, 3)], gaps=[1])
    line, dot, ring, raised = (line.get_xydata() for line in axes[0].lines)
    np.testing.assert_array_equal(dot, ring)
    assert "(2, 1, 0)\n(7, 6, 5)" in [text.get_text() for text in axes[0].texts]
    for point in (dot[0], raised[0]):
        along, off = line[1] - line[0], point - line[0]
        assert abs(along[0] * off[1] - along[1] * off[0]) < 1e-8  # on the line of gap 1


@pytest.mark.parametrize("logits", [[(0, 0, 0, 0)], (2, 1, 0)])
def test_a_triangle_is_for_three(axes, logits):
    with pytest.raises(ValueError, match=r"^logits must be vectors of three"):
        figures.draw_simplex(axes[0], logits)


def test_more_points_than_colours_are_refused(axes):
    with pytest.raises(ValueError, match=r"^a picture has colours for 8 classes, got 9$"):
        figures.draw_simplex(axes[0], [(gap, 0, 0) for gap in range(9)])
