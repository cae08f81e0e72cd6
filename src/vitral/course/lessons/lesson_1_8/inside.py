"""Keras and the NumPy of lesson 1.4, from the same weights over the same batches."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_8.forms import BATCH, digits, seeded, sequential, start_again
from vitral.course.lessons.lesson_1_8.trainings import make_optimizer
from vitral.course.networks import trained_once
from vitral.course.numbers import tiny
from vitral.foundations import MLP, optimizers, schemes, train
from vitral.training import Task, fit_live
from vitral.views.widgets import Curves, Drawing, Menu, Panel, Readout, Series, Slider

# The learning rate of each optimizer, the same in both.
RATES = {"sgd": 0.1, "momentum": 0.1, "adam": 0.003}
_OURS: dict[str, Callable[[float], Any]] = {
    "sgd": lambda rate: optimizers.SGD(learning_rate=rate),
    "momentum": lambda rate: optimizers.Momentum(learning_rate=rate, momentum=0.9),
    "adam": lambda rate: optimizers.Adam(learning_rate=rate),
}


def inside(words: Mapping[str, str], language: str) -> Panel:
    """Keras and the NumPy of lesson 1.4, from the same weights over the same batches."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        keras_losses, numpy_losses, gaps = beside_numpy(values["optimizer"], values["seed"], 8, task)
        epochs = np.arange(1, len(gaps) + 1)
        return [
            Curves(
                title=words["losses"],
                alt=words["losses_alt"].format(keras=keras_losses[-1], numpy=numpy_losses[-1]),
                series=[
                    Series(x=epochs, y=np.round(keras_losses, 6), name="Keras", role="a"),
                    Series(x=epochs, y=np.round(numpy_losses, 6), name="NumPy", role="b", dots=True),
                ],
                x_label=words["epoch"],
            ),
            Curves(
                title=words["gap"],
                alt=words["gap_alt"].format(last=gaps[-1]),
                series=[Series(x=epochs, y=gaps, name=words["gap"], role="accent")],
                x_label=words["epoch"],
                log_y=True,
            ),
            Readout(
                items=[
                    (words["last_gap"], tiny(gaps[-1])),
                    (words["keras_loss"], keras_losses[-1], "a"),
                    (words["numpy_loss"], numpy_losses[-1], "b"),
                ],
                digits=4,
                wide=True,
            ),
        ]

    return Panel(
        compute,
        controls=[
            Menu(
                name="optimizer",
                label=words["optimizer"],
                value="adam",
                options=tuple((name, words[name]) for name in RATES),
                structural=True,
            ),
            Slider(name="seed", label=words["seed"], value=0, low=0, high=20, step=1),
        ],
        language=language,
        label=words["label"],
        warm=[{"optimizer": "sgd"}, {"optimizer": "momentum"}],
    )


def _build() -> Any:
    return sequential(32, "tanh")


@cache
def _network(optimizer: str) -> Any:
    return seeded(_build, 0, make_optimizer(optimizer, RATES[optimizer]))


def beside_numpy(
    optimizer: str, seed: int, epochs: int, task: Task | None = None
) -> tuple[list[float], list[float], list[float]]:
    """Train 64-32-10 with Keras (float32) and with `vitral.foundations` (float64), rows in the same order.

    Returns:
        The mean loss of each epoch's steps, of Keras and of NumPy; the greatest difference of any weight after each.
    """
    part, rate = digits().train, RATES[optimizer]
    losses, (start, *kept) = _with_keras(task or Task(), optimizer, seed, epochs)
    network = MLP(weights=tuple(start), activations=("tanh", "softmax"))  # type: ignore[arg-type]
    scheme = schemes.mini_batch(BATCH, shuffle=False)
    result = train(
        network,
        part.x,
        np.eye(10)[part.y],
        "categorical_cross_entropy",
        optimizer=_OURS[optimizer](rate),
        scheme=scheme,
        epochs=epochs,
        keep="epochs",
    )
    gaps = [
        max(float(np.abs(a - b).max()) for a, b in zip(weights, other, strict=True))
        for weights, other in zip(kept, result.weights[1:], strict=True)
    ]
    rows = np.array([len(r) for r in scheme.epoch(len(part))])
    steps = result.step_losses.reshape(epochs, len(rows))
    return losses, list((steps * rows).sum(axis=1) / len(part)), gaps


@trained_once
def _with_keras(task: Task, optimizer: str, seed: int, epochs: int) -> tuple[list[float], list[list[np.ndarray]]]:
    """Each epoch's loss; the weights at the start and after each."""
    from vitral import keras

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            trained: Any = self.model  # asked for here, it has the epoch's weights
            kept.append(trained.get_weights())

    part, model = digits().train, start_again(_network(optimizer), _build, seed=seed)
    kept = [model.get_weights()]
    run = fit_live(task, model, part.x, part.y, batch_size=BATCH, epochs=epochs, shuffle=False, callbacks=[Keep()])
    return run.history["loss"], kept
