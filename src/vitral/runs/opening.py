"""Opening a saved run. Keras is not imported until the run's `model` is asked for."""

import os
from pathlib import Path
from typing import Any

from vitral._errors import ArgumentError, RunFolderError
from vitral.runs import checkpoint, folder, store, sweep_checkpoint, sweep_store
from vitral.runs.recording import from_record
from vitral.runs.run import Run
from vitral.runs.sweep import Sweep


def open_run(path: str | os.PathLike[str]) -> Run | Sweep:
    """Open a run or a sweep that was saved, in one consistent version even while somebody overwrites it.

    Args:
        path: the run's folder, or its run.json.

    Raises:
        ArgumentError: `path` is no path.
        RunFolderError: there is no run, part of it is missing or damaged, or a newer Vitral wrote it.

    Example:
        >>> import tempfile
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     run = vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0, out=folder + "/first")
        ...     vitral.open_run(folder + "/first").history == run.history
        True
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"path must be the path of a run's folder: got {path!r}.")
    place = Path(path).expanduser().absolute()
    if place.name == folder.RUN_FILE and not place.is_dir():
        place = place.parent
    if checkpoint.has_checkpoint(place) and not (place / folder.RUN_FILE).is_file():
        how = f"vitral.resume({str(path)!r})"
        if sweep_checkpoint.is_sweep(place):
            how = "vitral.sweep(..., resume=True)"
        raise RunFolderError(
            f"{str(path)!r} must be a run's folder: the training in it was broken off. Go on with {how}."
        )
    return folder.read_folder(place, _open)


def open_one(path: str | os.PathLike[str]) -> Run:
    """Open a run, where a sweep will not do.

    Raises:
        ArgumentError, RunFolderError: as `open_run`; also when the folder holds a sweep.

    Example:
        >>> import vitral
        >>> try:
        ...     vitral.runs.open_one("no-such-folder")
        ... except vitral.VitralError as error:
        ...     print(type(error).__name__)
        RunFolderError
    """
    found = open_run(path)
    if isinstance(found, Sweep):
        raise RunFolderError(
            f"{str(found.path)!r} must be a run's folder: it holds a sweep of {len(found)} variants. "
            "Save one of them: vitral.open_run(path)[0].save(folder)."
        )
    return found


def _open(handle: folder.Handle) -> Run | Sweep:
    record = folder.read_json(handle)
    return _open_sweep(handle, record) if record.get("format") == sweep_store.FORMAT else _open_run(handle)


def _open_sweep(handle: folder.Handle, record: dict[str, Any]) -> Sweep:
    try:
        sweep = Sweep(**sweep_store.read(handle, record))
        sweep.table  # noqa: B018  (the parts have to fit each other now, not when somebody looks)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise RunFolderError(
            f"{str(handle.path)!r} is damaged: the parts of its {folder.RUN_FILE} do not fit each other ({error!r})."
        ) from error
    return sweep


def _open_run(handle: folder.Handle) -> Run:
    record = store.read_record(handle)
    arrays = store.read_arrays(handle, record)
    try:
        fields: dict[str, Any] = {name: record[name] for name in store.PLAIN}
        # A run that an earlier Vitral saved says nothing of recordings.
        fields["recording"] = from_record(record.get("recording"), arrays)
        run = Run(history=store.to_history(record, arrays), path=handle.path, **fields)
        if any(len(column) > len(run.epoch) for column in run.history.values()):
            raise ValueError("it has measured more often than it has epochs")
        run._evaluation = store.to_evaluation(record, arrays)
        run.summary()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise RunFolderError(
            f"{str(handle.path)!r} is damaged: {folder.RUN_FILE} and {store.ARRAYS} do not fit each other ({error})."
        ) from error
    run._record = record
    return run
