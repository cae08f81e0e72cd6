"""What a training was asked to do, checked before anything is built, compiled or written."""

import math
from typing import Any

import numpy as np

from vitral import _keras
from vitral._checks import check_choice, check_int, check_number
from vitral._errors import ArgumentError, DataError, ShapeError
from vitral.data.validate import check_arrays
from vitral.training.request import Request

_ELEMENTWISE = {
    "MeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "Huber",
    "LogCosh",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "KLDivergence",
    "Poisson",
}


def check_model(model: Any) -> None:
    """`model` must be a Keras model that was compiled, with a learning rate that is not negative."""
    keras = _keras.import_keras()
    if not isinstance(model, keras.Model):
        raise ArgumentError(
            f"model must be a keras.Model: got {type(model).__name__}. Build one with keras or vitral.networks."
        )
    if not model.compiled:
        raise ArgumentError(
            f"model must be compiled before training: got {model.name!r}, which is not. You must call `compile()` "
            "first: model.compile(optimizer, loss)."
        )
    rate = learning_rate(model)
    if rate is not None and not rate >= 0:
        raise ArgumentError(
            f"the optimizer's learning rate must not be negative: got {rate:g}. Compile with a positive rate."
        )


def learning_rate(model: Any) -> float | None:
    """The optimizer's present learning rate; None where there is none that can be read."""
    keras = _keras.import_keras()
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        return None
    try:
        return float(_keras.to_numpy(model.optimizer.learning_rate))
    except (TypeError, ValueError, AttributeError):
        return None


def check_sizes(request: Request) -> None:
    """Counts must be positive whole numbers, fractions below one, choices known."""
    check_int("epochs", request.epochs, minimum=1)
    check_int("initial_epoch", request.initial_epoch, minimum=0)
    for name in ("batch_size", "steps_per_epoch", "validation_steps", "validation_batch_size"):
        if getattr(request, name) is not None:
            check_int(name, getattr(request, name), minimum=1)
    check_number("validation_split", request.validation_split, minimum=0, below=1)
    if request.verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f'verbose must be "auto", 0, 1 or 2: got {request.verbose!r}. Use 0 for silence.')
    if isinstance(request.shuffle, str):
        check_choice("shuffle", request.shuffle, ["batch"])
    freq = request.validation_freq
    if isinstance(freq, list | tuple | set):
        for epoch in freq:
            check_int("validation_freq", epoch, minimum=1, remedy="List the epochs to validate, counted from 1.")
    else:
        check_int("validation_freq", freq, minimum=1, remedy="Every how many epochs to validate.")
    if request.class_weight is not None:
        if not isinstance(request.class_weight, dict):
            raise ArgumentError(
                f"class_weight must be a dict from class number to weight: got {type(request.class_weight).__name__}. "
                "Write class_weight={0: 1.0, 1: 2.0}."
            )
        for label, weight in request.class_weight.items():
            check_number(f"class_weight[{label!r}]", weight, minimum=0)


def check_data(model: Any, request: Request) -> None:
    """Arrays must be numeric, finite, of one number of rows, and fit the model and a built-in loss."""
    x, y, sample_weight = request.data
    check_arrays(x, y)
    if sample_weight is not None:
        check_arrays(x, sample_weight, names=("x", "sample_weight"))
    _check_fit(model, x, y, ("x", "y"))
    if request.validation_data is not None:
        val_x, val_y, val_weight = _keras.import_keras().utils.unpack_x_y_sample_weight(request.validation_data)
        check_arrays(val_x, val_y, names=("validation x", "validation y"))
        if val_weight is not None:
            check_arrays(val_x, val_weight, names=("validation x", "validation sample_weight"))
        _check_fit(model, val_x, val_y, ("validation x", "validation y"))


def _check_fit(model: Any, x: Any, y: Any, names: tuple[str, str]) -> None:
    """One input and one output: their shapes against the model's, the labels against its loss."""
    inputs, output = _known_shape(model, "input_shape"), _known_shape(model, "output_shape")
    if inputs is not None and hasattr(x, "shape"):
        given = tuple(x.shape)
        if len(given) == len(inputs) and not _fits(given[1:], inputs[1:]):
            raise ShapeError(
                f"{names[0]} must have rows of shape {_shown(inputs)}, as the model's input: got {_shown(given)}. "
                "Reshape the data, or build the model for them."
            )
    if y is None or not hasattr(y, "shape") or isinstance(model.loss, dict | list):
        return
    kind, options = _loss_kind(model.loss)
    given = tuple(y.shape)
    n_classes = output[-1] if output is not None else None
    if kind == "SparseCategoricalCrossentropy":
        _check_class_numbers(y, given, output, n_classes, options, names[1])
    elif kind == "CategoricalCrossentropy" and n_classes and n_classes > 1 and given[1:] in ((), (1,)):
        raise DataError(
            f"{names[1]} must hold one column per class for categorical cross-entropy: got shape {given}, the model "
            f'has {n_classes} outputs. Use loss="sparse_categorical_crossentropy", or keras.utils.to_categorical(y).'
        )
    elif kind in ("BinaryCrossentropy", "BinaryFocalCrossentropy"):
        values = np.asarray(y)
        low, high = float(values.min()), float(values.max())
        if low < 0 or high > 1:
            raise DataError(
                f"{names[1]} must lie between 0 and 1 for binary cross-entropy: got values from {low:g} to {high:g}. "
                "Recode the labels as 0 and 1, or use another loss."
            )
    if kind in _ELEMENTWISE and output is not None and len(given) == len(output) and not _fits(given[1:], output[1:]):
        raise ShapeError(
            f"{names[1]} must have rows of shape {_shown(output)}, as the model's output: got {_shown(given)}. "
            "Change the last layer or the targets."
        )


def _check_class_numbers(
    y: Any, given: tuple, output: tuple | None, n_classes: int | None, options: dict[str, Any], name: str
) -> None:
    values = np.asarray(y)
    if output is not None and len(given) == len(output) and n_classes and given[-1] == n_classes and n_classes > 1:
        raise DataError(
            f"{name} must hold class numbers for sparse categorical cross-entropy: got shape {given}, one column per "
            'class. Use loss="categorical_crossentropy", or y.argmax(-1).'
        )
    if options.get("ignore_class") is not None:
        values = values[values != options["ignore_class"]]
    if not values.size:
        return
    low, high = values.min(), values.max()
    if values.dtype.kind == "f" and not np.array_equal(values, np.rint(values)):
        raise DataError(
            f"{name} must hold whole class numbers for sparse categorical cross-entropy: got "
            f"{float(values[values != np.rint(values)].flat[0]):g}. Use another loss for values that are not classes."
        )
    if low < 0 or (n_classes is not None and high >= n_classes):
        raise DataError(
            f"{name} must hold class numbers from 0 to {'K−1' if n_classes is None else n_classes - 1}, one per "
            f"output of the model: got {int(low)} to {int(high)}. Renumber the classes, or give the model more outputs."
        )


def _loss_kind(loss: Any) -> tuple[str | None, dict[str, Any]]:
    """Class name and options of a built-in loss; (None, {}) for a user's own."""
    keras = _keras.import_keras()
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None, {}
    if isinstance(loss, keras.losses.Loss):
        if not type(loss).__module__.startswith("keras."):
            return None, {}
        try:
            return type(loss).__name__, loss.get_config()
        except Exception:  # a loss wrapped around something that cannot be described
            return type(loss).__name__, {}
    name = getattr(loss, "__name__", "")
    is_built_in = bool(name) and getattr(keras.losses, name, None) is loss
    return (name.title().replace("_", "") if is_built_in else None), {}


def _known_shape(model: Any, which: str) -> tuple | None:
    """The one input's or output's shape with None for rows; None when there are several or it is not known yet."""
    try:
        shape = getattr(model, which)
    except (AttributeError, ValueError, RuntimeError):
        return None
    return tuple(shape) if isinstance(shape, tuple) and all(isinstance(d, int | None) for d in shape) else None


def _fits(given: tuple, wanted: tuple) -> bool:
    return all(w is None or g == w for g, w in zip(given, wanted, strict=True))


def _shown(shape: tuple) -> str:
    return "(" + ", ".join(["rows", *("any" if d is None else str(d) for d in shape[1:])]) + ")"


def first_bad_epoch(history: dict[str, list[Any]], epochs: list[int]) -> int | None:
    """The first epoch, counted from 1, whose training loss is not finite."""
    for epoch, loss in zip(epochs, history.get("loss", ()), strict=False):
        if isinstance(loss, float) and not math.isfinite(loss):
            return epoch + 1
    return None
