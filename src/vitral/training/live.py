"""`fit_live`: `vitral.fit` for the background worker, with a cancel flag that is looked at after each dispatch."""

from functools import cache
from typing import Any

from vitral import _keras
from vitral.runs import Run
from vitral.training.fit import fit
from vitral.training.worker import CancelledError, Task, keras_turn


def fit_live(task: Task, model: Any, x: Any, y: Any = None, **arguments: Any) -> Run:
    """Train as `vitral.fit` does, until the end or until `task` is cancelled.

    A model draws seeds as it is built: build it under the same turn, as in
    `with keras_turn(task): run = fit_live(task, build(), x, y)`.

    Args:
        task: what the worker gave to the function; its progress is reported epoch by epoch.
        model, x, y, arguments: those of `vitral.fit`; `verbose` is 0 unless given.

    Raises:
        CancelledError: the result is no longer wanted.

    Example:
        >>> import numpy as np
        >>> from vitral import keras
        >>> from vitral.training import Task, fit_live, keras_turn
        >>> def build():
        ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        ...     model.compile("sgd", "mse")
        ...     return model
        >>> task = Task()
        >>> with keras_turn(task):
        ...     run = fit_live(task, build(), np.ones((8, 2)), np.ones((8, 1)), epochs=3)
        >>> run.epoch
        [0, 1, 2]
    """
    with keras_turn(task):
        callbacks = [*(arguments.pop("callbacks", None) or []), watch(task, int(arguments.get("epochs", 1)))]
        run = fit(model, x, y, callbacks=callbacks, **{"verbose": 0, **arguments})
    task.check()
    return run


def watch(task: Task, epochs: int) -> Any:
    """A Keras callback that stops a training of so many epochs when `task` is cancelled; then `task.check()` raises.

    Example:
        >>> from vitral.training import Task, watch
        >>> type(watch(Task(), epochs=10)).__mro__[1].__name__
        'Callback'
    """
    return _watch_class()(task, epochs)


@cache
def _watch_class() -> type:
    keras = _keras.import_keras()

    class Watch(keras.callbacks.Callback):
        """Stops the training when its task is cancelled, and says how far it is."""

        is_passive = True  # it may be told of all the epochs of a dispatch after it

        def __init__(self, task: Task, epochs: int):
            super().__init__()
            self._task, self._epochs = task, epochs

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            try:
                self._task.report((epoch + 1) / self._epochs)
            except CancelledError:  # leave through the front door: the model stays whole
                self.model.stop_training = True

    return Watch
