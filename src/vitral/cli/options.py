"""What `vitral train` was asked to do: checked once, before anything heavy is imported."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vitral._checks import check_choice, check_int, check_new_folder, check_number
from vitral._errors import ArgumentError, DataError

FILE_ENDINGS = (".csv", ".csv.gz", ".npz")
_MAX_SEED = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """The options of `vitral train`, as typed except `hidden` and `batch_size`, which are read from text.

    Raises:
        ArgumentError: an option breaks its rule; the message names the option as it is typed.
    """

    data: str
    target: str | None
    task: str | None
    drop: tuple[str, ...]
    categorical: tuple[str, ...]
    delimiter: str
    hidden: tuple[int, ...]
    activation: str
    initializer: str
    optimizer: str
    learning_rate: float | None
    batch_size: int | str
    epochs: int
    l1: float
    l2: float
    dropout: float
    seed: int
    early_stopping: int | None
    engine: str
    out: Path
    overwrite: bool

    def __post_init__(self) -> None:
        check_int("--epochs", self.epochs, minimum=1)
        check_number("--l1", self.l1, minimum=0)
        check_number("--l2", self.l2, minimum=0)
        check_number("--dropout", self.dropout, minimum=0, below=1)
        check_int("--seed", self.seed, minimum=0)
        if self.seed > _MAX_SEED:
            raise ArgumentError(f"--seed must be at most {_MAX_SEED}: got {self.seed}.")
        if self.learning_rate is not None:
            check_number("--learning-rate", self.learning_rate, above=0)
        if self.early_stopping is not None:
            check_int("--early-stopping", self.early_stopping, minimum=1, remedy="Give the epochs to wait, as in 5.")
        check_choice("--engine", self.engine, ("auto", "compiled", "keras"))
        if self.task is not None:
            check_choice("--task", self.task, ("classification", "regression"))
        self._check_data()
        check_new_folder("--out", self.out, overwrite=self.overwrite)

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
            raise DataError(f"DATA must be the name of a data set, a .csv or an .npz file: got {self.data!r}.")
        elif not Path(self.data).expanduser().is_file():
            raise DataError(f"DATA must be a file that exists: got {self.data!r}. Check the path.")
        if self.is_table and self.target is None:
            raise ArgumentError(f"--target must name the column of {self.data} to predict. Add --target COLUMN.")
        if not self.is_table:
            for option, value in (
                ("--target", self.target),
                ("--drop", self.drop),
                ("--categorical", self.categorical),
            ):
                if value:
                    raise ArgumentError(f"{option} is for .csv files: got DATA {self.data!r}. Leave {option} out.")
        if not self.is_file and self.task is not None:
            raise ArgumentError(f"--task is for files: the data set {self.data!r} has its own. Leave --task out.")


def is_file(data: str) -> bool:
    """Whether `data` is written like a path: an ending that files have, or a folder before it."""
    return "." in Path(data).name or Path(data).name != data


def read_hidden(text: str) -> tuple[int, ...]:
    """The sizes in "64,32"; none in "none"."""
    if text.strip().lower() == "none":
        return ()
    try:
        sizes = tuple(int(size) for size in text.split(","))
    except ValueError:
        sizes = (0,)
    if min(sizes) < 1:
        raise ArgumentError(
            f"--hidden must be sizes of at least 1, separated by commas: got {text!r}. "
            "Write --hidden 64,32 for two hidden layers, --hidden none for a linear model."
        )
    return sizes


def read_batch_size(text: str) -> int | str:
    """The number in "32"; "all" as it is."""
    if text.strip().lower() == "all":
        return "all"
    try:
        size = int(text)
    except ValueError:
        size = 0
    if size < 1:
        raise ArgumentError(
            f'--batch-size must be a whole number of at least 1, or "all": got {text!r}. '
            "1 is online training, all is batch training."
        )
    return size


def default_folder(data: str) -> Path:
    """runs/<data>-<date>-<time> in the current folder, with a number behind it where that exists already."""
    stem = Path(data).name.split(".")[0] or "data"
    first = Path("runs") / f"{stem}-{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = first, 2
    while folder.exists():
        folder, number = first.with_name(f"{first.name}-{number}"), number + 1
    return folder
