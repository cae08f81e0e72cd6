"""What an epoch reports, from inside the program to the logs that callbacks get."""

from typing import Any

import jax
import jax.numpy as jnp

from vitral import _keras
from vitral.training.steps import Step, UnsuitableStepError


class EpochLogs:
    """What an epoch reports: the metrics' results, or the last step's logs where a custom step names others.

    Keras decides the same way (`Trainer._get_metrics_result_or_logs`). Only in the second case are logs carried
    through the loop. Keras computes results on the host, operation by operation; a quotient is the same inside the
    program, but what the compiler may fuse (an R², an AUC) can differ in the last bit, so such metrics leave the
    program as they are and are finished on the host.
    """

    def __init__(self, model: Any, steps: list[Step]) -> None:
        self.shapes: list[Any] = []
        self._tree: Any = None
        self._is_last = self._is_host = False
        if not steps:
            return
        kinds = [
            (jax.tree.structure(s.log_shapes), [(a.shape, a.dtype) for a in jax.tree.leaves(s.log_shapes)])
            for s in steps
        ]
        if any(kind != kinds[0] for kind in kinds):
            raise UnsuitableStepError("the model's logs have another shape on the smaller last batch")
        metrics = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in model.metrics_variables]
        results = jax.eval_shape(lambda values: _keras.metric_results(model, values), metrics)
        if set(results) != set(steps[0].log_shapes):
            self._is_last = True
            results = steps[0].log_shapes
        elif not _keras.has_plain_results(model):
            self._is_host = True
            results = metrics
        self.shapes, self._tree = jax.tree.flatten(results)

    def empty(self) -> list[Any]:
        """What the loop carries: nothing, or a place for the last step's logs."""
        return [jnp.zeros(a.shape, a.dtype) for a in self.shapes] if self._is_last else []

    def read(self, model: Any, metrics: list[Any], carried: list[Any]) -> list[Any]:
        """Inside the program: the arrays that leave it."""
        if not self.shapes or self._is_host:
            return metrics if self._is_host else []
        return (
            carried
            if self._is_last
            else [jnp.asarray(a) for a in jax.tree.leaves(_keras.metric_results(model, metrics))]
        )

    def finish(self, model: Any, arrays: list[Any]) -> dict[str, Any]:
        """On the host: what left the program, as logs."""
        if self._is_host:
            return dict(_keras.metric_results(model, [jnp.asarray(a) for a in arrays]))
        return jax.tree.unflatten(self._tree, arrays) if arrays else {}

    def columns(self, model: Any, arrays: list[Any], epochs: list[int]) -> dict[str, list[Any]]:
        """On the host: the logs of some epochs, name -> one value each, as callbacks get them.

        Args:
            arrays: as they left the program, with a first axis of epochs.
            epochs: places on that axis.
        """
        if not self._is_host and all(a.ndim == 1 and a.dtype.kind != "c" for a in arrays):
            # All of a column at once, where each entry is one number: Keras reports counts and truths as floats too.
            found = self.finish(model, [a[epochs].astype("float64").tolist() for a in arrays])
            if not any(isinstance(values, dict) for values in found.values()):
                return found
        rows = [_keras.plain_logs(self.finish(model, [a[e] for a in arrays])) for e in epochs]
        return {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
