"""One number for a set of arrays: SHA-256 over structure, types, shapes and bytes.

Two nests of arrays have the same digest exactly when a training would see the same data: the bytes are taken in C order
and little-endian, so that neither memory layout nor machine changes it.
"""

import hashlib
from typing import Any

import numpy as np

from vitral._errors import DataError
from vitral._mapped import pieces

_CHUNK = 1 << 24  # bytes copied at a time where an array is not contiguous


def digest(arrays: Any) -> str:
    """SHA-256 of nested arrays.

    Args:
        arrays: an array, anything NumPy makes one of, None, or tuples, lists and dicts (in key order) of these.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> import numpy as np
        >>> from vitral.runs import digest
        >>> digest({"x": np.zeros(3), "y": None})[:12]
        '9a1e49570f20'
        >>> digest(np.ones((2, 2))) == digest(np.asfortranarray(np.ones((2, 2))))
        True
    """
    state = hashlib.sha256()
    _feed(state, arrays)
    return state.hexdigest()


def _feed(state: Any, item: Any) -> None:
    if item is None:
        state.update(b"none;")
    elif isinstance(item, dict):
        state.update(b"dict %d;" % len(item))
        for key in sorted(item, key=lambda k: (type(k).__name__, str(k))):
            state.update(f"key {type(key).__name__} {len(str(key))} {key};".encode())
            _feed(state, item[key])
    elif isinstance(item, tuple | list) and not _is_numbers(item):
        state.update(b"list %d;" % len(item))
        for part in item:
            _feed(state, part)
    else:
        _feed_array(state, np.asarray(item))


def _is_numbers(item: Any) -> bool:
    """Whether a list is a plain array written out, as [[0, 1], [1, 0]] is."""
    while isinstance(item, tuple | list) and item:
        item = item[0]
    return isinstance(item, bool | int | float | complex | str | bytes | np.generic)


def _feed_array(state: Any, array: np.ndarray) -> None:
    if array.dtype.kind == "O":
        raise DataError("arrays must hold numbers or text to be hashed: got dtype object. Convert them first.")
    # Types that NumPy does not know by itself, such as bfloat16, are void to it and tell themselves by name.
    name = array.dtype.name if array.dtype.kind == "V" else array.dtype.newbyteorder("<").str
    state.update(f"array {name} {array.shape};".encode())
    is_big = array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and not np.little_endian)
    kind = array.dtype.newbyteorder("<") if is_big else array.dtype
    if not array.ndim:
        state.update(array.astype(kind).tobytes())
        return
    for _, piece in pieces(array, max(1, _CHUNK // max(1, array.itemsize))):
        state.update(np.ascontiguousarray(piece, dtype=kind).reshape(-1).view(np.uint8))
