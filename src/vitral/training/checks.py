"""What a training was asked to do, checked before anything is built, compiled or written."""

import math
import numbers
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vitral import _keras
from vitral._checks import check_choice, check_int, check_number, nearest
from vitral._errors import ArgumentError, DataError, EngineError, ShapeError, UnknownNameError
from vitral._mapped import pieces
from vitral.data.validate import check_arrays
from vitral.training.request import Request

_PIECE = 1 << 20  # values looked at together

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


def check_backend() -> None:
    """Keras's backend must be one that trains: NumPy's and OpenVINO's only predict."""
    backend = _keras.import_keras().config.backend()
    if backend in ("numpy", "openvino"):
        raise EngineError(
            f"Keras's backend must be one that trains: got {backend}, which only predicts. "
            "Set KERAS_BACKEND=jax before keras is imported."
        )


def check_model(model: Any) -> None:
    """`model` must be a Keras model that was compiled, with a loss and metrics that Keras knows."""
    keras = _keras.import_keras()
    if isinstance(model, type):
        raise ArgumentError(
            f"model must be a keras.Model: got the class {model.__name__}. Make an instance: {model.__name__}(...)."
        )
    if not isinstance(model, keras.Model):
        shown = repr(model) if model is None else type(model).__name__
        raise ArgumentError(f"model must be a keras.Model: got {shown}. Build one with keras or vitral.networks.")
    if not model.compiled:
        raise ArgumentError(
            f"model must be compiled before training: got {model.name!r}, which is not. You must call `compile()` "
            "first: model.compile(optimizer, loss)."
        )
    for name in _strings(model.loss):
        _check_loss(name)
    if _keras.has_no_loss(model):
        raise ArgumentError(
            "model must be compiled with a loss: got loss=None, and no layer adds one. "
            "Write model.compile(optimizer, loss)."
        )


def check_rate(model: Any, callbacks: Any) -> None:
    """The learning rate must be positive; zero only where a callback may raise it."""
    rate = _keras.learning_rate(model)
    if rate is None or (rate == 0 and callbacks) or (rate > 0 and math.isfinite(rate)):
        return
    raise ArgumentError(
        f"the optimizer's learning rate must be a finite number above 0: got {rate:g}. "
        "Compile with a positive rate, such as 0.001."
    )


def check_callbacks(callbacks: Any) -> None:
    """`callbacks` must be Keras callbacks."""
    keras = _keras.import_keras()
    for callback in _keras.callbacks_in(callbacks):
        if isinstance(callback, type):
            raise ArgumentError(
                f"callbacks must be keras callbacks: got the class {callback.__name__}. "
                f"Make an instance: {callback.__name__}(...)."
            )
        if not isinstance(callback, keras.callbacks.Callback):
            raise ArgumentError(
                f"callbacks must be keras callbacks: got {callback!r}. "
                "Pass instances, or wrap a function: keras.callbacks.LambdaCallback(on_epoch_end=...)."
            )


def check_own_files(folder: Path, callbacks: Any) -> None:
    """No callback may write where the run will: it would be overwritten in the end."""
    own = {"run.json", "model.keras", "model.weights.h5", "arrays.safetensors", "report.html"}
    for callback in _keras.callbacks_in(callbacks):
        for name in ("filepath", "filename"):
            given = getattr(callback, name, None)
            if not isinstance(given, str | os.PathLike):
                continue
            target = Path(given).expanduser().absolute()
            if target.parent == folder and target.name in own:
                raise ArgumentError(
                    f"{type(callback).__name__}({name}=…) must not be a file of the run itself: got {target.name!r} in "
                    f"the folder out. Name it differently, such as 'best{target.suffix}'."
                )


def check_sizes(request: Request) -> Request:
    """Counts must be positive whole numbers, fractions below one, choices known; returned as plain Python values."""
    counts = {
        "batch_size": 'Use 32, or "all" for one batch of all rows.',
        "steps_per_epoch": "Leave it out to use all rows in each epoch.",
        "validation_steps": "Leave it out to use all validation rows.",
        "validation_batch_size": "Leave it out to use batch_size.",
    }
    plain: dict[str, Any] = {
        name: check_int(name, getattr(request, name), minimum=1, remedy=remedy)
        for name, remedy in counts.items()
        if getattr(request, name) is not None
    }
    plain["epochs"] = check_int("epochs", request.epochs, minimum=1, remedy="Use 1 or more.")
    remedy = "Leave it out to start at 0."
    plain["initial_epoch"] = check_int("initial_epoch", request.initial_epoch, minimum=0, remedy=remedy)
    remedy = "Use 0.2 to hold back the last fifth of the rows."
    split = check_number("validation_split", request.validation_split, minimum=0, below=1, remedy=remedy)
    plain["validation_split"] = split
    if request.verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f'verbose must be "auto", 0, 1 or 2: got {request.verbose!r}. Use 0 for silence.')
    if isinstance(request.shuffle, str):
        check_choice("shuffle", request.shuffle, ["batch"])
    freq = request.validation_freq
    if isinstance(freq, list | tuple | set):
        remedy = "List the epochs to validate, counted from 1."
        plain["validation_freq"] = [check_int("validation_freq", e, minimum=1, remedy=remedy) for e in sorted(freq)]
    else:
        remedy = "Say every how many epochs to validate."
        plain["validation_freq"] = check_int("validation_freq", freq, minimum=1, remedy=remedy)
    if request.class_weight is not None:
        _check_class_weight(request)
    return replace(request, **plain)


def _check_class_weight(request: Request) -> None:
    remedy = "Write class_weight={0: 1.0, 1: 2.0}."
    if not isinstance(request.class_weight, dict):
        kind = type(request.class_weight).__name__
        raise ArgumentError(f"class_weight must be a dict from class number to weight: got {kind}. {remedy}")
    if request.data[2] is not None:
        raise ArgumentError(
            "class_weight must be None beside sample_weight: got both. Multiply the two into one sample_weight."
        )
    for label, weight in request.class_weight.items():
        if isinstance(label, bool) or not isinstance(label, numbers.Integral) or label < 0:
            raise ArgumentError(f"class_weight must have class numbers as keys: got {label!r}. {remedy}")
        check_number(f"class_weight[{label!r}]", weight, minimum=0, remedy=remedy)


def check_data(model: Any, request: Request) -> None:
    """Arrays must be numeric, finite, of one number of rows, and fit the model and a built-in loss.

    Generators and data sets, which only training itself reads, pass.
    """
    x, y, sample_weight = request.data
    if _is_plain(x) or _keras.can_slice(x):
        _check_part(model, x, y, sample_weight, "", request.class_weight)
    validation = request.validation_data
    if validation is None:
        _check_split(request)
        return
    if isinstance(validation, str | bytes | numbers.Number | set | dict) or not _is_readable(validation):
        raise ArgumentError(
            f"validation_data must be (x, y) or (x, y, sample_weight): got {_shortly(validation)}. "
            "To hold back a share of x instead, use validation_split=0.2."
        )
    if isinstance(validation, tuple | list) or hasattr(validation, "shape"):
        parts = validation if isinstance(validation, tuple | list) else (validation,)
        if len(parts) not in (1, 2, 3):
            raise ArgumentError(
                f"validation_data must be (x, y) or (x, y, sample_weight): got {len(parts)} parts. "
                "Put several inputs into one list or dict."
            )
        val_x, val_y, val_weight = [*parts, None, None][:3]
        _check_part(model, val_x, val_y, val_weight, "validation ", None)


def _is_plain(x: Any) -> bool:
    """What can only be meant as an array, or as nothing: Keras would not know what to do with it."""
    return x is None or isinstance(x, list | tuple | dict | str | bytes | numbers.Number | set)


def _is_readable(data: Any) -> bool:
    return hasattr(data, "__iter__") or hasattr(data, "__getitem__") or hasattr(data, "get_jax_iterator")


def _shortly(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else type(value).__name__


def _check_part(model: Any, x: Any, y: Any, sample_weight: Any, prefix: str, class_weight: Any) -> None:
    """Inputs, targets and weights of the training or of the validation data."""
    names = (f"{prefix}x", f"{prefix}y")
    if x is None or isinstance(x, str | bytes | numbers.Number | set):
        raise ArgumentError(
            f"{names[0]} must be arrays of inputs: got {_shortly(x)}. Pass an array with a row per example."
        )
    if y is None and model.loss is not None and not _keras.overrides(model, ["train_step", "compute_loss"]):
        raise ArgumentError(
            f"{names[1]} must be given: got None, and the model's loss compares with it. "
            "Pass the targets, a row per row of x."
        )
    check_arrays(x, y, names=names)
    if sample_weight is not None:
        check_arrays(x, sample_weight, names=(names[0], f"{prefix}sample_weight"))
    for name, part in ((names[0], x), (names[1], y), (f"{prefix}sample_weight", sample_weight)):
        if part is not None and not _keras.can_slice(part):
            raise DataError(
                f"{name} must be an array: got {type(part).__name__}. Convert it first: np.asarray({name.split()[-1]})."
            )
    _check_fit(model, x, y, names)
    n_classes = (_known_shape(model, "output_shape") or (None,))[-1]
    if class_weight and n_classes and n_classes > 1 and max(class_weight) >= n_classes:
        raise ArgumentError(
            f"class_weight must name classes from 0 to {n_classes - 1}: got {max(class_weight)}. "
            "Number the classes as the model's outputs."
        )


def _check_split(request: Request) -> None:
    if not request.validation_split or not _keras.can_slice(request.data):
        return
    n_rows = next(
        len(a) if not hasattr(a, "shape") else a.shape[0] for a in _keras.flatten(request.data) if a is not None
    )
    n_train = math.floor(n_rows * (1.0 - request.validation_split))
    if n_train in (0, n_rows):
        raise ArgumentError(
            f"validation_split must leave rows on both sides: got {request.validation_split:g} of {n_rows} rows. "
            "Use another share, or more data."
        )


def _strings(structure: Any) -> list[str]:
    """The names inside a nested loss."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, list | tuple):
        return [name for item in structure for name in _strings(item)]
    return [structure] if isinstance(structure, str) else []


def _check_loss(name: str) -> None:
    losses = _keras.import_keras().losses
    try:
        losses.get(name)
    except ValueError:
        close = nearest(name, [n for n in vars(losses) if n.islower() and not n.startswith("_")])
        remedy = f"Did you mean {close!r}?" if close else "See dir(keras.losses) for the names."
        raise UnknownNameError(f"loss must be a name that keras.losses knows: got {name!r}. {remedy}") from None


def _check_fit(model: Any, x: Any, y: Any, names: tuple[str, str]) -> None:
    """One input and one output: their shapes against the model's, the labels against its loss."""
    inputs, output = _known_shape(model, "input_shape"), _known_shape(model, "output_shape")
    if inputs is not None and not hasattr(x, "shape") and len(_keras.flatten(x)) != 1:
        raise ShapeError(
            f"{names[0]} must be one array, as the model has one input: got {len(_keras.flatten(x))} in a "
            f"{type(x).__name__}. Join them with np.concatenate, or build a model with several inputs."
        )
    if inputs is not None and hasattr(x, "shape"):
        given = tuple(x.shape)
        # Keras adds or drops a last axis of one.
        is_spare_axis = (len(given) == len(inputs) - 1 and inputs[-1] == 1) or (
            len(given) == len(inputs) + 1 and given[-1] == 1
        )
        if not is_spare_axis and (len(given) != len(inputs) or not _fits(given[1:], inputs[1:])):
            raise ShapeError(
                f"{names[0]} must have rows of shape {_shown(inputs)}, as the model's input: got {_shown(given)}. "
                "Reshape the data, or build the model for them."
            )
    if y is None or not hasattr(y, "shape") or isinstance(model.loss, dict | list):
        return
    kind, options = loss_kind(model.loss)
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
        # In pieces: an autoencoder's targets are as large as its inputs.
        ends = [(piece.min(), piece.max()) for _, piece in pieces(np.asarray(y), _PIECE)]
        low, high = float(min(low for low, _ in ends)), float(max(high for _, high in ends))
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


def loss_kind(loss: Any) -> tuple[str | None, dict[str, Any]]:
    """Class name and options of a built-in loss; (None, {}) for a user's own."""
    keras = _keras.import_keras()
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None, {}
    if isinstance(loss, keras.losses.Loss):
        if type(loss).__module__ == "vitral.losses":
            inside = getattr(loss, "wrapped", loss)
            if not hasattr(loss, "kind"):  # a penalty makes no other targets
                return loss_kind(inside)
            return loss.kind, inside.get_config()
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
