"""Ridges of one array as SVG text for HTML pages: `ridge` for a page in its own colours."""

from html import escape

import numpy as np

from vitral.views.histograms import Axis, Ridges
from vitral.views.style import after, round_places, sequential_rgb
from vitral.views.svg import round_ticks

_W, _H = 330, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 6, 36
_OVERLAP = 0.3  # of the drawing's height is that of its highest ridge


def ridge_chart(ridges: Ridges, axis: Axis, *, title: str, x_label: str, unit: str) -> str:
    """Ridges from the first measurement at the back to the last in front.

    Args:
        ridges, axis: what is drawn, and on which axis.
        title: what a screen reader says; x_label: under the axis. unit: "epochs" | "steps".
    """
    n = len(ridges.at)
    tallest = (_H - _TOP - _BOTTOM) * (_OVERLAP if n > 2 else 0.45)
    bases = np.linspace(_TOP + tallest, _H - _BOTTOM, n) if n > 1 else np.array([_H - _BOTTOM])
    colors = sequential_rgb(np.linspace(0.12, 0.92, n) if n > 1 else np.array([0.4]))
    low, high = axis.edges[0], axis.edges[-1]

    def across(place: float) -> float:
        return _LEFT + (place - low) / (high - low) * (_W - _LEFT - _RIGHT)

    x = [across(p) for p in axis.centers]
    shapes = [
        _ridge(x, row, base, tallest, f"#{bytes(color).hex()}", after(int(at), unit))
        for row, base, color, at in zip(ridges.heights, bases, colors, ridges.at, strict=True)
    ]
    shown = round_places(ridges.at.tolist(), 6)
    for i in shown:
        shapes.append(_text(_LEFT - 8, bases[i], str(ridges.at[i]), "end"))
        if ridges.zeros is not None:
            anchor = "start" if axis.kind == "magnitude" else "middle"
            shapes.append(_text(across(0.0), bases[i] - 3, f"{100 * ridges.zeros[i]:.0f}%", anchor))
    for i in np.flatnonzero(ridges.nonfinite):
        shapes.append(_text(_W - _RIGHT, bases[i] - 2, f"{ridges.nonfinite[i]:,} NaN or ∞", "end"))
    shapes.append(f'<path class="grid" d="M{_LEFT} {_H - _BOTTOM}H{_W - _RIGHT}"/>')
    for place, word in _x_ticks(axis):
        shapes.append(_text(across(place), _H - _BOTTOM + 15, word, "middle"))
    shapes.append(_text((_LEFT + _W - _RIGHT) / 2, _H - 4, x_label, "middle"))
    return (
        f'<svg class="chart ridges" role="img" aria-label="{escape(title, quote=True)}" viewBox="0 0 {_W} {_H}" '
        f'preserveAspectRatio="xMidYMid meet">{"".join(shapes)}</svg>'
    )


def _ridge(x: list[float], heights: np.ndarray, base: float, tallest: float, color: str, name: str) -> str:
    """One ridge: from the bin before the first that holds something to the one after the last."""
    used = np.flatnonzero(heights)
    if not len(used):
        return ""
    first, last = max(0, int(used[0]) - 1), min(len(x) - 1, int(used[-1]) + 1)
    points = [f"{x[i]:.1f} {base - heights[i] * tallest:.1f}" for i in range(first, last + 1)]
    path = f"M{x[first]:.1f} {base:.1f}L{'L'.join(points)}L{x[last]:.1f} {base:.1f}z"
    return f'<path class="ridge" fill="{color}" d="{path}"><title>{escape(name)}</title></path>'


def _x_ticks(axis: Axis) -> list[tuple[float, str]]:
    ticks = axis.ticks(2 if axis.kind == "signed" else 4)
    if ticks is None:
        low, high = axis.edges[0], axis.edges[-1]
        return [(t, f"{t:g}".replace("-", "−")) for t in round_ticks(low, high, 4) if low <= t <= high]
    return ticks


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
