"""Figures of a run's results, with Matplotlib. Letter: N samples."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._errors import ShapeError
from vitral.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def residuals(target: Any, prediction: Any) -> "Figure":
    """Predicted against true values; on the line, both are equal.

    Args:
        target, prediction: (N,) or (N, 1) numbers.

    Example:
        >>> from vitral.views import residuals
        >>> residuals([1.0, 2.0], [1.1, 1.9]).axes[0].get_xlabel()
        'true'
    """
    target, prediction = np.asarray(target, float).ravel(), np.asarray(prediction, float).ravel()
    if target.shape != prediction.shape or not target.size:
        raise ShapeError(
            f"prediction must have one number per number of target: got {prediction.size} for {target.size}."
        )
    figure, (panel,) = style.new_figure(1, 1, (4.6, 4.2))
    panel.scatter(target, prediction, s=18, color=style.TRAIN, alpha=0.6, linewidths=0)
    ends = [min(target.min(), prediction.min()), max(target.max(), prediction.max())]
    panel.plot(ends, ends, color=style.NEUTRAL, linewidth=1, linestyle=(0, (4, 2)))
    panel.set_xlabel("true")
    panel.set_ylabel("predicted")
    return figure


def examples(images: Any, captions: Sequence[str]) -> "Figure":
    """Pictures with a caption each, in rows of six.

    Args:
        images: (N, H, W) grey or (N, H, W, 3) coloured, any range: black is the smallest value, white the largest.
        captions: N texts.

    Example:
        >>> import numpy as np
        >>> from vitral.views import examples
        >>> len(examples(np.zeros((3, 8, 8)), ["zero", "one", "two"]).axes)
        3
    """
    images = np.asarray(images, float)
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] != 3):
        raise ShapeError(f"images must be of shape (N, H, W) or (N, H, W, 3): got {images.shape}.")
    if len(images) != len(captions) or not len(images):
        raise ShapeError(f"captions must have one text per image: got {len(captions)} for {len(images)} images.")
    n_columns = min(6, len(images))
    n_rows = -(-len(images) // n_columns)
    figure, panels = style.new_figure(n_rows, n_columns, (1.4 * n_columns, 1.7 * n_rows))
    low, high = np.nanmin(images), np.nanmax(images)
    for panel, image, caption in zip(panels, images, captions, strict=False):
        panel.imshow((image - low) / (high - low or 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        panel.set_title(style.plain(str(caption)), fontsize=9)
    for panel in panels:
        panel.set_axis_off()
    return figure
