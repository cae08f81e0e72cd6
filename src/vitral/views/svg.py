"""Curves and scatter plots as SVG text for HTML pages.

Colours are the page's: every shape carries a class (`line train`, `grid`, `tick` …) and the page's CSS gives it a
colour, so that one drawing serves light, dark and paper. Each point says its value when pointed at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_W, _H = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 34
_HOVERS = 250  # points that answer to the pointer; more would only make the page heavy


@dataclass(frozen=True, kw_only=True)
class Series:
    """One curve: `role` is its CSS class, `name` what a reader calls it, points (x, y) in order of x."""

    name: str
    role: str
    points: Sequence[tuple[float, float]]
    marked: float | None = None  # the x of a point to stand out


def line_chart(series: Sequence[Series], *, title: str, x_label: str) -> str:
    """Curves over one x axis. Values that are not finite leave a gap.

    Args:
        title: what a screen reader says; x_label: under the axis, also the word before x in hover texts.
    """
    finite = [(x, y) for s in series for x, y in s.points if math.isfinite(y)]
    if not finite:
        return f'<p class="nothing">{escape(title)}: no finite value.</p>'
    xs, ys = [x for s in series for x, _ in s.points], [y for _, y in finite]  # epochs without a value count too
    log = min(ys) > 0 and max(ys) / min(ys) > 200
    scale_x = _Scale(min(xs), max(xs), _LEFT, _W - _RIGHT)
    y_ticks = _log_ticks(min(ys), max(ys)) if log else round_ticks(min(ys), max(ys), 5)
    low, high = min(min(ys), y_ticks[0]), max(max(ys), y_ticks[-1])
    scale_y = _Scale(low, high, _H - _BOTTOM, _TOP, log=log)
    x_ticks = [x for x in round_ticks(min(xs), max(xs), 6) if x == int(x) and min(xs) <= x <= max(xs)] or [xs[0]]
    shapes = [_grid(scale_x, scale_y, x_ticks, y_ticks, x_label)]
    for one in series:
        shapes.append(_curve(one, scale_x, scale_y, x_label))
    label = f"{title}{', logarithmic scale' if log else ''}. " + " ".join(_in_words(s, x_label) for s in series)
    return _svg(shapes, label)


def scatter_chart(points: Sequence[tuple[float, float]], *, title: str, x_label: str, y_label: str) -> str:
    """Points (x, y) in one unit, with the line where both are equal. At most 1500 are drawn, evenly chosen."""
    finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    if not finite:
        return f'<p class="nothing">{escape(title)}: no finite value.</p>'
    values = [v for point in finite for v in point]
    ticks = round_ticks(min(values), max(values), 5)
    low, high = min(values[0], *values, ticks[0]), max(values[0], *values, ticks[-1])
    scale_x, scale_y = _Scale(low, high, _LEFT, _W - _RIGHT), _Scale(low, high, _H - _BOTTOM, _TOP)
    drawn = finite[:: -(-len(finite) // 1500)]
    shapes = [
        _grid(scale_x, scale_y, ticks, ticks, x_label),
        f'<path class="equal" d="M{scale_x(low)} {scale_y(low)}L{scale_x(high)} {scale_y(high)}"/>',
        *(
            f'<circle class="dot" cx="{scale_x(x)}" cy="{scale_y(y)}" r="3.5">'
            f"<title>{escape(x_label)} {x:.4g}, {escape(y_label)} {y:.4g}</title></circle>"
            for x, y in drawn
        ),
        f'<text class="tick" x="{_LEFT + 6}" y="{_TOP + 10}">{escape(y_label)}</text>',
    ]
    return _svg(shapes, f"{title}: {len(finite)} points.")


# ---------------------------------------------------------------- parts


class _Scale:
    """Numbers to pixels, with one decimal."""

    def __init__(self, low: float, high: float, start: float, end: float, *, log: bool = False):
        self._log = log
        self._low, self._high, self._start, self._end = self._to(low), self._to(high), start, end

    def _to(self, value: float) -> float:
        return math.log10(value) if self._log else value

    def __call__(self, value: float) -> str:
        spread = self._high - self._low
        share = (self._to(value) - self._low) / spread if spread > 0 else 0.5
        return f"{self._start + share * (self._end - self._start):.1f}"


def round_ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers around [low, high], in steps of 1, 2 or 5 times a power of ten."""
    if high - low <= max(1e-300, 1e-12 * max(abs(low), abs(high))):  # one value, or as good as one
        half = abs(low) / 2 or 0.5
        low, high = low - half, high + half
    raw = (high - low) / about
    power = 10 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) if step > 1e-9 else i * step for i in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = max(1, (last - first) // 5)
    return [10.0**e for e in range(first, last + every, every)]


def _grid(x: _Scale, y: _Scale, x_ticks: list[float], y_ticks: list[float], x_label: str) -> str:
    lines = "".join(f'<path class="grid" d="M{_LEFT} {y(t)}H{_W - _RIGHT}"/>' for t in y_ticks)
    left = "".join(
        f'<text class="tick" x="{_LEFT - 7}" y="{y(t)}" dy=".35em" text-anchor="end">{_number(t)}</text>'
        for t in y_ticks
    )
    under = "".join(
        f'<text class="tick" x="{x(t)}" y="{_H - _BOTTOM + 16}" text-anchor="middle">{_number(t)}</text>'
        for t in x_ticks
    )
    middle = (_LEFT + _W - _RIGHT) / 2
    name = f'<text class="tick" x="{middle}" y="{_H - 3}" text-anchor="middle">{escape(x_label)}</text>'
    return lines + left + under + name


def _number(tick: float) -> str:
    return f"{tick:,.6g}" if 1e-4 <= abs(tick) < 1e6 or tick == 0 else f"{tick:.3g}"


def _curve(series: Series, x: _Scale, y: _Scale, x_label: str) -> str:
    role = escape(series.role, quote=True)
    pieces, piece = [], []
    for point in [*series.points, (0, math.nan)]:
        if math.isfinite(point[1]):
            piece.append(f"{x(point[0])} {y(point[1])}")
        elif piece:
            pieces.append(f"M{'L'.join(piece)}" if len(piece) > 1 else f"M{piece[0]}h0")
            piece = []
    path = f'<path class="line {role}" d="{"".join(pieces)}"/>'
    finite = [p for p in series.points if math.isfinite(p[1])]
    every = -(-len(finite) // _HOVERS) or 1
    points = "".join(
        f'<circle class="point {role}{" marked" if px == series.marked else ""}" cx="{x(px)}" cy="{y(py)}" r="4">'
        f"<title>{escape(series.name)}, {escape(x_label)} {px:g}: {py:.5g}</title></circle>"
        for i, (px, py) in enumerate(finite)
        if i % every == 0 or px == series.marked
    )
    return path + points


def _in_words(series: Series, x_label: str) -> str:
    finite = [p for p in series.points if math.isfinite(p[1])]
    if not finite:
        return f"{series.name}: no finite value."
    first, last = finite[0], finite[-1]
    return f"{series.name}: from {first[1]:.4g} at {x_label} {first[0]:g} to {last[1]:.4g} at {x_label} {last[0]:g}."


def _svg(shapes: list[str], label: str) -> str:
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label, quote=True)}" viewBox="0 0 {_W} {_H}" '
        f'preserveAspectRatio="xMidYMid meet">{"".join(shapes)}</svg>'
    )
