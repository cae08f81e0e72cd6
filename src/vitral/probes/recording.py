"""A recording: what probes measured during a training, by probe, layer and quantity.

Of every array it keeps when it was measured (`at`), the numbers, and a histogram on the fixed bins of `bins`. As the
bins are always the same, histograms of several arrays, epochs and runs add up, and recordings join.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral.probes import bins
from vitral.probes.anatomy import choose

if TYPE_CHECKING:
    import pandas

HISTOGRAM = "histogram"


@dataclass(frozen=True, kw_only=True)
class Series:
    """What one probe measured of one array, M times."""

    probe: str
    layer: str
    unit: str  # "epochs" | "steps"
    size: int  # numbers in the array
    at: np.ndarray  # (M,) int64: so many epochs (or steps) were done
    values: Mapping[str, np.ndarray]  # quantity -> (M,) float64
    first_bin: int = 0
    counts: np.ndarray  # (M, W) whole numbers, in bins first_bin … first_bin + W − 1; the others hold nothing

    def spread(self, first: int = 0, n_bins: int = bins.N_BINS) -> np.ndarray:
        """(M, n_bins) int64: the counts in the bins from `first` on, which hold all that there are."""
        wide = np.zeros((len(self.at), n_bins), np.int64)
        start = self.first_bin - first
        wide[:, start : start + self.counts.shape[1]] = self.counts
        return wide


def used_bins(counts: np.ndarray) -> tuple[int, int]:
    """The first bin of (M, W) counts that ever holds something, and how many there are up to the last."""
    used = np.flatnonzero(counts.any(axis=0))
    return (int(used[0]), int(used[-1] - used[0]) + 1) if len(used) else (0, 0)


class Recording:
    """Arrays by (probe, layer, quantity).

    Quantities of every array: "mean", "std", "norm" (L2), "min", "max", which are NaN or infinite as soon as one number
    is; "q05", "q25", "q50", "q75", "q95", quantiles of the finite numbers, out of the histogram (off by less than a
    factor 1.5); "zeros", the share of |x| < 2^−127; "nonfinite", how many are infinite or NaN; "histogram". Activations
    have "dead" and "saturated" besides, updates "ratio".

    Example:
        >>> import numpy as np
        >>> from vitral.probes.recording import Recording, Series
        >>> counts = np.zeros((2, 1019), int)
        >>> counts[:, 700] = 3
        >>> series = Series(probe="weights", layer="dense/kernel", unit="epochs", size=3, at=np.array([0, 1]),
        ...                 values={"mean": np.array([0.5, 0.25])}, counts=counts)
        >>> recording = Recording([series])
        >>> recording.probes, recording.layers("weights"), recording.get("weights", "dense/kernel", "mean").tolist()
        (['weights'], ['dense/kernel'], [0.5, 0.25])
        >>> edges, counts = recording.histogram("dense", "weights")
        >>> int(counts.sum())
        3
    """

    def __init__(self, series: Iterable[Series] = ()) -> None:
        """Keep `series`, one for each (probe, layer)."""
        self._series: dict[str, dict[str, Series]] = {}
        for one in series:
            layers = self._series.setdefault(one.probe, {})
            if one.layer in layers:
                raise ArgumentError(
                    f"series must differ: got two of the {one.probe} of {one.layer!r}. Join them first."
                )
            layers[one.layer] = one

    # ------------------------------------------------------------ what there is

    @property
    def probes(self) -> list[str]:
        """Names of the probes that measured something."""
        return list(self._series)

    @property
    def series(self) -> list[Series]:
        """Everything, as it is kept."""
        return [one for layers in self._series.values() for one in layers.values()]

    def layers(self, probe: str) -> list[str]:
        """Names of what `probe` measured: variables, or calls of layers, in the model's order."""
        check_choice("probe", probe, self._series)
        return list(self._series[probe])

    def quantities(self, probe: str, layer: str) -> list[str]:
        """Names of what was measured of it; "histogram" besides."""
        return list(self._of(probe, layer).values)

    def at(self, probe: str, layer: str) -> np.ndarray:
        """(M,) how many epochs (or steps, see `unit`) were done at each measurement; 0 is before the first."""
        return self._of(probe, layer).at

    def unit(self, probe: str, layer: str) -> str:
        """ "epochs" | "steps": what `at` counts."""
        return self._of(probe, layer).unit

    def size(self, probe: str, layer: str) -> int:
        """Numbers in the array that was measured."""
        return self._of(probe, layer).size

    # ------------------------------------------------------------ numbers

    def get(self, probe: str, layer: str, quantity: str) -> np.ndarray:
        """One quantity over time.

        Returns:
            (M,) float64; of "histogram" (M, 1019) counts, whose edges are `vitral.probes.bin_edges()`.

        Raises:
            UnknownNameError: there is no such probe, layer or quantity.
        """
        one = self._of(probe, layer)
        if quantity == HISTOGRAM:
            return one.spread()
        return one.values[check_choice("quantity", quantity, [*one.values, HISTOGRAM])]

    def histogram(self, layer: str, probe: str, epoch: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The histogram of one array, or of all that belongs to a layer: "dense" sums its kernel and its bias.

        Args:
            epoch: so many epochs (of a probe that counts in steps: steps) were done, one of `at`; None for the last.

        Returns:
            edges (1020,) float64, counts (1019,) int64. The counts add up to the finite numbers of the array: to all
            of them, less "nonfinite".

        Raises:
            UnknownNameError, ArgumentError: there is no such layer or probe; nothing was measured then.
        """
        check_choice("probe", probe, self._series)
        layers = self._series[probe]
        chosen = [layer] if layer in layers else choose(layers, [layer], argument="layer")
        total = np.zeros(bins.N_BINS, np.int64)
        for one in (layers[name] for name in chosen):
            if not len(one.at) or (epoch is not None and epoch not in one.at):
                known = ", ".join(map(str, one.at.tolist())) or "none"
                raise ArgumentError(
                    f"epoch must be one after which the {probe} of {one.layer!r} were measured: got {epoch!r}. "
                    f"Known {one.unit}: {known}."
                )
            row = -1 if epoch is None else int(np.flatnonzero(one.at == epoch)[0])
            total[one.first_bin : one.first_bin + one.counts.shape[1]] += one.counts[row]
        return bins.edges(), total

    def to_frame(self) -> "pandas.DataFrame":
        """All numbers as a table: a row for each probe, layer and time, a column for each quantity.

        Columns "probe", "layer", "unit", "at", then the quantities; NaN where a probe does not measure one.
        """
        import pandas

        columns = ["probe", "layer", "unit", "at"]
        frames = [
            pandas.DataFrame({"probe": s.probe, "layer": s.layer, "unit": s.unit, "at": s.at, **s.values})
            for s in self.series
            if len(s.at)
        ]
        return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame(columns=columns)

    # ------------------------------------------------------------ putting together

    @classmethod
    def join(cls, parts: "Iterable[Recording]") -> "Recording":
        """One recording out of several, each later in time than the one before, or of other arrays."""
        together: dict[tuple[str, str], list[Series]] = {}
        for part in parts:
            for one in part.series:
                together.setdefault((one.probe, one.layer), []).append(one)
        return cls([_joined(pieces) for pieces in together.values()])

    # ------------------------------------------------------------ looking at it

    def __repr__(self) -> str:
        said = ", ".join(f"{probe} of {len(layers)}" for probe, layers in self._series.items())
        return f"<Recording {said or 'of nothing'}>"

    def _repr_html_(self) -> str:
        from vitral.probes.markup import recording_html

        return recording_html(self)

    def _of(self, probe: str, layer: str) -> Series:
        check_choice("probe", probe, self._series)
        return self._series[probe][check_choice("layer", layer, self._series[probe])]


def _joined(pieces: list[Series]) -> Series:
    first = pieces[0]
    if len(pieces) == 1:
        return first
    at = np.concatenate([p.at for p in pieces])
    kinds = {(p.unit, p.size, tuple(p.values)) for p in pieces}
    if len(kinds) > 1 or (np.diff(at) <= 0).any():
        raise ArgumentError(
            f"recordings must follow each other in time: those of the {first.probe} of {first.layer!r} do not. "
            "Join them in the order in which they were made."
        )
    start = min(p.first_bin for p in pieces)
    n_bins = max(p.first_bin + p.counts.shape[1] for p in pieces) - start
    return Series(
        probe=first.probe,
        layer=first.layer,
        unit=first.unit,
        size=first.size,
        at=at,
        values={name: np.concatenate([p.values[name] for p in pieces]) for name in first.values},
        first_bin=start,
        counts=np.concatenate([p.spread(start, n_bins) for p in pieces]),
    )
