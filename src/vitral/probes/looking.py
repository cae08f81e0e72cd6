"""One step of the model's own training on the probe batch, as a pure function of JAX arrays: nothing of it happens.

    a, L = forward(W, x, y)      g = ∂L/∂W      ΔW = optimizer(W, g) − W

One forward and one backward pass, with what the model's `train_step` makes of them: training=True, sample weights,
regularisers. New seeds, batch averages, metrics and optimizer slots are dropped. A model with a `train_step` of its own
has that one run instead, and the gradient is what it hands to its optimizer.
"""

from collections.abc import Callable
from typing import Any

from vitral import _keras
from vitral._errors import ArgumentError
from vitral.probes.anatomy import Anatomy, Namer
from vitral.probes.probe import Look
from vitral.probes.summary import as_float32


class Outputs:
    """Hears of layers' calls and keeps their outputs by name."""

    def __init__(self, anatomy: Anatomy, is_tensor: Callable[[Any], bool]) -> None:
        self.values: dict[str, Any] = {}
        self.sources: dict[str, Any] = {}
        self._names = {id(layer): name for name, layer in anatomy.layers}
        self._is_tensor, self._give_name = is_tensor, Namer()

    def hear(self, layer: Any, outputs: Any) -> None:
        name = self._give_name(self._names[id(layer)])
        tensors = [a for a in _keras.flatten(outputs) if self._is_tensor(a)]
        for i, tensor in enumerate(tensors):
            key = f"{name}[{i}]" if i else name
            self.values[key], self.sources[key] = tensor, layer


def looking(model: Any, anatomy: Anatomy, needs: frozenset[str]) -> Callable[[Any, Any], Look]:
    """The function (state, batch) -> Look, to be traced once; see the module.

    Args:
        model: compiled and built, on the JAX backend.
        needs: which parts of the look to fill; the rest costs nothing.
    """
    import jax.numpy as jnp

    run = _own_step if _keras.overrides(model, ["train_step"]) else _keras_step

    def look(state: Any, batch: Any) -> Look:
        trainable, other, _, _ = state
        outputs, gradients, moved = run(model, anatomy, needs, state, batch)
        named = {v.name: (trainable if v.is_trainable else other)[v.place] for v in anatomy.variables}
        ours = [v for v in anatomy.variables if v.is_trainable]

        def floats(arrays: dict[str, Any]) -> dict[str, Any]:
            return {name: as_float32(a, jnp) for name, a in arrays.items() if a.size}

        return Look(
            weights=floats(named),
            gradients=floats({v.name: gradients[v.place] for v in ours}) if gradients else {},
            updates=floats({v.name: moved[v.place] - trainable[v.place] for v in ours}) if moved else {},
            activations=floats(outputs.values),
            sources=outputs.sources,
        )

    return look


def _is_array(value: Any) -> bool:
    import jax
    import jax.numpy as jnp

    return isinstance(value, jax.Array) and jnp.issubdtype(value.dtype, jnp.number)


def _watch(anatomy: Anatomy, outputs: Outputs) -> Any:
    """Hear of the layers, but not from inside a loop or a branch, whose values cannot leave it."""
    from jax.extend.core import get_opaque_trace_state

    here = get_opaque_trace_state()

    def hear(layer: Any, result: Any) -> None:
        if get_opaque_trace_state() == here:
            outputs.hear(layer, result)

    return _keras.watching([layer for _, layer in anatomy.layers], hear)


def _keras_step(model: Any, anatomy: Anatomy, needs: frozenset[str], state: Any, batch: Any) -> tuple[Any, Any, Any]:
    """What Keras's `train_step` does: outputs, gradients, moved weights."""
    import jax

    trainable, other, optimizer, metrics = state
    outputs = Outputs(anatomy, _is_array)
    if needs <= {"weights"}:
        return outputs, [], []

    def loss_of(trainable: Any) -> tuple[Any, Any]:
        with _watch(anatomy, outputs):
            loss, _ = model.compute_loss_and_updates(
                trainable, other, metrics, *batch, training=True, optimizer_variables=optimizer
            )
        return loss, list(outputs.values.values())

    if needs <= {"weights", "activations"}:
        loss_of(trainable)
        return outputs, [], []
    gradients, values = jax.grad(loss_of, has_aux=True)(trainable)
    outputs.values = dict(zip(outputs.values, values, strict=True))
    return outputs, _unscaled(model, optimizer, gradients), _apply(model, needs, optimizer, gradients, trainable)


def _apply(model: Any, needs: frozenset[str], optimizer: Any, gradients: Any, trainable: Any) -> Any:
    return model.optimizer.stateless_apply(optimizer, gradients, trainable)[0] if "updates" in needs else []


def _unscaled(model: Any, optimizer: Any, gradients: Any) -> list[Any]:
    scale = _keras.loss_scale(model, optimizer)
    return gradients if scale is None else [g / scale for g in gradients]


def _own_step(model: Any, anatomy: Anatomy, needs: frozenset[str], state: Any, batch: Any) -> tuple[Any, Any, Any]:
    """What a user's `train_step` does; activations come from a forward pass beside it, which the compiler may merge."""
    outputs = Outputs(anatomy, _is_array)
    trainable, other, optimizer, _ = state
    if "activations" in needs:
        with _watch(anatomy, outputs):
            model.stateless_call(trainable, other, batch[0], **_keras.training_argument(model))
    if needs <= {"weights", "activations"}:
        return outputs, [], []
    with _keras.watching_optimizer(model.optimizer) as applied:
        _, after = model.train_step(state, _keras.import_keras().utils.pack_x_y_sample_weight(*batch))
    if not applied:
        raise ArgumentError(
            "probes must see the gradient where it is applied: the model's own train_step does not call "
            "self.optimizer.stateless_apply. Do so, or leave out Gradients and Updates."
        )
    return outputs, _unscaled(model, optimizer, applied[0]), list(after[0])
