"""Interactive explorers: widgets that work with a Python kernel, and on a page without one.

Each explorer's JavaScript does its own arithmetic, so the same code runs in Jupyter, where Python
follows along, and on the book's static pages, where no Python answers.
"""

from softmax_lib.widgets.attention import AttentionExplorer
from softmax_lib.widgets.gradient import GradientExplorer
from softmax_lib.widgets.overflow import OverflowExplorer
from softmax_lib.widgets.sampler import SamplerExplorer
from softmax_lib.widgets.simplex import SimplexExplorer
from softmax_lib.widgets.steps import StepsExplorer
from softmax_lib.widgets.temperature import TemperatureExplorer

__all__ = [
    "AttentionExplorer",
    "GradientExplorer",
    "OverflowExplorer",
    "SamplerExplorer",
    "SimplexExplorer",
    "StepsExplorer",
    "TemperatureExplorer",
]
