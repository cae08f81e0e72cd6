"""One array of any shape, in five numbers and a histogram.

    u = x / max|x|       mean = max|x| · E[u]       std = max|x| · √E[(u − E[u])²]       norm = max|x| · √Σu²

Dividing by the largest magnitude first keeps the squares inside float32: a gradient of 1e-25 vanishes for the network,
but not for who looks at it. What is derived from the histogram (quantiles, shares of zeros and of what is not finite)
is derived on the host, where it costs the training nothing.
"""

import contextlib
from typing import Any

import numpy as np

from vitral.probes import bins

BASIC = ("mean", "std", "norm", "min", "max")


def summarize(x: Any, xp: Any) -> tuple[list[Any], Any]:
    """The numbers named in `BASIC`, and the counts in raw bins.

    Args:
        x: float32, any shape, at least one number.
        xp: numpy or jax.numpy, whichever `x` is of.

    Returns:
        Five scalars, NaN or infinite where `x` holds such; (1024,) int32.
    """
    with _quiet(xp):
        low, high = xp.min(x), xp.max(x)
        scale = _scale(low, high, xp)
        u = x / scale
        mean = xp.mean(u)
        std = xp.sqrt(xp.mean(xp.square(u - mean)))
        norm = xp.sqrt(xp.sum(xp.square(u)))
        return [mean * scale, std * scale, norm * scale, low, high], bins.count(x, xp)


def norm_of(x: Any, xp: Any) -> Any:
    """‖x‖ of a float32 array, as `summarize` has it."""
    with _quiet(xp):
        scale = _scale(xp.min(x), xp.max(x), xp)
        return xp.sqrt(xp.sum(xp.square(x / scale))) * scale


def as_float32(x: Any, xp: Any) -> Any:
    """`x` as float32: what is too large for it becomes infinite, and is counted as such."""
    with _quiet(xp):
        return xp.asarray(x).astype(xp.float32)


def _scale(low: Any, high: Any, xp: Any) -> Any:
    largest = xp.maximum(xp.abs(low), xp.abs(high))
    return xp.where(xp.isfinite(largest) & (largest > 0), largest, xp.float32(1))


def _quiet(xp: Any) -> Any:
    """NumPy would warn of what the numbers themselves tell."""
    return np.errstate(all="ignore") if xp is np else contextlib.nullcontext()
