"""Truth tables: their order, and Boolean functions by Python's own operators."""

import operator

import numpy as np
import pytest

from vitral.course.truth_tables import FUNCTIONS, truth_rows


def test_rows_count_upward():
    assert truth_rows(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [int("".join(map(str, row.astype(int))), 2) for row in truth_rows(4)] == list(range(16))


def test_rows_are_shared_and_so_read_only():
    with pytest.raises(ValueError, match="read-only"):
        truth_rows(2)[0, 0] = 1


def test_columns_are_those_of_the_operators():
    a, b = truth_rows(2).astype(int).T
    for name, function in {"and": operator.and_, "or": operator.or_, "xor": operator.xor}.items():
        np.testing.assert_array_equal(FUNCTIONS[name], function(a, b))
    np.testing.assert_array_equal(FUNCTIONS["nand"], 1 - (a & b))
