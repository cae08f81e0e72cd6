"""A plan: what some probes measure of one model on one probe batch, traced once, then a pure function of arrays.

    plan = vitral.probes.plan(model, "all", (x, y, None))
    measured = plan.measure(state, batch)                 # in a jit, a loop, under vmap, from any thread
    recording = plan.record([epoch], measured_on_the_host)

Measuring looks at the state and changes nothing of it, nor is it fused with what stands around it: a training keeps its
bits.
"""

import threading
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from vitral import _keras
from vitral._checks import check_choice
from vitral._errors import EngineError, ShapeError
from vitral.probes.anatomy import check_ready, examine
from vitral.probes.layout import Entry, Measured, check_probes, measure_look, to_recording
from vitral.probes.looking import looking
from vitral.probes.probe import UNITS, Probe
from vitral.probes.recording import Recording

# Layers are watched while a step is traced, one trace at a time.
_tracing = threading.RLock()


def plan(model: Any, probes: Any, batch: Any) -> "Plan":
    """Fix what `probes` measure of `model` on batches of the shapes of `batch`.

    Args:
        model: compiled, on the JAX backend. What is not built yet is built, from the shapes of the batch.
        probes: "all", a probe, or a list of probes.
        batch: x, (x, y) or (x, y, sample_weight) of B rows, as `model.train_step` takes it: nested arrays, or anything
            that has their shapes and types.

    Raises:
        ArgumentError, UnknownNameError: a model that is not compiled; a probe that finds nothing to measure.
        ShapeError: a batch without rows, or whose arrays differ in their number.
        EngineError: Keras runs on another backend than JAX.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="unit")])
        >>> model.compile("sgd", "mse")
        >>> vitral.probes.plan(model, "all", (np.ones((8, 2)), np.ones((8, 1)))).entries[:2]
        [('weights', 'unit/kernel'), ('weights', 'unit/bias')]
    """
    chosen = check_probes(probes)
    if not _keras.is_jax():
        raise EngineError(
            "vitral.probes.plan must be used on Keras's JAX backend: got another. "
            "vitral.probes.Recorder measures the same on every backend."
        )
    batch = _shapes(_unpack(batch))
    _check_rows(batch)

    def build() -> None:
        if _keras.peeks_at_batch(model) or not model.optimizer.built:
            _keras.symbolic_build(model, batch)

    check_ready(model, build)
    return Plan(model, chosen, batch)


class Plan:
    """Made by `vitral.probes.plan`.

    Attributes:
        probes: the probes.
        program: the traced function as a `ClosedJaxpr`: leaves of state and batch in, numbers and counts out. For who
            evaluates it in a way of their own.
        shapes: shape and type of what `measure` returns, a dict of `jax.ShapeDtypeStruct`.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="unit")])
        >>> model.compile("sgd", "mse")
        >>> plan = vitral.probes.plan(model, vitral.probes.Weights(), (np.ones((8, 2)), np.ones((8, 1))))
        >>> plan.is_due(1), plan.shapes["counts"].shape
        (True, (2, 1024))
    """

    def __init__(self, model: Any, probes: tuple[Probe, ...], batch: Any) -> None:
        import jax
        import jax.numpy as jnp

        # Weakly, so that who keeps plans by their model does not keep the model.
        self._model, self._batch, self.probes = weakref.ref(model), batch, probes
        found: list[list[Entry]] = []
        anatomy = examine(model)
        look = looking(model, anatomy, frozenset().union(*(p.needs for p in probes)))

        def measure(state: Any, batch: Any) -> Measured:
            entries, measured = measure_look(probes, look(state, batch), jnp)
            found.append(entries)
            return measured

        state = _shapes(_keras.state_of(model))
        with _tracing:
            self.program, self.shapes = jax.make_jaxpr(measure, return_shape=True)(state, batch)
        self._entries = found[-1]
        self._leaves, self._tree = jax.tree.flatten((state, batch))
        self._out = jax.tree.structure(self.shapes)

    def measure(self, state: Any, batch: Any) -> Measured:
        """Measure: one forward and one backward pass, and their summary.

        Args:
            state: (trainable, non-trainable, optimizer, metrics) values, as `model.train_step` takes them.
            batch: the probe batch, of the shapes that were planned.

        Returns:
            {"numbers": (P,) float32, "counts": (K, 1024) int32}; `record` says what is what.

        Raises:
            ShapeError: arrays of other shapes.
        """
        import jax
        from jax import lax
        from jax.extend.core import jaxpr_as_fun

        leaves, tree = jax.tree.flatten((tuple(list(part) for part in state), _unpack(batch)))
        got = [tuple(np.shape(a)) for a in leaves]
        if tree != self._tree or got != [a.shape for a in self._leaves]:
            wrong = next(((a.shape, b) for a, b in zip(self._leaves, got, strict=False) if a.shape != b), None)
            what = f"{wrong[1]} instead of {wrong[0]}" if wrong else "another structure"
            raise ShapeError(
                f"state and batch must have the shapes that were planned: got {what}. "
                "Measure on the probe batch, or make a new plan with vitral.probes.plan."
            )
        leaves = [lax.convert_element_type(a, planned.dtype) for a, planned in zip(leaves, self._leaves, strict=True)]
        # Behind barriers nothing of this is fused with the training around it.
        out = jaxpr_as_fun(self.program)(*lax.optimization_barrier(leaves))
        return jax.tree.unflatten(self._out, lax.optimization_barrier(out))

    @property
    def entries(self) -> list[tuple[str, str]]:
        """(probe, layer) of each row of counts, in order."""
        return [(e.probe.name, e.key) for e in self._entries]

    def is_due(self, done: int) -> bool:
        """Whether a probe wants to measure when so many epochs (or steps) are done."""
        return any(p.is_due(done) for p in self.probes)

    def only(self, unit: str) -> "Plan | None":
        """The plan of those probes alone that count in "epochs", or in "steps"; None where there are none."""
        check_choice("unit", unit, UNITS)
        chosen = tuple(p for p in self.probes if p.unit == unit)
        if chosen == self.probes:
            return self
        return Plan(self._model(), chosen, self._batch) if chosen else None

    def record(self, done: Sequence[int], measured: Measured) -> Recording:
        """Measurements as a recording; each probe keeps those for which it was due.

        Args:
            done: (M,) how many epochs (or steps) were done at each measurement, ascending.
            measured: what `measure` returned, stacked along a new first axis of M, on the host or the device.
        """
        return to_recording(self._entries, [int(n) for n in done], measured)


def _unpack(batch: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight), None for what is not there."""
    return _keras.import_keras().utils.unpack_x_y_sample_weight(batch)


def _check_rows(batch: Any) -> None:
    shapes = [tuple(a.shape) for a in _keras.flatten(batch) if a is not None]
    empty = next((shape for shape in shapes if not shape or not shape[0]), None)
    if empty is not None or not shapes:
        got = f"shape {empty}" if shapes else "no arrays"
        raise ShapeError(f"batch must have at least one row: got {got}. 100 to 200 rows tell enough.")
    n_rows = [shape[0] for shape in shapes]
    other = next((n for n in n_rows if n != n_rows[0]), None)
    if other is not None:
        raise ShapeError(
            f"batch must have arrays with the same number of rows: got {n_rows[0]} and {other}. "
            "Take the same rows of each."
        )


def _shapes(tree: Any) -> Any:
    import jax

    def shape(a: Any) -> Any:
        if not hasattr(a, "dtype"):
            a = np.asarray(a)
        return jax.ShapeDtypeStruct(a.shape, jax.dtypes.canonicalize_dtype(a.dtype))

    return jax.tree.map(shape, tuple(tree))
