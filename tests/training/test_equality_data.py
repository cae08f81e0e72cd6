"""Every way to hand data to `fit`, and to cut it into batches and epochs, gives Keras's bits."""

import keras
import numpy as np
import pandas as pd
import pytest
from comparing import ROWS, check_same, often, seldom
from keras import layers

_rng = np.random.default_rng(3)
_X = _rng.normal(size=(ROWS, 4)).astype("float32")
_Y = _rng.integers(0, 3, size=ROWS)
_HOST = keras.callbacks.LambdaCallback


def _classifier(**compiled):
    model = keras.Sequential([layers.Dense(5, activation="tanh"), layers.Dropout(0.2), layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(**{"optimizer": "adam", "loss": loss, "metrics": ["accuracy"]} | compiled)
    return model


def _built_classifier():
    model = _classifier()
    model.build((None, 4))
    return model


def _watched(options):
    """The same arguments with a host callback, so that epochs go one to a dispatch."""
    return lambda: {**options, "callbacks": [_HOST(on_epoch_end=lambda *_: None)]}


_VALIDATION = (_X[:19] + 0.1, _Y[:19])
ARGUMENTS = {
    "defaults": {},
    "uneven": {"batch_size": 8},
    "even": {"batch_size": 11},
    "batch of one": {"batch_size": 1, "epochs": 2},
    "batch larger than the data": {"batch_size": 100},
    "whole batch": {"batch_size": ROWS},
    "not shuffled": {"batch_size": 8, "shuffle": False},
    "shuffled batches": {"batch_size": 8, "shuffle": "batch"},
    "initial epoch": {"batch_size": 8, "initial_epoch": 2, "epochs": 5},
    "nothing left to do": {"batch_size": 8, "initial_epoch": 3, "epochs": 3},
    "many epochs": {"batch_size": 8, "epochs": 30},
    "fewer steps": {"batch_size": 8, "steps_per_epoch": 3},
    "exact steps": {"batch_size": 11, "steps_per_epoch": 4, "shuffle": False},
    "one step of many": {"batch_size": 8, "steps_per_epoch": 1, "epochs": 9},
    "validation": {"batch_size": 8, "validation_data": _VALIDATION},
    "validation as a list": {"batch_size": 8, "validation_data": list(_VALIDATION)},
    "validation split": {"batch_size": 8, "validation_split": 0.3},
    "validation batch size": {"batch_size": 8, "validation_data": _VALIDATION, "validation_batch_size": 5},
    "validation batch larger": {"batch_size": 8, "validation_data": _VALIDATION, "validation_batch_size": 50},
    "every second epoch": {"batch_size": 8, "epochs": 5, "validation_data": _VALIDATION, "validation_freq": 2},
    "listed epochs": {"batch_size": 8, "epochs": 6, "validation_data": _VALIDATION, "validation_freq": [1, 4, 6]},
    "never": {"batch_size": 8, "validation_data": _VALIDATION, "validation_freq": 7},
    "validation steps": {"batch_size": 8, "validation_data": _VALIDATION, "validation_steps": 2},
    "all of it": {
        "batch_size": 7,
        "epochs": 7,
        "initial_epoch": 1,
        "validation_split": 0.2,
        "validation_batch_size": 3,
        "validation_steps": 2,
        "validation_freq": 3,
        "steps_per_epoch": 4,
        "class_weight": {0: 2.0, 1: 1.0, 2: 0.1},
    },
}


@pytest.mark.filterwarnings("ignore:batch_size is more than there are rows:vitral._errors.VitralWarning")
@pytest.mark.parametrize(
    "name",
    seldom(
        ARGUMENTS,
        "uneven",
        "even",
        "whole batch",
        "exact steps",
        "validation as a list",
        "validation batch size",
        "validation batch larger",
        "every second epoch",
    ),
)
def test_arguments(name):
    options = {"x": _X, "y": _Y, "epochs": 4} | ARGUMENTS[name]
    check_same(_classifier, options)


@pytest.mark.parametrize(
    "name", seldom(["uneven", "shuffled batches", "fewer steps", "one step of many", "all of it"], "fewer steps")
)
def test_arguments_with_a_callback_on_the_host(name):
    options = {"x": _X, "y": _Y, "epochs": 4} | ARGUMENTS[name]
    check_same(_built_classifier, _watched(options))


@pytest.mark.parametrize("steps", seldom([2, 3, 10], "2"))
def test_steps_per_execution(steps):
    options = {"x": _X, "y": _Y, "batch_size": 8, "epochs": 3, "validation_data": _VALIDATION}
    check_same(lambda: _classifier(steps_per_execution=steps), options)
    some = options | {"steps_per_epoch": 4, "validation_steps": 2}
    check_same(lambda: _classifier(steps_per_execution=steps), some)


def _as_images(x):
    return _rng.integers(0, 256, size=(ROWS, 4)).astype(x)


INPUTS = {
    "float64": (_X.astype("float64"), _Y.astype("int64")),
    "float16": (_X.astype("float16"), _Y.astype("int8")),
    "uint8": (_as_images("uint8"), _Y.astype("uint8")),
    "int64": (_as_images("int64"), _Y.astype("float32")),
    "bool": (_X > 0, _Y),
    "column of labels": (_X, _Y[:, None]),
    "not contiguous": (np.asfortranarray(np.repeat(_X, 2, axis=0))[::2], _Y[::-1]),
    "pandas": (pd.DataFrame(_X, columns=list("abcd"), index=range(100, 100 + ROWS)), pd.Series(_Y, name="label")),
    "jax": (keras.ops.convert_to_tensor(_X), keras.ops.convert_to_tensor(_Y)),
}


@pytest.mark.filterwarnings("ignore:x is far from mean 0:vitral._errors.VitralWarning")
@pytest.mark.parametrize("kind", often(INPUTS, "float64", "column of labels", "not contiguous", "pandas"))
def test_kinds_of_arrays(kind):
    x, y = INPUTS[kind]
    check_same(_classifier, {"x": x, "y": y, "batch_size": 8, "epochs": 2, "validation_split": 0.25})


def test_x_without_y():
    """An autoencoder of one's own: the loss is the model's, there are no targets."""

    class Reconstruction(keras.Model):
        def __init__(self):
            super().__init__()
            self.code, self.back = layers.Dense(2), layers.Dense(4)

        def call(self, x):
            y = self.back(self.code(x))
            self.add_loss(keras.ops.mean(keras.ops.square(y - x)))
            return y

    def build():
        model = Reconstruction()
        model.compile("adam")
        return model

    check_same(build, {"x": _X, "batch_size": 8, "epochs": 3})
    check_same(build, {"x": _X, "batch_size": 8, "epochs": 3, "validation_data": (_X[:9],)})


OPTIONS = {"x": _X, "y": _Y, "batch_size": 8, "epochs": 3, "validation_data": _VALIDATION}


def test_second_fit_goes_on():
    """Optimizer, seed generators and metrics go on where the first fit ended; built metrics need no extra draw."""
    check_same(_classifier, OPTIONS, OPTIONS)


def test_second_fit_with_other_data_and_sizes():
    other = {"x": _X[:21], "y": _Y[:21], "batch_size": 5, "epochs": 2, "shuffle": False}
    check_same(_classifier, OPTIONS, other, {**OPTIONS, "initial_epoch": 1})


def test_compiled_again_between_two_fits():
    def again(model):
        model.layers[0].trainable = False
        model.compile(
            "sgd",
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["sparse_top_k_categorical_accuracy"],
        )

    check_same(_classifier, OPTIONS, OPTIONS, between=again)


def test_changed_between_two_fits():
    """A new learning rate and new weights need no `compile`."""

    def change(model):
        model.optimizer.learning_rate = 0.1
        model.set_weights([w * 2 for w in model.get_weights()])

    check_same(_classifier, OPTIONS, OPTIONS, between=change)


def test_evaluated_and_predicted_between_two_fits():
    def use(model):
        model.evaluate(_X, _Y, verbose=0)
        model.predict(_X, verbose=0)
        model.train_on_batch(_X[:8], _Y[:8])

    check_same(_classifier, OPTIONS, OPTIONS, between=use)


def test_metrics_built_before_fit():
    """Keras then draws no extra permutation for its first look at a batch."""

    def build():
        model = _built_classifier()
        model.evaluate(_X, _Y, verbose=0)
        return model

    check_same(build, OPTIONS)


def test_built_model_with_unbuilt_metrics():
    check_same(_built_classifier, OPTIONS)
