"""A picture of an explorer's state, for where its script does not run."""

from xml.sax.saxutils import escape

# As wide and nearly as high as the live explorer, so that little moves when that takes its place.
WIDTH, TOP, ROW, BOTTOM = 680, 150, 42, 100
BAR_LEFT, BAR_WIDTH = 320, 220

STYLE = """
  text { font: 15px sans-serif; fill: #1f2328 }
  .card { fill: #fff; stroke: #eaeef2 }
  .track { fill: #eaeef2 }
  .bar { fill: #3f86cf }
  .curve { fill: none; stroke: #3f86cf }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .card { fill: #16191d; stroke: #2b3138 }
    .track { fill: #2b3138 }
  }
"""


def _number(p, others):
    """Write a probability that passes neither for 0 nor for 1 when it is not."""
    if p >= 0.99995:
        return f"1 \N{MINUS SIGN} {others:.2e}" if others else "1"
    return f"{p:.4f}" if p >= 0.001 else f"{p:.2e}"


def framed(title, shapes, height):
    """Return the shapes as an SVG on a card, under a title that is read out.

    Examples
    --------
    >>> print(framed("p < 1", ["<rect/>"], 100).splitlines()[1])
    <title>p &lt; 1</title>
    """
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="card" width="{WIDTH}" height="{height}" rx="9"/>',
            *shapes,
            "</svg>",
        ]
    )


def temperature_picture(logits, labels, temperature, probabilities):
    """Draw the probabilities as bars, in an SVG whose title says the same in words.

    Parameters
    ----------
    logits, labels, temperature, probabilities
        The state of a `TemperatureExplorer`.

    Returns
    -------
    str
        The picture.

    Examples
    --------
    >>> svg = temperature_picture([0, 0], ["heads", "tails"], 1, [0.5, 0.5])
    >>> print(svg.splitlines()[1])
    <title>Softmax at temperature T = 1: heads 0.5000, tails 0.5000</title>
    """
    numbers = [
        _number(p, sum(probabilities[:i] + probabilities[i + 1 :]))
        for i, p in enumerate(probabilities)
    ]
    title = f"temperature T = {temperature:g}"
    shapes = [f'<text x="20" y="50">Probabilities p = softmax(z / T) at {title}</text>']
    rows = zip(labels, logits, probabilities, numbers, strict=True)
    for i, (label, z, p, number) in enumerate(rows):
        y = TOP + ROW * i
        bar = f'x="{BAR_LEFT}" y="{y - 17}" height="24" width'
        shapes += [
            f'<text x="20" y="{y}">{escape(label)}</text>',
            f'<text x="{BAR_LEFT - 30}" y="{y}" text-anchor="end">z = {z:g}</text>',
            f'<rect class="track" {bar}="{BAR_WIDTH}"/>',
            f'<rect class="bar" {bar}="{BAR_WIDTH * p:.2f}"/>',
            f'<text x="{BAR_LEFT + BAR_WIDTH + 10}" y="{y}">{number}</text>',
        ]
    height = TOP + ROW * len(labels) + BOTTOM
    words = ", ".join(f"{label} {number}" for label, number in zip(labels, numbers, strict=True))
    return framed(f"Softmax at {title}: {words}", shapes, height)
