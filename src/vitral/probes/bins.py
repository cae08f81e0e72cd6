"""Fixed logarithmic bins: the bin of a number is its own float32 sign, exponent and first mantissa bit.

    bits = s eeeeeeee m mmm…            raw bin = bits >> 22            0 … 1,023

So a bin costs a shift, never clips, and is the same for every layer, epoch, variant and machine: histograms add up.
Each power of two has two bins, [2^e, 1.5 · 2^e) and [1.5 · 2^e, 2^(e+1)), mirrored for negative numbers.

Read from the most negative to the most positive, with the two zeros in one bin and without the four raw bins of
infinities and NaN, that makes 1,019 bins between −2^128 and 2^128, whose middle one holds |x| < 2^−127: zero, and what
devices that know no subnormal numbers take for zero.
"""

import functools
from typing import Any

import numpy as np

N_RAW = 1024
N_BINS = 1019
PERCENTS = (5, 25, 50, 75, 95)
QUANTILES = tuple(f"q{percent:02d}" for percent in PERCENTS)
"""The quantiles that are told of every array."""

_SHIFT = 22
_MAGNITUDE = 511  # of a raw bin: exponent and first mantissa bit
_LARGEST = 509  # the largest finite magnitude
_MIDDLE = N_BINS // 2
_POSITIVE = np.arange(1, _LARGEST + 1)
_NOT_FINITE = (510, 511, 1022, 1023)


def raw_bins(x: Any, xp: Any) -> Any:
    """Raw bin of each number of `x`, float32 of any shape: int32, the same shape. `xp` is numpy or jax.numpy."""
    if xp is np:
        return (np.ascontiguousarray(x).view(np.uint32).reshape(x.shape) >> _SHIFT).astype(np.int32)
    from jax import lax

    bits = lax.bitcast_convert_type(x, xp.uint32)
    return lax.shift_right_logical(bits, xp.uint32(_SHIFT)).astype(xp.int32)


def is_zero(x: Any, xp: Any) -> Any:
    """Whether each number of `x`, float32, is in the middle bin: |x| < 2^−127, told by bits, not by arithmetic."""
    return (raw_bins(x, xp) & _MAGNITUDE) == 0


def count(x: Any, xp: Any) -> Any:
    """How many numbers of `x`, float32 of any shape, are in each raw bin: (1024,) int32."""
    if xp is np:
        return np.bincount(raw_bins(x, np).ravel(), minlength=N_RAW).astype(np.int32)
    found = raw_bins(x, xp).ravel()
    return xp.zeros(N_RAW, xp.int32).at[found].add(1, mode="promise_in_bounds")


def fold(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts in raw bins as a histogram from −2^128 to 2^128, and what is in no bin of it.

    Args:
        raw: (..., 1024) counts.

    Returns:
        counts (..., 1019) int64 of the finite numbers; (...) int64 of infinities and NaN.
    """
    raw = np.asarray(raw).astype(np.int64)
    middle = raw[..., :1] + raw[..., 512:513]
    counts = np.concatenate([raw[..., 512 + _POSITIVE[::-1]], middle, raw[..., _POSITIVE]], axis=-1)
    return counts, raw[..., _NOT_FINITE].sum(axis=-1)


@functools.cache
def edges() -> np.ndarray:
    """The 1,020 edges of the 1,019 bins, float64, ascending from −2^128 to 2^128; read-only.

    A positive bin holds its lower edge and not its upper one; negative bins mirror that.

    Example:
        >>> import vitral
        >>> edges = vitral.probes.bin_edges()
        >>> len(edges), edges[(edges >= 1) & (edges <= 4)]
        (1020, array([1. , 1.5, 2. , 3. , 4. ]))
    """
    magnitudes = np.arange(1, _LARGEST + 2)
    exponents, halves = magnitudes >> 1, magnitudes & 1
    positive = np.where(
        exponents > 0, np.ldexp(1 + halves / 2, exponents - 127), np.ldexp(1.0, np.full_like(exponents, -127))
    )
    both = np.concatenate([-positive[::-1], positive])
    both.flags.writeable = False
    return both


def quantiles(counts: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """Quantiles of the finite numbers, out of their histogram.

    The p % quantile is the k-th smallest of n numbers, k = ⌈p n / 100⌉. It is known to be in one bin, and is put where
    it would be if the bin's numbers lay evenly: in the same bin as the exact quantile, hence off by less than a factor
    1.5 (exactly 0 where that is in the middle bin; below 2^−126 numbers are subnormal, and the factor is 2).

    Args:
        counts: (..., 1019).
        low, high: (...) the smallest and the largest number, between which the result stays; NaN where unknown.

    Returns:
        (..., 5) float64, for 5, 25, 50, 75 and 95 %; NaN where there is no finite number.
    """
    counts = np.asarray(counts, np.int64)
    upto = counts.cumsum(axis=-1)
    n = upto[..., -1:]
    k = (n * np.array(PERCENTS) + 99) // 100
    place = np.minimum((upto[..., None, :] < k[..., None]).sum(axis=-1), N_BINS - 1)
    inside = np.take_along_axis(counts, place, axis=-1)
    before = np.take_along_axis(upto, place, axis=-1) - inside
    left, right = edges()[place], edges()[place + 1]
    share = (k - before - 0.5) / np.maximum(inside, 1)
    found = left + (right - left) * share
    found = np.fmin(np.fmax(found, np.asarray(low)[..., None]), np.asarray(high)[..., None])
    return np.where(n > 0, np.where(place == _MIDDLE, 0.0, found), np.nan)
