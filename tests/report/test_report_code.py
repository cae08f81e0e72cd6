"""The plain Keras code is run, and must give what it promises."""

import ast
import random

import numpy as np
import pytest
from building import digits, mlp, run_of

from vitral._keras import import_keras
from vitral.report.code import plain_keras

keras = import_keras()
layers, regularizers = keras.layers, keras.regularizers


def executed(source, **names):
    """The names that the code defines; its arrays come from outside, as its comments say."""
    names = dict(names)
    exec(compile(source, "report", "exec"), names)
    return names


def weights(model):
    return [np.asarray(v.value).tobytes() for v in [*model.weights, *model.optimizer.variables]]


def data():
    x, y, x_test, y_test = digits()
    return {"x_train": x, "y_train": y, "x_validation": x_test, "y_validation": y_test}


def test_the_code_gives_the_weights_of_the_digits_run_to_the_bit(digits_run, monkeypatch):
    monkeypatch.setattr(keras.Sequential, "fit", quiet(keras.Sequential.fit))
    assert plain_keras(digits_run).exact
    names = executed(plain_keras(digits_run).source, **data())
    assert weights(names["model"]) == weights(digits_run.model)
    assert names["history"].history == digits_run.history


def quiet(fit):
    return lambda self, *args, **kwargs: fit(self, *args, verbose=0, **kwargs)


def trained(build, x, y, settings, compiling=None, **fit):
    """A run of any model, trained as its settings say."""
    keras.utils.set_random_seed(3)
    model = build()
    model.compile(**(compiling or {"optimizer": "sgd", "loss": "mse"}))
    keras.utils.set_random_seed(3)
    history = model.fit(x, y, verbose=0, **settings, **fit)
    return run_of(model, history, seed=3, settings=settings, data={})


def convolutional():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, padding="same", use_bias=False, kernel_regularizer=regularizers.L2(1e-3)),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.SpatialDropout2D(0.1, seed=5),
            layers.Flatten(),
            layers.Dense(10, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), name="last"),
        ]
    )


def recurrent():
    return keras.Sequential(
        [
            keras.Input((8, 8)),
            layers.Bidirectional(layers.SimpleRNN(4, recurrent_initializer="glorot_normal")),
            layers.GaussianNoise(0.1),
            layers.Dense(10, "softmax", bias_constraint=keras.constraints.MaxNorm(1.0)),
        ]
    )


CASES = {
    "convolutional": (
        convolutional,
        (-1, 8, 8, 1),
        {"batch_size": 100, "epochs": 2, "shuffle": False, "class_weight": {i: 1.0 + i / 10 for i in range(10)}},
        lambda: {
            "optimizer": keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.9), momentum=0.9, nesterov=True, clipnorm=1.0
            ),
            "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            "metrics": [keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top3"), "accuracy"],
            "jit_compile": True,
        },
    ),
    "recurrent": (
        recurrent,
        (-1, 8, 8),
        {"batch_size": 64, "epochs": 1, "validation_split": 0.2},
        lambda: {
            "optimizer": keras.optimizers.AdamW(3e-3, weight_decay=1e-3),
            "loss": "sparse_categorical_crossentropy",
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_other_stacks_give_their_weights_too(case, monkeypatch):
    build, shape, settings, compiling = CASES[case]
    x, y, *_ = digits()
    x, y = x[:300].reshape(shape), y[:300]
    run = trained(build, x, y, settings, compiling())
    source = plain_keras(run).source
    monkeypatch.setattr(keras.Sequential, "fit", quiet(keras.Sequential.fit))
    names = executed(source, x_train=x, y_train=y)
    assert weights(names["model"]) == weights(run.model), source
    assert names["history"].history == run.history


def test_a_graph_of_layers_is_read_from_the_saved_config(tmp_path, monkeypatch):
    x, y, *_ = digits()
    a = keras.Input((64,))
    model = keras.Model(a, layers.Dense(10, activation="softmax")(layers.Concatenate()([a, layers.Dense(4)(a)])))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    run = run_of(model, model.fit(x, y, epochs=1, verbose=0), settings={"batch_size": 256, "epochs": 1}, data={})
    run.save(tmp_path / "a")
    source = plain_keras(run).source
    assert not plain_keras(run).exact
    monkeypatch.setattr(keras.Model, "fit", quiet(keras.Model.fit))
    names = executed(source, x_train=x, y_train=y)
    assert [w.shape for w in names["model"].weights] == [w.shape for w in model.weights]
    assert type(names["model"].optimizer).__name__ == "Adam"
    assert set(names["history"].history) == {"loss"}


class Own(keras.layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x)


def test_what_only_its_author_can_build_says_so():
    model = keras.Sequential([keras.Input((64,)), Own(lambda x: x), layers.Dense(1)])
    model.compile(loss="mse")
    source = plain_keras(run_of(model, data={})).source
    ast.parse(source)
    assert "build and compile it as you did" in source


def test_settings_are_told_as_fit_takes_them():
    model = mlp()
    settings = {
        "batch_size": "all",
        "epochs": 50,
        "shuffle": True,
        "optimizer": keras.optimizers.serialize(keras.optimizers.RMSprop(0.25)),
        "class_weight": {"0": 1.5, "1": 1.0},
        "callbacks": ["Mine", {"class_name": "EarlyStopping", "config": {"monitor": "loss", "patience": 5}}],
        "has_sample_weight": True,
    }
    run = run_of(
        model, settings=settings, status="interrupted", data={"load": {"name": "digits", "options": {"seed": 1}}}
    )
    run.epoch = [0, 1, 2]
    source = plain_keras(run).source
    ast.parse(source)
    for line in (
        'data = vitral.load("digits", seed=1)',
        "    batch_size=len(x_train),",
        "    epochs=3,",
        "    class_weight={0: 1.5, 1: 1.0},",
        "    sample_weight=sample_weight,  # yours, one number a row",
        "    optimizer=keras.optimizers.RMSprop(learning_rate=0.25),",
        '        keras.callbacks.EarlyStopping(monitor="loss", patience=5),',
        "        # Mine: as it was in the run",
    ):
        assert line in source.splitlines(), source
    run.seed = None
    assert "set_random_seed" not in plain_keras(run).source


def test_no_name_from_a_run_can_break_out_of_the_code():
    settings = {"callbacks": ["Evil\nimport os; os.abort()"], "epochs": 1}
    data = {"load": {"name": 'digits"); import os; ("', "options": {}}, "sha256": "a\nb", "rows": {"train": 3}}
    run = run_of(mlp(), settings=settings, data=data)
    tree = ast.parse(plain_keras(run).source)
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "os.abort" not in calls
    run.data.pop("load")
    ast.parse(plain_keras(run).source)


def test_writing_code_leaves_no_trace():
    run = run_of(mlp(), data={})
    names = [layers.Dense(1).name for _ in range(2)]
    before = random.getstate(), np.random.get_state()[1].tobytes()
    plain_keras(run)
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before
    first, second = (int(name.rsplit("_", 1)[1]) for name in names)
    third = int(layers.Dense(1).name.rsplit("_", 1)[1])
    assert third - second == second - first == 1  # Keras's counters of names did not move
