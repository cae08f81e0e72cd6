"""Files that nobody meant well: whatever is in them, a data set comes of it, or one sentence, and nothing is run."""

import io
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitral._errors import VitralError
from vitral.data import Dataset, from_csv, from_npz

FEW_AND_MANY = pytest.mark.parametrize("n_examples", [60, pytest.param(2000, marks=pytest.mark.slow)])

_ODD = [
    "",
    "a",
    "b",
    "NA",
    "None",
    "nan",
    "inf",
    "1e999",
    "-",
    '"',
    '"a,b"',
    " 1 ",
    "0x1",
    "1_0",
    "é",
    "\0",
    "2020-01-01",
]
_ODDER = ["2020-01-01", "true", "=1+1", "<script>", "1;2", "1\t2", "\ufeff", "\ud7ff", "9" * 400, "{}", "%s", "\r", "'"]
_CELLS = st.one_of(st.integers(-3, 12).map(str), st.floats(width=32).map(str), st.sampled_from(_ODD + _ODDER))
_LINES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(_CELLS, min_size=n, max_size=n), min_size=1, max_size=14)
)
_TEXTS = st.tuples(_LINES, st.sampled_from([",", ";", "\t", " ", "|"]), st.sampled_from(["\n", "\r\n", "\r"])).map(
    lambda t: t[2].join(t[1].join(cells) for cells in t[0]).encode("utf-8", "replace")
)
_TABLES = st.one_of(
    _TEXTS,
    _TEXTS,
    _TEXTS.map(lambda text: b"a,b,c\n" + text),
    st.tuples(_TEXTS, st.binary(max_size=3), st.integers(0, 99)).map(lambda t: t[0][: t[2]] + t[1] + t[0][t[2] :]),
    _TEXTS.map(lambda text: b"\xef\xbb\xbf" + text),
    _TEXTS.map(lambda text: text.decode().encode("utf-16")),
    st.binary(max_size=60),
)
_COLUMNS = st.one_of(st.sampled_from(["a", "b", "c", "", "0", "-1", "9" * 30, "\0", 0, 1, -1, 7, True, 1.5, None]))
_SOME = st.one_of(st.just(()), st.lists(_COLUMNS, max_size=2), _COLUMNS)
_CSV_OPTIONS = st.fixed_dictionaries(
    {"target": _COLUMNS},
    optional={
        "delimiter": st.sampled_from([",", ";", "\t", "", ",,", "\n", '"', "a", "\0", "é", 3, None]),
        "header": st.sampled_from([None, True, False, 0]),
        "drop": _SOME,
        "categorical": _SOME,
        "task": st.sampled_from([None, "classification", "regression", "other", 3]),
        "validation": st.sampled_from([None, 0, 0.3, 0.9, 1, -1, "x"]),
        "classes": st.sampled_from([None, [], ["a"], ["a", "b"], ["a", "a"], [1, 2], "ab", 3]),
        "standardize": st.sampled_from([None, True, False, 1]),
        "n": st.sampled_from([None, 1, 4, 10**9, -1, 2.5]),
    },
)


def check(read, file, options):
    """A data set of finite numbers, or one sentence."""
    refused = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            data = read(file, **options)
        except VitralError as error:
            refused = str(error)
    if refused is not None:
        assert refused.strip()
        assert not {"\n", "\0"} & set(refused)
        return
    assert isinstance(data, Dataset)
    assert len(data.train) > 0
    for part in (data.train, data.validation, data.test):
        assert np.isfinite(part.x).all()
        assert np.isfinite(part.y).all()
    assert isinstance(repr(data), str)
    assert isinstance(data._repr_html_(), str)
    assert len(data.digest) == 64


@FEW_AND_MANY
def test_any_table_is_a_data_set_or_a_sentence(tmp_path, n_examples):
    file = tmp_path / "table.csv"

    @settings(derandomize=True, database=None, deadline=None, max_examples=n_examples)
    @given(_TABLES, _CSV_OPTIONS)
    def read(content, options):
        file.write_bytes(content)
        check(from_csv, file, options)

    read()


# ---------------------------------------------------------------- archives

_KINDS = ["f2", "f4", "f8", ">f8", "i1", "u1", "i8", "u8", "?", "c8", "U3", "S3", "M8[D]", "m8[s]"]
_ARRAYS = st.sampled_from(_KINDS).flatmap(
    lambda kind: hnp.arrays(np.dtype(kind), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=9))
)
_NAMES = st.sampled_from(["x", "y", "x_train", "y_train", "x_test", "y_test", "x_val", "y_val", "other", "../x", "x/y"])
_ARCHIVES = st.dictionaries(_NAMES, _ARRAYS, max_size=5)
_PLAIN = st.tuples(st.integers(4, 30), st.integers(1, 5), st.booleans()).map(
    lambda t: {"x": np.arange(t[0] * t[1], dtype="f4").reshape(t[0], t[1]), "y": np.arange(t[0]) % 2 + 0.5 * t[2]}
)
_NPZ_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "task": st.sampled_from([None, "classification", "regression", "other"]),
        "image_shape": st.sampled_from([None, (2, 2), (0, 4), (-1,), "22", 4, (2, 2, 3, 4), (10**9, 10**9)]),
        "feature_names": st.sampled_from([None, ["a"], ["a", "b"], [1, 2], "ab", 3]),
        "classes": st.sampled_from([None, [], ["a", "b"], ["a", "a"], 3]),
        "flatten": st.sampled_from([True, False, 0]),
    },
)


def packed(arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def mutated(content, changes, cut):
    """Bytes with some of them changed, and the end cut off."""
    changed = bytearray(content)
    for place, value in changes:
        changed[place % len(changed)] = value
    return bytes(changed[: len(changed) - cut % len(changed)])


_CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=6)
_FILES = st.one_of(
    _ARCHIVES.map(packed),
    _PLAIN.map(packed),
    st.tuples(_PLAIN.map(packed), _CHANGES, st.sampled_from([0, 0, 1, 40, 400])).map(lambda t: mutated(*t)),
    st.tuples(_ARCHIVES.map(packed), _CHANGES, st.integers(0, 300)).map(lambda t: mutated(*t)),
    st.binary(max_size=80),
    st.binary(max_size=80).map(lambda content: b"PK\x03\x04" + content),
    st.binary(max_size=80).map(lambda content: b"\x93NUMPY" + content),
)


@FEW_AND_MANY
def test_any_archive_is_a_data_set_or_a_sentence(tmp_path, n_examples):
    file = tmp_path / "arrays.npz"

    @settings(derandomize=True, database=None, deadline=None, max_examples=n_examples)
    @given(_FILES, _NPZ_OPTIONS)
    def read(content, options):
        file.write_bytes(content)
        check(from_npz, file, options)

    read()


class Bomb:
    """What would leave a file behind where it is unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return open, (str(self.place), "w")


@pytest.mark.parametrize("name", ["x", "y"])
def test_what_only_unpickling_could_read_is_refused_unread(tmp_path, name):
    arrays = {"x": np.eye(6), "y": np.arange(6) % 2}
    arrays[name] = np.array([Bomb(tmp_path / "exploded")] * 6, object)
    np.savez(tmp_path / "arrays.npz", allow_pickle=True, **arrays)
    with pytest.raises(VitralError, match="Python objects"):
        from_npz(tmp_path / "arrays.npz")
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (6,), }".ljust(117) + b"\n"
    with zipfile.ZipFile(tmp_path / "more.npz", "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"cos\nsystem\n")
    with pytest.raises(VitralError):
        from_npz(tmp_path / "more.npz")
    assert not (tmp_path / "exploded").exists()
