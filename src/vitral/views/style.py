"""The one look of every drawing: colours by meaning, and figures that sit on any page."""

from typing import TYPE_CHECKING, Any

from vitral._palette import CLASS_0, CLASS_1, NEGATIVE, NEUTRAL, POSITIVE, TRAIN, VALIDATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["CLASS_0", "CLASS_1", "NEGATIVE", "NEUTRAL", "POSITIVE", "TRAIN", "VALIDATION", "new_figure", "series_style"]


def series_style(metric: str) -> dict[str, Any]:
    """Colour and dash of a curve: training solid blue, validation dashed orange."""
    if metric.startswith("val_"):
        return {"color": VALIDATION, "linestyle": (0, (4, 2))}
    return {"color": TRAIN, "linestyle": "solid"}


def new_figure(n_rows: int, n_columns: int, size: tuple[float, float]) -> "tuple[Figure, list[Axes]]":
    """A transparent figure of `n_rows` × `n_columns` axes in the course's look, outside pyplot's registry.

    Args:
        size: width and height in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained", facecolor="none")
    found = list(figure.subplots(n_rows, n_columns, squeeze=False).flat)
    for axes in found:
        axes.set_facecolor("none")
        axes.tick_params(colors=NEUTRAL, labelsize=9, length=3)
        for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
            text.set_color(NEUTRAL)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(NEUTRAL)
    return figure, found
