"""Trainings on the digits for the first panel: each done once, and each structure's program traced once."""

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from vitral import DivergenceWarning
from vitral.course.lessons.lesson_1_8.forms import BATCH, BUILDERS, answers_of, digits, seeded, start_again
from vitral.course.networks import trained_once
from vitral.training import Task, fit_live

# Shown as the code is written: the line that makes each layer.
CODE = {
    "sequential": ("keras.Input((64,))", 'Dense({units}, activation="{f}")', 'Dense(10, activation="softmax")'),
    "functional": (
        "x = keras.Input((64,))",
        'h = Dense({units}, activation="{f}")(x)',
        'y = Dense(10, activation="softmax")(h)',
    ),
    "subclassed": (
        "def call(self, x): …",
        'self.hidden = Dense({units}, activation="{f}")',
        'self.out = Dense(10, activation="softmax")',
    ),
}
MOST_KEPT = 48  # networks


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a panel needs of a trained network."""

    history: dict[str, list[float]]
    layers: list[tuple[tuple[int | None, ...], int]]  # shape of the output and parameters, layer by layer
    probabilities: np.ndarray  # (N, 10), of the test part
    diverged: bool
    code_lines: tuple[str, ...]


def make_optimizer(name: str, rate: float) -> Any:
    """One of Keras's optimizers."""
    from vitral import keras

    makers = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "sgd": lambda: keras.optimizers.SGD(rate),
        "momentum": lambda: keras.optimizers.SGD(rate, momentum=0.9),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
    }
    return makers[name]()


@lru_cache(maxsize=MOST_KEPT)
def network(form: str, units: int, activation: str, optimizer: str) -> Any:
    """The only network of its structure. Call it in a `keras_turn`, and start it again before it learns."""
    return seeded(lambda: BUILDERS[form](units, activation), 0, make_optimizer(optimizer, 0.001))


@trained_once
def trained(task: Task, form: str, optimizer: str, rate: float, activation: str, units: int, epochs: int) -> Trained:
    """Train on the digits, or remember having done so."""
    data = digits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)  # the panel says so
        model = network(form, units, activation, optimizer)
        start_again(model, lambda: BUILDERS[form](units, activation), seed=0, rate=rate)
        run = fit_live(task, model, data, batch_size=BATCH, epochs=epochs)
        probabilities = answers_of(model, data.test.x)
        layers = [layer for layer in model.layers if layer.weights]
        shapes, shape = [], (None, 64)
        for layer in layers:
            shape = layer.compute_output_shape(shape)
            shapes.append((tuple(shape), layer.count_params()))
    return Trained(
        history=run.history,
        layers=[((None, 64), 0), *shapes],
        probabilities=probabilities,
        diverged=run.status == "diverged",
        code_lines=tuple(line.format(units=units, f=activation) for line in CODE[form]),
    )
