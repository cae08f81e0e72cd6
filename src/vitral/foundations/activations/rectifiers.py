"""Rectifiers: the identity on the right, something small on the left.

Slope 1 for every positive z, so that a gradient passes through many layers without shrinking (Glorot, Bordes &
Bengio, 2011). They differ in what they do with a negative z. ReLU gives nothing, and a unit whose z is negative on
every sample gets no gradient ever again: it is dead. The others keep a slope there, or a smooth way down to it.
"""

import math
from dataclasses import dataclass

import numpy as np

from vitral._checks import check_number
from vitral.foundations.activations.activation import Elementwise
from vitral.foundations.activations.sigmoidal import logistic


@dataclass(frozen=True, kw_only=True)
class ReLU(Elementwise):
    """max(0, z) (Fukushima, 1969; Nair & Hinton, 2010). Flat left of 0; the slope at the kink is taken as 0.

    >>> from vitral.foundations.activations import relu
    >>> relu([-2.0, 3.0]), relu.derivative([-2.0, 3.0])
    (array([0., 3.]), array([0., 1.]))
    """

    name = "relu"
    formula = r"f(z) = \max(0, z)"
    derivative_formula = r"f'(z) = \begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}"
    range = (0.0, math.inf)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return np.maximum(z, 0.0)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return np.where(z > 0, 1.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class LeakyReLU(Elementwise):
    """z, times `slope` where z < 0 (Maas, Hannun & Ng, 2013, with 0.01). Never saturates; slope 1 at the kink.

    Attributes:
        slope: on the left, above 0. 0.2 is the default of `keras.activations.leaky_relu`, 0.01 that of `jax.nn`.

    >>> from vitral.foundations.activations import LeakyReLU
    >>> LeakyReLU(slope=0.1)([-2.0, 3.0])
    array([-0.2,  3. ])
    """

    slope: float = 0.2
    name = "leaky_relu"
    formula = r"f(z) = \begin{cases} z & z \ge 0 \\ s z & z < 0 \end{cases}"
    derivative_formula = r"f'(z) = \begin{cases} 1 & z \ge 0 \\ s & z < 0 \end{cases}"
    range = (-math.inf, math.inf)

    def __post_init__(self) -> None:
        check_number("slope", self.slope, above=0, remedy="For no slope on the left take ReLU.")

    def _value(self, z: np.ndarray) -> np.ndarray:
        return np.where(z >= 0, z, self.slope * z)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return np.where(z >= 0, 1.0, self.slope)


@dataclass(frozen=True, kw_only=True)
class ELU(Elementwise):
    """z on the right, α (eᶻ - 1) on the left (Clevert, Unterthiner & Hochreiter, 2016). Saturates left of -4.6.

    Attributes:
        alpha: minus the value approached on the left, above 0. With 1 the slope has no jump at 0.

    >>> from vitral.foundations.activations import ELU
    >>> ELU(alpha=2.0)([-50.0, 3.0])
    array([-2.,  3.])
    """

    alpha: float = 1.0
    name = "elu"
    formula = r"f(z) = \begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}"
    derivative_formula = r"f'(z) = \begin{cases} 1 & z > 0 \\ \alpha e^{z} & z \le 0 \end{cases}"

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, above=0)
        object.__setattr__(self, "range", (-self.alpha, math.inf))

    def _value(self, z: np.ndarray) -> np.ndarray:
        return np.where(z > 0, z, self.alpha * np.expm1(np.minimum(z, 0.0)))  # the minimum: both sides are computed

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return np.where(z > 0, 1.0, self.alpha * np.exp(np.minimum(z, 0.0)))


@dataclass(frozen=True, kw_only=True)
class SELU(Elementwise):
    """λ ELU(z) (Klambauer, Unterthiner, Mayr & Hochreiter, 2017). Saturates left of -5.2.

    λ and α are the numbers for which mean 0 and variance 1 of a layer's inputs are a fixed point of the layer, with
    weights of mean 0 and variance 1/D.

    >>> from vitral.foundations.activations import selu
    >>> selu([-50.0, 0.0, 1.0]).round(4)
    array([-1.7581,  0.    ,  1.0507])
    """

    scale = 1.0507009873554805
    alpha = 1.6732632423543772
    name = "selu"
    formula = r"f(z) = \lambda \begin{cases} z & z > 0 \\ \alpha (e^{z} - 1) & z \le 0 \end{cases}"
    derivative_formula = r"f'(z) = \lambda \begin{cases} 1 & z > 0 \\ \alpha e^{z} & z \le 0 \end{cases}"
    range = (-scale * alpha, math.inf)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return self.scale * np.where(z > 0, z, self.alpha * np.expm1(np.minimum(z, 0.0)))

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return self.scale * np.where(z > 0, 1.0, self.alpha * np.exp(np.minimum(z, 0.0)))


@dataclass(frozen=True, kw_only=True)
class Softplus(Elementwise):
    """ln(1 + eᶻ): ReLU without the kink, whose slope is the sigmoid (Dugas et al., 2001). Saturates left of -4.6.

    >>> from vitral.foundations.activations import softplus
    >>> softplus([-50.0, 0.0, 50.0]).round(4)
    array([ 0.    ,  0.6931, 50.    ])
    """

    name = "softplus"
    formula = r"f(z) = \ln(1 + e^{z})"
    derivative_formula = r"f'(z) = \sigma(z)"
    range = (0.0, math.inf)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))  # = ln(1 + e^z), and e^z never overflows

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return logistic(z)
