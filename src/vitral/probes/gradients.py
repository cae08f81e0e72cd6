"""dL/dW on the probe batch, L being the loss that the training minimises: regularisers and sample weights included."""

from dataclasses import dataclass
from typing import Any, ClassVar

from vitral.probes.probe import Look, Probe


@dataclass(frozen=True, kw_only=True)
class Gradients(Probe):
    """The gradient of every trainable variable, by its name, as the optimizer gets it, before it clips anything.

    With mixed precision the factor by which the loss was multiplied is taken out.

    Example:
        >>> import vitral
        >>> vitral.probes.Gradients(every=100, unit="steps").is_due(150)
        False
    """

    name: ClassVar[str] = "gradients"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})

    def values(self, look: Look) -> dict[str, Any]:
        return look.gradients
