"""What a training was asked to do, checked once."""

from dataclasses import dataclass, replace
from typing import Any

from vitral import _keras
from vitral._errors import ArgumentError
from vitral.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Request:
    """The arguments of `keras.Model.fit`, by their own names, and the data they are about.

    Attributes:
        data: (x, y, sample_weight), nested arrays of N rows, or whatever else Keras takes.
        validation_data: (x, y) or (x, y, sample_weight), or None.
    """

    data: tuple[Any, Any, Any]
    validation_data: Any = None
    batch_size: int | None = None
    epochs: int = 1
    verbose: Any = "auto"
    validation_split: float = 0.0
    shuffle: Any = True
    class_weight: dict[int, float] | None = None
    initial_epoch: int = 0
    steps_per_epoch: int | None = None
    validation_steps: int | None = None
    validation_batch_size: int | None = None
    validation_freq: Any = 1


@dataclass
class Timing:
    """Seconds, filled in while training runs."""

    compile_seconds: float = 0.0


def make_request(x: Any, y: Any, sample_weight: Any, **arguments: Any) -> tuple[Request, Dataset | None]:
    """The arguments of `fit` as a `Request`: a data set taken apart, "all" as a number of rows.

    Args:
        x: arrays, or a `Dataset`. y, sample_weight: arrays or None.
        arguments: the other fields of `Request`, not yet checked.

    Returns:
        The request, and the data set if there was one.
    """
    dataset = x if isinstance(x, Dataset) else None
    validation = arguments.get("validation_data")
    if dataset is not None:
        if y is not None:
            raise ArgumentError(
                "y must be None when x is a Dataset, which brings its own targets: got an array. Drop it."
            )
        x, y = dataset.train.x, dataset.train.y
        if validation is None and not arguments.get("validation_split") and len(dataset.validation):
            validation = dataset
    if isinstance(validation, Dataset):
        validation = (validation.validation.x, validation.validation.y)
    if arguments.get("batch_size") == "all":
        arguments["batch_size"] = _n_rows(x)
    return Request(data=(x, y, sample_weight), **{**arguments, "validation_data": validation}), dataset


def _n_rows(x: Any) -> int:
    leaves = [a for a in _keras.flatten(x) if hasattr(a, "shape") and len(a.shape)]
    if not leaves:
        raise ArgumentError(
            'batch_size="all" must be used with arrays, whose rows can be counted: got none. Give a number instead.'
        )
    return max(1, int(leaves[0].shape[0]))


def split(request: Request) -> Request:
    """The request with `validation_split` carried out."""
    if not request.validation_split or request.validation_data is not None:
        return request
    data, validation = _keras.split_validation(request.data, request.validation_split)
    return replace(request, data=data, validation_data=validation)
