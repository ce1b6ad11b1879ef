"""A picture of an explorer's state, for where its script does not run."""

import re
from xml.sax.saxutils import escape

# As wide and nearly as high as the live explorer, so that little moves when that takes its place.
WIDTH, TOP, ROW, BOTTOM = 680, 150, 42, 100
BAR_LEFT, BAR_WIDTH = 320, 220

# Control characters and the like, which a label may hold and no XML may.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

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


def short(number, sign="", decimals=4):
    """Write a number with its decimals, or with three digits if it is small: only 0 is 0.

    Examples
    --------
    >>> short(0.25), short(-1e-5, "+"), short(1e-5, "+"), short(0.0)
    ('0.2500', '-1.00e-05', '+1.00e-05', '0')
    """
    if number and abs(number) < 0.001:
        return f"{number:{sign}.2e}"
    return f"{number:{sign}.{decimals}f}" if number else "0"


def others(probabilities, i):
    """Return the sum of all probabilities but one: how far below 1 that one is."""
    return sum(probabilities[:i] + probabilities[i + 1 :])


def written(probabilities):
    """Write each probability of a row: none passes for 0 or for 1 when it is not.

    Of one that has rounded to 1, only the others still tell how far below 1 it is.
    """

    def one(i, p):
        if p >= 0.99995:
            rest = others(probabilities, i)
            return f"1 \N{MINUS SIGN} {rest:.2e}" if rest else "1"
        return short(p)

    return [one(i, p) for i, p in enumerate(probabilities)]


def framed(title, shapes, height):
    """Return the shapes as an SVG on a card, under a title that is read out.

    Examples
    --------
    >>> print(framed("p < 1", ["<rect/>"], 100).splitlines()[1])
    <title>p &lt; 1</title>
    """
    svg = "\n".join(
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
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", svg)


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
    numbers = written(probabilities)
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
    words = ", ".join(f"{label} {number}" for label, number in zip(labels, numbers, strict=True))
    return framed(f"Softmax at {title}: {words}", shapes, TOP + ROW * len(labels) + BOTTOM)


def attention_picture(where, tokens, query, weights):
    """Draw one token's attention weights as bars, and the whole matrix beside them.

    Parameters
    ----------
    where : str
        The name of the head.
    tokens, query, weights
        The tokens, which of them asks, and the weights, as an `AttentionExplorer` has them.

    Returns
    -------
    str
        The picture.

    Examples
    --------
    >>> svg = attention_picture("layer 0, head 1", ["a", "b"], 1, [[1, 0], [0.25, 0.75]])
    >>> print(svg.splitlines()[1])
    <title>Attention in layer 0, head 1: b reads b 0.7500, a 0.2500</title>
    """
    row, size = weights[query], len(tokens)
    numbers = written(row)
    top, step, cell = 130, 24, 290 / size
    shapes = [f'<text x="20" y="50">{escape(f"Attention weights in {where}")}</text>']
    for i, (token, w) in enumerate(zip(tokens, row, strict=True)):
        y = top + step * i
        shapes += [
            f'<text x="20" y="{y}">{escape(token)}</text>',
            f'<rect class="track" x="110" y="{y - 14}" height="18" width="140"/>',
            f'<rect class="bar" x="110" y="{y - 14}" height="18" width="{140 * w:.2f}"/>',
            f'<text x="258" y="{y}">{numbers[i]}</text>',
        ]
    left, above = 360, top - 14
    for i, line in enumerate(weights):
        for j, w in enumerate(line):
            for shape, side in (("track", cell - 1), ("bar", (cell - 1) * w**0.5)):
                x, y = (at + (cell - 1 - side) / 2 for at in (left + cell * j, above + cell * i))
                box = f'x="{x:.2f}" y="{y:.2f}" width="{side:.2f}" height="{side:.2f}"'
                shapes.append(f'<rect class="{shape}" {box}/>')
    ranked = sorted(range(size), key=lambda j: -row[j])[:3]
    words = ", ".join(f"{tokens[j]} {numbers[j]}" for j in ranked if row[j])
    title = f"Attention in {where}: {tokens[query]} reads {words}"
    return framed(title, shapes, max(top + step * size, above + 290) + BOTTOM)


def steps_picture(labels, logits, exponentials, probabilities):
    """Draw logits, exponentials and probabilities as three rows of bars.

    Parameters
    ----------
    labels, logits, exponentials, probabilities
        The state of a `StepsExplorer`.

    Returns
    -------
    str
        The picture.

    Examples
    --------
    >>> svg = steps_picture(["a", "b"], [0, 0], [1, 1], [0.5, 0.5])
    >>> print(svg.splitlines()[1])
    <title>Logits, exponentials, probabilities: a 0, 1.000, 0.5000; b 0, 1.000, 0.5000</title>
    """
    top, height, step = 90, 100, 180
    rows = [
        ("logits z", logits, 20, [f"{z:g}" for z in logits]),
        ("exponentials", exponentials, max(exponentials), [short(e, "", 3) for e in exponentials]),
        ("probabilities", probabilities, 1, written(probabilities)),
    ]
    shapes, texts = [], [[] for _ in labels]
    for r, (name, values, scale, numbers) in enumerate(rows):
        base = top + step * r + height
        shapes.append(f'<text x="20" y="{base - height - 15}">{name}</text>')
        for i, (label, value, text) in enumerate(zip(labels, values, numbers, strict=True)):
            x, long = 40 + 125 * i, height * abs(value) / scale
            y = base - long if r else base - height / 2 - (long if value > 0 else 0)
            texts[i].append(text)
            shapes += [
                f'<rect class="track" x="{x}" y="{base - height}" width="60" height="{height}"/>',
                f'<rect class="bar" x="{x}" y="{y:.2f}" width="60" height="{long:.2f}"/>',
                f'<text x="{x}" y="{base + 20}">{escape(text if r else f"{label}: {text}")}</text>',
            ]
    pairs = zip(labels, texts, strict=True)
    words = "; ".join(f"{label} {', '.join(numbers)}" for label, numbers in pairs)
    title = f"Logits, exponentials, probabilities: {words}"
    return framed(title, shapes, top + step * len(rows))


def overflow_picture(offset, precision, naive, shifted):
    """Write out the steps of the naive and of the shifted form, in an SVG.

    Parameters
    ----------
    offset, precision
        As an `OverflowExplorer` has them.
    naive, shifted
        What `softmax_steps` returns for each form.

    Returns
    -------
    str
        The picture.

    Examples
    --------
    >>> step = {"exponentials": [1, 1], "total": 2, "probabilities": [0.5, 0.5]}
    >>> print(overflow_picture(0, "float32", step, step).splitlines()[1])
    <title>Softmax in float32 with offset 0: naive 0.5, 0.5; shifted 0.5, 0.5</title>
    """
    title = f"Softmax in {precision} with offset {offset:g}"
    shapes = [f'<text x="20" y="50">{title}</text>']
    words = []
    for (name, steps), x in zip([("naive", naive), ("shifted", shifted)], (20, 350), strict=True):
        shapes.append(f'<text x="{x}" y="110">{name}</text>')
        rows = [
            ("exponentials", steps["exponentials"]),
            ("sum", [steps["total"]]),
            ("probabilities", steps["probabilities"]),
        ]
        for i, (step, values) in enumerate(rows):
            text = ", ".join(f"{value:.3g}" for value in values)
            shapes += [
                f'<text x="{x}" y="{160 + 80 * i}">{step}</text>',
                f'<text x="{x}" y="{185 + 80 * i}">{text}</text>',
            ]
        words.append(f"{name} {text}")
    return framed(f"{title}: {'; '.join(words)}", shapes, 500)


def sampler_picture(labels, temperature, probabilities, counts):
    """Draw the probabilities and the observed shares as bars.

    Parameters
    ----------
    labels, temperature, probabilities, counts
        The state of a `SamplerExplorer`.

    Returns
    -------
    str
        The picture.

    Examples
    --------
    >>> svg = sampler_picture(["heads", "tails"], 1, [0.5, 0.5], [3, 1])
    >>> print(svg.splitlines()[1])
    <title>4 draws at temperature T = 1: heads 0.5000, drawn 3; tails 0.5000, drawn 1</title>
    """
    total = sum(counts)
    title = f"{total} draw{'s' * (total != 1)} at temperature T = {temperature:g}"
    shapes, words = [f'<text x="20" y="50">{title}</text>'], []
    numbers = written(probabilities)
    for i, (label, p, n) in enumerate(zip(labels, probabilities, counts, strict=True)):
        y = TOP + 56 * i
        number = f"{numbers[i]}, drawn {n}"
        words.append(f"{label} {number}")
        share = n / total if total else 0
        shapes += [
            f'<text x="20" y="{y}">{escape(label)}</text>',
            f'<rect class="track" x="200" y="{y - 17}" height="24" width="280"/>',
            f'<rect class="bar" x="200" y="{y - 17}" height="24" width="{280 * p:.2f}"/>',
            f'<rect class="bar" x="200" y="{y + 10}" height="6" width="{280 * share:.2f}"/>',
            f'<text x="490" y="{y}">{number}</text>',
        ]
    height = TOP + 56 * len(labels) + 2 * BOTTOM
    return framed(f"{title}: {'; '.join(words)}", shapes, height)
