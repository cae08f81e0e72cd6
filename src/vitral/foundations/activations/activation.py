"""What an activation is: a function f that turns a unit's weighted sum z into its output a = f(z).

Training asks two things of it: the value, and how a change of z changes the value. For a function that treats
each unit on its own the second is one number a unit, the local slope f'(z), and the chain rule reads

    dL/dz = dL/da * f'(z)

For a function that mixes the units of a layer, as softmax does, it is a matrix J[i, j] = da_i / dz_j, the Jacobian,
and the chain rule reads dL/dz = Jᵀ dL/da.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from vitral._checks import check_number
from vitral._errors import ShapeError
from vitral.foundations._numbers import float_array


@dataclass(frozen=True, kw_only=True)
class Activation(ABC):
    """A function of the weighted sums of a layer. Its fields, where it has any, are the numbers in its formula.

    Attributes:
        name: what `activations.get` calls it.
        formula, derivative_formula: LaTeX.
        range: (lowest, highest) value; an infinite one is never reached, nor is one that f only approaches.

    >>> from vitral.foundations.activations import ALL, softmax
    >>> len(ALL), softmax([0.0, 0.0]), softmax.range
    (14, array([0.5, 0.5]), (0.0, 1.0))
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    derivative_formula: ClassVar[str]

    range: tuple[float, float] = field(init=False, repr=False, compare=False)

    def __call__(self, z: Any) -> np.ndarray:
        return self.value(z)

    @abstractmethod
    def value(self, z: Any) -> np.ndarray:
        """a = f(z), float64, of the shape of z: any shape for an elementwise f, (..., K) for one over K units."""

    @abstractmethod
    def jacobian(self, z: Any) -> np.ndarray:
        """J[..., i, j] = da_i / dz_j over the last axis: z (..., K) -> (..., K, K)."""

    @abstractmethod
    def pull_back(self, z: Any, upstream: Any) -> np.ndarray:
        """Carry a gradient from after f to before it: dL/dz = Jᵀ dL/da, without building J.

        Args:
            z: (..., K).
            upstream: dL/da, the shape of z.

        Returns:
            dL/dz, the shape of z.

        Raises:
            ShapeError: the two shapes differ.
        """


@dataclass(frozen=True, kw_only=True)
class Elementwise(Activation):
    """An activation that treats each unit on its own: its Jacobian is diagonal, with the slopes f'(z) on it.

    >>> from vitral.foundations.activations import tanh
    >>> tanh.jacobian([0.0, 100.0])
    array([[1., 0.],
           [0., 0.]])
    """

    def value(self, z: Any) -> np.ndarray:
        return self._value(float_array("z", z))

    def derivative(self, z: Any) -> np.ndarray:
        """f'(z), float64, of the shape of z. At a kink, where there is none, the slope that JAX and Keras use."""
        return self._derivative(float_array("z", z))

    def jacobian(self, z: Any) -> np.ndarray:
        slope = self.derivative(z)
        return slope[..., np.newaxis] * np.eye(slope.shape[-1])

    def pull_back(self, z: Any, upstream: Any) -> np.ndarray:
        z, upstream = matching(z, upstream)
        return upstream * self._derivative(z)

    def active(self, slope: float = 0.01) -> tuple[float, float]:
        """Where f is not saturated: the narrowest interval (left, right) outside of which |f'(z)| < `slope`.

        Measured in steps of 0.01. An end that is infinite says that f does not saturate on that side; (0, 0) that
        it is flat everywhere.

        Args:
            slope: what still counts as a slope, from 0.001.

        >>> from vitral.foundations import activations
        >>> activations.sigmoid.active()
        (-4.59, 4.59)
        >>> activations.relu.active()
        (0.0, inf)
        """
        slope = check_number("slope", slope, minimum=0.001)
        z = np.arange(-10_000, 10_001) / 100  # wide enough for softsign, the slowest to saturate: |z| = 31 at 0.001
        steep = np.flatnonzero(np.abs(self._derivative(z)) >= slope)
        if not steep.size:
            return 0.0, 0.0
        left, right = steep[0], steep[-1]
        return (
            -math.inf if left == 0 else float(z[left - 1]),
            math.inf if right == len(z) - 1 else float(z[right + 1]),
        )

    @abstractmethod
    def _value(self, z: np.ndarray) -> np.ndarray:
        """f(z) of an array."""

    @abstractmethod
    def _derivative(self, z: np.ndarray) -> np.ndarray:
        """f'(z) of an array."""


def matching(z: Any, upstream: Any) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64, of one shape."""
    z, upstream = float_array("z", z), float_array("upstream", upstream)
    if z.shape != upstream.shape:
        raise ShapeError(
            f"upstream must have the shape of z, {z.shape}: got {upstream.shape}. It holds dL/da for a = f(z)."
        )
    return z, upstream
