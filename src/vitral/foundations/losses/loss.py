"""What a loss is: one number for how far N predictions are from their targets.

Each row has a loss of its own, and the loss is their mean:

    L = (1/N) sum_n l(y_n, t_n)        dL/dy_n = (1/N) dl(y_n, t_n)/dy_n

so that the gradient does not grow with the number of rows. Where a row has K outputs and its loss is a mean over
them, too, 1/K is part of l: each loss says so.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vitral._errors import DataError, ShapeError
from vitral.foundations._numbers import float_array


@dataclass(frozen=True, kw_only=True)
class Loss(ABC):
    """A loss of predictions y against targets t. Its fields, where it has any, are the numbers in its formula.

    Attributes:
        name: what `losses.get` calls it.
        formula: l(y, t) of one row, LaTeX.
        gradient_formula: dl/dy_k of one row, LaTeX.

    >>> from vitral.foundations.losses import ALL, mse
    >>> [loss.name for loss in ALL][:3], mse.rows([[1.0], [3.0]], [[0.0], [0.0]])
    (['mse', 'mae', 'huber'], array([1., 9.]))
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    gradient_formula: ClassVar[str]

    def value(self, prediction: Any, target: Any) -> float:
        """L, the mean of the rows' losses.

        Args:
            prediction: y, (N, K), or (N,) for K = 1.
            target: t, the same shape.

        Raises:
            ShapeError: the shapes differ, or there is no row.
            DataError: values that are no numbers, or targets that this loss has no meaning for.
        """
        return float(self.rows(prediction, target).mean())

    def rows(self, prediction: Any, target: Any) -> np.ndarray:
        """l of every row, (N,). Arguments and errors as in `value`."""
        y, t, _ = self._matching(prediction, target)
        return self._rows(y, t)

    def gradient(self, prediction: Any, target: Any) -> np.ndarray:
        """dL/dy, the shape of the prediction, 1/N included. Arguments and errors as in `value`."""
        y, t, shape = self._matching(prediction, target)
        return (self._slopes(y, t) / len(y)).reshape(shape)

    def check_target(self, t: np.ndarray) -> None:  # noqa: B027 - most losses take any target
        """Refuse targets that this loss has no meaning for; by default, none."""

    @abstractmethod
    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """l of each row: (N, K), (N, K) -> (N,)."""

    @abstractmethod
    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        """dl/dy of each row: (N, K), (N, K) -> (N, K)."""

    def _matching(self, prediction: Any, target: Any) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
        y, t = float_array("prediction", prediction), float_array("target", target)
        if y.ndim not in (1, 2) or not y.size:
            raise ShapeError(f"prediction must be of shape (N, K) or (N,), not empty: got shape {y.shape}.")
        if t.shape != y.shape:
            remedy = "Class numbers become rows by `losses.one_hot`." if t.ndim < y.ndim else "Reshape one of them."
            raise ShapeError(f"target must have the shape of prediction, {y.shape}: got {t.shape}. {remedy}")
        shape = y.shape
        y, t = y.reshape(len(y), -1), t.reshape(len(y), -1)  # (N, K)
        self.check_target(t)
        return y, t, shape


def check_between(t: np.ndarray, lowest: float, highest: float) -> None:
    """Targets must lie in [lowest, highest]."""
    outside = t[~((t >= lowest) & (t <= highest))]
    if outside.size:
        raise DataError(
            f"target must hold numbers from {lowest:g} to {highest:g}: got {outside[0]:g}. Recode the targets."
        )


def check_distribution(t: np.ndarray) -> None:
    """Each row of targets must be a distribution over the K classes: not negative, with sum 1."""
    check_between(t, 0, 1)
    sums = t.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > 1e-6)
    if wrong.size:
        raise DataError(
            f"target must have rows with sum 1, one column a class: row {wrong[0]} has sum {sums[wrong[0]]:g}. "
            "For labels that do not exclude each other take binary_cross_entropy."
        )
