"""The axis over which something was varied: λ, widths, degrees, rows, or names. NumPy only, but for `draw_axis`.

Numbers that span much are on a logarithmic axis. A 0 has no place on one; it gets its own at the left, cut off by two
strokes:

    0  //  0.001    0.01    0.1    1
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral.views import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE = 20  # times the smallest: what spans more is logarithmic
_MOST_NAMED = 9  # values, each with its tick; of more, those of round numbers
_MOST_TICKS = 12
_PER_INCH = 12  # characters of a tick's name


@dataclass(frozen=True, kw_only=True)
class NumberAxis:
    """Where P values lie, in their order, and which of them are named."""

    places: np.ndarray  # (P,) ascending
    ticks: list[tuple[float, str]] | None  # None leaves them to Matplotlib
    is_logarithmic: bool = False
    is_whole: bool = False
    cut: float | None = None  # where the strokes between 0 and the rest are


def axis_over(values: Sequence[Any], labels: Sequence[str], *, are_numbers: bool, wide: float = WIDE) -> NumberAxis:
    """The axis of `values`: numbers, ascending, or anything else in the order in which it comes.

    Args:
        wide: positive numbers that span more than so many times the smallest are on a logarithmic axis.
    """
    if not are_numbers:
        shown = style.evenly(len(values), _MOST_TICKS)
        return NumberAxis(places=np.arange(len(values), dtype=float), ticks=[(float(i), labels[i]) for i in shown])
    numbers = np.asarray(values, np.float64)
    positive = numbers[numbers > 0]
    if numbers[0] < 0 or len(positive) < 2 or positive[-1] <= wide * positive[0]:
        ticks = [(float(numbers[0]), labels[0])] if numbers[0] == numbers[-1] else None
        return NumberAxis(places=numbers, ticks=ticks, is_whole=bool((numbers == numbers.round()).all()))
    logs = np.log10(positive)
    gap = max(0.12 * (logs[-1] - logs[0]), float(np.median(np.diff(logs))))
    zeros = [logs[0] - gap] * (len(numbers) - len(logs))
    if len(positive) <= _MOST_NAMED and np.diff(logs).min() > 0.04 * (logs[-1] - logs[0]):
        ticks = list(zip(logs.tolist(), labels[len(zeros) :], strict=True))
    else:
        ticks = _powers(logs[0], logs[-1])
    ticks = [(logs[0] - gap, "0"), *ticks] if zeros else ticks
    places = np.concatenate([zeros, logs])
    cut = float(logs[0] - gap / 2) if zeros else None
    return NumberAxis(places=places, ticks=ticks, is_logarithmic=True, cut=cut)


def draw_axis(panel: "Axes", axis: NumberAxis, label: str) -> None:
    """Ticks, name and cut of a panel's horizontal axis."""
    from matplotlib.ticker import MaxNLocator

    if axis.ticks is None:
        panel.xaxis.set_major_locator(MaxNLocator(8, integer=axis.is_whole))
    else:
        per_inch = float(axis.places[-1] - axis.places[0]) * panel.figure.dpi / (0.8 * panel.bbox.width)
        shown = _with_room(axis.ticks, per_inch) if axis.is_logarithmic else axis.ticks
        panel.set_xticks([place for place, _ in shown], [style.plain(name) for _, name in shown])
        if len(_with_room(shown, per_inch)) < len(shown):
            panel.tick_params(axis="x", labelrotation=90)
    panel.set_xlabel(style.plain(f"{label}, logarithmic" if axis.is_logarithmic else label))
    span = float(axis.places[-1] - axis.places[0]) or 1.0
    panel.set_xlim(axis.places[0] - 0.04 * span, axis.places[-1] + 0.04 * span)
    if axis.cut is not None:
        look: dict[str, Any] = {"transform": panel.get_xaxis_transform(), "clip_on": False, "color": style.NEUTRAL}
        at = [axis.cut - 0.006 * span, axis.cut + 0.006 * span]
        panel.plot(at, [0, 0], marker=[(-0.6, -1), (0.6, 1)], markersize=9, linestyle="none", label="_cut", **look)


def _with_room(ticks: list[tuple[float, str]], per_inch: float) -> list[tuple[float, str]]:
    """Those whose names do not meet; `per_inch` is how much of the axis takes an inch."""
    kept = ticks[:1]
    for place, name in ticks[1:]:
        if (place - kept[-1][0]) / (per_inch or 1.0) > (len(name) + len(kept[-1][1])) / (2 * _PER_INCH) + 0.08:
            kept.append((place, name))
    return kept


def _powers(low: float, high: float) -> list[tuple[float, str]]:
    """Ticks from 10^low to 10^high: powers of ten, more where those are few, fewer where they are many."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    every = max(1, math.ceil((last - first + 1) / _MOST_NAMED))
    mantissas = (1, 2, 5) if high - low < 1.5 else (1, 3) if high - low < 3 else (1,)
    found = [
        m * 10.0**e for e in range(first - 1, last + 1) for m in mantissas if every == 1 or (last - e) % every == 0
    ]
    return [(math.log10(v), style.power(v)) for v in found if low - 1e-9 <= math.log10(v) <= high + 1e-9]
