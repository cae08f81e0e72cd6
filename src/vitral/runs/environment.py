"""What a training ran on, so that it can be run again."""

import functools
import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np


def versions(backend: str) -> dict[str, str]:
    """Versions of Vitral, Keras, its backend, NumPy and Python; nothing is imported to find them.

    Example:
        >>> from vitral.runs import versions
        >>> list(versions("jax"))
        ['vitral', 'keras', 'jax', 'numpy', 'python']
    """
    from vitral import __version__

    found = {"vitral": __version__, **{name: _version(name) for name in ("keras", backend)}}
    return {**found, "numpy": np.__version__, "python": platform.python_version()}


@functools.cache
def _version(name: str) -> str:
    # Kept, because reading a package's metadata takes longer than a short training.
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
