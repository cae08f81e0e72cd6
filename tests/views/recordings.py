"""Recordings and sweeps for the tests of figures, with the arrays they were made of."""

import datetime

import numpy as np

from vitral.probes import bin_edges
from vitral.probes.recording import Recording, Series
from vitral.runs import Sweep, VariantFiles, VariantResult


def series_of(probe, layer, arrays, at=None, unit="epochs", **extra):
    """A series of what a probe would tell of `arrays`, one for each time; counts by NumPy's own histogram."""
    counts, nonfinite = [], []
    for array in arrays:
        finite = array[np.isfinite(array)]
        magnitudes = np.histogram(np.abs(finite), bin_edges()[510:])[0]  # a bin holds its end that is nearer to zero
        negative = np.histogram(np.abs(finite[finite < 0]), bin_edges()[510:])[0]
        row = np.concatenate([negative[::-1], [(np.abs(finite) < bin_edges()[510]).sum()], magnitudes - negative])
        counts.append(row)
        nonfinite.append(array.size - finite.size)
    with np.errstate(all="ignore"):
        norms = [float(np.sqrt((np.asarray(a, np.float64) ** 2).sum())) for a in arrays]
        quantiles = {
            f"q{p:02d}": [np.percentile(a[np.isfinite(a)], p) if np.isfinite(a).any() else np.nan for a in arrays]
            for p in (5, 25, 50, 75, 95)
        }
        basic = {name: [getattr(np, name)(a) for a in arrays] for name in ("mean", "std", "min", "max")}
    zeros = [(np.abs(a) < 2.0**-127).mean() for a in arrays]
    values = {**basic, "norm": norms, "zeros": zeros, "nonfinite": nonfinite, **quantiles, **extra}
    return Series(
        probe=probe,
        layer=layer,
        unit=unit,
        size=arrays[0].size,
        at=np.arange(len(arrays)) if at is None else np.asarray(at),
        values={name: np.asarray(v, np.float64) for name, v in values.items()},
        counts=np.array(counts),
    )


def vanishing(n_layers=4, n_times=3):
    """Arrays (layer -> one for each time) whose gradients are ten times smaller in each layer further to the front."""
    rng = np.random.default_rng(0)
    return {
        f"layer_{i}": [rng.normal(0, 10.0 ** (i - n_layers), (20, 10)) for _ in range(n_times)] for i in range(n_layers)
    }


def recording_of(arrays, probe="gradients", kernel="kernel", **more):
    return Recording([series_of(probe, f"{name}/{kernel}", found, **more) for name, found in arrays.items()])


def sweep_of(rows, over):
    """A sweep of variants whose histories are given, as (values, status, history)."""
    results = []
    for values, status, history in rows:
        n = len(next(iter(history.values()), ()))
        record = {
            "epoch": list(range(n)),
            "params": {},
            "engine": "compiled",
            "engine_reason": "",
            "settings": {"epochs": n},
            "backend": "jax",
            "versions": {},
            "data": {},
            "started": datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC).isoformat(),
            "seconds": 0.1,
            "status": status,
        }
        trained = status in ("done", "diverged", "interrupted")
        results.append(VariantResult(values=values, status=status, record=record if trained else {}, history=history))
    return Sweep(
        over=over,
        results=results,
        groups=[],
        status="done",
        seconds=1.0,
        compile_seconds=0.0,
        files=VariantFiles(),
    )
