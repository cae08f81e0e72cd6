"""Python values as strict JSON, and back.

JSON has no NaN, no infinity and only text for keys. Such values travel in a tagged object:
{"$number": "NaN" | "Infinity" | "-Infinity"} and {"$items": [[key, value], ...]}. Finite floats are written with the
shortest digits that read back to the same bits, as Python's repr does.
"""

import json
import math
import numbers
import os
from typing import Any

import numpy as np

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_TAGS = ("$number", "$items")


def dumps(value: Any) -> str:
    """Strict JSON in ASCII. What JSON cannot say at all (a function, an object) is written as its repr."""
    return json.dumps(encode(value), allow_nan=False, indent=1) + "\n"


def loads(text: str | bytes) -> Any:
    """The inverse of `dumps`; raises ValueError (or RecursionError) for anything else."""
    return decode(json.loads(text, parse_constant=_refuse))


def encode(value: Any) -> Any:
    """`value` in terms that `json.dumps(..., allow_nan=False)` accepts."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _encode_float(float(value))
    if isinstance(value, dict):
        if all(type(k) is str for k in value) and not any(tag in value for tag in _TAGS):
            return {_encode_text(k): encode(v) for k, v in value.items()}
        return {"$items": [[encode(k), encode(v)] for k, v in value.items()]}
    if isinstance(value, tuple | list):
        return [encode(v) for v in value]
    if isinstance(value, set | frozenset):
        return [encode(v) for v in sorted(value, key=repr)]
    if isinstance(value, os.PathLike):
        return os.fspath(value) if isinstance(os.fspath(value), str) else repr(value)
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return encode(array.tolist()) if array.dtype.kind in "biufSU" or array.dtype.kind == "V" else repr(value)
    return repr(value)


def decode(value: Any) -> Any:
    """The inverse of `encode`; tuples come back as lists."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$number"}:
        if value["$number"] not in _WORDS:
            raise ValueError(f"no such number: {value['$number']!r}")
        return _WORDS[value["$number"]]
    if value.keys() == {"$items"}:
        return {decode(k): decode(v) for k, v in value["$items"]}
    return {k: decode(v) for k, v in value.items()}


def _encode_text(value: str) -> str:
    """What is no text (half a surrogate pair, as in names of files that are not UTF-8) as Python escapes it."""
    return str(value) if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _encode_float(value: float) -> Any:
    if math.isfinite(value):
        return value
    return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
