"""The real data of this lesson: 442 patients, ten measurements each, and how far diabetes progressed in a year.

Some patients are learnt from and the others validate. Measurements and targets are brought to mean 0 and deviation 1 by
those that are learnt from.

Letters: N samples, D = 10 inputs.
"""

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from vitral import load

MEASUREMENTS = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


class Parted(NamedTuple):
    """x (N, 10), t (N,) to learn from; xv (442 - N, 10), tv to validate on."""

    x: np.ndarray
    t: np.ndarray
    xv: np.ndarray
    tv: np.ndarray


@cache
def _everyone() -> tuple[np.ndarray, np.ndarray]:
    part = load("diabetes", validation=0, test=0, seed=0).train
    return part.x.astype(float), part.y.astype(float).ravel()


@lru_cache(maxsize=256)
def patients(n: int, seed: int) -> Parted:
    """N patients by chance, and all the others."""
    x, t = _everyone()
    order = np.random.default_rng(seed).permutation(len(x))
    mine, others = order[:n], order[n:]
    middle, scale = x[mine].mean(axis=0), x[mine].std(axis=0)
    level, unit = t[mine].mean(), t[mine].std()
    return Parted((x[mine] - middle) / scale, (t[mine] - level) / unit, (x[others] - middle) / scale,
                  (t[others] - level) / unit)  # fmt: skip
