"""The data of this lesson, Fisher's iris flowers: all of them, each column brought to mean 0 and deviation 1.

Letters: N samples, D inputs.
"""

from functools import cache

import numpy as np

from vitral import load

N_FLOWERS = 150


@cache
def flowers() -> tuple[np.ndarray, np.ndarray]:
    """Four measurements x (150, 4) of each flower, and its species (150,): 0, 1, 2."""
    part = load("iris", validation=0, test=0, seed=0).train
    x = part.x.astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0), part.y.astype(int)


@cache
def petals() -> tuple[np.ndarray, np.ndarray]:
    """Standardised length and width of petals (100, 2), and their species (100,): 1 virginica, -1 versicolor."""
    part = load("iris", validation=0, test=0, seed=0).train
    chosen = part.y > 0
    x = part.x[chosen][:, 2:].astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0), np.where(part.y[chosen] == 2, 1.0, -1.0)
