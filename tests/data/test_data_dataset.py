"""`Part`, `Dataset`, `Standardizer`: values that hold what they say and cannot be changed."""

import dataclasses
import pickle
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.data import Dataset, Part, Standardizer, from_arrays, load

IRIS = load("iris")


def test_arrays_cannot_be_written_and_fields_cannot_be_set():
    for part in (IRIS.train, IRIS.validation, IRIS.test):
        with pytest.raises(ValueError, match="read-only"):
            part.x[0, 0] = 1
        with pytest.raises(ValueError, match="read-only"):
            part.y[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        IRIS.name = "other"  # pyright: ignore
    with pytest.raises(dataclasses.FrozenInstanceError):
        IRIS.train.x = IRIS.test.x  # pyright: ignore
    assert IRIS.standardizer is not None
    with pytest.raises(ValueError, match="read-only"):
        IRIS.standardizer.mean[0] = 0


def test_the_users_own_arrays_stay_theirs():
    x, y = np.arange(20, dtype=np.float32).reshape(10, 2), np.arange(10) % 2
    data = from_arrays(x, y, standardize=False, validation=0, test=0)
    x[:] = -1
    assert data.train.x.tolist() == np.arange(20).reshape(10, 2).tolist()
    part = Part(x, y)
    assert np.shares_memory(part.x, x)
    assert x.flags.writeable
    with pytest.raises(ShapeError, match=r"x has shape \(10, 2\), y has shape \(9,\)"):
        Part(x, y[:9])


def test_a_dataset_refuses_what_does_not_fit_together():
    part = Part(np.ones((3, 4), np.float32), np.zeros(3, np.int32))
    good = {"name": "a", "task": "classification", "train": part, "validation": part, "test": part, "classes": ("a",)}
    assert Dataset(**good).classes == ("a",)
    with pytest.raises(UnknownNameError, match="Did you mean 'regression'"):
        Dataset(**{**good, "task": "regresion"})
    with pytest.raises(ArgumentError, match="classes must be names for classification"):
        Dataset(**{**good, "classes": None})
    with pytest.raises(ArgumentError, match="classes must be names for classification"):
        Dataset(**{**good, "task": "regression"})
    with pytest.raises(ShapeError, match=r"test.x must have rows like train.x"):
        Dataset(**{**good, "test": Part(np.ones((3, 5)), np.zeros(3))})
    with pytest.raises(ShapeError, match="feature_names must fit rows of 4 values: got 1"):
        Dataset(**good, feature_names=("a",))
    with pytest.raises(ShapeError, match="image_shape must fit rows of 4 values: got 9"):
        Dataset(**good, image_shape=(3, 3))


def test_the_digest_is_of_the_contents_and_nothing_else():
    assert IRIS.digest == load("iris").digest == pickle.loads(pickle.dumps(IRIS)).digest
    assert IRIS.digest != load("iris", seed=1).digest


def test_reprs_say_what_there_is():
    assert repr(IRIS) == "Dataset('iris': 3 classes, x (N, 4), rows 90 train + 30 validation + 30 test)"
    assert repr(IRIS.train) == "Part(x: (90, 4) float32, y: (90,) int32)"
    assert repr(IRIS.standardizer) == "Standardizer(4 columns)"
    assert "regression, x (N, 1), rows 6 train + 2 validation + 2 test" in repr(load("sine", n=10))


class Tags(HTMLParser):
    """Tag names in order, and the text between them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", ["iris", "digits", "diabetes", "sine"])
@pytest.mark.parametrize("test", [0.2, 0])
def test_the_card_is_sound_html_with_the_rows_of_each_part(name, test):
    data = load(name, test=test)
    page = Tags(data._repr_html_())
    assert not page.open
    assert set(page.tags) == {"div", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    for part in (data.train, data.validation, data.test):
        assert str(len(part)) in page.text
    assert "#" not in data._repr_html_()  # no fixed colour: the page's own hold in dark mode


def test_names_are_escaped_in_the_card():
    bad = "<script>alert(1)</script>"
    data = from_arrays(np.ones((9, 1)), [bad, "b", "c"] * 3, name=bad, source=bad, feature_names=[bad])
    assert "<script" not in data._repr_html_()
    assert Tags(data._repr_html_()).text.count(bad) == 4


def test_many_classes_are_counted_not_listed():
    data = from_arrays(np.ones((150, 30)), np.arange(150) % 15, validation=0, test=0)
    assert "15 of 15 classes" in data._repr_html_()
    assert "30 inputs" in data._repr_html_()


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 5)), elements=st.integers(-1000, 1000)),
    st.sampled_from([1.0, 1e-6, 1e6]),
    st.sampled_from([0.0, 0.1, 1e4]),
)
def test_standardizer_agrees_with_scikit_learns(x, size, offset):
    x = x * size + offset * size
    theirs = StandardScaler().fit(x)
    ours = Standardizer.fit(x)
    assert theirs.mean_ is not None
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
    np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-9)
    np.testing.assert_allclose(ours.apply(x), theirs.transform(x), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.invert(ours.apply(x)), x, rtol=1e-5, atol=1e-5 * np.abs(x).max())
    assert ours.apply(x).dtype == np.float32


def test_a_constant_column_gets_scale_1():
    x = np.column_stack([np.full(1000, 0.1), np.full(1000, 1e9 / 3), np.arange(1000.0), np.zeros(1000)])
    scaler = Standardizer.fit(x)
    assert scaler.scale[[0, 1, 3]].tolist() == [1, 1, 1]
    assert np.abs(scaler.apply(x)[:, [0, 1, 3]]).max() < 1e-6


def test_a_standardizer_takes_images_empty_parts_and_refuses_the_rest():
    images = np.random.default_rng(0).random((20, 3, 2, 1))
    scaler = Standardizer.fit(images)
    assert scaler.apply(images).shape == images.shape
    np.testing.assert_allclose(scaler.apply(images).reshape(20, 6).std(axis=0), 1, rtol=1e-5)
    assert scaler.apply(images[:0]).shape == (0, 3, 2, 1)
    with pytest.raises(ShapeError, match=r"rows of 6 values: got shape \(20, 5\)"):
        scaler.apply(np.ones((20, 5)))
    with pytest.raises(ShapeError, match=r"rows of 6 values: got shape \(6,\)"):
        scaler.invert(np.ones(6))
    with pytest.raises(DataError, match="at least one row"):
        Standardizer.fit(images[:0])
    with pytest.raises(ShapeError, match="vectors of one length"):
        Standardizer(mean=np.ones(2), scale=np.ones(3))
    with pytest.raises(DataError, match="above 0"):
        Standardizer(mean=np.ones(2), scale=np.zeros(2))
