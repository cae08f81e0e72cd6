"""The elementwise activations as they are: formulas, slopes against differences, extremes, and where they saturate."""

import math
from statistics import NormalDist

import numpy as np

from vitral.foundations import activations, gradcheck
from vitral.foundations.activations import Elementwise

ELEMENTWISE: tuple[Elementwise, ...] = tuple(f for f in activations.ALL if isinstance(f, Elementwise))
BY_NAME = {f.name: f for f in ELEMENTWISE}
KINKED = ("step", "relu", "leaky_relu", "selu")  # no slope at z = 0; ELU with α = 1 has one

# The formulas as a table can show them.
FORMULAS = {
    "identity": "z",
    "step": "1 (z > 0),  0 (z ≤ 0)",
    "sigmoid": "1 / (1 + e⁻ᶻ)",
    "tanh": "(eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)",
    "softsign": "z / (1 + |z|)",
    "relu": "max(0, z)",
    "leaky_relu": "z (z ≥ 0),  0.2 z (z < 0)",
    "elu": "z (z > 0),  eᶻ − 1 (z ≤ 0)",
    "selu": "1.05 z (z > 0),  1.76 (eᶻ − 1) (z ≤ 0)",
    "softplus": "ln(1 + eᶻ)",
    "swish": "z σ(z)",
    "gelu": "z Φ(z)",
    "gelu_tanh": "z (1 + tanh u) / 2",
}
SLOPES = {
    "identity": "1",
    "step": "0",
    "sigmoid": "σ (1 − σ)",
    "tanh": "1 − tanh²",
    "softsign": "1 / (1 + |z|)²",
    "relu": "1 (z > 0),  0 (z ≤ 0)",
    "leaky_relu": "1 (z ≥ 0),  0.2 (z < 0)",
    "elu": "1 (z > 0),  eᶻ (z ≤ 0)",
    "selu": "1.05 (z > 0),  1.76 eᶻ (z ≤ 0)",
    "softplus": "σ(z)",
    "swish": "σ + z σ (1 − σ)",
    "gelu": "Φ(z) + z φ(z)",
    "gelu_tanh": "(1 + tanh u) / 2 + z (1 − tanh² u) u′ / 2",
}


def slope_error(f: Elementwise, z: np.ndarray) -> float:
    """The worst relative error of f'(z) against central differences; z (N,) away from kinks."""
    return gradcheck(lambda arrays: float(f.value(arrays[0]).sum()), [z], [f.derivative(z)])[0].error


def places_away_from_kinks() -> np.ndarray:
    """481 places from -12 to 12, none nearer to 0 than 0.01."""
    z = np.linspace(-12, 12, 481)
    return np.where(np.abs(z) < 0.01, 0.01, z)


def largest_slope(f: Elementwise) -> tuple[float, float]:
    """The greatest f'(z) and the z where it is, between -12 and 12, in steps of 1e-4."""
    z = np.arange(-120_000, 120_001) / 1e4
    slope = f.derivative(z)
    return float(slope.max()), float(z[slope.argmax()])


def lowest_value(f: Elementwise) -> tuple[float, float]:
    """The least f(z) and the z where it is, between -12 and 12, in steps of 1e-4."""
    z = np.arange(-120_000, 120_001) / 1e4
    value = f.value(z)
    return float(value.min()), float(z[value.argmin()])


def saturated_share(f: Elementwise, spread: float) -> float:
    """The share of sums z ~ N(0, spread²) at which f is saturated, |f'(z)| < 0.01: exact, from the normal curve."""
    left, right = f.active()
    bell = NormalDist(0, spread)
    below = 0.0 if math.isinf(left) else bell.cdf(left)
    above = 0.0 if math.isinf(right) else 1 - bell.cdf(right)
    return below + above
