"""What the network is made of: a row per layer."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    name: str
    kind: str
    output: str  # shape without the batch, "8 × 8 × 16"; "?" where the layer does not say
    parameters: int
    trainable: bool
    activation: str  # "" where it has none


def layer_rows(model: Any) -> list[LayerRow]:
    """The model's own layers in order; a model inside it counts as one."""
    return [
        LayerRow(
            name=str(layer.name),
            kind=type(layer).__name__,
            output=_output(layer),
            parameters=layer.count_params() if layer.built else 0,
            trainable=bool(layer.trainable) or not layer.weights,
            activation=_activation(layer),
        )
        for layer in model.layers
        if type(layer).__name__ != "InputLayer"
    ]


def _output(layer: Any) -> str:
    try:
        output = layer.output
        shapes = [o.shape for o in (output if isinstance(output, list | tuple) else [output])]
    except (AttributeError, ValueError, TypeError):  # a layer of a subclassed model is not part of a graph
        return "?"
    return ", ".join(" × ".join("any" if n is None else str(n) for n in shape[1:]) or "scalar" for shape in shapes)


def _activation(layer: Any) -> str:
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", "") or (type(activation).__name__ if activation is not None else "")
    return "" if name == "linear" and not hasattr(layer, "units") else name
