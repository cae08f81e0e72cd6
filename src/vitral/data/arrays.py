"""From arrays to a `Dataset`: read targets, split rows, bring inputs to one scale. Every source ends here."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from vitral._checks import check_int
from vitral._errors import ArgumentError, DataError, ShapeError
from vitral.data.dataset import Dataset, Part
from vitral.data.labels import as_labels, check_fits, read_target
from vitral.data.options import DEFAULT_SHARE, Options
from vitral.data.split import choose_rows, split_rows
from vitral.data.standardizer import Standardizer
from vitral.data.validate import as_array, check_arrays, frame_column, is_frame

Pair = tuple[Any, Any]


def from_arrays(
    x: Any,
    y: Any,
    *,
    name: str = "arrays",
    task: str | None = None,
    classes: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    validation_data: Pair | None = None,
    test_data: Pair | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    standardize: bool | None = None,
    flatten: bool = True,
    n: int | None = None,
    source: str = "",
) -> Dataset:
    """Make a data set of arrays: checked, split, scaled. The arrays themselves are left as they are.

    Example:
        >>> import numpy as np
        >>> from vitral.data import from_arrays
        >>> from_arrays(np.arange(20.0).reshape(10, 2), ["no", "yes"] * 5)
        Dataset('arrays': 2 classes, x (N, 2), rows 6 train + 2 validation + 2 test)

    Args:
        x: inputs: (N, D) or (N,); a pandas DataFrame, whose columns name the features; images (N, H, W) or
            (N, H, W, C).
        y: targets (N,) or (N, 1). Text, booleans and whole numbers with at most 20 different values are
            classes; other numbers are values.
        name: what the data set is called.
        task: "classification" or "regression", where the guess from `y` is wrong.
        classes: class names in the order of their numbers; then `y` holds these names or these numbers. None:
            the different labels, sorted.
        feature_names: D names.
        image_shape: (H, W) or (H, W, C) of images whose pixels are given as rows (N, D).
        validation_data, test_data: (x, y) of a part that was set apart beforehand; kept as it is.
        validation, test: share of the rows of `x` for each part, 0 for none. None: 0.2, unless the part was
            set apart. Draws are stratified for classification; the only row of a class goes to training, and
            where a part would have fewer rows than there are classes the draw is a plain one. Where neither
            is drawn the rows keep their order.
        seed: of every draw. NumPy's global random state is neither read nor changed.
        standardize: whether each column gets mean 0 and standard deviation 1 over the train part. None: yes,
            except for images. Images of whole numbers are divided by 255 (uint8), or by the largest pixel
            (other types), so that they lie in [0, 1]; images of fractions stay as they are. `y` is never scaled.
        flatten: images as rows of pixels (N, H*W*C); False: (N, H, W, C), with C = 1 for grey ones.
        n: take only this many rows of `x`, a stratified draw, before splitting.
        source: where the data come from.

    Raises:
        ShapeError: rows that do not match, more than one column of targets, shapes that do not fit.
        DataError: empty, text, NaN or infinite inputs (with the rows), missing labels, too few rows to split.
        ArgumentError, UnknownNameError: an option breaks its rule.
    """
    options = Options(validation=validation, test=test, seed=seed, standardize=standardize, flatten=flatten, n=n)
    pairs = {"train": (x, y)}
    labels = {"train": ("x", "y")}
    for part, pair in (("validation", validation_data), ("test", test_data)):
        if pair is not None:
            if not isinstance(pair, tuple | list) or len(pair) != 2:
                raise ArgumentError(f"{part}_data must be a pair (x, y): got {type(pair).__name__}. Pass two arrays.")
            pairs[part] = (pair[0], pair[1])
            labels[part] = (f"{part}_data[0]", f"{part}_data[1]")
    return assemble(
        pairs,
        labels=labels,
        options=options,
        name=name,
        task=task,
        classes=classes,
        feature_names=feature_names,
        image_shape=image_shape,
        source=source,
    )


def assemble(
    pairs: dict[str, Pair],
    *,
    labels: dict[str, tuple[str, str]],
    options: Options,
    name: str,
    task: str | None,
    classes: Sequence[str] | None,
    feature_names: Sequence[str] | None,
    image_shape: Sequence[int] | None,
    source: str,
    recipe: dict[str, Any] | None = None,
) -> Dataset:
    """The work of `from_arrays`. `pairs`: (x, y) of "train" and parts set apart; `labels`: their names in messages."""
    inputs, columns = _read_inputs(pairs, labels)
    kind, targets, classes = _read_targets(pairs, labels, inputs, task=task, classes=classes)
    shape = _image_shape(inputs["train"], image_shape)
    names = _feature_names(feature_names if feature_names is not None else columns, inputs["train"])
    if shape is None and not options.flatten:
        raise ArgumentError(
            f"flatten must be True for data that are not images: got False for inputs of shape "
            f"{('N', *inputs['train'].shape[1:])}. Leave it out, or pass image_shape=(height, width)."
        )

    parts = _split(inputs, targets, options, stratified=kind == "classification")
    pixels = _largest_pixel(list(inputs.values())) if shape is not None else 1
    row_shape = inputs["train"].shape[1:]
    if shape is not None:
        row_shape = (int(np.prod(shape)),) if options.flatten else (*shape, 1)[:3]
    # Standardising needs the file's own precision (a year, a serial number): it comes before float32.
    is_standardized = options.standardize if options.standardize is not None else shape is None
    standardizer = None
    if is_standardized:
        standardizer = Standardizer.fit(_scaled(parts["train"][0], pixels, np.float64))
    made = {}
    for part, (x, y) in parts.items():
        if standardizer is None:
            x = _scaled(x, pixels, np.float32)
        else:
            x = standardizer.apply(_scaled(x, pixels, np.float64))
        made[part] = Part(x=x.reshape(len(x), *row_shape), y=y)
    return Dataset(
        name=name,
        task=kind,
        **made,
        classes=classes,
        image_shape=shape,
        feature_names=names,
        standardizer=standardizer,
        source=source,
        recipe=recipe,
    )


def _read_inputs(
    pairs: dict[str, Pair], labels: dict[str, tuple[str, str]]
) -> tuple[dict[str, np.ndarray], list[str] | None]:
    """Checked inputs (N, D), (N, H, W) or (N, H, W, C) of each part, and the column names of a DataFrame."""
    inputs, columns = {}, None
    for part, (x, _) in pairs.items():
        name = labels[part][0]
        if is_frame(x):
            check_arrays(x, names=(name, ""))
            columns = [str(column) for column in x.columns]
            array = np.column_stack([frame_column(x.iloc[:, i]) for i in range(x.shape[1])])
        else:
            array = as_array(name, x)
            check_arrays(array, names=(name, ""))
        array = array[:, None] if array.ndim == 1 else array
        if array.ndim > 4:
            raise ShapeError(
                f"{name} must be rows (N, D) or images (N, H, W) or (N, H, W, C): got shape {array.shape}. Reshape it."
            )
        check_fits(name, array)
        if array.shape[1:] != inputs.get("train", array).shape[1:]:
            raise ShapeError(
                f"{name} must have rows like {labels['train'][0]}: got {array.shape[1:]} and "
                f"{inputs['train'].shape[1:]}. Use the same columns in every part."
            )
        inputs[part] = array
    return inputs, columns


def _read_targets(
    pairs: dict[str, Pair],
    labels: dict[str, tuple[str, str]],
    inputs: dict[str, np.ndarray],
    *,
    task: str | None,
    classes: Sequence[str] | None,
) -> tuple[Any, dict[str, np.ndarray], tuple[str, ...] | None]:
    """Task, targets of each part and class names; classes are numbered over all parts together."""
    columns = {part: as_labels(labels[part][1], y) for part, (_, y) in pairs.items()}
    for part, column in columns.items():
        x_name, y_name = labels[part]
        if len(column) != len(inputs[part]):
            raise ShapeError(
                f"{y_name} must have one row per row of {x_name}: {x_name} has {len(inputs[part])} rows, "
                f"{y_name} has {len(column)}. Check how the arrays were split."
            )
    if len({column.dtype.kind == "O" for column in columns.values()}) > 1:
        raise DataError(
            f"{labels['train'][1]} must hold the same kind of labels in every part: got text in one and numbers "
            "in another. Convert them to one type."
        )
    kind, encoded, names = read_target(
        np.concatenate(list(columns.values())), task=task, classes=classes, name=labels["train"][1]
    )
    ends = np.cumsum([len(column) for column in columns.values()])
    return kind, dict(zip(columns, np.split(encoded, ends[:-1]), strict=True)), names


def _split(
    inputs: dict[str, np.ndarray], targets: dict[str, np.ndarray], options: Options, *, stratified: bool
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(x, y) of train, validation and test: parts set apart as they are, the others drawn from the train rows."""
    shares = {}
    for part in ("validation", "test"):
        share = getattr(options, part)
        if part in inputs and share:
            raise ArgumentError(
                f"{part} must be left out, or 0, for data that come with a {part} part of their own: got {share:g}. "
                f"Leave it out to use that part."
            )
        shares[part] = DEFAULT_SHARE if share is None and part not in inputs else share or 0.0
    x, y = inputs["train"], targets["train"]
    numbers = y if stratified else None
    rows = choose_rows(len(x), numbers, n=options.n, seed=options.seed)
    chosen = split_rows(rows, numbers, **shares, seed=options.seed)
    parts = {part: (x[part_rows], y[part_rows]) for part, part_rows in chosen._asdict().items()}
    for part in ("validation", "test"):
        if part in inputs and getattr(options, part) is None:
            parts[part] = (inputs[part], targets[part])
    return parts


def _image_shape(x: np.ndarray, given: Sequence[int] | None) -> tuple[int, ...] | None:
    """(H, W), or (H, W, C) for more than one channel; None for tables."""
    if given is None:
        if x.ndim == 2:
            return None
        return x.shape[1:3] if x.ndim == 3 or x.shape[3] == 1 else x.shape[1:]
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) not in (2, 3):
        raise ArgumentError(f"image_shape must be (height, width) or (height, width, channels): got {given!r}.")
    shape = tuple(check_int(f"image_shape[{i}]", side, minimum=1) for i, side in enumerate(given))
    if math.prod(shape) != math.prod(x.shape[1:]):
        raise ShapeError(
            f"image_shape must multiply to the {math.prod(x.shape[1:])} values of a row of x: got {shape}, which "
            f"is {math.prod(shape)}. Give the height and width of the images."
        )
    return shape[:2] if shape[2:] == (1,) else shape


def _feature_names(given: Sequence[str] | None, x: np.ndarray) -> tuple[str, ...] | None:
    if given is None:
        return None
    n_columns = int(np.prod(x.shape[1:]))
    names = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else ()
    if len(names) != n_columns or not all(isinstance(name, str) for name in names):
        got = f"{len(names)} in {type(given).__name__}" if names else repr(given)
        raise ArgumentError(
            f"feature_names must be one name for each of the {n_columns} columns of x: got {got}. "
            "Leave it out if the columns have no names."
        )
    return names


def _largest_pixel(images: list[np.ndarray]) -> float:
    """What whole-number pixels are divided by, to lie in [0, 1]."""
    kind = images[0].dtype
    if kind == np.uint8:
        return 255
    if kind.kind not in "iu":
        return 1
    return max(1, *(int(array.max()) for array in images))


def _scaled(x: np.ndarray, divisor: float, dtype: type) -> np.ndarray:
    """A copy of `x` as `dtype`, divided in place."""
    out = x.astype(dtype)
    if divisor != 1:
        out /= divisor
    return out
