"""The classes of this room by name. They are Keras's kind of classes, so none is made before Keras is wanted."""

import functools
from importlib import import_module
from typing import Any

from vitral._keras import import_keras

NAMES = {
    "FocalBinaryCrossentropy": "vitral.losses.crossentropy",
    "FocalCategoricalCrossentropy": "vitral.losses.crossentropy",
    "PenalizedLoss": "vitral.losses.wrapped",
    "SoftThreshold": "vitral.losses.proximal",
    "SparseLoss": "vitral.losses.wrapped",
    "WeightedBinaryCrossentropy": "vitral.losses.crossentropy",
    "WeightedCategoricalCrossentropy": "vitral.losses.crossentropy",
}
"""Every class, and the module whose `make_classes` makes it."""


def class_of(name: str) -> Any:
    """The class of that name, known to Keras from then on."""
    return _classes(NAMES[name])[name]


def register() -> None:
    """Tell Keras of the classes in `vitral.losses`, so that it opens files that hold them.

    `vitral.open_run` does it by itself; `keras.saving.load_model` has to be told, once a process.

    Example:
        >>> import vitral
        >>> from vitral import keras
        >>> vitral.losses.register()
        >>> keras.saving.get_registered_object("vitral>SoftThreshold").__name__
        'SoftThreshold'
    """
    for name in NAMES:
        class_of(name)


@functools.cache
def _classes(home: str) -> dict[str, Any]:
    """The classes of a module, registered, and named as they are reached: pickles find them so."""
    keras = import_keras()
    found = {}
    for cls in import_module(home).make_classes(keras):
        cls.__module__, cls.__qualname__ = "vitral.losses", cls.__name__
        found[cls.__name__] = keras.saving.register_keras_serializable("vitral")(cls)
    return found
