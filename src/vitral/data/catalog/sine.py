"""A wave with noise: the smallest regression."""

import numpy as np

from vitral._checks import check_int, check_number
from vitral.data.entry import Content, Entry


def read(n: int = 300, noise: float = 0.1, frequency: float = 1.0, seed: int = 0) -> Content:
    """n points of y = sin(frequency x) plus Gaussian noise. x (n, 1), uniform on [-pi, pi], in radians; y (n,).

    Args:
        n: points, at least 4.
        noise: standard deviation of the noise, in units of y.
        frequency: whole waves over the range, above 0.
        seed: of the positions and the noise.

    Raises:
        ArgumentError: an option breaks its rule.
    """
    check_int("n", n, minimum=4)
    check_number("noise", noise, minimum=0)
    check_number("frequency", frequency, above=0)
    rng = np.random.default_rng(seed)
    x = rng.uniform(-np.pi, np.pi, (n, 1))
    y = np.sin(frequency * x[:, 0]) + rng.normal(0, 1, n) * noise
    return Content(x=x, y=y, feature_names=("x",))


ENTRY = Entry(
    name="sine",
    task="regression",
    read=read,
    source="made up: a sine with Gaussian noise",
    standardize=False,
)
