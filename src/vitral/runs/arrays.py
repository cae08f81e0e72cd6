"""Arrays as bytes and back, in the safetensors format: names, dtypes and shapes first, then the numbers as they are.

Nothing in it is compressed and nothing is executed: what a file says it holds is as long as the file itself.
"""

from collections.abc import Mapping

import numpy as np

_DTYPES = {
    **{f"F{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"I{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"U{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
    "BOOL": "bool",
    "C64": "complex64",
}
_SMALL_FLOATS = {"BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2"}  # of ml_dtypes, not NumPy


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays of numbers, by their names, as the content of a file."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array).reshape(array.shape) for name, array in arrays.items()})


def unpack(content: bytes) -> dict[str, np.ndarray]:
    """The inverse of `pack`, bfloat16 and Keras's float8 included.

    Raises:
        ValueError: `content` is no such file.
    """
    from safetensors import SafetensorError, deserialize

    try:
        return {
            name: np.frombuffer(entry["data"], _dtype(entry["dtype"])).reshape(entry["shape"])
            for name, entry in deserialize(content)
        }
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"it holds no arrays ({error})") from error


def _dtype(name: str) -> np.dtype:
    if name in _SMALL_FLOATS:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, _SMALL_FLOATS[name]))
    return np.dtype(_DTYPES[name])
