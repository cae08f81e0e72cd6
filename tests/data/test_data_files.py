"""CSV and NPZ files: read as pandas and NumPy read them, and every bad one refused in a sentence."""

import csv
import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from vitral._errors import ArgumentError, DataError, DatasetMissingError, UnknownNameError, VitralError
from vitral.data import from_csv, from_npz, load

WHOLE = {"validation": 0, "test": 0, "standardize": False}
FUZZ = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def is_refused(read):
    """Whether `read()` ends in one of Vitral's errors; any other error goes on, as a test's failure."""
    try:
        read()
    except VitralError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return True
    return False


# ---------------------------------------------------------------- CSV


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_iris_from_a_file_is_iris(tmp_path, zipped, delimiter):
    bunch = load_iris()
    text = delimiter.join([*bunch.feature_names, "species"]) + "\n"
    for row, label in zip(bunch.data, bunch.target, strict=True):
        text += delimiter.join([*map(str, row), str(bunch.target_names[label])]) + "\n"
    path = tmp_path / ("iris.csv.gz" if zipped else "iris.csv")
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    for target in ("species", 4, -1):
        data = from_csv(path, target, delimiter=delimiter)
        assert data.digest == load("iris").digest
        assert (data.name, data.source, data.task) == ("iris", path.name, "classification")
        assert data.feature_names == tuple(bunch.feature_names)
        assert data.classes == tuple(bunch.target_names)


def test_a_file_without_header_is_told_apart(tmp_path):
    path = write(tmp_path / "a.csv", "\n0.5,1,no\n-0.25,2,yes\n1e3,3,no\n")
    data = from_csv(path, 2, **WHOLE)
    assert data.train.x.tolist() == [[0.5, 1], [-0.25, 2], [1000, 3]]
    assert (data.classes, data.feature_names) == (("no", "yes"), None)
    named = write(tmp_path / "b.csv", "0,1,2\n5,6,a\n7,8,b\n")
    assert from_csv(named, "2", header=True, **WHOLE).train.x.tolist() == [[5, 6], [7, 8]]
    assert len(from_csv(named, "2", header=True, **WHOLE).train) == 2
    bare = write(tmp_path / "c.csv", "x,p\ny,q\nx,p\n")
    assert len(from_csv(bare, 1, header=False, categorical=[0], **WHOLE).train) == 3


@pytest.mark.parametrize(
    ("column", "task", "classes"),
    [
        (["0", "1", "0"], "classification", ("0", "1")),
        (["True", "False", "True"], "classification", ("False", "True")),
        (["a", "b", "b"], "classification", ("a", "b")),
        (["0.5", "1.5", "0.5"], "regression", None),
        (["0.0", "1.0", "0.0"], "regression", None),
    ],
)
def test_the_task_is_read_off_the_target(tmp_path, column, task, classes):
    path = write(tmp_path / "a.csv", "x,y\n" + "".join(f"{i},{v}\n" for i, v in enumerate(column)))
    data = from_csv(path, "y", **WHOLE)
    assert (data.task, data.classes) == (task, classes)
    other = {"classification": "regression", "regression": "classification"}[task]
    if column[0] in ("0", "0.0"):
        assert from_csv(path, "y", task=other, **WHOLE).task == other


def test_many_whole_numbers_are_values(tmp_path):
    path = write(tmp_path / "a.csv", "x,y\n" + "".join(f"{i},{i}\n" for i in range(21)))
    assert from_csv(path, "y").task == "regression"


def test_images_from_rows_of_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 6))
    pixels[0, 0] = 255
    np.savetxt(tmp_path / "a.csv", np.column_stack([np.arange(20) % 2, pixels]), fmt="%d", delimiter=",")
    data = from_csv(tmp_path / "a.csv", 0, image_shape=(3, 2), flatten=False, validation=0, test=0)
    np.testing.assert_allclose(data.train.x[..., 0], pixels.reshape(20, 3, 2) / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("text", "target", "drop", "x", "y"),
    [
        ("2019,2020\n1.5,2.5\n3.5,4.5\n", "2020", (), [[1.5], [3.5]], [2.5, 4.5]),
        ("2019,2020,price\n1,2,0.5\n3,4,1.5\n", "price", ("2019",), [[2], [4]], [0.5, 1.5]),
        ("2019,2020,price\n1,2,0.5\n3,4,1.5\n", "price", ("-3",), [[2], [4]], [0.5, 1.5]),
        ("a,b,0\n1,2,0.5\n3,4,1.5\n", "b", ("0",), [[1], [3]], [2, 4]),
        ("0,2,0.5\n3,4,1.5\n", "2", ("0",), [[2], [4]], [0.5, 1.5]),
        ("0.5,2,7\n3,4,1.5\n", "-1", ("1",), [[0.5], [3]], [7, 1.5]),
    ],
)
def test_a_column_may_be_called_by_a_number(tmp_path, text, target, drop, x, y):
    """A name first, where a column has it; else a position."""
    data = from_csv(write(tmp_path / "a.csv", text), target, drop=drop, task="regression", **WHOLE)
    assert data.train.x.tolist() == x
    assert data.train.y.ravel().tolist() == y


def test_columns_can_be_dropped_or_one_hot_encoded(tmp_path):
    path = write(tmp_path / "a.csv", ",city,size,y\n0,Rome,1,a\n1,Leeds,2,b\n2,Rome,3,a\n")
    data = from_csv(path, "y", drop=[0], categorical=["city"], **WHOLE)
    assert data.feature_names == ("city=Leeds", "city=Rome", "size")
    assert data.train.x.tolist() == [[0, 1, 1], [1, 0, 2], [0, 1, 3]]


@pytest.mark.parametrize(
    ("text", "target", "options", "error", "words"),
    [
        ("a,city,y\n1,Leeds,0\n", "y", {}, DataError, r"column 'city' of f.csv must be numbers.*'Leeds'.*categorical="),
        ("1,Leeds,0\n", 2, {}, DataError, r"column 1 of f.csv must be numbers.*drop=\[1\]"),
        ("a,b,y\n1,2,0\n,2,0\n1,2,0\n1,2,0\n", "y", {}, DataError, r"column 'a' of f.csv .* got 1, in row 1 \(counted"),
        ("a,b,y\n1,2,0\n1,inf,0\n1,2,0\n1,-inf,0\n", "y", {}, DataError, "column 'b' of f.csv .* rows 1 and 3"),
        ("a,b,y\n1,x,0\n1,,0\n", "y", {"categorical": ["b"]}, DataError, "column 'b' of f.csv .* row 1"),
        ("a,b,y\n1,True,0\n1,,0\n", "y", {}, DataError, "column 'b' of f.csv .* gaps: got 1, in row 1"),
        ("a,y\n1,p\n2,\n3,q\n", "y", {}, DataError, "column 'y' of f.csv must not contain missing values.* row 1"),
        ("a,y\n1,0.5\n2,\n3,1\n", "y", {}, DataError, "column 'y' of f.csv must not contain NaN.* row 1"),
        ("a,y\n1,p\n", "z", {}, UnknownNameError, "target must be a column of the file: got 'z'. Known: a, y"),
        ("a\0\v,y\n1,p\n", "z", {}, UnknownNameError, r"Known: a\?\?, y\."),
        ("width,kind\n1,p\n", "knid", {}, UnknownNameError, "Did you mean 'kind'"),
        ("1,2\n3,4\n", "y", {}, UnknownNameError, "target must be a position, because the first line"),
        ("a,y\n1,p\n", 2, {}, ArgumentError, "target must be a position from -2 to 1: got 2"),
        ("a,y\n1,p\n", "2020", {}, ArgumentError, "target must be a position from -2 to 1: got 2020"),
        ("a,y\n1,p\n", "--5", {}, UnknownNameError, "target must be a column of the file: got '--5'"),
        ("a,y\n1,p\n", True, {}, ArgumentError, "target must be a column's name or position: got True"),
        (
            "a,y\n1,p\n",
            "y",
            {"drop": "a"},
            ArgumentError,
            r"drop must be a list of columns: got 'a'. Write drop=\['a'\]",
        ),
        ("a,y\n1,p\n", "y", {"drop": 5}, ArgumentError, "drop must be a list of columns: got 5"),
        ("a,y\n1,p\n", "y", {"drop": ["y"]}, ArgumentError, "drop must not hold the target"),
        ("a,y\n1,p\n", "y", {"drop": ["a"]}, DataError, "must have a column besides the target"),
        ("a;y\n1;p\n", 0, {}, DataError, "must have a column besides the target.*Try delimiter=';'"),
        ("a,y\n1,p\n", "y", {"delimiter": ",,"}, ArgumentError, "delimiter must be one character"),
        ("a,y\n1,p\n", "y", {"header": 0}, ArgumentError, "header must be True or False"),
        ("a,y\n1,p\n", "y", {"task": "x"}, UnknownNameError, "task must be one of"),
        ("a,y\n1,p\n", "y", {"seed": -1}, ArgumentError, "seed must be"),
        (",a,y\n0,1,p\n", "y", {}, DataError, r"every column of f.csv must have a name: column 0 has none.*drop=\[0\]"),
        ("a,y\n", "y", {}, DataError, "f.csv must have a row of data: got only a header"),
        ("", 0, {}, DataError, "f.csv must not be empty"),
        ("\n\n", 0, {}, DataError, "f.csv must not be empty"),
        ("a,y\n1,p\n1,p,3,4\n", "y", {}, DataError, "path must be a CSV file .* with rows of one length"),
        ("a,y\n1,p,7\n1,p,8\n", "y", {}, DataError, "path must be a CSV file .* with rows of one length"),
        ('a,y\n1,"p\n', "y", {}, DataError, "path must be a CSV file"),
        ("a,y\n1,p\n2,q\n", "y", {}, DataError, "must have a row for each part: got 2 rows"),
    ],
)
def test_a_bad_table_gets_one_sentence(tmp_path, text, target, options, error, words):
    path = write(tmp_path / "f.csv", text)
    with pytest.raises(error, match=words) as caught:
        from_csv(path, target, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [from_npz, lambda path: from_csv(path, 0)])
def test_a_path_must_be_a_file(tmp_path, read):
    with pytest.raises(DatasetMissingError, match=r"path must name an existing file: got .*gone"):
        read(tmp_path / "gone.csv")
    with pytest.raises(ArgumentError, match="is a folder"):
        read(tmp_path)
    for bad in (3, "", None, "a\0b"):
        with pytest.raises((ArgumentError, DatasetMissingError), match="path must"):
            read(bad)


@pytest.mark.parametrize("content", [b"\xff\xfe\0a", b"\x1f\x8b", b"\0" * 50, b'"' * 7, "ñ,y\n1,2\n".encode("latin1")])
@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz"])
def test_what_is_not_text_is_refused(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError):
        from_csv(path, 0)


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
words = st.text(st.characters(categories=("L", "P", "S"), exclude_characters="\0"), min_size=1, max_size=6).map(
    lambda word: "w" + word  # never a number, nor one of pandas's words for a gap
)


@FUZZ
@given(st.lists(st.tuples(numbers, numbers, words), min_size=2, max_size=12, unique_by=lambda row: row[2]))
def test_what_csv_writes_is_read_back(tmp_path, rows):
    path = tmp_path / "fuzz.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("first", "second, really", 'the "label"'), *rows])
    data = from_csv(path, 'the "label"', **WHOLE)
    np.testing.assert_array_equal(data.train.x, np.array([row[:2] for row in rows], np.float32))
    assert [data.classes[k] for k in data.train.y] == [row[2] for row in rows]


@FUZZ
@given(st.text(st.sampled_from('0123.,;\n"ab -e\r\tñ'), max_size=60), st.sampled_from([0, -1, "a"]))
def test_any_text_is_read_or_refused_in_a_sentence(tmp_path, text, target):
    path = tmp_path / "fuzz.csv"
    path.write_bytes(text.encode())
    refused = is_refused(lambda: from_csv(path, target, **WHOLE))
    assert refused or np.isfinite(from_csv(path, target, **WHOLE).train.x).all()


# ---------------------------------------------------------------- NPZ

X, Y = np.random.default_rng(0).normal(size=(30, 3)), np.arange(30) % 3


def test_arrays_x_and_y_are_split_as_arrays_are(tmp_path):
    np.savez(tmp_path / "mine.npz", x=X, y=Y, other=np.ones(3))
    data = from_npz(tmp_path / "mine.npz")
    assert (data.name, data.source) == ("mine", "mine.npz")
    assert (len(data.train), len(data.validation), len(data.test)) == (18, 6, 6)
    np.savez_compressed(tmp_path / "mine.npz", x=X, y=Y.astype(str))
    assert from_npz(tmp_path / "mine.npz").digest == data.digest
    assert from_npz(str(tmp_path / "mine.npz"), classes=("2", "1", "0"), name="other").classes == ("2", "1", "0")


def test_parts_set_apart_in_the_file_are_kept(tmp_path):
    path = tmp_path / "parts.npz"
    np.savez(path, x_train=X, y_train=Y, x_test=X[:4], y_test=Y[:4], x_val=X[:2], y_val=Y[:2])
    data = from_npz(path, standardize=False)
    np.testing.assert_array_equal(data.train.x, X.astype(np.float32))
    np.testing.assert_array_equal(data.test.x, X[:4].astype(np.float32))
    assert len(data.validation) == 2


class Mark:
    """Unpickling this would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_nothing_is_ever_unpickled(tmp_path):
    mark, path = tmp_path / "mark", tmp_path / "evil.npz"
    np.savez(path, x=X, y=np.array([Mark(mark)] * 30, object))
    with pytest.raises(DataError, match=r"array 'y' of 'evil.npz' must hold numbers or text: got Python objects"):
        from_npz(path)
    path.write_bytes(pickle.dumps(Mark(mark)))
    with pytest.raises(DataError, match=r"path must be an .npz file: 'evil.npz' is not a zip file"):
        from_npz(path)
    assert not mark.exists()


def test_text_named_npz_gets_a_whole_sentence_without_unsafe_advice(tmp_path):
    path = write(tmp_path / "bad.npz", "a,b\n1,2\n")
    with pytest.raises(DataError, match=r"'bad.npz' is not a zip file of arrays\. .*from_csv\.$") as caught:
        from_npz(path)
    assert "unsafe" not in str(caught.value)


@pytest.mark.parametrize(("value", "shown"), [("x", "'x'"), ("7", "7"), ("2.5", "2.5")])
def test_a_target_with_one_value_only_is_refused_by_name(tmp_path, value, shown):
    path = write(tmp_path / "onecls.csv", "a,kind\n" + "".join(f"{i}.5,{value}\n" for i in range(20)))
    with pytest.raises(DataError) as caught:
        from_csv(path, "kind")
    assert str(caught.value).startswith(
        f"column 'kind' of onecls.csv must hold at least two different values: every row says {shown}. "
    )
    if value == "x":
        assert from_csv(path, "kind", classes=("x", "z")).classes == ("x", "z")


def _huge_header():
    """An .npy file that claims 10**15 numbers and holds none."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    return buffer.getvalue()


def test_bad_archives_get_one_sentence(tmp_path):
    path = tmp_path / "bad.npz"
    np.save(tmp_path / "one.npy", X)
    (tmp_path / "one.npy").rename(path)
    with pytest.raises(DataError, match="holds a single array"):
        from_npz(path)
    np.savez(path, a=X)
    with pytest.raises(DataError, match=r"bad.npz must hold arrays x and y, or x_train and y_train: got none of them"):
        from_npz(path)
    np.savez(path, x=X)
    with pytest.raises(DataError, match="must hold x and y together: got only x"):
        from_npz(path)
    np.savez(path, x=X, y=Y[:7])
    with pytest.raises(DataError.__base__, match=r"y of bad.npz must have one row per row of x of bad.npz"):
        from_npz(path)
    for name, content in (("x", b"text"), ("x.npy", b"\x93NUMPY\x01\0junk"), ("x.npy", _huge_header()), ("x.npy", b"")):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, content)
            archive.writestr("y.npy", content)
        with pytest.raises(DataError, match=r"path must be|must hold") as caught:
            from_npz(path)
        assert "\n" not in str(caught.value)


@FUZZ
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=8), st.booleans())
def test_any_damage_is_refused_or_harmless(tmp_path, at, junk, cut):
    buffer = io.BytesIO()
    np.savez(buffer, x=X, y=Y)
    content = bytearray(buffer.getvalue())
    at %= len(content)
    content[at : at + len(junk)] = junk
    path = tmp_path / "fuzz.npz"
    path.write_bytes(bytes(content[: at if cut else None]))
    assert is_refused(lambda: from_npz(path)) or np.isfinite(from_npz(path).train.x).all()
