"""What the variants of a sweep have in common, found again by what it is: data, arrays on the device, fingerprints.

Only the last few are kept, because data may depend on the variant.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from vitral import _keras
from vitral.training.describe import start_fingerprint
from vitral.training.devices import here
from vitral.training.request import Request

_MOST_KEPT = 32


class Shared:
    """Data, arrays on the device and fingerprints, each made once; in one thread at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Any] = OrderedDict()

    def data(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """What the data function gives for its arguments, asked once for the same."""
        key = ("data", *sorted((name, repr(value)) for name, value in arguments.items()))
        return self._once(key, (), lambda: function(**arguments))

    def place(self, tree: Any, given: Any, part: str) -> Any:
        """Nested arrays on the device, each array once.

        What Keras has cast, as it does float64, is a new array for each variant: it is known by what was `given`, and
        by which part of that it is.
        """
        arrays, structure = jax.tree.flatten(tree)
        sources = jax.tree.leaves(given)
        if len(sources) != len(arrays):
            sources = arrays
        placed = [
            self._once(
                ("place", here(), part, _identity(source), a.shape, str(a.dtype)),
                source,
                lambda a=a: jax.device_put(np.asarray(a)),
            )
            for a, source in zip(arrays, sources, strict=True)
        ]
        return jax.tree.unflatten(structure, placed)

    def fingerprint(self, request: Request) -> Callable[[], str | None]:
        """The fingerprint of the data trained on; each data's is taken once."""
        arrays = [a for a in _keras.flatten(request.data[:2]) if a is not None]
        return self._once(("hash", *map(_identity, arrays)), arrays, lambda: start_fingerprint(request))

    def _once(self, key: Any, alive: Any, make: Callable[[], Any]) -> Any:
        """What `make` gives, kept under `key` together with what has to stay alive for the key to mean it."""
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            self._kept[key] = alive, make()
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return self._kept[key][1]


def _identity(array: Any) -> Any:
    """What tells an array from every other that is alive; two views of the same numbers are one."""
    if isinstance(array, np.ndarray):
        interface = array.__array_interface__
        return interface["data"], array.shape, array.strides, str(array.dtype)
    return id(array)
