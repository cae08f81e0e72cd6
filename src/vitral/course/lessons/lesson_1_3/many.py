"""Many small networks of one hidden layer, trained at the same time: one NumPy array holds them all.

    z = x W + b;  a = f(z);  o = a V + c        W (R, D, H), b (R, H), V (R, H, 1), c (R, 1): R networks

Each of them is exactly what `vitral.foundations.train` with Adam on all rows makes of `MLP.create(..., seed=s)`; side
by side, a hundred take little longer than one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vitral.foundations import MLP, optimizers


@dataclass(frozen=True, kw_only=True, eq=False)
class Many:
    """R trained networks: `outputs` (R, N) are theirs for the rows of x, as probabilities or values."""

    weights: tuple[np.ndarray, ...]
    outputs: np.ndarray


def train_many(
    x: np.ndarray,
    target: np.ndarray,
    *,
    width: int,
    seeds: Iterable[int],
    steps: int,
    rate: float = 0.05,
    hidden: Literal["tanh", "relu"] = "tanh",
    classes: bool = True,
) -> Many:
    """Train one network from each seed, on all rows at every step.

    Args:
        x, target: (N, D) and (N,).
        width: H.
        classes: sigmoid and cross-entropy; otherwise the identity and the squared error.
    """
    rows, aims = np.asarray(x, np.float64), np.asarray(target, np.float64)[:, None]
    output = "sigmoid" if classes else "identity"
    networks = [MLP.create((rows.shape[1], width, 1), hidden=hidden, output=output, seed=s) for s in seeds]
    weights = [np.stack([network.weights[i] for network in networks]) for i in range(4)]
    adam = optimizers.Adam(learning_rate=rate)
    state = adam.init(weights)
    for _ in range(steps):
        a, y = _forward(rows, weights, hidden, classes)
        delta = (y - aims) * ((1 if classes else 2) / len(rows))  # (R, N, 1)
        below = delta @ weights[2].transpose(0, 2, 1) * (1 - a * a if hidden == "tanh" else a > 0)  # (R, N, H)
        gradients = [rows.T @ below, below.sum(axis=1), a.transpose(0, 2, 1) @ delta, delta.sum(axis=1)]
        state, weights = adam.update(state, weights, gradients)
    return Many(weights=tuple(weights), outputs=_forward(rows, weights, hidden, classes)[1][:, :, 0])


def _forward(rows: np.ndarray, weights: list[np.ndarray], hidden: str, classes: bool) -> tuple[np.ndarray, np.ndarray]:
    W, b, V, c = weights
    z = rows @ W + b[:, None]
    a = np.tanh(z) if hidden == "tanh" else np.maximum(z, 0)
    o = a @ V + c[:, None]
    return a, 1 / (1 + np.exp(-np.clip(o, -500, 500))) if classes else o
