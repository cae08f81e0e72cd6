"""Polynomial features: all products of the columns up to a degree, with which a linear unit draws curves.

    degree 2 of x1, x2:    x1   x2   x1²   x1 x2   x2²

A unit that is linear in these is a polynomial in x. D columns up to degree M make (D+M)!/(D! M!) - 1 of them: 27 of two
columns at degree 6, and 5,004 of nine. The constant is not among them: the bias does its work, and no penalty falls
on it. Order and values are those of scikit-learn's `PolynomialFeatures(M, include_bias=False)`: by degree, and within a
degree by the first columns first.

Letters: N samples, D columns, M the degree, F features.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from math import comb
from typing import Any

import numpy as np

from vitral._checks import check_int
from vitral._errors import ArgumentError
from vitral.foundations._linear import read_rows

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def polynomial_features(x: Any, degree: int) -> np.ndarray:
    """The products of the columns of x, each from those of one degree less.

    Args:
        x: (N, D).
        degree: M, from 0, where there are none.

    Returns:
        float64 (N, F). `polynomial_names` says which is which.

    Raises:
        ArgumentError, ShapeError, DataError: a degree that is no whole number; x of another shape, or not finite.

    >>> polynomial_features([[2.0, 3.0]], 2).tolist()
    [[2.0, 3.0, 4.0, 6.0, 9.0]]
    """
    x, degree = read_rows(x), check_int("degree", degree, minimum=0)
    n_rows, n_columns = x.shape
    found = np.empty((n_rows, comb(n_columns + degree, degree) - 1))
    found[:, :n_columns] = x[:, : found.shape[1]]
    starts, end = range(n_columns), n_columns  # of degree 1: where the products without the columns before j begin
    for _ in range(1, degree):
        at, begun = end, []
        for j in range(n_columns):
            begun.append(at)
            old = found[:, starts[j] : end]
            at += old.shape[1]
            np.multiply(x[:, j, None], old, out=found[:, begun[j] : at])
        starts, end = begun, at
    return found


def polynomial_exponents(n_columns: int, degree: int) -> np.ndarray:
    """The exponent of each column in each feature, in their order: int64 (F, D).

    Raises:
        ArgumentError: numbers that are not whole, or no column.

    >>> polynomial_exponents(2, 2).tolist()
    [[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]]
    """
    n_columns = check_int("n_columns", n_columns, minimum=1)
    degree = check_int("degree", degree, minimum=0)
    chosen = [each for total in range(1, degree + 1) for each in combinations_with_replacement(range(n_columns), total)]
    found = np.zeros((len(chosen), n_columns), np.int64)
    for row, each in zip(found, chosen, strict=True):
        np.add.at(row, list(each), 1)
    return found


def polynomial_names(columns: int | Sequence[str], degree: int) -> list[str]:
    """The features' names, for tables and axes.

    Args:
        columns: how many, for x1, x2, …; or their names.
        degree: M, from 0.

    Raises:
        ArgumentError: no columns, names that are no text, another degree.

    >>> polynomial_names(2, 2), polynomial_names(["age"], 3)
    (['x1', 'x2', 'x1²', 'x1 x2', 'x2²'], ['age', 'age²', 'age³'])
    """
    if isinstance(columns, str) or (
        isinstance(columns, Sequence) and not (columns and all(isinstance(name, str) for name in columns))
    ):
        raise ArgumentError(
            f"columns must be how many there are, or a list of their names: got {columns!r}. Write 2, or ['x1', 'x2']."
        )
    if not isinstance(columns, Sequence):
        columns = [f"x{j + 1}" for j in range(check_int("columns", columns, minimum=1))]
    return [
        " ".join(
            name + (str(power).translate(_RAISED) if power > 1 else "")
            for name, power in zip(columns, row, strict=True)
            if power
        )
        for row in polynomial_exponents(len(columns), degree).tolist()
    ]
