"""A recording inside a run's folder: what is kept in run.json, what in arrays.safetensors, what is believed of both.

    run.json             "recording": [{"probe", "layer", "unit", "size", "quantities": [...], "first_bin"}, ...]
    arrays.safetensors   recording/<i>/at (M,)   recording/<i>/values (M, quantities)   recording/<i>/counts (M, bins)

Of the 1,019 bins only those from the first to the last that ever held a number are kept, here and in memory.
"""

from typing import Any

import numpy as np

from vitral.probes.bins import N_BINS, QUANTILES
from vitral.probes.probe import UNITS
from vitral.probes.recording import Recording, Series
from vitral.probes.summary import BASIC

__all__ = ["Recording", "from_record", "to_record"]

Arrays = dict[str, np.ndarray]
_OF_EVERY_ARRAY = {*BASIC, *QUANTILES, "zeros", "nonfinite"}


def to_record(recording: Recording | None) -> tuple[Arrays, list[dict[str, Any]] | None]:
    """The arrays of a recording, by their names in the file, and its part of run.json."""
    if recording is None:
        return {}, None
    arrays: Arrays = {}
    entries = []
    for i, one in enumerate(recording.series):
        kind = np.int32 if one.counts.max(initial=0) < 2**31 else np.int64
        values = np.stack([one.values[name] for name in one.values], axis=1)
        arrays[f"recording/{i}/at"] = np.ascontiguousarray(one.at, np.int64)
        arrays[f"recording/{i}/values"] = np.ascontiguousarray(values, np.float64)
        arrays[f"recording/{i}/counts"] = np.ascontiguousarray(one.counts, kind)
        entries.append(
            {
                "probe": one.probe,
                "layer": one.layer,
                "unit": one.unit,
                "size": one.size,
                "quantities": list(one.values),
                "first_bin": one.first_bin,
            }
        )
    return arrays, entries


def from_record(entries: Any, arrays: Arrays) -> Recording | None:
    """The recording as it was saved; None where there was none.

    Raises:
        KeyError, TypeError, ValueError: the two do not fit each other, or are no recording.
    """
    if entries is None:
        return None
    if not isinstance(entries, list):
        raise ValueError("its recording is no list")
    return Recording([_series(entry, arrays, f"recording/{i}") for i, entry in enumerate(entries)])


def _series(entry: Any, arrays: Arrays, place: str) -> Series:
    at, values, counts = (arrays[f"{place}/{name}"] for name in ("at", "values", "counts"))
    texts, numbers = [entry[k] for k in ("probe", "layer", "unit")], [entry[k] for k in ("size", "first_bin")]
    names = entry["quantities"]
    fits = (
        all(type(text) is str for text in texts)
        and entry["unit"] in UNITS
        and all(type(n) is int and n >= 0 for n in numbers)
        and isinstance(names, list)
        and all(type(name) is str for name in names)
        and len(set(names)) == len(names)
        and set(names) >= _OF_EVERY_ARRAY  # figures and reports take them for granted
        and at.ndim == 1
        and at.dtype == np.int64
        and (at >= 0).all()
        and (np.diff(at) > 0).all()
        and values.shape == (len(at), len(names))
        and values.dtype == np.float64
        and counts.ndim == 2
        and len(counts) == len(at)
        and counts.dtype in (np.int32, np.int64)
        and entry["first_bin"] + counts.shape[1] <= N_BINS
    )
    if not fits:
        raise ValueError(f"{place} is no series of measurements")
    found = {name: values[:, i].copy() for i, name in enumerate(names)}
    total = counts.sum(axis=1) + found["nonfinite"]
    if (counts < 0).any() or not np.array_equal(total, np.full(len(at), entry["size"], float)):
        raise ValueError(f"the counts of {place} do not add up to its size")
    return Series(
        probe=entry["probe"],
        layer=entry["layer"],
        unit=entry["unit"],
        size=entry["size"],
        at=at,
        values=found,
        first_bin=entry["first_bin"],
        counts=counts,
    )
