"""What a training ran on, so that it can be run again."""

import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np


def versions(backend: str) -> dict[str, str]:
    """Versions of Vitral, Keras, its backend, NumPy and Python; nothing is imported to find them."""
    from vitral import __version__

    found = {"vitral": __version__}
    for name in dict.fromkeys(["keras", backend]):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return {**found, "numpy": np.__version__, "python": platform.python_version()}
