"""Losses of `vitral.losses` in training: Keras's bits, one program for all numbers, saved and opened, elsewhere too."""

import importlib.util
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import vitral
from vitral import losses
from vitral._errors import DataError, VitralWarning

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
X = RNG.normal(size=(44, 5)).astype("float32")
CLASSES = X[:, :3].argmax(1)
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]
YES = (X[:, :1] > 0).astype("float32")


@keras.saving.register_keras_serializable("tests")
def confidence(_, p):
    return keras.ops.sum(p * keras.ops.log(p + 1e-7), axis=-1)


# name -> a loss from one number, targets, last activation
CASES = {
    "weighted": (lambda n: losses.WeightedCategoricalCrossentropy([1, n, 2]), ONE_HOT, "softmax"),
    "weighted, smooth": (
        lambda n: losses.WeightedCategoricalCrossentropy([1, 2, 3], label_smoothing=n / 9),
        ONE_HOT,
        "softmax",
    ),
    "weighted, two": (lambda n: losses.WeightedBinaryCrossentropy((1, n)), YES, "sigmoid"),
    "focal": (lambda n: losses.FocalCategoricalCrossentropy(n), ONE_HOT, "softmax"),
    "focal of logits": (lambda n: losses.FocalCategoricalCrossentropy(n, from_logits=True), ONE_HOT, None),
    "focal, two": (lambda n: losses.FocalBinaryCrossentropy(n, (1, 3), from_logits=True), YES, None),
    "sparse": (lambda n: losses.sparse(losses.FocalCategoricalCrossentropy(n)), CLASSES, "softmax"),
    "sparse, smooth": (
        lambda n: losses.sparse(keras.losses.CategoricalCrossentropy(label_smoothing=n / 9)),
        CLASSES,
        "softmax",
    ),
    "penalized": (
        lambda n: losses.with_penalty("sparse_categorical_crossentropy", confidence, n / 9),
        CLASSES,
        "softmax",
    ),
    "regularized": (lambda n: losses.with_penalty("mse", keras.regularizers.L2(n / 9)), ONE_HOT, None),
}


def network(loss, activation, n_outputs, **dense):
    hidden = layers.Dense(6, "tanh", **dense)
    model = keras.Sequential([keras.Input((5,)), hidden, layers.Dropout(0.2), layers.Dense(n_outputs, activation)])
    model.compile(keras.optimizers.Adam(0.01), loss)
    return model


def bits(model):
    return [np.asarray(v.value).tobytes() for v in model.variables + model.optimizer.variables]


def built(name):
    make, y, activation = CASES[name]
    return lambda n: network(make(n), activation, 1 if y is YES else 3), y


# What the compiler folds into another number while it knows both, and cannot while it does not: so many are allowed.
ROUNDED = {"weighted, two": 1e-6, "regularized": 1e-6}
FAST = ("sparse",)


@pytest.mark.parametrize("name", [c if c in FAST else pytest.param(c, marks=pytest.mark.slow) for c in CASES])
def test_the_bits_of_keras_one_program_and_a_folder(name, tmp_path):
    """`fit` has Keras's bits; a sweep over the number is one program, with the bits of `fit`; what is saved opens."""
    build, y = built(name)
    given = {"x": X, "y": y, "batch_size": 8, "epochs": 3, "verbose": 0, "validation_data": (X[:9], y[:9])}
    sweep = vitral.sweep(build, **given, over={"n": [1.0, 2.5]}, seed=3)
    assert len(sweep.groups) == 1, sweep.groups
    for number, n in enumerate([1.0, 2.5]):
        keras.utils.set_random_seed(3)
        theirs = build(n)
        keras.utils.set_random_seed(3)
        history = keras.Model.fit(theirs, **given).history
        keras.utils.set_random_seed(3)
        ours = build(n)
        run = vitral.fit(ours, **given, seed=3, engine="compiled")
        assert bits(ours) == bits(theirs)
        assert run.history == history
        if name not in ROUNDED:
            assert bits(sweep[number].model) == bits(theirs)
            assert sweep[number].history == history
        for a, b in zip(sweep[number].model.weights, theirs.weights, strict=True):
            np.testing.assert_allclose(a.value, b.value, atol=ROUNDED.get(name, 0), rtol=0)
    run = sweep[1]
    expected = run.model.evaluate(X, y, verbose=0)
    opened = vitral.open_run(run.save(tmp_path / "run"))
    assert opened.model.evaluate(X, y, verbose=0) == expected
    assert opened.model.loss.get_config() == run.model.loss.get_config()
    assert vitral.open_run(sweep.save(tmp_path / "sweep"))[1].model.evaluate(X, y, verbose=0) == expected


def test_a_soft_threshold_in_a_sweep():
    def build(t):
        return network("mse", None, 3, kernel_constraint=losses.SoftThreshold(t))

    sweep = vitral.sweep(build, X, ONE_HOT, 8, 3, 0, over={"t": [0.01, 0.002]}, seed=3)
    assert len(sweep.groups) == 1
    for number, t in enumerate([0.01, 0.002]):
        keras.utils.set_random_seed(3)
        model = build(t)
        vitral.fit(model, X, ONE_HOT, 8, 3, 0, seed=3)
        assert bits(sweep[number].model) == bits(model)
    kernels = [run.model.layers[0].get_weights()[0] for run in sweep]
    assert (kernels[0] == 0).sum() > (kernels[1] == 0).sum()


def test_pickled_copied_and_of_several_outputs():
    loss = losses.with_penalty(losses.sparse(losses.FocalCategoricalCrossentropy(1.5)), confidence, 0.1)
    for copy in (pickle.loads(pickle.dumps(loss)), keras.saving.deserialize_keras_object(loss_config(loss))):
        assert float(copy(CLASSES, ONE_HOT)) == float(loss(CLASSES, ONE_HOT))
        assert copy.get_config() == loss.get_config()
    inputs = keras.Input((5,))
    outputs = {"a": layers.Dense(3, "softmax", name="a")(inputs), "b": layers.Dense(1, name="b")(inputs)}
    model = keras.Model(inputs, outputs)
    model.compile("sgd", {"a": loss, "b": losses.with_penalty("mse", keras.regularizers.L1(0.1))})
    run = vitral.fit(model, X, {"a": CLASSES, "b": YES}, epochs=2, verbose=0, engine="compiled")
    assert {"a_loss", "b_loss"} <= set(run.history)


def loss_config(loss):
    return json.loads(json.dumps(keras.saving.serialize_keras_object(loss)))


def test_what_runs_know_of_the_loss():
    """Targets are checked and told apart as for Keras's own losses."""
    model = network(losses.sparse(losses.WeightedCategoricalCrossentropy([1, 2, 3])), "softmax", 3)
    with pytest.raises(DataError, match="class numbers from 0 to 2"):
        vitral.fit(model, X, CLASSES + 1, verbose=0)
    weighted = network(losses.WeightedCategoricalCrossentropy([1, 2, 3]), "softmax", 3)
    with pytest.raises(DataError, match="one column per class"):
        vitral.fit(weighted, X, CLASSES, verbose=0)
    loss = losses.with_penalty(losses.sparse("categorical_crossentropy"), keras.regularizers.L2(0.1))
    with pytest.warns(VitralWarning, match="has no activation, and its loss, sparse categorical"):
        vitral.fit(network(loss, None, 3), X, CLASSES, verbose=0)
    logits = network(losses.with_penalty(losses.FocalCategoricalCrossentropy(from_logits=True), "mae"), None, 3)
    run = vitral.fit(logits, X, ONE_HOT, verbose=0)
    assert run.evaluation.task == "classification"
    np.testing.assert_allclose(run.evaluation.prediction.sum(axis=1), 1, rtol=1e-5)


OPENED = """
import sys, vitral
run = vitral.open_run(sys.argv[1])
print(type(run.model.loss).__name__, run.model.loss.wrapped.gamma)
from vitral import keras
vitral.losses.register()
print(type(keras.saving.load_model(sys.argv[1] + "/model.keras").loss).__name__)
"""


@pytest.mark.slow
def test_another_process_opens_it(tmp_path):
    run = vitral.fit(built("sparse")[0](1.5), X, CLASSES, verbose=0, out=str(tmp_path / "run"))
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(run.path)], capture_output=True, text=True, check=False, timeout=200
    )
    assert done.stdout.split() == ["SparseLoss", "1.5", "SparseLoss"], done.stderr


ELSEWHERE = """
import json, sys
import numpy as np
import vitral
from vitral import keras, losses
x, one_hot, classes, yes = (np.load(f"{sys.argv[1]}/{name}.npy") for name in ("x", "one_hot", "classes", "yes"))
found = {}
for name, loss, y, n, end in [
    ("weighted", losses.WeightedCategoricalCrossentropy([1, 2, 3], label_smoothing=0.1), one_hot, 3, "softmax"),
    ("two", losses.WeightedBinaryCrossentropy((1, 4)), yes, 1, "sigmoid"),
    ("focal", losses.with_penalty(losses.sparse(losses.FocalCategoricalCrossentropy(1.5, from_logits=True)),
                                  keras.regularizers.L2(0.1)), classes, 3, None),
    ("focal, two", losses.FocalBinaryCrossentropy(0.5, (1, 2), from_logits=True), yes, 1, None),
]:
    dense = keras.layers.Dense(n, end, kernel_initializer=keras.initializers.Constant(0.1),
                               kernel_constraint=losses.SoftThreshold(0.001))
    model = keras.Sequential([keras.Input((5,)), dense])
    model.compile("sgd", loss)
    run = vitral.fit(model, x, y, 8, 3, 0, shuffle=False)
    found[name] = run.history["loss"]
    model.save(f"{sys.argv[1]}/model.keras")
    assert keras.saving.load_model(f"{sys.argv[1]}/model.keras").loss.get_config() == loss.get_config()
found["backend"] = keras.config.backend()
print("\\n" + json.dumps(found))
"""


def interpreter(backend):
    """Who runs a backend here, as in `tests/repository/test_other_backends.py`."""
    named = os.environ.get(f"VITRAL_{backend.upper()}_PYTHON")
    if named is None and importlib.util.find_spec(backend) is None:
        return None
    return named or sys.executable


@pytest.mark.slow
@pytest.mark.parametrize("other", ["tensorflow", "torch"])
def test_other_backends_say_the_same(other, tmp_path):
    if interpreter(other) is None:
        pytest.skip(f"{other} is not installed, and VITRAL_{other.upper()}_PYTHON names no interpreter that has it")
    for name, array in {"x": X, "one_hot": ONE_HOT, "classes": CLASSES, "yes": YES}.items():
        np.save(tmp_path / f"{name}.npy", array)
    found = {}
    for backend in ("jax", other):
        environment = os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [interpreter(backend), "-c", ELSEWHERE, str(tmp_path)],
            env=environment | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found[backend] = json.loads(done.stdout.strip().splitlines()[-1])
        assert found[backend].pop("backend") == backend
    for name, curve in found["jax"].items():
        np.testing.assert_allclose(found[other][name], curve, rtol=2e-5, err_msg=name)


def test_the_proximal_step_meets_the_lasso():
    """scikit-learn minimises |y - Xw|^2 / 2N + alpha |w|; mean squared error is twice the first part."""
    from sklearn.linear_model import Lasso

    alpha, rate = 0.2, 0.05
    target = X @ np.array([1.5, 0, 0, -0.7, 0.05]) + 0.1 * np.sin(np.arange(len(X)))
    theirs = Lasso(alpha, fit_intercept=False, tol=1e-10).fit(X.astype("float64"), target).coef_
    shrink = losses.SoftThreshold(rate * 2 * alpha)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(1, use_bias=False, kernel_constraint=shrink)])
    model.compile(keras.optimizers.SGD(rate), "mse")
    vitral.fit(model, X, target[:, None], batch_size="all", epochs=600, verbose=0, seed=0)
    ours = model.get_weights()[0][:, 0]
    assert 0 < np.count_nonzero(theirs) < 5
    np.testing.assert_array_equal(ours == 0, theirs == 0)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
