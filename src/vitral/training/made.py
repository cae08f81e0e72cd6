"""Programs that were compiled for families of one sweep, found again for those of another that were traced alike.

Units of one sweep that a process trains one after another each find their groups anew, so that what is lifted in a unit
does not depend on which came before. Making the same program once more would cost as much as tracing a variant.
"""

import threading
from collections import OrderedDict
from typing import Any

from jax.extend.core import ClosedJaxpr

from vitral.training.compare import Place, compare, same_program
from vitral.training.traced import Traced

_MOST_KEPT = 64


class Made:
    """What was compiled, by what it does; in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[Any, dict[str, ClosedJaxpr], ClosedJaxpr, Any]] = OrderedDict()
        self._n = 0

    def keep(self, key: Any, programs: dict[str, Traced], metrics: ClosedJaxpr, made: Any) -> None:
        """Keep what was made of a family.

        Args:
            key: what else it depends on: shapes and sizes, what is lifted, how many go in step.
            programs, metrics: of the family.
        """
        traced = {name: program.traced for name, program in programs.items()}
        with self._lock:
            self._n += 1
            self._kept[self._n] = key, traced, metrics, made
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def find(
        self, key: Any, programs: dict[str, Traced], metrics: ClosedJaxpr, lifted: dict[str, list[Place]]
    ) -> Any | None:
        """What was made of a family that differs in lifted numbers at most; None for nothing."""
        with self._lock:
            kept = list(self._kept.values())
        for known, traced, resets, made in reversed(kept):
            if known == key and traced.keys() == programs.keys() and same_program(resets, metrics):
                if all(_serves(traced[n], program.traced, lifted.get(n, [])) for n, program in programs.items()):
                    return made
        return None


def _serves(one: ClosedJaxpr, other: ClosedJaxpr, lifted: list[Place]) -> bool:
    places, reason = compare(one, other)
    return reason is None and set(places) <= set(lifted)
