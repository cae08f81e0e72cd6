"""`from_arrays`: what targets mean, what happens to images, what is refused."""

import numpy as np
import pandas as pd
import pytest

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.data import from_arrays

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (40, 3))
WHOLE = {"validation": 0, "test": 0}


@pytest.mark.parametrize(
    ("y", "task", "classes"),
    [
        (["b", "a"] * 20, "classification", ("a", "b")),
        (np.array(["b", "a"] * 20), "classification", ("a", "b")),
        (np.array(["é", "a"] * 20), "classification", ("a", "é")),
        (np.array(["b", "a"] * 20, dtype=np.dtypes.StringDType()), "classification", ("a", "b")),
        (pd.Series(["b", "a"] * 20, dtype="category"), "classification", ("a", "b")),
        (pd.DataFrame({"y": ["b", "a"] * 20}), "classification", ("a", "b")),
        ([True, False] * 20, "classification", ("False", "True")),
        (np.arange(40) % 20, "classification", tuple(str(k) for k in range(20))),
        (pd.Series([5, -2] * 20, dtype="Int8"), "classification", ("-2", "5")),
        (np.array([[7], [3]] * 20, np.uint8), "classification", ("3", "7")),
        (np.array([7, 3] * 20, object), "classification", ("3", "7")),
        (np.arange(40), "regression", None),
        (np.arange(40) % 2 + 0.0, "regression", None),
    ],
)
def test_targets_are_classes_or_values_as_documented(y, task, classes):
    data = from_arrays(X, y, **WHOLE)
    assert (data.task, data.classes) == (task, classes)
    flat = np.asarray(y).ravel()
    if task == "classification":
        assert data.train.y.dtype == np.int32
        assert data.train.y.shape == (40,)
        assert [classes[k] for k in data.train.y] == [str(label) for label in flat]
    else:
        assert data.train.y.dtype == np.float32
        assert data.train.y.shape == (40, 1)
        assert data.train.y.ravel().tolist() == flat.tolist()


def test_the_guess_can_be_overruled():
    assert from_arrays(X, np.arange(40) % 3, task="regression").train.y.shape == (24, 1)
    data = from_arrays(X, np.arange(40) % 3 + 1.0, task="classification")
    assert data.classes == ("1", "2", "3")
    huge = from_arrays(X, [0.0, 1e30] * 20, task="classification", **WHOLE)
    assert huge.classes == ("0", str(int(1e30)))
    assert huge.train.y.tolist() == [0, 1] * 20
    assert from_arrays(X, np.arange(40), task="classification", **WHOLE).train.y.tolist() == list(range(40))


def test_given_classes_fix_the_numbers():
    data = from_arrays(X, ["b", "a"] * 20, classes=("b", "a", "never"), **WHOLE)
    assert data.train.y.tolist() == [0, 1] * 20
    assert data.classes == ("b", "a", "never")
    assert from_arrays(X, [1, 0] * 20, classes=("no", "yes"), **WHOLE).train.y.tolist() == [1, 0] * 20


def test_tables_are_standardised_on_the_train_part_alone():
    data = from_arrays(X, np.arange(40) % 2)
    np.testing.assert_allclose(data.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.train.x.std(axis=0), 1, rtol=1e-5)
    assert data.standardizer is not None
    together = np.concatenate([data.standardizer.invert(p.x) for p in (data.train, data.validation, data.test)])
    np.testing.assert_allclose(np.sort(together, axis=0), np.sort(X, axis=0), rtol=1e-5)
    assert np.abs(data.test.x.mean(axis=0)).max() > 1e-3
    plain = from_arrays(X, np.arange(40) % 2, standardize=False)
    assert plain.standardizer is None
    np.testing.assert_array_equal(data.standardizer.apply(plain.test.x).shape, plain.test.x.shape)
    np.testing.assert_allclose(data.standardizer.apply(plain.test.x), data.test.x, rtol=1e-4, atol=1e-5)


def test_standardising_happens_before_precision_is_lost():
    x = 1e9 + np.arange(40.0)[:, None]
    data = from_arrays(x, np.arange(40) % 2, **WHOLE)
    assert len(np.unique(data.train.x)) == 40


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_images_lie_between_0_and_1_and_are_flat_unless_asked(dtype):
    images = RNG.integers(0, 256, (30, 5, 4))
    images[0, 0, 0] = 255
    given = (images / 255).astype(dtype) if dtype == np.float32 else images.astype(dtype)
    y = np.arange(30) % 3
    flat = from_arrays(given, y, **WHOLE)
    assert (flat.train.x.shape, flat.image_shape, flat.standardizer) == ((30, 20), (5, 4), None)
    np.testing.assert_allclose(flat.train.x, images.reshape(30, 20) / 255, rtol=1e-6)
    deep = from_arrays(given, y, flatten=False, **WHOLE)
    assert deep.train.x.shape == (30, 5, 4, 1)
    assert deep.image_shape == (5, 4)
    np.testing.assert_array_equal(deep.train.x.reshape(30, 20), flat.train.x)
    rows = from_arrays(given.reshape(30, 20), y, image_shape=(5, 4), **WHOLE)
    np.testing.assert_array_equal(rows.train.x, flat.train.x)
    assert from_arrays(given[..., None], y).image_shape == (5, 4)
    standardized = from_arrays(given, y, standardize=True, flatten=False, **WHOLE)
    np.testing.assert_allclose(standardized.train.x.mean(axis=0), 0, atol=1e-5)
    assert standardized.train.x.shape == (30, 5, 4, 1)


def test_colour_images_keep_their_channels():
    images = RNG.integers(0, 256, (12, 5, 4, 3)).astype(np.uint8)
    data = from_arrays(images, np.arange(12) % 2, flatten=False, **WHOLE)
    assert data.image_shape == (5, 4, 3)
    np.testing.assert_allclose(data.train.x, images / 255, rtol=1e-6)
    flat = from_arrays(images.reshape(12, 60), np.arange(12) % 2, image_shape=(5, 4, 3))
    assert flat.train.x.shape == (8, 60)


def test_parts_set_apart_are_kept_and_classes_are_numbered_over_all():
    data = from_arrays(X, ["b", "c"] * 20, test_data=(X[:5], ["a"] * 5), validation_data=(X[:4], ["c"] * 4))
    assert data.classes == ("a", "b", "c")
    assert (len(data.train), len(data.validation), len(data.test)) == (40, 4, 5)
    assert data.test.y.tolist() == [0] * 5
    assert data.validation.y.tolist() == [2] * 4
    assert len(from_arrays(X, ["b", "c"] * 20, test_data=(X[:5], ["b"] * 5), test=0).test) == 0
    assert len(from_arrays(X, ["b", "c"] * 20, test_data=(X[:5], ["b"] * 5), n=10).test) == 5


def test_a_frame_names_the_features_and_one_column_is_enough():
    frame = pd.DataFrame({"age": [1, 2, 3, 4, 5], 7: [True, False, True, False, True]})
    data = from_arrays(frame, [0, 1, 0, 1, 0], standardize=False, **WHOLE)
    assert data.feature_names == ("age", "7")
    assert data.train.x.tolist() == [[1, 1], [2, 0], [3, 1], [4, 0], [5, 1]]
    assert from_arrays(np.arange(10.0), np.arange(10) % 2).train.x.shape == (6, 1)


def test_a_subset_is_drawn_before_the_split():
    data = from_arrays(X, np.arange(40) % 2, n=20)
    assert (len(data.train), len(data.validation), len(data.test)) == (12, 4, 4)


Y = np.arange(40) % 2
NAN = X.copy()
NAN[7, 1] = np.nan


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "words"),
    [
        (X, Y[:39], {}, ShapeError, "y must have one row per row of x: x has 40 rows, y has 39"),
        (NAN, Y, {}, DataError, r"x must not contain NaN or infinity: got 1 such value, in row 7 "),
        (X * 1e40, Y, {}, DataError, "x must fit in float32"),
        (X, X[:, 0] * 1e40, {}, DataError, "y must fit in float32"),
        (X, NAN[:, 1], {}, DataError, "y must not contain NaN"),
        (X[:0], Y[:0], {}, DataError, "x must not be empty"),
        (X, ["a", None] * 20, {}, DataError, "y must not contain missing values: got 20, in 20 rows"),
        (X, np.array([1j, 2] * 20, object), {}, DataError, "y must be numbers: got complex"),
        (X, np.array([{}, 2] * 20, object), {}, DataError, "y must be numbers: got objects"),
        (X, np.array(["2020-01-01"] * 40, "M8[D]"), {}, DataError, "y must be numbers: got dates"),
        (X, [], {}, DataError, "y must not be empty"),
        (X, 3, {}, ShapeError, "y must be one column"),
        (X, np.array(["a", 1] * 20, object), {}, DataError, "y must be all text or all numbers"),
        (X, np.eye(40)[:, :3], {}, ShapeError, r"y must be one column.*argmax"),
        (X, Y + 0.5, {"task": "classification"}, DataError, "y must be class labels for classification: got 0.5"),
        (X, ["a", "b"] * 20, {"task": "regression"}, DataError, "y must be numbers for regression: got text"),
        (X, Y, {"task": "clasification"}, UnknownNameError, "Did you mean 'classification'"),
        (X, Y, {"task": "regression", "classes": ("a", "b")}, ArgumentError, "classes must be None for regression"),
        (X, Y, {"classes": ("a",)}, DataError, "y must be class numbers from 0 to 0"),
        (X, Y, {"classes": ("a", "a")}, ArgumentError, "classes must be a sequence of different names"),
        (X, Y, {"classes": "ab"}, ArgumentError, "classes must be a sequence of different names"),
        (X, Y, {"classes": ()}, ArgumentError, "classes must name at least one"),
        (X, ["a", "b"] * 20, {"classes": ("a", "c")}, DataError, "only labels that classes names: got 'b'"),
        (X, Y, {"feature_names": ["a"]}, ArgumentError, "feature_names must be one name for each of the 3 columns"),
        (X, Y, {"image_shape": (2, 2)}, ShapeError, "image_shape must multiply to the 3 values"),
        (X, Y, {"image_shape": 3}, ArgumentError, r"image_shape must be \(height, width\)"),
        (X, Y, {"image_shape": (3, 0)}, ArgumentError, r"image_shape\[1\] must be a whole number of at least 1: got 0"),
        (X, Y, {"flatten": False}, ArgumentError, "flatten must be True for data that are not images"),
        (X, Y, {"flatten": 1}, ArgumentError, "flatten must be True or False: got 1"),
        (X, Y, {"standardize": "yes"}, ArgumentError, "standardize must be True or False: got 'yes'"),
        (X, Y, {"validation": -0.1}, ArgumentError, "validation must be a finite number at least 0 and below 1"),
        (X, Y, {"test": 1}, ArgumentError, "test must be a finite number at least 0 and below 1: got 1"),
        (X, Y, {"validation": 0.9}, ArgumentError, r"validation \+ test must be below 1: got 1.1"),
        (X, Y, {"seed": -1}, ArgumentError, "seed must be a whole number of at least 0"),
        (X, Y, {"seed": 2**32}, ArgumentError, r"seed must be below 2\*\*32"),
        (X, Y, {"seed": 0.5}, ArgumentError, "seed must be a whole number"),
        (X, Y, {"n": 0}, ArgumentError, "n must be a whole number of at least 1"),
        (X, Y, {"n": 41}, ArgumentError, "n must be at most the number of rows, 40"),
        (X, Y, {"test_data": X}, ArgumentError, r"test_data must be a pair \(x, y\)"),
        (X, Y, {"test_data": (X[:, :2], Y)}, ShapeError, r"test_data\[0\] must have rows like x"),
        (X, Y, {"test_data": (X, Y[:3])}, ShapeError, r"test_data\[1\] must have one row per row of test_data\[0\]"),
        (X, Y, {"test_data": (NAN, Y)}, DataError, r"test_data\[0\] must not contain NaN"),
        (X, Y, {"test_data": (X, ["a"] * 40)}, DataError, "same kind of labels in every part"),
        (X, Y, {"test_data": (X, Y), "test": 0.2}, ArgumentError, "test must be left out, or 0"),
        (np.ones((40, 1, 1, 1, 1)), Y, {}, ShapeError, "x must be rows"),
    ],
)
def test_bad_values_get_one_sentence(x, y, options, error, words):
    with pytest.raises(error, match=words) as caught:
        from_arrays(x, y, **options)
    assert "\n" not in str(caught.value)
