"""The kernels of a model: what its signal goes through, and not its biases."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.probes.anatomy import examine
from vitral.runs import Sweep


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


def same_kernels(sweep: Sweep, variants: Sequence[int], layer: str | None) -> tuple[str, list[np.ndarray]]:
    """The kernel of one layer in some variants of a sweep: its name in the first, and float64 arrays.

    A name is looked up in the sweep's first variant, then in the first of those asked for. Variants with as many
    kernels as that one have the layer at the same place, whatever they call it: Keras numbers layers without a name
    through all models. Others have it by its name. None takes the first kernel of each.

    Raises:
        UnknownNameError: there is no such layer. ArgumentError: a model has no kernel.
    """
    kernels = [kernels_of(sweep[i]) for i in variants]
    names = list(kernels[0])
    if layer is None:
        return names[0], [np.asarray(next(iter(each.values())), np.float64) for each in kernels]
    first = list(kernels_of(next(iter(sweep))))
    check_choice("layer", layer, dict.fromkeys([*first, *names]))
    names = first if layer in first else names
    place = names.index(layer)
    chosen = [
        list(each.values())[place] if len(each) == len(names) else each[check_choice("layer", layer, each)]
        for each in kernels
    ]
    return layer, [np.asarray(kernel, np.float64) for kernel in chosen]
