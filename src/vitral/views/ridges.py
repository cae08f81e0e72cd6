"""How a distribution changes while a network trains: ridges over epochs, and before against after."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.probes.recording import Series
from vitral.views import style
from vitral.views.histograms import AXES, Axis, axis_for, has_negative, ridges_of
from vitral.views.recorded import main_arrays, recording_of, series_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PANELS = 12
_MOST_RIDGES = 24
_AXIS = {"weights": "linear", "gradients": "magnitude", "updates": "magnitude"}
_NARROW, _MOST = 0.05, 0.6  # a linear axis on whose middle 5 % lie more than 60 % of the numbers shows a needle
_FAINT = 0.05  # of the distance between two ridges: what is lower has no outline
_OVERLAP = 0.22  # of a panel's height is that of its highest ridge


def ridge(
    recording: Any,
    quantity: str = "weights",
    layer: str | Sequence[str] | None = None,
    *,
    axis: str | None = None,
) -> "Figure":
    """The distribution of what was measured, epoch after epoch: the first at the back, the last in front.

    A panel for each array. The height of a ridge is the count of numbers in each bin, the same scale in the whole
    panel, on a linear axis the count for each unit of it. Bins are those of the recording, two for each power of two,
    and all panels share their axis: a "linear" one; a "signed" one, logarithmic from zero outwards to both sides; or a
    "magnitude" one, logarithmic, where negative numbers count with positive ones, so that shrinking reads as a move to
    the left. On the logarithmic ones, what is smaller than 99 % of the numbers is at "≈0", with zero; where that is
    most, its share is written there instead of a height.

    Args:
        recording: a Recording, or a Run that has one.
        quantity: "weights" | "gradients" | "activations" | "updates".
        layer: a layer ("dense": all its arrays), an array ("dense/bias"), or several. None draws of each layer what its
            signal goes through (kernels, not biases or what normalises); of more than 12 arrays, 12 evenly chosen.
        axis: "linear" | "signed" | "magnitude"; None takes "linear" for weights, "magnitude" for gradients and updates,
            of the last two for activations the one that their signs ask for, and "signed" for weights of which a few
            are so large that a linear axis would show nothing else.

    Raises:
        ArgumentError, UnknownNameError: there is no recording, or it has no such quantity or layer.

    Example:
        >>> import numpy as np, vitral
        >>> from vitral import keras
        >>> x, y = np.eye(4), np.arange(4)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax", name="out")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> recorder = vitral.probes.Recorder(vitral.probes.Weights(), x, y)
        >>> run = vitral.fit(model, x, y, epochs=2, callbacks=[recorder], verbose=0, seed=0)
        >>> figure = vitral.views.ridge(recorder.recording)
        >>> [panel.get_title("left") for panel in figure.axes]
        ['out/kernel']
    """
    chosen, n_found, found_axis = chosen_arrays(recording, quantity, layer, axis, _MOST_PANELS)
    n_columns = min(3, len(chosen))
    n_rows = -(-len(chosen) // n_columns)
    figure, panels = style.new_figure(n_rows, n_columns, (1.0 + 3.2 * n_columns, 0.7 + 2.5 * n_rows), share_x=True)
    for panel, one in zip(panels, chosen, strict=False):
        _draw_ridges(panel, one, found_axis)
    label_x(
        panels, len(chosen), n_columns, found_axis.edges, ticks_of(found_axis), axis_label(found_axis.kind, quantity)
    )
    for panel in panels[len(chosen) :]:
        panel.remove()
    figure.suptitle(_title(quantity, len(chosen), n_found), color=style.NEUTRAL, fontsize=11, x=0.01, ha="left")
    return figure


def histograms_before_after(
    recording: Any,
    quantity: str = "weights",
    layer: str | Sequence[str] | None = None,
    *,
    before: int | None = None,
    after: int | None = None,
    axis: str | None = None,
) -> "Figure":
    """Histograms before training and after it, side by side: a row for each array, before as a dashed outline in both.

    Args:
        recording, quantity, layer, axis: as `ridge` takes them.
        before, after: so many epochs were done; None takes the first and the last measurement.

    Raises:
        ArgumentError, UnknownNameError: as `ridge`; nothing was measured at that time.

    Example:
        >>> import numpy as np, vitral
        >>> from vitral import keras
        >>> x, y = np.eye(4), np.arange(4)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax", name="out")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> recorder = vitral.probes.Recorder(vitral.probes.Weights(), x, y)
        >>> run = vitral.fit(model, x, y, epochs=2, callbacks=[recorder], verbose=0, seed=0)
        >>> figure = vitral.views.histograms_before_after(recorder.recording)
        >>> [panel.get_title("left") for panel in figure.axes]
        ['out/kernel, before training', 'out/kernel, after 2 epochs']
    """
    chosen, n_found, found_axis = chosen_arrays(recording, quantity, layer, axis, _MOST_PANELS)
    figure, panels = style.new_figure(len(chosen), 2, (8.4, 0.8 + 1.7 * len(chosen)), share_x=True, share_y="row")
    from matplotlib.ticker import MaxNLocator

    for row, one in enumerate(chosen):
        heights = found_axis.heights(found_axis.counts(one))
        places = [_place_of(one, "before", before, 0), _place_of(one, "after", after, len(one.at) - 1)]
        for column, place in enumerate(places):
            panel = panels[2 * row + column]
            color = style.VALIDATION if column == 0 else style.TRAIN
            panel.stairs(heights[place], found_axis.edges, fill=True, color=color, alpha=0.55, linewidth=0)
            panel.stairs(heights[place], found_axis.edges, color=color, linewidth=1.2)
            if column:
                outline = {"color": style.VALIDATION, "linewidth": 1.2, "linestyle": style.DASHED}
                panel.stairs(heights[places[0]], found_axis.edges, label="before", **outline)
            when = style.after(int(one.at[place]), one.unit) if one.at[place] else "before training"
            style.set_title(panel, f"{style.shorten(one.layer, 30)}, {when}", 10)
            panel.grid(axis="y", color=style.NEUTRAL, alpha=0.2)
            tell_nonfinite(panel, int(one.values["nonfinite"][place]), 0.05, across=panel.transAxes)
        panels[2 * row].set_ylabel("count per unit" if found_axis.kind == "linear" else "count", fontsize=9)
        panels[2 * row].yaxis.set_major_locator(MaxNLocator(4))
    style.legend(panels[1])
    label_x(panels, 2 * len(chosen), 2, found_axis.edges, ticks_of(found_axis), axis_label(found_axis.kind, quantity))
    figure.suptitle(_title(quantity, len(chosen), n_found), color=style.NEUTRAL, fontsize=11, x=0.01, ha="left")
    return figure


def chosen_arrays(
    recording: Any, quantity: str, layer: str | Sequence[str] | None, axis: str | None, most: int
) -> tuple[list[Series], int, Axis]:
    """The arrays to draw, at most `most` of them evenly chosen; how many there were; the axis that suits all."""
    if axis is not None:
        check_choice("axis", axis, AXES)
    series = series_of(recording_of(recording), quantity, layer, "quantity")
    if layer is None:
        series = main_arrays(series)
    chosen = [series[i] for i in style.evenly(len(series), most)]
    kind = axis or _AXIS.get(quantity) or ("signed" if has_negative(chosen) else "magnitude")
    found = axis_for(chosen, kind)
    if axis is None and kind == "linear" and found.share_within(_NARROW, chosen) > _MOST:
        found = axis_for(chosen, "signed")
    return chosen, len(series), found


def axis_label(kind: str, quantity: str) -> str:
    """What stands below the axis of `quantity`."""
    word = quantity.removesuffix("s")
    return {"signed": f"{word}, logarithmic from 0 outwards", "magnitude": f"|{word}|, logarithmic"}.get(kind, word)


def ticks_of(axis: Axis) -> list[tuple[float, str]] | None:
    """As many as have room; None leaves them to Matplotlib."""
    return axis.ticks(3 if axis.kind == "signed" else 5)


def label_x(
    panels: "list[Axes]",
    n_panels: int,
    n_columns: int,
    edges: np.ndarray,
    ticks: list[tuple[float, str]] | None,
    label: str,
) -> None:
    """The horizontal axis of panels that share it: from edge to edge, named below the lowest of each column."""
    from matplotlib.ticker import MaxNLocator

    for i, panel in enumerate(panels[:n_panels]):
        if ticks is not None:
            panel.set_xticks([place for place, _ in ticks], [name for _, name in ticks])
        else:
            panel.xaxis.set_major_locator(MaxNLocator(5))
        panel.set_xlim(edges[0], edges[-1])
        is_lowest = i + n_columns >= n_panels
        panel.tick_params(labelbottom=is_lowest)
        if is_lowest:
            panel.set_xlabel(label, fontsize=9)


def tell_nonfinite(panel: "Axes", n: int, y: float, *, across: Any) -> None:
    """Beside the right edge at height `y`, in coordinates `across`."""
    if n:
        look = {"ha": "right", "va": "bottom", "color": style.NEGATIVE, "fontsize": 8, "zorder": 999}
        panel.text(0.99, y, f"{n:,} NaN or ∞", transform=across, **look)


# ---------------------------------------------------------------- parts


def _draw_ridges(panel: "Axes", one: Series, axis: Axis) -> None:
    drawn = ridges_of(one, axis, _MOST_RIDGES)
    n = len(drawn.at)
    heights = drawn.heights * max(1.2, n * _OVERLAP)
    colors = style.sequential(0.15, 0.92)(np.linspace(0, 1, n) if n > 1 else [0.5])
    x = np.concatenate([axis.edges[:1], axis.centers, axis.edges[-1:]])
    shown = style.round_places(drawn.at.tolist(), 6)
    for i, row in enumerate(heights):
        base = n - 1.0 - i
        y = np.concatenate([[0], row, [0]])
        # An outline where there is something: along an empty base it would only be a stripe.
        is_something = np.convolve(y > _FAINT, [1, 1, 1], "same") > 0
        panel.fill_between(x, base, base + y, color=colors[i], alpha=0.9, linewidth=0, zorder=i)
        panel.plot(x, np.where(is_something, base + y, np.nan), color="white", alpha=0.8, linewidth=0.7, zorder=i + 0.5)
        if drawn.zeros is not None and i in shown:
            place = "left" if axis.kind == "magnitude" else "center"
            text = f"{100 * drawn.zeros[i]:.0f} %"
            panel.text(0, base, text, ha=place, va="bottom", color=style.NEUTRAL, fontsize=8, zorder=999)
        tell_nonfinite(panel, int(drawn.nonfinite[i]), base, across=panel.get_yaxis_transform())
    panel.set_yticks([n - 1 - i for i in shown], [str(drawn.at[i]) for i in shown])
    panel.set_ylim(-0.15, max(1, *(n - 1 - np.arange(n) + heights.max(axis=1))) + 0.15)
    panel.set_ylabel(f"{one.unit} done", fontsize=9)
    style.set_title(panel, style.shorten(one.layer, 32), 10)
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)


def _title(quantity: str, n_shown: int, n_found: int) -> str:
    title = quantity.capitalize()
    return title if n_shown == n_found else f"{title}: {n_shown} of {n_found} arrays, evenly chosen"


def _place_of(one: Series, argument: str, wanted: Any, default: int) -> int:
    if wanted is None:
        return default
    found = np.flatnonzero(one.at == wanted)
    if isinstance(wanted, bool) or not len(found):
        shown = [str(one.at[i]) for i in style.evenly(len(one.at), 8)]
        raise ArgumentError(
            f"{argument} must be a number of {one.unit} after which {one.layer!r} was measured: got {wanted!r}. "
            f"Known: {', '.join(shown)}{' …' if len(one.at) > len(shown) else ''}."
        )
    return int(found[0])
