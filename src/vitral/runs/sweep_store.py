"""A sweep as a folder: what goes into which file.

    run.json             what is text or a number: the variants, their values and settings, groups, models
    arrays.safetensors   <variant>/<metric> (E,) float64
    variant-<variant>.safetensors
                         the variables after training, by part (0 trainable, 1 other, 2 optimizer) and place, as in
                         "0/2"; and what probes measured, as in a run's folder, its part of run.json as text in
                         "recording"

As of a run, nothing that is read is executed, every file is checked, and the folder appears whole or not at all.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vitral._errors import RunFolderError
from vitral.runs import codec, folder, store
from vitral.runs.arrays import pack
from vitral.runs.recording import Recording
from vitral.runs.run import STATUSES as RUN_STATUSES
from vitral.runs.variants import STATUSES, Group, Number, VariantFiles, VariantResult, read_recording, read_variables

FORMAT = "vitral.sweep"
FORMAT_VERSION = 1

_Found = TypeVar("_Found")


def save(
    fields: dict[str, Any],
    found: list[VariantResult],
    groups: list[Group],
    files: VariantFiles,
    path: Any,
    *,
    overwrite: bool = False,
    adopt: bool = False,
    keep_checkpoint: bool = False,
) -> Path:
    """Write a sweep as a folder; its absolute path.

    Args:
        fields: over, status, seconds and compile_seconds of the sweep.
        found, groups, files: of its variants.
        path, overwrite, adopt, keep_checkpoint: as `Sweep.save` takes them.
    """
    models, results = _Models(), []
    arrays: dict[str, np.ndarray] = {}
    for number, result in enumerate(found):
        own, kinds = store.history_arrays(result.history)
        arrays |= {f"{number}/{name}": array for name, array in own.items()}
        results.append(
            {
                "values": result.values,
                "status": result.status,
                "message": result.message,
                "record": result.record,
                "history": kinds,
                "model": models.number_of(result.config),
            }
        )
    record: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **fields,
        "results": results,
        "models": models.configs,
        "groups": [asdict(group) for group in groups],
    }

    def fill(temporary: Path) -> None:
        for number, result in enumerate(found):
            if result.record:
                files.copy(number, temporary / _file(number))
        (temporary / store.ARRAYS).write_bytes(pack(arrays))
        record["files"] = folder.describe_files(temporary)
        (temporary / folder.RUN_FILE).write_text(codec.dumps(record), encoding="ascii")
        if keep_checkpoint:
            folder.link_checkpoint(Path(path).expanduser().absolute(), temporary)

    return folder.write_folder(path, fill, overwrite=overwrite, adopt=adopt)


class _Models:
    """Descriptions of models, each kept once."""

    def __init__(self) -> None:
        self.configs: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number_of(self, config: Any) -> int | None:
        if config is None:
            return None
        text = codec.dumps(config)
        if text not in self._numbers:
            self._numbers[text] = len(self.configs)
            self.configs.append(config)
        return self._numbers[text]


def _file(number: int) -> str:
    return f"variant-{number:06d}.safetensors"


def read(handle: folder.Handle, record: dict[str, Any]) -> dict[str, Any]:
    """The parts of the sweep in an opened folder whose run.json holds `record`, as `Sweep` takes them.

    Raises:
        RunFolderError: part of it is missing or damaged, or a newer Vitral wrote it.
        KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError: the parts do not fit each other.
    """
    where = str(handle.path)
    folder.check_format(handle.path, record, FORMAT, FORMAT_VERSION, "hold a sweep")
    folder.check_files(handle, record)
    json.dumps(record, ensure_ascii=False).encode()  # half a surrogate pair: a ValueError here, not where it is shown
    arrays = store.read_arrays(handle, record)
    over = [str(name) for name in record["over"]]
    return {
        "over": over,
        "results": [
            _result(where, n, found, over, record["models"], arrays) for n, found in enumerate(record["results"])
        ],
        "groups": [
            Group(**{**group, "lifted": [Number(**number) for number in group["lifted"]]}) for group in record["groups"]
        ],
        "status": _known(record["status"], STATUSES),
        "seconds": float(record["seconds"]),
        "compile_seconds": float(record["compile_seconds"]),
        "files": _SavedFiles(handle.path, record),
        "path": handle.path,
    }


def _known(status: Any, statuses: tuple[str, ...]) -> str:
    if status not in statuses:
        raise ValueError(f"no such status: {status!r}")
    return status


def _result(
    where: str, number: int, found: dict[str, Any], over: list[str], models: list[Any], arrays: dict[str, np.ndarray]
) -> VariantResult:
    record: dict[str, Any] = {}
    if found["record"]:
        store.check_fields(f"{where}, variant {number}", found["record"])
        # Nothing else: each is an argument of Run, and "path" would say where a report is written.
        record = {name: found["record"][name] for name in store.PLAIN}
        _known(record["status"], RUN_STATUSES)
    history = store.to_history(found, {k.partition("/")[2]: a for k, a in arrays.items() if k.startswith(f"{number}/")})
    if any(len(column) > len(record.get("epoch", ())) for column in history.values()):
        raise ValueError(f"variant {number} has measured more often than it has epochs")
    values = dict(found["values"])
    if not values.keys() <= set(over):
        raise ValueError(f"variant {number} has values of {', '.join(map(str, values.keys() - set(over)))}")
    if not isinstance(found["message"], str | None):
        raise ValueError(f"the message of variant {number} is no text")
    return VariantResult(
        values=values,
        status=_known(found["status"], STATUSES),
        message=found["message"],
        record=record,
        history=history,
        config=None if found["model"] is None else models[found["model"]],
    )


class _SavedFiles(VariantFiles):
    """What was kept of each variant in a saved folder, checked as it is read."""

    def __init__(self, path: Path, record: dict[str, Any]):
        self._path, self._record = path, record

    def copy(self, number: int, target: Path) -> None:
        store.copy_file(self._path, self._record, _file(number), target)

    def read(self, number: int) -> tuple[list[np.ndarray], ...]:
        return self._read(number, read_variables)

    def read_recording(self, number: int) -> Recording | None:
        return self._read(number, read_recording)

    def _read(self, number: int, function: Callable[[bytes], _Found]) -> _Found:
        name = _file(number)
        content = store.read_file(self._path, self._record, name)
        try:
            return function(content)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            why = str(error).rstrip(".") or type(error).__name__
            raise RunFolderError(f"{str(self._path / name)!r} is damaged: {why}.") from error
