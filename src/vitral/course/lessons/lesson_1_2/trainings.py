"""Trainings and what happened in them: the way of the weights, who is on the wrong side, whether it comes round again.

A row counts as a mistake when it is not strictly on its side, s·(w·x + b) ≤ 0, as in `vitral.foundations`; so with zero
weights the first row always is one.

Letters: N samples, D inputs, K corrections, E epochs, F frames.
"""

from functools import cache

import numpy as np

from vitral import VitralError
from vitral.course.lessons.lesson_1_2.data import flowers, gap_data
from vitral.foundations import (
    Certificate,
    LogisticUnit,
    NovikoffBound,
    Perceptron,
    PerceptronTraining,
    novikoff_bound,
    separate,
)


def trajectory(training: PerceptronTraining) -> np.ndarray:
    """The weights before the first correction and after each: (K+1, D+1)."""
    return np.array([training.weights[0], *(c.after for c in training.corrections)])


def sides(weights: np.ndarray, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """s·(w·x + b) for weights (F, D+1) and rows (N, D): (F, N); not above 0 is a mistake."""
    return (weights @ np.column_stack([x, np.ones(len(x))]).T) * (2 * t - 1)


def mistaken_rows(x: np.ndarray, t: np.ndarray, rate: float, seed: int, max_epochs: int = 3000) -> list[int]:
    """The rows that a perceptron stumbles over, in order, from zero weights."""
    rule = Perceptron(learning_rate=rate, order="shuffled", seed=seed, max_epochs=max_epochs)
    return [c.row for c in rule.fit(x, t).corrections]


def is_separable(x: np.ndarray, t: np.ndarray) -> bool:
    """Whether some line separates; classes too close for float64 to tell count as not."""
    try:
        return not isinstance(separate(x, t), Certificate)
    except VitralError:
        return False


@cache
def iris_training(features: str, rate: float, seed: int) -> PerceptronTraining:
    """A perceptron on setosa and versicolor, from zero weights, until it makes no mistake."""
    return Perceptron(learning_rate=rate, order="shuffled", seed=seed, max_epochs=3000).fit(*flowers(features))


@cache
def iris_bound(features: str) -> NovikoffBound:
    """Novikoff's bound for setosa and versicolor."""
    return novikoff_bound(*flowers(features))


@cache
def long_descent(epochs: int, rate: float = 1.0) -> np.ndarray:
    """The sigmoid unit's weights on setosa and versicolor, after each epoch: (E+1, 3)."""
    return LogisticUnit(learning_rate=rate, epochs=epochs).fit(*flowers("petal")).weights


@cache
def points_ratio() -> tuple[float, float, float]:
    """Mean mistakes with 1000 points over those with 10, at a gap of 0.3: (ratio, mean of 10, mean of 1000)."""

    def mean(n: int) -> float:
        found = []
        for seed in range(40):
            x, t = gap_data(n, 0.3, seed)
            found.append(Perceptron(order="shuffled", seed=seed).fit(x, t).n_mistakes)
        return float(np.mean(found))

    few, many = mean(10), mean(1000)
    return many / few, few, many
