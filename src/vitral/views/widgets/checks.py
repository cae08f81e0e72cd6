"""What the widgets ask of their arguments: one sentence says what is wrong, before anything is drawn."""

import math
import numbers
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from vitral._errors import ArgumentError, ShapeError

Limits = tuple[float, float, float, float]  # x from, x to, y from, y to

_MOST_PLACES = 400  # a side of a grid: more would be no finer on the screen


def check_function(argument: str, value: Any, rule: str, remedy: str) -> Callable[..., Any]:
    """`value` must be callable; `rule` says what of, as "a function of (values, task)"."""
    if not callable(value):
        raise ArgumentError(f"{argument} must be {rule}: got {shown(value)}. {remedy}")
    return value


def is_list(value: Any) -> bool:
    """Whether it is a list, a tuple or the like; a text is none."""
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def check_limits(value: Any) -> Limits:
    """Four finite numbers, x from, x to, y from, y to, each "from" below its "to"."""
    rule = "limits must be four finite numbers, x from, x to, y from, y to"
    try:
        limits = np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):  # the last for a whole number of 400 digits
        limits = np.empty(0)
    if limits.shape != (4,) or not np.isfinite(limits).all():
        raise ArgumentError(f"{rule}: got {shown(value)}. Write (-1, 1, -1, 1).")
    x0, x1, y0, y1 = map(float, limits)
    if not (x0 < x1 and y0 < y1):
        raise ArgumentError(f"{rule}, each from below its to: got {shown(value)}. Write the smaller number first.")
    return x0, x1, y0, y1


def check_grid(value: Any) -> int:
    """Places a side, a whole number from 2."""
    try:
        number = float(value) if isinstance(value, numbers.Real) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.inf
    if not number.is_integer() or not 2 <= number <= _MOST_PLACES:
        raise ArgumentError(f"grid must be a whole number from 2 to {_MOST_PLACES}: got {shown(value)}. Write grid=40.")
    return int(number)


def check_numbers(argument: str, value: Any, remedy: str) -> np.ndarray:
    """`value` as an array of floats, of any shape; NaN passes."""
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        if "inhomogeneous" in str(error):
            raise ShapeError(f"{argument} must have rows of one length: got {shown(value)}. {remedy}") from None
        raise ArgumentError(f"{argument} must be numbers: got {shown(value)}. {remedy}") from None


def places_of(limits: Limits, grid: int) -> np.ndarray:
    """A grid over the limits as (grid², 2) places, the lowest y first.

    Example:
        >>> places_of((0, 1, 0, 1), 2).tolist()
        [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    """
    x, y = np.meshgrid(np.linspace(limits[0], limits[1], grid), np.linspace(limits[2], limits[3], grid))
    return np.stack([x.ravel(), y.ravel()], axis=1)


def shown(value: Any) -> str:
    """A value in an error: short, on one line; of an object or a large array what it is."""
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"an array of shape {value.shape}, dtype {value.dtype}"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a number too large"
    if not isinstance(value, type) and type(value).__repr__ is object.__repr__:
        return type(value).__name__
    try:
        text = " ".join(repr(value).split())
    except Exception:  # whole numbers of 5000 digits, and whatever another's class does
        return type(value).__name__
    return text if len(text) <= 60 else text[:59] + "…"
