"""The same measurements under plain `keras.Model.fit`, on every backend: a Keras callback.

    recorder = vitral.probes.Recorder("all", x[:128], y[:128])
    model.fit(x, y, epochs=5, callbacks=[recorder])
    recorder.recording

On JAX a plan measures, compiled; elsewhere each measurement is one step taken back (`eager`). Either way the training
goes on as if nobody had looked.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError, ShapeError
from vitral.data.validate import check_arrays
from vitral.probes.anatomy import check_ready, examine
from vitral.probes.eager import look_eagerly
from vitral.probes.layout import check_probes, measure_look, to_recording
from vitral.probes.plan import Plan, plan
from vitral.probes.probe import Probe
from vitral.probes.recording import Recording, Series


@functools.cache
def recorder_class() -> Any:
    """`vitral.probes.Recorder`, made when first asked for: it is a Keras class."""
    keras = _keras.import_keras()

    class Recorder(keras.callbacks.Callback):
        """Record what probes measure while `model.fit` trains.

        Args:
            probes: "all", a probe, or a list of probes.
            x, y, sample_weight: the probe batch, B rows as `fit` takes them; 100 to 200 rows tell enough.

        Attributes:
            steps: that were counted, where probes count them.
            recording: what was measured in the last training; what was there before its first step counts as 0.
            listeners: functions that are called with each new part of it.

        Raises:
            ArgumentError, DataError, ShapeError, UnknownNameError: at once for bad probes and rows, at the first
                measurement for layers that the model does not have.

        Example:
            >>> import numpy as np
            >>> import vitral
            >>> from vitral import keras
            >>> x, y = np.ones((8, 2)), np.ones((8, 1))
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="unit")])
            >>> model.compile("sgd", "mse")
            >>> recorder = vitral.probes.Recorder(vitral.probes.Weights(), x, y)
            >>> _ = model.fit(x, y, epochs=2, verbose=0, callbacks=[recorder])
            >>> recorder.recording.at("weights", "unit/kernel")
            array([0, 1, 2])
        """

        def __init__(self, probes: Any, x: Any, y: Any = None, *, sample_weight: Any = None) -> None:
            super().__init__()
            self._probes = check_probes(probes)
            self._batch = _as_batch(x, y, sample_weight)
            self.listeners: list[Callable[[Recording], None]] = []
            self._parts: list[Recording] = []
            self._meters: dict[str, Any] = {}
            self.steps, self._goes_on = 0, False
            if any(p.unit == "steps" for p in self._probes):
                # Only then: a hook for batches costs, and asks for Keras's own loop.
                self.on_train_batch_begin = self._before_step
                self.on_train_batch_end = self._after_step

        @property
        def recording(self) -> Recording:
            """What was measured in the last training; so far, while it runs."""
            return Recording.join(self._parts)

        def on_train_begin(self, logs: Any = None) -> None:
            self._parts, self._meters, self.steps, self._goes_on = [], {}, 0, False

        def go_on(self, measured: Recording | None, steps: int) -> None:
            """Go on after what an earlier part of the training has measured, at so many steps."""
            self._parts, self.steps, self._goes_on = [] if measured is None else [measured], steps, True

        def get_state(self) -> dict[str, Any]:
            """What was measured so far, for a training that is to go on later."""
            return {
                "series": [{**vars(one), "values": dict(one.values)} for one in self.recording.series],
                "steps": self.steps,
            }

        def set_state(self, state: dict[str, Any]) -> None:
            """Go on after what `get_state` gave."""
            self.go_on(Recording([Series(**one) for one in state["series"]]), state["steps"])

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if "epochs" not in self._meters and not self._goes_on:
                self._measure("epochs", epoch - 1, epoch)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self._measure("epochs", epoch, epoch + 1)

        def _before_step(self, batch: int, logs: Any = None) -> None:
            self._first = batch
            if "steps" not in self._meters and not self._goes_on:
                self._measure("steps", -1, 0)

        def _after_step(self, batch: int, logs: Any = None) -> None:
            # With steps_per_execution several steps end at once; `batch` is the last of them, or would be in an epoch
            # that had so many.
            n_steps = self.params.get("steps")
            last = batch if n_steps is None else min(batch, n_steps - 1)
            done = self.steps + last - self._first + 1
            self._measure("steps", self.steps, done)
            self.steps = done

        def _measure(self, unit: str, before: int, done: int) -> None:
            """Measure with those probes for which some time after `before` up to `done` was due."""
            meter = self._meters.get(unit)
            if meter is None:
                chosen = tuple(p for p in self._probes if p.unit == unit)
                meter = self._meters[unit] = _Meter(self.model, chosen, self._batch) if chosen else _nothing
            part = meter(self.model, before, done)
            if part is not None:
                self._parts.append(part)
                for listener in self.listeners:
                    listener(part)

    Recorder.__module__, Recorder.__qualname__ = "vitral.probes", "Recorder"
    return Recorder


def _nothing(*_: Any) -> None:
    """The meter of a unit in which no probe counts."""


class _Meter:
    """Measures with some probes, all of one unit."""

    def __init__(self, model: Any, probes: tuple[Probe, ...], batch: Any) -> None:
        self._probes, self._batch = probes, batch
        self._plan: Plan | None = None
        if _keras.is_jax():
            import jax

            self._batch = jax.tree.map(jax.numpy.asarray, batch)
            self._plan = plan(model, probes, self._batch)
            self._run = jax.jit(self._plan.measure)
        else:
            check_ready(model, lambda: _keras.build_optimizer(model))
            self._anatomy = examine(model)
            self._needs = frozenset().union(*(p.needs for p in probes))

    def __call__(self, model: Any, before: int, done: int) -> Recording | None:
        if not any(p.is_due(done, before) for p in self._probes):
            return None
        if self._plan is not None:
            measured, entries = self._run(_keras.state_of(model), self._batch), self._plan._entries
        else:
            look = look_eagerly(model, self._anatomy, self._needs, self._batch)
            entries, measured = measure_look(self._probes, look, np)
        return to_recording(entries, [done], {name: np.asarray(a)[None] for name, a in measured.items()}, before)


def _as_batch(x: Any, y: Any, sample_weight: Any) -> Any:
    """(x, y, sample_weight) as NumPy arrays of Keras's types."""
    if x is None or not _keras.can_slice((x, y, sample_weight)):
        raise ArgumentError(f"x, y and sample_weight must be arrays: got x of {type(x).__name__}. Give B rows of each.")
    check_arrays(x, y)
    check_arrays(x, sample_weight, names=("x", "sample_weight"))
    try:
        adapter = _keras.make_batches((x, y, sample_weight))
    except ValueError as error:
        why = " ".join(str(error).split()).rstrip(".")
        raise ShapeError(f"x, y and sample_weight must be arrays that Keras can batch: got an error, {why}.") from error
    arrays = _keras.adapter_arrays(adapter)
    if arrays is None:
        raise ArgumentError("x, y and sample_weight must be dense arrays: got a sparse one. Use .toarray().")
    return _keras.import_keras().utils.unpack_x_y_sample_weight(arrays)
