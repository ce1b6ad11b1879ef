"""The book's pictures, one module a chapter.

A function that begins with draw puts a picture on the axes that it is given; one that begins with
show makes its own figure and displays it. Nothing here changes Matplotlib's settings but
`use_book_style`, which a notebook calls once.
"""

from softmax_lib.figures.attention import (
    draw_attention,
    draw_attention_rows,
    draw_gradient_against_width,
    number_repeats,
)
from softmax_lib.figures.bars import draw_probabilities, format_probability
from softmax_lib.figures.clinic import (
    draw_losses_above_floor,
    draw_temperature_and_inverse,
    draw_vanishing_gradient,
    show_temperature_and_inverse,
)
from softmax_lib.figures.floating import (
    draw_error_against_gap,
    draw_form_errors,
    gap_errors,
)
from softmax_lib.figures.gradient import (
    draw_confusion,
    draw_error_signal,
    draw_gradient_size_against_gap,
    draw_jacobian,
    draw_loss_curve,
    draw_reliability,
)
from softmax_lib.figures.landing import derivation_map
from softmax_lib.figures.scores import (
    draw_shares,
    draw_signed_bars,
    draw_simplex,
    draw_soft_and_hard_choice,
    draw_three_rows,
    triangle_points,
)
from softmax_lib.figures.stability import (
    draw_exp_ranges,
    draw_forms_against_offset,
    exp_thresholds,
)
from softmax_lib.figures.style import CLASS_COLOURS, use_book_style
from softmax_lib.figures.temperature import (
    draw_entropy_against_temperature,
    draw_probabilities_against_temperature,
    draw_small_multiples,
    show_probabilities,
)

__all__ = [
    "CLASS_COLOURS",
    "derivation_map",
    "draw_attention",
    "draw_attention_rows",
    "draw_confusion",
    "draw_entropy_against_temperature",
    "draw_error_against_gap",
    "draw_error_signal",
    "draw_exp_ranges",
    "draw_form_errors",
    "draw_forms_against_offset",
    "draw_gradient_against_width",
    "draw_gradient_size_against_gap",
    "draw_jacobian",
    "draw_loss_curve",
    "draw_losses_above_floor",
    "draw_probabilities",
    "draw_probabilities_against_temperature",
    "draw_reliability",
    "draw_shares",
    "draw_signed_bars",
    "draw_simplex",
    "draw_small_multiples",
    "draw_soft_and_hard_choice",
    "draw_temperature_and_inverse",
    "draw_three_rows",
    "draw_vanishing_gradient",
    "exp_thresholds",
    "format_probability",
    "gap_errors",
    "number_repeats",
    "show_probabilities",
    "show_temperature_and_inverse",
    "triangle_points",
    "use_book_style",
]
