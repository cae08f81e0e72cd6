"""Checkpoints of a training: when one is written, what it holds, and how a training goes on from it.

After the epochs that it speaks of, a checkpoint has all that the next one depends on: the variables of model, optimizer
and metrics, the state of the random generators, what the callbacks know, the history, and what probes have measured;
and, once, the data and the arguments. What is restored is restored when the callbacks have begun, which forget then
what they knew.
"""

import contextlib
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError, RunFolderError, VitralWarning
from vitral.data import Dataset, Part, Standardizer
from vitral.probes import Probe
from vitral.runs import Recording, store
from vitral.runs.checkpoint import Checkpoint, CheckpointWriter
from vitral.runs.environment import versions
from vitral.runs.nest import UnknownValueError
from vitral.runs.recording import from_record, to_record
from vitral.training import callback_states
from vitral.training.attempt import Attempt
from vitral.training.randomness import random_state, set_random_state
from vitral.training.request import Request

_SECONDS = 30.0
# Where nobody says how often, writing takes up to this share of the time.
_SHARE = 0.02


def why_not_kept(request: Request) -> str | None:
    """Why no checkpoint can be written of a training, as the end of a sentence; None where one can."""
    if not _keras.is_jax():
        return f"on the {_keras.import_keras().config.backend()} backend random generators cannot be kept"
    if not _keras.can_slice(request.data) or not (
        request.validation_data is None or _keras.can_slice(request.validation_data)
    ):
        return "the data are not arrays"
    arrays = [a for a in _keras.flatten((request.data, request.validation_data)) if a is not None]
    if any(not hasattr(a, "__array__") for a in arrays):
        return "the data are sparse, or not arrays"
    if request.steps_per_epoch is not None:
        return "with steps_per_epoch an epoch begins where the one before has ended"
    return None


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a training goes on.

    Attributes:
        epoch: how many epochs are done. is_over: whether nothing is left of the training but its end.
        variables: of the model, in the parts of its state. random, callbacks: what those knew.
        history: metric -> values; epochs: their numbers.
        measured, steps: what probes have measured, and at how many steps they are.
        seconds, compile_seconds: spent so far. started: when, ISO 8601.
    """

    epoch: int
    is_over: bool
    variables: Any
    random: Any
    callbacks: list[Any]
    history: dict[str, list[Any]]
    epochs: list[int]
    measured: Recording | None
    steps: int
    seconds: float
    compile_seconds: float
    started: str


class Keeper:
    """Writes the checkpoints of one training, and lets it go on from one."""

    def __init__(
        self,
        model: Any,
        callbacks: Any,
        attempt: Attempt,
        writer: CheckpointWriter | None,
        *,
        every: int | None,
        fixed: Callable[[], Any],
        start: Start | None = None,
    ) -> None:
        """
        Args:
            model, callbacks, attempt: the training.
            writer: writes its checkpoints; None for none.
            every: after so many epochs; None for about every 30 seconds.
            fixed: gives what stays the same, asked for at the first checkpoint.
            start: where it goes on; None from its beginning.
        """
        self.start, self._every, self._fixed = start, every, fixed
        self._model, self._callbacks, self._attempt, self._writer = model, callbacks, attempt, writer
        self._written, self._pause, self._has_failed = time.perf_counter(), _SECONDS, False

    # ---- going on

    def first_epoch(self, otherwise: int) -> int:
        """The number of the first epoch to train."""
        return otherwise if self.start is None else self.start.epoch

    def restore(self) -> None:
        """Put everything back; the callbacks have begun, model and metrics are built."""
        start = self.start
        if start is None:
            return
        *variables, metrics = start.variables
        try:
            _keras.set_state(self._model, tuple(variables))
            _keras.set_metrics(self._model, metrics)
        except (ValueError, TypeError) as error:
            raise ArgumentError(
                f"model must be that of the training: its variables are not those that were kept ({error}). Build and "
                "compile it as it was first."
            ) from error
        history = self._attempt.history
        history.history.update({name: list(values) for name, values in start.history.items()})
        history.epoch = list(start.epochs)
        try:
            callback_states.restore(self._callbacks, start.callbacks)
            set_random_state(start.random)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RunFolderError(f"what the checkpoint says of callbacks or generators is damaged: {error}.") from error
        self._model.stop_training = start.is_over

    # ---- writing

    def epochs_until_due(self, done: int, most: int) -> int:
        """How many more epochs until the next checkpoint, `most` at most."""
        return most if self._writer is None or not self._every else min(most, self._every - done % self._every)

    def is_due(self, done: int) -> bool:
        """Whether to write a checkpoint now that so many epochs are done."""
        if self._writer is None:
            return False
        if self._every is not None:
            return done % self._every == 0
        return time.perf_counter() - self._written >= self._pause

    def write(self, done: int, variables: _keras.State, measured: Recording | None, steps: int) -> None:
        """Write a checkpoint; where that fails, say so once, and go on."""
        assert self._writer is not None
        was_first, began = not self._writer.has_begun, time.perf_counter()
        try:
            self._writer.write(done, self._state(done, variables, measured, steps), self._fixed_parts)
        except Exception as error:  # also what `get_state` of a user's callback raises: the training matters more
            self._say(done, error)
        self._written = time.perf_counter()
        if not was_first:  # the first has the data and the model to write, too
            self._pause = max(_SECONDS, (self._written - began) / _SHARE)

    @property
    def has_written(self) -> bool:
        """Whether the checkpoint in the folder is this training's."""
        return self._writer is not None and self._writer.has_begun

    def close(self) -> None:
        """Let others train here."""
        if self._writer is not None:
            self._writer.close()

    def _state(self, done: int, variables: _keras.State, measured: Recording | None, steps: int) -> dict[str, Any]:
        attempt = self._attempt
        columns, kinds = store.history_arrays(attempt.history.history)
        arrays, entries = to_record(measured)
        return {
            "is_over": bool(self._model.stop_training),
            "variables": tuple([np.asarray(a) for a in part] for part in variables),
            "random": random_state(),
            "callbacks": callback_states.states_of(self._callbacks),
            "history": {"arrays": columns, "history": kinds},
            "epochs": np.array(attempt.history.epoch, np.int64),
            "measured": None if entries is None else {"arrays": arrays, "entries": entries},
            "steps": steps,
            "seconds": attempt.seconds,
            "compile_seconds": attempt.timing.compile_seconds,
            "started": attempt.started,
        }

    def _fixed_parts(self) -> tuple[Any, Any]:
        return self._fixed(), self._model

    def _say(self, done: int, error: Exception) -> None:
        if self._has_failed:
            return
        self._has_failed = True
        why = str(error)
        if isinstance(error, UnknownValueError):
            why = f"{error} cannot be kept."
        elif not isinstance(error, RunFolderError):
            why = f"{type(error).__name__}, {why.rstrip('.')}."
        warnings.warn(
            f"No checkpoint was written after epoch {done}: {why} Training goes on; an earlier one is as it was.",
            VitralWarning,
            stacklevel=2,
        )


def read_start(checkpoint: Checkpoint) -> Start:
    """Where the training of a checkpoint goes on.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it holds something else.
    """
    state = checkpoint.state
    measured = state["measured"]
    return Start(
        epoch=checkpoint.epoch,
        is_over=bool(state["is_over"]),
        variables=tuple(list(part) for part in state["variables"]),
        random=state["random"],
        callbacks=[dict(callback) for callback in state["callbacks"]],
        history=store.to_history(state["history"], state["history"]["arrays"]),
        epochs=state["epochs"].tolist(),
        measured=None if measured is None else from_record(measured["entries"], measured["arrays"]),
        steps=int(state["steps"]),
        seconds=float(state["seconds"]),
        compile_seconds=float(state["compile_seconds"]),
        started=str(state["started"]),
    )


# ---------------------------------------------------------------- what was asked for


def describe_task(request: Request, dataset: Dataset | None, chosen: tuple[Probe, ...], **more: Any) -> dict[str, Any]:
    """A training's data and arguments, as nested values and arrays; `more` are plain."""
    own: dict[str, Any] | None = None
    if dataset is not None:
        own = {name: getattr(dataset, name) for name in ("name", "task", "source", "classes", "feature_names")}
        own |= {"image_shape": dataset.image_shape, "recipe": dataset.recipe}
        own |= {name: (part.x, part.y) for name, part in _parts(dataset).items()}
        scales = dataset.standardizer
        own["standardizer"] = None if scales is None else {"mean": scales.mean, "scale": scales.scale}
    return {
        "request": {name: _as_arrays(getattr(request, name)) for name in vars(request)},
        "dataset": own,
        "probes": [_describe_probe(probe) for probe in chosen],
        **more,
    }


def circumstances() -> dict[str, str]:
    """What decides on bits beside the data and the arguments: versions, and the type of Keras's numbers."""
    return {**versions("jax"), "floatx": _keras.import_keras().config.floatx()}


def _as_arrays(value: Any) -> Any:
    """A column of pandas as Keras takes it, (N, 1): as an array alone it would be (N,)."""
    if isinstance(value, tuple | list):
        return type(value)(_as_arrays(part) for part in value)
    if isinstance(value, dict):
        return {name: _as_arrays(part) for name, part in value.items()}
    return value.to_numpy()[:, None] if type(value).__name__ == "Series" and hasattr(value, "iloc") else value


def _parts(dataset: Dataset) -> dict[str, Part]:
    return {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}


def _describe_probe(probe: Probe) -> dict[str, Any]:
    is_ours = type(probe).__module__.startswith("vitral.")
    return {"name": type(probe).__name__, **(asdict(probe) if is_ours else {})}


def read_task(fixed: dict[str, Any]) -> tuple[Request, Dataset | None, tuple[Probe, ...]]:
    """The inverse of `describe_task`.

    Raises:
        ArgumentError: a probe was of a class that is not Vitral's.
        KeyError, TypeError, ValueError, AttributeError: it holds something else.
    """
    dataset = None
    if fixed["dataset"] is not None:
        own = dict(fixed["dataset"])
        own |= {name: Part(*own[name]) for name in ("train", "validation", "test")}
        if own["standardizer"] is not None:
            own["standardizer"] = Standardizer(**own["standardizer"])
        dataset = Dataset(**own)
    return Request(**fixed["request"]), dataset, tuple(_read_probe(**probe) for probe in fixed["probes"])


def _read_probe(name: str, **arguments: Any) -> Probe:
    from vitral import probes

    known = {kind.__name__: kind for kind in (probes.Activations, probes.Gradients, probes.Updates, probes.Weights)}
    if name not in known:
        raise ArgumentError(
            f"probes must be Vitral's own for a training to go on: got {name}, whose settings were not kept. "
            "Train again without it."
        )
    return known[name](**arguments)


@contextlib.contextmanager
def kept(keeper: Keeper | None) -> Any:
    """A context at whose end others may train in the folder."""
    try:
        yield
    finally:
        if keeper is not None:
            keeper.close()


def writer_for(folder: Path | None, every: int | None, request: Request) -> CheckpointWriter | None:
    """Who writes checkpoints into a run's folder; None where none shall, or can, be written.

    Raises:
        ArgumentError: they were asked for, and cannot be.
    """
    if every is not None and folder is None:
        raise ArgumentError(
            f"checkpoint_every must go with a folder: got {every} and out=None. Write out='runs/first', too."
        )
    if folder is None or every == 0:
        return None
    why = why_not_kept(request)
    if why is not None and every is not None:
        raise ArgumentError(f"checkpoint_every must be left out here: got {every}, and {why}. Leave it out.")
    return None if why is not None else CheckpointWriter(folder)
