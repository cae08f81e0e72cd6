"""The parts of a sweep: what came of each variant, which share a program, and the files with what was trained."""

import math
import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vitral.runs import codec, recording
from vitral.runs.arrays import pack, unpack
from vitral.runs.evaluation import EvaluationSource
from vitral.runs.recording import Recording
from vitral.runs.run import Run
from vitral.runs.store import PLAIN

_ENTRIES = "recording"
STATUSES = ("done", "interrupted", "diverged", "failed", "not run")


@dataclass
class Number:
    """A number that varies within a group, found by comparing programs.

    Attributes:
        values: variant -> what it holds there. where: the operation that reads it.
        n_places: in how many places of the program it stands.

    Example:
        >>> Number(values={0: 0.1, 1: 0.01}, where="mul", n_places=2).values[1]
        0.01
    """

    values: dict[int, Any]
    where: str
    n_places: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """Variants that share one compiled program.

    Attributes:
        number: from 0. variants: their numbers.
        lifted: the numbers in which they differ, inputs of the program.
        reason: why they are a group of their own, as the end of a sentence; None for the first.

    Example:
        >>> Group(number=0, variants=[0, 2], lifted=[], reason=None).variants
        [0, 2]
    """

    number: int
    variants: list[int]
    lifted: list[Number]
    reason: str | None


@dataclass(kw_only=True)
class VariantResult:
    """One variant: what it was, and what came of it.

    Attributes:
        values: by name, as `over` gives them.
        status: "done" | "diverged" (`diverged_epoch` says when) | "interrupted" | "failed" | "not run".
        message: a sentence on anything but "done". error: what a variant that failed has raised.
        record: the plain fields of its `Run`. history: as the run has it.
        config: its model, as Keras describes it; None where Keras cannot.
        source: the rows to evaluate it on; None once it was saved and opened again.

    Example:
        >>> result = VariantResult(values={"rate": 10.0}, status="diverged")
        >>> result.record, result.history = {"epoch": [0, 1]}, {"loss": [3.0, math.inf]}
        >>> result.diverged_epoch
        2
    """

    values: dict[str, Any]
    status: str = "not run"
    message: str | None = None
    error: BaseException | None = None
    record: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[Any]] = field(default_factory=dict)
    config: dict[str, Any] | None = None
    source: EvaluationSource | None = None

    @property
    def diverged_epoch(self) -> int | None:
        """The first epoch, counted from 1, whose loss was not finite."""
        for epoch, loss in zip(self.record.get("epoch", ()), self.history.get("loss", ()), strict=False):
            if isinstance(loss, float) and not math.isfinite(loss):
                return epoch + 1
        return None


class VariantFiles:
    """What was trained and measured of each variant, one file each, in a folder that goes with the sweep.

    Example:
        >>> files = VariantFiles()
        >>> files.write(0, ([np.ones(2)], [], []))
        >>> files.read(0)
        ([array([1., 1.])], [], [])
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="vitral-sweep-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def write(self, number: int, state: tuple[list[Any], ...], measured: Recording | None = None) -> None:
        """Keep trainable, other and optimizer variables, and what probes measured."""
        arrays = {f"{p}/{i}": _as_numpy(a) for p, part in enumerate(state[:3]) for i, a in enumerate(part)}
        measured_arrays, entries = recording.to_record(measured)
        if entries is not None:
            text = np.frombuffer(codec.dumps(entries).encode("ascii"), np.uint8)
            arrays |= {**measured_arrays, _ENTRIES: text}
        self._file(number).write_bytes(pack(arrays))

    def read(self, number: int) -> tuple[list[np.ndarray], ...]:
        """The variables of a variant, in these three parts."""
        return read_variables(self._file(number).read_bytes())

    def read_recording(self, number: int) -> Recording | None:
        """What probes measured of a variant; None where there were none."""
        return read_recording(self._file(number).read_bytes())

    def copy(self, number: int, target: Path) -> None:
        """Write what was kept of a variant as a file."""
        shutil.copyfile(self._file(number), target)

    def content(self, number: int) -> bytes:
        """The file of a variant as it is, to be kept elsewhere."""
        return self._file(number).read_bytes()

    def adopt(self, number: int, content: bytes) -> None:
        """Keep what another has written of a variant."""
        self._file(number).write_bytes(content)

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.safetensors"


def _as_numpy(value: Any) -> np.ndarray:
    """The numbers of a variable of any backend; PyTorch hands out only those that no gradient hangs on."""
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


def read_variables(content: bytes) -> tuple[list[np.ndarray], ...]:
    """Trainable, other and optimizer variables out of what `VariantFiles` has written.

    Raises:
        KeyError, ValueError: it is nothing of that kind.
    """
    found = {name: array for name, array in unpack(content).items() if not name.startswith(_ENTRIES)}
    counts = [sum(name.startswith(f"{part}/") for name in found) for part in range(3)]
    if sum(counts) != len(found):
        raise ValueError("it holds variables of a fourth part")
    return tuple([found[f"{part}/{i}"] for i in range(n)] for part, n in enumerate(counts))


def read_recording(content: bytes) -> Recording | None:
    """The recording out of the same.

    Raises:
        KeyError, TypeError, ValueError: it is nothing of that kind.
    """
    found = unpack(content)
    if _ENTRIES not in found:
        return None
    return recording.from_record(codec.loads(found[_ENTRIES].tobytes().decode("ascii")), found)


def plain_fields(run: Run) -> dict[str, Any]:
    """The plain fields of a run, without its model.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> plain_fields(vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), verbose=0))["epoch"]
        [0]
    """
    return {name: getattr(run, name) for name in PLAIN}
