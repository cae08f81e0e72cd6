"""Histograms of a recording on an axis that reads well, as plain arrays.

A recording's bins are logarithmic, two for each power of two, from −2^128 to 2^128. Drawn are those that hold
something; the smallest of them are joined with zero in one bin:

    signed       −1      −0.1      ≈0      0.1      1        equal widths: logarithmic from zero outwards
    magnitude    ≈0      0.001     0.01    0.1      1        equal widths; negative numbers count with positive ones
    linear       −1         −0.5        0        0.5         widths as they are; a bin's area is its count

Counts are kept as they are, so that they add up. Letters: M measurements, W bins of the axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitral.probes import bin_edges
from vitral.probes.recording import Series
from vitral.views.style import power, round_places

AXES = ("linear", "magnitude", "signed")
_MIDDLE = (len(bin_edges()) - 2) // 2
_FEWEST = 8  # bins on each side, that a single value is not a picture of its own
_TOO_HIGH = 2.5  # times as high as all others
_NEAR = 0.01  # the share of the numbers that may be joined with zero on a logarithmic axis
_NARROWEST = 1 / 10  # of the range that holds most numbers: what lies nearer to zero on a linear axis is joined with it


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The bins of magnitudes `first` to `last`, counted from zero's, and one bin for all below."""

    kind: str  # "signed" | "magnitude" | "linear"
    first: int
    last: int

    @property
    def edges(self) -> np.ndarray:
        """(W + 1,) where the bins end on the axis: values if it is linear, else numbers of bins from ≈ 0 on."""
        outer = self._outer if self.kind == "linear" else 0.5 + np.arange(self.last - self.first + 2)
        return np.concatenate([[-0.5], outer]) if self.kind == "magnitude" else np.concatenate([-outer[::-1], outer])

    @property
    def centers(self) -> np.ndarray:
        """(W,) where the bins' middles are on the axis."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def zero_bin(self) -> int:
        """The number of the bin that holds zero and what is joined with it."""
        return 0 if self.kind == "magnitude" else self.last - self.first + 1

    def place(self, value: float) -> float:
        """Where a value lies on the axis."""
        if self.kind == "linear":
            return value
        outer = self._outer
        place = float(np.interp(abs(value), outer, 0.5 + np.arange(len(outer))))
        return -place if value < 0 else place

    def counts(self, series: Series) -> np.ndarray:
        """(M, W) int64, how many numbers are in each bin at each measurement."""
        wide = series.spread()
        up, down = wide[:, _MIDDLE + 1 :], wide[:, :_MIDDLE][:, ::-1]  # from zero outwards
        kept, joined = slice(self.first - 1, self.last), slice(0, self.first - 1)
        near = wide[:, _MIDDLE, None] + (up[:, joined] + down[:, joined]).sum(axis=1, keepdims=True)
        if self.kind == "magnitude":
            return np.concatenate([near, up[:, kept] + down[:, kept]], axis=1)
        return np.concatenate([down[:, kept][:, ::-1], near, up[:, kept]], axis=1)

    def share_within(self, part: float, series: Sequence[Series]) -> float:
        """The share of all finite numbers, at all times, in the bins around zero that take up `part` of the axis."""
        is_inside = np.abs(self.centers) <= part * self.edges[-1]
        counts = np.concatenate([self.counts(one) for one in series])
        return float(counts[:, is_inside].sum() / max(1, counts.sum()))

    def heights(self, counts: np.ndarray) -> np.ndarray:
        """(M, W) how high the bins stand: their counts; on a linear axis counts per unit of the axis."""
        return counts / np.diff(self.edges) if self.kind == "linear" else counts.astype(np.float64)

    def ticks(self, most: int) -> list[tuple[float, str]] | None:
        """Places and words: powers of ten, at most `most` on each side, and zero; None leaves them to Matplotlib."""
        if self.kind == "linear":
            return None
        low, high = np.log10(self._outer[[0, -1]])
        first, last = int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9))
        every = max(1, -(-(last - first + 1) // most))
        found = [(self.place(10.0**e), power(10.0**e)) for e in range(last, first - 1, -every)]
        found = [(place, word) for place, word in found if place > 0.2 * self.edges[-1]]  # apart from «≈0»
        if self.kind == "signed":
            found += [(-place, f"−{word}") for place, word in found]
        return sorted([(0.0, "≈0"), *found])

    @property
    def _outer(self) -> np.ndarray:
        """Edges of the positive bins, as values."""
        return bin_edges()[_MIDDLE + self.first : _MIDDLE + self.last + 2]


@dataclass(frozen=True, kw_only=True)
class Ridges:
    """Histograms of one array at R of its measurements, as heights.

    Where most numbers are at ≈ 0, their bin would leave no height to all others: it is empty then, and `zeros` says it.
    """

    at: np.ndarray  # (R,) so many epochs (or steps) were done
    heights: np.ndarray  # (R, W), the highest is 1
    zeros: np.ndarray | None  # (R,) shares of the array at ≈ 0, in place of heights; None where those are drawn
    nonfinite: np.ndarray  # (R,) how many numbers were NaN or infinite


def ridges_of(one: Series, axis: Axis, most: int) -> Ridges:
    """Of one array: the measurements at round numbers and the last, about `most` of them."""
    places = round_places(one.at.tolist(), most)
    places = places if places[-1] == len(one.at) - 1 else [*places, len(one.at) - 1]
    counts = axis.counts(one)[places]
    heights, zeros = axis.heights(counts), None
    others = np.delete(heights, axis.zero_bin, axis=1)
    if axis.kind != "linear" and heights[:, axis.zero_bin].max() > _TOO_HIGH * others.max():
        zeros = counts[:, axis.zero_bin] / one.size
        heights[:, axis.zero_bin] = 0
    nonfinite = np.asarray(one.values.get("nonfinite", np.zeros(len(one.at))))[places].astype(np.int64)
    return Ridges(at=one.at[places], heights=heights / (heights.max() or 1.0), zeros=zeros, nonfinite=nonfinite)


def axis_for(series: Sequence[Series], kind: str) -> Axis:
    """The axis on which all of `series` can be read, at all their times."""
    total = np.zeros(_MIDDLE + 1, np.int64)  # by magnitude: 0 is zero's bin
    for one in series:
        wide = one.spread().sum(axis=0)
        total[0] += wide[_MIDDLE]
        total[1:] += wide[_MIDDLE + 1 :] + wide[:_MIDDLE][::-1]
    used = np.flatnonzero(total[1:]) + 1
    if not len(used):  # zeros alone: an axis to 1, as good as any
        last = int(np.searchsorted(bin_edges()[_MIDDLE + 1 :], 1.0))
        return Axis(kind=kind, first=last - _FEWEST, last=last)
    last = int(used[-1])
    upto = np.cumsum(total[1:]) / total[1:].sum()
    if kind == "linear":
        most = bin_edges()[_MIDDLE + 1 :][1 + int(np.searchsorted(upto, 0.99))]
        first = int(np.searchsorted(bin_edges()[_MIDDLE + 1 :], _NARROWEST * most))
    else:
        first = int(np.searchsorted(upto, _NEAR, side="right")) + 1
    return Axis(kind=kind, first=max(1, min(first, last - _FEWEST + 1)), last=last)


def has_negative(series: Sequence[Series]) -> bool:
    """Whether some number was below zero."""
    return any(one.spread()[:, :_MIDDLE].any() for one in series)
