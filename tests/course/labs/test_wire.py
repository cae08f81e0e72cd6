"""Calls and answers as bytes: what goes in comes out, and a stranger's bytes do nothing but fail."""

import json
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitral.course.labs import wire
from vitral.course.labs.lab import Answer, Call, ModelData
from vitral.course.labs.wire import WireError

ARRAYS = st.sampled_from(wire.DTYPES).flatmap(lambda name: hnp.arrays(name, hnp.array_shapes(min_side=0, max_side=4)))
WHOLE = st.integers(1 - 2**127, 2**127 - 1)
LEAVES = st.none() | st.booleans() | WHOLE | st.floats() | st.text(max_size=50) | ARRAYS
DATA = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


def same(one, two):
    if isinstance(one, np.ndarray):
        return type(two) is np.ndarray and one.dtype == two.dtype and np.array_equal(
            one, two, equal_nan=one.dtype.kind == "f")  # fmt: skip
    if isinstance(one, list):
        return isinstance(two, list) and len(one) == len(two) and all(map(same, one, two))
    return type(one) is type(two) and (one == two or one != one)


def there_and_back(message):
    frame = wire.encode(message)
    pieces = iter([frame[:8], frame[8:]])
    return wire.read_frame(lambda n: next(pieces)[:n])


@given(st.dictionaries(st.text(max_size=20), DATA, max_size=4))
def test_what_is_sent_is_what_comes(message):
    back = there_and_back(message)
    assert back is not None
    assert back.keys() == message.keys()
    assert all(same(message[key], back[key]) for key in message)


@given(st.text(max_size=20), st.lists(ARRAYS, max_size=3), st.none() | st.lists(ARRAYS, max_size=2))
def test_calls(function, arguments, then):
    call = Call(function=function, arguments=tuple(arguments), then=None if then is None else tuple(then))
    back = there_and_back({"call": wire.call_data(call)})
    assert back is not None
    found = wire.as_call(back["call"])
    assert (found.function, found.then is None) == (function, then is None)
    assert same(arguments, list(found.arguments))
    assert same(then or [], list(found.then or ()))


def model(**changed):
    layers = [{"class": "Dense", "units": 3, "kernel_regularizer": {"class": "L2", "l2": 0.5}, "axis": None}]
    data = {"kind": "Sequential", "layers": layers, "is_compiled": False, "n_parameters": 9, "input_shape": [None, 2],
            "weights": [np.ones((2, 3), "float32"), np.zeros(3)]}  # fmt: skip
    return ModelData(**(data | changed))


def test_models_come_with_their_parameters_counted_again():
    back = there_and_back({"answer": wire.answer_data(Answer(value=model(n_parameters=10**9)))})
    assert back is not None
    value = wire.as_answer(back["answer"]).value
    assert value.n_parameters == 9
    assert (value.kind, value.layers, value.input_shape) == ("Sequential", model().layers, [None, 2])
    assert same(model().weights, value.weights)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "Own"}, {"layers": [3]}, {"layers": [{"name": "a"}]}, {"layers": [{"class": 3}]}, {"layers": None},
        {"is_compiled": 0}, {"input_shape": ["2"]}, {"input_shape": [True]}, {"weights": [[1.0]]}, {"weights": 3},
    ],
    ids=str,
)  # fmt: skip
def test_models_that_are_none_are_refused(changed):
    with pytest.raises(WireError):
        there_and_back({"answer": model(**changed)})


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, {3}, b"x", 1j, 2**127, "x" * 20_001, np.array(["a"]), np.array([object()]), np.ones(2, "c8"),
     np.zeros((2, 2)).view(type("Own", (np.ndarray,), {})), np.zeros(9 << 20)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_data_is_not_sent(value):
    with pytest.raises(WireError):
        wire.encode({"value": value})


def test_lists_are_bounded():
    deep: list = []
    for _ in range(wire.DEEPEST + 1):
        deep = [deep]
    with pytest.raises(WireError, match="deep"):
        wire.encode({"value": deep})
    frame = wire.encode({"value": [0] * (wire.MOST_ITEMS + 1)})
    with pytest.raises(WireError, match="too long"):
        wire.decode(frame[8:])


# ---------------------------------------------------------------- a stranger's bytes


def body(text, rest=b""):
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    return struct.pack("<I", len(text)) + text + rest


def table(*rows, value=None):
    return {"message": {"map": [["v", value]]}, "arrays": list(rows)}


HOSTILE = [
    b"", b"\0", body(b""), body(b"[" * 100_000), body(b"nonsense"), body(b"\xff\xfe"), body(b"1" * 5000), body([]),
    body({}), body({"message": 3, "arrays": []}), body({"message": {}, "arrays": []}), body(table(3)),
    body({"message": {"map": 3}, "arrays": []}), body({"message": {"map": [[1, 2]]}, "arrays": []}),
    body({"message": {"map": [["a" * 300, 2]]}, "arrays": []}), body({"message": {"map": []}, "arrays": {}}),
    body(table(["float64", [1 << 26]])), body(table(["float64", [0, 1 << 26, 1 << 26, 1 << 26, 1 << 26]])),
    body(table(["float64", [-1]])), body(table(["float64", [True]])), body(table(["float64", [1.0]])),
    body(table(["float64", [1] * 40])), body(table(["object", [1]]), bytes(8)), body(table([["float64"], [1]])),
    body(table(["bool", [2]]), b"\1\2"), body(table(), b"left over"), body(table(["float64", [1]] * 1)),
    body(table(value={"array": 0})), body(table(value={"array": -1})), body(table(value={"array": True})),
    body(table(value={"array": "0"})), body(table(value={"model": []})), body(table(value={"model": 3})),
    body(table(value={"other": 3})), body(table(value={"array": 0, "map": []})), body(table(value=2**127)),
    body(table(value="x" * 30_000)), body(table(*[["int8", [0]]] * (wire.MOST_ARRAYS + 1))),
    struct.pack("<I", 2**32 - 1), struct.pack("<I", wire.LARGEST_TEXT + 1) + bytes(100),
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: repr(content[:50]))
def test_hostile_bytes_are_a_wire_error_and_cost_nothing(content):
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            wire.decode(content)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=300))
@example(struct.pack("<QI", 2**63, 4))
def test_no_bytes_raise_anything_else(content):
    left = [content]

    def read(n):
        piece, left[0] = left[0][:n], left[0][n:]
        return piece

    try:
        wire.read_frame(read)
    except WireError:
        return
    assert content == b"", "no frame is that short"


@given(st.data())
def test_no_change_of_a_frame_raises_anything_else(data):
    frame = bytearray(wire.encode({"answer": wire.answer_data(Answer(value=[model(), np.ones(3), "text", 2.5, True]))}))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(8, len(frame) - 1))
        frame[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        message = wire.decode(bytes(frame[8:]))
        wire.as_answer(message.get("answer"))
    except WireError:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["float64", "bool", "map", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["array", "model", "map", "x"]), inner, max_size=2)
    ),
    max_leaves=10,
)


@given(JSON, JSON, st.binary(max_size=20))
def test_no_header_raises_anything_else(message, arrays, rest):
    try:
        wire.as_answer(wire.decode(body({"message": {"map": [["v", message]]}, "arrays": arrays}, rest)))
    except WireError:
        pass


@pytest.mark.parametrize("size", [0, 3, wire.LARGEST_FRAME + 1, 2**64 - 1])
def test_no_frame_is_read_that_is_too_large(size):
    asked = []

    def read(n):
        asked.append(n)
        return struct.pack("<Q", size)

    with pytest.raises(WireError):
        wire.read_frame(read)
    assert asked == [8]


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "changed",
    [{"trouble": "timeout"}, {"trouble": "crash"}, {"trouble": "refused"}, {"trouble": ["raised"]}, {"message": 3},
     {"kind": None}, {"printed": 3}, {"is_right": True}, {"trouble": np.ones(2)}],
    ids=str,
)  # fmt: skip
def test_an_answer_says_only_what_an_answer_may(changed):
    with pytest.raises(WireError):
        wire.as_answer(wire.answer_data(Answer()) | changed)


@given(st.text(), st.text(), st.text(max_size=3000))
def test_an_answers_words_can_steer_nothing(message, kind, printed):
    found = wire.as_answer(wire.answer_data(Answer(trouble="raised", message=message, kind=kind, printed=printed)))
    for text in (found.message, found.kind, *found.printed.split("\n")):
        assert text == "" or text.isprintable()
        assert len(text) <= 400
    assert found.printed.count("\n") < wire.MOST_LINES
    assert len(found.printed) <= wire.MOST_LINES * (wire.LONGEST_LINE + 1)


def test_an_answer_with_a_trouble_has_no_value():
    assert wire.as_answer(wire.answer_data(Answer(trouble="raised", value=3))).value is None
