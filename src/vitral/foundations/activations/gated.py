"""Gated functions: f(z) = z g(z), where the gate g rises from 0 to 1 and decides how much of z passes.

With a step as the gate this is ReLU; with a smooth one the function dips below zero and comes back, so that it is not
monotone. The product rule gives the slope: f'(z) = g(z) + z g'(z).

GELU's gate is the normal distribution Φ. Two forms are in use, up to 5e-4 apart: `gelu`, with the exact Φ, is the
default here, in Keras (`approximate=False`) and in PyTorch; `gelu_tanh` is the default of `jax.nn.gelu`
(`approximate=True`) and the form of GPT-2.
"""

import math
from dataclasses import dataclass

import numpy as np

from vitral.foundations.activations.activation import Elementwise
from vitral.foundations.activations.sigmoidal import logistic


@dataclass(frozen=True, kw_only=True)
class Swish(Elementwise):
    """z σ(z), also called SiLU (Hendrycks & Gimpel, 2016; Ramachandran et al., 2017). Saturates left of -6.3.

    >>> from vitral.foundations.activations import swish
    >>> swish([-1.2785, 0.0, 50.0]).round(4)
    array([-0.2785,  0.    , 50.    ])
    """

    name = "swish"
    formula = r"f(z) = z\,\sigma(z)"
    derivative_formula = r"f'(z) = \sigma(z) + z\,\sigma(z)\,(1 - \sigma(z))"
    range = (-0.2784645427610738, math.inf)  # the lowest value is at z = -1.2785, where the slope is zero

    def _value(self, z: np.ndarray) -> np.ndarray:
        return z * logistic(z)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return logistic(z) + z * logistic(z) * logistic(-z)


@dataclass(frozen=True, kw_only=True)
class GELU(Elementwise):
    """z Φ(z), Φ the distribution function of the standard normal (Hendrycks & Gimpel, 2016). Saturates left of -3.1.

    Φ(z) = (1 + erf(z / √2)) / 2. SciPy, which has erf for arrays, is imported when the function is first used.

    >>> from vitral.foundations.activations import gelu
    >>> gelu([-0.7518, 0.0, 50.0]).round(4)
    array([-0.17,  0.  , 50.  ])
    """

    name = "gelu"
    formula = r"f(z) = z\,\Phi(z) = \frac{z}{2} \left(1 + \mathrm{erf}\frac{z}{\sqrt 2}\right)"
    derivative_formula = r"f'(z) = \Phi(z) + z\,\varphi(z), \quad \varphi(z) = \frac{e^{-z^2/2}}{\sqrt{2\pi}}"
    range = (-0.16997120747990369, math.inf)  # the lowest value is at z = -0.7518

    def _value(self, z: np.ndarray) -> np.ndarray:
        return z * _normal_distribution(z)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        return _normal_distribution(z) + z * density


@dataclass(frozen=True, kw_only=True)
class GELUTanh(Elementwise):
    """GELU with Φ(z) ≈ (1 + tanh u) / 2, u = √(2/π) (z + 0.044715 z³) (Hendrycks & Gimpel, 2016).

    >>> from vitral.foundations.activations import gelu, gelu_tanh
    >>> float(abs(gelu(2.0) - gelu_tanh(2.0))) < 5e-4
    True
    """

    name = "gelu_tanh"
    formula = r"f(z) = \frac{z}{2} (1 + \tanh u), \quad u = \sqrt{2/\pi}\,(z + 0.044715\,z^3)"
    derivative_formula = r"f'(z) = \frac{1}{2} (1 + \tanh u) + \frac{z}{2} (1 - \tanh^2 u)\,u'(z)"
    range = (-0.17004075057125412, math.inf)

    def _value(self, z: np.ndarray) -> np.ndarray:
        u = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
        return z / 2 * (1.0 + np.tanh(u))

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        u = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
        u_slope = math.sqrt(2 / math.pi) * (1.0 + 3 * 0.044715 * z**2)
        return (1.0 + np.tanh(u)) / 2 + z / 2 * (1.0 - np.tanh(u) ** 2) * u_slope


def _normal_distribution(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr  # Φ itself: (1 + erf) / 2 would lose its digits on the left

    return np.asarray(ndtr(z))
