"""Keras's networks on points in the plane: trained with snapshots, each structure traced once.

    x (N, 2) -> Dense(H, f), some times -> Dense(1, sigmoid)

Letters: N samples, H hidden units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from vitral.course.networks import start_again
from vitral.foundations import MLP
from vitral.training import Task, fit_live, keras_turn

BATCH, RATE = 8, 0.02
SNAPSHOTS = (1, 2, 4, 8, 15, 25, 40, 60)  # epochs after which the weights are kept; the last one is the end
NAMES = {"tanh": "tanh", "relu": "relu", "sigmoid": "sigmoid", "linear": "identity"}  # Keras's name -> ours
MOST_KEPT = 48


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A training: the loss and the accuracy of each epoch, the network at the start and after those of `SNAPSHOTS`."""

    losses: list[float]
    accuracies: list[float]
    networks: list[MLP]


def learn(
    x: np.ndarray, y: np.ndarray, hidden: Sequence[int], activation: str, seed: int, task: Task | None = None
) -> Trained:
    """Train a new network with `vitral.fit`; the same seed gives the same training.

    Args:
        x, y: (N, 2) and (N,), the classes 0 and 1.
        hidden: the widths of the hidden layers.
        activation: of the hidden layers, by Keras's name.
        seed: of the initial weights and of the order of the rows.
    """
    task = task or Task()
    with keras_turn(task):
        from vitral import keras

        model = _network(tuple(hidden), activation)
        start_again(model, lambda: build(hidden, activation), seed=seed, n_rows=len(x))
        kept = [model.get_weights()]

        class Keep(keras.callbacks.Callback):  # a LambdaCallback would be called for every batch
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                if self.model is not None and epoch + 1 in SNAPSHOTS:  # which brings its weights up to date
                    kept.append(self.model.get_weights())

        run = fit_live(task, model, x, y, batch_size=BATCH, epochs=SNAPSHOTS[-1], callbacks=[Keep()])
    return Trained(
        losses=run.history["loss"],
        accuracies=run.history["accuracy"],
        networks=[in_numpy(weights, activation) for weights in kept],
    )


def build(hidden: Sequence[int], activation: str) -> Any:
    """A Keras network, not compiled. Call it in a `keras_turn`."""
    from vitral import keras

    layers = [keras.layers.Dense(width, activation=activation) for width in hidden]
    return keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, activation="sigmoid")])


def compiled(model: Any) -> Any:
    """The same network, to be trained by Adam on the cross-entropy."""
    from vitral import keras

    model.compile(keras.optimizers.Adam(RATE), "binary_crossentropy", metrics=["accuracy"])
    return model


@lru_cache(maxsize=MOST_KEPT)
def _network(hidden: tuple[int, ...], activation: str) -> Any:
    """The only network of its structure that is trained, so that it is traced once."""
    return compiled(build(hidden, activation))


def in_numpy(weights: Sequence[np.ndarray], activation: str) -> MLP:
    """A Keras network of dense layers with a sigmoid output, as the foundations write it: the same weights."""
    activations = [NAMES[activation]] * (len(weights) // 2 - 1) + ["sigmoid"]
    return MLP(weights=tuple(weights), activations=tuple(activations))  # type: ignore[arg-type]
