"""What `vitral train` and `vitral sweep` were asked to do: checked once, before anything heavy is imported."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from vitral._checks import check_choice, check_int, check_number, check_out
from vitral._errors import ArgumentError, DataError, RunFolderError

FILE_ENDINGS = (".csv", ".csv.gz", ".npz")
_MAX_SEED = 2**32 - 1
_MOST_WEIGHTS = 10**9  # between two hidden layers
_REMEDIES = {
    "epochs": "Use 20 or so.",
    "hidden": "Use 64 or so.",
    "batch_size": "Use 32 or so; 1 is online training.",
    "learning_rate": "Use 0.001 or so.",
    "dropout": "Use 0.2 or so, 0 for none.",
    "l1": "Use 0.0001 or so, 0 for none.",
    "l2": "Use 0.0001 or so, 0 for none.",
}


@dataclass(frozen=True, kw_only=True)
class Network:
    """The options that say which network is built."""

    hidden: tuple[int, ...]
    activation: str
    initializer: str
    optimizer: str
    learning_rate: float | None
    l1: float
    l2: float
    dropout: float


@dataclass(frozen=True, kw_only=True)
class Options(Network):
    """The options that both commands have, as typed except `hidden` and `batch_size`, which are read from text.

    Raises:
        ArgumentError: an option breaks its rule; the message names the option as it is typed.
    """

    data: str
    target: str | None
    task: str | None
    drop: tuple[str, ...]
    categorical: tuple[str, ...]
    delimiter: str
    batch_size: int | str
    epochs: int
    seed: int
    early_stopping: int | None
    out: Path
    overwrite: bool
    is_out_default: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "l1", "l2", "dropout", "seed", "learning_rate"):
            if getattr(self, name) is not None:
                check_option(f"--{name.replace('_', '-')}", name, getattr(self, name))
        if self.early_stopping is not None:
            check_int("--early-stopping", self.early_stopping, minimum=1, remedy="Give the epochs to wait, as in 5.")
        if self.task is not None:
            check_choice("--task", self.task, ("classification", "regression"))
        self._check_data()
        self._check_out()

    def _check_out(self) -> None:
        check_out("--out", self.out, overwrite=self.overwrite, option="--overwrite")

    @property
    def network(self) -> Network:
        """What of them says which network is built."""
        return Network(**{field.name: getattr(self, field.name) for field in fields(Network)})

    @property
    def is_file(self) -> bool:
        """Whether the data are a file's, not a data set known by name."""
        return is_file(self.data)

    @property
    def is_table(self) -> bool:
        """Whether the file has columns with names."""
        return self.is_file and not self.data.lower().endswith(".npz")

    def _check_data(self) -> None:
        if not self.is_file:
            from vitral.data import names

            check_choice("DATA", self.data, names())
        elif not self.data.lower().endswith(FILE_ENDINGS):
            raise DataError(
                f"DATA must be the name of a data set, a .csv or an .npz file: got {self.data!r}. "
                "Try: vitral train digits."
            )
        elif not Path(self.data).expanduser().is_file():
            raise DataError(f"DATA must be a file that exists: got {self.data!r}. Check the path.")
        if self.is_table and self.target is None:
            raise ArgumentError(
                f"--target must name the column of DATA to predict: got none for {self.data!r}. Add --target COLUMN."
            )
        if not self.is_table:
            for option, value in (
                ("--target", self.target),
                ("--drop", self.drop),
                ("--categorical", self.categorical),
                ("--delimiter", self.delimiter != ","),
            ):
                if value:
                    raise ArgumentError(f"{option} is for .csv files: got DATA {self.data!r}. Leave {option} out.")
        if not self.is_file and self.task is not None:
            raise ArgumentError(f"--task is for files: the data set {self.data!r} has its own. Leave --task out.")


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Options):
    """The options of `vitral train`."""

    engine: str
    checkpoint_every: int | None

    def __post_init__(self) -> None:
        check_choice("--engine", self.engine, ("auto", "compiled", "keras"))
        if self.checkpoint_every is not None:
            check_int("--checkpoint-every", self.checkpoint_every, minimum=0, remedy="1 keeps every epoch, 0 none.")
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class SweepOptions(Options):
    """The options of `vitral sweep`; what varies has been read by `vitral.cli.over`.

    Attributes:
        over: option (with underscores) -> its values. metric: what the best is best in; None for the usual one.
        exact, resume: as `vitral.sweep` takes them. scheduler: the address of a Dask scheduler; None trains here.
    """

    over: dict[str, list[Any]]
    metric: str | None
    exact: bool | None
    resume: bool
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.scheduler is not None and not re.fullmatch(r"(\w+://)?[^\s/]+:\d{1,5}", self.scheduler):
            raise ArgumentError(
                f"--scheduler must be an address with a port: got {self.scheduler!r}. Write it as tcp://10.0.0.5:8786."
            )
        super().__post_init__()

    def _check_out(self) -> None:
        if not self.resume:
            super()._check_out()
            return
        from vitral.runs.sweep_checkpoint import is_sweep

        if not is_sweep(self.out.expanduser().absolute()):
            raise RunFolderError(
                f"--resume must go with the folder of a sweep that was broken off: --out {str(self.out)!r} holds none. "
                "Leave --resume out."
            )


Chosen = TypeVar("Chosen", bound=Options)


def check_option(argument: str, name: str, value: Any) -> None:
    """The number `value` must be one that the option `name` may have; the message calls it `argument`."""
    if name == "epochs" or (name in ("hidden", "batch_size") and isinstance(value, int)):
        check_int(argument, value, minimum=1, remedy=_REMEDIES[name])
    elif name == "seed":
        check_int(argument, value, minimum=0, remedy="Any whole number makes a training that can be repeated.")
        if value > _MAX_SEED:
            raise ArgumentError(f"{argument} must be at most {_MAX_SEED}: got {value}. Use a smaller number.")
    elif name == "learning_rate":
        check_number(argument, value, above=0, remedy=_REMEDIES[name])
    elif name == "dropout":
        check_number(argument, value, minimum=0, below=1, remedy=_REMEDIES[name])
    elif name in ("l1", "l2"):
        check_number(argument, value, minimum=0, remedy=_REMEDIES[name])


def is_file(data: str) -> bool:
    """Whether `data` is written like a path: an ending that files have, or a folder before it."""
    return "." in Path(data).name or Path(data).name != data


def read_hidden(text: str, argument: str = "--hidden") -> tuple[int, ...]:
    """The sizes in "64,32" or "64-32"; none in "none"."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(int(size) for size in text.replace("-", ",").split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        remedy = (
            "Write --hidden 64,32 for two hidden layers, --hidden none for a linear model."
            if argument == "--hidden"
            else "Write hidden=64,128-64 for one layer of 64, then two of 128 and 64; hidden=none for a linear model."
        )
        separators = "commas" if argument == "--hidden" else "hyphens"
        raise ArgumentError(
            f"{argument} must be sizes of at least 1, separated by {separators}: got {text!r}. {remedy}"
        )
    if max(a * b for a, b in zip((1000, *sizes), (*sizes, 1), strict=True)) > _MOST_WEIGHTS:
        raise ArgumentError(
            f"{argument} must be sizes with at most {_MOST_WEIGHTS:,} weights between two layers: got {text!r}. "
            "Use smaller ones: 64,32 is a good start."
        )
    return sizes


def read_batch_size(text: str, argument: str = "--batch-size") -> int | str:
    """The number in "32"; "all" as it is."""
    if text.strip().lower() == "all":
        return "all"
    try:
        size = int(text)
    except ValueError:
        size = 0
    if size < 1:
        raise ArgumentError(
            f'{argument} must be a whole number of at least 1, or "all": got {text!r}. '
            "Use 32 or so; 1 is online training, all is batch training."
        )
    return size


def default_folder(data: str, kind: str = "") -> Path:
    """runs/<data>-<kind><date>-<time> in the current folder, with a number behind it where that exists already."""
    stem = Path(data).name.split(".")[0] or "data"
    first = Path("runs") / f"{stem}-{kind}{datetime.now():%Y%m%d-%H%M%S}"
    return next(folder for folder in _numbered(first) if not folder.exists())


def _numbered(first: Path) -> Iterator[Path]:
    yield first
    yield from (first.with_name(f"{first.name}-{number}") for number in itertools.count(2))


@contextlib.contextmanager
def claimed(options: Chosen) -> Iterator[Chosen]:
    """The options with a folder of their own, even where another process asks in the same second.

    A folder that was asked for by name stays as it is. What is empty in the end is removed.
    """
    if not options.is_out_default:
        yield options
        return
    made = [folder for folder in options.out.parents if not folder.exists()]
    folder = _make(options.out)
    try:
        yield replace(options, out=folder)
    finally:
        with contextlib.suppress(OSError):
            for empty in (folder, *made):
                empty.rmdir()


def _make(first: Path) -> Path:
    """Make the first folder of these names that nobody has."""
    for folder in _numbered(first):
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
        except OSError as error:
            why = error.strerror or str(error)
            raise RunFolderError(f"--out must be a folder that can be made: {str(folder)!r} cannot ({why}).") from error
    raise AssertionError("unreachable: there is no end of numbers")
