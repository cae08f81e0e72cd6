"""Arrays in mapped files are known for what they are, read in pieces, and lose nothing when pages are given back."""

import mmap
import re
from pathlib import Path

import numpy as np
import pytest

from vitral._mapped import Cast, give_back, is_mapped, mapping_of, pieces

X = np.random.default_rng(0).normal(size=(4096, 512))  # 16 MiB


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "x.npy", X)
    return tmp_path / "x.npy"


def resident(file):
    """Bytes of a mapped file that the process holds, as the system counts them."""
    maps = re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text(encoding="utf-8"))
    (ours,) = [entry for entry in maps if entry.partition("\n")[0].endswith(str(file))]
    found = re.search(r"Rss: +(\d+) kB", ours)
    assert found
    return 1024 * int(found[1])


def test_views_of_a_mapped_file_are_known(file):
    x = np.load(file, mmap_mode="r")
    views = [x, x[3:], np.asarray(x), np.asarray(x)[::-2, 1:], x.T, Cast(x, "float32")]
    assert all(is_mapped(view) for view in views)
    assert not any(is_mapped(other) for other in (X, X[1:], x.astype("float32"), x + 1, np.array(x), [1, 2], None))
    with file.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        array = np.frombuffer(mapping, "uint8")
        assert mapping_of(array[5:]) is mapping
        del array


def test_a_cast_is_that_of_numpy():
    cast = Cast(X, "float32")
    assert (cast.shape, cast.dtype, cast.size, len(cast), cast.ndim) == (X.shape, "float32", X.size, len(X), 2)
    np.testing.assert_array_equal(np.asarray(cast), X.astype("float32"))
    for rows in (slice(3, 9), np.array([5, 2, 700])):
        assert cast[rows].dtype == "float32"
        np.testing.assert_array_equal(cast[rows], X[rows].astype("float32"))


def test_pieces_are_all_rows_in_order_and_are_given_back(file):
    x, found = np.load(file, mmap_mode="r"), []
    for start, piece in pieces(np.asarray(x), 1 << 16):
        found.append(piece.sum(axis=1))
        assert start == sum(map(len, found[:-1]))
    np.testing.assert_array_equal(np.concatenate(found), X.sum(axis=1))
    assert resident(file) < 1 << 20
    assert [(start, len(piece)) for start, piece in pieces(X[:5], 1024)] == [(0, 2), (2, 2), (4, 1)]
    assert list(pieces(X[:0], 10)) == []


def test_what_an_array_covers_is_given_back(file):
    x = np.asarray(np.load(file, mmap_mode="r"))
    for part in (x, x[::-1], x.T, x[:, ::-3]):
        assert x.sum() == pytest.approx(X.sum())
        assert resident(file) > 15 << 20
        give_back(part)
        assert resident(file) < 1 << 20
    x.sum()
    give_back(x[1024:2048])
    assert 3 << 20 < resident(file) < 13 << 20
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_changes_stay(file, mode):
    x = np.load(file, mmap_mode=mode)
    x[7] = 5
    give_back(x)
    assert (x[7] == 5).all()
    np.testing.assert_array_equal(x[8:], X[8:])
    give_back(np.ones(3))
