"""Losses are their formulas, written out in NumPy, and Keras's own where those say the same."""

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import losses

import vitral
from vitral._errors import ArgumentError, ShapeError, UnknownNameError
from vitral.losses import (
    FocalBinaryCrossentropy,
    FocalCategoricalCrossentropy,
    SoftThreshold,
    WeightedBinaryCrossentropy,
    WeightedCategoricalCrossentropy,
    sparse,
    with_penalty,
)

RNG = np.random.default_rng(4)
CLASSES = RNG.integers(0, 3, 20)
ONE_HOT = np.eye(3)[CLASSES]
LOGITS = RNG.normal(0, 2, (20, 3))
P = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
YES = RNG.integers(0, 2, (20, 2)).astype(float)
Q = RNG.uniform(0.02, 0.98, (20, 2))
W = np.array([0.5, 2.0, 0.0])
close = {"rtol": 2e-6, "atol": 1e-6}


def number(loss, y, p, **more):
    return float(loss(np.asarray(y, "float32"), np.asarray(p, "float32"), **more))


def categorical(y, p, w=1.0, gamma=0.0, smoothing=0.0):
    """Row by row and class by class, as the formula reads."""
    total = []
    for row, probabilities in zip(y, p, strict=True):
        targets = [t * (1 - smoothing) + smoothing / len(row) for t in row]
        weights = np.broadcast_to(w, len(row))
        terms = zip(weights, targets, probabilities, strict=True)
        total.append(-sum(a * t * (1 - q) ** gamma * np.log(q) for a, t, q in terms))
    return np.mean(total)


def binary(y, p, w=(1, 1), gamma=0.0, smoothing=0.0):
    pairs = np.stack([1 - y, y], -1).reshape(-1, 2), np.stack([1 - p, p], -1).reshape(-1, 2)
    return categorical(*pairs, w, gamma, smoothing)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_formulas(gamma, smoothing):
    more = {"gamma": gamma, "label_smoothing": smoothing}
    three = categorical(ONE_HOT, P, W, gamma, smoothing)
    assert np.isclose(number(FocalCategoricalCrossentropy(weights=W, **more), ONE_HOT, P), three, **close)
    found = number(FocalCategoricalCrossentropy(weights=W, from_logits=True, **more), ONE_HOT, LOGITS)
    assert np.isclose(found, three, **close)
    two = binary(YES, Q, (0.5, 3.0), gamma, smoothing)
    assert np.isclose(number(FocalBinaryCrossentropy(weights=(0.5, 3), **more), YES, Q), two, **close)
    found = number(FocalBinaryCrossentropy(weights=(0.5, 3), from_logits=True, **more), YES, np.log(Q / (1 - Q)))
    assert np.isclose(found, two, **close)
    if gamma == 0:
        weighted = WeightedCategoricalCrossentropy(W, label_smoothing=smoothing)
        assert np.isclose(number(weighted, ONE_HOT, P), three, **close)
        weighted = WeightedBinaryCrossentropy((0.5, 3.0), label_smoothing=smoothing)
        assert np.isclose(number(weighted, YES, Q), two, **close)


def test_where_keras_says_the_same():
    assert np.isclose(
        number(FocalCategoricalCrossentropy(1.5, [0.2, 0.3, 0.5]), ONE_HOT, P),
        number(losses.CategoricalFocalCrossentropy(gamma=1.5, alpha=[0.2, 0.3, 0.5]), ONE_HOT, P),
        **close,
    )
    assert np.isclose(
        number(FocalBinaryCrossentropy(1.5, [0.75, 0.25]), YES, Q),
        number(losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.25, gamma=1.5), YES, Q),
        **close,
    )
    smooth = {"label_smoothing": 0.3}
    assert np.isclose(
        number(WeightedCategoricalCrossentropy([1, 1, 1], **smooth), ONE_HOT, P),
        number(losses.CategoricalCrossentropy(**smooth), ONE_HOT, P),
        **close,
    )
    assert np.isclose(
        number(WeightedBinaryCrossentropy([1, 1], **smooth), YES, Q),
        number(losses.BinaryCrossentropy(**smooth), YES, Q),
        **close,
    )


def test_class_weights_of_fit_are_the_same_in_training_and_absent_in_validation():
    """Keras's `class_weight` weighs rows; the loss weighs classes; one-hot targets make them one."""

    def train(loss, **more):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, "softmax")])
        model.compile("sgd", loss)
        x = np.asarray(LOGITS, "float32")
        return vitral.fit(model, x, ONE_HOT, batch_size=5, epochs=3, validation_data=(x, ONE_HOT), verbose=0, **more)

    ours = train(WeightedCategoricalCrossentropy(W))
    theirs = train("categorical_crossentropy", class_weight=dict(enumerate(W)))
    np.testing.assert_allclose(ours.history["loss"], theirs.history["loss"], rtol=1e-5)
    p = ours.model.predict(np.asarray(LOGITS, "float32"), verbose=0)
    assert np.isclose(ours.history["val_loss"][-1], categorical(ONE_HOT, p, W), rtol=1e-5)
    assert not np.isclose(theirs.history["val_loss"][-1], categorical(ONE_HOT, p, W), rtol=1e-2)


@settings(max_examples=30, deadline=None)
@given(
    z=st.lists(st.floats(-300, 300, width=32), min_size=3, max_size=3),
    k=st.integers(0, 2),
    gamma=st.floats(0, 5),
    is_sparse=st.booleans(),
)
def test_focal_gradients_are_finite_everywhere(z, k, gamma, is_sparse):
    loss = FocalCategoricalCrossentropy(gamma, from_logits=True)
    loss, y = (sparse(loss), np.array([k])) if is_sparse else (loss, np.eye(3)[[k]])
    slope = jax.grad(lambda z: loss(y, z))(np.array([z], "float32"))
    assert np.isfinite(slope).all()
    slope = jax.grad(lambda z: FocalBinaryCrossentropy(gamma, from_logits=True)(np.eye(3)[[k]], z))
    assert np.isfinite(slope(np.array([z], "float32"))).all()


@pytest.mark.parametrize("gamma", [0.5, 2.0])
@pytest.mark.parametrize("z", [-20.0, -60.0, -120.0])
def test_what_is_confidently_wrong_is_corrected(z, gamma):
    """There p is 0 and (1 - p)^gamma is 1: the loss is -z, its slope -1. Keras's own is 0."""
    logit = np.array([[z]], "float32")
    loss = FocalBinaryCrossentropy(gamma, from_logits=True)
    value, slope = jax.value_and_grad(lambda z: loss(np.ones((1, 1)), z))(logit)
    assert np.isclose(value, -z)
    assert np.isclose(slope[0, 0], -1, rtol=1e-5)
    pair = np.array([[z, 0.0]], "float32")
    loss = FocalCategoricalCrossentropy(gamma, from_logits=True)
    assert np.isclose(jax.grad(lambda z: loss(np.array([[1.0, 0.0]]), z))(pair)[0, 0], -1, rtol=1e-5)
    theirs = losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True)
    assert abs(jax.grad(lambda z: theirs(np.ones((1, 1)), z))(logit)[0, 0]) < 1e-6


@pytest.mark.parametrize(
    "loss",
    ["categorical_crossentropy", "categorical_focal_crossentropy", "kl_divergence", lambda y, p: -(y * p).sum(-1)],
    ids=str,
)
def test_sparse_is_the_loss_of_one_hot(loss):
    one_hot = loss if callable(loss) else losses.get(loss)
    expected = np.mean(one_hot(np.asarray(ONE_HOT, "float32"), np.asarray(P, "float32")))
    for y in (CLASSES, CLASSES[:, None]):
        assert np.isclose(number(sparse(loss), y, P), expected, rtol=1e-6)


def test_sparse_over_sequences_with_weights_and_reductions():
    y, p = CLASSES.reshape(4, 5), P.reshape(4, 5, 3)
    weights = RNG.uniform(0, 2, (4, 5)).astype("float32")
    for reduction in ("sum", "sum_over_batch_size", "mean_with_sample_weight"):
        inside = losses.CategoricalCrossentropy(label_smoothing=0.1, reduction=reduction)
        expected = number(inside, ONE_HOT.reshape(4, 5, 3), p, sample_weight=weights)
        assert number(sparse(inside), y, p, sample_weight=weights) == expected


def test_penalties_add_up():
    y, p = np.asarray(YES, "float32"), np.asarray(Q, "float32")
    squares, distances = np.mean((YES - Q) ** 2), np.mean(np.abs(YES - Q))
    assert np.isclose(number(with_penalty("mse", "mae", 0.3), y, p), squares + 0.3 * distances)
    assert np.isclose(number(with_penalty(losses.MeanSquaredError(), losses.Huber(9), -1), y, p), squares / 2)
    own = with_penalty(lambda y, p: (y - p) ** 2 @ np.ones(2), lambda _, p: p[:, 0], 2.0)
    assert np.isclose(number(own, y, p), 2 * squares + 2 * Q[:, 0].mean())
    whole = with_penalty("mse", lambda _, p: keras.ops.max(p), 0.1)
    assert np.isclose(number(whole, y, p), squares + 0.1 * Q.max())
    squared = with_penalty(losses.MeanSquaredError(reduction="sum"), keras.regularizers.L2(0.1), 0.5)
    assert np.isclose(number(squared, y, p), 20 * squares + 0.5 * 0.1 * (Q**2).sum(), rtol=1e-6)


def test_a_regulariser_of_outputs_is_keras_activity_regulariser():
    x = np.asarray(LOGITS, "float32")

    def train(loss, **layer):
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, **layer)])
        model.compile("sgd", loss)
        return vitral.fit(model, x, YES, batch_size=5, epochs=3, verbose=0).history["loss"]

    ours = train(with_penalty("mse", keras.regularizers.L1(0.2)))
    theirs = train("mse", activity_regularizer=keras.regularizers.L1(0.2))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_soft_threshold_is_the_proximal_step():
    """The minimum over a fine grid of (w - v)²/2 + t |w|."""
    grid = np.linspace(-2, 2, 40001)
    for v in (-1.3, -0.2, 0.0, 0.05, 0.9):
        best = grid[np.argmin((grid - v) ** 2 / 2 + 0.3 * np.abs(grid))]
        assert abs(float(SoftThreshold(0.3)(np.float32(v))) - best) < 2e-4


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WeightedCategoricalCrossentropy(None), r"weights must be a number for each class: got None\. Without"),
        (lambda: WeightedCategoricalCrossentropy("12"), "weights must be a number for each class: got '12'"),
        (lambda: WeightedCategoricalCrossentropy([1, -2]), r"weights\[1\] must be a finite number at least 0: got -2"),
        (lambda: WeightedCategoricalCrossentropy([1, np.nan]), r"weights\[1\] must be a finite number"),
        (lambda: WeightedCategoricalCrossentropy([0, 0]), "weights must not all be zero"),
        (lambda: WeightedCategoricalCrossentropy([1]), "weights must be those of at least two classes"),
        (lambda: WeightedCategoricalCrossentropy({1: 1.0, 2: 2.0}), "weights must name every class from 0 on"),
        (lambda: WeightedBinaryCrossentropy([1, 2, 3]), "weights must be two, of class 0 and of class 1: got 3"),
        (lambda: FocalBinaryCrossentropy(-1), "gamma must be a finite number at least 0: got -1"),
        (
            lambda: FocalBinaryCrossentropy(label_smoothing=1.5),
            "label_smoothing must be a finite number at least 0",
        ),
        (lambda: SoftThreshold(-0.1), "threshold must be a finite number at least 0: got -0.1"),
        (lambda: with_penalty("mse", "mae", np.inf), "weight must be a finite number: got inf"),
        (lambda: with_penalty("mse", 3), r"penalty must be a Keras loss, its name, or a function .*: got 3"),
        (lambda: sparse(None), "loss must be a Keras loss"),
        (lambda: sparse(losses.Huber), "loss must be a Keras loss, its name"),
    ],
)
def test_bad_arguments_are_named(make, words):
    with pytest.raises(ArgumentError, match=words):
        make()


def test_an_unknown_loss_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'categorical_crossentropy'"):
        sparse("categorical_crossentropi")


@pytest.mark.parametrize(
    ("loss", "y", "words"),
    [
        (WeightedCategoricalCrossentropy([1, 2]), ONE_HOT, "weights must be one for each of the model's outputs"),
        (WeightedCategoricalCrossentropy([1, 2, 3]), CLASSES[:, None], r"columns .*use vitral\.losses\.sparse"),
        (FocalBinaryCrossentropy(), CLASSES[:, None], "y must have the columns of the model's output, 3"),
        (sparse("categorical_crossentropy"), ONE_HOT, "y must hold one class number a row"),
        (with_penalty("mse", lambda _, p: p[:, :1]), ONE_HOT, "penalty must give one number a row"),
    ],
)
def test_shapes_that_do_not_fit_are_named(loss, y, words):
    with pytest.raises(ShapeError, match=words):
        loss(np.asarray(y, "float32"), np.asarray(P, "float32"))
