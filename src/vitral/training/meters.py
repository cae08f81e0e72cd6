"""What probes measure in the compiled engine: programs of their own, run on the state between a training's dispatches.

A program of its own leaves the training's program, and so its bits, as they are without probes, and serves every layout
of it. The state stays on the device; what is measured comes back while the next steps run.
"""

from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun

from vitral import _keras, probes
from vitral.probes import Plan, Probe
from vitral.probes.probe import UNITS
from vitral.runs import Recording
from vitral.training.programs import compiled_program
from vitral.training.traced import Traced

_MOST_PENDING = 32  # measurements that are taken apart together


class _Meter(Traced):
    """The probes that count in one unit: a traced program until `compile`, then a compiled one."""

    def __init__(self, plan: Plan, batch: Any) -> None:
        super().__init__(plan.program)
        self.plan, self._batch = plan, jax.device_put(jax.tree.leaves(batch))
        self._tree = jax.tree.structure(plan.shapes)
        self._pending: list[tuple[int, Any]] = []

    def compile(self) -> None:
        """Compile it, or find it compiled."""
        shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in self.closed.in_avals]
        run = jaxpr_as_fun(self.closed)
        self._run = compiled_program(lambda inputs: run(*inputs), (shapes,), donates=False)
        self._types = [a.dtype for a in shapes]
        self._numbers = jax.device_put(self.numbers)

    @property
    def compiled(self) -> Any:
        """What another that differs in numbers alone may adopt."""
        return self._run, self._types

    def adopt(self, compiled: Any) -> None:
        """Take what another has compiled, which differs in numbers alone."""
        self._run, self._types = compiled
        self._numbers = jax.device_put(self.numbers)

    def measure(self, state: _keras.State, done: int) -> None:
        """Begin to measure; `take` has the result."""
        leaves = [*(a for part in state for a in part), *self._batch, *self._numbers]
        self._pending.append((done, self._run([_as(a, t) for a, t in zip(leaves, self._types, strict=True)])))

    def take(self, at_least: int) -> Recording | None:
        """What was measured since the last time; None where that is less than `at_least` measurements."""
        if len(self._pending) < at_least:
            return None
        pending, self._pending = self._pending, []
        host = jax.device_get([out for _, out in pending])
        stacked = [np.stack(arrays) for arrays in zip(*host, strict=True)]
        return self.plan.record([done for done, _ in pending], jax.tree.unflatten(self._tree, stacked))

    def until_due(self, done: int, most: int) -> int:
        """How many more until the next measurement, `most` at most."""
        return min(most, *(p.every - done % p.every for p in self.plan.probes))


def _as(array: Any, dtype: Any) -> Any:
    return array if array.dtype == dtype else jax.numpy.asarray(array, dtype)


class Meters:
    """What is measured in one training.

    Attributes:
        programs: the traced programs by name, for a sweep to compare.
    """

    def __init__(self, model: Any, chosen: tuple[Probe, ...], batch: Any) -> None:
        """Trace what `chosen` measure of `model`, built and compiled, on the probe batch (x, y, sample_weight)."""
        self._meters: dict[str, _Meter] = {}
        for unit in UNITS:
            ours = tuple(p for p in chosen if p.unit == unit)
            if ours:
                self._meters[unit] = _Meter(probes.plan(model, ours, batch), batch)
        self.programs: dict[str, Traced] = {f"probes by {unit}": meter for unit, meter in self._meters.items()}
        self._parts: list[Recording] = []
        self._steps = 0

    def compile(self) -> None:
        """Compile the programs, or find them compiled."""
        for meter in self._meters.values():
            meter.compile()

    @property
    def compiled(self) -> dict[str, Any]:
        """What others that differ in numbers alone may adopt."""
        return {unit: meter.compiled for unit, meter in self._meters.items()}

    def adopt(self, compiled: dict[str, Any]) -> None:
        """Take what others have compiled, which differ in numbers alone."""
        for unit, meter in self._meters.items():
            meter.adopt(compiled[unit])

    @property
    def counts_steps(self) -> bool:
        """Whether probes measure between the steps of an epoch."""
        return "steps" in self._meters

    def is_due(self, done: int) -> bool:
        """Whether something is to be measured when so many epochs are done."""
        return "epochs" in self._meters and self._meters["epochs"].plan.is_due(done)

    def begin(self, state: _keras.State, epoch: int) -> None:
        """Forget an earlier training, and measure before the first step."""
        self.recording()
        self._parts, self._steps = [], 0
        self.after_epoch(state, epoch)
        self._measure("steps", state, 0)

    def go_on(self, measured: Recording | None, steps: int) -> None:
        """Go on after what an earlier part of the training has measured, at so many steps."""
        self.recording()
        self._parts, self._steps = [] if measured is None else [measured], steps

    @property
    def steps(self) -> int:
        """Steps that were counted, where they are."""
        return self._steps

    def after_epoch(self, state: _keras.State, done: int) -> None:
        """Measure if it is time, `done` epochs being done."""
        self._measure("epochs", state, done)

    def after_steps(self, state: _keras.State, n: int) -> None:
        """Measure if it is time, `n` more steps being done."""
        self._steps += n
        self._measure("steps", state, self._steps)

    def _measure(self, unit: str, state: _keras.State, done: int) -> None:
        meter = self._meters.get(unit)
        if meter is not None and meter.plan.is_due(done):
            meter.measure(state, done)

    def epochs_until_due(self, done: int, most: int) -> int:
        """How many more epochs until the next measurement, `most` at most."""
        return self._meters["epochs"].until_due(done, most) if "epochs" in self._meters else most

    def steps_until_due(self, most: int) -> int:
        """How many more steps until the next measurement, `most` at most."""
        return self._meters["steps"].until_due(self._steps, most) if self.counts_steps else most

    def collect(self, at_least: int = _MOST_PENDING) -> Recording | None:
        """Take apart what was measured, where that is worth it; what is new, None for nothing."""
        found = [part for meter in self._meters.values() if (part := meter.take(at_least)) is not None]
        self._parts += found
        return Recording.join(found) if found else None

    def recording(self) -> Recording:
        """All that was measured so far."""
        self.collect(1)
        self._parts = [Recording.join(self._parts)]
        return self._parts[0]
