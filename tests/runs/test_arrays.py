"""Arrays as bytes: every dtype that a Keras variable can have comes back with its bits, its shape and its dtype."""

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load, save

from vitral.runs.arrays import pack, unpack

SMALL_FLOATS = ["bfloat16", "float8_e4m3fn", "float8_e5m2"]
DTYPES = [
    *[np.dtype(getattr(ml_dtypes, name)) for name in SMALL_FLOATS],
    *map(np.dtype, ["float16", "float32", "float64", "bool", "complex64"]),
    *[np.dtype(f"{sign}int{bits}") for sign in ("u", "") for bits in (8, 16, 32, 64)],
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)], ids=str)
def test_every_dtype(dtype, shape):
    array = (np.random.default_rng(0).normal(size=shape) * 3).astype("float32").astype(dtype)
    back = unpack(pack({"a": array, "b": array}))
    assert back.keys() == {"a", "b"}
    for found in back.values():
        assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_an_order_of_memory_is_none_of_numbers():
    array = np.arange(12.0).reshape(3, 4)
    given = {"columns": np.asfortranarray(array), "turned": array.T, "every other": array[:, ::2]}
    for name, found in unpack(pack(given)).items():
        np.testing.assert_array_equal(found, given[name])


def test_the_format_is_that_of_others():
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([True, False])}
    assert {name: a.tolist() for name, a in unpack(save(arrays)).items()} == {n: a.tolist() for n, a in arrays.items()}
    assert {name: a.tolist() for name, a in load(pack(arrays)).items()} == {n: a.tolist() for n, a in arrays.items()}
