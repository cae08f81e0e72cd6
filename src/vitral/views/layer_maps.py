"""Layers against epochs, as heat maps: where gradients vanish, where units saturate or die."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.views import style
from vitral.views.recorded import SHARES, Table, gradient_sizes, recording_of, unit_shares

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NUMBERS = 11  # columns of cells that are wide enough for a number
_WORDS = {"saturated": "saturated outputs", "dead": "dead units"}


def gradient_flow(recording: Any, layer: str | Sequence[str] | None = None, *, size: str = "rms") -> "Figure":
    """How large the gradient of each layer is, over the epochs: a heat map, and beside it profiles through the layers.

    Layers stand as in the network, the first on top: gradients flow upwards. A profile that leans to the left towards
    the top is a gradient that vanishes on its way back; the title says by how much. Both scales are logarithmic. A
    layer whose gradient is exactly zero, or not finite, is hatched.

    Args:
        recording: a Recording with gradients, or a Run that has one.
        layer: a layer, or several; None draws all.
        size: "rms", the root of the mean square over all of a layer's weights, so that wide and narrow layers can be
            compared; or "norm", of them together.

    Raises:
        ArgumentError, UnknownNameError: there is no recording, or it has no gradients, or no such layer.

    Example:
        >>> import numpy as np, vitral
        >>> from vitral import keras
        >>> x, y = np.eye(4), np.arange(4)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax", name="out")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> recorder = vitral.probes.Recorder(vitral.probes.Gradients(), x, y)
        >>> run = vitral.fit(model, x, y, epochs=2, callbacks=[recorder], verbose=0, seed=0)
        >>> figure = vitral.views.gradient_flow(recorder.recording)
        >>> figure.axes[0].images[0].get_array().shape  # layers, times
        (1, 3)
    """
    table = gradient_sizes(recording_of(recording), size, layer)
    low, high = size_range(table)
    from matplotlib.colors import LogNorm

    figure, (left, right) = style.new_figure(1, 2, (10.4, _height(len(table.layers))), share_y=True, widths=(1.35, 1))
    drawn = _draw_cells(left, table, np.ma.masked_where(~(table.values > 0), table.values), LogNorm(low, high))
    word = {"rms": "gradient, root mean square", "norm": "gradient, norm"}[size]
    style.log_ticks(style.colorbar(figure, drawn, left, word).ax.yaxis, low, high)
    style.hatch(figure, [left], {"exactly 0": table.values == 0, "NaN or ∞": table.broken})
    _draw_profiles(right, table, (low, high))
    right.set_xlabel(word, fontsize=10)
    style.set_title(left, "Gradient of each layer")
    style.set_title(right, textwrap.fill(flow_in_words(table), 50), 10)
    return figure


def saturation_map(recording: Any, layer: str | Sequence[str] | None = None, *, share: str | None = None) -> "Figure":
    """The share of each layer's units that have stopped learning, over the epochs.

    Saturated: outputs within 1 % of a limit of their activation (sigmoid, tanh, softmax …), where its slope is all but
    gone; a layer whose activation has no limits has a row without colour. An output layer of softmax saturates as the
    network gets sure of its answers, which is no fault. Dead: units that put out zero for every row of the probe batch;
    behind a ReLU no gradient reaches them.

    Args:
        recording: a Recording with activations, or a Run that has one.
        layer: a layer, or several; None draws all.
        share: "saturated" | "dead"; None draws both, saturation only where a layer can saturate.

    Raises:
        ArgumentError, UnknownNameError: there is no recording, or it has no activations, or no such layer; no layer
            chosen can saturate.

    Example:
        >>> import numpy as np, vitral
        >>> from vitral import keras
        >>> x, y = np.eye(4), np.arange(4)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax", name="out")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> recorder = vitral.probes.Recorder(vitral.probes.Activations(), x, y)
        >>> run = vitral.fit(model, x, y, epochs=2, callbacks=[recorder], verbose=0, seed=0)
        >>> figure = vitral.views.saturation_map(recorder.recording)
        >>> [panel.get_title("left") for panel in figure.axes[:2]]
        ['Share of saturated outputs', 'Share of dead units']
    """
    found = recording_of(recording)
    if share is not None:
        check_choice("share", share, SHARES)
    tables = {s: unit_shares(found, s, layer) for s in (SHARES if share is None else (share,))}
    tables = {s: table for s, table in tables.items() if table.has_meaning.any()}
    if not tables:
        raise ArgumentError(
            "share must be one that the layers can have: got 'saturated' of layers whose activations have no "
            "two limits. Draw share='dead', or choose other layers."
        )
    from matplotlib.colors import Normalize

    n_rows = len(next(iter(tables.values())).layers)
    figure, panels = style.new_figure(1, len(tables), (1.4 + 4.7 * len(tables), _height(n_rows)), share_y=True)
    drawn = None
    for panel, (name, table) in zip(panels, tables.items(), strict=True):
        drawn = _draw_cells(panel, table, np.ma.masked_invalid(table.values), Normalize(0, 1))
        _write_shares(panel, table)
        style.set_title(panel, f"Share of {_WORDS[name]}")
    style.colorbar(figure, drawn, panels, "share of the layer")
    style.hatch(figure, panels, {"NaN or ∞": next(iter(tables.values())).broken})
    return figure


def size_range(table: Table) -> tuple[float, float]:
    """The smallest and the largest positive number, a decade apart at least: what is even shall look even."""
    positive = table.values[table.values > 0]
    low, high = (float(positive.min()), float(positive.max())) if positive.size else (1.0, 1.0)
    middle = 10 ** ((np.log10(low) + np.log10(high)) / 2)
    return min(low, middle / 10**0.5), max(high, middle * 10**0.5)


def flow_in_words(table: Table) -> str:
    """How the first layer's gradient compares with the last one's, in the end; a sentence without its full stop."""
    first, last = table.values[0, -1], table.values[-1, -1]
    when = style.after(int(table.at[-1]), table.unit)
    if table.broken[[0, -1], -1].any():
        return f"Gradients are NaN or infinite {when}"
    if len(table.layers) < 2:
        return f"The layer's gradient is {style.number(first)} {when}"
    if not first or not last:
        which = "first layer's" if last else "last layer's" if first else "first and the last layer's"
        return f"The {which} gradient is exactly 0 {when}"
    ratio = first / last
    if 0.5 < ratio < 2:
        return f"The first layer's gradient is about as large as the last's {when}"
    times, word = (1 / ratio, "smaller") if ratio < 1 else (ratio, "larger")
    shown = f"{float(f'{times:.2g}'):,g}" if times < 1e6 else style.power(float(f"{times:.0e}"))
    return f"The first layer's gradient is {shown} times {word} than the last's {when}"


# ---------------------------------------------------------------- parts


def _height(n_rows: int) -> float:
    return 1.3 + 0.27 * max(4, min(n_rows, 60))


def _draw_cells(panel: "Axes", table: Table, values: Any, norm: Any) -> Any:
    """A row for each layer, a column for each measurement."""
    drawn = panel.imshow(values, norm=norm, cmap=style.sequential(), aspect="auto", interpolation="nearest")
    rows = style.evenly(len(table.layers), 60)
    panel.set_yticks(rows, [style.plain(style.shorten(table.layers[i])) for i in rows])
    columns = style.round_places(table.at.tolist(), 8)
    panel.set_xticks(columns, [str(table.at[i]) for i in columns])
    panel.set_xlabel(f"{table.unit} done", fontsize=10)
    panel.spines[:].set_visible(False)
    return drawn


def _draw_profiles(panel: "Axes", table: Table, ends: tuple[float, float]) -> None:
    rows = np.arange(len(table.layers))
    places = style.evenly(len(table.at), 4)
    colors = style.sequential(0.15, 0.85)(np.linspace(0, 1, len(places)) if len(places) > 1 else [0.3])
    for i, place in enumerate(places):
        values = table.values[:, place]
        look = {"color": colors[i], "marker": style.MARKERS[i], "markersize": 5, "linewidth": 2}
        panel.plot(np.where(values > 0, values, np.nan), rows, label=str(table.at[place]), **look)
    panel.set_xscale("log")
    panel.set_xlim(ends[0] / 1.6, ends[1] * 1.6)
    style.log_ticks(panel.xaxis, *ends)
    panel.tick_params(labelleft=False)
    panel.grid(axis="x", color=style.NEUTRAL, alpha=0.2)
    style.legend(panel, title=f"{table.unit} done")


def _write_shares(panel: "Axes", table: Table) -> None:
    """Percents: in all cells where they fit, else at the right of each row, as it was in the end."""
    is_wide = len(table.at) > _MOST_NUMBERS
    for (row, column), value in np.ndenumerate(table.values):
        is_last = column == len(table.at) - 1
        if np.isfinite(value) and (is_last or not is_wide):
            text = f"{100 * value:.0f} %" if is_wide else f"{100 * value:.0f}"
            place = {"x": column + 0.7, "ha": "left"} if is_wide else {"x": column, "ha": "center"}
            ink = style.NEUTRAL if is_wide else "white" if value < 0.6 else "black"
            panel.text(y=row, s=text, va="center", fontsize=8, color=ink, **place)
        elif is_last and not table.has_meaning[row]:
            panel.text(
                0.02,
                row,
                "no limits",
                transform=panel.get_yaxis_transform(),
                va="center",
                fontsize=8,
                color=style.NEUTRAL,
            )
