"""Schemes: which rows each step of an epoch sees.

    batch       all N rows in one step: the exact gradient, one step an epoch
    mini-batch  B rows a step: ⌈N/B⌉ steps, the last on what is left over
    online      one row a step: N steps

A step's gradient is the mean over its rows, an estimate of the gradient over all: the fewer rows, the noisier and the
cheaper. Rows are drawn without replacement, in an order shuffled anew each epoch (Bottou, 2012, on why).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vitral._checks import check_int


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """An index plan for every epoch. `batch`, `mini_batch` and `online` make the three that have names.

    Attributes:
        size: B, rows a step; None takes all.
        shuffle: whether rows come in a new order each epoch, or as they stand.
        seed: of the orders, from 0. Epoch e has an order of its own, whichever epochs were looked at before.

    >>> Scheme(size=32).n_steps(100), Scheme().n_steps(100)
    (4, 1)
    """

    size: int | None = None
    shuffle: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size is not None:
            check_int("size", self.size, minimum=1, remedy="For all rows in one step take the scheme batch.")
        check_int("seed", self.seed, minimum=0)

    def epoch(self, n_rows: int, number: int = 0) -> Iterator[np.ndarray]:
        """Row numbers, (B,) int64 a step, that together are every row once; the last may be fewer.

        Args:
            n_rows: N, at least 1.
            number: of the epoch, from 0.

        >>> [rows.tolist() for rows in mini_batch(2, shuffle=False).epoch(5)]
        [[0, 1], [2, 3], [4]]
        """
        n_rows = check_int("n_rows", n_rows, minimum=1)
        number = check_int("number", number, minimum=0)
        order = np.random.default_rng([self.seed, number]).permutation(n_rows) if self.shuffle else np.arange(n_rows)
        size = self.size or n_rows
        return (order[start : start + size] for start in range(0, n_rows, size))

    def n_steps(self, n_rows: int) -> int:
        """⌈N/B⌉, the steps of an epoch."""
        return -(-check_int("n_rows", n_rows, minimum=1) // (self.size or n_rows))


def batch() -> Scheme:
    """All rows in one step. Their order would change nothing but rounding, so they stay as they stand.

    >>> [rows.tolist() for rows in batch().epoch(4)]
    [[0, 1, 2, 3]]
    """
    return Scheme(shuffle=False)


def mini_batch(size: int, *, shuffle: bool = True, seed: int = 0) -> Scheme:
    """`size` rows a step.

    >>> [len(rows) for rows in mini_batch(3).epoch(8)]
    [3, 3, 2]
    """
    return Scheme(size=size, shuffle=shuffle, seed=seed)


def online(*, shuffle: bool = True, seed: int = 0) -> Scheme:
    """One row a step.

    >>> [rows.tolist() for rows in online(shuffle=False).epoch(3)]
    [[0], [1], [2]]
    """
    return Scheme(size=1, shuffle=shuffle, seed=seed)
