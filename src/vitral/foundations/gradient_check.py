"""Gradient check: is a gradient right? Move each number a little and see what the function does.

    df/dw ≈ (f(w + h) - f(w - h)) / 2h,   h = ε^(1/3) max(1, |w|),   ε = 2.2e-16

The error is h² f'''/6 from the curve and ε |f| / h from rounding: the cube root of ε balances them, at about 1e-10 for
a function of size 1. Two evaluations for every number make this a check, not a way to train.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vitral._checks import check_number
from vitral._errors import ShapeError
from vitral.foundations._numbers import float_array

STEP = float(np.cbrt(np.finfo(np.float64).eps))  # 6.1e-6


@dataclass(frozen=True, kw_only=True)
class Worst:
    """The entry of one array where gradient and differences are furthest apart.

    Attributes:
        error: |gradient - numeric| / max(|gradient|, |numeric|, floor), where the floor is a thousandth of the largest
            entry of all gradients, or of |f| if that is larger: what is smaller than rounding counts as zero.
        where: its index in the array.
        gradient, numeric: the two numbers.

    >>> worst = gradcheck(lambda arrays: (arrays[0] ** 2).sum(), [np.array([1.0, 3.0])], [np.array([2.0, 5.0])])
    >>> worst[0].where, worst[0].gradient, round(worst[0].numeric, 6)
    ((1,), 5.0, 6.0)
    """

    error: float
    where: tuple[int, ...]
    gradient: float
    numeric: float


def differences(
    function: Callable[[list[np.ndarray]], float], arrays: Sequence[np.ndarray], *, step: float = STEP
) -> list[np.ndarray]:
    """Central differences of a scalar function by every number of some arrays.

    Args:
        function: takes a list of arrays like `arrays`, returns a number.
        arrays: where; they are not written to.
        step: h where |w| ≤ 1, and in proportion beyond; above 0.

    Returns:
        One float64 array for each of `arrays`, of its shape.

    >>> differences(lambda arrays: (arrays[0] ** 2).sum(), [np.array([1.0, 3.0])])[0].round(6)
    array([2., 6.])
    """
    step = check_number("step", step, above=0)
    moved = [float_array(f"arrays[{i}]", array).copy() for i, array in enumerate(arrays)]
    slopes = [np.empty_like(array) for array in moved]
    for array, slope in zip(moved, slopes, strict=True):
        for where in np.ndindex(array.shape):
            w = array[where]
            h = step * max(1.0, abs(w))
            array[where] = w + h
            after = float(function(moved))
            array[where] = w - h
            before = float(function(moved))
            slope[where] = (after - before) / ((w + h) - (w - h))  # the distance as it was rounded, not 2h
            array[where] = w
    return slopes


def gradcheck(
    function: Callable[[list[np.ndarray]], float],
    arrays: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    *,
    step: float = STEP,
) -> list[Worst]:
    """Compare gradients with central differences.

    Near a kink (ReLU at zero) the two disagree and neither is wrong: move the point.

    Args:
        function: takes a list of arrays like `arrays`, returns a number.
        arrays: where to look.
        gradients: what is claimed, one array for each of `arrays`, of its shape.
        step: h where |w| ≤ 1, and in proportion beyond; above 0.

    Returns:
        The worst entry of each array, in their order. An error above 1e-6 deserves a look.

    Raises:
        ShapeError: gradients that do not have the shapes of the arrays, an array with nothing in it.

    >>> gradcheck(lambda arrays: np.sin(arrays[0]).sum(), [np.zeros(2)], [np.array([1.0, 0.5])])[0].where
    (1,)
    """
    claimed = [float_array(f"gradients[{i}]", gradient) for i, gradient in enumerate(gradients)]
    if [g.shape for g in claimed] != [np.shape(a) for a in arrays] or any(not g.size for g in claimed):
        raise ShapeError(
            f"gradients must have the shapes of arrays, none of them empty: got {[g.shape for g in claimed]} "
            f"for {[np.shape(a) for a in arrays]}. Give one gradient for each array, in the same order."
        )
    numeric = differences(function, arrays, step=step)
    largest = max((float(np.abs(part).max()) for part in [*numeric, *claimed]), default=0.0)
    floor = max(1e-3 * max(largest, abs(float(function(list(arrays))))), np.finfo(np.float64).tiny)
    return [_worst(g, n, floor) for g, n in zip(claimed, numeric, strict=True)]


def _worst(gradient: np.ndarray, numeric: np.ndarray, floor: float) -> Worst:
    error = np.abs(gradient - numeric) / np.maximum(np.maximum(np.abs(gradient), np.abs(numeric)), floor)
    # NaN is an error, the greatest there is; argmax finds it first.
    where = tuple(int(i) for i in np.unravel_index(np.argmax(error), error.shape))
    return Worst(error=float(error[where]), where=where, gradient=float(gradient[where]), numeric=float(numeric[where]))
