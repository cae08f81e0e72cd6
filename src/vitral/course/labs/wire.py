"""Calls and answers as bytes, in a format that executes nothing and whose every size is bounded.

A frame is the length of what follows (8 bytes), the length of a JSON text (4 bytes), that text, and the bytes of the
arrays that it speaks of, one after another, little-endian. JSON has the numbers, words and lists; an array is
{"array": n} and its type and shape stand in the frame's table. Nothing is unpickled, no class is looked up by name. Who
reads a stranger's frame believes nothing of it: what breaks a rule is a `WireError`, and costs no memory before.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import fields
from math import prod
from typing import Any

import numpy as np

from vitral._checks import readable
from vitral.course.labs.lab import Answer, Call, Data, ModelData

LARGEST_FRAME = 64 * 2**20  # bytes
LARGEST_TEXT = 4 * 2**20  # bytes of JSON
LONGEST_WORD = 20_000  # characters
MOST_ITEMS = 200_000  # in all lists of a frame
MOST_ARRAYS = 10_000
DEEPEST = 10
DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16", "float32", "float64")  # fmt: skip
MOST_LINES, LONGEST_LINE = 10, 120  # of what is kept of what was printed
TROUBLES = (None, "missing", "not callable", "raised", "not data")  # those that a student's process may report


class WireError(ValueError):
    """Bytes that are no frame, or hold what a frame may not hold."""


def encode(message: dict[str, Data]) -> bytes:
    """A message of data, models and mappings of these as one frame.

    Raises:
        WireError: it is too large, too deep, or holds something that is no data.
    """
    arrays: list[np.ndarray] = []
    text = json.dumps(
        {"message": _pack(message, arrays, DEEPEST), "arrays": [[a.dtype.name, list(a.shape)] for a in arrays]}
    ).encode()
    size = 4 + len(text) + sum(array.nbytes for array in arrays)
    if size > LARGEST_FRAME or len(text) > LARGEST_TEXT or len(arrays) > MOST_ARRAYS:
        raise WireError(f"too much for one frame: {size} bytes, {len(arrays)} arrays")
    little = (np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    return b"".join([struct.pack("<QI", size, len(text)), text, *little])


def read_frame(read: Callable[[int], bytes]) -> dict[str, Data] | None:
    """The message in the next frame; `read(n)` has to return n bytes, or fewer where the stream ends. None: it ended.

    Raises:
        WireError: the stream ends within a frame, or the frame breaks a rule.
    """
    head = read(8)
    if not head:
        return None
    if len(head) < 8:
        raise WireError("a frame that breaks off")
    body = read(frame_size(head))
    if len(body) < frame_size(head):
        raise WireError("a frame that breaks off")
    return decode(body)


def frame_size(head: bytes) -> int:
    """The bytes that follow the first 8 of a frame.

    Raises:
        WireError: more than a frame may have.
    """
    (size,) = struct.unpack("<Q", head)
    if not 4 <= size <= LARGEST_FRAME:
        raise WireError(f"a frame of {size} bytes")
    return size


def decode(body: bytes) -> dict[str, Data]:
    """The message in a frame without its first 8 bytes.

    Raises:
        WireError: it breaks a rule.
    """
    if len(body) < 4:
        raise WireError("a frame that breaks off")
    (n_text,) = struct.unpack_from("<I", body)
    if n_text > LARGEST_TEXT or 4 + n_text > len(body):
        raise WireError(f"a text of {n_text} bytes")
    try:
        header = json.loads(body[4 : 4 + n_text])
    except (ValueError, RecursionError) as error:
        raise WireError("a text that is no JSON") from error
    if not isinstance(header, dict) or set(header) != {"message", "arrays"} or not isinstance(header["message"], dict):
        raise WireError("a frame without its parts")
    arrays = _arrays(header["arrays"], memoryview(body)[4 + n_text :])
    return _unpack(header["message"], arrays, DEEPEST, [MOST_ITEMS])


def _pack(value: Any, arrays: list[np.ndarray], depth: int) -> Any:
    if value is None or type(value) in (bool, float):
        return value
    if type(value) is int and abs(value) < 2**127:
        return value
    if type(value) is str and len(value) <= LONGEST_WORD:
        return value.encode("utf-8", "replace").decode()
    if type(value) is np.ndarray and value.dtype.name in DTYPES:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if depth == 0:
        raise WireError("lists in lists that are too deep")
    if isinstance(value, list | tuple):
        return [_pack(item, arrays, depth - 1) for item in value]
    if type(value) is ModelData:
        return {"model": [_pack(getattr(value, f.name), arrays, depth - 1) for f in fields(ModelData)]}
    if type(value) is dict and all(type(key) is str for key in value):
        return {"map": [[key, _pack(item, arrays, depth - 1)] for key, item in value.items()]}
    raise WireError(f"{type(value).__name__} is no data")


def _arrays(table: Any, rest: memoryview) -> list[np.ndarray]:
    """The arrays whose types and shapes are in `table`, from exactly the bytes in `rest`."""
    if not isinstance(table, list) or len(table) > MOST_ARRAYS:
        raise WireError("a table of arrays that is none")
    found, start = [], 0
    for row in table:
        if not (isinstance(row, list) and len(row) == 2 and row[0] in DTYPES and isinstance(row[1], list)):
            raise WireError("an array of an unknown type")
        name, shape = row
        # Of an empty array, too, the sides are multiplied by NumPy.
        is_whole = len(shape) <= 8 and all(type(n) is int and n >= 0 for n in shape)
        if not is_whole or prod(n for n in shape if n) > LARGEST_FRAME:
            raise WireError("an array of an impossible shape")
        dtype = np.dtype(name).newbyteorder("<")
        n_bytes = prod(list(shape)) * dtype.itemsize
        if start + n_bytes > len(rest):
            raise WireError("an array that breaks off")
        raw = rest[start : start + n_bytes]
        if name == "bool" and n_bytes and np.frombuffer(raw, "uint8").max() > 1:
            raise WireError("truth values that are neither")
        found.append(np.frombuffer(raw, dtype).reshape(shape).astype(name))  # a copy of its own
        start += n_bytes
    if start != len(rest):
        raise WireError("bytes that belong to no array")
    return found


def _unpack(value: Any, arrays: list[np.ndarray], depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        raise WireError("lists that are too long or too deep")
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if abs(value) >= 2**127:
            raise WireError("a whole number that is too large")
        return value
    if isinstance(value, str):
        if len(value) > LONGEST_WORD:
            raise WireError("a text that is too long")
        return value
    if isinstance(value, list):
        return [_unpack(item, arrays, depth - 1, left) for item in value]
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        if key == "array" and type(inner) is int and 0 <= inner < len(arrays):
            return arrays[inner]
        if key == "model" and isinstance(inner, list):
            return _model([_unpack(item, arrays, depth - 1, left) for item in inner])
        if key == "map":
            return _mapping(inner, arrays, depth, left)
    if depth == DEEPEST and isinstance(value, dict):  # the message itself
        return _mapping(value.get("map"), arrays, depth, left)
    raise WireError("something that is no data")


def _mapping(pairs: Any, arrays: list[np.ndarray], depth: int, left: list[int]) -> dict[str, Data]:
    if not isinstance(pairs, list):
        raise WireError("a mapping that is none")
    found = {}
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and len(pair[0]) <= 200):
            raise WireError("a mapping that is none")
        found[pair[0]] = _unpack(pair[1], arrays, depth - 1, left)
    return found


# ---------------------------------------------------------------- calls, answers, models


def call_data(call: Call) -> dict[str, Data]:
    """A call as a mapping of data."""
    return {
        "function": call.function,
        "arguments": list(call.arguments),
        "then": None if call.then is None else list(call.then),
    }


def as_call(data: Any) -> Call:
    """The call in a mapping that comes from the grader itself."""
    then = data["then"]
    arguments = tuple(data["arguments"])
    return Call(function=data["function"], arguments=arguments, then=None if then is None else tuple(then))


def answer_data(answer: Answer) -> dict[str, Data]:
    """An answer as a mapping of data."""
    return {f.name: getattr(answer, f.name) for f in fields(Answer)}


def as_answer(data: Any) -> Answer:
    """The answer in a mapping that comes from a stranger.

    Raises:
        WireError: it has other parts than an answer has, or says what only the grader may say.
    """
    if not isinstance(data, dict) or set(data) != {f.name for f in fields(Answer)}:
        raise WireError("an answer without its parts")
    trouble, words = data["trouble"], [data["message"], data["kind"], data["printed"]]
    if not (trouble is None or isinstance(trouble, str)) or trouble not in TROUBLES:
        raise WireError("an answer that says what it may not")
    if not all(isinstance(word, str) for word in words):
        raise WireError("an answer without its words")
    message, kind = plain(words[0]), plain(words[1])
    value = None if trouble is not None else data["value"]
    return Answer(value=value, trouble=trouble, message=message, kind=kind, printed=plain_lines(words[2]))


def plain(text: str, longest: int = 400) -> str:
    """A stranger's words in one line that a terminal and a page can show: what is not printable is left out."""
    return readable(text[:longest], " ").strip()


def plain_lines(text: str) -> str:
    """A stranger's lines, the first ones, each as `plain` has it."""
    return "\n".join(plain(line, LONGEST_LINE) for line in text[: MOST_LINES * LONGEST_LINE].split("\n")[:MOST_LINES])


def _model(parts: list[Any]) -> ModelData:
    """A stranger's model; the number of its parameters is counted again."""
    if len(parts) != len(fields(ModelData)):
        raise WireError("a model without its parts")
    kind, layers, is_compiled, _, input_shape, weights = parts
    holds = (
        kind in ("Sequential", "Functional", "subclassed")
        and isinstance(layers, list)
        and all(isinstance(layer, dict) and isinstance(layer.get("class"), str) for layer in layers)
        and isinstance(is_compiled, bool)
        and isinstance(input_shape, list)
        and all(n is None or type(n) is int for n in input_shape)
        and isinstance(weights, list)
        and all(isinstance(array, np.ndarray) for array in weights)
    )
    if not holds:
        raise WireError("a model that is none")
    n_parameters = sum(int(array.size) for array in weights)
    return ModelData(
        kind=kind,
        layers=layers,
        is_compiled=is_compiled,
        n_parameters=n_parameters,
        input_shape=input_shape,
        weights=weights,
    )
