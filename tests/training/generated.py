"""Models and trainings made up by hypothesis: small, of every kind, and always ones that Keras accepts."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from hypothesis import strategies as st
from keras import layers

_ACTIVATIONS = ["relu", "tanh", "sigmoid", "elu", "gelu", "linear", "softplus", "leaky_relu", "silu"]
_REGULARISERS = [None, None, "l1", "l2", keras.regularizers.L1L2(0.003, 0.02)]
_CONSTRAINTS = [None, None, "non_neg", "max_norm"]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One made-up training, printed when it fails.

    Attributes:
        kind: the shape of a row: "flat" (D,), "line" (T, D) or "image" (H, W, C).
        hidden: (name of a layer, size, activation) from input to output.
        style: how the model is written: "sequential", "functional" (with a skip from input to output) or "own".
        task: (loss, metrics): what the last layer and the targets are for.
        validation: "none", "data", "weighted" or "split".
        weights: "none", "sample" or "class".
        is_watched: a callback on the host sees every epoch, so that none share a dispatch.
    """

    kind: str
    hidden: tuple[tuple[str, int, str], ...]
    style: str
    regulariser: int
    constraint: str | None
    use_bias: bool
    optimizer: tuple[str, tuple[tuple[str, Any], ...]]
    task: str
    loss: str
    metrics: tuple[str, ...]
    rows: int
    batch_size: int
    epochs: int
    shuffle: Any
    validation: str
    validation_batch_size: int | None
    validation_freq: int
    weights: str
    steps_per_execution: int
    is_watched: bool


_LAYERS = {
    "flat": ["Dense", "Dense", "Dense", "Dropout", "GaussianNoise", "BatchNormalization", "LayerNormalization"],
    "line": ["Dense", "Conv1D", "SeparableConv1D", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "MaxPooling1D"],
    "image": ["Conv2D", "Conv2D", "DepthwiseConv2D", "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D", "Dropout"],
}
_TASKS = {
    "regression": (["mse", "mae", "huber", "log_cosh"], ["mae", "mse", "R2Score", "RootMeanSquaredError"]),
    "binary": (["binary_crossentropy", "mse", "hinge"], ["accuracy", "AUC", "Precision", "Recall"]),
    "classes": (["sparse_categorical_crossentropy"], ["accuracy", "sparse_categorical_crossentropy"]),
    "one-hot": (["categorical_crossentropy", "kl_divergence"], ["accuracy", "F1Score", "CategoricalHinge"]),
}
_RATES = st.sampled_from([0.001, 0.01, 0.05])
_OPTIONS: dict[str, dict[str, st.SearchStrategy]] = {
    "SGD": {"momentum": st.sampled_from([0.0, 0.9]), "nesterov": st.booleans()},
    "Adam": {"amsgrad": st.booleans(), "beta_1": st.sampled_from([0.9, 0.7])},
    "RMSprop": {"centered": st.booleans()},
    "AdamW": {},
    "Nadam": {},
    "Adagrad": {},
    "Adamax": {},
    "Lion": {},
}
_ANY_OPTIMIZER = {
    "clipnorm": st.sampled_from([None, None, 1.0]),
    "weight_decay": st.sampled_from([None, None, 0.01]),
    "use_ema": st.sampled_from([False, False, True]),
    "gradient_accumulation_steps": st.sampled_from([None, None, 2]),
}


@st.composite
def _optimizers(draw: st.DrawFn) -> tuple[str, tuple[tuple[str, Any], ...]]:
    name = draw(st.sampled_from(sorted(_OPTIONS)))
    options = {"learning_rate": draw(_RATES)}
    options |= {key: draw(values) for key, values in _OPTIONS[name].items()}
    options |= {key: draw(values) for key, values in _ANY_OPTIMIZER.items()}
    return name, tuple((key, value) for key, value in options.items() if value is not None)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Any training that the classes above can describe."""
    kind = draw(st.sampled_from(["flat", "flat", "flat", "line", "image"]))
    one = st.tuples(st.sampled_from(_LAYERS[kind]), st.integers(1, 7), st.sampled_from(_ACTIVATIONS))
    task = draw(st.sampled_from(sorted(_TASKS)))
    losses, metrics = _TASKS[task]
    rows = draw(st.integers(4, 50))
    return Spec(
        kind=kind,
        hidden=tuple(draw(st.lists(one, max_size=4 if kind == "flat" else 2))),
        style=draw(st.sampled_from(["sequential", "functional", "own"])),
        regulariser=draw(st.integers(0, len(_REGULARISERS) - 1)),
        constraint=draw(st.sampled_from(_CONSTRAINTS)),
        use_bias=draw(st.booleans()),
        optimizer=draw(_optimizers()),
        task=task,
        loss=draw(st.sampled_from(losses)),
        metrics=tuple(draw(st.lists(st.sampled_from(metrics), unique=True, max_size=3))),
        rows=rows,
        batch_size=draw(st.integers(max(1, rows // 9), rows + 3)),
        epochs=draw(st.integers(1, 4)),
        shuffle=draw(st.sampled_from([True, True, False, "batch"])),
        validation=draw(st.sampled_from(["none", "data", "weighted", "split"])),
        validation_batch_size=draw(st.sampled_from([None, None, 3])),
        validation_freq=draw(st.sampled_from([1, 1, 2])),
        weights=draw(st.sampled_from(["none", "none", "sample", "class" if task == "classes" else "sample"])),
        steps_per_execution=draw(st.sampled_from([1, 1, 1, 3])),
        is_watched=draw(st.booleans()),
    )


_SHAPES = {"flat": (5,), "line": (6, 3), "image": (6, 6, 2)}


def _hidden(spec: Spec, name: str, size: int, activation: str) -> Any:
    """One hidden layer; sizes and activations where it has them."""
    weighted = {
        "activation": activation,
        "use_bias": spec.use_bias,
        "kernel_regularizer": _REGULARISERS[spec.regulariser],
        "kernel_constraint": spec.constraint,
    }
    match name:
        case "Dense":
            return layers.Dense(size, **weighted)
        case "Conv1D" | "Conv2D" | "Conv2DTranspose":
            return getattr(layers, name)(size, 2, padding="same", strides=1 + size % 2, **weighted)
        case "SeparableConv1D":
            return layers.SeparableConv1D(size, 2, padding="same", activation=activation)
        case "DepthwiseConv2D":
            return layers.DepthwiseConv2D(2, padding="same", depth_multiplier=1 + size % 3, activation=activation)
        case "LSTM" | "GRU" | "SimpleRNN":
            return getattr(layers, name)(size, return_sequences=True, dropout=0.1 * (size % 2))
        case "Bidirectional":
            return layers.Bidirectional(layers.LSTM(size, return_sequences=True))
        case "MaxPooling1D" | "MaxPooling2D" | "AveragePooling2D":
            return getattr(layers, name)(2, padding="same")
        case "Dropout" | "GaussianNoise":
            return getattr(layers, name)(0.1 * size)
        case "BatchNormalization":
            return layers.BatchNormalization(momentum=0.9, center=spec.use_bias)
        case _:
            return layers.LayerNormalization()


def _last(spec: Spec) -> Any:
    match spec.task:
        case "regression":
            return layers.Dense(2)
        case "binary":
            return layers.Dense(1, activation="sigmoid")
        case _:
            return layers.Dense(3, activation="softmax")


class _Own(keras.Model):
    """A subclassed model: its layers in a row."""

    def __init__(self, rest: list[Any]) -> None:
        super().__init__()
        self.rest = rest

    def call(self, x: Any, training: bool = False) -> Any:
        for layer in self.rest:
            x = layer(x, training=training) if _takes_training(layer) else layer(x)
        return x


def _takes_training(layer: Any) -> bool:
    return layer._call_has_training_arg


def build(spec: Spec) -> Any:
    """The compiled model that `spec` describes."""
    hidden = [_hidden(spec, *one) for one in spec.hidden]
    if spec.style == "functional":
        inputs = keras.Input(_SHAPES[spec.kind])
        h = inputs
        for layer in hidden:
            h = layer(h)
        joined = layers.Concatenate()([layers.Flatten()(h), layers.Flatten()(inputs)])
        model = keras.Model(inputs, _last(spec)(joined))
    else:
        rest = [*hidden, layers.Flatten(), _last(spec)]
        model = keras.Sequential(rest) if spec.style == "sequential" else _Own(rest)
    name, options = spec.optimizer
    model.compile(
        getattr(keras.optimizers, name)(**dict(options)),
        spec.loss,
        metrics=list(spec.metrics),
        weighted_metrics=list(spec.metrics)[:1] if spec.weights != "none" else None,
        steps_per_execution=spec.steps_per_execution,
    )
    return model


def arguments(spec: Spec) -> dict[str, Any]:
    """What `fit` is given."""
    rng = np.random.default_rng(spec.rows)
    x = rng.normal(size=(spec.rows, *_SHAPES[spec.kind])).astype("float32")
    classes = rng.integers(0, 3, size=spec.rows)
    y = {
        "regression": rng.normal(size=(spec.rows, 2)).astype("float32"),
        "binary": rng.integers(0, 2, size=(spec.rows, 1)).astype("float32"),
        "classes": classes,
        "one-hot": np.eye(3, dtype="float32")[classes],
    }[spec.task]
    weights = rng.uniform(0.1, 2, size=spec.rows).astype("float32")
    n = max(1, spec.rows // 3)
    given: dict[str, Any] = {
        "x": x,
        "y": y,
        "batch_size": spec.batch_size,
        "epochs": spec.epochs,
        "shuffle": spec.shuffle,
        "validation_freq": spec.validation_freq,
        "validation_batch_size": spec.validation_batch_size,
    }
    if spec.weights == "sample":
        given["sample_weight"] = weights
    elif spec.weights == "class":
        given["class_weight"] = {0: 0.5, 1: 1.0, 2: 3.0}
    if spec.validation == "split":
        given["validation_split"] = 0.3
    elif spec.validation != "none":
        given["validation_data"] = (x[:n], y[:n], weights[:n])[: 3 if spec.validation == "weighted" else 2]
    if spec.is_watched:
        given["callbacks"] = [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)]
    return given
