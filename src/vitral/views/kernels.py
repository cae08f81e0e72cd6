"""The kernels of a model: what its signal goes through, and not its biases."""

from typing import Any

from vitral._errors import ArgumentError
from vitral.probes.anatomy import examine


def is_run(value: Any) -> bool:
    """Whether it is a Run, or what has a model as one."""
    return hasattr(value, "history") and hasattr(value, "recording")


def kernels_of(model: Any, argument: str = "model") -> dict[str, Any]:
    """The kernels of the layers that have one to look at, by the layer's name, first layer first.

    Args:
        model: a built Keras model, or a Run that holds one.
        argument: what a message calls it.

    Raises:
        ArgumentError: it is neither, or has no layer with a kernel.
    """
    model = model.model if is_run(model) else model
    if not hasattr(model, "layers"):
        raise ArgumentError(f"{argument} must be a Keras model, or a Run that holds one: got {type(model).__name__}.")
    found = {}
    for name, layer in examine(model).layers:
        kernel = getattr(layer, "kernel", None)
        kernel = getattr(layer, "embeddings", None) if kernel is None else kernel
        if kernel is not None and len(kernel.shape) in (2, 3, 4):
            found[name] = kernel
    if not found:
        raise ArgumentError(
            f"{argument} must have a layer with a kernel: got none with weights. Build it first, by giving it an Input."
        )
    return found
