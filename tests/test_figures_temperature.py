"""The pictures of the chapter on temperature say what they show."""

from matplotlib.figure import Figure

from softmax_lib import figures


def test_small_multiples_name_their_axes_once_a_row_and_once_a_column():
    axes = Figure().subplots(2, 2, sharex=True, sharey=True)
    figures.draw_small_multiples(axes.flat, [2.0, 1.0, 0.0], [0.5, 1, 2, 4])
    assert [ax.get_xlabel() for ax in axes.flat] == ["", "", "class", "class"]
    assert [ax.get_ylabel() for ax in axes.flat] == ["probability", "", "probability", ""]
