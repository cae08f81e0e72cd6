"""Dask's threads draw random numbers of their own.

Layers take their seeds from Python's generator, which is the process's. Where a scheduler or a worker lives in the
process, its threads draw from that generator at any time: `dask.sizeof` samples long messages, and every heartbeat is
one. One number drawn between the seed and a layer, and the layer begins with other weights.
"""

import random
import sys
from typing import Any

_PACKAGES = ("dask", "distributed", "tornado")


class _Apart:
    """Stands for the module `random`, with a generator of its own."""

    def __init__(self) -> None:
        self._own = random.Random()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own if hasattr(self._own, name) else random, name)


_apart = _Apart()


def keep_dask_apart() -> None:
    """Give Dask's modules that are loaded by now a generator of their own."""
    if "dask" not in sys.modules:
        return
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in _PACKAGES and getattr(module, "__dict__", {}).get("random") is random:
            module.random = _apart  # type: ignore[attr-defined]
