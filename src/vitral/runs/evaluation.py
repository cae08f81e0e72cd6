"""What a trained model says about the rows it was not trained on.

A training hands over where to look (`EvaluationSource`); looking happens when somebody asks, that is when a run is
saved or reported on. Looking leaves no trace: variables, metrics and random generators are afterwards as before.
"""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from vitral._mapped import give_back, is_mapped
from vitral.measures import largest_residuals, most_wrong, residual_statistics

N_WORST = 24
_BATCH = 256
_MOST_BYTES = 1 << 28  # of rows that are read out of a mapped file


@dataclass(frozen=True, kw_only=True)
class EvaluationSource:
    """The best unseen rows that a training had, and what is known of them; `None` where that is to be found out.

    Example:
        >>> source = EvaluationSource(part="test", x=np.zeros((5, 2)), y=np.zeros(5), task="regression")
        >>> source.part, source.classes is None
        ('test', True)
    """

    part: str  # "test" | "validation" | "train"
    x: Any  # as the model takes it; pictures and tables only when one array (N, ...)
    y: Any  # (N,), (N, 1), (N, K) one-hot, or (N, ...) numbers
    task: str | None = None  # "classification" | "regression"
    classes: tuple[str, ...] | None = None
    image_shape: tuple[int, ...] | None = None
    feature_names: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Predictions on one part of the data. N rows, K classes, D numbers a row, W ≤ 24 worst rows.

    The worst rows are, for classes, the wrong ones, the surest mistake first; for numbers, those missed by most.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> found = vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), validation_split=0.5, verbose=0).evaluation
        >>> found.part, found.task, found.n, found.prediction.shape
        ('validation', 'regression', 4, (4, 1))
    """

    part: str  # "test" | "validation" | "train"
    task: str  # "classification" | "regression"
    n: int
    target: np.ndarray | None  # (N,) class numbers, or (N, 1) values; None for D > 1 values a row
    prediction: np.ndarray | None  # (N, K) probabilities, or (N, 1) values; None for D > 1 values a row
    classes: tuple[str, ...] | None
    image_shape: tuple[int, ...] | None
    feature_names: tuple[str, ...] | None
    residuals: dict[str, float] | None  # mae, rmse, r2, bias; None for classes
    worst: np.ndarray  # (W,) row numbers within the part
    worst_x: np.ndarray | None  # (W, ...) their inputs; None when the model takes several
    worst_target: np.ndarray  # (W,) or (W, ...)
    worst_prediction: np.ndarray  # (W, K) or (W, ...)
    scores: dict[str, float] = field(default_factory=dict)  # loss and compiled metrics, as model.evaluate gives them


def evaluate(model: Any, source: EvaluationSource) -> Evaluation | None:
    """Ask `model` about the rows of `source`; in mapped files, about rows at even distances that take 256 MiB at most.

    Returns:
        The evaluation; None where outputs or targets are of a kind that cannot be summed up (several of them,
        sequences, text, several labels a row).
    """
    from vitral._keras import import_keras

    keras = import_keras()
    if isinstance(source.y, dict | tuple) or source.y is None:
        return None
    source, rows = _some_rows(source)
    target = np.asarray(source.y)
    if target.dtype.kind not in "biuf" or not target.ndim or not len(target):
        return None
    with _no_trace(model):
        try:
            raw = model.predict(source.x, batch_size=_BATCH, verbose=0)
        except Exception:  # a model that only trains (a custom step, a missing call) has no predictions to show
            return None
        if isinstance(raw, dict | tuple | list):
            return None
        output = np.asarray(raw)
        if output.dtype.kind not in "biuf":  # bfloat16 and its like
            output = output.astype(np.float32)
        scores = {}
        if getattr(model, "compiled", False):
            with contextlib.suppress(Exception):  # figures of the model's own; the predictions stand without them
                found = model.evaluate(source.x, source.y, batch_size=_BATCH, verbose=0, return_dict=True)
                scores = {k: _plain(v) for k, v in found.items()}
        loss = _Loss.of(model, keras)
        if loss.from_logits:
            output = _probabilities(output, loss)
    found = _as_classes(source, target, output, loss) or _as_numbers(source, target, output, loss)
    if found is None:
        return None
    x = np.asarray(source.x) if hasattr(source.x, "__array__") else np.empty(0)
    has_rows = x.ndim > 1 and len(x) == len(target) and x.dtype.kind in "biuf"
    worst_x = x[found["worst"]] if has_rows else None
    if rows is not None:
        found["worst"] = rows[found["worst"]]
    return Evaluation(
        part=source.part,
        n=len(target),
        image_shape=tuple(source.image_shape) if source.image_shape else _picture_shape(x) if has_rows else None,
        feature_names=tuple(source.feature_names) if source.feature_names else None,
        worst_x=worst_x,
        scores=scores,
        **found,
    )


def _some_rows(source: EvaluationSource) -> tuple[EvaluationSource, np.ndarray | None]:
    """The source, or as much of it as memory should hold, and which rows these are; None for all of them."""
    from vitral._keras import flatten, import_keras

    leaves = flatten((source.x, source.y))
    if not any(is_mapped(a) for a in leaves) or not all(isinstance(a, np.ndarray) for a in leaves):
        return source, None
    n_rows, size = len(leaves[0]), sum(a.nbytes for a in leaves)
    n = max(1, n_rows * _MOST_BYTES // max(1, size))
    if n >= n_rows:
        return source, None
    rows = np.arange(n) * n_rows // n
    x, y = import_keras().tree.map_structure(lambda a: np.array(a[rows]), (source.x, source.y))
    for array in leaves:
        give_back(array)
    return replace(source, x=x, y=y), rows


# ---------------------------------------------------------------- targets, outputs, losses


@dataclass(frozen=True)
class _Loss:
    kind: str  # "sparse" | "categorical" | "binary" | "other"
    from_logits: bool

    @classmethod
    def of(cls, model: Any, keras: Any) -> "_Loss":
        """What the compiled loss says of the outputs' meaning."""
        loss: Any = getattr(model, "loss", None)
        if isinstance(loss, list | tuple) and len(loss) == 1:
            loss = loss[0]
        from_logits = False
        while (inside := getattr(loss, "wrapped", None)) is not None:  # of vitral.losses, a loss around another
            loss = inside
        if isinstance(loss, str):
            with contextlib.suppress(ValueError):  # abbreviations such as "bce"
                loss = keras.losses.get(loss)
        if isinstance(loss, keras.losses.Loss):
            with contextlib.suppress(Exception):  # a user's own loss may have no config
                from_logits = bool(cast(Any, loss).get_config().get("from_logits", False))
        name = getattr(loss, "__name__", type(loss).__name__).lower().replace("_", "")
        if "crossentropy" not in name:
            return cls("other", from_logits)
        kinds = [kind for kind in ("sparse", "categorical", "binary") if kind in name]
        return cls(kinds[0] if kinds else "other", from_logits)


def _probabilities(output: np.ndarray, loss: _Loss) -> np.ndarray:
    z = output.astype(np.float64)
    if loss.kind == "binary" or output.shape[-1] == 1:
        return (np.exp(-np.logaddexp(0, -z))).astype(output.dtype)
    z = z - z.max(axis=-1, keepdims=True)
    return (np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)).astype(output.dtype)


def _as_classes(source: EvaluationSource, target: np.ndarray, output: np.ndarray, loss: _Loss) -> dict[str, Any] | None:
    """Class numbers (N,) and probabilities (N, K), where target and output can be read so."""
    if source.task == "regression" or (source.task is None and loss.kind == "other"):
        return None
    if output.ndim == 1:
        output = output[:, None]
    if output.ndim != 2 or len(output) != len(target):
        return None
    n_outputs = output.shape[1]
    labels = target.reshape(len(target), -1)
    if labels.shape[1] == 1 and _is_whole(labels):
        labels = labels[:, 0].astype(np.int64)
    elif labels.shape == output.shape and n_outputs > 1 and _is_one_hot(labels):
        labels = labels.argmax(axis=1)
    else:
        return None
    if n_outputs == 1:  # one sigmoid output: the probability of class 1
        output = np.concatenate([1 - output, output], axis=1)
    if labels.min() < 0 or labels.max() >= output.shape[1]:
        return None
    classes = tuple(str(c) for c in source.classes or ())
    worst = most_wrong(labels, np.nan_to_num(output, nan=0.0), N_WORST)
    return {
        "task": "classification",
        "target": labels.astype(np.int32),
        "prediction": output,
        "classes": classes if len(classes) == output.shape[1] else tuple(str(k) for k in range(output.shape[1])),
        "residuals": None,
        "worst": worst,
        "worst_target": labels[worst].astype(np.int32),
        "worst_prediction": output[worst],
    }


def _as_numbers(source: EvaluationSource, target: np.ndarray, output: np.ndarray, loss: _Loss) -> dict[str, Any] | None:
    """Values and their residuals, where target and output have one shape."""
    if source.task == "classification" or (source.task is None and loss.kind in ("sparse", "categorical")):
        return None
    columns, guessed = target.reshape(len(target), -1), output.reshape(len(output), -1)
    if columns.shape != guessed.shape:
        return None
    if loss.kind == "binary" and columns.shape[1] > 1 and np.isin(columns, (0, 1)).all():
        x = np.asarray(source.x) if hasattr(source.x, "__array__") else np.empty(0)
        if not np.array_equal(x.reshape(len(x), -1), columns):  # several labels a row, and no autoencoder
            return None
    statistics = residual_statistics(columns, guessed)
    one = columns.shape[1] == 1
    worst = largest_residuals(columns, guessed, N_WORST)
    return {
        "task": "regression",
        "target": columns if one else None,
        "prediction": guessed if one else None,
        "classes": None,
        "residuals": {name: getattr(statistics, name) for name in ("mae", "rmse", "r2", "bias")},
        "worst": worst,
        "worst_target": target[worst],
        "worst_prediction": output[worst],
    }


def _is_whole(labels: np.ndarray) -> bool:
    return labels.dtype.kind in "biu" or bool(np.isfinite(labels).all() and (labels == np.floor(labels)).all())


def _is_one_hot(labels: np.ndarray) -> bool:
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _picture_shape(x: Any) -> tuple[int, ...] | None:
    """(H, W) or (H, W, 3) where the inputs are plainly pictures."""
    shape = tuple(x.shape[1:])
    if len(shape) == 3 and shape[2] in (1, 3) and min(shape[:2]) > 1:
        return shape[:2] if shape[2] == 1 else shape
    return None


def _plain(value: Any) -> Any:
    value = np.asarray(value)
    return float(value) if value.size == 1 else value.tolist()


# ---------------------------------------------------------------- without a trace


@contextlib.contextmanager
def _no_trace(model: Any) -> Iterator[None]:
    """Put the model's variables and the random generators back afterwards."""
    variables = _variables(model)
    values = values_of(variables)
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def values_of(variables: list[Any]) -> list[np.ndarray]:
    """Copies of Keras variables' values (`Variable.numpy` makes NumPy 2 warn)."""
    from vitral._keras import import_keras

    keras = import_keras()
    return [np.array(keras.ops.convert_to_numpy(v.value)) for v in variables]


def _variables(model: Any) -> list[Any]:
    """Every variable that predicting or evaluating may touch, each once: weights, seeds, metrics."""
    candidates = [*model.variables, *model.metrics_variables]
    return list({id(v): v for v in candidates}.values())
