"""The digest of arrays: the same for the same data, another for any other."""

import numpy as np
import pytest

from vitral import _digest
from vitral._digest import digest
from vitral._errors import DataError

X = np.arange(24, dtype="float32").reshape(4, 6)


def test_layout_order_of_keys_and_byte_order_do_not_matter():
    assert digest(X) == digest(np.asfortranarray(X)) == digest(X[::-1][::-1]) == digest(X.astype(">f4"))
    assert digest({"a": X, "b": None}) == digest({"b": None, "a": X})
    assert digest([[0, 1], [1, 0]]) == digest(np.array([[0, 1], [1, 0]]))
    assert len(digest(X)) == 64


def test_pieces_give_the_digest_of_the_whole(monkeypatch):
    whole = digest(X)
    monkeypatch.setattr(_digest, "_CHUNK", 30)  # bytes: a row and a quarter
    assert digest(X) == whole


@pytest.mark.parametrize(
    "other",
    [
        X.astype("float64"),
        X.reshape(6, 4),
        X.astype("int32"),
        -X,
        (X,),
        {"x": X},
        None,
        np.where(X == 23, 24, X).astype("float32"),
    ],
)
def test_anything_else_differs(other):
    assert digest(other) != digest(X)


def test_structure_matters():
    assert digest((X, X)) != digest((X, (X,))) != digest(((X,), X))
    assert digest({"a": X}) != digest({"b": X})
    assert digest({1: X}) != digest({"1": X})


def test_text_scalars_and_nothing_at_all_have_a_digest():
    assert digest(np.array(["a", "b"])) != digest(np.array(["a", "c"]))
    assert digest(np.float32(1)) != digest(np.float64(1))
    assert digest(np.empty((0, 3))) != digest(np.empty((0, 4)))


def test_objects_are_refused():
    with pytest.raises(DataError, match="dtype object"):
        digest(np.array([None, X], dtype=object))
