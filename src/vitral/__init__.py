"""Vitral: train neural networks that you can see through.

`vitral.fit(model, x, y, ...)` stands where `model.fit(x, y, ...)` stood: the same weights to the last bit,
many times faster, and a `Run` that can be looked into, saved and reported on.

Importing this package imports nothing heavy and changes no setting: names are loaded when first used.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

    from vitral import data, foundations, losses, measures, networks, probes, runs, views
    from vitral._errors import DivergenceWarning, VitralError, VitralWarning
    from vitral.data import Dataset, load
    from vitral.report import write_report
    from vitral.runs import Run, open_run
    from vitral.training import fit, resume, sweep
    from vitral.training.tensorboard import TensorBoard

try:
    __version__ = version("vitral")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"

__all__ = [
    "Dataset",
    "DivergenceWarning",
    "Run",
    "TensorBoard",
    "VitralError",
    "VitralWarning",
    "data",
    "fit",
    "foundations",
    "keras",
    "load",
    "losses",
    "measures",
    "networks",
    "open_run",
    "probes",
    "resume",
    "runs",
    "sweep",
    "views",
    "write_report",
]

_ROOMS = {"data", "foundations", "losses", "measures", "networks", "probes", "runs", "views"}
_HOMES = {
    "Dataset": "vitral.data",
    "DivergenceWarning": "vitral._errors",
    "Run": "vitral.runs",
    "TensorBoard": "vitral.training.tensorboard",
    "VitralError": "vitral._errors",
    "VitralWarning": "vitral._errors",
    "fit": "vitral.training",
    "load": "vitral.data",
    "open_run": "vitral.runs",
    "resume": "vitral.training",
    "sweep": "vitral.training",
    "write_report": "vitral.report",
}


def __getattr__(name: str) -> Any:
    if name == "keras":
        from vitral._keras import import_keras

        value = import_keras()
    elif name in _ROOMS:
        value = import_module(f"vitral.{name}")
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'vitral' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
