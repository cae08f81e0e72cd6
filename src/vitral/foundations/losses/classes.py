"""Losses for classes: how surprised a predicted probability is by the truth, or on which side of zero a score lies.

Cross-entropy is minus the log-likelihood of the targets (Good, 1952): the maximum-likelihood fit has the least of it.
The two here take probabilities, and keep them EPSILON away from 0 and 1, where the logarithm ends. A network that
ends in a sigmoid or a softmax does better with `losses.fused`, which takes z instead and needs no such fence.
"""

from dataclasses import dataclass

import numpy as np

from vitral.foundations.losses.loss import Loss, check_between, check_distribution

EPSILON = float(np.finfo(np.float64).eps)  # 2.2e-16: the distance from 1 to the next number


@dataclass(frozen=True, kw_only=True)
class BinaryCrossEntropy(Loss):
    """-(1/K) sum_k [t ln p + (1 - t) ln(1 - p)]: K questions of yes or no. Targets from 0 to 1.

    >>> from vitral.foundations.losses import binary_cross_entropy
    >>> round(binary_cross_entropy.value([0.5, 0.5], [0, 1]), 6)  # ln 2
    0.693147
    """

    name = "binary_cross_entropy"
    formula = r"\ell = -\frac{1}{K} \sum_k \left[ t_k \ln p_k + (1 - t_k) \ln (1 - p_k) \right]"
    gradient_formula = r"\frac{\partial \ell}{\partial p_k} = \frac{1}{K} \frac{p_k - t_k}{p_k (1 - p_k)}"

    def check_target(self, t: np.ndarray) -> None:
        check_between(t, 0, 1)

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        p = np.clip(y, EPSILON, 1 - EPSILON)
        return -(t * np.log(p) + (1 - t) * np.log1p(-p)).mean(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        p = np.clip(y, EPSILON, 1 - EPSILON)
        return (p - t) / (p * (1 - p)) / y.shape[1]


@dataclass(frozen=True, kw_only=True)
class CategoricalCrossEntropy(Loss):
    """-sum_k t_k ln p_k: one of K classes, summed over them, not averaged. Rows of targets have sum 1.

    >>> from vitral.foundations.losses import categorical_cross_entropy, one_hot
    >>> round(categorical_cross_entropy.value([[0.25, 0.5, 0.25]], one_hot([1], 3)), 6)  # ln 2
    0.693147
    """

    name = "categorical_cross_entropy"
    formula = r"\ell = -\sum_k t_k \ln p_k"
    gradient_formula = r"\frac{\partial \ell}{\partial p_k} = -\frac{t_k}{p_k}"

    def check_target(self, t: np.ndarray) -> None:
        check_distribution(t)

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return -(t * np.log(np.maximum(y, EPSILON))).sum(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return -t / np.maximum(y, EPSILON)


@dataclass(frozen=True, kw_only=True)
class Hinge(Loss):
    """(1/K) sum_k max(0, 1 - t y): a score y on the right side by 1 or more costs nothing (Cortes & Vapnik, 1995).

    Targets from -1 to +1. The slope at the kink, t y = 1, is taken as 0.

    >>> from vitral.foundations.losses import hinge
    >>> hinge.value([2.0, 0.5, -1.0], [1, 1, 1])  # 0, 1/2 and 2
    0.8333333333333334
    """

    name = "hinge"
    formula = r"\ell = \frac{1}{K} \sum_k \max(0, 1 - t_k y_k), \quad t_k \in \{-1, +1\}"
    gradient_formula = (
        r"\frac{\partial \ell}{\partial y_k} = \frac{1}{K}"
        r" \begin{cases} -t_k & t_k y_k < 1 \\ 0 & t_k y_k \ge 1 \end{cases}"
    )

    def check_target(self, t: np.ndarray) -> None:
        check_between(t, -1, 1)

    def _rows(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.maximum(0.0, 1 - t * y).mean(axis=1)

    def _slopes(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        return np.where(t * y < 1, -t, 0.0) / y.shape[1]
