"""Strict JSON that gives back what was put in."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitral.runs import codec

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.text() | st.integers() | st.sampled_from(["$number", "$items"])
VALUES = st.recursive(LEAVES, lambda v: st.lists(v) | st.dictionaries(KEYS, v), max_leaves=20)


def same(a, b):
    """Equal with NaN equal to itself, and floats to the bit."""
    if isinstance(a, float) and isinstance(b, float):
        return a.hex() == b.hex()
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@settings(derandomize=True, max_examples=200, deadline=None)
@given(VALUES)
def test_every_value_comes_back(value):
    text = codec.dumps(value)
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert text.isascii()
    assert same(codec.loads(text), value)


def test_what_is_no_text_is_written_as_python_escapes_it():
    value = {"a\udc80": ["\ud800", "ñ", "\\"]}
    assert codec.loads(codec.dumps(value)) == {"a\\udc80": ["\\ud800", "ñ", "\\"]}


def test_numpy_and_paths_become_plain():
    value = {"a": np.float32(0.1), "b": np.arange(3), "c": (1, np.int64(2)), "d": Path("x"), "e": np.bool_(True)}
    assert codec.loads(codec.dumps(value)) == {
        "a": float(np.float32(0.1)),
        "b": [0, 1, 2],
        "c": [1, 2],
        "d": "x",
        "e": True,
    }


def test_class_weights_keep_their_whole_number_keys():
    assert codec.loads(codec.dumps({0: 1.0, 1: math.inf})) == {0: 1.0, 1: math.inf}


def test_what_json_cannot_say_becomes_words():
    assert "function" in codec.loads(codec.dumps({"f": same}))["f"]


@pytest.mark.parametrize("text", ['{"a": NaN}', "[Infinity]", '{"$number": "1e5"}', '{"a": 1'])
def test_what_was_not_written_here_is_refused(text):
    with pytest.raises(ValueError):
        codec.loads(text)
