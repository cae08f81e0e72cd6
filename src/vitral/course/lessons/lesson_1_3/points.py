"""What this lesson's networks learn: two classes of points in the plane, and the four corners of XOR."""

from functools import cache
from typing import Any

import numpy as np

from vitral.course.truth_tables import FUNCTIONS, truth_rows
from vitral.data import load
from vitral.views.widgets import Limits

CORNERS = 2 * truth_rows(2) - 1  # (4, 2), of -1 and 1: what tanh units like better than 0 and 1
XOR = np.array(FUNCTIONS["xor"], dtype=np.float64)


@cache
def cloud(name: str, noise: float, n: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) of a made-up data set and their classes (N,); the same noise always gives the same points."""
    options: dict[str, Any] = {"turns": 1.25} if name == "spirals" else {}
    part = load(name, n=n, noise=noise, validation=0, test=0, seed=1, **options).train
    return part.x, part.y


def four_clouds() -> tuple[np.ndarray, np.ndarray]:
    """Twenty points around each corner of XOR, (80, 2) and (80,)."""
    return cloud("xor", 0.12, 80)


def square_around(x: np.ndarray) -> Limits:
    """Limits of a square around points (N, 2)."""
    reach, (cx, cy) = 1.15 * float(np.abs(x - x.mean(axis=0)).max()), map(float, x.mean(axis=0))
    return cx - reach, cx + reach, cy - reach, cy + reach
