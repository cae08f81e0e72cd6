"""Exclusive or: true where the signs of the two inputs differ."""

import numpy as np

from vitral._checks import check_int, check_number
from vitral.data.entry import Content, Entry


def read(n: int = 400, noise: float = 0.25, seed: int = 0) -> Content:
    """n points around the corners (±1, ±1), a quarter at each. x (n, 2); y: 1 where the corner's signs differ.

    Args:
        n: points, at least 4; with n=4 and noise=0 the truth table itself.
        noise: standard deviation of the Gaussian noise, in units of x.
        seed: of the noise.

    Raises:
        ArgumentError: an option breaks its rule.

    Source: M. Minsky and S. Papert, "Perceptrons", 1969.
    """
    check_int("n", n, minimum=4)
    check_number("noise", noise, minimum=0)
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])[np.arange(n) % 4]
    x = corners + np.random.default_rng(seed).normal(0, 1, (n, 2)) * noise
    y = (corners[:, 0] != corners[:, 1]).astype(int)
    return Content(x=x, y=y, classes=("same", "different"), feature_names=("x1", "x2"))


ENTRY = Entry(
    name="xor",
    task="classification",
    read=read,
    source="made up after Minsky & Papert 1969",
    standardize=False,
)
