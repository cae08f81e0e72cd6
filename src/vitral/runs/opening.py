"""Opening a saved run. Keras is not imported until the run's `model` is asked for."""

import os
from pathlib import Path
from typing import Any

from vitral._errors import ArgumentError, RunFolderError
from vitral.runs import folder, store
from vitral.runs.run import Run


def open_run(path: str | os.PathLike[str]) -> Run:
    """Open a run that was saved, in one consistent version even while somebody overwrites it.

    Args:
        path: the run's folder, or its run.json.

    Raises:
        ArgumentError: `path` is no path.
        RunFolderError: there is no run, part of it is missing or damaged, or a newer Vitral wrote it.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"path must be the path of a run's folder: got {path!r}.")
    place = Path(path).expanduser().absolute()
    if place.name == folder.RUN_FILE and not place.is_dir():
        place = place.parent
    return folder.read_folder(place, _open)


def _open(handle: folder.Handle) -> Run:
    record = store.read_record(handle)
    arrays = store.read_arrays(handle, record)
    try:
        fields: dict[str, Any] = {name: record[name] for name in store.PLAIN}
        run = Run(history=store.to_history(record, arrays), path=handle.path, **fields)
        run._evaluation = store.to_evaluation(record, arrays)
        run.summary()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise RunFolderError(
            f"{str(handle.path)!r} is damaged: {folder.RUN_FILE} and {store.ARRAYS} do not fit each other ({error})."
        ) from error
    run._record = record
    return run
