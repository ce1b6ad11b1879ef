"""The pictures of the chapter on the gradient show the numbers that they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from softmax_lib import figures

from .contrast import contrast, luminance

Z = [2.0, 1.0, 0.0, -1.0]


@pytest.fixture
def axes():
    return Figure().subplots(1, 2)


def numbers(ax):
    return [float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in ax.texts]


def test_rows_of_the_drawn_jacobian_sum_to_zero(axes):
    figures.draw_jacobian(axes[0], Z)
    drawn = np.reshape(numbers(axes[0]), (4, 4))
    # Four numbers of three decimals, each off by at most 0.0005.
    assert np.abs(drawn.sum(axis=1)).max() <= 0.002
    assert (np.diag(drawn) > 0).all()


def test_only_the_true_class_of_the_error_signal_points_down(axes):
    figures.draw_error_signal(axes, Z, 1)
    assert [height < 0 for height in numbers(axes[1])] == [False, True, False, False]
    outline = [bar.get_height() for bar in axes[0].patches if not bar.get_fill()]
    assert outline == [0, 1, 0, 0]


def test_squared_error_lets_go_where_cross_entropy_pulls_hardest(axes):
    # At a gap of -8 the factor between them is 2 p (1 - p), with p = 1 / (1 + e^8).
    figures.draw_gradient_size_against_gap(axes[0], np.array([-8.0, 8.0]))
    (entropy, squared, _) = (line.get_ydata() for line in axes[0].lines)
    p = 1 / (1 + np.exp(8))
    np.testing.assert_allclose(squared[0] / entropy[0], 2 * p * (1 - p))
    np.testing.assert_allclose(entropy[0], np.sqrt(2) * (1 - p))


def test_loss_curve_counts_steps_from_one(axes):
    figures.draw_loss_curve(axes[0], [2.0, 1.0, 0.5])
    np.testing.assert_array_equal(axes[0].lines[0].get_xydata(), [[1, 2], [2, 1], [3, 0.5]])


def test_confusion_counts_rows_by_the_true_class(axes):
    figures.draw_confusion(axes[0], [0, 0, 0, 1, 2], [0, 2, 2, 1, 0])
    counts = {text.get_position(): int(text.get_text()) for text in axes[0].texts}
    assert counts == {(0, 0): 1, (2, 0): 2, (1, 1): 1, (0, 2): 1}  # (x, y): x was predicted


def contrasts(ax):
    """Return how far each number's colour is from that of the square it stands on."""
    (image,) = ax.images
    squares = image.to_rgba(image.get_array())[..., :3]
    places = [text.get_position() for text in ax.texts]
    behind = luminance([squares[y, x] for x, y in places])
    return contrast(behind, luminance([to_rgb(text.get_color()) for text in ax.texts]))


@pytest.mark.parametrize(
    ("labels", "predicted", "error", "says"),
    [
        ([-1, 0, 1], [0, 0, 1], ValueError, "class -1"),
        ([1, 0, 1], [0], ValueError, "mismatch"),
        (np.ma.array([0, 1], mask=[0, 1]), [0, 1], TypeError, "masked"),
    ],
)
def test_confusion_counts_no_class_that_is_not_there(axes, labels, predicted, error, says):
    with pytest.raises(error, match=says):
        figures.draw_confusion(axes[0], labels, predicted)


def test_a_count_is_white_on_a_dark_square_only(axes):
    figures.draw_confusion(axes[0], [0] * 10 + [1], [0, *[1] * 9, 1])
    colours = {text.get_position(): text.get_color() for text in axes[0].texts}
    assert colours == {(0, 0): "black", (1, 0): "white", (1, 1): "white"}
    assert contrasts(axes[0]).min() >= 4.5


def test_a_count_is_read_on_every_square(axes):
    """WCAG asks a contrast of 4.5. Of class i, i in a hundred are taken for class 0."""
    labels, nth = np.indices((101, 100)).reshape(2, -1)
    figures.draw_confusion(axes[0], labels, np.where(nth < labels, 0, labels))
    shares = [int(text.get_text()) for text in axes[0].texts]
    assert set(shares) == set(range(1, 101))
    assert contrasts(axes[0]).min() >= 4.5


def test_reliability_bars_are_the_shares_that_were_right(axes):
    confidence = np.array([0.55, 0.58, 0.95, 0.97, 0.99, 1.0])
    right = np.array([True, False, True, True, True, False])
    figures.draw_reliability(axes[0], confidence, right)
    assert [bar.get_height() for bar in axes[0].patches] == [0.5, 0.75]
    assert numbers(axes[0]) == [2, 4]


@pytest.mark.filterwarnings("error")
def test_a_class_that_is_never_true_has_an_empty_row(axes):
    figures.draw_confusion(axes[0], [0, 0], [0, 1])
    np.testing.assert_array_equal(axes[0].images[0].get_array(), [[0.5, 0.5], [0, 0]])


def test_reliability_takes_lists(axes):
    figures.draw_reliability(axes[0], [0.1, 0.9, 0.95], [False, True, False], bins=2)
    assert [bar.get_height() for bar in axes[0].patches] == [0, 0.5]
