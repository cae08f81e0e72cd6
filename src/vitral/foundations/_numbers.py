"""What this room asks of arrays, once: numbers, as float64, of a shape that fits."""

from typing import Any

import numpy as np

from vitral._errors import DataError, ShapeError


def float_array(argument: str, value: Any, shape: str | None = None) -> np.ndarray:
    """`value` as a float64 array; with `shape` a pattern such as "(N, D)", of that many axes.

    Raises:
        DataError: the values are no numbers, or complex ones.
        ShapeError: another number of axes, or rows of unequal length.
    """
    try:
        array = np.asarray(value)
    except ValueError:  # NumPy's word for rows of unequal length
        raise ShapeError(f"{argument} must be an array: got rows of unequal length. Make them equally long.") from None
    if array.dtype.kind not in "biuf":
        raise DataError(
            f"{argument} must hold real numbers: got an array of {array.dtype}. Turn it into numbers first."
        )
    if shape is not None and array.ndim != shape.count(",") + 1 - shape.count(",)"):
        raise ShapeError(f"{argument} must be of shape {shape}: got shape {array.shape}. Reshape it first.")
    return array.astype(np.float64, copy=False)


def check_same_rows(first: str, x: np.ndarray, second: str, y: np.ndarray) -> None:
    """Both arrays must have the same number of rows."""
    if len(x) != len(y):
        raise ShapeError(
            f"{second} must have one row per row of {first}: {first} has {len(x)} rows, {second} has {len(y)}. "
            "Check how the arrays were split."
        )
