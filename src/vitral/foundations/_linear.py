"""Rows, targets and weights as the linear units take them, and the bias as one more weight.

A unit computes w·x + b. With x' = (x, 1) and w' = (w, b) that is w'·x', and whatever holds for weights holds for the
bias as well: the rules of this room are written for x' and w', with the bias behind the weights.
"""

from typing import Any

import numpy as np

from vitral._errors import DataError, ShapeError
from vitral.foundations._numbers import check_same_rows, float_array


def read_rows(x: Any, n_columns: int | None = None) -> np.ndarray:
    """`x` as float64 (N, D), finite, with at least one row and one column; D is `n_columns` where one is given."""
    x = float_array("x", x, "(N, D)")
    if not x.size:
        raise DataError(f"x must have at least one row and one column: got shape {x.shape}. Check how it was selected.")
    if n_columns is not None and x.shape[1] != n_columns:
        raise ShapeError(
            f"x must have one column for each of the {n_columns} inputs of the unit: got {x.shape[1]}. "
            "Pass the columns that it was made for."
        )
    return check_finite("x", x)


def read_two_classes(x: np.ndarray, t: Any) -> np.ndarray:
    """`t` as int64 (N,) of 0 and 1, one for each row of x. Targets of -1 and +1 are taken too: -1 is class 0."""
    t = _read_targets(x, t)
    values = set(t.tolist())
    if not (values <= {0, 1} or values <= {-1, 1}):
        raise DataError(
            f"t must hold two classes, 0 and 1 or -1 and +1: got the values {_few(values)}. Number the classes."
        )
    return (t > 0).astype(np.int64)


def read_classes(x: np.ndarray, t: Any, n_classes: int | None) -> np.ndarray:
    """`t` as int64 (N,) of class numbers from 0, below `n_classes` where that is given, one for each row of x."""
    t = _read_targets(x, t)
    if not np.array_equal(t, np.floor(t)) or t.min() < 0 or (n_classes is not None and t.max() >= n_classes):
        until = "" if n_classes is None else f" to {n_classes - 1}"
        raise DataError(
            f"t must hold whole class numbers from 0{until}: got the values {_few(set(t.tolist()))}. "
            "Number the classes."
        )
    return t.astype(np.int64)


def read_weights(weights: Any, shape: tuple[int, ...], argument: str = "weights") -> np.ndarray:
    """`weights` as finite float64 of exactly this shape, the bias (or the row of biases) last."""
    weights = float_array(argument, weights)
    if weights.shape != shape:
        raise ShapeError(
            f"{argument} must be of shape {shape}, a weight for each column of x and then the bias: "
            f"got shape {weights.shape}. Check that the bias is there."
        )
    return check_finite(argument, weights)


def augment(x: np.ndarray) -> np.ndarray:
    """x' = (x, 1): rows (N, D) with a column of ones behind, (N, D+1)."""
    return np.column_stack([x, np.ones(len(x))])


def signs(t: np.ndarray) -> np.ndarray:
    """s = 2t - 1: classes 0 and 1 as -1 and +1, float64 (N,)."""
    return 2.0 * t - 1.0


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, made read-only: a record of what happened must not change."""
    array.flags.writeable = False
    return array


def _read_targets(x: np.ndarray, t: Any) -> np.ndarray:
    t = float_array("t", t, "(N,)")
    check_same_rows("x", x, "t", t)
    return check_finite("t", t)


def check_finite(argument: str, array: np.ndarray) -> np.ndarray:
    """The array, every number of which must be finite."""
    if not np.isfinite(array).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise DataError(
            f"{argument} must be finite: got {array[tuple(where)]} at {where}. Remove or replace such values."
        )
    return array


def _few(values: set[float]) -> str:
    shown = sorted(values)
    return ", ".join(f"{v:g}" for v in shown[:5]) + (", …" if len(shown) > 5 else "")
