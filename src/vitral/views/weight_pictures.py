"""What a layer looks for: its weights as pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import check_choice, check_int
from vitral._errors import ShapeError
from vitral.views import style
from vitral.views.kernels import kernels_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 8


def weight_images(
    model: Any, layer: str | None = None, *, image_shape: Sequence[int] | None = None, most: int = 40
) -> "Figure":
    """The weights of a layer as pictures: blue is positive, orange negative, white zero, one scale for all.

    A dense layer has a picture for each unit, in the shape of the images it looks at. A convolution has one for each
    filter; of several input channels each is a picture of its own, side by side. What has no shape of a picture is one
    table, a row for each input and a column for each unit.

    Args:
        model: a built Keras model, or a Run.
        layer: a layer with a kernel ("dense", "encoder/dense"); None takes the first.
        image_shape: (H, W) or (H, W, C) of what a dense layer looks at; None takes that of the run's data for the first
            layer.
        most: so many pictures at most, evenly chosen.

    Raises:
        ArgumentError, UnknownNameError, ShapeError: no model; no such layer, or it has no kernel; an image_shape that
            does not have as many values as the layer has inputs.

    Example:
        >>> from vitral import keras
        >>> from vitral.views import weight_images
        >>> model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(3, name="hidden")])
        >>> figure = weight_images(model, image_shape=(8, 8))
        >>> [panel.get_title("left") for panel in figure.axes[:3]]
        ['0', '1', '2']
    """
    most = check_int("most", most, minimum=1)
    kernels = kernels_of(model)
    name = check_choice("layer", layer, kernels) if layer is not None else next(iter(kernels))
    kernel = np.asarray(kernels[name], np.float64)
    shape = image_shape
    if shape is None and name == next(iter(kernels)) and kernel.ndim == 2:
        shape = (getattr(model, "data", None) or {}).get("image_shape")
        shape = shape if shape and np.prod(shape) == len(kernel) else None
    pictures = _pictures(kernel, shape)
    largest = np.max(np.abs(kernel), where=np.isfinite(kernel), initial=0) or 1.0
    look = {"cmap": style.diverging(), "vmin": -largest, "vmax": largest, "interpolation": "nearest"}
    if pictures is None:
        return _table(kernel, name, look)
    shown = style.evenly(len(pictures), most)
    height, width = pictures.shape[1:]
    side = min(9.0, max(1.2, 0.5 * width / height))  # inches, of a picture's width
    n_columns = min(_COLUMNS, len(shown), max(1, int(11 / side)))
    n_rows = -(-len(shown) // n_columns)
    size = (1.2 + side * n_columns, 0.7 + n_rows * (0.3 + side * height / width))
    figure, panels = style.new_figure(n_rows, n_columns, size)
    drawn = None
    for panel, place in zip(panels, shown, strict=False):
        drawn = panel.imshow(pictures[place], **look)
        style.set_title(panel, str(place), 9)
    for panel in panels:
        panel.set_axis_off()
    style.colorbar(figure, drawn, panels, "weight", shrink=min(1.0, 3 / n_rows))
    unit = "units" if kernel.ndim == 2 else "filters"
    count = f"{len(pictures)} {unit}" if len(shown) == len(pictures) else f"{len(shown)} of {len(pictures)} {unit}"
    figure.suptitle(style.plain(f"Weights of {name}: {count}"), color=style.NEUTRAL, fontsize=11, x=0.01, ha="left")
    return figure


def _pictures(kernel: np.ndarray, image_shape: Any) -> np.ndarray | None:
    """(n, H, W) pictures, the channels of each side by side; None for what is a table."""
    if kernel.ndim == 4:  # (H, W, inputs, filters)
        return _side_by_side(kernel)
    if kernel.ndim == 3:  # (steps, inputs, filters) of a convolution over sequences
        return kernel.transpose(2, 1, 0)
    if image_shape is None:
        return None
    shape = tuple(image_shape) if isinstance(image_shape, Sequence) else image_shape
    if not isinstance(shape, tuple) or len(shape) not in (2, 3) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise ShapeError(f"image_shape must be (height, width) or (height, width, channels): got {image_shape!r}.")
    if np.prod(shape) != len(kernel):
        raise ShapeError(
            f"image_shape must have as many values as the layer has inputs, {len(kernel)}: got {shape}, which has "
            f"{int(np.prod(shape))}. Leave it out to draw a table."
        )
    height, width, *channels = shape
    return _side_by_side(kernel.reshape(height, width, *(channels or [1]), -1))


def _side_by_side(kernel: np.ndarray) -> np.ndarray:
    """(H, W, C, n) as n pictures (H, C·W + gaps), an empty column between channels."""
    height, width, n_channels, n = kernel.shape
    gaps = np.full((n, height, n_channels, width + (n_channels > 1)), np.nan)
    gaps[..., :width] = kernel.transpose(3, 0, 2, 1)
    return gaps.reshape(n, height, -1)[:, :, : n_channels * (width + 1) - 1 if n_channels > 1 else width]


def _table(kernel: np.ndarray, name: str, look: dict[str, Any]) -> "Figure":
    n_inputs, n_units = kernel.shape
    size = (2.0 + min(7.0, max(2.0, 0.25 * n_units)), 1.3 + min(6.0, max(1.5, 0.25 * n_inputs)))
    figure, (panel,) = style.new_figure(1, 1, size)
    drawn = panel.imshow(kernel, aspect="auto", **look)
    from matplotlib.ticker import MaxNLocator

    for axis, label in ((panel.xaxis, "unit"), (panel.yaxis, "input")):
        axis.set_major_locator(MaxNLocator(8, integer=True))
        axis.set_label_text(label)
    panel.spines[:].set_visible(False)
    style.colorbar(figure, drawn, panel, "weight")
    style.set_title(panel, f"Weights of {name}")
    return figure
