"""What there is to look at in a model: its layers, however deep in nested models, and their variables, by name.

A nested model is looked into: a layer `dense` of a model `encoder` is "encoder/dense". Any other layer is one layer,
whatever it is made of: an LSTM, an attention, a block of one's own. Variables are named after their layer and their own
path in it: "dense/kernel", "lstm/lstm_cell/bias". What would have a name that is taken, and the second call of a shared
layer, gets a number: "dense (2)".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vitral._checks import nearest
from vitral._errors import ArgumentError, UnknownNameError
from vitral._keras import import_keras

# What these put out is what came in, moved.
_MOVERS = ("InputLayer", "Flatten", "Reshape", "Permute")


@dataclass(frozen=True)
class Named:
    """A variable by its name, and where its value stands in the model's state."""

    name: str
    is_trainable: bool
    place: int  # in the state's list of trainable, or of other variables


@dataclass(frozen=True)
class Anatomy:
    """The parts of one model.

    Attributes:
        layers: (name, layer) of every layer whose output says something, each once.
        variables: every weight as `model.weights` counts them (batch normalisation's moving averages are among them,
            the states of random generators are not).
    """

    layers: list[tuple[str, Any]]
    variables: list[Named]


def examine(model: Any) -> Anatomy:
    """The anatomy of a built model; the model is not changed."""
    keras = import_keras()
    found: list[tuple[str, Any]] = []
    _walk(model, "", found, set(), keras)
    places = {id(v): (True, i) for i, v in enumerate(model.trainable_variables)}
    places |= {id(v): (False, i) for i, v in enumerate(model.non_trainable_variables)}
    weights = {id(v) for v in model.weights}
    give_name, variables = Namer(), []
    owners = [*found, ("", model)]  # the model last: for what belongs to no layer
    for owner, layer in owners:
        for variable in layer.weights:
            if id(variable) in weights:
                weights.remove(id(variable))
                variables.append(Named(give_name(_variable_name(owner, layer, variable)), *places[id(variable)]))
    movers = tuple(getattr(keras.layers, name) for name in _MOVERS)
    return Anatomy([(name, layer) for name, layer in found if not isinstance(layer, movers)], variables)


def _walk(model: Any, prefix: str, found: list[tuple[str, Any]], seen: set[int], keras: Any) -> None:
    for layer in model.layers:
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        if isinstance(layer, keras.Model) and layer.layers:
            _walk(layer, f"{prefix}{layer.name}/", found, seen, keras)
        else:
            found.append((prefix + layer.name, layer))


def _variable_name(owner: str, layer: Any, variable: Any) -> str:
    """Owner and path below it; Keras's path begins anywhere above the layer, depending on how the model was built."""
    parts = variable.path.split("/")
    below = parts[parts.index(layer.name) + 1 :] if layer.name in parts[:-1] else [variable.name]
    return "/".join([*([owner] if owner else []), *below])


class Namer:
    """Gives names, the first time as they are, then with a number: "dense", "dense (2)"."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        self._times[name] = self._times.get(name, 0) + 1
        return name if self._times[name] == 1 else f"{name} ({self._times[name]})"


def is_of(key: str, layer: str) -> bool:
    """Whether what is kept under `key` belongs to `layer`: itself, a later call of it, or a part of it."""
    return layer in (key, _layer_of(key)) or key.startswith(f"{layer}/")


def choose(keys: Iterable[str], layers: Iterable[str] | None, *, argument: str) -> list[str]:
    """Those of `keys` that belong to one of `layers`, all where that is None.

    Raises:
        UnknownNameError: a layer that has none of the keys; the message has the nearest that has.
    """
    keys = list(keys)
    if layers is None:
        return keys
    for layer in layers:
        if not any(is_of(key, layer) for key in keys):
            known = sorted({_layer_of(key) for key in keys})
            close = nearest(layer, [*known, *(key.rpartition("/")[0] for key in known)])
            hint = f"Did you mean {close!r}? " if close else ""
            raise UnknownNameError(
                f"{argument} must name layers of the model that have something to measure: got {layer!r}. "
                f"{hint}Known: {', '.join(known) or 'none'}."
            )
    return [key for key in keys if any(is_of(key, layer) for layer in layers)]


def _layer_of(key: str) -> str:
    """ "dense" of its second call "dense (2)" and of its second output "dense[1]"."""
    return re.sub(r"( \(\d+\))?(\[\d+\])?$", "", key)


def check_ready(model: Any, build: Callable[[], None]) -> None:
    """The model must be a compiled Keras model with an optimizer; `build` is called where its parts are not built yet.

    Raises:
        ArgumentError: it is none.
    """
    keras = import_keras()
    if not isinstance(model, keras.Model):
        raise ArgumentError(f"model must be a keras.Model: got a {type(model).__name__}. Build one with keras.")
    if not getattr(model, "compiled", False) or model.optimizer is None:
        raise ArgumentError(
            f"model must be compiled before it can be probed: got {model.name!r}, which is not. "
            "Call model.compile(optimizer, loss) first."
        )
    build()
