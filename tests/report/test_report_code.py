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
            layers.Bidirectional(layers.LSTM(4, recurrent_initializer="glorot_normal", dropout=0.2)),
            layers.GaussianNoise(0.1),
            layers.Dense(10, "softmax", bias_constraint=keras.constraints.MaxNorm(1.0)),
        ]
    )


def test_a_convolutional_network_gives_its_weights_too(monkeypatch):
    x, y, *_ = digits()
    x, y = x[:256].reshape(-1, 8, 8, 1), y[:256]
    settings = {"batch_size": 64, "shuffle": False, "class_weight": {i: 1.0 + i / 10 for i in range(10)}}
    compiling = {
        "optimizer": keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.9), momentum=0.9, nesterov=True, clipnorm=1.0
        ),
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": [keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top3"), "accuracy"],
    }
    run = trained(convolutional, x, y, settings, compiling)
    source = plain_keras(run).source
    monkeypatch.setattr(keras.Sequential, "fit", quiet(keras.Sequential.fit))
    names = executed(source, x_train=x, y_train=y)
    assert weights(names["model"]) == weights(run.model), source
    assert names["history"].history == run.history


def untrained(monkeypatch):
    """Let the code build and compile, and train nothing."""
    monkeypatch.setattr(keras.Model, "fit", lambda self, *_, **__: self)


def test_a_recurrent_network_begins_with_the_same_weights(monkeypatch):
    keras.utils.set_random_seed(3)
    model = recurrent()
    model.compile(optimizer=keras.optimizers.AdamW(3e-3, weight_decay=1e-3), loss="sparse_categorical_crossentropy")
    source = plain_keras(run_of(model, seed=3, settings={}, data={})).source
    untrained(monkeypatch)
    same = executed(source, x_train=None, y_train=None)["model"]
    assert [np.asarray(v.value).tobytes() for v in same.variables] == [
        np.asarray(v.value).tobytes() for v in model.variables
    ], source
    assert same.optimizer.get_config() | {"name": ""} == model.optimizer.get_config() | {"name": ""}


def test_a_graph_of_layers_is_read_from_the_saved_config(tmp_path, monkeypatch):
    a = keras.Input((64,))
    model = keras.Model(a, layers.Dense(10, activation="softmax")(layers.Concatenate()([a, layers.Dense(4)(a)])))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    run = run_of(model, settings={"batch_size": 256, "epochs": 1}, data={})
    run.save(tmp_path / "a")
    code = plain_keras(run)
    assert not code.exact
    untrained(monkeypatch)
    same = executed(code.source, x_train=None, y_train=None)["model"]
    assert [w.shape for w in same.weights] == [w.shape for w in model.weights]
    assert type(same.optimizer).__name__ == "Adam"


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
        "batch_size": 1408,
        "epochs": 50,
        "shuffle": True,
        "optimizer": keras.optimizers.serialize(keras.optimizers.RMSprop(0.25)),
        "class_weight": {0: np.float64(1.5), np.int64(1): 1.0},
        "callbacks": ["Mine", "EarlyStopping"],
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
        "    batch_size=1408,",
        "    epochs=3,",
        "    class_weight={0: 1.5, 1: 1.0},",
        "    sample_weight=sample_weight,  # yours, one number a row",
        "    optimizer=keras.optimizers.RMSprop(learning_rate=0.25),",
        "        # Mine: as it was in the run",
        "        # EarlyStopping: as it was in the run",
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


EVIL = "x=__import__('os').system('echo evil'),y"


@pytest.mark.parametrize(
    "fields",
    [
        {"backend": f'jax"); {EVIL}; ("'},
        {"data": {"load": {"name": "digits", "options": {EVIL: 1}}}},
        {"data": {"load": {"name": "digits", "options": 5}}},
        {"settings": {"callbacks": 5}},
        {"settings": {"epochs": EVIL, "class_weight": {EVIL: [EVIL]}, "callbacks": [EVIL, {"class_name": EVIL}]}},
        {"settings": {"optimizer": {"module": "keras.optimizers", "class_name": "SGD", "config": {EVIL: 1}}}},
        {"settings": {"optimizer": {"module": "keras.optimizers", "class_name": EVIL, "config": {}}}},
    ],
)
def test_no_key_from_a_run_becomes_code(fields):
    tree = ast.parse(plain_keras(run_of(mlp(), **{"data": {}} | fields)).source)
    assert "__import__" not in [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


@pytest.mark.parametrize(
    "optimizer",
    [
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/evil"}},
        {
            "module": "keras.optimizers",
            "class_name": "LossScaleOptimizer",
            "config": {
                "inner_optimizer": {
                    "module": "keras.layers",
                    "class_name": "TFSMLayer",
                    "config": {"filepath": "/evil"},
                }
            },
        },
        {"module": "keras.optimizers", "class_name": "LossScaleOptimizer", "config": {"inner_optimizer": {"a": 1}}},
        {"module": 5, "class_name": ["SGD"], "config": {}},
        {"module": "keras", "class_name": "Model", "config": {}},
    ],
)
def test_a_run_file_names_no_class_to_be_made_but_an_optimizer(monkeypatch, optimizer):
    made = []
    monkeypatch.setattr(layers.TFSMLayer, "__init__", lambda *_, **config: made.append(config))
    source = plain_keras(run_of(mlp(), settings={"optimizer": optimizer}, data={})).source
    ast.parse(source)
    assert not made
    assert "TFSMLayer" not in source


def test_validation_data_win_over_a_split(monkeypatch):
    """As in Keras: given both, it trains on all rows."""
    x, y, x_test, y_test = digits()
    x, y = x[:256], y[:256]
    settings = {"epochs": 1, "validation_split": 0.25, "has_validation_data": True, "optimizer_steps_before": 0}
    keras.utils.set_random_seed(3)
    model = mlp(seed=3)
    keras.utils.set_random_seed(3)
    history = model.fit(x, y, validation_split=0.25, validation_data=(x_test, y_test), verbose=0)
    run = run_of(model, history, seed=3, settings=settings, data={})
    code = plain_keras(run)
    assert code.exact
    monkeypatch.setattr(keras.Sequential, "fit", quiet(keras.Sequential.fit))
    assert weights(executed(code.source, **data() | {"x_train": x, "y_train": y})["model"]) == weights(model)
    settings["optimizer_steps_before"] = 8
    assert not plain_keras(run).exact


def test_writing_code_leaves_no_trace():
    run = run_of(mlp(), data={})
    names = [layers.Dense(1).name for _ in range(2)]
    before = random.getstate(), np.random.get_state()[1].tobytes()
    plain_keras(run)
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before
    first, second = (int(name.rsplit("_", 1)[1]) for name in names)
    third = int(layers.Dense(1).name.rsplit("_", 1)[1])
    assert third - second == second - first == 1  # Keras's counters of names did not move
