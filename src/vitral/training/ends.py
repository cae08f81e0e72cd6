"""Where a model begins and ends: the layers that first weigh an input, and what the last one puts out.

Only what Keras's public graph shows is said; of a model whose `call` is its own, nothing.
"""

from collections.abc import Iterator
from typing import Any

from vitral import _keras

# They pass numbers on, some of them, or others of the same size.
_PASSING = (
    *("InputLayer", "Identity", "Flatten", "Reshape", "Permute", "RepeatVector", "Masking", "Resizing"),
    *("Dropout", "SpatialDropout", "GaussianNoise", "ZeroPadding", "Cropping", "MaxPooling", "AveragePooling"),
    *("GlobalMaxPooling", "GlobalAveragePooling", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"),
)
# Their output is what their activation gives.
_ENDING = ("Dense", "EinsumDense", "Conv", "SeparableConv", "DepthwiseConv", "Activation")


def first_layers(model: Any, place: int = 0) -> list[Any]:
    """The layers that the input at `place` comes to first, past those that only pass it on; none where unknown."""
    keras = _keras.import_keras()
    if _keras.overrides(model, ["call", "train_step", "compute_loss"]):
        return []
    if isinstance(model, keras.Sequential):
        return next(([layer] for layer in _in_turn(model) if not _is_kind(layer, _PASSING)), [])
    readers: dict[int, list[Any]] = {}
    for layer in model.layers:
        if not _is_kind(layer, ("InputLayer",)):
            for tensor in _keras.flatten(layer.input):
                readers.setdefault(id(tensor), []).append(layer)
    found, waiting = [], [model.inputs[place]]
    while waiting:
        for layer in readers.get(id(waiting.pop()), []):
            if _is_kind(layer, _PASSING):
                waiting += _keras.flatten(layer.output)
            else:
                found.append(layer)
    return found


def last_layer(model: Any) -> tuple[str | None, int | None]:
    """The activation that a model's one output comes from, by name, and how many numbers it has; None where unknown."""
    keras = _keras.import_keras()
    if _keras.overrides(model, ["call", "train_step", "compute_loss"]):
        return None, None
    if isinstance(model, keras.Sequential):
        *_, layer = _in_turn(model)
    else:
        (output,) = model.outputs
        layer = next(layer for layer in reversed(model.layers) if layer.output is output)
    if _is_kind(layer, ("TimeDistributed",)):
        layer = layer.layer
    size = getattr(layer, "units", None) or getattr(layer, "filters", None)
    if size is None and model.built:
        size = model.output_shape[-1]
    for kind, name in (("Softmax", "softmax"), ("ReLU", "relu"), ("LeakyReLU", "leaky_relu"), ("ELU", "elu")):
        if type(layer) is getattr(keras.layers, kind):
            return name, size
    if not _is_kind(layer, _ENDING):
        return None, None
    name = getattr(layer.activation, "__name__", None)
    is_known = name is not None and getattr(keras.activations, name, None) is layer.activation
    return (name if is_known else None), size


def _in_turn(model: Any) -> Iterator[Any]:
    """The layers of a sequence, those of sequences within it among them."""
    for layer in model.layers:
        if isinstance(layer, _keras.import_keras().Sequential):
            yield from _in_turn(layer)
        else:
            yield layer


def _is_kind(layer: Any, names: tuple[str, ...]) -> bool:
    """Whether a layer is one of Keras's own of these names, in however many dimensions."""
    own = type(layer).__module__.startswith("keras.")
    return own and type(layer).__name__.rstrip("123D") in {name.rstrip("123D") for name in names}
