"""Initial weights: small enough not to saturate, large enough to carry the signal, and different from unit to unit.

Units that start equal get equal gradients and stay equal: random numbers break the symmetry. Biases need none and
start at zero.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vitral._checks import check_number


class Initializer(Protocol):
    """What `MLP.create` needs of an initializer: W (D_in, D_out), float64, drawn from `rng`.

    >>> class Ones:
    ...     def draw(self, rng, n_in, n_out):
    ...         return np.ones((n_in, n_out))
    >>> from vitral.foundations import MLP
    >>> MLP.create((2, 1), initializer=Ones()).weights[0].tolist()
    [[1.0], [1.0]]
    """

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> np.ndarray:
        """W of a layer with n_in inputs and n_out units: (n_in, n_out) float64."""
        ...


@dataclass(frozen=True, kw_only=True)
class GlorotUniform:
    """W ~ U(-r, r), r = √(6 / (D_in + D_out)): variance 2 / (D_in + D_out) (Glorot & Bengio, 2010). Keras's default.

    A compromise between D_in Var(W) = 1, which keeps the variance of activations from layer to layer, and
    D_out Var(W) = 1, which keeps that of gradients, for an f of slope 1 around zero.

    >>> w = GlorotUniform().draw(np.random.default_rng(0), 300, 300)
    >>> w.shape, bool(abs(w).max() < 0.1), float(round(w.var() * 300, 1))
    ((300, 300), True, 1.0)
    """

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> np.ndarray:
        """W of a layer with n_in inputs and n_out units: (n_in, n_out) float64."""
        r = np.sqrt(6 / (n_in + n_out))
        return rng.uniform(-r, r, (n_in, n_out))


@dataclass(frozen=True, kw_only=True)
class Normal:
    """W ~ N(0, σ²), whatever the sizes: to see what too small and too large a σ do.

    Attributes:
        sigma: σ, from 0; 0 makes all units equal.

    >>> Normal(sigma=0.0).draw(np.random.default_rng(0), 1, 2)
    array([[0., 0.]])
    """

    sigma: float = 0.05

    def __post_init__(self) -> None:
        check_number("sigma", self.sigma, minimum=0)

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> np.ndarray:
        """W of a layer with n_in inputs and n_out units: (n_in, n_out) float64."""
        return rng.normal(0, self.sigma, (n_in, n_out))
