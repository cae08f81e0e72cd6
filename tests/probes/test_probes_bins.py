"""Bins: every float has one, counts add up, and quantiles are as near as they say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from probing import check_quantiles, histogram

from vitral.probes import bin_edges, bins

ODD = np.array([0.0, -0.0, 5e-324, 1e-45, -1e-45, 1.1754942e-38, 2.0**-127, -(2.0**-126), 1.5, -1.5, 2.0], "float32")
ODD = np.concatenate([ODD, np.array([np.inf, -np.inf, np.nan, 3.4028235e38, -3.4028235e38], "float32")])
SIGNALLING = np.array([0x7F800001, 0xFF800001, 0x7FC00000], np.uint32).view(np.float32)
count_on_device = jax.jit(lambda x: bins.count(x, jnp))

any_bits = hnp.arrays(np.uint32, st.integers(1, 40)).map(lambda bits: bits.view(np.float32))
usual = hnp.arrays(np.float32, st.integers(1, 200), elements=st.floats(-1e3, 1e3, width=32))


def test_edges_ascend_by_a_half_and_a_third():
    edges = bin_edges()
    assert edges.shape == (bins.N_BINS + 1,)
    assert (edges[0], edges[-1]) == (-(2.0**128), 2.0**128)
    assert (np.diff(edges) > 0).all()
    np.testing.assert_array_equal(edges, -edges[::-1])
    positive = edges[edges > 0]
    ratios = positive[2:] / positive[1:-1]  # above 2^-126; below, float32's numbers are evenly spaced
    np.testing.assert_array_equal(np.unique(ratios), [4 / 3, 1.5])
    with pytest.raises(ValueError):
        edges[0] = 1


@given(any_bits)
@example(ODD)
@example(SIGNALLING)
@settings(max_examples=300, deadline=None)
def test_every_float_is_counted_once_where_numpy_counts_it(x):
    raw = bins.count(x, np)
    counts, other = bins.fold(raw)
    assert raw.sum() == len(x)
    assert other == (~np.isfinite(x)).sum()
    np.testing.assert_array_equal(counts, histogram(x))
    np.testing.assert_array_equal(bins.is_zero(x, np), np.abs(x) < np.float32(2.0**-127))


def test_the_device_counts_as_numpy_does():
    x = np.random.default_rng(0).integers(0, 2**32, 4096, dtype=np.uint32).view(np.float32)
    x[: len(ODD)] = ODD
    np.testing.assert_array_equal(count_on_device(x), bins.count(x, np))
    np.testing.assert_array_equal(jax.jit(lambda a: bins.is_zero(a, jnp))(x), bins.is_zero(x, np))
    both = np.stack([x, x[::-1]])
    np.testing.assert_array_equal(jax.vmap(count_on_device)(both), [bins.count(row, np) for row in both])


@given(any_bits, any_bits)
@settings(deadline=None)
def test_histograms_of_parts_add_up_to_that_of_the_whole(a, b):
    np.testing.assert_array_equal(bins.count(a, np) + bins.count(b, np), bins.count(np.concatenate([a, b]), np))


@given(usual)
@example(np.zeros(3, "float32"))
@example(np.float32([-1, 1]))
@example(np.float32([1e-45, 3]))
@settings(max_examples=300, deadline=None)
def test_quantiles_are_in_the_bin_of_the_exact_ones(x):
    counts, _ = bins.fold(bins.count(x, np))
    found = bins.quantiles(counts, x.min(), x.max())
    check_quantiles(found, x)
    assert (np.diff(found) >= 0).all()


def test_quantiles_of_many_numbers_are_near():
    """Within a bin a smooth density is nearly even, so that the error is far below the bound."""
    x = np.random.default_rng(0).normal(size=100_000).astype("float32")
    counts, _ = bins.fold(bins.count(x, np))
    exact = np.quantile(x, [0.05, 0.25, 0.5, 0.75, 0.95])
    np.testing.assert_allclose(bins.quantiles(counts, x.min(), x.max()), exact, rtol=0.03, atol=1e-3)


def test_quantiles_of_nothing_finite_are_none():
    counts, other = bins.fold(bins.count(np.float32([np.nan, np.inf]), np))
    assert other == 2
    assert np.isnan(bins.quantiles(counts, np.nan, np.nan)).all()
    counts, _ = bins.fold(bins.count(np.float32([np.nan, 1, 1]), np))
    assert (np.abs(bins.quantiles(counts, np.nan, np.nan) - 1.25) <= 0.25).all()


def test_quantiles_go_row_by_row():
    x = np.random.default_rng(0).normal(size=(2, 3, 50)).astype("float32")
    counts, _ = bins.fold(np.stack([[bins.count(row, np) for row in rows] for rows in x]))
    found = bins.quantiles(counts, x.min(-1), x.max(-1))
    assert found.shape == (2, 3, 5)
    for i in np.ndindex(2, 3):
        np.testing.assert_array_equal(found[i], bins.quantiles(counts[i], x[i].min(), x[i].max()))
