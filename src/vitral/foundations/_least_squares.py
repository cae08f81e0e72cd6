"""What ridge and lasso share: the problem about its means, what comes of it, and when its end is reached."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from vitral._errors import DataError, ShapeError
from vitral.foundations._linear import check_finite, frozen
from vitral.foundations._numbers import check_same_rows, float_array

SLACK = 1e-9  # of a slope, beside the steepest at zero, is none
CONSTANT = 1e-14  # of its size: a column that varies less does so by rounding
LARGEST = 1e150  # whose square is a number, as is that of its inverse


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearFit:
    """Weights and bias of a linear unit; where several λ or numbers of steps were asked for, of each.

    Attributes:
        weights: (D,), or (L, D).
        bias: (), or (L,).
        converged: whether these are the least of L, but for rounding; one, or (L,).

    >>> from vitral.foundations import ridge
    >>> fit = ridge([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], 0.0)
    >>> fit.weights.round(6).tolist(), round(float(fit.bias), 6), fit.predict([[10.0]]).round(6).tolist()
    ([2.0], 1.0, [21.0])
    """

    weights: np.ndarray
    bias: np.ndarray
    converged: np.ndarray

    def __post_init__(self) -> None:
        for name in ("weights", "bias", "converged"):
            object.__setattr__(self, name, frozen(np.array(getattr(self, name))))

    def predict(self, x: Any) -> np.ndarray:
        """X w + b for the rows of x (N, D): (N,), or (L, N)."""
        x = float_array("x", x, "(N, D)")
        if x.shape[1] != self.weights.shape[-1]:
            raise ShapeError(
                f"x must have one column for each of the {self.weights.shape[-1]} weights: got {x.shape[1]}. "
                "Pass the columns that they were made for."
            )
        return self.weights @ x.T + self.bias[..., None]


class Problem(NamedTuple):
    """X and t about their means, and these: (N, D), (N,), (D,), ()."""

    x: np.ndarray
    t: np.ndarray
    middle: np.ndarray
    level: float

    def products(self) -> tuple[np.ndarray, np.ndarray]:
        """G (D, D) and c (D,)."""
        return self.x.T @ self.x / len(self.x), self.x.T @ self.t / len(self.x)

    def fit(self, w: np.ndarray, converged: np.ndarray) -> LinearFit:
        """The weights and the bias that goes with them."""
        return LinearFit(weights=w, bias=self.level - w @ self.middle, converged=converged)


def read_problem(x: Any, t: Any) -> Problem:
    """X (N, D), which may have no column, and t (N,), about their means."""
    x, t = float_array("x", x, "(N, D)"), float_array("t", t, "(N,)")
    check_same_rows("x", x, "t", t)
    if not len(x):
        raise DataError(f"x must have at least one row: got shape {x.shape}. Check how it was selected.")
    middle, level = _check_size("x", x).mean(axis=0), float(_check_size("t", t).mean())
    about = x - middle
    varies = np.abs(about).max(axis=0)
    about[:, varies <= CONSTANT * np.abs(middle)] = 0.0
    least = varies.min(initial=1.0, where=about.any(axis=0))
    if least < 1 / LARGEST:
        raise DataError(
            f"x must have columns that vary by {1 / LARGEST:g} or more, or not at all, for squares not to be lost: "
            f"got {least:g}. Scale it first."
        )
    return Problem(about, t - level, middle, level)


def _check_size(argument: str, array: np.ndarray) -> np.ndarray:
    """The array, of numbers whose squares are finite."""
    largest = np.abs(check_finite(argument, array)).max(initial=0.0)
    if largest > LARGEST:
        raise DataError(
            f"{argument} must hold numbers of at most {LARGEST:g}, for squares to be finite: got {largest:g}. "
            "Scale it first."
        )
    return array


def is_least(g: np.ndarray, c: np.ndarray, w: np.ndarray, l2: float, l1: float) -> np.ndarray:
    """Whether no weight of (K, D) has somewhere to go: the slope of the error is what its penalty holds against it."""
    slope = c - w @ (g + l2 * np.eye(len(c)))  # half of it
    left = np.where(w != 0, np.abs(slope - l1 / 2 * np.sign(w)), np.maximum(np.abs(slope) - l1 / 2, 0.0))
    return (left <= SLACK * np.abs(c).max(initial=0.0)).all(axis=1)
