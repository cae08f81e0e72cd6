"""The one look of every drawing: colours by meaning, and figures that sit on any page."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vitral._palette import CLASS_0, CLASS_1, NEGATIVE, NEUTRAL, POSITIVE, TRAIN, VALIDATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = [
    "CLASS_0",
    "CLASS_1",
    "DASHED",
    "MARKERS",
    "NEGATIVE",
    "NEUTRAL",
    "POSITIVE",
    "SERIES",
    "TRAIN",
    "VALIDATION",
    "after",
    "colorbar",
    "diverging",
    "evenly",
    "hatch",
    "ink_on",
    "label_for",
    "legend",
    "log_ticks",
    "new_figure",
    "number",
    "percent",
    "plain",
    "power",
    "round_places",
    "sequential",
    "sequential_rgb",
    "series_style",
    "set_title",
    "shorten",
]

DASHED = (0, (4, 2))
SERIES = (TRAIN, VALIDATION, CLASS_1, CLASS_0, NEUTRAL)
"""Colours of things without an order; together with `MARKERS`, which are told apart without colour."""
_VIRIDIS = (
    "#440154",
    "#48186a",
    "#472d7b",
    "#424086",
    "#3b528b",
    "#33638d",
    "#2c728e",
    "#26828e",
    "#21918c",
    "#1fa088",
    "#28ae80",
    "#3fbc73",
    "#5ec962",
    "#84d44b",
    "#addc30",
    "#d8e219",
    "#fde725",
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p", "h")


def series_style(metric: str) -> dict[str, Any]:
    """Colour and dash of a curve: training solid blue, validation dashed orange.

    Example:
        >>> from vitral.views import style
        >>> style.series_style("loss")["linestyle"], style.series_style("val_loss")["color"] == style.VALIDATION
        ('solid', True)
    """
    if metric.startswith("val_"):
        return {"color": VALIDATION, "linestyle": DASHED}
    return {"color": TRAIN, "linestyle": "solid"}


def new_figure(
    n_rows: int,
    n_columns: int,
    size: tuple[float, float],
    *,
    share_x: bool | Literal["row"] = False,
    share_y: bool | Literal["row"] = False,
    widths: Sequence[float] | None = None,
) -> "tuple[Figure, list[Axes]]":
    """A transparent figure of `n_rows` × `n_columns` axes in the course's look, outside pyplot's registry.

    Args:
        size: width and height in inches.
        share_x, share_y: whether all axes, or those of a row, have the same limits.
        widths: of the columns, relative to each other.

    Example:
        >>> from vitral.views import style
        >>> figure, (left, right) = style.new_figure(1, 2, (6, 3), share_y=True)
        >>> figure.get_facecolor()  # transparent
        (0.0, 0.0, 0.0, 0.0)
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=share_x, sharey=share_y, width_ratios=widths)
    found = list(grid.flat)
    for axes in found:
        axes.set_facecolor("none")
        axes.tick_params(colors=NEUTRAL, labelsize=9, length=3)
        for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
            text.set_color(NEUTRAL)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(NEUTRAL)
    return figure, found


def set_title(axes: "Axes", text: str, size: float = 11) -> None:
    """A title at the left, in the colour that is read on every page: Matplotlib keeps three titles, each its own.

    Example:
        >>> from vitral.views import style
        >>> figure, (panel,) = style.new_figure(1, 1, (3, 2))
        >>> style.set_title(panel, "loss")
        >>> panel.get_title(loc="left")
        'loss'
    """
    axes.set_title(plain(text), loc="left", fontsize=size, color=NEUTRAL)


def sequential(low: float = 0.0, high: float = 1.0) -> "Colormap":
    """Viridis (van der Walt & Smith, 2015): perceptually even, and in order for colour-blind readers and on grey paper.

    Args:
        low, high: the part of it to take; its ends are hard to see as lines on a dark and on a white page.

    Example:
        >>> from vitral.views import style
        >>> style.sequential(0.1, 0.9).N
        256
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(low, high, 256)), "sequential")


def diverging() -> "Colormap":
    """From orange (negative) over near-white to blue (positive), the ends equally dark.

    Example:
        >>> from vitral.views import style
        >>> [round(float(part), 2) for part in style.diverging()(0.5)[:3]]  # near-white in the middle
        [0.96, 0.97, 0.97]
    """
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "diverging", ["#7a3600", NEGATIVE, "#f2b98a", "#f7f7f7", "#9cc4ea", POSITIVE, "#0f4478"]
    )


def sequential_rgb(shares: Any) -> np.ndarray:
    """Colours of the same scale, without Matplotlib: for each share of 0 … 1, three bytes.

    Args:
        shares: array of any shape, or a number.

    Returns:
        (..., 3) uint8.

    Example:
        >>> from vitral.views import style
        >>> style.sequential_rgb([0.0, 1.0]).tolist()
        [[68, 1, 84], [253, 231, 37]]
    """
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in _VIRIDIS])
    places = np.linspace(0, 1, len(stops))
    mixed = np.stack([np.interp(shares, places, stops[:, i]) for i in range(3)], axis=-1)
    return mixed.round().astype(np.uint8)


def colorbar(figure: "Figure", drawn: Any, axes: Any, label: str, *, shrink: float = 1.0) -> Any:
    """The scale of a coloured drawing, in the course's look.

    Example:
        >>> from vitral.views import style
        >>> figure, (panel,) = style.new_figure(1, 1, (3, 2))
        >>> drawn = panel.imshow([[0.0, 1.0]], cmap=style.sequential())
        >>> style.colorbar(figure, drawn, panel, "share").ax.get_ylabel()
        'share'
    """
    bar = figure.colorbar(drawn, ax=axes, shrink=shrink, pad=0.02, aspect=26)
    bar.ax.tick_params(colors=NEUTRAL, which="both", labelsize=9, length=3)
    bar.set_label(plain(label), color=NEUTRAL, fontsize=9)
    bar.outline.set_visible(False)
    return bar


def legend(axes: "Axes", *, title: str | None = None, beside: bool = False) -> None:
    """The legend of a panel: where it covers least, or beside it on the right.

    Example:
        >>> from vitral.views import style
        >>> figure, (panel,) = style.new_figure(1, 1, (3, 2))
        >>> _ = panel.plot([1, 2], label="loss", **style.series_style("loss"))
        >>> style.legend(panel)
        >>> [text.get_text() for text in panel.get_legend().get_texts()]
        ['loss']
    """
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "alignment": "left"} if beside else {}
    title = plain(title) if title else title
    made = axes.legend(title=title, frameon=False, labelcolor=NEUTRAL, fontsize=9, title_fontsize=9, **place)
    made.get_title().set_color(NEUTRAL)


def hatch(figure: "Figure", panels: "Sequence[Axes]", marked: dict[str, Any]) -> None:
    """Mark cells of heat maps that have no colour, and say below the figure what each mark means.

    Args:
        marked: what it means -> (rows, columns) bool. Each has its own hatch.

    Example:
        >>> from vitral.views import style
        >>> figure, (panel,) = style.new_figure(1, 1, (3, 2))
        >>> style.hatch(figure, [panel], {"diverged": np.array([[False, True]])})
        >>> [text.get_text() for text in figure.legends[0].get_texts()]
        ['diverged']
    """
    from matplotlib.patches import Rectangle

    handles = []
    for (label, where), pattern in zip(marked.items(), ("///", "xx", ".."), strict=False):
        look = {"fill": False, "edgecolor": NEUTRAL, "hatch": pattern}
        for row, column in np.argwhere(where):
            for panel in panels:
                panel.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, linewidth=0, **look))
        if np.any(where):
            handles.append(Rectangle((0, 0), 1, 1, linewidth=0.6, label=label, **look))
    if handles:
        place = "outside lower right"
        figure.legend(handles=handles, loc=place, ncols=3, frameon=False, labelcolor=NEUTRAL, fontsize=9)


def ink_on(color: Any) -> str:
    """Black or white, whichever is read better on an opaque colour, by WCAG's contrast.

    Example:
        >>> from vitral.views import style
        >>> style.ink_on("#fde725"), style.ink_on("#440154")
        ('black', 'white')
    """
    from matplotlib.colors import to_rgb

    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "black" if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else "white"


def evenly(n: int, most: int) -> list[int]:
    """At most `most` of the places 0 … n − 1, evenly chosen, the first and the last among them.

    Example:
        >>> from vitral.views import style
        >>> style.evenly(101, 5)
        [0, 25, 50, 75, 100]
    """
    if n <= most:
        return list(range(n))
    if most == 1:
        return [n - 1]
    return [round(i * (n - 1) / (most - 1)) for i in range(most)]


def round_places(at: Sequence[int], most: int) -> list[int]:
    """At most `most` places in ascending whole numbers `at`: those of round numbers (0, 5, 10 …) if they suffice.

    Example:
        >>> from vitral.views import style
        >>> style.round_places(range(0, 13), 4)  # of 0 … 12: those of 0, 5 and 10
        [0, 5, 10]
    """
    steps = (mantissa * 10**power for power in range(19) for mantissa in (1, 2, 5))
    step = next(s for s in steps if (at[-1] - at[0]) // s < most)
    places = [i for i, value in enumerate(at) if value % step == 0]
    return places if len(places) >= min(3, len(at)) else evenly(len(at), most)


def log_ticks(axis: Any, low: float, high: float) -> None:
    """Ticks of a logarithmic axis from `low` to `high`: powers of ten, and more where those are few.

    Example:
        >>> from vitral.views import style
        >>> figure, (panel,) = style.new_figure(1, 1, (3, 2))
        >>> _ = panel.semilogy([1e-3, 1e3])
        >>> style.log_ticks(panel.yaxis, 1e-3, 1e3)
        >>> panel.yaxis.get_major_formatter()(1e-8)
        '10⁻⁸'
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    decades = math.log10(high / low)
    axis.set_major_locator(
        LogLocator(subs=(1.0,) if decades > 2.5 else (1.0, 3.0) if decades > 1.2 else (1.0, 2.0, 5.0))
    )
    axis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
    axis.set_minor_formatter(NullFormatter())
    axis.set_tick_params(which="minor", color=NEUTRAL, length=2)


def power(value: float) -> str:
    """A tick of a logarithmic axis: 0.001, 100, 3·10⁻⁸.

    Example:
        >>> from vitral.views import style
        >>> style.power(100), style.power(3e-8)
        ('100', '3·10⁻⁸')
    """
    exponent = math.floor(math.log10(abs(value)) + 1e-9) if value else 0
    if -4 < exponent < 4:
        return f"{value:g}"
    mantissa = round(value / 10.0**exponent)
    shown = "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return shown if mantissa == 1 else f"{mantissa}·{shown}"


def after(n: int, unit: str) -> str:
    """«after 1 epoch», «after 5 steps»; `unit` in the plural.

    Example:
        >>> from vitral.views import style
        >>> style.after(1, "epochs"), style.after(2500, "steps")
        ('after 1 epoch', 'after 2,500 steps')
    """
    return f"after {n:,} {unit if n != 1 else unit.removesuffix('s')}"


def number(value: float) -> str:
    """Three figures, as short as they go: 0.012, 3.4e-07, 1e+03.

    Example:
        >>> from vitral.views import style
        >>> style.number(0.0123456)
        '0.0123'
    """
    return f"{value:.3g}"


def percent(value: float) -> str:
    """Per cent as short as says enough: 93, 4.2, 0; what is little or nearly all is not called 0 or 100.

    Example:
        >>> from vitral.views import style
        >>> [style.percent(value) for value in (0, 0.01, 4.21, 93.4, 99.8, 100)]
        ['0', '<0.1', '4.2', '93', '>99', '100']
    """
    if 0 < value < 0.05:
        return "<0.1"
    if 99.5 <= value < 100:
        return ">99"
    return f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"


def plain(text: str) -> str:
    """A text in which Matplotlib finds no mathematics: names hold dollars that are dollars.

    Example:
        >>> from vitral.views import style
        >>> figure, (panel,) = style.new_figure(1, 1, (3, 2))
        >>> panel.set_xlabel(style.plain("from $5 to $50")).get_text()
        'from \\\\$5 to \\\\$50'
    """
    return text.replace("$", r"\$")


def label_for(name: str) -> str:
    """A name as a legend shows it: plain, and after a blank where it begins with "_", which Matplotlib would leave out.

    Example:
        >>> from vitral.views import style
        >>> style.label_for("_bias")
        ' _bias'
    """
    return plain(f" {name}" if name.startswith("_") else name)


def shorten(name: str, most: int = 26) -> str:
    """A long name without its middle, which says least.

    Example:
        >>> from vitral.views import style
        >>> style.shorten("encoder/block_3/attention/query/kernel", most=20)
        'encoder/b…ery/kernel'
    """
    kept = most - 1
    return name if len(name) <= most else f"{name[: kept // 2]}…{name[len(name) - (kept - kept // 2) :]}"
