"""What a training runs with and yet will hardly learn from: said once, in a sentence with a remedy.

Nothing here is an error, so each rule is drawn wide: it speaks only where a practitioner would shake their head, and
says nothing where it cannot see (layers and losses of one's own, generators, several outputs). It looks at a sample of
the rows, takes less than a millisecond, and never raises.
"""

import contextlib
import math
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import VitralWarning
from vitral.training.checks import loss_kind
from vitral.training.ends import first_layers, last_layer
from vitral.training.request import Request

_SAMPLE = 128  # rows
_LARGE = 7.0  # root mean square; numbers spread evenly over ±10 have 5.8, digits from 0 to 16 have 7.7
_SMALL = 0.01  # the largest of all
_USUAL_BATCH = 32  # Keras's own, and that of the command: whoever has it has not chosen
_FEW = 10  # rows that may all be of one class by chance

_WEIGHING = {
    *("Dense", "EinsumDense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D"),
    *("DepthwiseConv1D", "DepthwiseConv2D", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed"),
}
_CROSS_ENTROPIES = {"BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"}
_DISTANCES = {"MeanSquaredError": "mean squared error", "MeanAbsoluteError": "mean absolute error"}
_NO_PROBABILITIES = {
    *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "celu", "mish"),
    *("tanh", "softsign", "softplus"),
}


def advise(model: Any, request: Request, callbacks: Any) -> dict[str, str]:
    """What a user may want to change in a training that was checked: rule -> a sentence with a remedy."""
    rules: dict[str, Callable[[], str | None]] = {
        "scale": lambda: _on_scale(model, request),
        "batch": lambda: _on_batch(request),
        "activation": lambda: _on_activation(model),
        "validation": lambda: _on_validation(request, callbacks),
        "classes": lambda: _on_classes(model, request),
    }
    said = {}
    for name, rule in rules.items():
        with contextlib.suppress(Exception):  # arrays, layers and callbacks of others answer as they like
            sentence = rule()
            if sentence is not None:
                said[name] = sentence
    return said


def warn(sentence: str) -> None:
    """Warn, as if the caller of Vitral had."""
    home, level, frame = str(Path(__file__).parents[1]), 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(home):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, VitralWarning, stacklevel=level + 1)


# ---------------------------------------------------------------- inputs


def _on_scale(model: Any, request: Request) -> str | None:
    x = request.data[0]
    for name, array, place in _inputs(model, x):
        rows = _sample(array)
        if rows is None or rows.dtype.kind not in "fiu" or not rows.size:
            continue
        low, high = float(rows.min()), float(rows.max())
        largest = max(-low, high)
        if largest <= 1 and not 0 < largest < _SMALL:
            continue
        if rows.ndim > 3 and low < 0:  # images for a network that was trained elsewhere, prepared as there
            continue
        with np.errstate(all="ignore"):  # whose squares no float holds is far from 1
            mean, spread = float(rows.mean(dtype=np.float64)), float(rows.std(dtype=np.float64))
        if largest >= _SMALL and math.hypot(mean, spread) <= _LARGE:
            continue
        first = first_layers(model, place)
        if not first or any(type(layer).__name__ not in _WEIGHING for layer in first):
            continue  # an embedding, a Normalization or Rescaling, or a layer that may scale
        are_pixels = low >= 0 and 128 < high <= 255 and math.prod(rows.shape[1:]) >= 64
        remedy = "Divide it by 255" if are_pixels else f"Use ({name} - {name}.mean(0)) / ({name}.std(0) + 1e-7)"
        return (
            f"{name} is far from mean 0 and deviation 1, where networks learn best: it has mean {mean:.3g} and "
            f"deviation {spread:.3g}, from {low:g} to {high:g}. {remedy}, and all later inputs alike, or begin the "
            "model with keras.layers.Normalization."
        )
    return None


def _inputs(model: Any, x: Any) -> Iterator[tuple[str, Any, int]]:
    """Each input as the user wrote it: its name, its array, and which of the model's inputs it is."""
    if isinstance(x, dict):
        names = [tensor.name for tensor in model.inputs]
        for name, array in x.items():
            yield f"x[{name!r}]", array, names.index(name)
    elif isinstance(x, list | tuple):
        yield from ((f"x[{i}]", array, i) for i, array in enumerate(x))
    else:
        yield "x", x, 0


def _sample(array: Any) -> np.ndarray | None:
    """Some rows at even distances, of what is an array in this machine's memory."""
    if not isinstance(array, np.ndarray):
        if not hasattr(array, "iloc"):
            return None
        return np.asarray(array.iloc[:: math.ceil(len(array) / _SAMPLE)].to_numpy())
    return array[:: math.ceil(len(array) / _SAMPLE)] if array.ndim else None


# ---------------------------------------------------------------- sizes


def _on_batch(request: Request) -> str | None:
    size, (n_train, _) = request.batch_size, _n_rows(request)
    if size is None or n_train is None or size <= max(n_train, _USUAL_BATCH):
        return None
    return (
        f"batch_size is more than there are rows to train on: {size} of {n_train}, so that every epoch is a single "
        f'step. Use batch_size="all" if that is meant, else a smaller one such as {max(1, min(32, n_train // 4))}.'
    )


def _n_rows(request: Request) -> tuple[int | None, int]:
    """Rows to train on and rows held back of them; None for what cannot be counted."""
    if not _keras.can_slice(request.data):
        return None, 0
    n_rows = next(int(a.shape[0]) for a in _keras.flatten(request.data) if a is not None)
    if not request.validation_split or request.validation_data is not None:
        return n_rows, 0
    n_train = math.floor(n_rows * (1.0 - request.validation_split))
    return n_train, n_rows - n_train


# ---------------------------------------------------------------- the last layer and the loss


def _on_activation(model: Any) -> str | None:
    kind, options = loss_kind(model.loss)
    activation, n_outputs = last_layer(model)
    if activation is None:
        return None
    if activation == "softmax" and n_outputs == 1:
        return (
            "The model ends in a softmax of one unit, which is always 1: nothing can be learned. Use "
            'activation="sigmoid" with loss="binary_crossentropy" for two classes, or no activation for a value.'
        )
    if kind in _DISTANCES and activation == "softmax":
        return (
            f"The model ends in a softmax and its loss is the {_DISTANCES[kind]}, which hardly corrects an output that "
            'is confidently wrong. Use loss="categorical_crossentropy", or "sparse_categorical_crossentropy" for '
            "class numbers."
        )
    if kind not in _CROSS_ENTROPIES:
        return None
    loss = {"BinaryCrossentropy": "binary", "CategoricalCrossentropy": "categorical"}.get(kind, "sparse categorical")
    fitting = "sigmoid" if loss == "binary" else "softmax"
    if options.get("from_logits"):
        if activation not in ("softmax", "sigmoid"):
            return None
        return (
            f"The model ends in a {activation} and its loss applies another one (from_logits=True), which flattens "
            "every answer. Leave from_logits out, or the last layer's activation."
        )
    if activation in _NO_PROBABILITIES:
        has = "has no activation" if activation == "linear" else f"ends in {activation}"
        return (
            f"The model {has}, and its loss, {loss} cross-entropy, takes the outputs for probabilities. Use "
            f'activation="{fitting}" in the last layer, or from_logits=True in the loss.'
        )
    if loss == "binary" and activation == "softmax":
        return (
            "The model ends in a softmax and its loss is binary cross-entropy, which takes each output for a question "
            'of its own. Use loss="categorical_crossentropy" where each row is of one class, or '
            'activation="sigmoid" where it may be of several.'
        )
    if loss == "categorical" and n_outputs == 1:
        return (
            "The model has one output and its loss is categorical cross-entropy, which is then always 0: nothing can "
            'be learned. Use activation="sigmoid" with loss="binary_crossentropy".'
        )
    if loss != "binary" and activation == "sigmoid":
        return (
            f"The model ends in a sigmoid and its loss, {loss} cross-entropy, is for outputs that sum to 1. Use "
            'activation="softmax", or loss="binary_crossentropy" where a row may be of several classes.'
        )
    return None


# ---------------------------------------------------------------- what is watched, and classes


def _on_validation(request: Request, callbacks: Any) -> str | None:
    if request.validation_data is not None or request.validation_split:
        return None
    known = _keras.import_keras().callbacks
    for callback in _keras.callbacks_in(callbacks):
        if not isinstance(callback, known.EarlyStopping | known.ReduceLROnPlateau | known.ModelCheckpoint):
            continue
        if isinstance(callback, known.ModelCheckpoint) and not callback.save_best_only:
            continue
        if str(callback.monitor).startswith("val_"):
            name, training = type(callback).__name__, callback.monitor.removeprefix("val_")
            return (
                f"{name} waits for {callback.monitor!r}, and there are no validation rows to measure it on: it will "
                f"do nothing. Add validation_split=0.2 or validation_data=(x, y), or use {name}(monitor={training!r})."
            )
    return None


def _on_classes(model: Any, request: Request) -> str | None:
    kind, options = loss_kind(model.loss)
    y = request.data[1]
    if kind not in _CROSS_ENTROPIES or options.get("ignore_class") is not None or not hasattr(y, "shape"):
        return None
    y = np.asarray(y)
    if kind == "BinaryCrossentropy" and math.prod(y.shape[1:]) != 1:
        return None
    n_train, n_held = _n_rows(request)
    train, held = y[:n_train], y[n_train:] if n_held else y[:0]
    if _are_of_one_class(train):
        return (
            f"y names one class alone, {_class_of(train, kind)}, in all {len(train)} rows to train on: there is "
            f"nothing to tell it from. {'Shuffle the rows first' if n_held else 'Check how the rows were chosen'}."
        )
    if _are_of_one_class(held):
        return (
            f"The last {n_held} rows, which validation_split holds back, are all of class {_class_of(held, kind)}, and "
            "those to train on are not: rows that stand in the order of their classes. Shuffle them before the split."
        )
    return None


def _are_of_one_class(y: np.ndarray) -> bool:
    """Whether all targets are the same; most often a sample shows that they are not."""
    if len(y) < _FEW:
        return False
    some = y[:: math.ceil(len(y) / _SAMPLE)]
    return bool((some == y[0]).all() and (y == y[0]).all())


def _class_of(y: np.ndarray, kind: str | None) -> str:
    return str(int(y[0].argmax())) if kind == "CategoricalCrossentropy" else f"{y.reshape(-1)[0].item():g}"
