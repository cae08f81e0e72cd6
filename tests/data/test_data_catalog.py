"""The catalog: against scikit-learn's loaders and the formulas; files found in their order; names and options."""

import gzip
import inspect
import os
import struct
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets

import vitral.data
from vitral._errors import ArgumentError, DataError, DatasetMissingError, UnknownNameError
from vitral.data import Content, Entry, load, names, register
from vitral.data.loading import find_entry

ALL = (
    "blobs",
    "breast_cancer",
    "circles",
    "diabetes",
    "digits",
    "fashion_mnist",
    "iris",
    "mnist",
    "moons",
    "sine",
    "spirals",
    "wine",
    "xor",
)
MADE_UP = ("moons", "circles", "spirals", "xor", "blobs", "sine")
WHOLE = {"validation": 0, "test": 0, "standardize": False}


def test_names_are_the_files_of_the_catalog_and_their_entries_agree():
    assert names() == ALL
    for name in ALL:
        entry = find_entry(name)
        assert entry.name == name
        assert entry.source
        assert entry.read.__doc__
        assert "(" in inspect.getdoc(entry.read)  # shapes


@pytest.mark.parametrize(
    ("name", "bunch"),
    [
        ("digits", sklearn.datasets.load_digits()),
        ("iris", sklearn.datasets.load_iris()),
        ("wine", sklearn.datasets.load_wine()),
        ("breast_cancer", sklearn.datasets.load_breast_cancer()),
        ("diabetes", sklearn.datasets.load_diabetes(scaled=False)),
    ],
)
def test_real_sets_are_scikit_learns(name, bunch):
    data = load(name, **WHOLE)
    scale = 16 if name == "digits" else 1
    np.testing.assert_allclose(data.train.x, bunch.data / scale, rtol=1e-6)
    assert data.train.y.ravel().tolist() == bunch.target.tolist()
    if name == "diabetes":
        assert data.classes is None
        assert data.train.y.shape == (442, 1)
    else:
        assert data.classes == tuple(str(label) for label in bunch.target_names)
    if name == "digits":
        assert data.image_shape == (8, 8)
        images = load(name, flatten=False, **WHOLE).train.x
        np.testing.assert_array_equal(images[..., 0] * 16, bunch.images)
    else:
        assert data.feature_names == tuple(bunch.feature_names)


@pytest.mark.parametrize("name", [name for name in ALL if "mnist" not in name])
def test_parts_have_the_promised_types_shares_and_classes(name):
    data = load(name)
    total = len(data.train) + len(data.validation) + len(data.test)
    assert len(data.test) == len(data.validation) == round(0.2 * total)
    for part in (data.train, data.validation, data.test):
        assert part.x.dtype == np.float32
        assert part.x.ndim == 2
        if data.classes is None:
            assert part.y.dtype == np.float32
            assert part.y.shape == (len(part), 1)
        else:
            assert part.y.dtype == np.int32
            whole = np.bincount(np.concatenate([data.train.y, data.validation.y, data.test.y])) / total
            np.testing.assert_allclose(np.bincount(part.y) / len(part), whole, atol=1.5 / len(part))
    is_table = name in ("iris", "wine", "breast_cancer", "diabetes")
    assert (data.standardizer is not None) == is_table
    assert data.name == name


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_sets_have_n_balanced_rows_and_follow_the_seed(name):
    data = load(name, n=60, seed=3, **WHOLE)
    assert len(data.train) == 60
    if data.classes is not None:
        counts = np.bincount(data.train.y)
        assert len(counts) == len(data.classes)
        assert counts.max() - counts.min() <= 1
    assert data.digest == load(name, n=60, seed=3, **WHOLE).digest
    assert data.digest != load(name, n=60, seed=4, **WHOLE).digest


def test_moons_and_circles_are_scikit_learns():
    x, y = sklearn.datasets.make_moons(50, noise=0.2, random_state=5)
    data = load("moons", n=50, noise=0.2, seed=5, **WHOLE)
    np.testing.assert_allclose(data.train.x, x, rtol=1e-6)
    assert data.train.y.tolist() == y.tolist()
    x, y = sklearn.datasets.make_circles(50, noise=None, factor=0.3, random_state=5)
    np.testing.assert_allclose(load("circles", n=50, noise=0, factor=0.3, seed=5, **WHOLE).train.x, x, rtol=1e-6)


def test_made_up_sets_follow_their_formulas():
    xor = load("xor", n=4, noise=0, **WHOLE).train
    assert {tuple(x): int(y) for x, y in zip(xor.x.tolist(), xor.y, strict=True)} == {
        (-1, -1): 0,
        (-1, 1): 1,
        (1, -1): 1,
        (1, 1): 0,
    }
    sine = load("sine", n=100, noise=0, frequency=2, **WHOLE).train
    np.testing.assert_allclose(sine.y, np.sin(2 * sine.x), atol=1e-6)
    assert np.abs(sine.x).max() <= np.float32(np.pi)
    noisy = load("sine", n=4000, noise=0.3, **WHOLE).train
    assert (noisy.y - np.sin(noisy.x)).std() == pytest.approx(0.3, rel=0.05)
    spirals = load("spirals", n=90, noise=0, classes=3, turns=1.5, **WHOLE).train
    radius, angle = np.hypot(*spirals.x.T), np.arctan2(spirals.x[:, 1], spirals.x[:, 0])
    arm = (angle / (2 * np.pi) - 1.5 * radius) * 3
    np.testing.assert_allclose((arm - spirals.y + 1.5) % 3 - 1.5, 0, atol=1e-4)
    assert radius.max() <= 1 + 1e-6
    blobs = load("blobs", n=4000, noise=0.5, classes=4, features=3, **WHOLE)
    for k in range(4):
        cloud = blobs.train.x[blobs.train.y == k]
        assert np.abs(cloud.mean(axis=0)).max() < 4.1
        np.testing.assert_allclose(cloud.std(axis=0), 0.5, rtol=0.1)
    assert blobs.train.x.shape == (4000, 3)


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("digitz", {}, UnknownNameError, "Did you mean 'digits'.*Known: blobs, breast_cancer"),
        (3, {}, UnknownNameError, "name must be one of the known names: got 3"),
        ("../digits", {}, UnknownNameError, "name must be one of"),
        ("moons", {"nois": 0.1}, UnknownNameError, "got 'nois'. Did you mean 'noise'.*Known: noise, validation"),
        ("iris", {"noise": 0.1}, UnknownNameError, r"option of load\('iris'\) must be one of"),
        ("moons", {"noise": -1}, ArgumentError, "noise must be a finite number at least 0: got -1"),
        ("moons", {"noise": None}, ArgumentError, "noise must be a finite number"),
        ("moons", {"n": 3}, ArgumentError, "n must be a whole number of at least 4: got 3"),
        ("sine", {"n": 10.5}, ArgumentError, "n must be a whole number"),
        ("sine", {"frequency": 0}, ArgumentError, "frequency must be a finite number above 0"),
        ("circles", {"factor": 1}, ArgumentError, "factor must be"),
        ("spirals", {"classes": 1}, ArgumentError, "classes must be a whole number of at least 2"),
        ("spirals", {"turns": float("nan")}, ArgumentError, "turns must be"),
        ("blobs", {"features": 0}, ArgumentError, "features must be"),
        ("blobs", {"n": 5}, ArgumentError, "n must be a whole number of at least 6"),
        ("xor", {"seed": -3}, ArgumentError, "seed must be"),
        ("iris", {"n": 151}, ArgumentError, "n must be at most the number of rows, 150"),
        ("iris", {"flatten": False}, ArgumentError, "flatten must be True"),
    ],
)
def test_unknown_names_and_bad_options_get_one_sentence(name, options, error, words):
    with pytest.raises(error, match=words):
        load(name, **options)


# ---------------------------------------------------------------- a data set from outside


def test_an_entry_from_outside_is_loaded_like_any_other(monkeypatch):
    monkeypatch.setattr("vitral.data.loading._registered", {})

    def read(sides: int = 3) -> Content:
        x = np.arange(60.0)[:, None]
        return Content(x=x, y=(np.arange(60) % sides).astype(str), test=(x[:6], ["0"] * 6))

    entry = Entry(name="outside", task="classification", read=read, source="a test", standardize=False)
    register(entry)
    assert "outside" in names()
    data = load("outside", n=20, sides=2)
    assert (len(data.train), len(data.validation), len(data.test)) == (16, 4, 6)
    assert (data.classes, data.source) == (("0", "1"), "a test")
    register(entry)
    with pytest.raises(UnknownNameError, match="Did you mean 'sides'"):
        load("outside", side=1)
    with pytest.raises(ArgumentError, match="got 'iris', which comes with Vitral"):
        register(Entry(name="iris", task="classification", read=read, source=""))
    with pytest.raises(ArgumentError, match=r"entry must be a vitral.data.Entry"):
        register(read)  # pyright: ignore
    with pytest.raises(ArgumentError, match="name must be a word"):
        Entry(name="a b", task="classification", read=read, source="")
    with pytest.raises(ArgumentError, match="read must be a function"):
        Entry(name="ab", task="classification", read=3, source="")  # pyright: ignore
    register(Entry(name="bad", task="classification", read=lambda: (1, 2), source=""))  # pyright: ignore
    with pytest.raises(ArgumentError, match=r"must return a vitral.data.Content: got tuple"):
        load("bad")


def test_importing_the_room_imports_nothing_heavy_and_its_names_are_sorted():
    assert vitral.data.__all__ == sorted(vitral.data.__all__)
    assert all(getattr(vitral.data, name).__doc__ for name in vitral.data.__all__)
    heavy = "{'sklearn', 'pandas', 'scipy', 'keras', 'jax', 'tensorflow', 'torch'}"
    code = f"import sys, vitral.data; vitral.data.names(); print({heavy} & {{m.split('.')[0] for m in sys.modules}})"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert answer.stdout.strip() == "set()"


# ---------------------------------------------------------------- mnist and fashion_mnist


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No folder, an empty cache, and a network that is down. Returns the cache."""
    monkeypatch.delenv("VITRAL_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    _network(monkeypatch, None)
    cache = tmp_path / "keras" / "datasets"
    cache.mkdir(parents=True)
    return cache


def _network(monkeypatch, answer):
    def load_data():
        if answer is None:
            raise Exception("URL fetch failure on https://example.org: None")  # what Keras raises
        print("Downloading")
        return answer

    sets = types.SimpleNamespace(load_data=load_data)
    keras = types.SimpleNamespace(datasets=types.SimpleNamespace(mnist=sets, fashion_mnist=sets))
    module = types.ModuleType("vitral._keras")
    module.import_keras = lambda: keras  # pyright: ignore
    monkeypatch.setitem(sys.modules, "vitral._keras", module)


def _images(seed, n_train=100, n_test=30):
    rng = np.random.default_rng(seed)
    return tuple(
        (rng.integers(0, 256, (n, 28, 28)).astype(np.uint8), (np.arange(n) % 10).astype(np.uint8))
        for n in (n_train, n_test)
    )


def _save(path, pairs):
    (x_train, y_train), (x_test, y_test) = pairs
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def _write_idx(path, array):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def _test_part(pairs):
    return pairs[1][0].reshape(-1, 784) / 255


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_image_sets_are_found_in_the_folder_then_the_cache_then_the_network(
    name, nowhere, monkeypatch, tmp_path, capsys
):
    with pytest.raises(DatasetMissingError) as caught:
        load(name)
    for word in (
        f"Put {name}.npz",
        "x_train, y_train, x_test, y_test",
        "VITRAL_DATA",
        str(nowhere),
        "URL fetch failure",
    ):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)

    downloaded, cached, own = _images(0), _images(1), _images(2)
    _network(monkeypatch, downloaded)
    data = load(name)
    np.testing.assert_allclose(data.test.x, _test_part(downloaded), rtol=1e-6)
    assert capsys.readouterr().out == ""  # a command's own output may be read by a program

    if name == "mnist":
        _save(nowhere / "mnist.npz", cached)
    else:
        folder = nowhere / "fashion-mnist"
        folder.mkdir()
        for part, (x, y) in zip(("train", "t10k"), cached, strict=True):
            _write_idx(folder / f"{part}-images-idx3-ubyte.gz", x)
            _write_idx(folder / f"{part}-labels-idx1-ubyte.gz", y)
    np.testing.assert_allclose(load(name).test.x, _test_part(cached), rtol=1e-6)

    monkeypatch.setenv("VITRAL_DATA", str(tmp_path))
    np.testing.assert_allclose(load(name).test.x, _test_part(cached), rtol=1e-6)
    _save(tmp_path / f"{name}.npz", own)
    data = load(name)
    np.testing.assert_allclose(data.test.x, _test_part(own), rtol=1e-6)
    assert data.test.y.tolist() == own[1][1].tolist()
    assert (len(data.train), len(data.validation), data.image_shape) == (80, 20, (28, 28))
    assert len(load(name, n=50).train) == 40
    assert len(load(name, n=50).test) == 30
    assert load(name, flatten=False).train.x.shape == (80, 28, 28, 1)
    assert len(data.classes) == 10
    with pytest.raises(ArgumentError, match="test must be left out, or 0"):
        load(name, test=0.2)


def test_damaged_image_files_are_named(nowhere, monkeypatch, tmp_path):
    monkeypatch.setenv("VITRAL_DATA", str(tmp_path))
    file = tmp_path / "mnist.npz"
    np.savez(file, x_train=np.ones(3), y_train=np.ones(3))
    with pytest.raises(DataError, match="must hold arrays x_train, y_train, x_test, y_test: got no x_test"):
        load("mnist")
    _save(file, _images(0))
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"path must be a sound .npz file: 'mnist.npz' cannot be read"):
        load("mnist")
    folder = nowhere / "fashion-mnist"
    folder.mkdir()
    good = {}
    for part, (x, y) in zip(("train", "t10k"), _images(1), strict=True):
        for kind, array in (("images-idx3", x), ("labels-idx1", y)):
            path = folder / f"{part}-{kind}-ubyte.gz"
            _write_idx(path, array)
            good[path] = path.read_bytes()
    plain = gzip.decompress(next(iter(good.values())))
    path = next(iter(good))
    for content in (
        b"",
        b"\x1f\x8bjunk",
        good[path][:-9],
        *(gzip.compress(c) for c in (b"", plain[:2], plain[:9], plain[:-1], b"\1" + plain)),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match="must be a sound idx file"):
            load("fashion_mnist")


@pytest.mark.skipif(
    not (Path(os.environ.get("VITRAL_DATA") or "/nonexistent") / "mnist.npz").is_file(),
    reason="VITRAL_DATA does not name a folder with mnist.npz",
)
def test_real_mnist_is_what_it_is_known_to_be():
    data = load("mnist")
    counts = np.bincount(np.concatenate([data.train.y, data.validation.y]))
    assert counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]  # LeCun's train part
    assert data.test.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    pixels = np.concatenate([data.train.x, data.validation.x])
    assert pixels.mean(dtype=np.float64) == pytest.approx(0.1307, abs=1e-4)  # the well-known mean
    assert (pixels.min(), pixels.max()) == (0, 1)
    small = load("mnist", n=1000)
    assert np.abs(np.bincount(small.train.y) - counts * 800 / 60000).max() <= 2
    assert len(small.test) == len(data.test)
