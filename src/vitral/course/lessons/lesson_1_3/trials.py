"""Trainings by the dozen, of which more than one claim or guess speaks; each is done once.

Letters: H hidden units.
"""

from functools import cache

import numpy as np

from vitral.course.lessons.lesson_1_3.many import train_many
from vitral.course.lessons.lesson_1_3.points import CORNERS, XOR, cloud
from vitral.course.lessons.lesson_1_3.trained import learn
from vitral.course.lessons.lesson_1_3.waves import by_hand, by_training

SAME_PLACE = 0.05  # a distance in the square from -1 to 1 that holds whatever tanh answers


@cache
def xor_shares(widths: tuple[int, ...] = (1, 2, 3, 4, 6, 8), n_seeds: int = 100) -> dict[int, float]:
    """The share of seeds whose network 2-H-1 gets XOR's four corners right after training, by H."""
    shares = {}
    for width in widths:
        many = train_many(CORNERS, XOR, width=width, seeds=range(n_seeds), steps=1500)
        shares[width] = float(((many.outputs > 0.5) == (XOR == 1)).all(axis=1).mean())
    return shares


@cache
def stuck_on_xor(n_seeds: int = 100) -> tuple[int, int, int]:
    """Two units and twice as many steps: where does the hidden layer put the corners then?

    Returns:
        How many seeds fail; and in how many of them, and of the others, corners of both classes share a place.
    """
    many = train_many(CORNERS, XOR, width=2, seeds=range(n_seeds), steps=3000)
    W, b, _, _ = many.weights
    a = np.tanh(CORNERS @ W + b[:, None])  # (R, 4, 2)
    ones, zeros = a[:, XOR == 1], a[:, XOR == 0]
    apart = np.linalg.norm(ones[:, :, None] - zeros[:, None], axis=-1)  # (R, 2, 2)
    merged = apart.min(axis=(1, 2)) < SAME_PLACE
    failed = ~((many.outputs > 0.5) == (XOR == 1)).all(axis=1)
    return int(failed.sum()), int((failed & merged).sum()), int((~failed & merged).sum())


@cache
def circle_accuracies(widths: tuple[int, ...] = (1, 2, 3, 4), n_seeds: int = 15) -> dict[int, float]:
    """The median accuracy over the seeds on a circle inside another, for one hidden layer, by H."""
    x, y = cloud("circles", 0.05, 100)
    medians = {}
    for width in widths:
        many = train_many(x, y, width=width, seeds=range(n_seeds), steps=600)
        medians[width] = float(np.median(((many.outputs > 0.5) == (y == 1)).mean(axis=1)))
    return medians


@cache
def wave_errors(widths: tuple[int, ...] = (2, 8, 32), n_seeds: int = 15) -> dict[int, tuple[np.ndarray, float]]:
    """For each H: the errors of trained networks on the wave, one a seed, and of the one made by hand."""
    return {H: (by_training("sine", H, range(n_seeds), steps=1500)[1], by_hand("sine", H)[1]) for H in widths}


@cache
def deep_accuracies(depths: tuple[int, ...] = (1, 2, 6), n_seeds: int = 5) -> dict[int, float]:
    """The median accuracy on the circles' own training points, for so many layers of four ReLU units."""
    x, y = cloud("circles", 0.1)
    return {
        depth: float(np.median([learn(x, y, [4] * depth, "relu", seed).accuracies[-1] for seed in range(n_seeds)]))
        for depth in depths
    }
