"""The child process: one framework, its contenders, and what the parent may ask of them.

python _contenders.py jax | tensorflow | torch | sklearn
"""

import gc
import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from _harness import serve, time_repeatedly
from _nets import Net

_ADAPTERS = {"jax": "_with_keras", "tensorflow": "_with_keras", "torch": "_with_torch", "sklearn": "_with_sklearn"}
# Two, because Vitral's program for several epochs is another than that for one.
_FIRST_EPOCHS = 2
# A training takes about this many seconds at most.
_LONGEST = 4.0


class Trainer(Protocol):
    """One contender with one net."""

    def reset(self) -> None:
        """Go back to the weights it began with, so that every training is the same work."""
        ...

    def train(self, epochs: int) -> None:
        """Train, and wait until the weights are there."""
        ...


@dataclass
class _Ready:
    trainer: Trainer
    net: Net
    epochs: int


def main() -> None:
    """Serve the framework that the command line names."""
    adapter: Any = importlib.import_module(_ADAPTERS[sys.argv[1]])
    ready: dict[str, _Ready] = {}

    def hello() -> dict[str, str]:
        return {**adapter.versions(), "numpy": np.__version__}

    def prepare(key: str, net: dict[str, Any], data: str, options: dict[str, Any]) -> float:
        """Build a contender; returns by how many seconds its first training is longer than its second."""
        spec = Net(**{**net, "hidden": tuple(net["hidden"])})
        with np.load(data, allow_pickle=False) as arrays:
            trainer = adapter.make(spec, arrays["x"], arrays["y"], **options)
        first, second = (_time(trainer) for _ in range(2))
        # On a busy machine a contender can be a hundred times slower: shorter trainings then tell as much.
        epochs = max(1, min(spec.epochs, int(_LONGEST * _FIRST_EPOCHS / second)))
        ready[key] = _Ready(trainer, spec, epochs)
        return max(0.0, first - second)

    def run(key: str, at_least: float) -> float:
        """Seconds of a step, all that a fit and its epochs cost shared out among the steps."""
        it = ready[key]
        gc.collect()
        seconds = time_repeatedly(lambda: it.trainer.train(it.epochs), it.trainer.reset, at_least)
        return seconds / (it.epochs * it.net.n_steps)

    def forget(keys: list[str] | None = None) -> None:
        for key in list(ready) if keys is None else keys:
            ready.pop(key, None)
        gc.collect()

    commands: dict[str, Callable[..., Any]] = {"hello": hello, "prepare": prepare, "run": run, "forget": forget}
    if hasattr(adapter, "peak"):
        commands["peak"] = adapter.peak
    serve(commands)


def _time(trainer: Trainer) -> float:
    trainer.reset()
    started = time.perf_counter()
    trainer.train(_FIRST_EPOCHS)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
