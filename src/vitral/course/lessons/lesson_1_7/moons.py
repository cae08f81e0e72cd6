"""Small networks on two noisy moons, many side by side in NumPy, with every epoch of each kept.

    a = tanh(x W + b);  z = a V + c;  p = σ(z)
    L = −mean(t ln p + (1 − t) ln(1 − p)) + λ (Σ W² + Σ V²)
    v ← 0.9 v − η ∇L;  w ← w + v                             (momentum; Polyak, 1964)

Each is what Keras's SGD with momentum makes of the same weights in the same order of rows.

Letters: S seeds, N samples, H hidden units, E epochs, B rows a step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vitral.foundations import MLP, schemes
from vitral.training import Task

EPOCHS, BATCH, RATE, MOMENTUM = 300, 10, 0.1, 0.9
N_CHECKS = 200  # to validate on, and as many to test on
NOISE, N_POINTS, HIDDEN = 0.35, 60, 32  # where nothing else is said

Weights = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # W (S, 2, H), b (S, 1, H), V (S, H, 1), c (S, 1, 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Traces:
    """Cross-entropies without the penalty of each epoch, (E, S): on the points, to validate, to test."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    weights: tuple[Weights, ...]  # E of them, each of all S networks; none unless asked for

    def network(self, epoch: int, s: int = 0) -> MLP:
        """One of the networks as it was after an epoch, from 1."""
        w, b, v, c = (each[s] for each in self.weights[epoch - 1])
        return MLP(weights=(w, b[0], v, c[0]), activations=("tanh", "sigmoid"))  # type: ignore[arg-type]


@lru_cache(maxsize=1024)
def two_moons(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) by chance on two half circles, with noise about them, and their classes (N,), half each."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) % 2
    angle = rng.uniform(0, np.pi, n)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = np.where(t[:, None] == 1, np.array([1.0, 0.5]) - x, x)
    return x + noise * rng.normal(size=(n, 2)), t


def network(hidden: int, seed: int) -> MLP:
    """One of the networks as it starts."""
    return MLP.create((2, hidden, 1), hidden="tanh", output="sigmoid", seed=seed)


def train(
    n: int = N_POINTS,
    noise: float = NOISE,
    hidden: int = HIDDEN,
    lam: float = 0.0,
    *,
    seeds: Sequence[int] = (0,),
    epochs: int = EPOCHS,
    keep: bool = False,
    task: Task | None = None,
) -> Traces:
    """Train a network for each seed, each on points of its own.

    Args:
        lam: λ.
        keep: whether to keep the weights of every epoch.
    """
    x, t = _stack(n, noise, seeds, 0)
    checks = [_stack(N_CHECKS, noise, seeds, 1000 * k) for k in (1, 2)]
    each = [network(hidden, s).weights for s in seeds]
    W, b, V, c = (np.stack(arrays).astype(float) for arrays in zip(*each, strict=True))
    b, c = b[:, None], c[:, None]
    speed: list[np.ndarray] = [np.zeros_like(w) for w in (W, b, V, c)]
    plans = [schemes.mini_batch(BATCH, seed=s) for s in seeds]
    every, losses, kept = np.arange(len(seeds))[:, None], [], []
    for epoch in range(epochs):
        if task is not None:
            task.report(epoch / epochs)
        order = np.stack([np.concatenate(list(plan.epoch(n, epoch))) for plan in plans])  # (S, N)
        for begin in range(0, n, BATCH):
            rows = order[:, begin : begin + BATCH]
            u, aims = x[every, rows], t[every, rows]  # (S, B, 2), (S, B, 1)
            a = np.tanh(u @ W + b)
            d = (_sigmoid(a @ V + c) - aims) / rows.shape[1]
            below = d @ V.swapaxes(1, 2) * (1 - a * a)
            gradients = (
                u.swapaxes(1, 2) @ below + 2 * lam * W,
                below.sum(axis=1, keepdims=True),
                a.swapaxes(1, 2) @ d + 2 * lam * V,
                d.sum(axis=1, keepdims=True),
            )
            speed = [MOMENTUM * v - RATE * g for v, g in zip(speed, gradients, strict=True)]
            W, b, V, c = (w + v for w, v in zip((W, b, V, c), speed, strict=True))
        losses.append([_loss(*points, (W, b, V, c)) for points in ((x, t), *checks)])
        if keep:
            kept.append((W, b, V, c))
    by_part = np.array(losses).swapaxes(0, 1)  # (3, E, S)
    return Traces(train=by_part[0], validation=by_part[1], test=by_part[2], weights=tuple(kept))


def _stack(n: int, noise: float, seeds: Sequence[int], offset: int) -> tuple[np.ndarray, np.ndarray]:
    """Each seed's points, (S, N, 2), and classes (S, N, 1)."""
    x, t = zip(*(two_moons(n, noise, seed + offset) for seed in seeds), strict=True)
    return np.stack(x), np.stack(t)[..., None].astype(float)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(z / 2))


def _loss(x: np.ndarray, t: np.ndarray, weights: Weights) -> np.ndarray:
    """The mean cross-entropy of each network on its own points, (S,)."""
    W, b, V, c = weights
    z = np.tanh(x @ W + b) @ V + c
    return (np.logaddexp(0, z) - t * z).mean(axis=(1, 2))
