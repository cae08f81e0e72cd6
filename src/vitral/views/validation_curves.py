"""Training against validation over whatever was varied: where a network is too small, where it overfits, the best."""

from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_choice
from vitral.runs import Sweep, is_higher_better
from vitral.views import style
from vitral.views.both_errors import best_place, of_arrays, of_sweep, summary_of
from vitral.views.number_axes import WIDE, axis_over, draw_axis
from vitral.views.sweeps import BANDS, EPOCHS
from vitral.views.variant_values import is_ordered

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PERCENTS = {"quartiles": (25, 50, 75), "range": (0, 50, 100)}
_TOLD = {"quartiles": "quartiles", "range": "smallest to largest"}
_MOST_MARKED = 40  # values, each with its point
_FAR = 1e3  # times the best: what is farther from it is not worth the room


def validation_curve(
    train: Any,
    validation: Any = None,
    x: Any = None,
    *,
    metric: str | None = None,
    over: str | None = None,
    epoch: str = "last",
    band: str = "quartiles",
) -> "Figure":
    """Training and validation error over capacity, data, noise, λ – any axis – with a band for the seeds.

    Lines are medians, the shade between them is the gap. The best place, by the median on validation rows, has a star;
    the legend tells it, and the gap there. Numbers that span much are on a logarithmic axis, where a 0 stands apart at
    the left. A place where most seeds diverged has a "×" at the top instead of a point.

    Args:
        train: a Sweep; or the numbers on training rows, (P,), or (P, S) with a column for each seed: ∞ for one that
            diverged (−∞ of what is best where large), NaN for one that is missing and does not count.
        validation: the numbers on validation rows, as many; nothing where `train` is a Sweep.
        x: the P values that were tried, numbers or names; None counts them from 0.
        metric: one of `sweep.metrics`, measured on both ("loss", "accuracy"); None takes the loss, in which Keras
            includes penalties on weights. Of arrays what to call it; accuracy and its like are best where large.
        over: one of the names that the sweep is over; None takes the only one besides "seed". All else that varies is
            in the band. Of arrays what to call x.
        epoch: of a sweep, "last", or "best", the epoch in which a variant's validation is best.
        band: "quartiles", from 25 to 75 % of the seeds, or "range", from the smallest to the largest.

    Raises:
        ArgumentError, ShapeError, UnknownNameError: arrays that do not fit; a sweep without validation rows; an unknown
            metric, name, epoch or band; a name that must be chosen.

    Example:
        >>> import vitral
        >>> degrees = [1, 3, 9]
        >>> train, validation = [[0.21, 0.19], [0.05, 0.04], [0.0, 0.01]], [[0.24, 0.2], [0.07, 0.06], [0.9, 3.0]]
        >>> figure = vitral.views.validation_curve(train, validation, degrees, over="degree", metric="MSE")
        >>> [line.get_label() for line in figure.axes[0].lines][:2]
        ['training', 'validation']
        >>> figure.axes[0].get_title("left")
        'MSE over degree: best at 3'
    """
    band, epoch = check_choice("band", band, BANDS), check_choice("epoch", epoch, EPOCHS)
    if isinstance(train, Sweep):
        found = of_sweep(train, validation, x, metric, over, best_epoch=epoch == "best")
    else:
        found = of_arrays(train, validation, x, metric, over)
    higher = is_higher_better(found.metric)
    axis = axis_over(
        [v.value for v in found.values], [v.label for v in found.values], are_numbers=is_ordered(found.values)
    )
    train, held_out = (summary_of(table, _PERCENTS[band]) for table in (found.train, found.validation))
    place = best_place(held_out[1], higher=higher)
    figure, (panel,) = style.new_figure(1, 1, (8.4, 4.2))
    for label, key, part in (("training", "loss", train), ("validation", "val_loss", held_out)):
        marker = "o" if len(axis.places) <= _MOST_MARKED else ""
        look = {"linewidth": 2, "marker": marker, "markersize": 4, "zorder": 3, **style.series_style(key)}
        panel.plot(axis.places, np.ma.masked_invalid(part[1]), label=label, **look)
    is_error = place is not None and not higher
    cut = _scale(panel, np.concatenate([train, held_out]), float(held_out[1, place]) if is_error else None)
    _shade(panel, axis.places, train, held_out)
    if place is not None:
        _mark_best(panel, axis.places[place], train[1, place], held_out[1, place], higher=higher)
    if np.isnan([train[1], held_out[1]]).all():
        look = {"transform": panel.transAxes, "ha": "center", "va": "center", "color": style.NEGATIVE}
        panel.text(0.5, 0.59, "no number was measured", **look)
    _mark_lost(panel, axis.places[np.isinf(train[1]) | np.isinf(held_out[1])], higher=higher)
    draw_axis(panel, axis, found.over)
    panel.grid(axis="y", color=style.NEUTRAL, alpha=0.2)
    n = found.train.shape[1]
    lines = [f"line: median of {n}", f"band: {_TOLD[band]}"] if n > 1 else []
    style.legend(panel, title="\n".join([*lines, *([cut] if cut else [])]) or None, beside=True)
    told = "" if place is None else f": best at {found.values[place].label}"
    style.set_title(panel, f"{found.metric.replace('_', ' ')} over {found.over}{told}")
    return figure


# ---------------------------------------------------------------- parts


def _shade(panel: "Axes", places: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> None:
    """The seeds' bands, and the gap between the lines; of what is cut off, up to the edge."""
    edges = panel.get_ylim()
    for key, part in (("loss", train), ("val_loss", held_out)):
        low, high = np.clip(part[[0, 2]], *edges)
        panel.fill_between(places, low, high, color=style.series_style(key)["color"], alpha=0.2, linewidth=0)
    look = {"facecolor": "none", "edgecolor": style.NEUTRAL, "hatch": "////", "alpha": 0.35, "linewidth": 0}
    both = np.isfinite(train[1]) & np.isfinite(held_out[1])
    ends = np.clip(train[1], *edges), np.clip(held_out[1], *edges)
    panel.fill_between(places, *ends, where=both.tolist(), label="gap", zorder=0.5, **look)
    panel.set_ylim(*edges)


def _mark_best(panel: "Axes", place: float, train: float, held_out: float, *, higher: bool) -> None:
    gap = train - held_out if higher else held_out - train
    label = f"best: {style.number(held_out)}\ngap there: {style.number(gap)}".replace("-", "−")
    panel.axvline(place, color=style.NEUTRAL, linewidth=1, linestyle=":", zorder=1)
    look = {"color": style.VALIDATION, "marker": "*", "markersize": 15, "linestyle": "none", "zorder": 5}
    panel.plot([place], [held_out], label=label, **look)


def _mark_lost(panel: "Axes", places: np.ndarray, *, higher: bool) -> None:
    """Where the median is infinite: a "×" at the worse edge."""
    if len(places):
        look = {"color": style.NEGATIVE, "marker": "x", "markersize": 9, "markeredgewidth": 2.5, "linestyle": "none"}
        at, across = np.full(len(places), 0.0 if higher else 1.0), panel.get_xaxis_transform()
        panel.plot(places, at, label="most diverged", transform=across, clip_on=False, **look)


def _scale(panel: "Axes", numbers: np.ndarray, best: float | None) -> str:
    """A logarithmic scale for errors that span much. What is far from the best is cut off: the words that say it."""
    finite = numbers[np.isfinite(numbers)]
    panel.margins(y=0.08)
    if not finite.size:
        return ""
    if best is None or best <= 0 or finite.min() < 0:
        low, high = finite.min(), finite.max()
    else:
        low, high = max(finite.min(), best / _FAR), min(finite.max(), best * _FAR)
        if high > WIDE * low:
            panel.set_yscale("log")
            panel.set_ylim(low / 1.4, high * 1.4)
            style.log_ticks(panel.yaxis, low, high)
    if panel.get_yscale() == "linear":
        margin = 0.06 * (high - low) or 0.5
        panel.set_ylim(low - margin, high + margin)
    edges = (("above", high, finite.max() > high), ("below", low, finite.min() < low))
    return "\n".join(f"cut off {word} {edge:.2g}" for word, edge, is_cut in edges if is_cut)
