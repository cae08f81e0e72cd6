"""A probe is a value: what to measure, in which layers, how often.

A new probe is one new file: a frozen dataclass that says which arrays of a step it looks at (`values`) and, where a
mean or a histogram does not say it all, what else it computes of each (`extra`). Neither `plan`, nor the recording,
nor the file format knows which probes there are.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from vitral._checks import check_choice, check_int
from vitral._errors import ArgumentError

UNITS = ("epochs", "steps")


@dataclass
class Look:
    """One step of training on the probe batch, seen from inside; nothing of it has happened.

    Every array is float32. Which parts are filled is what the probes at hand `needs`.

    Attributes:
        weights, gradients, updates: by the variable's name; what the optimizer would add to it is its update.
        activations: by the layer's call, (B, …).
        sources: the Keras layer of each activation.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> bias = np.array([3.0, 4.0], "float32")
        >>> look = Look(weights={"unit/bias": bias}, gradients={}, updates={}, activations={}, sources={})
        >>> vitral.probes.Weights().values(look)
        {'unit/bias': array([3., 4.], dtype=float32)}
    """

    weights: dict[str, Any]
    gradients: dict[str, Any]
    updates: dict[str, Any]
    activations: dict[str, Any]
    sources: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Probe(ABC):
    """Base of all probes.

    Args:
        layers: names of layers ("dense", "encoder/dense", "encoder" for all in it) or of one variable
            ("dense/kernel"); None for all.
        every: measure whenever so many epochs (or steps) are done. What was there before the first counts as 0, and
            is measured.
        unit: "epochs" | "steps".

    Raises:
        ArgumentError, UnknownNameError: an argument breaks these rules.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> class Biases(vitral.probes.Probe):
        ...     name = "biases"
        ...     needs = frozenset({"weights"})
        ...     extras = ("sum",)
        ...     def values(self, look):
        ...         return {key: array for key, array in look.weights.items() if key.endswith("/bias")}
        ...     def extra(self, look, key, xp):
        ...         return [xp.sum(look.weights[key])]
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="unit")])
        >>> model.compile("sgd", "mse")
        >>> run = vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0, probes=[Biases()])
        >>> run.recording.get("biases", "unit/bias", "sum").shape  # before the first epoch, and after each
        (3,)
    """

    layers: Sequence[str] | None = None
    every: int = 1
    unit: str = "epochs"

    name: ClassVar[str]  # under which the recording keeps it
    needs: ClassVar[frozenset[str]]  # the parts of a `Look` that it reads
    extras: ClassVar[tuple[str, ...]] = ()  # names of what `extra` computes

    def __post_init__(self) -> None:
        check_int("every", self.every, minimum=1, remedy="1 measures each time.")
        check_choice("unit", self.unit, UNITS)
        if self.layers is None:
            return
        names = [self.layers] if isinstance(self.layers, str) else self.layers
        is_listed = isinstance(names, Sequence) and not isinstance(names, bytes)
        if not is_listed or not names or not all(isinstance(n, str) and n for n in names):
            raise ArgumentError(
                f"layers must be a list of names of layers: got {self.layers!r}. Leave it out to measure all of them."
            )
        twice = next((n for i, n in enumerate(names) if n in names[:i]), None)
        if twice is not None:
            raise ArgumentError(f"layers must name each layer once: got {twice!r} twice. Drop one.")
        object.__setattr__(self, "layers", tuple(names))

    @abstractmethod
    def values(self, look: Look) -> dict[str, Any]:
        """The arrays to sum up, by name; float32."""

    def extra(self, look: Look, key: str, xp: Any) -> list[Any]:
        """One scalar for each of `extras`, of the array `key`; `xp` is numpy or jax.numpy, whichever it is of."""
        return []

    def is_due(self, done: int, before: int | None = None) -> bool:
        """Whether to measure when so many epochs (or steps) are done; `before` were, when one could last measure."""
        return done // self.every > (done - 1 if before is None else before) // self.every
