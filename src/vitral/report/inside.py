"""Inside: what probes saw in the network while it trained, in the order in which one asks.

Does a gradient reach the first layers? How do weights and gradients change? Do units stop learning? Drawn are rows of a
table with a strip of colours each, and ridges; neither grows with the length of the training.
"""

from collections.abc import Callable
from html import escape

import numpy as np

from vitral._errors import ArgumentError
from vitral.probes.recording import Recording, Series
from vitral.report.pictures import png_uri
from vitral.runs import Run
from vitral.views.histograms import ridges_of
from vitral.views.layer_maps import flow_in_words, size_range
from vitral.views.recorded import Table, gradient_sizes, unit_shares
from vitral.views.ridges import axis_label, chosen_arrays
from vitral.views.style import after, evenly, sequential_rgb, shorten
from vitral.views.svg_ridges import ridge_chart

_MOST_ROWS = 40  # layers in a table
_MOST_COLUMNS = 120  # colours in a strip
_MOST_PANELS = 6
_MOST_RIDGES = 12
_GREY, _INK, _ORANGE, _PALE = (125, 133, 144), (27, 32, 39), (212, 102, 11), (247, 247, 247)


def inside_html(run: Run) -> str:
    """The section; where nothing was measured, one line that says how to have it measured."""
    if run.recording is None:
        return (
            "<section><h2>Inside</h2><p>Nothing was measured inside this network. To see its gradients, weights and "
            'stuck units here, train it with <code>vitral.fit(..., probes="all")</code>.</p></section>'
        )
    parts = [
        _part(run.recording, "gradients", "Gradient of each layer", _flow),
        _part(run.recording, "weights", "How the weights spread", _weights),
        _part(run.recording, "gradients", "How the gradients spread", _gradients),
        _part(run.recording, "activations", "Units that have stopped learning", _stuck),
    ]
    missing = [name for name in ("weights", "gradients", "activations") if name not in run.recording.probes]
    probes = " and ".join(f"<code>vitral.probes.{name.capitalize()}()</code>" for name in missing)
    rest = f'<p class="note">Not measured: {", ".join(missing)}. Add {probes} to probes.</p>' if missing else ""
    return f'<section class="inside"><h2>Inside</h2>{"".join(parts)}{rest}</section>'


def _part(recording: Recording, quantity: str, title: str, draw: Callable[[Recording], str]) -> str:
    if quantity not in recording.probes:
        return ""
    try:
        return f"<h3>{title}</h3>{draw(recording)}"
    except ArgumentError as error:  # a recording that is made of parts that no one picture can show
        return f"<h3>{title}</h3><p>{escape(str(error))}</p>"


# ---------------------------------------------------------------- the parts


def _flow(recording: Recording) -> str:
    table = gradient_sizes(recording)
    low, high = size_range(table)
    with np.errstate(divide="ignore"):
        shares = (np.log(table.values) - np.log(low)) / np.log(high / low)
    zero = table.values == 0
    text = (
        f"<strong>{escape(flow_in_words(table))}.</strong> A row is a layer, the first on top; its colour is the size "
        "of its gradient (root mean square), on a logarithmic scale. Rows that get darker towards the top are a "
        "gradient that vanishes on its way back: the first layers hardly learn. Brighter, it explodes."
    )
    ends = (f"{low:.2g}", f"{high:.2g}")
    return f"<p>{text}</p>{_strips(table, shares, zero, ends, lambda v: f'{v:.2g}')}"


def _weights(recording: Recording) -> str:
    return (
        "<p>The weights of each layer, from before the training at the back to its end in front. A shape that moves or "
        "widens is a layer that learns; one that stays as it was hardly does.</p>"
        f"{_ridges(recording, 'weights')}"
    )


def _gradients(recording: Recording) -> str:
    return (
        "<p>The sizes of the gradients, on a logarithmic axis: further to the left is smaller. Ridges that wander to "
        "the left are a layer that learns less and less, as it should near the end and not before.</p>"
        f"{_ridges(recording, 'gradients')}"
    )


def _stuck(recording: Recording) -> str:
    texts = {
        "saturated": (
            "Saturated outputs",
            "Outputs within 1% of a limit of their activation, where its slope is all but gone. An output layer gets "
            "there as the network grows sure of its answers; a hidden layer that does stops learning.",
        ),
        "dead": (
            "Dead units",
            "Units that put out zero for every row that was probed. Behind a ReLU no gradient reaches them any more.",
        ),
    }
    shown = []
    for share, (title, text) in texts.items():
        table = _limited(unit_shares(recording, share))
        if table.layers:
            is_none = not table.values.any() and not table.broken.any()
            drawn = (
                "<p>None, in any layer, at any time.</p>"
                if is_none
                else _strips(table, table.values, None, ("0%", "100%"), lambda v: f"{100 * v:.0f}%")
            )
            shown.append(f"<div><h4>{title}</h4><p>{text}</p>{drawn}</div>")
    return f'<div class="charts">{"".join(shown)}</div>'


def _limited(table: Table) -> Table:
    """Without the layers that can have no such share: those whose activation has no limits."""
    kept = np.flatnonzero(table.has_meaning)
    layers = [table.layers[i] for i in kept]
    return Table(layers=layers, at=table.at, unit=table.unit, values=table.values[kept], broken=table.broken[kept])


# ---------------------------------------------------------------- strips


def _strips(
    table: Table,
    shares: np.ndarray,
    zero: np.ndarray | None,
    ends: tuple[str, str],
    say: Callable[[float], str],
) -> str:
    """A row for each layer: its name, its colours over time, the number at the beginning and at the end.

    Args:
        shares: (L, M) places on the colour scale, 0 … 1.
        zero: (L, M) bool, cells that have no colour because they are exactly zero.
        ends: what the ends of the colour scale mean.
    """
    rows = evenly(len(table.layers), _MOST_ROWS)
    columns = evenly(len(table.at), _MOST_COLUMNS)
    colors = np.repeat(sequential_rgb(np.nan_to_num(shares, neginf=0, posinf=1))[:, None], 4, axis=1)  # (L, 4, M, 3)
    for where, stripes in ((zero, (_GREY, _INK)), (table.broken, (_ORANGE, _PALE))):
        if where is not None:
            marked = np.array(stripes * 2, np.uint8)[None, :, None]
            colors = np.where(where[:, None, :, None], marked, colors)
    first, last = int(table.at[0]), int(table.at[-1])
    body = "".join(_strip(table, i, colors[i][:, columns], say, after(last, table.unit)) for i in rows)
    key = sequential_rgb(np.linspace(0, 1, 64))[None]
    marks = "; grey stripes: exactly 0" if zero is not None and zero.any() else ""
    marks += "; orange stripes: NaN or ∞" if table.broken.any() else ""
    some = f"{len(rows)} of {len(table.layers)} layers, evenly chosen. " if len(rows) < len(table.layers) else ""
    scale = f'{ends[0]} <img alt="from dark to bright" src="{png_uri(key)}"> {ends[1]}'
    return (
        f'<table class="strips"><caption>{some}<span class="scale">{scale}</span>{marks}</caption>'
        '<thead><tr><th scope="col">Layer</th>'
        f'<th scope="col"><div class="time"><span>{first:,}</span><span>{table.unit} done</span><span>{last:,}</span>'
        f'</div></th><th scope="col" class="n first">{first:,}</th><th scope="col" class="n">{last:,}</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _strip(table: Table, i: int, pixels: np.ndarray, say: Callable[[float], str], end: str) -> str:
    def told(place: int) -> str:
        return "NaN or ∞" if table.broken[i, place] else say(table.values[i, place])

    name = table.layers[i]
    alt = f"{name}: {told(0)} at first, {told(-1)} {end}"
    return (
        f'<tr><th scope="row" title="{escape(name, quote=True)}">{escape(shorten(name, 22))}</th>'
        f'<td class="strip"><img src="{png_uri(pixels)}" alt="{escape(alt, quote=True)}"></td>'
        f'<td class="n first">{told(0)}</td><td class="n">{told(-1)}</td></tr>'
    )


# ---------------------------------------------------------------- ridges


def _ridges(recording: Recording, quantity: str) -> str:
    chosen, n_found, axis = chosen_arrays(recording, quantity, None, None, _MOST_PANELS)
    label = axis_label(axis.kind, quantity)
    figures, is_cut = [], False
    for one in chosen:
        drawn = ridges_of(one, axis, _MOST_RIDGES)
        is_cut |= drawn.zeros is not None
        said = (
            f"{quantity.capitalize()} of {one.layer}, {after(int(one.at[0]), one.unit)} to {one.at[-1]}: "
            + _in_words(one)
        )
        chart = ridge_chart(drawn, axis, title=said, x_label=label, unit=one.unit)
        figures.append(f"<figure><figcaption>{escape(shorten(one.layer, 34))}</figcaption>{chart}</figure>")
    some = f"{len(chosen)} of {n_found} layers, evenly chosen. " if len(chosen) < n_found else ""
    note = f"{some}Numbers at the left are {chosen[0].unit} done."
    if is_cut:
        note += " A percentage at ≈0 is the share of the numbers there, too many to be drawn."
    return f'<div class="ridge-charts">{"".join(figures)}</div><p class="note">{note}</p>'


def _in_words(one: Series) -> str:
    """Where the middle half of the numbers was, at first and at last."""
    halves = [
        f"between {low:.2g} and {high:.2g}" if np.isfinite(low) else "of no finite number"
        for low, high in zip(one.values["q25"][[0, -1]], one.values["q75"][[0, -1]], strict=True)
    ]
    return f"the middle half is {halves[0]}, in the end {halves[1]}."
