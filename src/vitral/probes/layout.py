"""What is measured, in which order: two arrays hold all numbers of all probes, and a layout says which is whose.

    numbers (P,) float32      mean, std, norm, min, max and the probe's own, array after array
    counts  (K, 1024) int32   a row of raw bins for each array

Two arrays, because each one that leaves the device costs, and there would be hundreds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import nearest
from vitral._errors import ArgumentError, UnknownNameError
from vitral.probes import bins
from vitral.probes.anatomy import choose
from vitral.probes.probe import Look, Probe
from vitral.probes.recording import Recording, Series, used_bins
from vitral.probes.summary import BASIC, summarize

Measured = dict[str, Any]

_ROWS_AT_ONCE = 256  # histograms that are taken apart together: few for memory's sake, many for speed's


@dataclass(frozen=True)
class Entry:
    """One array that one probe measures."""

    probe: Probe
    key: str
    size: int  # numbers in it

    @property
    def quantities(self) -> tuple[str, ...]:
        """What is computed of it on the device."""
        return (*BASIC, *self.probe.extras)


def check_probes(probes: Any) -> tuple[Probe, ...]:
    """`probes` as a tuple: "all" is the four kinds at epoch ends.

    Raises:
        ArgumentError, UnknownNameError: it is neither "all" nor one or several probes.

    Example:
        >>> import vitral
        >>> vitral.probes.check_probes(vitral.probes.Weights())
        (Weights(layers=None, every=1, unit='epochs'),)
    """
    if isinstance(probes, str):
        if probes != "all":
            raise UnknownNameError(f'probes must be "all" or a list of probes: got {probes!r}. {_hint(probes)}')
        from vitral.probes import Activations, Gradients, Updates, Weights

        return Weights(), Gradients(), Activations(), Updates()
    found = (probes,) if isinstance(probes, Probe) else probes
    is_listed = isinstance(found, Sequence) and len(found) > 0
    if not is_listed or not all(isinstance(p, Probe) for p in found):
        raise ArgumentError(
            f'probes must be "all" or a list of probes: got {probes!r}. As in probes=[vitral.probes.Weights()].'
        )
    for i, second in enumerate(found):
        for first in found[:i]:
            if first.name == second.name and (both := _both(first, second)) is not None:
                raise ArgumentError(
                    f"probes must measure each thing once: got two that measure the {second.name} of {both}. "
                    "Drop one, or give them other layers."
                )
    return tuple(found)


def _hint(name: str) -> str:
    from vitral.probes import Activations, Gradients, Updates, Weights

    close = nearest(name, ["all", *(kind.name for kind in (Weights, Gradients, Activations, Updates))])
    if close is None:
        return "Known: all."
    return "Did you mean 'all'?" if close == "all" else f"Did you mean [vitral.probes.{close.capitalize()}()]?"


def _both(first: Probe, second: Probe) -> str | None:
    """What two probes of one kind both measure, as far as their layers' names say so without a model."""
    if first.layers is None and second.layers is None:
        return "every layer"
    return next((repr(n) for n in first.layers or () if n in (second.layers or ())), None)


def measure_look(probes: Sequence[Probe], look: Look, xp: Any) -> tuple[list[Entry], Measured]:
    """All that `probes` measure of a look, and its layout. `xp` is numpy or jax.numpy, whichever the arrays are of.

    Raises:
        UnknownNameError: a probe names a layer that has nothing for it.
        ArgumentError: two probes measure the same.
    """
    entries: list[Entry] = []
    numbers: list[Any] = []
    counts: list[Any] = []
    for probe in probes:
        values = probe.values(look)
        for key in choose(values, probe.layers, argument=f"{type(probe).__name__}.layers"):
            if any((e.probe.name, e.key) == (probe.name, key) for e in entries):
                raise ArgumentError(
                    f"probes must measure each thing once: got two that measure the {probe.name} of {key!r}. "
                    "Drop one, or give them other layers."
                )
            basic, row = summarize(values[key], xp)
            entries.append(Entry(probe, key, int(np.prod(values[key].shape))))
            numbers += [*basic, *probe.extra(look, key, xp)]
            counts.append(row)
    if not entries:
        raise ArgumentError("probes must find something to measure: got a model without weights and outputs.")
    return entries, {"numbers": xp.stack(numbers), "counts": xp.stack(counts)}


def to_recording(
    entries: Sequence[Entry], done: Sequence[int], measured: Measured, before: int | None = None
) -> Recording:
    """What was measured, as a recording: of each probe the times when it was due.

    Args:
        done: (M,) how many epochs (or steps) were done at each measurement, ascending.
        measured: as `measure_look` returns it, each array with a first axis of M more.
        before: where M = 1, how many were done when one could last measure; None for one less.
    """
    numbers, counts = np.asarray(measured["numbers"], np.float64), np.asarray(measured["counts"])
    starts = np.cumsum([0, *(len(e.quantities) for e in entries)])
    lows, highs = (numbers[:, starts[:-1] + BASIC.index(name)] for name in ("min", "max"))
    chunks = range(0, max(len(numbers), 1), max(1, _ROWS_AT_ONCE // len(entries)))
    parts = [_derived(*(a[i : i + chunks.step] for a in (counts, lows, highs))) for i in chunks]
    histograms, nonfinite, quantiles = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    series = []
    for k, entry in enumerate(entries):
        due = [m for m, n in enumerate(done) if entry.probe.is_due(n, before)]
        histogram = histograms[due, k]
        values = {name: numbers[due, starts[k] + i] for i, name in enumerate(entry.quantities)}
        values |= {name: quantiles[due, k, i] for i, name in enumerate(bins.QUANTILES)}
        values["zeros"] = histogram[:, bins.N_BINS // 2] / entry.size
        values["nonfinite"] = nonfinite[due, k].astype(np.float64)
        start, n_bins = used_bins(histogram)
        series.append(
            Series(
                probe=entry.probe.name,
                layer=entry.key,
                unit=entry.probe.unit,
                size=entry.size,
                at=np.array([done[m] for m in due], np.int64),
                values=values,
                first_bin=start,
                counts=histogram[:, start : start + n_bins].copy(),
            )
        )
    return Recording(series)


def _derived(counts: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of raw counts (M, K, 1024): the histograms, what is not finite, and the quantiles (M, K, 5)."""
    histograms, nonfinite = bins.fold(counts)
    return histograms.astype(counts.dtype), nonfinite, bins.quantiles(histograms, low, high)
