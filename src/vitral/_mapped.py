"""Arrays that are not to be read whole: those in memory-mapped files, and casts put off until rows are asked for.

A page of a mapped file that was read belongs to the process until the system wants it back. What goes through such an
array from end to end gives the pages back as it goes, and then takes no more memory for a larger file.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vitral._errors import DataError

_KEPT = 1 << 24  # bytes of a mapped file that are read before their pages are given back


class Cast:
    """An array (N, ...) as another type: rows are cast when they are taken, all of them only by `np.asarray`."""

    def __init__(self, array: np.ndarray, dtype: Any) -> None:
        self.array, self.dtype = array, np.dtype(dtype)
        self.shape, self.ndim, self.size = array.shape, array.ndim, array.size

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, rows: Any) -> np.ndarray:
        return np.asarray(self.array[rows]).astype(self.dtype)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.array).astype(self.dtype if dtype is None else dtype)


def mapping_of(array: Any) -> mmap.mmap | None:
    """The mapped file that an array, or what it is a view of, lies in; None for memory."""
    return _origin(array)[0]


def is_mapped(array: Any) -> bool:
    """Whether an array, or what it casts, lies in a mapped file."""
    return mapping_of(array.array if isinstance(array, Cast) else array) is not None


def place_of(array: Any) -> dict[str, Any] | None:
    """Where an array in a mapped file lies, in plain values, to be mapped again by `map_again`.

    None for memory, for a private copy of a file, and for what is not one stretch of it.
    """
    mapping, mode = _origin(array)
    whole = array
    while isinstance(whole, np.ndarray) and not (isinstance(whole, np.memmap) and isinstance(whole.base, mmap.mmap)):
        whole = whole.base
    if mapping is None or mode not in ("r", "r+", "w+") or not isinstance(whole, np.memmap) or whole.filename is None:
        return None
    if not array.flags.c_contiguous or array.dtype.hasobject or array.dtype.kind == "V":
        return None
    begin = whole.offset - whole.offset % mmap.ALLOCATIONGRANULARITY
    facts = Path(whole.filename).stat()
    return {
        "file": str(Path(whole.filename).absolute()),
        "offset": begin + array.ctypes.data - np.frombuffer(mapping, "uint8").ctypes.data,
        "shape": list(array.shape),
        "dtype": array.dtype.str,
        "bytes": facts.st_size,
        "changed": facts.st_mtime_ns,
    }


def map_again(place: dict[str, Any]) -> np.ndarray:
    """The array that `place_of` has described.

    Raises:
        DataError: the file is not there, or no longer as it was.
        KeyError, TypeError, ValueError: `place` is something else.
    """
    file = Path(place["file"])
    facts = file.stat() if file.is_file() else None
    if facts is None or (facts.st_size, facts.st_mtime_ns) != (place["bytes"], place["changed"]):
        what = "is not there" if facts is None else "has been changed since"
        raise DataError(
            f"the data must be those that the training began with: {str(file)!r} {what}. Bring it back as it was."
        )
    return np.memmap(file, np.dtype(place["dtype"]), "r", place["offset"], tuple(place["shape"]))


def give_back(array: Any) -> None:
    """Let the system have the pages that an array in a mapped file covers; reading them again brings them back."""
    mapping, mode = _origin(array)
    # Not of a private copy ("c"), whose changes are nowhere else.
    if mapping is None or mode not in ("r", "r+", "w+") or not hasattr(mmap, "MADV_DONTNEED") or not array.size:
        return
    spans = [(n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True)]
    first = array.ctypes.data - np.frombuffer(mapping, "uint8").ctypes.data + sum(s for s in spans if s < 0)
    end = first + sum(map(abs, spans)) + array.itemsize
    first -= first % mmap.PAGESIZE
    mapping.madvise(mmap.MADV_DONTNEED, first, end - first)


def pieces(array: np.ndarray, n_values: int) -> Iterator[tuple[int, np.ndarray]]:
    """Consecutive slices of rows with about `n_values` values each, and the number of the first row of each.

    Of a mapped file the pages are given back on the way.
    """
    row = max(1, array.size // max(1, len(array)))
    step = max(1, n_values // row)
    often, kept = max(1, _KEPT // max(1, step * row * array.itemsize)) * step, 0
    for start in range(0, len(array), step):
        yield start, array[start : start + step]
        if start + step - kept >= often or start + step >= len(array):
            give_back(array[kept : start + step])
            kept = start + step


def _origin(array: Any) -> tuple[mmap.mmap | None, str | None]:
    """The mapped file behind an array and the mode that it was opened in, as far as NumPy knows them."""
    mode = None
    while isinstance(array, np.ndarray | memoryview):
        if isinstance(array, np.memmap):
            mode = array.mode or mode
        array = array.obj if isinstance(array, memoryview) else array.base
    return (array, mode) if isinstance(array, mmap.mmap) else (None, None)
