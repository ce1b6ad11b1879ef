"""Pictures of the chapter on stability show what is true."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from mpmath import mp

from softmax_lib import figures


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


# Largest number, smallest normal and smallest subnormal of each format, from IEEE 754: precision p
# and largest exponent e give (2 - 2^(1 - p)) 2^e, 2^(1 - e) and 2^(2 - e - p).
@pytest.mark.parametrize(
    ("dtype", "p", "e"), [(np.float16, 11, 15), (np.float32, 24, 127), (np.float64, 53, 1023)]
)
def test_exp_thresholds_are_logarithms_of_the_format(dtype, p, e):
    two = mp.mpf(2)
    exact = [
        mp.log(two ** (2 - e - p) / 2),
        mp.log(two ** (1 - e)),
        mp.log((2 - two ** (1 - p)) * two**e),
    ]
    np.testing.assert_allclose(figures.exp_thresholds(dtype), np.array(exact, float), rtol=1e-14)


def test_exp_ranges_change_colour_at_the_thresholds(ax):
    figures.draw_exp_ranges(ax, [np.float16, np.float64])
    edges = {round(bar.get_x(), 2) for bar in ax.patches}
    assert {-17.33, -9.7, 11.09, -745.13, -708.4, 709.78} <= edges


def test_offsets_where_the_definition_gives_nan_are_grey(ax):
    offsets = np.arange(-130, 121, 10, dtype=np.float32)
    figures.draw_forms_against_offset(ax, np.array([1, 0], np.float32), offsets)
    # 1 + 90 is above 88.72, and 1 - 110 below -103.97; 1 - 100 and 1 + 80 are not.
    (grey,) = ax.collections
    spans = [path.vertices[:, 0] for path in grey.get_paths()]
    assert [(span.min(), span.max()) for span in spans] == [(-130, -110), (90, 120)]


def test_more_classes_than_colours_are_refused(ax):
    offsets = np.arange(3, dtype=np.float32)
    with pytest.raises(ValueError, match=r"^a picture has colours for 8 classes, got 9$"):
        figures.draw_forms_against_offset(ax, np.zeros(9, np.float32), offsets)
