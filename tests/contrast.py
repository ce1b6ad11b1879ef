"""How far apart two colours are, as WCAG 2 has it: 4.5 for text, 3 for what a picture needs."""

import numpy as np


def luminance(colours):
    """Return the relative luminance of sRGB colours, of which the last axis has three in [0, 1]."""
    colours = np.asarray(colours)
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(first, second):
    """Return the contrast of two luminances, from 1 to 21."""
    return (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)
