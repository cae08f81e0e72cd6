"""Softmax: K weighted sums become K probabilities (Bridle, 1990).

    p_i = e^(z_i) / sum_j e^(z_j)

Adding one number to every z changes nothing, so the largest is subtracted first: then no exponential exceeds 1, none
overflows, and the sum is at least 1. Every p depends on every z:

    dp_i / dz_j = p_i (1[i = j] - p_j)        Jᵀ g = p * (g - p·g)

For K = 2 it is a sigmoid of the difference: p_1 = σ(z_1 - z_2).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._errors import ShapeError
from vitral.foundations._numbers import float_array
from vitral.foundations.activations.activation import Activation, matching


@dataclass(frozen=True, kw_only=True)
class Softmax(Activation):
    """p = softmax(z) over the last axis. Saturates where one z exceeds the others by 5 or more: then J is near zero.

    >>> from vitral.foundations.activations import softmax
    >>> softmax.value([1000.0, 1000.0])
    array([0.5, 0.5])
    >>> softmax.jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    >>> softmax.pull_back([0.0, 0.0], [1.0, 0.0])
    array([ 0.25, -0.25])
    """

    name = "softmax"
    formula = r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"
    derivative_formula = r"\frac{\partial p_i}{\partial z_j} = p_i\,(\delta_{ij} - p_j)"
    range = (0.0, 1.0)

    def value(self, z: Any) -> np.ndarray:
        z = _over_units(z)
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def jacobian(self, z: Any) -> np.ndarray:
        p = self.value(z)  # (..., K)
        return p[..., :, np.newaxis] * (np.eye(p.shape[-1]) - p[..., np.newaxis, :])

    def pull_back(self, z: Any, upstream: Any) -> np.ndarray:
        z, g = matching(z, upstream)
        p = self.value(z)
        return p * (g - (p * g).sum(axis=-1, keepdims=True))


def _over_units(z: Any) -> np.ndarray:
    z = float_array("z", z)
    if not z.ndim or not z.shape[-1]:
        raise ShapeError(f"z must have a last axis over K units, K ≥ 1: got shape {z.shape}. Give one z a unit.")
    return z
