"""Data sets from CSV files: a row per example, one column the target, the others numbers."""

import csv
import gzip
import re
import warnings
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vitral._checks import nearest, readable
from vitral._errors import ArgumentError, DataError, UnknownNameError
from vitral.data.arrays import assemble
from vitral.data.dataset import Dataset
from vitral.data.files import check_file, file_recipe
from vitral.data.options import Options, check_flag
from vitral.data.validate import frame_column, name_rows

if TYPE_CHECKING:
    import pandas as pd

Column = str | int  # a name, or a position from 0 (from the end if negative), which may be text: "3"
_POSITION = re.compile("-?[0-9]{1,9}")


def from_csv(
    path: str | PathLike[str],
    target: Column,
    *,
    header: bool | None = None,
    delimiter: str = ",",
    drop: Sequence[Column] = (),
    categorical: Sequence[Column] = (),
    name: str | None = None,
    task: str | None = None,
    classes: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    standardize: bool | None = None,
    flatten: bool = True,
    n: int | None = None,
) -> Dataset:
    """Make a data set of a CSV file (UTF-8 text, gzipped if its name ends in .gz).

    Images are rows of pixels: `from_csv("mnist.csv.gz", target=0, image_shape=(28, 28))`.

    Args:
        path: the file.
        target: the column to predict, by name, or by position from 0 (-1 is the last). Text such as "3" is a
            position where no column has that name.
        header: whether the first line names the columns. None: it does if none of its fields is a number, or if
            `target`, `drop` or `categorical` names one of them and its numbers are whole (years, say).
        delimiter: the character between fields.
        drop: columns to leave out, by name or position.
        categorical: columns whose different values, sorted, become a column of 0 and 1 each (one-hot), named
            "column=value".
        name: what the data set is called; None: the file's name without its ending.
        task: None: text, booleans and whole numbers with at most 20 different values in the target are classes,
            other numbers are values. "classification" or "regression" where that guess is wrong.
        classes, image_shape: what the columns mean, as in `from_arrays`.
        validation, test, seed, standardize, flatten, n: how rows are split and scaled, as in `from_arrays`.

    Raises:
        DatasetMissingError: no such file.
        UnknownNameError: no such column (with the nearest).
        DataError: not a CSV file, empty, rows of different lengths, text in a column that is not categorical,
            a column without a name, NaN, infinity or gaps (with column and rows, counted from 0 below the header).
        Whatever `from_arrays` raises.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from vitral.data import from_csv
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "trees.csv"
        ...     _ = file.write_text("height,kind\\n" + "2.5,oak\\n4.0,pine\\n" * 10)
        ...     from_csv(file, target="kind")
        Dataset('trees': 2 classes, x (N, 1), rows 12 train + 4 validation + 4 test)
    """
    options = Options(validation=validation, test=test, seed=seed, standardize=standardize, flatten=flatten, n=n)
    file = check_file("path", path)
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        raise ArgumentError(f"delimiter must be one character: got {delimiter!r}. Use ',' or ';' or '\\t'.")
    first = _first_line(file, delimiter)
    # What is no list is refused below, where the names are looked up.
    given = [c for columns in ([target], drop, categorical) if isinstance(columns, list | tuple) for c in columns]
    has_header = check_flag("header", header) if header is not None else _is_header(first, given)
    table = _read_table(file, delimiter, has_header=has_header)

    target_at = _find("target", target, table, has_header=has_header)
    dropped = _find_all("drop", drop, table, has_header=has_header)
    encoded = _find_all("categorical", categorical, table, has_header=has_header)
    for argument, positions in (("drop", dropped), ("categorical", encoded)):
        if target_at in positions:
            raise ArgumentError(f"{argument} must not hold the target: got {target!r}. Leave it out of {argument}.")
    kept = [i for i in range(table.shape[1]) if i != target_at and i not in dropped]
    if not kept:
        other = next((c for c in ";\t,| " if c != delimiter and len(first) == 1 and c in first[0]), None)
        remedy = f"Try delimiter={other!r}." if other else "Bring at least one more column of numbers."
        raise DataError(
            f"{file.name} must have a column besides the target: got {', '.join(map(_shown, table.columns))}. {remedy}"
        )
    nameless = [i for i in kept if has_header and str(table.columns[i]).startswith("Unnamed: ")]
    if nameless:
        raise DataError(
            f"every column of {file.name} must have a name: column {nameless[0]} has none (often row numbers that a "
            f"program saved, which would give the answer away). Leave it out with drop=[{nameless[0]}], or name it."
        )
    features = _features(table, kept, encoded, file.name)
    is_named = has_header or bool(encoded)
    y_name = f"{_shown(table.columns[target_at])} of {file.name}"
    answers = table.iloc[:, target_at]
    # Where `classes` names others, the file may be one part of something larger.
    if classes is None and len(table) > 1 and answers.notna().all() and answers.nunique() == 1:
        value = frame_column(answers).tolist()[0]
        raise DataError(
            f"{y_name} must hold at least two different values: every row says {_cut(repr(value))}. "
            "Choose another target; there is nothing to learn in this one."
        )
    return assemble(
        {"train": (np.column_stack(list(features.values())), frame_column(answers))},
        labels={"train": (file.name, y_name)},
        options=options,
        name=name if name is not None else file.name.removesuffix(".gz").removesuffix(".csv"),
        task=task,
        classes=classes,
        feature_names=list(features) if is_named else None,
        image_shape=image_shape,
        source=file.name,
        recipe=file_recipe(
            "csv",
            path,
            target=target,
            header=header,
            delimiter=None if delimiter == "," else delimiter,
            drop=list(drop) or None,
            categorical=list(categorical) or None,
            name=name,
            task=task,
            classes=classes,
            image_shape=image_shape,
            **options.given(),
        ),
    )


def _first_line(file: Path, delimiter: str) -> list[str]:
    """The fields of the first line that is not blank."""
    try:
        opened: Any = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
            return next((row for row in rows if any(field.strip() for field in row)), [])
    # Broken text, gzip or quoting, or no right to read it: all mean that this is no CSV file to us.
    except Exception as error:
        raise _unreadable(file, error) from error


def _is_header(first: list[str], given: list[Column]) -> bool:
    """Whether the first line looks like names: text alone, or one of the names that the user gave."""
    if not any(_is_number(field) for field in first):
        return True
    # Years and ids are names too. What can be a position is one: 0 among pixels does not make a header of them.
    names = [column for column in given if isinstance(column, str) and not _is_position(column, len(first))]
    return (
        any(name in first for name in names)
        and len(set(first)) == len(first)
        and all(_POSITION.fullmatch(field) for field in first if _is_number(field))
    )


def _is_position(text: str, n_columns: int) -> bool:
    return bool(_POSITION.fullmatch(text)) and -n_columns <= int(text) < n_columns


def _read_table(file: Path, delimiter: str, *, has_header: bool) -> "pd.DataFrame":
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # pandas only warns when it drops the fields of rows that are longer than the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                file,
                sep=delimiter,
                header=0 if has_header else None,
                index_col=False,
                skipinitialspace=True,
                compression="gzip" if file.suffix == ".gz" else None,
                encoding="utf-8-sig",
                low_memory=False,
            )
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{file.name} must not be empty: got no columns. Check how the file was written.") from error
    # As in `_first_line`: the reader has its own error for each way of being broken.
    except Exception as error:
        raise _unreadable(file, error) from error
    if not len(table):
        raise DataError(f"{file.name} must have a row of data: got only a header. Check how the file was written.")
    return table


def _features(table: "pd.DataFrame", kept: list[int], encoded: list[int], file_name: str) -> dict[str, np.ndarray]:
    """Columns of numbers by name, categorical ones spread out, all checked for text and gaps."""
    features: dict[str, np.ndarray] = {}
    for position in kept:
        column, label = table.iloc[:, position], table.columns[position]
        where = f"{_shown(label)} of {file_name}"
        name = label if isinstance(label, str) else f"column {label}"
        argument = repr(label if isinstance(label, str) else position)
        if position in encoded:
            missing = np.flatnonzero(column.isna())
            if len(missing):
                raise DataError(_gap(where, missing))
            values = column.astype(str).to_numpy()
            for value in sorted(set(values)):
                features[f"{name}={value}"] = (values == value).astype(np.float64)
            continue
        array = frame_column(column)
        if array.dtype.kind not in "biuf":
            present = [value for value in array if isinstance(value, str) and not _is_number(value)]
            if not present and column.isna().any():
                raise DataError(_gap(where, np.flatnonzero(column.isna())))
            example = _cut(repr(present[0] if present else array[0]))
            raise DataError(
                f"{where} must be numbers: got text such as {example}. "
                f"Leave it out with drop=[{argument}], or one-hot encode it with categorical=[{argument}]."
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(_gap(where, np.flatnonzero(~np.isfinite(array))))
        features[name] = array
    return features


def _gap(where: str, rows: np.ndarray) -> str:
    return (
        f"{where} must not contain NaN, infinity or gaps: got {len(rows)}, in {name_rows(rows)}. "
        "Fill them or remove those rows; an empty field, NA and None count as gaps."
    )


def _find_all(argument: str, given: Iterable[Column], table: "pd.DataFrame", *, has_header: bool) -> list[int]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentError(f"{argument} must be a list of columns: got {given!r}. Write {argument}=[{given!r}].")
    return [_find(argument, column, table, has_header=has_header) for column in given]


def _find(argument: str, column: Column, table: "pd.DataFrame", *, has_header: bool) -> int:
    """The position of a column given by name or position."""
    names = [str(name) for name in table.columns]
    if isinstance(column, str) and _POSITION.fullmatch(column) and not (has_header and column in names):
        column = int(column)
    if isinstance(column, int | np.integer) and not isinstance(column, bool):
        if not -len(names) <= column < len(names):
            raise ArgumentError(
                f"{argument} must be a position from {-len(names)} to {len(names) - 1}: got {column}. "
                f"The file has {len(names)} columns."
            )
        return int(column) % len(names)
    if not isinstance(column, str):
        raise ArgumentError(f"{argument} must be a column's name or position: got {column!r}.")
    if not has_header:
        raise UnknownNameError(
            f"{argument} must be a position, because the first line of the file names no columns: got {column!r}. "
            f"Use a number from 0 to {len(names) - 1}, or header=True."
        )
    if column not in names:
        close = nearest(column, names)
        known = ", ".join(map(readable, names[:20])) + (f", … ({len(names)} in all)" if len(names) > 20 else "")
        hint = f"Did you mean {close!r}? " if close else ""
        raise UnknownNameError(f"{argument} must be a column of the file: got {column!r}. {hint}Known: {known}.")
    return names.index(column)


def _shown(label: Any) -> str:
    return f"column {label!r}" if isinstance(label, str) else f"column {label}"


def _cut(example: str) -> str:
    return example if len(example) <= 60 else example[:57] + "…"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unreadable(file: Path, error: Exception) -> DataError:
    why = str(error).strip().split("\n")[0].rstrip(".")[:140]
    return DataError(
        f"path must be a CSV file of UTF-8 text with rows of one length: {file.name!r} cannot be read "
        f"({why or type(error).__name__}). Check the file, and the delimiter."
    )
