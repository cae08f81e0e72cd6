"""Rosenblatt's perceptron: a threshold unit that learns from its mistakes, one row at a time.

    w' <- w' + η (t - y) x',    x' = (x, 1),   w' = (w, b)          (Rosenblatt, 1958)

A row that is answered correctly, t = y, changes nothing; a mistake turns the hyperplane towards the row or away from
it. If some hyperplane separates the classes, a finite number of mistakes finds one (`novikoff_bound`); otherwise the
rule never rests. A row that lies on the hyperplane, w'·x' = 0, is on neither side: it counts as a mistake, as in
Novikoff's proof (1962) and in scikit-learn, whatever its class.

Letters: N samples, D inputs, E epochs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import check_choice, check_int, check_number
from vitral._errors import ArgumentError
from vitral.foundations._linear import augment, frozen, read_rows, read_two_classes, read_weights, signs
from vitral.foundations.schemes import Scheme
from vitral.foundations.threshold import ThresholdUnit

ORDERS = ("given", "shuffled")


@dataclass(frozen=True, kw_only=True, eq=False)
class Correction:
    """One mistake and what it changed.

    >>> first = Perceptron().fit([[2.0], [-1.0]], [1, 0]).corrections[0]
    >>> first.epoch, first.row, first.before.tolist(), first.after.tolist()
    (0, 0, [0.0, 0.0], [2.0, 1.0])
    """

    epoch: int  # from 0
    row: int  # of x
    before: np.ndarray  # (D+1,) weights and, last, the bias
    after: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class PerceptronTraining:
    """Everything that happened while a perceptron learned.

    Attributes:
        weights: (E+1, D+1) weights and, last, the bias: at the start and at the end of every epoch.
        mistakes: int64 (E,), mistakes in each epoch.
        corrections: every mistake, in order: the whole way of the weights.
        converged: whether the last epoch was free of mistakes.

    >>> training = Perceptron().fit([[2.0], [-1.0]], [1, 0])
    >>> training.mistakes.tolist(), training.converged, training.unit.weights.tolist()
    ([1, 0], True, [2.0])
    """

    weights: np.ndarray
    mistakes: np.ndarray
    corrections: tuple[Correction, ...]
    converged: bool

    @property
    def n_mistakes(self) -> int:
        """Mistakes in all epochs together: what Novikoff's theorem bounds."""
        return len(self.corrections)

    @property
    def unit(self) -> ThresholdUnit:
        """The unit at the end."""
        return ThresholdUnit(weights=self.weights[-1, :-1], bias=self.weights[-1, -1])

    def predict(self, x: Any) -> np.ndarray:
        """What the unit at the end says about the rows of x (N, D): int64 (N,) of 0 and 1."""
        return self.unit.predict(x)


@dataclass(frozen=True, kw_only=True)
class Perceptron:
    """The rule and how it is applied; `fit` applies it.

    Args:
        learning_rate: η. From zero weights it only scales them: but for rounding, mistakes and hyperplane do not
            depend on it.
        order: of the rows in an epoch: "given", "shuffled" (anew each epoch, as `schemes.online` does) or row numbers,
            each row at least once.
        seed: of the shuffling.
        max_epochs: where to stop if no epoch is free of mistakes.

    Raises:
        ArgumentError, UnknownNameError: a number out of range, an unknown order.

    >>> x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> training = Perceptron().fit(x, [0, 0, 0, 1])
    >>> training.converged, training.n_mistakes, training.predict(x).tolist()
    (True, 18, [0, 0, 0, 1])
    """

    learning_rate: float = 1.0
    order: str | Sequence[int] = "given"
    seed: int = 0
    max_epochs: int = 1000

    def __post_init__(self) -> None:
        object.__setattr__(self, "learning_rate", check_number("learning_rate", self.learning_rate, above=0))
        object.__setattr__(self, "max_epochs", check_int("max_epochs", self.max_epochs, minimum=1))
        object.__setattr__(self, "seed", check_int("seed", self.seed, minimum=0))
        if isinstance(self.order, str):
            check_choice("order", self.order, ORDERS)
        else:
            object.__setattr__(self, "order", _row_numbers(self.order))

    def fit(self, x: Any, t: Any, *, start: Any = None) -> PerceptronTraining:
        """Present the rows, epoch after epoch, until one passes without a mistake.

        Args:
            x: (N, D).
            t: (N,), 0 and 1, or -1 and +1 with -1 for class 0: y is compared with the class, so both learn alike.
            start: (D+1,) weights and, last, the bias; None: zeros.

        Raises:
            ShapeError, DataError: arrays that do not fit, values that are not finite, other targets.
            ArgumentError: an order that misses rows of x or names others.
        """
        x = read_rows(x)
        s = signs(read_two_classes(x, t))  # (N,) -1 or +1: which side is right
        rows = augment(x)  # (N, D+1)
        w = np.zeros(rows.shape[1]) if start is None else read_weights(start, (rows.shape[1],), "start").copy()
        weights, mistakes = [frozen(w)], []
        corrections: list[Correction] = []
        for epoch, order in enumerate(self._orders(len(x))):
            n_before = len(corrections)
            for row in order:
                corrected = correct(w, rows[row], s[row], self.learning_rate)
                if corrected is not None:
                    corrections.append(Correction(epoch=epoch, row=row, before=w, after=frozen(corrected)))
                    w = corrected
            weights.append(w)
            mistakes.append(len(corrections) - n_before)
            if not mistakes[-1]:
                break
        return PerceptronTraining(
            weights=frozen(np.array(weights)),
            mistakes=frozen(np.array(mistakes, np.int64)),
            corrections=tuple(corrections),
            converged=mistakes[-1] == 0,
        )

    def _orders(self, n_rows: int) -> Iterator[Sequence[int]]:
        """The row numbers of each epoch."""
        if not isinstance(self.order, str) and set(self.order) != set(range(n_rows)):
            raise ArgumentError(
                f"order must name each of the {n_rows} rows of x, 0 to {n_rows - 1}, at least once: "
                f"got {len(set(self.order))} different ones, up to {max(self.order)}. Check the plan."
            )
        for epoch in range(self.max_epochs):
            if isinstance(self.order, str):
                scheme = Scheme(shuffle=self.order == "shuffled", seed=self.seed)
                yield from (rows.tolist() for rows in scheme.epoch(n_rows, epoch))
            else:
                yield self.order


def correct(w: np.ndarray, row: np.ndarray, side: float, learning_rate: float) -> np.ndarray | None:
    """Present one row: the weights after the mistake, or None if there was none.

    Args:
        w, row: (D+1,) w' and x'.
        side: -1 for class 0, +1 for class 1.
        learning_rate: η.

    >>> correct(np.array([0.0, 0.0]), np.array([2.0, 1.0]), -1.0, 1.0)
    array([-2., -1.])
    """
    # Term by term, the bias last: BLAS may fuse and regroup, and would then see a row that lies exactly on the
    # hyperplane beside it.
    z = (w * row).sum()
    if side * z > 0:
        return None
    return w + learning_rate * side * row  # t - y is the side: +1 where 1 was missed, -1 where 0 was


def _row_numbers(order: Any) -> tuple[int, ...]:
    numbers = tuple(order.tolist() if isinstance(order, np.ndarray) else order)
    if not numbers:
        raise ArgumentError("order must name at least one row: got none. Leave it out for the given order.")
    return tuple(check_int(f"order[{i}]", row, minimum=0) for i, row in enumerate(numbers))
