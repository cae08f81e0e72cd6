"""`TrainingMonitor`: the curves of a training while it runs, with play, pause, one epoch, and stop.

The training itself is a function that the monitor calls in the background with a Keras callback to hand on. The
callback looks on after each epoch, so that the compiled engine stays; undisturbed or paused, the weights are those of
the same training without a monitor.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import traitlets

from vitral import _keras
from vitral._errors import ArgumentError
from vitral.training.worker import CancelledError, Channel, Task, keras_turn, others_may_work
from vitral.views.widgets.base import Widget, told
from vitral.views.widgets.checks import check_function
from vitral.views.widgets.drawings import plain
from vitral.views.widgets.words import words_in

_SECONDS_BETWEEN_MESSAGES = 1 / 15
_MOST_POINTS = 600  # of a curve that are sent
_MEMORY = 0.8  # of the running mean of an epoch's seconds


class TrainingMonitor(Widget):
    """Learning curves that grow as a network learns.

    Args:
        language: "es" or "en", for the buttons' words.
        label: what the whole is called, for a screen reader.

    Attributes:
        run: what the training returned, the `Run` of `vitral.fit`; None until it is over.
        state: "idle" | "running" | "paused" | "done" | "stopped" | "diverged" | "failed".
        epoch: how many epochs have ended.

    >>> import vitral
    >>> data, model = vitral.load("iris"), vitral.networks.mlp(4, 3)
    >>> model.compile("adam", "sparse_categorical_crossentropy")
    >>> monitor = TrainingMonitor()
    >>> watched = monitor.watch(lambda callbacks: vitral.fit(model, data, epochs=5, callbacks=callbacks, verbose=0))
    >>> watched.wait().state, len(watched.run.history["loss"])
    ('done', 5)
    """

    face = traitlets.Unicode("monitor").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    training = traitlets.Dict().tag(sync=True)  # all that is shown, in one message
    command = traitlets.Dict().tag(sync=True)  # {do, serial}: a button that a reader pressed

    def __init__(self, *, language: str = "en", label: str = ""):
        self.run: Any = None
        self._channel, self._task = Channel(), None
        self._lock = threading.RLock()
        self._watching: _Watching | None = None
        self._words = words_in(language)  # what is said from here; `words` is the browser's
        super().__init__(words=self._words, label=label, training=_Watching().told())
        self.observe(self._on_command, "command")

    # ---- for whoever holds the widget in Python

    def watch(self, train: Callable[[list[Any]], Any], *, paused: bool = False) -> "TrainingMonitor":
        """Call `train(callbacks)` in the background and show its epochs; what was watched before is stopped.

        Args:
            train: hands the callbacks on to `vitral.fit`, and returns its `Run`.
            paused: whether to wait before the first epoch until somebody presses play or one epoch.
        """
        remedy = "Write lambda callbacks: vitral.fit(…, callbacks=callbacks)."
        check_function("train", train, "a function of the callbacks", remedy)
        watching = _Watching(publish=self._publish, allowed=0 if paused else math.inf)
        with self._lock:
            if self._watching is not None:
                self._watching.stop()
            self.run, self._watching = None, watching
        self._publish(watching, "running")

        def work(task: Task) -> Any:
            watching.task = task
            with _Turn(task) as watching.turn:
                return train([_callback_class()(watching)])

        def finish(result: Any) -> None:
            self.run = result
            if not watching.epoch:
                self._explain(watching, _unheard())
                return
            is_diverged = getattr(result, "status", "") == "diverged" or watching.bad_epoch
            self._publish(watching, "stopped" if watching.is_stopping else "diverged" if is_diverged else "done")

        self._task = self._channel.submit(work, then=finish, failed=lambda error: self._explain(watching, error))
        return self

    def play(self) -> None:
        """Go on, without pauses."""
        self._tell("play")

    def pause(self) -> None:
        """Wait once the epoch that runs has ended; meanwhile other trainings may run."""
        self._tell("pause")

    def step(self) -> None:
        """Train one epoch, and wait again."""
        self._tell("step")

    def stop(self) -> None:
        """End the training after the epoch that runs; the run keeps what it has learnt."""
        self._tell("stop")

    def wait(self, seconds: float = 600.0) -> "TrainingMonitor":
        """Wait until the training is over; for scripts and tests. A paused one waits for `play`."""
        if self._task is not None:
            self._task.wait(seconds)
        return self

    @property
    def state(self) -> str:
        """What the training is doing, as "running" or "done"."""
        return self.training["state"]

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return self.training["epoch"]

    # ---- events

    def _on_command(self, change: Any) -> None:
        if (do := change["new"].get("do")) in ("play", "pause", "step", "stop"):
            self._tell(do)

    def _tell(self, do: str) -> None:
        if (watching := self._watching) is not None:
            getattr(watching, do)()

    def _publish(self, watching: "_Watching", state: str, message: str = "") -> None:
        with self._lock:
            if watching is self._watching:
                if not message and watching.bad_epoch:
                    message = self._words["diverged"].format(epoch=watching.bad_epoch)
                self.training = {**watching.told(), "state": state, "message": message}

    def _explain(self, watching: "_Watching", error: BaseException) -> None:
        if isinstance(error, CancelledError):
            self._publish(watching, "stopped")
        else:
            self._publish(watching, "failed", told(error, self._words, "training_failed"))


class _Watching:
    """One training: what it has told so far, and how far it may go."""

    def __init__(self, publish: Callable[["_Watching", str], None] | None = None, allowed: float = math.inf):
        self.task: Task | None = None
        self.turn: _Turn | None = None
        self.epoch = self.epochs = self.bad_epoch = 0
        self.is_stopping = False
        self._publish = publish or (lambda *_: None)
        self._changed = threading.Condition()
        self._allowed = allowed  # epochs that may begin before the next pause
        self._curves: dict[str, tuple[list[int], list[Any]]] = {}
        self._said, self._began, self._seconds = -1e9, 0.0, 0.0

    def play(self) -> None:
        self._allow(math.inf)

    def pause(self) -> None:
        self._allow(0)

    def step(self) -> None:
        with self._changed:
            self._allow(1 if math.isinf(self._allowed) else self._allowed + 1)

    def stop(self) -> None:
        with self._changed:
            self.is_stopping = True
            self._changed.notify_all()

    def _allow(self, epochs: float) -> None:
        with self._changed:
            self._allowed = epochs
            self._changed.notify_all()

    # ---- in the thread that trains

    def begin_epoch(self) -> None:
        self._began = time.perf_counter()

    def end_epoch(self, epoch: int, logs: dict[str, Any]) -> None:
        took = time.perf_counter() - self._began
        with self._changed:
            self._seconds = _MEMORY * self._seconds + (1 - _MEMORY) * took if self._seconds else took
            self.epoch = epoch + 1
            for name, value in logs.items():
                numbers, values = self._curves.setdefault(name, ([], []))
                numbers.append(epoch + 1)
                values.append(float(value))
            if not self.bad_epoch and not math.isfinite(float(logs.get("loss", 0.0))):
                self.bad_epoch = epoch + 1
        now = time.monotonic()
        if now - self._said >= _SECONDS_BETWEEN_MESSAGES:
            self._said = now
            self._publish(self, "running")

    def may_go_on(self, before_waiting: Callable[[], Any] = lambda: None) -> bool:
        """Wait while it is paused; False when the training has to end."""
        with self._changed:
            must_wait = self._allowed < 1 and not self._must_end()
        if must_wait:
            before_waiting()
            self._publish(self, "paused")
            try:
                with self._let_go(), self._changed:
                    while self._allowed < 1 and not self._must_end():
                        self._changed.wait(0.1)
            except CancelledError:
                return False
            self._publish(self, "running")
        with self._changed:
            self._allowed -= 1
            return not self._must_end()

    def _must_end(self) -> bool:
        return self.is_stopping or (self.task is not None and self.task.is_cancelled)

    def _let_go(self) -> Any:
        if self.turn is None:
            raise ArgumentError("train must call vitral.fit in the thread that it is called in. Do not start another.")
        return self.turn.let_go()

    # ---- for the browser

    def told(self) -> dict[str, Any]:
        with self._changed:
            curves = {name: _thinned(*curve) for name, curve in self._curves.items()}
            left = self._seconds * (self.epochs - self.epoch) if self.epoch else None
        return {
            "state": "idle", "message": "", "epoch": self.epoch, "epochs": self.epochs, "seconds_left": plain(left),
            "curves": plain(curves),
        }  # fmt: skip


class _Turn:
    """The process's turn with Keras, which a training that is paused lets others have."""

    def __init__(self, task: Task):
        self._task, self._held = task, None

    def __enter__(self) -> "_Turn":
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            held.__exit__(None, None, None)

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Let others train meanwhile. What they draw from the shared generators is not missing here afterwards."""
        python, numpy = random.getstate(), np.random.get_state()
        self.__exit__()
        try:
            with others_may_work():
                yield
        finally:
            self._take()
        random.setstate(python)
        np.random.set_state(numpy)

    def _take(self) -> None:
        turn = keras_turn(self._task)
        turn.__enter__()
        self._held = turn


def _thinned(numbers: list[int], values: list[Any]) -> tuple[list[int], list[Any]]:
    """At most `_MOST_POINTS` of them and the last."""
    every = math.ceil(len(numbers) / _MOST_POINTS) or 1
    kept = sorted({*range(0, len(numbers), every), *range(len(numbers))[-1:]})
    return [numbers[i] for i in kept], [values[i] for i in kept]


def _unheard() -> ArgumentError:
    return ArgumentError(
        "train must hand its callbacks on: none of them was called. Write lambda callbacks: vitral.fit(…, "
        "callbacks=callbacks)."
    )


@cache
def _callback_class() -> type:
    keras = _keras.import_keras()

    class Watch(keras.callbacks.Callback):
        """Tells the monitor of each epoch, and waits where a reader has pressed pause."""

        def __init__(self, watching: _Watching):
            super().__init__()
            self._watching = watching

        def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
            self._watching.epochs = int(self.params.get("epochs") or 0)
            if not self._watching.may_go_on():
                raise CancelledError  # nothing is trained yet: no epoch may run

        def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            self._watching.begin_epoch()

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            self._watching.end_epoch(epoch, logs or {})
            # `self.model` brings the weights up to date: whoever looks during a pause sees this epoch's.
            if epoch + 1 < self._watching.epochs and not self._watching.may_go_on(lambda: self.model):
                self.model.stop_training = True

    return Watch
