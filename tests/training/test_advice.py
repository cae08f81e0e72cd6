"""Warnings that a user can act on: each said once, with a remedy, and never of what is as it should be."""

import re
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from sklearn import datasets

import vitral
from vitral._errors import VitralWarning
from vitral.training.advice import advise
from vitral.training.checks import check_sizes
from vitral.training.request import make_request

RNG = np.random.default_rng(0)
N = 60
TABLE = RNG.normal(size=(N, 6)).astype("float32")
CLASSES = np.arange(N) % 3
BINARY = (np.arange(N) % 2).astype("float32")
ONE_HOT = np.eye(3)[CLASSES]
PIXELS = RNG.integers(0, 256, (N, 12, 12, 1))
SPARSE = "sparse_categorical_crossentropy"


def model_of(*parts: Any, loss: Any = SPARSE) -> Any:
    model = keras.Sequential(parts)
    model.compile("sgd", loss)
    return model


def softmax(*before: Any, units: int = 3) -> Any:
    return model_of(*before, layers.Flatten(), layers.Dense(units, "softmax"))


def advice(model: Any, x: Any = TABLE, y: Any = CLASSES, callbacks: Any = None, **arguments: Any) -> dict[str, str]:
    """What is said of a training that is not begun."""
    request, _ = make_request(x, y, None, **arguments)
    return advise(model, check_sizes(request), callbacks)


def one(model: Any, *arguments: Any, **more: Any) -> tuple[str, str]:
    """The one rule that speaks, and what it says: a fact and a remedy."""
    ((rule, sentence),) = advice(model, *arguments, **more).items()
    assert re.fullmatch(r"[^\n]+\. [A-Z][^\n]+\.", sentence), sentence
    assert len(sentence) < 330
    return rule, sentence


# ---------------------------------------------------------------- scale


def functional(first: Any) -> Any:
    """Two inputs of 6 columns, the second of which comes to `first`."""
    one, two = keras.Input((6,), name="one"), keras.Input((6,), name="two")
    joined = layers.Concatenate()([layers.Dense(3)(one), layers.Flatten()(first(layers.Dropout(0.1)(two)))])
    model = keras.Model([one, two], layers.Dense(3, "softmax")(joined))
    model.compile("sgd", SPARSE)
    return model


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (PIXELS, ["from 0 to 255", "Divide it by 255", "Normalization"]),
        (PIXELS.astype("uint8"), ["from 0 to 255", "Divide it by 255"]),
        (PIXELS.reshape(N, -1).astype("float32"), ["from 0 to 255", "Divide it by 255"]),
        (datasets.load_digits().data, ["from 0 to 16", "x.mean(0)"]),
        (datasets.load_wine().data, ["from 0.13 to", "x.std(0)"]),
        (pd.DataFrame(datasets.load_wine().data), ["x.std(0)"]),
        (2000 + TABLE, ["mean 2e+03"]),
        (TABLE * 1e-5, ["e-05, from -"]),
        (np.float64(TABLE) * 1e300, ["e+300"]),
    ],
    ids=["pixels", "bytes", "flat pixels", "digits", "wine", "a frame", "years", "tiny", "huge"],
)
def test_inputs_far_from_scale(x: Any, words: list[str]) -> None:
    rule, sentence = one(softmax(), x, np.arange(len(x)) % 3)
    assert rule == "scale"
    assert [word for word in words if word not in sentence] == []
    assert sentence.startswith("x is far from mean 0 and deviation 1")


@pytest.mark.parametrize(
    "x",
    [
        TABLE,
        TABLE * 3 + 2,
        PIXELS / 255,
        np.eye(N),
        np.eye(N, dtype=bool),
        RNG.random((N, 5)) * 20 - 10,
        np.zeros((N, 4)),
        datasets.load_iris().data,
        np.where(RNG.random((N, 800)) < 0.001, 31.6, -0.03),  # standardised pixels that are rarely on
        PIXELS.astype("float32") - 128.0,  # as for networks that were trained elsewhere
        PIXELS / 127.5 - 1,
    ],
    ids=["a table", "nearly", "images", "one-hot", "truth", "ten", "zeros", "iris", "rare", "centred", "from -1"],
)
def test_inputs_on_scale(x: Any) -> None:
    assert advice(softmax(), x, np.arange(len(x)) % 3) == {}


@pytest.mark.parametrize(
    ("first", "x"),
    [
        (layers.Embedding(300, 4), np.arange(N * 6).reshape(N, 6) % 300),
        (layers.Rescaling(1 / 255), PIXELS),
        (layers.BatchNormalization(), PIXELS),
        (layers.Normalization(), TABLE * 1000),
        (layers.LayerNormalization(), TABLE * 1000),
        (layers.CategoryEncoding(300), np.arange(N) % 300),
        (layers.Lambda(lambda x: x / 255), PIXELS),
        (keras.Sequential([layers.Flatten(), layers.Rescaling(0.01)]), PIXELS),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_model_that_scales_or_looks_up_is_left_alone(first: Any, x: Any) -> None:
    assert advice(softmax(first), x) == {}


def test_what_it_cannot_see_it_does_not_speak_of() -> None:
    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    own = Own()
    own.compile("sgd", SPARSE)
    inputs = keras.Input((6,))
    divided = keras.Model(inputs, layers.Dense(3, "softmax")(inputs / 255.0))
    divided.compile("sgd", SPARSE)
    for model in (own, divided):
        assert advice(model, TABLE * 1000) == {}
    rows = iter([(TABLE * 1000, CLASSES)])
    assert advice(softmax(), rows, None) == {}


def test_several_inputs_are_told_apart() -> None:
    model = functional(layers.Dense(2))
    for x, name in (([TABLE, TABLE * 99], "x[1] "), ({"two": TABLE * 99, "one": TABLE}, "x['two'] ")):
        assert one(model, x)[1].startswith(name)
    assert advice(functional(layers.Embedding(600, 2)), [TABLE, np.abs(TABLE * 99)]) == {}
    assert one(functional(layers.Embedding(600, 2)), [TABLE * 99, np.abs(TABLE * 99)])[1].startswith("x[0] ")


# ---------------------------------------------------------------- sizes, classes, what is watched


def test_a_batch_larger_than_the_data() -> None:
    assert one(softmax(), batch_size=N + 1)[1].startswith(
        f"batch_size is more than there are rows to train on: {N + 1} of"
    )
    assert "50 of 48" in one(softmax(), batch_size=50, validation_split=0.2)[1]
    for fits in (N, "all", 1, None):
        assert advice(softmax(), batch_size=fits) == {}
    for size in (None, 32):
        assert advice(softmax(), TABLE[:9], CLASSES[:9], batch_size=size) == {}, "nobody chose the default"


def test_labels_of_one_class_only() -> None:
    binary = model_of(layers.Dense(1, "sigmoid"), loss="binary_crossentropy")
    one_hot = model_of(layers.Dense(3, "softmax"), loss="categorical_crossentropy")
    for model, y, said in (
        (softmax(), CLASSES * 0 + 2, "alone, 2, in all 60 rows"),
        (binary, BINARY * 0, "alone, 0,"),
        (binary, BINARY[:, None] * 0 + 1, "alone, 1,"),
        (one_hot, np.eye(3)[CLASSES * 0 + 1], "alone, 1,"),
    ):
        rule, sentence = one(model, TABLE, y)
        assert (rule, said in sentence) == ("classes", True), sentence
    rare = CLASSES * 0
    rare[37] = 1
    assert advice(softmax(), TABLE, rare) == {}
    assert advice(softmax(), TABLE[:5], CLASSES[:5] * 0) == {}, "a few rows may be alike by chance"
    assert advice(model_of(layers.Dense(1), loss="mse"), TABLE, BINARY * 0) == {}


def test_a_split_of_sorted_rows() -> None:
    sentence = one(softmax(), TABLE, np.sort(CLASSES), validation_split=0.2)[1]
    assert sentence.startswith("The last 12 rows, which validation_split holds back, are all of class 2")
    assert advice(softmax(), TABLE, CLASSES, validation_split=0.2) == {}


def test_a_callback_that_waits_for_what_is_not_measured() -> None:
    known = keras.callbacks
    for callback in (
        known.EarlyStopping(),
        known.ReduceLROnPlateau(),
        known.ModelCheckpoint("a.keras", save_best_only=True),
    ):
        rule, sentence = one(softmax(), callbacks=[callback])
        assert rule == "validation"
        assert f"{type(callback).__name__}(monitor='loss')" in sentence
        assert advice(softmax(), callbacks=[callback], validation_split=0.2) == {}
        assert advice(softmax(), callbacks=[callback], validation_data=(TABLE, CLASSES)) == {}
    for callback in (known.EarlyStopping("loss"), known.ModelCheckpoint("a.keras"), known.TerminateOnNaN()):
        assert advice(softmax(), callbacks=[callback]) == {}


# ---------------------------------------------------------------- the last layer and the loss


def logits(name: str) -> Any:
    return getattr(keras.losses, name)(from_logits=True)


@pytest.mark.parametrize(
    ("last", "units", "loss", "y", "words"),
    [
        ("softmax", 1, "mse", BINARY, "softmax of one unit, which is always 1"),
        ("softmax", 1, "binary_crossentropy", BINARY, "softmax of one unit"),
        ("softmax", 3, "binary_crossentropy", ONE_HOT, 'Use loss="categorical_crossentropy"'),
        ("softmax", 3, "mse", ONE_HOT, "mean squared error"),
        ("softmax", 3, "mean_absolute_error", ONE_HOT, "mean absolute error"),
        (None, 3, SPARSE, CLASSES, "has no activation, and its loss, sparse categorical cross-entropy"),
        (None, 3, keras.losses.CategoricalCrossentropy(), ONE_HOT, 'activation="softmax" in the last layer'),
        ("relu", 1, "binary_crossentropy", BINARY, "ends in relu"),
        ("tanh", 1, keras.losses.BinaryCrossentropy(), BINARY, 'activation="sigmoid" in the last layer'),
        ("sigmoid", 1, logits("BinaryCrossentropy"), BINARY, "sigmoid and its loss applies another one"),
        ("softmax", 3, logits("SparseCategoricalCrossentropy"), CLASSES, "softmax and its loss applies another one"),
        ("softmax", 3, logits("CategoricalCrossentropy"), ONE_HOT, "Leave from_logits out"),
        ("sigmoid", 3, SPARSE, CLASSES, "outputs that sum to 1"),
        ("sigmoid", 1, "categorical_crossentropy", BINARY[:, None], "always 0"),
    ],
)
def test_an_activation_that_does_not_fit_the_loss(last: Any, units: int, loss: Any, y: Any, words: str) -> None:
    own_layer = [keras.Input((6,)), layers.Dense(units), layers.Activation(last)] if last else [layers.Dense(units)]
    for parts in (
        [layers.Dense(4), layers.Dense(units, last)],
        own_layer,
        [keras.Sequential([layers.Dense(units, last)])],
    ):
        rule, sentence = one(model_of(*parts, loss=loss), TABLE, y)
        assert rule == "activation"
        assert words in sentence
    inputs = keras.Input((6,))
    model = keras.Model(inputs, layers.Dense(units, last)(layers.Dense(2)(inputs)))
    model.compile("sgd", loss)
    assert words in one(model, TABLE, y)[1]


@pytest.mark.parametrize(
    ("last", "units", "loss", "y"),
    [
        ("softmax", 3, SPARSE, CLASSES),
        ("softmax", 3, "categorical_crossentropy", ONE_HOT),
        ("softmax", 3, "kl_divergence", ONE_HOT),
        ("sigmoid", 1, "binary_crossentropy", BINARY),
        ("sigmoid", 3, "binary_crossentropy", ONE_HOT),
        ("sigmoid", 1, "mse", BINARY),
        ("hard_sigmoid", 1, "binary_crossentropy", BINARY),
        ("tanh", 1, "hinge", BINARY * 2 - 1),
        (None, 1, "mse", TABLE[:, :1]),
        ("relu", 1, "mae", TABLE[:, :1]),
        (None, 1, logits("BinaryCrossentropy"), BINARY),
        (None, 3, logits("SparseCategoricalCrossentropy"), CLASSES),
        (lambda x: x, 3, SPARSE, CLASSES),
        (None, 3, lambda _, p: keras.ops.mean(p), CLASSES),
    ],
)
def test_an_activation_that_fits(last: Any, units: int, loss: Any, y: Any) -> None:
    assert advice(model_of(layers.Dense(4), layers.Dense(units, last), loss=loss), TABLE, y) == {}


# ---------------------------------------------------------------- once, and at the user's line


def test_fit_says_each_once_where_it_was_called() -> None:
    model = model_of(keras.Input((6,)), layers.Dense(3))
    with pytest.warns(VitralWarning) as caught:
        vitral.fit(model, TABLE * 100, CLASSES, batch_size=N + 1, epochs=2, verbose=0)
    assert [str(w.message)[:10] for w in caught] == ["x is far f", "batch_size", "The model "]
    assert {Path(w.filename) for w in caught} == {Path(__file__)}


def test_a_sweep_says_each_once_for_all_its_variants() -> None:
    def build(rate: float, last: str) -> Any:
        model = keras.Sequential([keras.Input((6,)), layers.Dense(3, last)])
        model.compile(keras.optimizers.SGD(rate), SPARSE)
        return model

    over = {"rate": [0.1, 0.2], "last": ["softmax", "linear"]}
    with pytest.warns(VitralWarning) as caught:
        found = vitral.sweep(build, TABLE * 10, CLASSES, over=over, verbose=0, batch_size=N)
    said = [str(w.message) for w in caught]
    assert [text[:40] for text in said] == [
        "x is far from mean 0 and deviation 1, wh",
        "Variant 1: The model has no activation, ",
    ]
    assert {Path(w.filename) for w in caught} == {Path(__file__)}
    assert found.count("done") == 4


def test_what_was_said_as_an_error_marks_no_variant() -> None:
    def build(rate: float) -> Any:
        model = keras.Sequential([keras.Input((6,)), layers.Dense(3, "softmax")])
        model.compile(keras.optimizers.SGD(rate), SPARSE)
        return model

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(VitralWarning, match="x is far"):
            vitral.sweep(build, TABLE * 100, CLASSES, over={"rate": [0.1, 0.2]}, verbose=0)


def test_it_never_raises() -> None:
    class Odd:
        shape, dtype = (3,), "odd"

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    request, _ = make_request(TABLE, CLASSES, None)
    for model in (None, 3, Odd(), keras.Sequential()):
        assert advise(model, request, Odd()) == {}
    for x in (Odd(), [Odd()], {"x": Odd()}, [], {}, "x", None, np.array("x"), np.array(["x"])):
        request, _ = make_request(x, Odd(), None)
        assert advise(softmax(), request, None) == {}


def test_it_reads_a_sample_only() -> None:
    x = np.lib.stride_tricks.as_strided(np.full(1, 99, np.float32), (10**6, 784), (0, 0))  # 3 GB, were it there
    model, y = softmax(), np.arange(10**6) % 3
    tracemalloc.start()
    try:
        assert one(model, x, y)[0] == "scale"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**22
