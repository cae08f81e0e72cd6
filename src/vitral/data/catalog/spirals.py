"""Spiral arms around each other: the classic trial of hidden layers."""

import numpy as np

from vitral._checks import check_int, check_number
from vitral.data.entry import Content, Entry


def read(n: int = 600, noise: float = 0.02, classes: int = 2, turns: float = 1.0, seed: int = 0) -> Content:
    """n points on spiral arms from the centre to radius 1. x (n, 2); y: the arm.

    Arm k of K at t in (0, 1]:  x = t (cos a, sin a),  a = 2 pi (turns t + k / K);  plus Gaussian noise.

    Args:
        n: points, at least 2 an arm.
        noise: standard deviation of the noise, in units of x.
        classes: arms, at least 2.
        turns: how often an arm winds around, above 0.
        seed: of the positions and the noise.

    Raises:
        ArgumentError: an option breaks its rule.

    Source: K. J. Lang and M. J. Witbrock, "Learning to tell two spirals apart", 1988.
    """
    check_int("classes", classes, minimum=2)
    check_int("n", n, minimum=2 * classes)
    check_number("noise", noise, minimum=0)
    check_number("turns", turns, above=0)
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    t = np.sqrt(1 - rng.random(n))  # the root spreads points evenly along the arm, not thickly at the centre
    angle = 2 * np.pi * (turns * t + y / classes)
    x = t[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 1, (n, 2)) * noise
    return Content(x=x, y=y, classes=tuple(f"arm {k + 1}" for k in range(classes)), feature_names=("x1", "x2"))


ENTRY = Entry(
    name="spirals",
    task="classification",
    read=read,
    source="made up after Lang & Witbrock 1988",
    standardize=False,
)
