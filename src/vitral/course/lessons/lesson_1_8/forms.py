"""One network, three ways of writing it in Keras.

    x (N, 64) -> Dense(units, f) -> Dense(10, softmax)

Models draw seeds: call what builds one in a `keras_turn`.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from vitral.course import networks
from vitral.data import Dataset, load

FORMS = ("sequential", "functional", "subclassed")
BATCH = 32


@cache
def digits() -> Dataset:
    """The handwritten digits: x (N, 64), ink from 0 to 1; y (N,) from 0 to 9. Whole batches: 1056 + 352 + 352 rows."""
    return load("digits", n=1760)


def sequential(units: int = 32, activation: str = "relu", last: str = "softmax", classes: int = 10) -> Any:
    """A list of layers."""
    from vitral import keras

    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(units, activation=activation, name="hidden"),
            keras.layers.Dense(classes, activation=last, name="output"),
        ],
        name="network",
    )


def functional(units: int = 32, activation: str = "relu") -> Any:
    """Layers called like functions, on what the layer before gave."""
    from vitral import keras

    inputs = keras.Input((64,))
    hidden = keras.layers.Dense(units, activation=activation, name="hidden")(inputs)
    outputs = keras.layers.Dense(10, activation="softmax", name="output")(hidden)
    return keras.Model(inputs, outputs)


@cache
def subclass() -> type:
    """A class of one's own; its `call` is the forward pass."""
    from vitral import keras

    class Network(keras.Model):
        def __init__(self, units: int, activation: str):
            super().__init__()
            self.hidden = keras.layers.Dense(units, activation=activation, name="hidden")
            self.out = keras.layers.Dense(10, activation="softmax", name="output")

        def call(self, inputs: Any) -> Any:
            return self.out(self.hidden(inputs))

    return Network


def subclassed(units: int = 32, activation: str = "relu") -> Any:
    """The class's network, shown one row: it has no weights before it has seen the width of its input."""
    model = subclass()(units, activation)
    model(digits().train.x[:1])
    return model


BUILDERS: dict[str, Callable[..., Any]] = {
    "sequential": sequential,
    "functional": functional,
    "subclassed": subclassed,
}


def seeded(build: Callable[[], Any], seed: int, optimizer: Any = "adam", loss: Any = None) -> Any:
    """A compiled network, the same for the same seed. Call it in a `keras_turn`."""
    from vitral import keras

    keras.utils.set_random_seed(seed)
    model = build()
    model.compile(optimizer, loss or "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def start_again(model: Any, build: Callable[[], Any], *, seed: int, rate: float | None = None) -> Any:
    """`networks.start_again`, for a training on the digits."""
    return networks.start_again(model, build, seed=seed, n_rows=len(digits().train), rate=rate)


def answers_of(model: Any, x: np.ndarray) -> np.ndarray:
    """What `predict` gives, (N, 10), without compiling a program for it."""
    from vitral import keras

    return np.asarray(keras.ops.convert_to_numpy(model(x)))


def difference(first: Any, second: Any) -> float:
    """The greatest difference between the weights of two networks."""
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return max(float(np.abs(a - b).max()) for a, b in pairs)
