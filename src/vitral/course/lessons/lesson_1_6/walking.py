"""Gradient descent with two weights, step by step: a path for each seed, all at once.

    w <- w - rate · mean over the B rows of the step of their gradients

Letters: N samples, B rows a step, S seeds, U updates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitral.course.lessons.lesson_1_6.two_weights import TwoWeights
from vitral.foundations import schemes
from vitral.training import Task

LOST = 1e6  # a weight beyond this will not come back


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """`places` (U + 1, S, 2), the start and after each update; `rows` (U + 1,), how many were looked at by then.

    From where a path is lost its places are infinite.
    """

    places: np.ndarray
    rows: np.ndarray

    def after(self, rows: np.ndarray) -> np.ndarray:
        """Where the paths are once so many rows (F,) have been looked at: (F, S, 2)."""
        return self.places[np.searchsorted(self.rows, rows, side="right") - 1]


def walk(
    model: TwoWeights,
    size: int | None,
    rate: float,
    *,
    epochs: int,
    seeds: Sequence[int] = (0,),
    start: Sequence[float] | None = None,
    decay: float = 0.0,
    task: Task | None = None,
) -> Walk:
    """Go down.

    Args:
        size: B, rows a step; None takes all.
        start: (2,); None takes the model's.
        decay: the rate of epoch e, from 0, is rate / (1 + decay e).
    """
    n = model.n_rows
    plans = [schemes.Scheme(size=size, shuffle=size is not None, seed=s) for s in seeds]
    w = np.tile(np.asarray(model.start if start is None else start, float), (len(seeds), 1))
    places, counts = [w], [0]
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges has places that are not finite
        for epoch in range(epochs):
            if task is not None:
                task.report(epoch / epochs)
            order = np.stack([np.concatenate(list(plan.epoch(n, epoch))) for plan in plans])  # (S, N)
            step = rate / (1 + decay * epoch)
            for begin in range(0, n, size or n):
                rows = order[:, begin : begin + (size or n)]
                w = w - step * model.gradients(w[:, None], model.x[rows], model.t[rows]).mean(axis=1)
                w = np.where(np.abs(w).max(axis=1, keepdims=True) < LOST, w, np.inf)
                places.append(w)
                counts.append(rows.shape[1])
    return Walk(places=np.array(places), rows=np.cumsum(counts))
