"""One training, from what was asked to the `Run` that is left of it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from vitral import _keras
from vitral.data import Dataset
from vitral.probes import Probe
from vitral.runs import Recording, Run
from vitral.runs.environment import versions
from vitral.training import callbacks as kinds
from vitral.training.checks import first_bad_epoch
from vitral.training.describe import describe_data, describe_settings, evaluation_source, start_fingerprint
from vitral.training.keras_loop import train_keras
from vitral.training.probing import make_recorder
from vitral.training.request import Request, Timing

_COMPILED = "the epochs ran as compiled programs"


class Attempt:
    """What is noted of a training while it goes on.

    Attributes:
        history: the engine's own `History`. timing: the seconds that were spent compiling.
        reason: why it runs in Keras's loop, as the end of a sentence; None for the compiled engine.
        how: what the compiled engine does, as a sentence.
        recording: gives what was measured so far; None where nothing was to be.
        started: when, ISO 8601, UTC.
    """

    def __init__(
        self,
        model: Any,
        request: Request,
        *,
        dataset: Dataset | None,
        callbacks: Any,
        seed: int | None,
        fingerprint: Callable[[Request], Callable[[], str | None]] = start_fingerprint,
    ):
        """Begin: the model is described as it is now.

        Args:
            model, request, callbacks, seed: checked already.
            dataset: where the data are from, if they were given as one.
            fingerprint: begins to hash the data; what it returns waits for the result.
        """
        self._model, self._request, self._dataset, self._callbacks = model, request, dataset, callbacks
        self._seed = seed
        self._settings = describe_settings(model, request, callbacks)
        self._described = describe_data(request, dataset)
        self.fingerprint = fingerprint(request)
        self.started, self._clock = datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter()
        self.timing = Timing()
        self.history = kinds.history_class()()
        self._backend = _keras.import_keras().config.backend()
        self.reason: str | None = None
        self.how = _COMPILED
        self.recording: Callable[[], Recording] | None = None

    @property
    def seconds(self) -> float:
        """Of training, so far."""
        return time.perf_counter() - self._clock

    def described(self) -> dict[str, Any]:
        """What was asked for, in the words that the run will have."""
        return {"settings": self._settings, "described": self._described}

    def go_on(self, *, described: dict[str, Any], started: str, seconds: float, compile_seconds: float) -> None:
        """Be the attempt that was broken off, not a new one."""
        self._settings, self._described = described["settings"], described["described"]
        self.started, self.timing.compile_seconds = started, compile_seconds
        self._clock -= seconds

    def note_streams(self, streams: list[str]) -> None:
        """Remember which data came in chunks, each as a sentence's end."""
        self.how = ", ".join([_COMPILED, *streams])

    def train_keras(self, callbacks: Any, chosen: tuple[Probe, ...], keeper: Any = None) -> None:
        """Train in Keras's own loop, and measure what is to be measured; `keeper` writes checkpoints."""
        recorder = make_recorder(self._model, self._request, chosen) if chosen else None
        if recorder is not None:
            recorder.listeners = [
                callback.on_recording
                for callback in _keras.callbacks_in(callbacks)
                if hasattr(callback, "on_recording")
            ]
            self.recording = lambda: recorder.recording
        train_keras(self._model, self._request, callbacks, self.history, recorder, keeper)

    def finished(self) -> Run:
        """The run of a training that came to its end."""
        bad = first_bad_epoch(self.history.history, getattr(self.history, "epoch", []))
        if bad is None:
            return self._make_run("done", None)
        return self._make_run("diverged", _diverged(bad, self._model, self.history))

    def interrupted(self) -> Run:
        """The run of a training that was broken off."""
        return self._make_run("interrupted", _interrupted(self.history))

    def _make_run(self, status: str, message: str | None) -> Run:
        # An interrupt comes before callbacks put anything back.
        restored = None if status == "interrupted" else _keras.restored_epoch(self._callbacks)
        return Run(
            model=self._model,
            history=self.history.history,
            epoch=getattr(self.history, "epoch", []),
            params=self.history.params or {},
            engine="compiled" if self.reason is None else "keras",
            engine_reason=self.reason or self.how,
            settings=self._settings if restored is None else {**self._settings, "restored_epoch": restored},
            seed=self._seed,
            backend=self._backend,
            versions=versions(self._backend),
            data={**self._described, "sha256": self.fingerprint()},
            started=self.started,
            seconds=self.seconds,
            compile_seconds=self.timing.compile_seconds,
            status=status,
            message=message,
            evaluation_source=evaluation_source(self._request, self._dataset),
            recording=self.recording() if self.recording is not None else None,
        )


def _interrupted(history: Any) -> str:
    n = len(getattr(history, "epoch", []))
    kept = f"the weights of epoch {history.epoch[-1] + 1}" if n else "the weights it started with"
    return f"Interrupted after {n} finished {'epoch' if n == 1 else 'epochs'}; the model keeps {kept}."


def _diverged(bad: int, model: Any, history: Any) -> str:
    """What happened, where, and what to try, in words."""
    loss = history.history["loss"][bad - 1 - history.epoch[0]]
    what = "NaN" if loss != loss else "infinite"
    rate = _keras.learning_rate(model)
    smaller = f" (it is {rate:g}: try {rate / 10:g})" if rate else ""
    return (
        f"The loss became {what} in epoch {bad}. Try a smaller learning rate{smaller}, inputs scaled to about mean 0 "
        "and deviation 1, or gradient clipping (clipnorm=1.0 in the optimizer)."
    )
