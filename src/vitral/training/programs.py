"""Compiled programs, kept while the process lives: a model with the same traced program compiles nothing.

A new learning rate is state, so the same model never compiles twice; a new model of the same architecture is traced
(tens of milliseconds) and recognised by comparing equations, literals and constants.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from vitral.training.compare import same_program, signature
from vitral.training.devices import here

Compiled = Callable[..., Any]
_MOST_KEPT = 64


@dataclass
class Counts:
    """How often programs were compiled, found again and dispatched, since the process started."""

    compilations: int = 0
    hits: int = 0
    dispatches: int = 0


counts = Counts()
_kept: OrderedDict[int, tuple[tuple, Any, Compiled]] = OrderedDict()
_lock = threading.Lock()


def compiled_program(function: Callable, shapes: tuple, *, donates: bool = True) -> Compiled:
    """`function` compiled for arguments of these shapes; with `donates`, it uses up its first argument.

    Args:
        function: a pure function of flat lists of arrays; it is compiled for the device of this thread.
        shapes: its arguments as `jax.ShapeDtypeStruct`s.
    """
    traced = jax.jit(function, donate_argnums=0 if donates else ()).trace(*shapes)
    key = (here(), donates, signature(traced.jaxpr))
    with _lock:
        for number, (kept_key, kept, compiled) in reversed(_kept.items()):
            if kept_key == key and same_program(kept, traced.jaxpr):
                _kept.move_to_end(number)
                counts.hits += 1
                return compiled
    compiled = traced.lower().compile()
    with _lock:
        counts.compilations += 1
        _kept[counts.compilations] = (key, traced.jaxpr, compiled)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return compiled


def clear() -> None:
    """Forget every compiled program."""
    with _lock:
        _kept.clear()
