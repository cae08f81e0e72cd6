"""The rows that probes look at during a training, and the callback that looks where Keras's own loop trains."""

import contextlib
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError
from vitral.probes import Probe
from vitral.training.request import Request, split

_ROWS = 128


def check_probe_data(request: Request) -> None:
    """Rows can be chosen only where there are arrays.

    Raises:
        ArgumentError: x is something that only training itself reads.
    """
    if not _keras.can_slice(request.data):
        raise ArgumentError(
            f"probes must have arrays to choose rows from: got x of {type(request.data[0]).__name__}. "
            "Give callbacks=[vitral.probes.Recorder(probes, x, y)] with rows of your own instead."
        )


def probe_rows(model: Any, arrays: Any) -> Any:
    """The probe batch: up to 128 rows of nested arrays of N, from all over them, because data may lie sorted.

    A model whose inputs have a fixed number of rows gets so many.
    """
    inputs: list[Any] = []
    with contextlib.suppress(AttributeError, ValueError):  # of a model that is not built
        inputs = _keras.flatten(model.inputs or [])
    fixed = [t.shape[0] for t in inputs if t.shape[0] is not None]
    n_rows = next(a for a in _keras.flatten(arrays) if a is not None).shape[0]
    n = fixed[0] if fixed else min(_ROWS, n_rows)
    rows = np.arange(n) * n_rows // n
    return _keras.import_keras().tree.map_structure(lambda a: None if a is None else a[rows], arrays)


def make_recorder(model: Any, request: Request, chosen: tuple[Probe, ...]) -> Any:
    """The callback that measures the same, on the same rows, in Keras's loop.

    Raises:
        ArgumentError: the data are sparse.
    """
    request = split(request)
    arrays = _keras.adapter_arrays(_keras.make_batches(request.data, class_weight=request.class_weight), lazily=True)
    if arrays is None:
        raise ArgumentError("probes must have dense arrays: got a sparse one. Use .toarray().")
    from vitral.probes import Recorder

    x, y, sample_weight = _keras.import_keras().utils.unpack_x_y_sample_weight(probe_rows(model, arrays))
    return Recorder(chosen, x, y, sample_weight=sample_weight)
