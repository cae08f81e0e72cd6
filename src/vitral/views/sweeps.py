"""Many variants in one figure: curves with a band for what else varies, and a map over two names."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_choice
from vitral.runs import Sweep, is_higher_better
from vitral.views import style
from vitral.views.number_axes import WIDE
from vitral.views.variant_values import (
    Value,
    check_metric,
    check_sweep,
    choose_names,
    curve_of,
    is_ordered,
    median,
    outcome_of,
    statuses,
    values_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BANDS = ("quartiles", "range")
EPOCHS = ("last", "best")
_MOST_CURVES = 10
_PER_INCH = 12  # characters of a tick's label
_MOST_NUMBERS = 16  # columns of cells that are wide enough for a number


def sweep_curves(sweep: Any, metric: str | None = None, by: str | None = None, *, band: str = "quartiles") -> "Figure":
    """A metric over the epochs, a curve for each value of a name: the median over all else that varies, with a band.

    At each epoch the variants count that have a finite value there: one that diverged counts up to its divergence, and
    the legend says how many there are.

    Args:
        sweep: a Sweep.
        metric: one of `sweep.metrics`; None takes the loss, on validation rows where there are some.
        by: one of the names that the sweep is over; None takes the only one besides "seed". Of more than 10 values, 10
            evenly chosen are drawn.
        band: "quartiles", from 25 to 75 % of the variants, or "range", from the smallest to the largest.

    Raises:
        ArgumentError, UnknownNameError: no sweep; an unknown metric, name or band; a name that must be chosen.

    Example:
        >>> import numpy as np, vitral
        >>> from vitral import keras
        >>> x, y = np.eye(4), np.arange(4)
        >>> def build(rate):
        ...     model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax")])
        ...     model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        ...     return model
        >>> over = {"rate": [0.1, 0.3], "seed": [0, 1, 2]}
        >>> sweep = vitral.sweep(build, x, y, over=over, epochs=2, verbose=0)
        >>> figure = vitral.views.sweep_curves(sweep)
        >>> [line.get_label() for line in figure.axes[0].lines]
        ['0.1', '0.3']
    """
    sweep, band = check_sweep(sweep), check_choice("band", band, BANDS)
    metric = check_metric(sweep, metric)
    (by,) = choose_names(sweep, {"by": by})
    values = values_of(sweep, by)
    shown = [values[i] for i in style.evenly(len(values), _MOST_CURVES)]
    figure, (panel,) = style.new_figure(1, 1, (8.4, 4.4))
    scale = style.sequential(0.1, 0.88)(np.linspace(0, 1, len(shown)) if len(shown) > 1 else [0.4])
    medians, has_band = [], False
    for i, value in enumerate(shown):
        color = scale[i] if is_ordered(values) else style.SERIES[i % len(style.SERIES)]
        epochs, low, middle, high = _summary(sweep, value, metric, band)
        medians += middle
        has_band |= len(value.variants) > 1 and bool(epochs)
        look = {"color": color, "marker": style.MARKERS[i], "markersize": 5, "markevery": (0.02 + 0.01 * i, 0.1)}
        panel.plot(epochs, middle, linewidth=2, label=style.label_for(_label(sweep, value)), **look)
        panel.fill_between(epochs, low, high, color=color, alpha=0.2, linewidth=0)
    _scale_y(panel, medians)
    from matplotlib.ticker import MaxNLocator

    panel.set_xlabel("epoch")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.grid(axis="y", color=style.NEUTRAL, alpha=0.2)
    words = {"quartiles": "quartiles", "range": "smallest to largest"}[band]
    title = f"{by}\nline: median" + (f", band: {words}" if has_band else "")
    style.legend(panel, title=title, beside=True)
    count = "" if len(shown) == len(values) else f", {len(shown)} of {len(values)} values"
    style.set_title(panel, f"{metric.replace('_', ' ')} by {by}{count}")
    return figure


def sweep_heat_map(
    sweep: Any, metric: str | None = None, x: str | None = None, y: str | None = None, *, epoch: str = "last"
) -> "Figure":
    """A metric over two names, a cell for each pair of values: the median over all else that varies.

    A variant that diverged counts as worse than any other. A cell where that makes the median infinite is hatched and
    has a "×"; one in which fewer diverged says how many of how many ("2/5 ×"). One without any trained variant has a
    "–". The best cell has a frame and a "★". Of more than 16 columns, cells have colours and hatches alone.

    Args:
        sweep: a Sweep.
        metric: one of `sweep.metrics`; None takes the loss, on validation rows where there are some.
        x, y: two of the names that the sweep is over; None takes those that are left besides "seed".
        epoch: "last", the metric after a variant's last epoch, or "best", in its best one.

    Raises:
        ArgumentError, UnknownNameError: no sweep; an unknown metric or name; names that must be chosen.

    Example:
        >>> import numpy as np, vitral
        >>> from vitral import keras
        >>> x, y = np.eye(4), np.arange(4)
        >>> def build(rate):
        ...     model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax")])
        ...     model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        ...     return model
        >>> over = {"rate": [0.1, 0.3], "seed": [0, 1, 2]}
        >>> sweep = vitral.sweep(build, x, y, over=over, epochs=2, verbose=0)
        >>> figure = vitral.views.sweep_heat_map(sweep, x="rate", y="seed")
        >>> figure.axes[0].images[0].get_array().shape
        (3, 2)
    """
    sweep, epoch = check_sweep(sweep), check_choice("epoch", epoch, EPOCHS)
    metric = check_metric(sweep, metric)
    x, y = choose_names(sweep, {"x": x, "y": y})
    columns, rows = values_of(sweep, x), values_of(sweep, y)[::-1]  # numbers grow upwards
    cells = [[sorted(set(r.variants) & set(c.variants)) for c in columns] for r in rows]
    outcomes = [[[outcome_of(sweep, v, metric, best=epoch == "best") for v in cell] for cell in row] for row in cells]
    middle = np.array([[median(cell) for cell in row] for row in outcomes])
    width, height = 0.62 if len(columns) <= _MOST_NUMBERS else 0.3, 0.42 if len(rows) <= 24 else 0.25
    across, upwards = min(11.5, max(2.6, width * len(columns))), min(10, max(1.4, height * len(rows)))
    longest = max(len(c.label) for c in columns) / _PER_INCH
    is_turned = longest > across / len(columns)
    size = (2.6 + across, 1.5 + upwards + (longest if is_turned else 0))
    figure, (panel,) = style.new_figure(1, 1, size)
    finite = middle[np.isfinite(middle)]
    norm = _norm(finite)
    higher, best = is_higher_better(metric), None
    cmap = style.sequential() if higher else style.sequential(1, 0)  # the best is the brightest
    drawn = panel.imshow(np.ma.masked_invalid(middle), norm=norm, cmap=cmap, aspect="auto", interpolation="nearest")
    style.hatch(figure, [panel], {"diverged": np.isinf(middle), "no trained variant": np.isnan(middle)})
    if finite.size:
        bar = style.colorbar(figure, drawn, panel, metric.replace("_", " "))
        if _is_wide(finite):
            style.log_ticks(bar.ax.yaxis, finite.min(), finite.max())
        worth = np.where(np.isfinite(middle), middle if higher else -middle, -np.inf)
        best = divmod(int(np.argmax(worth)), len(columns))
        _frame(panel, best)
    for place, value in np.ndenumerate(middle):
        row, column = place
        n_diverged = sum(math.isinf(v) for v in outcomes[row][column])
        text = _cell_text(value, n_diverged, len(cells[row][column]), place == best)
        if len(columns) > _MOST_NUMBERS:
            text = "★" if place == best else ""
        share = float(norm(value)) if math.isfinite(value) else math.nan
        _write(panel, place, text, share if higher else 1 - share)
    for axis, name, values in ((panel.xaxis, x, columns), (panel.yaxis, y, rows)):
        places = style.evenly(len(values), 40)
        axis.set_ticks(places, [style.plain(values[i].label) for i in places])
        axis.set_label_text(style.plain(name))
    if is_turned:
        panel.tick_params(axis="x", labelrotation=90)
    panel.spines[:].set_visible(False)
    style.set_title(panel, _map_title(metric, epoch, max(len(cell) for row in cells for cell in row)))
    return figure


# ---------------------------------------------------------------- parts


def _summary(
    sweep: Sweep, value: Value, metric: str, band: str
) -> tuple[list[int], list[float], list[float], list[float]]:
    """Epochs, and at each the lower end of the band, the median and the upper end."""
    curves = [curve_of(sweep, variant, metric) for variant in value.variants]
    epochs = sorted({epoch for curve in curves for epoch in curve})
    percents = (25, 50, 75) if band == "quartiles" else (0, 50, 100)
    rows = [np.percentile([curve[e] for curve in curves if e in curve], percents) for e in epochs]
    low, middle, high = np.array(rows).T.tolist() if rows else ([], [], [])
    return epochs, low, middle, high


def _label(sweep: Sweep, value: Value) -> str:
    """«0.1 (2 of 5 diverged)»."""
    bad = statuses(sweep, value.variants)
    told = ", ".join(f"{n} of {len(value.variants)} {status}" for status, n in bad.items())
    return f"{value.label} ({told})" if told else value.label


def _scale_y(panel: "Axes", medians: list[float]) -> None:
    """A logarithmic scale where one is needed; of what explodes, the beginning."""
    if not medians or min(medians) <= 0 or max(medians) < WIDE * min(medians):
        return
    panel.set_yscale("log")
    style.log_ticks(panel.yaxis, min(medians), max(medians))
    usual = float(np.median(medians))
    if max(medians) > 1e6 * usual:
        panel.set_ylim(min(medians) / 1.5, 1e4 * usual)
        text = "what is higher is cut off"
        panel.text(0.99, 0.985, text, transform=panel.transAxes, ha="right", va="top", fontsize=8, color=style.NEUTRAL)


def _norm(finite: np.ndarray) -> Any:
    """Colours by the logarithm where a positive metric spans much."""
    from matplotlib.colors import LogNorm, Normalize

    if not finite.size:
        return Normalize(0, 1)
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        return Normalize(low - 0.5, high + 0.5)
    return LogNorm(low, high) if _is_wide(finite) else Normalize(low, high)


def _is_wide(finite: np.ndarray) -> bool:
    return bool(finite.min() > 0 and finite.max() > WIDE * finite.min())


def _cell_text(value: float, n_diverged: int, n: int, is_best: bool) -> str:
    if math.isnan(value):
        return "–"
    part = f"{n_diverged}/{n} ×" if n_diverged and n > 1 else "×" if n_diverged else ""
    if math.isinf(value):
        return "×" if n_diverged == n else part
    number = f"{'★ ' if is_best else ''}{style.number(value)}"
    return f"{number}\n{part}" if part else number


def _write(panel: "Axes", cell: tuple[int, ...], text: str, brightness: float) -> None:
    """A text that is read on the colour of its cell; a sign alone is large."""
    if not text:
        return
    ink = style.NEUTRAL if math.isnan(brightness) else "black" if brightness > 0.6 else "white"
    look: dict[str, Any] = {"fontsize": 8, "color": ink}
    if text in ("×", "–"):
        look = {"fontsize": 18, "fontweight": "bold", "color": style.NEGATIVE}
    panel.text(cell[1], cell[0], text, ha="center", va="center", **look)


def _frame(panel: "Axes", cell: tuple[int, int]) -> None:
    from matplotlib.patches import Rectangle

    row, column = cell
    box = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=style.NEGATIVE, linewidth=2.5, zorder=5)
    panel.add_patch(box)


def _map_title(metric: str, epoch: str, n: int) -> str:
    when = "after the last epoch" if epoch == "last" else "in the best epoch"
    of = f"median of {n}, " if n > 1 else ""
    return f"{metric.replace('_', ' ')} ({of}{when})"
