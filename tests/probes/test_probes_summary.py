"""Five numbers against float64, for large, tiny and broken arrays, by NumPy and on the device."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from probing import slowly

from vitral.probes import bins
from vitral.probes.summary import BASIC, norm_of, summarize

NORMAL = np.random.default_rng(0).normal(size=(40, 25)).astype("float32")
ARRAYS = {
    "normal": NORMAL,
    "far from zero": NORMAL + 1000,
    "huge": NORMAL * np.float32(1e37),
    "tiny": NORMAL * np.float32(1e-35),
    "one": np.float32([3]),
    "zeros": np.zeros((2, 3), "float32"),
    "scalar": np.float32(-2).reshape(()),
    "many": np.random.default_rng(1).random(2**18).astype("float32") + 1,
}


def on_device(x):
    numbers, counts = jax.jit(lambda a: summarize(a, jnp))(x)
    return [np.asarray(a) for a in numbers], np.asarray(counts)


@pytest.mark.parametrize("where", [lambda x: summarize(x, np), on_device], ids=["numpy", "jax"])
@pytest.mark.parametrize("name", ARRAYS)
def test_numbers(name, where):
    x = ARRAYS[name]
    numbers, counts = where(x)
    expected = slowly(x)
    for quantity, found in zip(BASIC, numbers, strict=True):
        np.testing.assert_allclose(
            found, expected[quantity], rtol=2e-6, atol=1e-6 * np.abs(x).max(), err_msg=f"{name}: {quantity}"
        )
    np.testing.assert_array_equal(counts, bins.count(x, np))
    assert all(np.asarray(a).dtype == np.float32 for a in numbers)


@pytest.mark.parametrize("where", [lambda x: summarize(x, np), on_device], ids=["numpy", "jax"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows_as_in_numpy(bad, where):
    x = NORMAL.copy()
    x[3, 3] = bad
    numbers, _ = where(x)
    expected = slowly(x)
    np.testing.assert_allclose(numbers, [expected[name] for name in BASIC], rtol=1e-5)


@pytest.mark.parametrize("name", ARRAYS)
def test_the_norm_alone_is_the_same(name):
    x = ARRAYS[name]
    assert norm_of(x, np) == summarize(x, np)[0][BASIC.index("norm")]
