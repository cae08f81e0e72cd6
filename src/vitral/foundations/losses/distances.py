"""Losses for numbers: how far y is from t, with r = y - t, averaged over the K outputs of a row.

The square (Legendre, 1805) is the log-likelihood of normal errors and pulls towards the mean; the absolute value
(Laplace, 1774) that of errors with heavy tails, and pulls towards the median, whatever an outlier does. Huber's loss
(1964) is the square near zero and the absolute value beyond.
"""

from dataclasses import dataclass

import numpy as np

from vitral._checks import check_number
from vitral.foundations.losses.loss import Loss


@dataclass(frozen=True, kw_only=True)
class MeanSquaredError(Loss):
    """(1/K) sum_k r_k²; no factor 1/2, as in Keras.

    >>> from vitral.foundations.losses import mse
    >>> mse.value([[1.0, 2.0]], [[0.0, 0.0]]), mse.gradient([[1.0, 2.0]], [[0.0, 0.0]])
    (2.5, array([[1., 2.]]))
    """

    name = "mse"
    formula = r"\ell = \frac{1}{K} \sum_k (y_k - t_k)^2"
    gradient_formula = r"\frac{\partial \ell}{\partial y_k} = \frac{2}{K} (y_k - t_k)"

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return ((y - t) ** 2).mean(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return 2 * (y - t) / y.shape[1]


@dataclass(frozen=True, kw_only=True)
class MeanAbsoluteError(Loss):
    """(1/K) sum_k |r_k|; the slope at r = 0, where there is none, is taken as 0.

    >>> from vitral.foundations.losses import mae
    >>> mae.value([1.0, 2.0], [0.0, 0.0]), mae.gradient([1.0, 2.0], [0.0, 0.0])
    (1.5, array([0.5, 0.5]))
    """

    name = "mae"
    formula = r"\ell = \frac{1}{K} \sum_k |y_k - t_k|"
    gradient_formula = r"\frac{\partial \ell}{\partial y_k} = \frac{1}{K} \mathrm{sign}(y_k - t_k)"

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.abs(y - t).mean(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.sign(y - t) / y.shape[1]


@dataclass(frozen=True, kw_only=True)
class Huber(Loss):
    """(1/K) sum_k of r²/2 where |r| ≤ δ, and δ |r| - δ²/2 beyond, where the slope stays at ±δ.

    Attributes:
        delta: δ, above 0, in the unit of the target; 1 as in Keras.

    >>> from vitral.foundations.losses import Huber
    >>> Huber(delta=1.0).gradient([0.5, 100.0], [0.0, 0.0])
    array([0.25, 0.5 ])
    """

    delta: float = 1.0
    name = "huber"
    formula = (
        r"\ell = \frac{1}{K} \sum_k \begin{cases} r_k^2 / 2 & |r_k| \le \delta \\"
        r" \delta |r_k| - \delta^2 / 2 & |r_k| > \delta \end{cases}, \quad r_k = y_k - t_k"
    )
    gradient_formula = r"\frac{\partial \ell}{\partial y_k} = \frac{1}{K} \max(-\delta, \min(\delta, r_k))"

    def __post_init__(self) -> None:
        check_number("delta", self.delta, above=0)

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        r = np.abs(y - t)
        quadratic = np.minimum(r, self.delta)  # r = quadratic + linear
        return (quadratic**2 / 2 + self.delta * (r - quadratic)).mean(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.clip(y - t, -self.delta, self.delta) / y.shape[1]
