"""Probes: what is measured inside a network while it trains.

    vitral.probes.Weights, Gradients, Activations, Updates    values: what, in which layers, how often
    vitral.probes.plan                                        a pure function of JAX arrays, for the compiled engine
    vitral.probes.Recorder                                    a Keras callback, on every backend

Importing this imports neither Keras nor JAX.
"""

from typing import TYPE_CHECKING, Any

from vitral.probes.activations import Activations
from vitral.probes.bins import edges as bin_edges
from vitral.probes.gradients import Gradients
from vitral.probes.layout import check_probes
from vitral.probes.plan import Plan, plan
from vitral.probes.probe import Look, Probe
from vitral.probes.updates import Updates
from vitral.probes.weights import Weights

if TYPE_CHECKING:
    Recorder: Any

__all__ = [
    "Activations",
    "Gradients",
    "Look",
    "Plan",
    "Probe",
    "Recorder",
    "Updates",
    "Weights",
    "bin_edges",
    "check_probes",
    "plan",
]


def __getattr__(name: str) -> Any:
    if name != "Recorder":
        raise AttributeError(f"module 'vitral.probes' has no attribute {name!r}")
    from vitral.probes.recorder import recorder_class

    globals()[name] = recorder_class()
    return globals()[name]
