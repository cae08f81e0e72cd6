"""Real tumours and flowers, as the reading measures them: the radius alone, all measurements, petals."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from vitral import load


@dataclass(frozen=True, kw_only=True, eq=False)
class Tumours:
    """569 real tumours by the mean radius of their cell nuclei, in pixels."""

    radius: np.ndarray  # (N,)
    malignant: np.ndarray  # (N,) of 0 and 1

    @property
    def z_score(self) -> np.ndarray:
        """The radius with mean 0 and standard deviation 1, as one column: (N, 1)."""
        return ((self.radius - self.radius.mean()) / self.radius.std())[:, np.newaxis]


@cache
def tumours() -> Tumours:
    """The tumours of the first screen."""
    part = load("breast_cancer", standardize=False, validation=0, test=0).train
    return Tumours(radius=part.x[:, 0].astype(float), malignant=1 - part.y.astype(int))


@cache
def all_measurements() -> tuple[np.ndarray, np.ndarray]:
    """The same tumours with all 30 measurements, standardised: x (569, 30), malignant (569,)."""
    part = load("breast_cancer", standardize=False, validation=0, test=0).train
    x = part.x.astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0), 1 - part.y.astype(int)


@cache
def flowers() -> tuple[np.ndarray, np.ndarray]:
    """Length and width of the petals of 150 iris flowers, standardised, (150, 2), and their species (150,)."""
    part = load("iris", standardize=False, validation=0, test=0).train
    x = part.x[:, 2:].astype(float)
    return (x - x.mean(axis=0)) / x.std(axis=0), part.y.astype(int)
