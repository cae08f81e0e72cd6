"""`check_arrays`: what is refused, in which words, and at what cost."""

import tracemalloc

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitral._errors import DataError, ShapeError
from vitral.data.validate import check_arrays

ONES = np.ones((4, 2), np.float32)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (ONES, np.arange(4)),
        (ONES, None),
        ([ONES, np.ones((4, 3, 3))], {"a": np.ones(4), "b": [np.zeros((4, 1))]}),
        ({"image": ONES, "vector": (ONES, ONES)}, np.ones(4, bool)),
        (pd.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, 1, 2, 3]}), pd.Series([True, False, True, True])),
        (pd.DataFrame({"a": pd.array([1, 2, 3, 4], dtype="Int64")}), pd.Series([1.0, 2, 3, 4], dtype="Float64")),
        (jnp.ones((4, 2)), jnp.arange(4)),
        (jnp.ones((4, 2), jnp.bfloat16), None),
        ([[1, 2], [3, 4], [5, 6], [7, 8]], [0, 1, 0, 1]),
        (np.ones((4, 2), np.uint8), np.ones(4, np.float16)),
    ],
)
def test_numbers_of_every_kind_pass_and_rows_are_counted(x, y):
    assert check_arrays(x, y) == 4


@pytest.mark.parametrize(
    ("x", "y", "error", "words"),
    [
        (np.ones((100, 2)), np.ones(99), ShapeError, "y must have one row per row of x: x has 100 rows, y has 99."),
        ({"a": ONES, "b": np.ones((5, 1))}, None, ShapeError, r"x\['b'\] must have one row per row of x\['a'\]"),
        ([ONES, [np.ones(3)]], None, ShapeError, r"x\[1\]\[0\] must have one row"),
        (np.float32(3), None, ShapeError, "x must have a row per example"),
        ([[1, 2], [3]], None, ShapeError, "x must be an array with rows of one length"),
        (np.ones((0, 3)), np.ones(0), DataError, r"x must not be empty: got shape \(0, 3\)"),
        (np.ones((3, 0)), None, DataError, r"x must not be empty: got shape \(3, 0\)"),
        ({}, None, DataError, "x must hold at least one array"),
        (ONES, {}, DataError, "y must hold at least one array"),
        (np.array(["a", "b"]), None, DataError, "x must be numbers: got text such as .*'a'"),
        (np.array([1, "b", None], object), None, DataError, "x must be numbers: got objects such as 'b'"),
        (ONES, None, None, ""),
        (np.array(["2020-01-01"], "M8[D]"), None, DataError, "x must be numbers: got dates"),
        (np.ones(3, complex), None, DataError, "x must be numbers: got complex numbers"),
        ((row for row in ONES), None, DataError, "x must be numbers: got a single generator"),
        (pd.DataFrame({"a": [1.0], "city": ["Leeds"]}), None, DataError, "column 'city' of x must be numbers.*'Leeds'"),
        (pd.DataFrame({"a": [1.0], "b": [np.nan]}), None, DataError, "column 'b' of x must not contain NaN"),
        (pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}), None, DataError, "column 'a' of x must not contain"),
        (ONES, [1.0, np.inf, 2.0, 3.0], DataError, r"y must not contain NaN or infinity: got 1 such value, in row 1 "),
        ({"a": [np.array([1, np.nan])]}, None, DataError, r"x\['a'\]\[0\] must not contain"),
        (jnp.array([1.0, jnp.nan], jnp.bfloat16), None, DataError, "x must not contain NaN"),
    ],
)
def test_a_sentence_names_the_array_the_rule_the_value_and_the_remedy(x, y, error, words):
    if error is None:
        assert check_arrays(x, y) == 4
        return
    with pytest.raises(error, match=words) as caught:
        check_arrays(x, y)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_names_are_the_callers():
    with pytest.raises(ShapeError, match="sample_weight must have one row per row of inputs"):
        check_arrays(ONES, np.ones(3), names=("inputs", "sample_weight"))


def test_bad_rows_are_found_beyond_the_first_chunk_and_counted():
    x = np.zeros((700_000, 2), np.float32)
    x[[5, 400_000, 400_001, 699_999], 1] = np.nan, np.inf, -np.inf, np.nan
    x[5, 0] = np.nan
    with pytest.raises(DataError, match=r"got 5 such values, in rows 5, 400000, 400001 and 699999 \(counted from 0\)"):
        check_arrays(x)
    x[:50] = np.nan
    with pytest.raises(DataError, match=r"in 53 rows, the first 0, 1, 2, 3, 4 "):
        check_arrays(x)


def test_large_floats_are_not_copied():
    x = np.ones((4_000_000, 2), np.float32)[:, ::2]
    tracemalloc.start()
    try:
        check_arrays(x, x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < x.nbytes / 10


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=6)), st.booleans())
def test_agrees_with_numpy_on_what_is_finite(x, wrap):
    bad = np.flatnonzero(~np.isfinite(x).reshape(len(x), -1).all(axis=1))
    if not len(bad):
        assert check_arrays({"k": x} if wrap else x) == len(x)
        return
    with pytest.raises(DataError, match=f"got {int((~np.isfinite(x)).sum())} such value"):
        check_arrays({"k": x} if wrap else x)
