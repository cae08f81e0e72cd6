"""What the model says about unseen rows, against Keras's own numbers; and that looking leaves no trace."""

import random

import numpy as np
import pytest
from building import bits, diabetes, digits, mlp, run_of
from sklearn import metrics

from vitral._keras import import_keras
from vitral.runs import EvaluationSource
from vitral.runs.evaluation import evaluate

keras = import_keras()


def source(x, y, **known):
    return EvaluationSource(part="test", x=x, y=y, **known)


def test_digits_as_keras_predicts_them(run):
    _, _, x, y = digits()
    found = run.evaluation
    expected = run.model.predict(x, verbose=0)
    assert (found.part, found.task, found.n, found.image_shape) == ("test", "classification", 360, (8, 8))
    np.testing.assert_array_equal(found.target, y)
    np.testing.assert_allclose(found.prediction, expected, atol=1e-6)
    assert found.scores["accuracy"] == pytest.approx(metrics.accuracy_score(y, expected.argmax(1)))
    assert found.scores["loss"] == pytest.approx(-np.log(expected[np.arange(360), y]).mean(), rel=1e-4)
    wrong = found.prediction.argmax(1) != y
    assert set(found.worst) <= set(np.flatnonzero(wrong))
    assert len(found.worst) == min(24, wrong.sum())
    np.testing.assert_array_equal(found.worst_x, x[found.worst])
    np.testing.assert_array_equal(found.worst_prediction, found.prediction[found.worst])
    assert (np.diff(found.worst_prediction.max(1)) <= 0).all()


def test_looking_leaves_no_trace():
    x, y, *_ = digits()
    model = mlp(metrics=["accuracy"])
    model.fit(x[:64], y[:64], verbose=0)
    before = bits(model), np.random.get_state()[1].tobytes(), random.getstate()
    assert evaluate(model, source(x[:100], y[:100])).scores["accuracy"] >= 0
    assert (bits(model), np.random.get_state()[1].tobytes(), random.getstate()) == before


def test_a_model_that_draws_while_predicting_keeps_its_seed():
    x, y, *_ = digits()
    model = keras.Sequential([keras.Input((64,)), MonteCarloDropout(0.5), keras.layers.Dense(10, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    model.fit(x[:50], y[:50], verbose=0)
    before = bits(model)
    assert evaluate(model, source(x[:50], y[:50])) is not None
    assert bits(model) == before


class MonteCarloDropout(keras.layers.Dropout):
    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def test_one_hot_labels_are_their_classes():
    _, _, x, y = digits()
    model = mlp(loss="categorical_crossentropy")
    found = evaluate(model, source(x, np.eye(10, dtype="float32")[y]))
    np.testing.assert_array_equal(found.target, y)
    assert found.classes == tuple("0123456789")


@pytest.mark.parametrize(("activation", "from_logits"), [("sigmoid", False), ("linear", True)])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_output_tells_two_classes_apart(activation, from_logits, shape):
    _, _, x, y = digits()
    y = (y > 4).astype("float32").reshape(shape)
    model = mlp(64, 1, activation, keras.losses.BinaryCrossentropy(from_logits=from_logits), metrics=["accuracy"])
    found = evaluate(model, source(x, y, classes=("small", "large")))
    raw = model.predict(x, verbose=0)
    p = 1 / (1 + np.exp(-raw.astype("float64"))) if from_logits else raw
    np.testing.assert_allclose(found.prediction, np.concatenate([1 - p, p], 1), atol=1e-6)
    np.testing.assert_array_equal(found.prediction.argmax(1), (p > 0.5)[:, 0])
    assert found.classes == ("small", "large")


def test_logits_become_probabilities():
    _, _, x, y = digits()
    model = mlp(activation="linear", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    found = evaluate(model, source(x, y))
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(model.predict(x, verbose=0)))
    np.testing.assert_allclose(found.prediction, expected, atol=1e-6)


def test_values_and_their_residuals():
    _, _, x, y = diabetes()
    model = mlp(10, 1, "linear", "mse")
    for target in (y, y[:, 0]):
        found = evaluate(model, source(x, target))
        expected = model.predict(x, verbose=0)
        np.testing.assert_array_equal(found.target, y)
        np.testing.assert_allclose(found.prediction, expected, rtol=1e-5, atol=1e-6)
        assert found.residuals["mae"] == pytest.approx(metrics.mean_absolute_error(y, expected), rel=1e-5)
        worst = np.abs(expected - y)[:, 0].argsort()[::-1][:24]
        np.testing.assert_array_equal(np.sort(found.worst), np.sort(worst))


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
def test_an_autoencoder_is_summed_up_and_not_stored(loss):
    _, _, x, _ = digits()
    model = mlp(64, 64, "sigmoid", loss)
    found = evaluate(model, source(x, x, image_shape=(8, 8)))
    assert (found.task, found.target, found.prediction) == ("regression", None, None)
    assert found.residuals["rmse"] == pytest.approx(np.sqrt(np.mean((model.predict(x, verbose=0) - x) ** 2)), rel=1e-5)
    assert found.worst_prediction.shape == (24, 64)


def test_pictures_are_recognised_by_their_shape():
    _, _, x, y = digits()
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(loss="sparse_categorical_crossentropy")
    found = evaluate(model, source(x.reshape(-1, 8, 8, 1), y))
    assert found.image_shape == (8, 8)
    assert found.worst_x.shape == (24, 8, 8, 1)


def test_several_inputs_have_no_pictures():
    _, _, x, y = digits()
    a, b = keras.Input((32,)), keras.Input((32,))
    out = keras.layers.Dense(10, activation="softmax")(keras.layers.Concatenate()([a, b]))
    model = keras.Model([a, b], out)
    model.compile(loss="sparse_categorical_crossentropy")
    found = evaluate(model, source([x[:, :32], x[:, 32:]], y))
    assert found.worst_x is None
    assert len(found.prediction) == 360


def test_several_labels_a_row_are_no_values():
    x = np.random.default_rng(0).random((40, 4)).astype("float32")
    labels = (x > 0.5).astype("float32")
    model = mlp(4, 4, "sigmoid", "binary_crossentropy")
    assert evaluate(model, source(x, labels)) is None
    assert evaluate(model, source(labels, labels)).task == "regression"  # an autoencoder of black and white


def test_what_cannot_be_summed_up_is_left_out():
    _, _, x, y = digits()
    a = keras.Input((64,))
    two = keras.Model(a, [keras.layers.Dense(10, activation="softmax")(a), keras.layers.Dense(1)(a)])
    two.compile(loss=["sparse_categorical_crossentropy", "mse"])
    assert evaluate(two, source(x, [y, y.astype("float32")])) is None
    assert evaluate(mlp(), source(x, None)) is None
    assert evaluate(mlp(), source(x, np.array(["a"] * 360))) is None
    assert evaluate(mlp(), source(x[:0], y[:0])) is None
    several_labels = np.tile([1.0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0], (360, 1))
    assert evaluate(mlp(loss="categorical_crossentropy"), source(x, several_labels)) is None


def test_training_further_asks_again():
    x, y, *_ = digits()
    model = mlp()
    run = run_of(model, source=source(x[:100], y[:100]))
    first = run.evaluation
    assert run.evaluation is first
    model.fit(x, y, epochs=1, verbose=0)
    assert run.evaluation.scores["loss"] < first.scores["loss"]
