"""The weights themselves: W, b, and batch normalisation's moving averages."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vitral.probes.probe import Look, Probe


@dataclass(frozen=True, kw_only=True)
class Weights(Probe):
    """Every variable that `model.weights` has, by its name ("dense/kernel").

    Example:
        >>> import vitral
        >>> vitral.probes.Weights(layers=["dense"], every=5).is_due(10)
        True
    """

    name: ClassVar[str] = "weights"
    needs: ClassVar[frozenset[str]] = frozenset({"weights"})

    def values(self, look: Look) -> dict[str, Any]:
        return look.weights
