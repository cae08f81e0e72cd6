"""Measurements of which more than one claim or guess speaks; each is made once.

Letters: N samples, S seeds.
"""

from functools import cache

import numpy as np

from vitral.course.lessons.lesson_1_7.arriving import arrival
from vitral.course.lessons.lesson_1_7.costs import Outcome, many, outcomes
from vitral.course.lessons.lesson_1_7.gaps import spread
from vitral.course.lessons.lesson_1_7.logistic import LAMS, along
from vitral.course.lessons.lesson_1_7.moons import HIDDEN, N_POINTS, NOISE, train
from vitral.course.lessons.lesson_1_7.patients import patients
from vitral.course.lessons.lesson_1_7.polynomials import errors
from vitral.course.lessons.lesson_1_7.rules import Settings
from vitral.course.lessons.lesson_1_7.shrinking import errors_along, path
from vitral.course.lessons.lesson_1_7.widths import errors_by_width, widths_for
from vitral.foundations import ridge, ridge_descent

SEEDS = range(20)
SAMPLE = {"degree": 9, "n": 15, "noise": 0.3, "lam": 0.0}  # of the polynomials, where nothing else is said
PATIENTS, ARRIVAL_LAM, FIRST = 40, 0.1, Settings()


@cache
def over(axis: str) -> np.ndarray:
    """Both errors of polynomials along an axis, twenty samples: (values, S, 2)."""
    return spread(axis, **SAMPLE, seeds=SEEDS)  # type: ignore[arg-type]


@cache
def over_widths(lam: float) -> tuple[np.ndarray, np.ndarray]:
    """The widths, and the median validation error of twenty samples of forty patients at each."""
    return widths_for(PATIENTS), np.median(errors_by_width(PATIENTS, lam, seeds=SEEDS)[:, :, 1], axis=1)


@cache
def network_gaps(widths: tuple[int, ...] = (2, 8, 32)) -> dict[int, float]:
    """The median gap at the end of trained networks, by hidden units."""
    found = {}
    for hidden in widths:
        traces = many.get() if hidden == HIDDEN else train(N_POINTS, NOISE, hidden, seeds=SEEDS)
        found[hidden] = float(np.median(traces.test[-1] - traces.train[-1]))
    return found


@cache
def stopped(settings: Settings = FIRST) -> dict[str, Outcome]:
    """The rules over twenty trainings."""
    return outcomes(many.get(), settings)


@cache
def shrunk(penalty: str) -> tuple[np.ndarray, np.ndarray]:
    """Of twenty samples of forty patients: both errors at each λ, (S, L, 2), and the weights, (S, L, D)."""
    errors = np.array([errors_along(penalty, PATIENTS, seed) for seed in SEEDS])
    return errors, np.array([path(penalty, PATIENTS, seed) for seed in SEEDS])


@cache
def chosen_on_half(penalty: str) -> np.ndarray:
    """Errors on patients that had no say, (S, 2): with next to no penalty, and with the λ that others chose."""
    found = []
    for seed in SEEDS:
        part, w = patients(PATIENTS, seed), path(penalty, PATIENTS, seed)
        half = len(part.tv) // 2
        errors = (part.xv @ w.T - part.tv[:, None]) ** 2
        best = int(errors[:half].mean(axis=0).argmin())
        found.append(errors[half:].mean(axis=0)[[0, best]])
    return np.array(found)


@cache
def arrivals(way: str, seeds: range = range(10)) -> tuple[np.ndarray, np.ndarray]:
    """The last weights of descent and those of the formula, (S, D) each."""
    found = [arrival(way, ARRIVAL_LAM, seed) for seed in seeds]
    return np.array([w[-1] for w, _ in found]), np.array([exact for _, exact in found])


@cache
def logistic_losses(degree: int = 6, n: int = 80, noise: float = 0.2) -> np.ndarray:
    """Losses and shares of errors on both sets at each λ, from the strongest: (S, L, 4)."""
    return np.array([along(degree, n, noise, seed)[1] for seed in SEEDS])


def weakest_and_best() -> tuple[int, int]:
    """Which of `LAMS` is the weakest, and which has the least median of the validation losses."""
    return len(LAMS) - 1, int(np.median(logistic_losses()[:, :, 2], axis=0).argmin())


@cache
def early_and_ridge(seeds: range = SEEDS) -> tuple[np.ndarray, np.ndarray]:
    """How like a ridge answers descent that was stopped? (S,) and (S,)

    Descent on forty patients without a penalty, stopped after 50 steps: how far its predictions are from those of the
    nearest ridge, and from those of descent to the end, in units of the latter's deviation.
    """
    near, far = [], []
    for seed in seeds:
        part = patients(PATIENTS, seed)
        all_says = part.xv @ path("ridge", PATIENTS, seed).T  # (V, L)
        says = ridge_descent(part.x, part.t, 0.0, 50).predict(part.xv)
        end = ridge(part.x, part.t, 0.0).predict(part.xv)
        unit = float(end.std())
        near.append(float(np.sqrt(((all_says - says[:, None]) ** 2).mean(axis=0)).min()) / unit)
        far.append(float(np.sqrt(((end - says) ** 2).mean())) / unit)
    return np.array(near), np.array(far)


def polynomial_median(degree: int, lam: float, n: int = 12, noise: float = 0.3) -> float:
    """The median validation error of twenty samples."""
    return float(np.median([errors(degree, n, noise, lam, seed)[1] for seed in SEEDS]))
