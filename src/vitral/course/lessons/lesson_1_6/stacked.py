"""Many networks of one hidden layer trained side by side, each with its own rate and its own order of the rows.

    z = x W + b;  a = tanh(z);  q = a V + c;  p = softmax(q);  dL/dq = (p - t) / B, or p - t for the sum

One NumPy array holds the networks of Q rates and S seeds. Each is what `vitral.foundations.train` with SGD makes of
`MLP.create(..., seed=s)` in the orders of `schemes.mini_batch(B, seed=s)`.

Letters: Q rates, S seeds, N samples, D inputs, B rows a step, H hidden units, K classes, E epochs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitral.course.lessons.lesson_1_6.flowers import flowers
from vitral.foundations import MLP, schemes
from vitral.training import Task

HIDDEN = 8
SEEDS = range(20)

Weights = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # W (…, D, H), b (…, 1, H), V (…, H, K), c (…, 1, K)


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """What came of it: `losses` (E + 1, Q, S) over all rows, before the first epoch and after each; the weights."""

    losses: np.ndarray
    weights: Weights


def network(seed: int, n_inputs: int = 4, hidden: int = HIDDEN, n_classes: int = 3) -> MLP:
    """One of the networks as it starts."""
    return MLP.create((n_inputs, hidden, n_classes), hidden="tanh", output="softmax", seed=seed)


def train_stack(
    size: int | None,
    rates: Sequence[float],
    *,
    epochs: int,
    seeds: Sequence[int] = SEEDS,
    is_sum: bool = False,
    shuffle: bool = True,
    data: tuple[np.ndarray, np.ndarray] | None = None,
    hidden: int = HIDDEN,
    task: Task | None = None,
) -> Stack:
    """Train a network for each rate and seed.

    Args:
        size: B, rows a step; None takes all.
        is_sum: step by the sum of the rows' gradients instead of their mean.
        shuffle: whether each epoch has an order of its own, or the rows come as they stand.
        data: x (N, D) and classes y (N,) from 0; None takes the flowers.
        hidden: H.
    """
    x, y = flowers() if data is None else data
    n, t = len(x), np.eye(int(y.max()) + 1)[y]
    plans = [schemes.Scheme(size=size, shuffle=shuffle and size is not None, seed=s) for s in seeds]
    each = [network(s, x.shape[1], hidden, t.shape[1]).weights for s in seeds]
    W, b, V, c = (np.stack(arrays)[None].repeat(len(rates), axis=0) for arrays in zip(*each, strict=True))
    b, c = b[:, :, None], c[:, :, None]
    rate = np.asarray(rates, float)[:, None, None, None]
    losses = [_loss(x, y, (W, b, V, c))]
    for epoch in range(epochs):
        if task is not None:
            task.report(epoch / epochs)
        order = np.stack([np.concatenate(list(plan.epoch(n, epoch))) for plan in plans])  # (S, N)
        for begin in range(0, n, size or n):
            rows = order[:, begin : begin + (size or n)]
            u, aims = x[rows], t[rows]  # (S, B, D), (S, B, K)
            a = np.tanh(u @ W + b)  # (Q, S, B, H)
            d = _softmax(a @ V + c) - aims
            if not is_sum:
                d /= rows.shape[1]
            below = d @ V.swapaxes(-1, -2) * (1 - a * a)
            V = V - rate * (a.swapaxes(-1, -2) @ d)
            c = c - rate * d.sum(axis=-2, keepdims=True)
            W = W - rate * (u.swapaxes(-1, -2) @ below)
            b = b - rate * below.sum(axis=-2, keepdims=True)
        losses.append(_loss(x, y, (W, b, V, c)))
    return Stack(losses=np.array(losses), weights=(W, b, V, c))


def _softmax(q: np.ndarray) -> np.ndarray:
    e = np.exp(q - q.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _loss(x: np.ndarray, y: np.ndarray, weights: Weights) -> np.ndarray:
    """The mean cross-entropy over all rows, (Q, S)."""
    W, b, V, c = weights
    q = np.tanh(x @ W + b) @ V + c  # (Q, S, N, K)
    q = q - q.max(axis=-1, keepdims=True)
    return (np.log(np.exp(q).sum(axis=-1)) - q[..., np.arange(len(y)), y]).mean(axis=-1)
