"""What the perceptron learns in this lesson: iris flowers, points with an empty band between them, random sets.

Letters: N samples, D inputs.
"""

from functools import cache

import numpy as np

from vitral.data import load

FEATURES = {"sepal": (0, 1), "petal": (2, 3)}  # length and width, in cm


@cache
def flowers(features: str = "petal", first: int = 0, second: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two species of iris, 50 flowers each, by the length and width of petals or sepals: x (100, 2) in cm, t (100,)."""
    part = load("iris", validation=0.0, test=0.0, standardize=False).train
    rows = (part.y == first) | (part.y == second)
    x = np.round(part.x[rows].astype(np.float64), 1)  # float32 of what was measured to a tenth of a centimetre
    return x[:, FEATURES[features]], (part.y[rows] == second).astype(np.int64)


def gap_data(n: int, gap: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n points in the square [-1, 1]², none within gap/2 of a hidden line: x (n, 2), t (n,), both classes present."""
    rng = np.random.default_rng(seed)
    while True:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
        x = rng.uniform(-1, 1, (8 * n, 2))
        distance = x @ (np.cos(angle), np.sin(angle)) - offset
        kept = np.flatnonzero(np.abs(distance) >= gap / 2)[:n]
        t = (distance[kept] > 0).astype(np.int64)
        if len(kept) == n and 0 < t.sum() < n:
            return x[kept], t


def separable_data(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """n normal points in d dimensions, on both sides of a random hyperplane: x (n, d), t (n,)."""
    rng = np.random.default_rng([seed, d])
    while True:
        x, u = rng.normal(size=(n, d)), rng.normal(size=d + 1)
        t = (x @ u[:-1] + u[-1] > 0).astype(np.int64)
        if 0 < t.sum() < n:
            return x, t
