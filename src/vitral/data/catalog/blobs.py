"""Round clouds of points, one for each class."""

import numpy as np

from vitral._checks import check_int, check_number
from vitral.data.entry import Content, Entry


def read(n: int = 500, noise: float = 0.6, classes: int = 3, features: int = 2, seed: int = 0) -> Content:
    """n points in Gaussian clouds of equal numbers. x (n, features); y: the cloud.

    Centres are drawn uniformly from [-4, 4] in every direction, so clouds may touch; another seed places them anew.

    Args:
        n: points, at least 2 a cloud.
        noise: standard deviation of a cloud, in units of x.
        classes: clouds, at least 2.
        features: inputs D, at least 1.
        seed: of the centres and the points.

    Raises:
        ArgumentError: an option breaks its rule.
    """
    check_int("classes", classes, minimum=2)
    check_int("features", features, minimum=1)
    check_int("n", n, minimum=2 * classes)
    check_number("noise", noise, minimum=0)
    rng = np.random.default_rng(seed)
    centres = rng.uniform(-4, 4, (classes, features))
    y = np.arange(n) % classes
    x = centres[y] + rng.normal(0, 1, (n, features)) * noise
    return Content(
        x=x,
        y=y,
        classes=tuple(f"blob {k + 1}" for k in range(classes)),
        feature_names=tuple(f"x{d + 1}" for d in range(features)),
    )


ENTRY = Entry(
    name="blobs",
    task="classification",
    read=read,
    source="made up: Gaussian clouds",
    standardize=False,
)
