"""What is the same to the last bit: three forms, two engines, going on, compiling again, loading."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_8.forms import BATCH, BUILDERS, answers_of, digits, seeded, sequential
from vitral.course.networks import trained_once
from vitral.training import Task, fit_live, keras_turn, watch

Weights = list[np.ndarray]


def three_forms(epochs: int = 10) -> tuple[float, float, float]:
    """The greatest differences between the three forms: of weights at the start, after training, of predictions."""
    starts, ends, answers = zip(*(_form(Task(), form, epochs) for form in BUILDERS), strict=True)
    return _spread(starts), _spread(ends), _spread(answers)


@trained_once
def _form(task: Task, form: str, epochs: int) -> tuple[Weights, Weights, Weights]:
    """Of one form: its weights at the start and at the end, and what it predicts then."""
    part, model = digits().train, seeded(BUILDERS[form], 0)
    start = model.get_weights()
    fit_live(task, model, part.x, part.y, batch_size=BATCH, epochs=epochs, seed=0)
    return start, model.get_weights(), [answers_of(model, digits().test.x)]


def _spread(lists: Sequence[Weights]) -> float:
    return max(float(np.abs(a - b).max()) for other in lists[1:] for a, b in zip(lists[0], other, strict=True))


def same_bits(epochs: int = 5) -> tuple[float, bool, int]:
    """`model.fit` and `vitral.fit` from the same seed: difference of weights, equal histories, how many weights."""
    (ours, history), (theirs, other) = (_engine(Task(), engine, epochs) for engine in ("vitral", "keras"))
    return _spread([ours, theirs]), history == other, sum(w.size for w in ours)


@trained_once
def _engine(task: Task, engine: str, epochs: int) -> tuple[Weights, dict[str, list[float]]]:
    """Weights and history of one engine's training."""
    from vitral import keras

    part, model = digits().train, seeded(sequential, 3)
    if engine == "vitral":
        history = fit_live(task, model, part.x, part.y, batch_size=BATCH, epochs=epochs, seed=3).history
    else:
        keras.utils.set_random_seed(3)
        callbacks = [watch(task, epochs)]
        found = model.fit(part.x, part.y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=callbacks)
        task.check()
        history = found.history
    return model.get_weights(), history


def going_on(epochs: int = 5) -> tuple[float, float, float]:
    """Fit twice against fit once for as long: difference of weights. Then accuracy after E epochs, and after 2 E."""
    twice, (first, _) = _fitted(Task(), epochs, epochs)
    once, (last,) = _fitted(Task(), 2 * epochs)
    return _spread([twice, once]), first, last


@trained_once
def _fitted(task: Task, *plan: int) -> tuple[Weights, list[float]]:
    """Weights after a `fit` for each number of epochs, and the training's accuracy after each."""
    part, model = digits().train, seeded(sequential, 5)
    runs = [fit_live(task, model, part.x, part.y, batch_size=BATCH, epochs=epochs) for epochs in plan]
    return model.get_weights(), [run.history["accuracy"][-1] for run in runs]


def recompiled() -> float:
    """How far weights move when a model is compiled again."""
    with keras_turn():
        model = seeded(sequential, 0)
        before = model.get_weights()
        model.compile("sgd", "sparse_categorical_crossentropy")
        return _spread([before, model.get_weights()])


@cache
def saved(epochs: int = 2) -> tuple[float, int]:
    """Save, load, predict: the greatest difference of predictions, and the bytes of the file."""
    from vitral import keras

    data, task = digits(), Task()
    with keras_turn(), tempfile.TemporaryDirectory() as folder:
        model = seeded(sequential, 0)
        fit_live(task, model, data.train.x, data.train.y, batch_size=BATCH, epochs=epochs, seed=0)
        path = Path(folder) / "network.keras"
        model.save(path)
        again: Any = keras.models.load_model(path)
        gap = np.abs(answers_of(model, data.test.x) - answers_of(again, data.test.x)).max()
        return float(gap), path.stat().st_size
