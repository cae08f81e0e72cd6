"""Which device a variant is trained on, where JAX shows several of a kind: GPUs, or parts of a processor.

A variant's whole life is on one device: its model is made there, its program compiled for it, its state stays there.
Inside `on(device)` that is JAX's default device, of this thread alone; what is kept for others is kept by `here()`.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import jax


def local_devices() -> list[Any]:
    """The devices of the default kind that this process may use; one alone where somebody has chosen it."""
    if _chosen() is not None:
        return [_chosen()]
    found = jax.local_devices()
    return [None] if len(found) == 1 else list(found)


@contextlib.contextmanager
def on(device: Any) -> Iterator[None]:
    """Let this thread work on a device; None for the one that it has."""
    if device is None:
        yield
    else:
        with jax.default_device(device):
            yield


def here() -> str:
    """The device that this thread works on, to tell what was made for it from what was made for others."""
    return str(_chosen())


def _chosen() -> Any:
    """JAX's default device, where somebody has set one; of this thread."""
    return getattr(jax.config, "jax_default_device")  # noqa: B009  (JAX's type stub does not know it)
