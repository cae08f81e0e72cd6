"""What a penalty does to each weight: its way to zero as λ grows. Letters: P penalties, W weights."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_int, check_number
from vitral._errors import ArgumentError, ShapeError
from vitral.runs import Sweep
from vitral.views import style
from vitral.views.kernels import same_kernels
from vitral.views.number_axes import NumberAxis, axis_over, draw_axis
from vitral.views.variant_values import Value, is_ordered, one_of_each, texts_of, values_in_order

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_OTHERS = 400  # lines without a name; more are a grey area anyway
_MOST_COUNTS = 12
_FAINT = 0.35
_COLORS = style.SERIES[:4]  # without the grey one, which is that of what has no name
_DASHES = ("solid", style.DASHED, (0, (1, 1.2)))


def weight_path(
    weights: Any,
    penalties: Any = None,
    *,
    layer: str | None = None,
    names: Sequence[str] | None = None,
    most: int = 10,
    near: float = 1e-3,
    over: str | None = None,
    at: Mapping[str, Any] | None = None,
) -> "Figure":
    """Each weight over the penalty λ, on a logarithmic axis: a line each, faint where the weight is zero.

    A ring on the line of zero marks from which λ on a weight stays there, the numbers above count those that are not
    zero. λ = 0 stands apart at the left. The weights that are largest somewhere have colours and names, all others are
    grey.

    Args:
        weights: a Sweep over λ, whose trained weights are drawn; or an array (P, ...), a row for each penalty.
        penalties: the P values of λ, from 0; nothing where `weights` is a Sweep.
        layer: of a sweep, the layer whose kernel is drawn ("dense", "encoder/dense"), by its name in the sweep's first
            variant; None takes the first.
        names: of the W weights; of a kernel also of its inputs alone. None takes numbers, "input → unit" of a kernel.
        most: so many weights have a name at most, 12 at most.
        near: weights from −near to near count as zero: descent comes near to zero, and seldom exactly to it.
        over: of a sweep, the name of λ; None takes the only one besides "seed". Of arrays what to call λ.
        at: of a sweep over more, at which values of the other names it is drawn, as in {"rate": 0.1, "seed": 3}. Seeds
            need not be among them: weights of several seeds have no common order, so that the first is drawn alone.

    Raises:
        ArgumentError, ShapeError, UnknownNameError: arrays or names that do not fit; a λ below 0; an unknown layer,
            name or value; a sweep over more names of which none is held, or over what changes the kernel's shape.

    Example:
        >>> import numpy as np, vitral
        >>> penalties = [0, 0.01, 0.1, 1]
        >>> weights = np.maximum(np.array([2.0, 0.5]) - np.array([[0], [0.01], [0.1], [1]]), 0)  # soft thresholds
        >>> figure = vitral.views.weight_path(weights, penalties, names=["age", "bmi"])
        >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
        ['age', 'bmi', 'zero from here on']
    """
    most = min(check_int("most", most, minimum=1), len(style.MARKERS))
    near = check_number("near", near, minimum=0)
    if isinstance(weights, Sweep):
        if penalties is not None:
            raise ArgumentError(
                f"penalties must be left out with a sweep, which has its own: got {type(penalties).__name__}."
            )
        over, values, held = one_of_each(weights, over, at)
        layer, kernels = same_kernels(weights, [v.variants[0] for v in values], layer)
        shapes = [kernel.shape for kernel in kernels]
        other = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
        if other is not None:
            raise ShapeError(
                f"layer must have weights of one shape in all variants: got {shapes[0]} at {over} {values[0].label} "
                f"and {shapes[other]} at {values[other].label}. Choose another, or draw vitral.views.weight_histograms."
            )
        table = np.stack(kernels)
        told, held = f"weights of {layer}", f" ({held})" if held else ""
    else:
        for argument, given in (("layer", layer), ("at", at)):
            if given is not None:
                raise ArgumentError(f"{argument} must be left out with arrays, which have none: got {given!r}.")
        values, table = _given(weights, penalties)
        over, told, held = "λ" if over is None else str(over), "weights", ""
    if not is_ordered(values) or min(v.value for v in values) < 0:
        raise ArgumentError(
            f"penalties must be numbers from 0: got {', '.join(v.label for v in values[:8])}. "
            "What has another order is drawn by vitral.views.validation_curve."
        )
    labels = _labels(table.shape[1:], names)
    table = table.reshape(len(table), -1)
    axis = axis_over([v.value for v in values], [v.label for v in values], are_numbers=True, wide=1)
    figure, (panel,) = style.new_figure(1, 1, (8.4, 4.4))
    sizes = np.nan_to_num(np.abs(table)).max(axis=0)
    order = np.argsort(-sizes, kind="stable")
    named, others = order[:most], order[most:]
    named = named[np.argsort(-np.nan_to_num(table[0, named]), kind="stable")]  # the legend in the lines' own order
    _draw_others(panel, axis, table[:, others[style.evenly(len(others), _MOST_OTHERS)]], len(others))
    for i, weight in enumerate(named):
        look = {"color": _COLORS[i % 4], "marker": style.MARKERS[i], "linestyle": _DASHES[i // 4]}
        _draw_weight(panel, axis, table[:, weight], near, style.label_for(style.shorten(labels[weight], 20)), look)
    panel.axhline(0, color=style.NEUTRAL, linewidth=1, zorder=1)
    _mark_zeros(panel, axis, table[:, named], near)
    draw_axis(panel, axis, over)
    _count_above(panel, axis, (~(np.abs(table) <= near)).sum(axis=1), table.shape[1])
    panel.grid(axis="y", color=style.NEUTRAL, alpha=0.2)
    style.legend(panel, beside=True)
    style.set_title(panel, f"{told} over {over}{held}")
    return figure


# ---------------------------------------------------------------- parts


def _given(weights: Any, penalties: Any) -> tuple[list[Value], np.ndarray]:
    """Values of λ in ascending order, and (P, ...) weights in the same."""
    try:
        table = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.ndim < 2 or not table.size:
        shown = f"shape {table.shape}" if table.size else type(weights).__name__
        raise ShapeError(
            f"weights must be an array (P, ...), a row for each penalty, or a Sweep: got {shown}. "
            "Stack those of each penalty with numpy.stack."
        )
    values = values_in_order("penalties", penalties, len(table), "one λ per row of weights")
    return values, table[[v.variants[0] for v in values]]


def _labels(shape: tuple[int, ...], names: Sequence[str] | None) -> list[str]:
    """A name for each weight: that of its input, and of its unit where there are several."""
    n, n_units = int(np.prod(shape)), int(np.prod(shape[1:]))
    given = None if names is None else texts_of("names", names)
    if given is not None and len(given) not in (n, shape[0]):
        raise ShapeError(f"names must be one per weight, {n}, or per input, {shape[0]}: got {len(given)}.")
    if given is not None and len(given) == n:
        return given
    first = given or [str(i) for i in range(shape[0])]
    if n_units == 1:
        return first
    rest = [" ".join(map(str, place)) for place in np.ndindex(*shape[1:])]
    return [f"{one} → {other}" for one in first for other in rest]


def _draw_weight(
    panel: "Axes", axis: NumberAxis, weight: np.ndarray, near: float, label: str, look: dict[str, Any]
) -> None:
    """A line; where both ends of a piece are zero it is faint, and its marks are on what is not."""
    is_zero = np.abs(weight) <= near
    is_gone = is_zero & np.append(is_zero[1:], True) & np.insert(is_zero[:-1], 0, True)
    panel.plot(axis.places, weight, color=look["color"], linewidth=1, alpha=_FAINT, zorder=2)
    shown, places = style.evenly(len(weight), _MOST_COUNTS), np.flatnonzero(~is_zero)
    marks = [p for p in shown if p in places]
    seen = np.ma.masked_where(is_gone, weight)
    panel.plot(axis.places, seen, linewidth=2, markersize=5, markevery=marks, label=label, zorder=3, **look)


def _draw_others(panel: "Axes", axis: NumberAxis, table: np.ndarray, n: int) -> None:
    if n:
        from matplotlib.collections import LineCollection

        lines = [np.stack([axis.places, row], axis=1) for row in table.T]
        label = f"{n:,} more" if n == table.shape[1] else f"{table.shape[1]:,} of {n:,} more"
        look = {"colors": style.NEUTRAL, "linewidths": 0.7, "alpha": 0.35 if n > 60 else 0.6, "zorder": 1.5}
        panel.add_collection(LineCollection(lines, label=label, **look))


def _mark_zeros(panel: "Axes", axis: NumberAxis, table: np.ndarray, near: float) -> None:
    """A ring where a weight has come to zero and stays there."""
    is_zero = np.abs(table) <= near
    stays = np.logical_and.accumulate(is_zero[::-1])[::-1]  # (P, W)
    arrives = stays & ~np.concatenate([stays[:1], stays[:-1]])
    places = axis.places[arrives.any(axis=1)]
    if len(places):
        look = {"marker": "o", "markersize": 8, "markerfacecolor": "none", "markeredgewidth": 1.6, "linestyle": "none"}
        panel.plot(places, np.zeros(len(places)), color=style.NEUTRAL, label="zero from here on", zorder=4, **look)


def _count_above(panel: "Axes", axis: NumberAxis, counts: np.ndarray, n: int) -> None:
    """How many weights are not zero, along the top."""
    shown = style.evenly(len(counts), _MOST_COUNTS if n < 10_000 else _MOST_COUNTS // 2)
    top = panel.secondary_xaxis("top")
    top.set_xticks(axis.places[shown], [f"{counts[i]:,}" for i in shown])
    top.tick_params(colors=style.NEUTRAL, labelsize=8, length=0)
    top.spines[:].set_visible(False)
    top.set_xlabel(f"of {n:,} weights, not zero", fontsize=8, color=style.NEUTRAL, loc="left")
