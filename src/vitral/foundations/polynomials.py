"""Polynomial features: all products of the columns up to a degree, with which a linear unit draws curves.

    degree 2 of x1, x2:    x1   x2   x1²   x1 x2   x2²

A unit that is linear in these is a polynomial in x. D columns up to degree M make (D+M)!/(D! M!) - 1 of them: 27 of two
columns at degree 6, and 5,004 of nine. The constant is not among them: the bias does its work, and no penalty falls
on it. Order and values are those of scikit-learn's `PolynomialFeatures(M, include_bias=False)`: by degree, and within a
degree by the first columns first.

Letters: N samples, D columns, M the degree, F features.
"""

from collections.abc import Iterable, Iterator
from math import comb, log
from typing import Any

import numpy as np

from vitral._checks import check_int
from vitral._errors import ArgumentError, DataError
from vitral.foundations._linear import read_rows

MOST_FEATURES, MOST_NUMBERS = 10**6, 10**9
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def polynomial_features(x: Any, degree: int) -> np.ndarray:
    """The products of the columns of x, each from those of one degree less.

    Args:
        x: (N, D).
        degree: M, from 0, where there are none.

    Returns:
        float64 (N, F). `polynomial_names` says which is which.

    Raises:
        ArgumentError, ShapeError, DataError: a degree that is no whole number, or makes more than a million features or
            a billion numbers; x of another shape, not finite, or with powers that are not.

    >>> polynomial_features([[2.0, 3.0]], 2).tolist()
    [[2.0, 3.0, 4.0, 6.0, 9.0]]
    """
    x, degree = read_rows(x), check_int("degree", degree, minimum=0)
    n_rows, n_columns = x.shape
    found = np.empty((n_rows, _count(n_columns, degree, n_rows)))
    largest = float(np.abs(x).max())
    if largest > 1 and degree * log(largest) > log(np.finfo(np.float64).max) - 1e-9:
        raise DataError(
            f"x must hold numbers whose powers are finite: got {largest:g}, to degree {degree}. Scale it first."
        )
    found[:, :n_columns] = x[:, : found.shape[1]]
    for j, old, new in _products(n_columns, degree):
        np.multiply(x[:, j, None], found[:, old], out=found[:, new])
    return found


def polynomial_exponents(n_columns: int, degree: int) -> np.ndarray:
    """The exponent of each column in each feature, in their order: int64 (F, D).

    Raises:
        ArgumentError: numbers that are not whole, no column, or more than a million features.

    >>> polynomial_exponents(2, 2).tolist()
    [[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    n_columns = check_int("n_columns", n_columns, minimum=1)
    degree = check_int("degree", degree, minimum=0)
    found = np.zeros((_count(n_columns, degree), n_columns), np.int64)
    first = np.arange(min(n_columns, len(found)))
    found[first, first] = 1
    for j, old, new in _products(n_columns, degree):
        found[new] = found[old]
        found[new, j] += 1
    return found


def _count(n_columns: int, degree: int, n_rows: int | None = None) -> int:
    """F, where so many features of so many rows, or the exponents of so many, can be made."""
    few = min(n_columns, degree) <= 20  # (20+20)!/(20! 20!) is above any limit, and what is above that takes long
    count = comb(n_columns + degree, degree) - 1 if few else MOST_FEATURES + 1
    if count > MOST_FEATURES or count * (n_rows or n_columns) > MOST_NUMBERS:
        rows = "" if n_rows is None else f" and {n_rows} rows"
        raise ArgumentError(
            f"degree must make at most {MOST_FEATURES:,} features, and {MOST_NUMBERS:,} numbers: got {degree}, with "
            f"{n_columns} columns{rows}. Choose a lower one."
        )
    return count


def _products(n_columns: int, degree: int) -> Iterator[tuple[int, slice, slice]]:
    """Column j times these features makes those: (j, these, those), from degree 2."""
    starts, end = range(n_columns), n_columns  # of degree 1: where the products without the columns before j begin
    for _ in range(1, degree):
        at, begun = end, []
        for j in range(n_columns):
            begun.append(at)
            at += end - starts[j]
            yield j, slice(starts[j], end), slice(begun[j], at)
        starts, end = begun, at


def polynomial_names(columns: int | Iterable[str], degree: int) -> list[str]:
    """The features' names, for tables and axes.

    Args:
        columns: how many, for x1, x2, …; or their names, such as a data frame's `columns`.
        degree: M, from 0.

    Raises:
        ArgumentError: no columns, names that are no text, another degree, or one of more than a million features.

    >>> polynomial_names(2, 2), polynomial_names(["age"], 3)
    (['x1', 'x2', 'x1²', 'x1 x2', 'x2²'], ['age', 'age²', 'age³'])
    """
    names = _read_names(columns)
    return [
        " ".join(
            name + (str(power).translate(_RAISED) if power > 1 else "")
            for name, power in zip(names, row, strict=True)
            if power
        )
        for row in polynomial_exponents(len(names), degree).tolist()
    ]


def _read_names(columns: Any) -> list[str]:
    if not isinstance(columns, Iterable):
        return [f"x{j + 1}" for j in range(check_int("columns", columns, minimum=1))]
    names = [] if isinstance(columns, str | bytes) else list(columns)
    if not names or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            f"columns must be how many there are, or a list of their names: got {columns!r}. Write 2, or ['x1', 'x2']."
        )
    return [str(name) for name in names]
