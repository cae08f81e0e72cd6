"""The random generators that a training draws from: NumPy's (order of rows), Python's (seeds of new layers), Keras's.

Layers that draw keep a generator of their own among the model's variables.
"""

import random
from typing import Any

import numpy as np

from vitral import _keras


def random_state() -> dict[str, Any]:
    """The state of all three, as nested values and arrays."""
    return {"numpy": np.random.get_state(), "python": random.getstate(), "keras": _keras.seed_state()}


def set_random_state(state: dict[str, Any]) -> None:
    """Let all three go on where `random_state` found them.

    Raises:
        KeyError, TypeError, ValueError: the parts are not what `random_state` gives.
    """
    name, key, position, has_gauss, _ = state["numpy"]
    # NumPy takes any position, and reads there.
    fits = name == "MT19937" and key.shape == (624,) and key.dtype == np.uint32 and has_gauss in (0, 1)
    if not fits or type(position) is not int or not 0 <= position <= 624:
        raise ValueError("no state of NumPy's generator")
    np.random.set_state(state["numpy"])
    random.setstate(state["python"])
    _keras.set_seed_state(state["keras"])
