"""The two ends of the scale: pass everything on, or decide.

The identity makes an output unit a regression; a network of identities only is one affine map, however deep.
The step is the threshold unit of McCulloch & Pitts (1943): its slope is zero wherever it has one, so that gradient
descent learns nothing through it. Everything else in this catalogue is a way out of that dilemma.
"""

import math
from dataclasses import dataclass

import numpy as np

from vitral.foundations.activations.activation import Elementwise


@dataclass(frozen=True, kw_only=True)
class Identity(Elementwise):
    """f(z) = z. Never saturates.

    >>> from vitral.foundations.activations import identity
    >>> identity([-2.0, 3.0]), identity.derivative([-2.0, 3.0])
    (array([-2.,  3.]), array([1., 1.]))
    """

    name = "identity"
    formula = r"f(z) = z"
    derivative_formula = r"f'(z) = 1"
    range = (-math.inf, math.inf)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return z.copy()

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return np.ones_like(z)


@dataclass(frozen=True, kw_only=True)
class Step(Elementwise):
    """f(z) = 1 where z > 0, else 0. Flat everywhere; the jump itself has no slope, and 0 stands for it.

    >>> from vitral.foundations.activations import step
    >>> step([-2.0, 0.0, 3.0]), step.derivative([-2.0, 3.0])
    (array([0., 0., 1.]), array([0., 0.]))
    """

    name = "step"
    formula = r"f(z) = \begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}"
    derivative_formula = r"f'(z) = 0 \quad (z \ne 0)"
    range = (0.0, 1.0)

    def _value(self, z: np.ndarray) -> np.ndarray:
        return np.where(z > 0, 1.0, 0.0)

    def _derivative(self, z: np.ndarray) -> np.ndarray:
        return np.zeros_like(z)
