"""What was trained, how and on what, as values that JSON knows: the part of a run that can be read years later."""

import contextlib
import json
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vitral import _keras
from vitral._digest import digest
from vitral.data import Dataset, Standardizer
from vitral.runs.evaluation import EvaluationSource
from vitral.training.request import Request


def describe_settings(model: Any, request: Request, callbacks: Any) -> dict[str, Any]:
    """The training arguments, the optimizer's settings, loss and metrics, and callbacks by class name."""
    keras = _keras.import_keras()
    settings = {
        name: getattr(request, name) if name == "class_weight" else _plain(getattr(request, name))
        for name in (
            "batch_size",
            "epochs",
            "validation_split",
            "shuffle",
            "class_weight",
            "initial_epoch",
            "steps_per_epoch",
            "validation_steps",
            "validation_batch_size",
            "validation_freq",
        )
    }
    compiled: dict[str, Any] = {}
    optimizer: Any = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of a lambda that it would save; here it is only named
        with contextlib.suppress(Exception):  # a user's own loss or metric may not be describable
            compiled = model.get_compile_config()
        with contextlib.suppress(Exception):
            optimizer = keras.optimizers.serialize(model.optimizer)
    return {
        **settings,
        "has_sample_weight": request.data[2] is not None,
        "has_validation_data": request.validation_data is not None,
        "optimizer_steps_before": _keras.steps_taken(model),
        "callbacks": [type(c).__name__ for c in _keras.callbacks_in(callbacks) if not _is_vitrals(c)],
        "optimizer": _plain(optimizer),
        "loss": _plain(compiled.get("loss", _name(model.loss))),
        "loss_weights": _plain(compiled.get("loss_weights")),
        "metrics": _plain(compiled.get("metrics")),
        "weighted_metrics": _plain(compiled.get("weighted_metrics")),
        "model": {"name": model.name, "class": type(model).__name__},
    }


def describe_data(request: Request, dataset: Dataset | None) -> dict[str, Any]:
    """Rows and shapes of the arrays trained on; a data set's name, task and classes."""
    x, y, _ = request.data
    described: dict[str, Any] = {"name": None, "task": None, "classes": None, "image_shape": None, "sha256": None}
    if dataset is not None:
        described |= {
            "name": dataset.name,
            "task": dataset.task,
            "classes": list(dataset.classes) if dataset.classes is not None else None,
            "image_shape": list(dataset.image_shape) if dataset.image_shape is not None else None,
            "source": dataset.source,
            "load": _plain(dataset.recipe),
            "feature_names": list(dataset.feature_names) if dataset.feature_names is not None else None,
            "standardizer": _scales(dataset.standardizer),
        }
    if _keras.can_slice(request.data):
        shapes = [list(a.shape) for a in _keras.flatten(x) if a is not None]
        described |= {
            "rows": shapes[0][0] if shapes and shapes[0] else None,
            "x_shapes": shapes,
            "y_shapes": [list(a.shape) for a in _keras.flatten(y) if a is not None],
        }
    else:
        described["kind"] = type(x).__name__
    return described


def _scales(standardizer: Standardizer | None) -> dict[str, list[float]] | None:
    if standardizer is None:
        return None
    return {"mean": standardizer.mean.tolist(), "scale": standardizer.scale.tolist()}


def start_fingerprint(request: Request) -> Callable[[], str | None]:
    """Begin to hash the arrays trained on, beside the training; the function returned waits for the result."""
    if not _keras.can_slice(request.data):
        return lambda: None
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vitral-fingerprint")
    result = executor.submit(digest, request.data[:2])
    executor.shutdown(wait=False)

    def wait() -> str | None:
        with contextlib.suppress(Exception):  # sparse and text arrays have no fingerprint
            return result.result()
        return None

    return wait


def evaluation_source(request: Request, dataset: Dataset | None) -> EvaluationSource | None:
    """The best unseen rows: a data set's test part, else the validation data, else the training data."""
    if not _keras.can_slice(request.data):
        return None
    if dataset is not None:
        known = {
            "task": dataset.task,
            "classes": dataset.classes,
            "image_shape": dataset.image_shape,
            "feature_names": dataset.feature_names,
        }
        parts = [("test", dataset.test), ("validation", dataset.validation), ("train", dataset.train)]
        name, part = next((name, part) for name, part in parts if len(part))
        return EvaluationSource(part=name, x=part.x, y=part.y, **known)
    validation, part = request.validation_data, "validation"
    if validation is None and request.validation_split:
        with contextlib.suppress(ValueError):
            _, validation = _keras.split_validation(request.data, request.validation_split)
    if validation is None or not _keras.can_slice(validation):
        validation, part = request.data, "train"
    x, y, _ = _keras.import_keras().utils.unpack_x_y_sample_weight(validation)
    return None if y is None else EvaluationSource(part=part, x=x, y=y)


def _is_vitrals(callback: Any) -> bool:
    """Whether a callback is Vitral's own, a progress bar say, which says nothing about the training."""
    return type(callback).__module__.startswith("vitral.")


def _plain(value: Any) -> Any:
    """`value` if JSON knows it, with what it does not know turned into its name."""
    return json.loads(json.dumps(value, default=_name))


def _name(value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "size", 2) == 1:
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    return getattr(value, "__name__", None) or type(value).__name__
