"""Nested values as JSON beside numbered arrays, and back: tuples stay tuples, scalars of NumPy keep type and bits.

    pack({"w": (array, 0.1)}, arrays)  ->  {"w": {"$tuple": [{"$array": "0"}, 0.1]}},  arrays["0"] = array

An array that stands in several places is kept once; a large one in a mapped file stays there, and is mapped again.
Types that only ml_dtypes knows (bfloat16) travel as whole numbers of their size, under their name.
"""

from typing import Any

import numpy as np

from vitral._mapped import is_mapped, map_again, place_of

_TAGS = ("$array", "$file", "$tuple")
_LARGE = 1 << 26  # bytes; what is smaller is kept, should its file go away


class UnknownValueError(Exception):
    """A value is neither plain nor an array; the message says what it is."""


class Arrays:
    """Arrays by the number under which they stand in a packed value."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.mapped: list[str] = []  # those that lie in a file, and are too large for memory, perhaps
        self._names: dict[int, str] = {}
        self._alive: list[Any] = []  # an address is that of one array only while it lives

    def name(self, given: Any) -> str:
        """The number of an array, the next one if it is new."""
        if id(given) not in self._names:
            self._names[id(given)] = str(len(self._names))
            self._alive.append(given)
            array = np.asarray(given)
            if array.dtype.kind == "O":
                raise UnknownValueError("an array of objects")
            self.arrays[self._names[id(given)]] = array
            if is_mapped(array):
                self.mapped.append(self._names[id(given)])
        return self._names[id(given)]


def pack(value: Any, arrays: Arrays) -> Any:
    """`value` as what JSON knows; its arrays go into `arrays`.

    Raises:
        UnknownValueError: a part of it is an object of some other kind.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, dict):
        if any(tag in value for tag in _TAGS):
            raise UnknownValueError(f"a dict with the key {next(t for t in _TAGS if t in value)!r}")
        return {key: pack(part, arrays) for key, part in value.items()}
    if type(value) is list:
        return [pack(part, arrays) for part in value]
    if type(value) is tuple:
        return {"$tuple": [pack(part, arrays) for part in value]}
    if hasattr(value, "__array__"):
        if isinstance(value, np.ndarray) and value.nbytes > _LARGE and (place := place_of(value)) is not None:
            return {"$file": place}
        name = arrays.name(value)
        kind = arrays.arrays[name].dtype
        return {"$array": name, "dtype": kind.name} if kind.kind == "V" else {"$array": name}
    raise UnknownValueError(f"a {type(value).__name__}")


def unpack(value: Any, arrays: Any) -> Any:
    """The inverse of `pack`.

    Args:
        arrays: name -> array.

    Raises:
        DataError: a mapped file is not there, or no longer as it was.
        KeyError, TypeError, ValueError, AttributeError: the two do not fit each other.
    """
    if isinstance(value, list):
        return [unpack(part, arrays) for part in value]
    if not isinstance(value, dict):
        return value
    if "$tuple" in value:
        return tuple(unpack(part, arrays) for part in value["$tuple"])
    if "$file" in value:
        return map_again(value["$file"])
    if "$array" not in value:
        return {key: unpack(part, arrays) for key, part in value.items()}
    array = arrays[value["$array"]]
    if "dtype" in value:
        import ml_dtypes

        array = array.view(np.dtype(getattr(ml_dtypes, value["dtype"])))
    return array[()] if array.ndim == 0 else array


def storable(array: np.ndarray) -> np.ndarray:
    """The array in C order, of a type that files of arrays know."""
    array = np.asarray(array, order="C")
    return array.view(f"u{array.dtype.itemsize}") if array.dtype.kind == "V" else array
