"""Keras's own `fit`, on JAX and on TensorFlow, and `vitral.fit`: the same compiled Keras model for all."""

import time
from typing import Any

import keras
import numpy as np

from _nets import BATCH, LSTM_INPUTS, LSTM_STEPS, LSTM_UNITS, Net, filters


def versions() -> dict[str, str]:
    """Of Keras, its backend and Vitral."""
    found = {"keras": keras.__version__}
    if keras.config.backend() == "tensorflow":
        import tensorflow

        return found | {"tensorflow": tensorflow.__version__}
    import jax
    import jax.numpy as jnp

    import vitral

    # What the first program of a process costs belongs to no contender.
    jax.block_until_ready(jax.jit(jnp.sin)(jnp.ones(8)))
    return found | {"jax": jax.__version__, "vitral": vitral.__version__}


def make(net: Net, x: np.ndarray, y: np.ndarray, *, engine: str, steps_per_execution: int = 1) -> "_Fit":
    """A contender; `engine` is whose `fit` it calls, "vitral" or "keras"."""
    keras.utils.set_random_seed(0)
    model = build(net)
    known = keras.optimizers
    optimizer = known.Adam(net.rate) if net.optimizer == "adam" else known.SGD(net.rate, momentum=net.momentum)
    loss = "binary_crossentropy" if net.outputs == 1 else "sparse_categorical_crossentropy"
    model.compile(optimizer, loss, steps_per_execution=steps_per_execution)
    y = y.astype("float32")[:, None] if net.outputs == 1 else y.astype("int32")
    return _Fit(engine, net, model, x, y)


def build(net: Net) -> Any:
    """The Keras model of `net`, built."""
    layers = keras.layers
    if net.kind == "mlp":
        body = [layers.Input((net.inputs,)), *[layers.Dense(units, net.activation) for units in net.hidden]]
    elif net.kind == "conv":
        body = [layers.Input((28, 28, 1))]
        for n in filters():
            body += [layers.Conv2D(n, 3, activation=net.activation), layers.MaxPooling2D()]
        body.append(layers.Flatten())
    else:
        body = [layers.Input((LSTM_STEPS, LSTM_INPUTS)), layers.LSTM(LSTM_UNITS)]
    return keras.Sequential([*body, layers.Dense(net.outputs, "sigmoid" if net.outputs == 1 else "softmax")])


class _Fit:
    """`fit` of one compiled model, again and again from the same weights."""

    def __init__(self, engine: str, net: Net, model: Any, x: np.ndarray, y: np.ndarray) -> None:
        self._net, self._model, self._data = net, model, (x, y)
        self._is_vitral = engine == "vitral"
        model.optimizer.build(model.trainable_variables)
        self._variables = [*model.variables, *model.optimizer.variables]
        self._start = [np.array(keras.ops.convert_to_numpy(v)) for v in self._variables]

    def reset(self) -> None:
        for variable, value in zip(self._variables, self._start, strict=True):
            variable.assign(value)

    def train(self, epochs: int) -> None:
        callbacks = None
        if self._net.is_watched:
            callbacks = [keras.callbacks.EarlyStopping("loss", patience=10**6)]
        arguments: Any = {"batch_size": BATCH, "epochs": epochs, "verbose": 0, "callbacks": callbacks}
        if self._is_vitral:
            import vitral

            vitral.fit(self._model, *self._data, **arguments, engine="compiled")
        else:
            self._model.fit(*self._data, **arguments)
        # Both return before the last weights are computed.
        for variable in self._model.trainable_variables:
            keras.ops.convert_to_numpy(variable)


def peak(seconds: float, size: int = 1024) -> float:
    """float32 operations a second in JAX's product of two square matrices, the best of several tries."""
    import jax
    import jax.numpy as jnp

    a = jnp.asarray(np.random.default_rng(0).random((size, size), dtype="float32"))
    product = jax.jit(jnp.matmul)
    jax.block_until_ready(product(a, a))
    best, began = float("inf"), time.perf_counter()
    while best == float("inf") or time.perf_counter() - began < seconds:
        started = time.perf_counter()
        jax.block_until_ready(product(a, a))
        best = min(best, time.perf_counter() - started)
    return 2.0 * size**3 / best
