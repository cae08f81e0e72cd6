"""What a column of targets means: classes or values, and as which numbers."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from vitral._checks import check_choice
from vitral._errors import ArgumentError, DataError, ShapeError
from vitral.data.dataset import TASKS, Task
from vitral.data.validate import as_array, check_arrays, frame_column, is_frame, is_series, name_rows

FEW = 20  # whole numbers with at most this many different values are taken for classes


def read_target(
    y: Any, *, task: str | None = None, classes: Sequence[str] | None = None, name: str = "y"
) -> tuple[Task, np.ndarray, tuple[str, ...] | None]:
    """Task, encoded targets and class names of a column of targets.

    Text and booleans are classes, as are whole numbers with at most 20 different values; other numbers are
    values to predict. `task` decides otherwise where this guess is wrong.

    Args:
        y: (N,) or (N, 1), of text, booleans or numbers.
        task: "classification", "regression", or None to guess.
        classes: names in the order of their numbers. None: the different labels, sorted.
        name: what messages call the column.

    Returns:
        ("classification", int32 (N,), names) or ("regression", float32 (N, 1), None).

    Raises:
        UnknownNameError: another task.
        ShapeError: more than one column.
        DataError: missing labels (with their rows), NaN or infinity, text to be predicted as values, fractions
            as classes, labels that `classes` does not name.
        ArgumentError: `classes` are not different names, or come with regression.
    """
    if task is not None:
        check_choice("task", task, TASKS)
    names = None if classes is None else _check_classes(classes)
    labels = as_labels(name, y)
    if task is None:
        is_few = labels.dtype.kind in "iu" and len(np.unique(labels)) <= FEW
        task = "classification" if names is not None or labels.dtype.kind in "bO" or is_few else "regression"
    if task == "regression":
        if names is not None:
            raise ArgumentError(
                f"classes must be None for regression: got {names!r}. Leave it out, or pass task='classification'."
            )
        if labels.dtype.kind == "O":
            raise DataError(
                f"{name} must be numbers for regression: got text such as {labels[0]!r}. "
                "Choose another target, or pass task='classification'."
            )
        check_fits(name, labels)
        return "regression", labels.astype(np.float32)[:, None], None
    numbers, names = _encode(name, labels, names)
    return "classification", numbers, names


def check_fits(name: str, array: np.ndarray) -> None:
    """Refuse numbers that float32 would turn into infinity. `array` (N, ...) is numeric and finite."""
    if array.dtype.kind != "f" or array.dtype.itemsize <= 4 or not array.size:
        return
    largest = np.finfo(np.float32).max
    if max(array.max(), -array.min()) > largest:
        rows = np.flatnonzero((np.abs(array) > largest).reshape(len(array), -1).any(axis=1))
        raise DataError(
            f"{name} must fit in float32 (at most 3.4e38 in size): got larger numbers in {name_rows(rows)}. "
            "Change the unit of the column, or remove those rows."
        )


def as_labels(name: str, y: Any) -> np.ndarray:
    """`y` as (N,): booleans, numbers, or an object array that holds only str; checked."""
    if is_frame(y) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    labels = frame_column(y) if is_series(y) else as_array(name, y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ShapeError(
            f"{name} must be one column, (N,) or (N, 1): got shape {labels.shape}. "
            "For one-hot rows pass y.argmax(axis=1); choose one target at a time."
        )
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind in "UT":
        labels = labels.astype(object)
    is_text = False
    if labels.dtype.kind == "O":
        missing = np.flatnonzero([_is_missing(label) for label in labels])
        if len(missing):
            raise DataError(
                f"{name} must not contain missing values: got {len(missing)}, in {name_rows(missing)}. "
                "Remove those rows, or give them a label."
            )
        is_text = all(isinstance(label, str) for label in labels)
        if not is_text:
            if any(isinstance(label, str) for label in labels):
                raise DataError(
                    f"{name} must be all text or all numbers: got a mixture of both. Convert the column to one type."
                )
            # Numbers that arrived as objects become numbers; lists and the like stay objects, to be refused below.
            if not any(hasattr(label, "__len__") for label in labels):
                labels = np.asarray(labels.tolist())
    if not is_text:
        check_arrays(labels, names=(name, ""))
    elif not len(labels):
        raise DataError(f"{name} must not be empty: got shape (0,). Check how the data were read or filtered.")
    return labels


def _encode(name: str, labels: np.ndarray, names: tuple[str, ...] | None) -> tuple[np.ndarray, tuple[str, ...]]:
    if labels.dtype.kind == "f":
        fractions = np.flatnonzero(labels != np.round(labels))
        if len(fractions):
            raise DataError(
                f"{name} must be class labels for classification: got {labels[fractions[0]]:g} in "
                f"{name_rows(fractions)}. Pass task='regression', or round the column to whole numbers."
            )
    if names is not None and labels.dtype.kind == "O":
        number = {label: k for k, label in enumerate(names)}
        unknown = sorted(set(labels) - set(names))
        if unknown:
            raise DataError(
                f"{name} must hold only labels that classes names: got {unknown[0]!r}. Add it to classes, "
                "or remove its rows."
            )
        return np.asarray([number[label] for label in labels], dtype=np.int32), names
    if names is not None:
        beyond = np.flatnonzero((labels < 0) | (labels >= len(names)))
        if len(beyond):
            raise DataError(
                f"{name} must be class numbers from 0 to {len(names) - 1}, one per name in classes: got "
                f"{labels[beyond[0]]} in {name_rows(beyond)}. Name every class, or leave classes out."
            )
        return labels.astype(np.int32), names
    found, numbers = np.unique(labels, return_inverse=True)
    return numbers.astype(np.int32), tuple(str(int(label) if labels.dtype.kind == "f" else label) for label in found)


def _check_classes(classes: Sequence[str]) -> tuple[str, ...]:
    names = tuple(classes) if isinstance(classes, Iterable) and not isinstance(classes, str) else (classes,)
    if isinstance(classes, str) or not all(isinstance(c, str) for c in names) or len(set(names)) != len(names):
        raise ArgumentError(f"classes must be a sequence of different names: got {classes!r}. Example: ('no', 'yes').")
    if not names:
        raise ArgumentError("classes must name at least one class: got none. Leave it out to take the labels' own.")
    return names


def _is_missing(label: Any) -> bool:
    """None, NaN, and pandas's NA and NaT, without importing pandas."""
    return (
        label is None or type(label).__name__ in ("NAType", "NaTType") or (isinstance(label, float) and label != label)
    )
