"""Keras networks that lessons train again and again: each structure traced once, every training as if it were new."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from vitral import VitralError
from vitral.training import CancelledError, Task, keras_turn

MOST_KEPT = 128  # results of a function that trains

P = ParamSpec("P")
R = TypeVar("R")


def trained_once(train: Callable[Concatenate[Task, P], R]) -> Callable[Concatenate[Task, P], R]:
    """Make `train(task, …)` remember what came out, and call it in a `keras_turn`: once, whoever asks at the same time.

    What it remembers is that of its last 128 trainings. The arguments after the task can be hashed.
    """
    kept: dict[Any, R] = {}

    @wraps(train)
    def remembered(task: Task, *args: P.args, **kwargs: P.kwargs) -> R:
        key = args, frozenset(kwargs.items())
        try:
            return kept[key]
        except KeyError:
            pass
        with keras_turn(task):
            if key not in kept:  # others may have trained it while this one waited
                kept[key] = train(task, *args, **kwargs)
                if len(kept) > MOST_KEPT:
                    del kept[next(iter(kept))]
            return kept[key]

    return remembered


def start_again(model: Any, build: Callable[[], Any], *, seed: int, n_rows: int, rate: float | None = None) -> Any:
    """`model` and Keras's generators as they are where `model` has just been built and compiled; then fit, seedless.

    To the last bit, but its traced program stays with it; a new network's would be traced (0.1 s) to be recognised.
    Call it in the `keras_turn` of the training that follows.

    Args:
        model: a compiled network, or one that never will be. Its optimizer holds zeros, and its rate, when it is new.
        build: builds one like it, compiled or not.
        seed: for the weights, and for the order of the rows.
        n_rows: N of the training that follows.
        rate: a learning rate; None leaves it.

    Raises:
        VitralError: a layer draws random numbers as it trains, as Dropout does. It would go on from where it was.
    """
    from vitral import keras

    if any(variable.path.endswith("seed_generator_state") for variable in model.variables):
        raise VitralError(
            f"model must have no layer that draws random numbers, as Dropout does: got {model.name!r}, which has one. "
            "Build a new network for each training."
        )
    keras.utils.set_random_seed(seed)
    model.set_weights(build().get_weights())
    keras.utils.set_random_seed(seed)
    if model.compiled and model.optimizer.built:
        rate = float(model.optimizer.learning_rate) if rate is None else rate
        for variable in model.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        np.random.permutation(n_rows)  # as it is built for its first fit, Keras shuffles once more
    if rate is not None:
        model.optimizer.learning_rate = rate
    return model


def at_epoch_ends(tell: Callable[[], None]) -> Any:
    """A Keras callback that calls `tell` after each epoch, and ends its training where that raises `CancelledError`.

    For `vitral.sweep`, whose variants have a copy each: so nobody's sweep ends within an epoch.
    """
    return _teller_class()(tell)


@cache
def _teller_class() -> type:
    from vitral import keras

    class Teller(keras.callbacks.Callback):
        is_passive = True  # it may be told of all the epochs of a dispatch after it

        def __init__(self, tell: Callable[[], None]):
            super().__init__()
            self._tell = tell

        def __deepcopy__(self, memo: dict[int, Any]) -> "Teller":
            return Teller(self._tell)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            try:
                self._tell()
            except CancelledError:  # leave through the front door: the other variants are told by themselves
                if self.model is not None:
                    self.model.stop_training = True

    return Teller
