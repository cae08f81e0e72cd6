"""What the figures take out of a recording: which arrays, at which times, as tables. NumPy only.

Letters: L layers, M measurements.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError, UnknownNameError
from vitral.probes.anatomy import choose
from vitral.probes.recording import Recording, Series

QUANTITIES = ("weights", "gradients", "activations", "updates")
SIZES = ("rms", "norm")
SHARES = ("saturated", "dead")
_ASIDE = ("bias", "beta", "gamma", "moving_mean", "moving_variance")  # not what a layer's signal goes through


@dataclass(frozen=True, kw_only=True)
class Table:
    """One number for each layer and time."""

    layers: list[str]  # L names, first layer first
    at: np.ndarray  # (M,) so many epochs (or steps) were done
    unit: str  # "epochs" | "steps"
    values: np.ndarray  # (L, M) float64; NaN where it has no meaning or is broken
    broken: np.ndarray  # (L, M) bool: it was taken of numbers among which some were NaN or infinite

    @property
    def has_meaning(self) -> np.ndarray:
        """(L,) whether a layer can have such a number: it once had, or was always broken."""
        return np.asarray(np.isfinite(self.values).any(axis=1) | self.broken.all(axis=1))


def recording_of(value: Any) -> Recording:
    """The recording that somebody hands over: itself, or that of a run, or of a Recorder.

    Raises:
        ArgumentError: it has none; the message says how to get one.
    """
    if isinstance(value, Recording):
        return value
    found = getattr(value, "recording", value)
    if isinstance(found, Recording):
        return found
    if found is None:
        raise ArgumentError(
            "recording must hold what probes measured: got a run without one. "
            'Train with vitral.fit(..., probes="all") to have it.'
        )
    if hasattr(value, "variants"):
        raise ArgumentError(
            "recording must be that of one variant: got a whole sweep. Take one, as in sweep[0], "
            'trained with vitral.sweep(..., probes="all").'
        )
    raise ArgumentError(
        f"recording must be a Recording, or a Run that has one: got {type(value).__name__}. "
        'Train with vitral.fit(..., probes="all") and give run.recording.'
    )


def series_of(recording: Recording, quantity: str, layer: str | Sequence[str] | None, argument: str) -> list[Series]:
    """The series of one quantity that hold a measurement, of the layers asked for; all where `layer` is None.

    Raises:
        UnknownNameError: there is no such quantity or layer.
        ArgumentError: the recording lacks this quantity; the message says which probe to add.
    """
    check_choice(argument, quantity, [*QUANTITIES, *(p for p in recording.probes if p not in QUANTITIES)])
    if quantity not in recording.probes:
        raise ArgumentError(
            f"recording must hold {quantity}: got one of {', '.join(recording.probes) or 'nothing'}. "
            f'Add vitral.probes.{quantity.capitalize()}() to probes, or train with probes="all".'
        )
    names = _names(layer)
    keys = choose(recording.layers(quantity), names, argument="layer")
    found = {s.layer: s for s in recording.series if s.probe == quantity and len(s.at)}
    chosen = [found[key] for key in keys if key in found]
    if not chosen:
        raise ArgumentError(f"recording must hold a measurement of the {quantity}: got none. Train for an epoch first.")
    if len({s.unit for s in chosen}) > 1:
        raise ArgumentError(
            f"the {quantity} of one figure must be counted in one unit: got some in epochs and some in steps. "
            "Choose those of one unit with layer=[...]."
        )
    return chosen


def main_arrays(series: list[Series]) -> list[Series]:
    """Of each layer what carries its signal: kernels and the like, not biases and not what normalises.

    All of them where a recording has nothing else.
    """
    main = [s for s in series if _parts(s.layer)[1] not in _ASIDE]
    return main or series


def gradient_sizes(recording: Recording, size: str = "rms", layer: str | Sequence[str] | None = None) -> Table:
    """How large the gradient of each layer is, over all of its variables.

    norm = √Σ g²      rms = √(Σ g² / n), n numbers: layers of different sizes can be compared

    Raises:
        As `series_of`; UnknownNameError: a size that is neither.
    """
    check_choice("size", size, SIZES)
    layers: dict[str, list[Series]] = {}
    for one in series_of(recording, "gradients", layer, "quantity"):
        layers.setdefault(_parts(one.layer)[0], []).append(one)
    at = _times([s for parts in layers.values() for s in parts])
    rows = []
    for parts in layers.values():
        with np.errstate(over="ignore", invalid="ignore"):
            squares = sum(_held(s, "norm", at) ** 2 for s in parts)
            n = sum(s.size for s in parts) if size == "rms" else 1
            rows.append(np.sqrt(squares / n))
    unit = next(iter(layers.values()))[0].unit
    values = np.array(rows)
    broken = ~np.isfinite(values)
    return Table(layers=list(layers), at=at, unit=unit, values=np.where(broken, np.nan, values), broken=broken)


def unit_shares(recording: Recording, share: str, layer: str | Sequence[str] | None = None) -> Table:
    """The share of "saturated" outputs, or of "dead" units, of each layer; NaN where the activation has no limits.

    Raises:
        As `series_of`; UnknownNameError: a share that is neither.
    """
    check_choice("share", share, SHARES)
    series = series_of(recording, "activations", layer, "quantity")
    at = _times(series)
    values = np.array([_held(s, share, at) for s in series])
    broken = np.array([_held(s, "nonfinite", at) > 0 for s in series])  # a NaN counts as neither saturated nor dead
    values = np.where(broken, np.nan, values)
    return Table(layers=[s.layer for s in series], at=at, unit=series[0].unit, values=values, broken=broken)


def _names(layer: str | Sequence[str] | None) -> list[str] | None:
    if layer is None:
        return None
    names: list[Any] = [layer] if isinstance(layer, str) or not isinstance(layer, Sequence) else list(layer)
    if not names or not all(isinstance(name, str) for name in names):
        raise UnknownNameError(
            f"layer must be the name of a layer, or a list of names: got {layer!r}. Leave it out to draw all."
        )
    return names


def _parts(key: str) -> tuple[str, str]:
    """The layer of a variable and its own name: "dense", "kernel" of "dense/kernel"."""
    found = re.fullmatch(r"(.*)/([^/]+?)( \(\d+\))?", key)
    return (found[1] + (found[3] or ""), found[2]) if found else (key, key)


def _times(series: list[Series]) -> np.ndarray:
    return np.unique(np.concatenate([s.at for s in series]))


def _held(series: Series, quantity: str, at: np.ndarray) -> np.ndarray:
    """(M,) a quantity at the times `at`: where it was not measured, as it was the last time before."""
    place = np.maximum(np.searchsorted(series.at, at, side="right") - 1, 0)
    return np.asarray(series.values[quantity], np.float64)[place]
