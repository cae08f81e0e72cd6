"""The same look as `looking`, on backends whose variables change in place: TensorFlow and PyTorch.

    remember every variable; forward; backward; let the optimizer apply the gradient; read; put every variable back

The backend differentiates in its own way; NumPy sums up.
"""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError
from vitral.probes.anatomy import Anatomy
from vitral.probes.looking import Outputs
from vitral.probes.probe import Look
from vitral.probes.summary import as_float32


def look_eagerly(model: Any, anatomy: Anatomy, needs: frozenset[str], batch: tuple[Any, Any, Any]) -> Look:
    """One step on the batch (x, y, sample_weight), NumPy arrays or None; afterwards nothing of it has happened.

    Raises:
        ArgumentError: the model has a `train_step` of its own, whose gradient nobody but itself sees here.
    """
    keras = _keras.import_keras()
    wants_gradient = not needs <= {"weights", "activations"}
    if wants_gradient and _keras.overrides(model, ["train_step"]):
        raise ArgumentError(
            f"probes must do without Gradients and Updates for a model with its own train_step on the "
            f"{keras.config.backend()} backend: what it computes inside cannot be seen. Use KERAS_BACKEND=jax."
        )
    variables = model.trainable_variables
    before = {v.name: _keras.to_numpy(_find(model, v)) for v in anatomy.variables}
    outputs = Outputs(anatomy, _is_tensor)
    gradients: list[Any] = []
    after: list[np.ndarray] = []
    scale = np.float32(1)
    if not needs <= {"weights"}:
        with _no_trace(model):
            with _keras.watching([layer for _, layer in anatomy.layers], outputs.hear):
                tensors = _tensors(batch)
                gradients = _keras.gradients_of(model, *tensors) if wants_gradient else _forward(model, tensors)
            factor = _keras.loss_scale(model, [v.value for v in model.optimizer.variables])
            scale = scale if factor is None else _keras.to_numpy(factor)
            if "updates" in needs:
                _keras.apply_gradients(model, gradients)
                after = [_keras.to_numpy(v) for v in variables]
    ours = [v for v in anatomy.variables if v.is_trainable]

    def floats(arrays: dict[str, Any]) -> dict[str, Any]:
        return {name: as_float32(a, np) for name, a in arrays.items() if a.size}

    weights = floats(before)
    return Look(
        weights=weights,
        gradients=floats({v.name: _gradient(gradients[v.place], before[v.name]) / scale for v in ours})
        if gradients
        else {},
        updates=floats({v.name: after[v.place] - before[v.name] for v in ours}) if after else {},
        activations=floats({name: _keras.to_numpy(a) for name, a in outputs.values.items()}),
        sources=outputs.sources,
    )


def _find(model: Any, named: Any) -> Any:
    return (model.trainable_variables if named.is_trainable else model.non_trainable_variables)[named.place]


def _gradient(gradient: Any, weight: np.ndarray) -> np.ndarray:
    """As an array: a variable that the loss does not depend on has none here, and zeros on JAX."""
    return np.zeros_like(weight) if gradient is None else _keras.to_numpy(gradient)


def _forward(model: Any, tensors: Any) -> list[Any]:
    model(tensors[0], **_keras.training_argument(model))
    return []


def _tensors(batch: Any) -> Any:
    keras = _keras.import_keras()
    return keras.tree.map_structure(lambda a: None if a is None else keras.ops.convert_to_tensor(a), batch)


def _is_tensor(value: Any) -> bool:
    keras = _keras.import_keras()
    return keras.ops.is_tensor(value) and keras.backend.standardize_dtype(value.dtype) != "string"


@contextlib.contextmanager
def _no_trace(model: Any) -> Iterator[None]:
    """Put the model's and the optimizer's variables and the random generators back afterwards."""
    variables = [*model.variables, *model.metrics_variables, *model.optimizer.variables]
    variables = list({id(v): v for v in variables}.values())
    values = [np.array(_keras.to_numpy(v)) for v in variables]
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        with _keras.in_training(model):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
