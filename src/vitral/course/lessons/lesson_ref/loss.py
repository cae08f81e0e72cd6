"""The loss over its weights: what it is, how it bends, where it is least.

    L(w) = -(1/N) Σ [t ln p + (1 - t) ln(1 - p)]        ∇L = X'ᵀ(p - t)/N        H = X'ᵀ diag(p (1 - p)) X'/N

Letters: N samples, D inputs; x' = (x, 1) and w = (weights, bias), as in `foundations.LogisticUnit`.
"""

from functools import cache
from typing import Literal

import numpy as np

from vitral.course.grids import asked_everywhere
from vitral.course.lessons.lesson_ref.data import tumours
from vitral.foundations import LogisticUnit
from vitral.foundations.activations import sigmoid, softplus

Kind = Literal["cross_entropy", "squared"]
AROUND = (-4.0, 12.0, -8.0, 8.0)  # weights from, to, biases from, to: the part of the plane that is looked at


def with_bias(x: np.ndarray) -> np.ndarray:
    """x' = (x, 1): (N, D) -> (N, D+1)."""
    return np.column_stack([x, np.ones(len(x))])


def loss_at(w: np.ndarray, rows: np.ndarray, t: np.ndarray, kind: Kind = "cross_entropy") -> np.ndarray:
    """The loss at many weights at once: w (..., D+1), rows x' (N, D+1) -> (...)."""
    z = w @ rows.T  # (..., N)
    if kind == "squared":
        return ((sigmoid.value(z) - t) ** 2).mean(axis=-1)
    return softplus.value(np.where(t == 1, -z, z)).mean(axis=-1)


def hessian(w: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """H = X'ᵀ diag(p (1 - p)) X'/N of the cross-entropy, (D+1, D+1): the targets play no part in it."""
    slope = sigmoid.derivative(rows @ w)  # (N,)
    return rows.T @ (rows * slope[:, np.newaxis]) / len(rows)


@cache
def best_fit() -> np.ndarray:
    """The optimum for the radius as a z-score: (weight, bias)."""
    data = tumours()
    unit = LogisticUnit(epochs=3000, accelerate=True, tolerance=1e-12)
    return unit.fit(data.z_score, data.malignant).weights[-1]


@cache
def loss_surface(kind: Kind, side: int = 36) -> np.ndarray:
    """The loss of the tumours over the part of the plane that is looked at: (side, side), row 0 the lowest bias."""
    data = tumours()
    x = with_bias(data.z_score)
    return asked_everywhere(lambda places: loss_at(places, x, data.malignant, kind), AROUND, side)
