"""Which rows go where: seeded draws that keep each class's share.

A draw holds out `count` rows and leaves the rest. With class numbers it is stratified: every class gives its
share of the held-out rows, to within a row. What cannot be shared is not:
 - the only row of a class stays where it is (for a split: in training, where alone it can be of use);
 - when one of the two sides would have fewer rows than there are classes, the draw is a plain one.
NumPy's global random state is neither read nor changed.
"""

from typing import NamedTuple

import numpy as np

from vitral._errors import ArgumentError, DataError


class Rows(NamedTuple):
    """Row numbers of each part: together all rows drawn from, none twice."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_rows(rows: np.ndarray, labels: np.ndarray | None, *, validation: float, test: float, seed: int) -> Rows:
    """Divide `rows` in three.

    Args:
        rows: (M,) row numbers.
        labels: (N,) class numbers, indexed by row number; None for a plain draw.
        validation, test: shares of the M rows. Any share above 0 gives at least a row, share 0 none; the
            order of rows is kept where nothing is drawn, otherwise shuffled.
        seed: of both draws; the test part does not depend on the share of validation.

    Raises:
        DataError: fewer rows than parts.
    """
    n_test, n_validation = (max(1, round(share * len(rows))) if share else 0 for share in (test, validation))
    if len(rows) - n_test - n_validation < 1:
        raise DataError(
            f"x must have a row for each part: got {len(rows)} rows, {n_validation} of them for validation and "
            f"{n_test} for test, which leaves none for training. Ask for smaller parts, or bring more rows."
        )
    rest, held_test = hold_out(rows, labels, n_test, seed=seed)
    train, held_validation = hold_out(rest, labels, n_validation, seed=seed)
    return Rows(train=train, validation=held_validation, test=held_test)


def choose_rows(n_rows: int, labels: np.ndarray | None, *, n: int | None, seed: int) -> np.ndarray:
    """`n` row numbers of `n_rows`, a stratified draw; all of them, in order, for None.

    Raises:
        ArgumentError: more rows asked for than there are.
    """
    rows = np.arange(n_rows)
    if n is None:
        return rows
    if n > n_rows:
        raise ArgumentError(
            f"n must be at most the number of rows, {n_rows}: got {n}. Leave n out to take all of them."
        )
    return rows if n == n_rows else hold_out(rows, labels, n, seed=seed)[1]


def hold_out(rows: np.ndarray, labels: np.ndarray | None, count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows left, `count` rows held out): one draw, as this module's first lines say. 0 <= count < len(rows)."""
    from sklearn.model_selection import train_test_split

    if count == 0:
        return rows, rows[:0]
    shared, alone, stratify = rows, rows[:0], None
    if labels is not None:
        own = labels[rows]
        is_alone = np.bincount(own)[own] == 1
        n_classes = len(np.unique(own[~is_alone]))
        if n_classes <= count <= int((~is_alone).sum()) - n_classes:
            shared, alone, stratify = rows[~is_alone], rows[is_alone], own[~is_alone]
    left, held = train_test_split(shared, test_size=count, random_state=seed, stratify=stratify)
    left, held = np.asarray(left), np.asarray(held)
    if len(alone):
        left = np.random.default_rng(seed).permutation(np.concatenate([left, alone]))
    return left, held
