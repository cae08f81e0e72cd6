"""Losses and penalties for Keras, where its own end. On every backend, in the compiled engine, and saved with a model.

    WeightedCategoricalCrossentropy, WeightedBinaryCrossentropy    mistakes on some classes cost more
    FocalCategoricalCrossentropy, FocalBinaryCrossentropy          what is easy counts less
    sparse(loss)                                                   any categorical loss, for class numbers
    with_penalty(loss, penalty)                                    any loss, with another one or a regulariser added
    SoftThreshold                                                  L1 as a proximal step: weights become exactly zero

Label smoothing, L1 and L2, dropout and max-norm are Keras's own: `keras.losses`, `keras.regularizers`, `keras.layers`
and `keras.constraints`. Every number in any of these may vary in `vitral.sweep` without another compilation.

Importing this imports no Keras; its classes are made when first asked for.
"""

from typing import TYPE_CHECKING, Any

from vitral.losses.registry import NAMES, class_of, register
from vitral.losses.wrapped import sparse, with_penalty

if TYPE_CHECKING:
    FocalBinaryCrossentropy: Any
    FocalCategoricalCrossentropy: Any
    SoftThreshold: Any
    WeightedBinaryCrossentropy: Any
    WeightedCategoricalCrossentropy: Any

__all__ = [
    "FocalBinaryCrossentropy",
    "FocalCategoricalCrossentropy",
    "SoftThreshold",
    "WeightedBinaryCrossentropy",
    "WeightedCategoricalCrossentropy",
    "register",
    "sparse",
    "with_penalty",
]


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module 'vitral.losses' has no attribute {name!r}")
    globals()[name] = class_of(name)
    return globals()[name]
