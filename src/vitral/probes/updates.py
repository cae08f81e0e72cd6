"""ΔW: what the optimizer would add to the weights for the probe batch's gradient, in the state that it is in.

    ratio = ‖ΔW‖ / ‖W‖

About 1e-3 is usual for a network that learns (Karpathy, *A Recipe for Training Neural Networks*, 2019): much less and
it crawls, much more and it jumps.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vitral.probes.probe import Look, Probe
from vitral.probes.summary import norm_of


@dataclass(frozen=True, kw_only=True)
class Updates(Probe):
    """The update of every trainable variable, by its name: momentum, decay, clipping and constraints included.

    An optimizer that accumulates gradients over k steps moves nothing on the others: nor does this. `ratio` is infinite
    where all weights are zero and the update is not, NaN where both are.

    Example:
        >>> import vitral
        >>> w, step = np.array([3.0, 4.0], "float32"), np.array([0.0, 0.5], "float32")
        >>> look = Look(weights={"w": w}, gradients={}, updates={"w": step}, activations={}, sources={})
        >>> [round(float(ratio), 6) for ratio in vitral.probes.Updates().extra(look, "w", np)]
        [0.1]
    """

    name: ClassVar[str] = "updates"
    needs: ClassVar[frozenset[str]] = frozenset({"weights", "updates"})
    extras: ClassVar[tuple[str, ...]] = ("ratio",)

    def values(self, look: Look) -> dict[str, Any]:
        return look.updates

    def extra(self, look: Look, key: str, xp: Any) -> list[Any]:
        with np.errstate(all="ignore"):
            return [norm_of(look.updates[key], xp) / norm_of(look.weights[key], xp)]
