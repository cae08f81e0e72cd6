"""Runs for tests, made with Keras's own fit on scikit-learn's digits."""

import datetime
import functools

import numpy as np
from sklearn.datasets import load_diabetes, load_digits

from vitral._keras import import_keras
from vitral.runs import EvaluationSource, Run, digest, versions


@functools.cache
def digits():
    """x_train, y_train, x_test, y_test: 1408 (44 batches of 32) and 360 pictures of 8×8."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype("float32"), y.astype("int32")
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[:1408], order[1437:]
    return x[train], y[train], x[test], y[test]


@functools.cache
def diabetes():
    x, y = load_diabetes(return_X_y=True)
    x, y = (x * 20).astype("float32"), y.astype("float32")[:, None]
    return x[:353], y[:353], x[353:], y[353:]


def mlp(n_inputs=64, n_outputs=10, activation="softmax", loss="sparse_categorical_crossentropy", seed=7, **compiling):
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((n_inputs,)),
            keras.layers.Dense(32, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(n_outputs, activation=activation),
        ]
    )
    model.compile(**({"optimizer": "adam", "loss": loss} | compiling))
    return model


def run_of(model, history=None, source=None, **fields):
    """A Run around a model as training would make it."""
    given = {
        "model": model,
        "history": {} if history is None else history.history,
        "epoch": [] if history is None else history.epoch,
        "params": {} if history is None else history.params,
        "engine": "compiled",
        "engine_reason": "every callback runs at epoch ends",
        "settings": {"batch_size": 32, "epochs": len(history.epoch) if history else 0, "shuffle": True},
        "seed": 7,
        "backend": "jax",
        "versions": versions("jax"),
        "data": {"name": "digits"},
        "started": datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.UTC).isoformat(),
        "seconds": 1.25,
        "compile_seconds": 0.5,
        "evaluation_source": source,
    }
    return Run(**given | fields)


def digits_run(epochs=4, **fields):
    """A trained digits run, evaluated on its test part."""
    keras = import_keras()
    x, y, x_test, y_test = digits()
    model = mlp(metrics=["accuracy"])
    keras.utils.set_random_seed(7)
    history = model.fit(x, y, batch_size=32, epochs=epochs, validation_data=(x_test, y_test), verbose=0)
    source = EvaluationSource(
        part="test",
        x=x_test,
        y=y_test,
        task="classification",
        classes=tuple("0123456789"),
        image_shape=(8, 8),
    )
    data = {
        "name": "digits",
        "task": "classification",
        "rows": {"train": len(x), "validation": len(x_test), "test": len(x_test)},
        "classes": list("0123456789"),
        "image_shape": [8, 8],
        "sha256": digest((x, y)),
    }
    return run_of(model, history, source, **{"data": data} | fields)


def diabetes_run(epochs=30, **fields):
    """A trained regression run."""
    keras = import_keras()
    x, y, x_test, y_test = diabetes()
    model = mlp(10, 1, "linear", "mse", optimizer=keras.optimizers.Adam(0.01), metrics=["mae"])
    keras.utils.set_random_seed(7)
    history = model.fit(x, y, batch_size=32, epochs=epochs, validation_split=0.1, verbose=0)
    source = EvaluationSource(
        part="test",
        x=x_test,
        y=y_test,
        task="regression",
        feature_names=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
    )
    settings = {"batch_size": 32, "epochs": epochs, "shuffle": True, "validation_split": 0.1}
    data = {"name": "diabetes", "task": "regression", "rows": {"train": len(x), "test": len(x_test)}}
    return run_of(model, history, source, **{"data": data, "settings": settings} | fields)


def bits(model):
    """All of a model's numbers, to compare to the last bit."""
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    return [np.asarray(v.value).tobytes() for v in variables]
