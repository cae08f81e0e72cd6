"""S-shaped functions: steps made smooth, so that a slope says in which direction to learn.

They saturate on both sides: far from zero the slope vanishes, and a gradient that passes through several such layers
is multiplied by several small numbers. Sigmoid and tanh are one curve at two scales, tanh(z) = 2 σ(2z) - 1; softsign
(Glorot & Bengio, 2010) approaches its limits slowly, as 1/|z|, where they do so exponentially.
"""

from dataclasses import dataclass

import numpy as np

from vitral.foundations.activations.activation import Elementwise


def logistic(z: np.ndarray) -> np.ndarray:
    """σ(z) = 1 / (1 + e⁻ᶻ), from e to the power -|z| only, which cannot overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


@dataclass(frozen=True, kw_only=True)
class Sigmoid(Elementwise):
    """σ(z) = 1 / (1 + e⁻ᶻ): log-odds to probability (Verhulst, 1845). Slope 1/4 at most; saturates beyond |z| ≈ 4.6.

    >>> from vitral.foundations.activations import sigmoid
    >>> sigmoid.value([0.0, 1000.0]), sigmoid.derivative([0.0, 1000.0])
    (array([0.5, 1. ]), array([0.25, 0.  ]))
    """

    name = "sigmoid"
    formula = r"\sigma(z) = \frac{1}{1 + e^{-z}}"
    derivative_formula = r"\sigma'(z) = \sigma(z)\,(1 - \sigma(z))"
    range = (0.0, 1.0)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return logistic(z)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return logistic(z) * logistic(-z)  # 1 - σ(z) = σ(-z), which keeps its digits where σ(z) rounds to 1


@dataclass(frozen=True, kw_only=True)
class Tanh(Elementwise):
    """tanh(z): a sigmoid centred at 0. Slope 1 at 0 (LeCun et al., 1998, on why that helps); saturates beyond 3.

    >>> from vitral.foundations.activations import tanh
    >>> tanh([0.0, 1000.0]), tanh.derivative([0.0, 1000.0])
    (array([0., 1.]), array([1., 0.]))
    """

    name = "tanh"
    formula = r"\tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}"
    derivative_formula = r"\tanh'(z) = 1 - \tanh^2(z)"
    range = (-1.0, 1.0)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return np.tanh(z)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return 1.0 - np.tanh(z) ** 2


@dataclass(frozen=True, kw_only=True)
class Softsign(Elementwise):
    """z / (1 + |z|) (Bergstra et al., 2009). Saturates slowly: beyond |z| = 9.

    >>> from vitral.foundations.activations import softsign
    >>> softsign([-1.0, 0.0, 9.0])
    array([-0.5,  0. ,  0.9])
    """

    name = "softsign"
    formula = r"f(z) = \frac{z}{1 + |z|}"
    derivative_formula = r"f'(z) = \frac{1}{(1 + |z|)^2}"
    range = (-1.0, 1.0)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return z / (1.0 + np.abs(z))

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.abs(z)) ** 2
