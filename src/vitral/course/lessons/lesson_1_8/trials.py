"""The ways of writing the network wrong, and what comes of each: an error, or a training that goes badly."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from vitral import VitralError, VitralWarning
from vitral.course.lessons.lesson_1_8.forms import BATCH, answers_of, digits, sequential, start_again
from vitral.course.networks import trained_once
from vitral.training import Task, fit_live, watch


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One way of writing it: what changes in the network, its loss, its inputs and its labels."""

    last: str = "softmax"
    loss: str = "sparse_categorical_crossentropy"
    from_logits: bool = False
    scale: float = 1.0
    classes: int = 10
    columns: int = 64
    one_hot: bool = False
    compiled: bool = True
    shown: str = ""  # the line that makes the difference, as one writes it


TRIALS = {
    "right": Trial(shown='Dense(10, activation="softmax")  +  "sparse_categorical_crossentropy"'),
    "no_softmax": Trial(last="linear", shown='Dense(10)  +  "sparse_categorical_crossentropy"'),
    "logits": Trial(
        last="linear", from_logits=True, shown="Dense(10)  +  SparseCategoricalCrossentropy(from_logits=True)"
    ),
    "twice": Trial(
        from_logits=True,
        shown='Dense(10, activation="softmax")  +  SparseCategoricalCrossentropy(from_logits=True)',
    ),
    "relu": Trial(last="relu", shown='Dense(10, activation="relu")'),
    "sigmoid": Trial(last="sigmoid", shown='Dense(10, activation="sigmoid")'),
    "raw": Trial(scale=16.0, shown="x * 16"),
    "big": Trial(scale=255.0, shown="x * 255"),
    "small": Trial(scale=1 / 255, shown="x / 255"),
    "few": Trial(classes=5, shown='Dense(5, activation="softmax")  +  y: 0 … 9'),
    "columns": Trial(columns=63, shown="model.fit(x[:, :63], y)"),
    "one_hot": Trial(one_hot=True, shown='"sparse_categorical_crossentropy"  +  y: (N, 10)'),
    "numbers": Trial(loss="categorical_crossentropy", shown='"categorical_crossentropy"  +  y: (N,)'),
    "uncompiled": Trial(compiled=False, shown="model.fit(x, y)"),
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a trial.

    `keras` and `ours` are what `model.fit` and `vitral.fit` said, with the error's name, where they refused; else "".
    """

    keras: str = ""
    ours: str = ""
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    test: float = float("nan")


def outcome(name: str, seed: int = 0, epochs: int = 10, task: Task | None = None) -> Outcome:
    """Try it, or remember what came out: the same seed always gives the same."""
    return attempt(task or Task(), name, seed, epochs)


@cache
def _network(trial: Trial, _engine: str) -> Any:
    """One network for each trial and engine, which keep their programs with it."""
    from vitral import keras

    model = sequential(last=trial.last, classes=trial.classes)
    if trial.compiled:
        softmax_inside: Any = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", softmax_inside if trial.from_logits else trial.loss, metrics=["accuracy"])
    return model


@trained_once
def attempt(task: Task, name: str, seed: int, epochs: int) -> Outcome:
    """Try one way of writing it with `vitral.fit`; where that refuses, hear what `model.fit` says, or learns."""
    trial, data = TRIALS[name], digits()
    x, test = data.train.x[:, : trial.columns] * trial.scale, data.test.x[:, : trial.columns] * trial.scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VitralWarning)  # it is wrong on purpose, and the outcome says how
        from vitral import keras

        y = keras.utils.to_categorical(data.train.y, 10) if trial.one_hot else data.train.y
        histories = []

        def begin(engine: str) -> Any:
            model = _network(trial, engine)
            return start_again(model, lambda: sequential(last=trial.last, classes=trial.classes), seed=seed)

        model, says = begin("vitral"), ""
        ours = said_by(lambda: histories.append(fit_live(task, model, x, y, batch_size=BATCH, epochs=epochs).history))
        if ours:
            model = begin("keras")
            told = [watch(task, epochs)]
            says = said_by(
                lambda: histories.append(
                    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=told).history
                )
            )
            task.check()
        if not histories:
            return Outcome(keras=says, ours=ours)
        right = float((answers_of(model, test).argmax(axis=1) == data.test.y).mean())
    return Outcome(ours=ours, losses=histories[0]["loss"], accuracies=histories[0]["accuracy"], test=right)


def said_by(act: Callable[[], Any]) -> str:
    """The error that `act` raised, as a reader would see it: its name, and its sentence without colours; else ""."""
    try:
        act()
    except (ValueError, TypeError, VitralError) as error:
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
        lines = [line.strip() for line in text.split("Arguments received by")[0].splitlines() if line.strip()]
        return f"{type(error).__name__}: {' '.join(lines)}"[:400]
    return ""
