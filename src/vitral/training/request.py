"""What a training was asked to do, checked once."""

from dataclasses import dataclass
from typing import Any


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
