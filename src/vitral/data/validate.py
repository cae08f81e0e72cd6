"""Refuse arrays that cannot be trained on, before anything is compiled.

One pass over the data: types and row counts first (no data read), then floats in chunks that stay in the
processor's cache, so that a gigabyte of good data costs a fraction of a second and no copy.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from vitral._errors import DataError, ShapeError
from vitral._mapped import pieces

_CHUNK = 1 << 18  # values looked at together: a mask of 256 KB
_SHOWN_ROWS = 5


def check_arrays(x: Any, y: Any = None, *, names: tuple[str, str] = ("x", "y")) -> int:
    """Check that `x` and `y` are non-empty numeric arrays with the same rows and only finite numbers.

    Args:
        x: an array (N, ...), or dicts, lists and tuples of arrays, at any depth. NumPy, JAX and pandas objects
            and whatever else `np.asarray` reads are arrays; so is a plain list of numbers.
        y: the same, or None when there is none.
        names: what the error messages call the two.

    Returns:
        The number of rows N.

    Raises:
        ShapeError: an array without rows as its first axis, rows of different lengths, or parts that differ in rows.
        DataError: no data at all, text or objects (a DataFrame's column is named), NaN or infinity (with how
            many, and the first rows, counted from 0). Whole numbers and booleans need no such look.
    """
    leaves = list(_leaves(x, names[0]))
    if not leaves:
        raise DataError(f"{names[0]} must hold at least one array: got {x!r}. Pass an array with a row per example.")
    if y is not None:
        targets = list(_leaves(y, names[1]))
        if not targets:
            raise DataError(f"{names[1]} must hold at least one array: got {y!r}. Pass one, or None.")
        leaves += targets
    columns = [column for name, leaf in leaves for column in _columns(name, leaf)]
    for name, array in columns:
        _check_kind(name, array)
    first_name, first = leaves[0]
    n_rows = _n_rows(first_name, first)
    for name, leaf in leaves:
        if 0 in np.shape(leaf):
            raise DataError(
                f"{name} must not be empty: got shape {tuple(np.shape(leaf))}. "
                "Check how the data were read or filtered."
            )
    for name, leaf in leaves[1:]:
        rows = _n_rows(name, leaf)
        if rows != n_rows:
            raise ShapeError(
                f"{name} must have one row per row of {first_name}: {first_name} has {n_rows} rows, {name} has {rows}. "
                "Check how the arrays were split."
            )
    for name, array in columns:
        _check_finite(name, array)
    return n_rows


def name_rows(rows: np.ndarray) -> str:
    """«row 3», «rows 3 and 7», or «40 rows, the first 3, 7, …»; `rows` are sorted row numbers from 0."""
    shown = [str(int(row)) for row in rows[:_SHOWN_ROWS]]
    if len(rows) == 1:
        return f"row {shown[0]} (counted from 0)"
    if len(rows) <= _SHOWN_ROWS:
        return f"rows {', '.join(shown[:-1])} and {shown[-1]} (counted from 0)"
    return f"{len(rows)} rows, the first {', '.join(shown)} (counted from 0)"


def as_array(name: str, value: Any) -> np.ndarray:
    """`np.asarray(value)`, with rows of different lengths refused in a sentence."""
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ShapeError(
            f"{name} must be an array with rows of one length: got {type(value).__name__} ({_first_line(error)}). "
            "Pad or cut the rows to one length."
        ) from error


def is_frame(value: Any) -> bool:
    """Whether `value` is a pandas DataFrame; pandas is not imported to find out."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def is_series(value: Any) -> bool:
    """Whether `value` is a pandas Series or Index; pandas is not imported to find out."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.Series, pandas.Index))


def frame_column(column: Any) -> np.ndarray:
    """One pandas column as an array (N,): pandas's own nullable numbers become floats, with NaN for missing."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return column.to_numpy()
    if getattr(dtype, "_is_boolean", False) or getattr(dtype, "_is_numeric", False):
        if column.hasnans:
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
        return column.to_numpy(dtype=getattr(dtype, "numpy_dtype", np.float64))
    return np.asarray(column)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every array inside `value` with its name: x['image'], y[0]."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{name}[{key!r}]")
    elif isinstance(value, list | tuple) and _holds_arrays(value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{name}[{index}]")
    elif is_frame(value) or is_series(value):
        yield name, value
    else:
        yield name, as_array(name, value)


def _holds_arrays(value: Any) -> bool:
    """A list of arrays is several inputs; a list of numbers (or of lists of numbers) is one array."""
    if isinstance(value, list | tuple):
        return len(value) > 0 and _holds_arrays(value[0])
    return isinstance(value, dict) or len(getattr(value, "shape", ())) > 0


def _columns(name: str, leaf: Any) -> Iterator[tuple[str, np.ndarray]]:
    """What is looked at by itself: an array, or each column of a table."""
    if is_frame(leaf):
        for position, column in enumerate(leaf.columns):
            yield f"column {column!r} of {name}", frame_column(leaf.iloc[:, position])
    elif is_series(leaf):
        yield name, frame_column(leaf)
    else:
        yield name, leaf


def _n_rows(name: str, leaf: Any) -> int:
    shape = np.shape(leaf)
    if not shape:
        raise ShapeError(f"{name} must have a row per example: got a single value. Pass an array of shape (N, ...).")
    return shape[0]


def _check_kind(name: str, array: np.ndarray) -> None:
    kind = array.dtype.kind
    if kind in "biuf" or (kind == "V" and _is_small_float(array)):
        return
    what = {
        "O": "objects",
        "U": "text",
        "S": "text",
        "T": "text",
        "M": "dates",
        "m": "time spans",
        "c": "complex numbers",
    }.get(kind, str(array.dtype))
    if array.ndim == 0:
        what = f"a single {type(array.item()).__name__}" if kind == "O" else what
    elif array.size:
        example = repr(_example(array))
        what += f" such as {example if len(example) <= 60 else example[:57] + '…'}"
    raise DataError(
        f"{name} must be numbers: got {what}. Leave it out, or encode it as numbers (one-hot for categories)."
    )


def _example(array: np.ndarray) -> Any:
    """The first value that shows what is wrong, as plain Python prints it."""
    if array.dtype.kind != "O":
        value = array.flat[0]
        return str(value) if array.dtype.kind in "Mm" else value.item()
    return next((v for v in array.flat if not isinstance(v, int | float | np.number)), array.flat[0])


def _is_small_float(array: np.ndarray) -> bool:
    """bfloat16 and its kin, which NumPy files under 'V'."""
    return array.dtype.names is None and array.dtype.name.startswith(("bfloat", "float", "int", "uint"))


def _check_finite(name: str, array: np.ndarray) -> None:
    if array.dtype.kind in "biu" or (array.dtype.kind == "V" and array.dtype.name.startswith(("int", "uint"))):
        return
    if all(np.isfinite(piece).all() for _, piece in pieces(array, _CHUNK)):
        return
    n_bad, rows = 0, []
    for start, piece in pieces(array, _CHUNK):
        bad = ~np.isfinite(piece)
        n_bad += int(bad.sum())
        rows.append(start + np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1)))
    values = "1 such value" if n_bad == 1 else f"{n_bad} such values"
    raise DataError(
        f"{name} must not contain NaN or infinity: got {values}, in {name_rows(np.concatenate(rows))}. "
        "Remove those rows, or fill the gaps."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")[:120]
