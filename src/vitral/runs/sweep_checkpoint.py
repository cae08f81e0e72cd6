"""A sweep that is not finished, in a folder inside its own: the variants that are, so that none is trained again.

    vitral-checkpoint/run.json               what was asked for: the values of each variant, and all other arguments
    vitral-checkpoint/variant-<n>.safetensors, and .json, which comes last: a finished variant

Each file appears whole or not at all, and is on the disk before the next is begun.
"""

import contextlib
import re
import shutil
from pathlib import Path
from typing import Any

from vitral._checks import CHECKPOINT
from vitral._errors import ArgumentError, RunFolderError
from vitral.runs import codec, folder, store
from vitral.runs.checkpoint import clear, has_checkpoint, holding
from vitral.runs.variants import VariantFiles, VariantResult

FORMAT = "vitral.sweep-checkpoint"
FORMAT_VERSION = 1
_KEPT = ("done", "diverged")


class SweepKeeper:
    """Keeps the finished variants of one sweep in the folder that it will have.

    Attributes:
        trouble: why the first variant that could not be kept was not; None where all were.
    """

    def __init__(self, path: Path, asked: dict[str, Any], *, resume: bool) -> None:
        """Begin, or with `resume` go on.

        Args:
            path: the sweep's folder.
            asked: what was asked for, plain values; a sweep that goes on must ask for the same.

        Raises:
            ArgumentError: it asks for something else.
            RunFolderError: the folder cannot be written, is being trained in, or holds no sweep to go on with.
        """
        self._folder, self._made = path / CHECKPOINT, []
        self.trouble: str | None = None
        # A function is known by its name: its address is another in each process.
        asked = codec.loads(re.sub(r" at 0x[0-9a-f]+", "", codec.dumps(asked)))
        if resume:
            _check_same(path, _read_asked(path), asked)
            self._lock = holding(path)
            return
        self._made = [p for p in (self._folder, *self._folder.parents) if not p.exists()]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = holding(path)
            clear(self._folder)
        except OSError as error:
            if isinstance(error, RunFolderError):
                raise
            raise RunFolderError(f"{str(path)!r} cannot be written: {folder.reason_of(error)}.") from error
        record = {"format": FORMAT, "format_version": FORMAT_VERSION, "asked": asked}
        folder.write_file(self._folder / folder.RUN_FILE, codec.dumps(record).encode("ascii"))
        for parent in self._made:
            folder.flush_folder(parent.parent)

    def keep(self, number: int, result: VariantResult, files: VariantFiles) -> None:
        """Keep a variant that is finished; in any thread, for each variant once."""
        if result.status not in _KEPT:
            return
        target = self._folder / f"variant-{number:06d}.safetensors"
        try:
            entry = folder.put_file(target, lambda path: files.copy(number, path))
            arrays, kinds = store.history_arrays(result.history)
            record = {
                "status": result.status,
                "message": result.message,
                "record": result.record,
                "history": {name: arrays.get(f"history/{name}", kinds[name]) for name in kinds},
                "config": result.config,
                "file": entry,
            }
            folder.write_file(target.with_suffix(".json"), codec.dumps(record).encode("ascii"))
        except OSError as error:
            self.trouble = self.trouble or str(error)

    def take(self, values: list[dict[str, Any]], files: VariantFiles) -> dict[int, VariantResult]:
        """The variants that are kept, by number; their files go into `files`. What is damaged is not there.

        Args:
            values: of each variant.
        """
        found = {}
        for number, own in enumerate(values):
            result = self._take(number, own, files)
            if result is not None:
                found[number] = result
        return found

    def _take(self, number: int, values: dict[str, Any], files: VariantFiles) -> VariantResult | None:
        source = self._folder / f"variant-{number:06d}.json"
        try:
            record = codec.loads(source.read_bytes())
            if (
                folder.describe_file(source.with_suffix(".safetensors")) != record["file"]
                or record["status"] not in _KEPT
            ):
                return None
            store.check_fields(str(source), record["record"])
            result = VariantResult(
                values=values,
                status=record["status"],
                message=record["message"],
                record={name: record["record"][name] for name in store.PLAIN},
                history={str(name): list(column) for name, column in record["history"].items()},
                config=record["config"],
            )
            files.adopt(number, source.with_suffix(".safetensors").read_bytes())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return result

    def close(self) -> None:
        """Let others train here; where no variant was kept, nothing stays behind."""
        if self._made and not any(self._folder.glob("variant-*.json")):
            shutil.rmtree(self._folder, ignore_errors=True)
            for parent in self._made:
                with contextlib.suppress(OSError):
                    parent.rmdir()
        self._lock.release()


def summarise(path: Path) -> tuple[int, int]:
    """How many variants of the sweep in the folder at `path` are kept, and how many there are to be.

    Raises:
        RunFolderError: part of it is missing or damaged, or a newer Vitral wrote it.
    """
    n_variants = len(_read_asked(path)["values"])
    return len(list((path / CHECKPOINT).glob("variant-*.json"))), n_variants


def is_sweep(path: Path) -> bool:
    """Whether the training in the folder at `path` that is not finished is a sweep."""
    try:
        return has_checkpoint(path) and _read(path).get("format") == FORMAT
    except RunFolderError:
        return False


def _read(path: Path) -> dict[str, Any]:
    return folder.read_folder(path / CHECKPOINT, folder.read_json)


def _read_asked(path: Path) -> dict[str, Any]:
    if not has_checkpoint(path):
        raise RunFolderError(
            f"out must be the folder of a sweep that was broken off: {str(path)!r} holds none. Leave resume out."
        )
    record = _read(path)
    if record.get("format") != FORMAT:
        raise RunFolderError(f"out must be the folder of a sweep: {str(path)!r} holds something else. Choose another.")
    folder.check_format(path / CHECKPOINT, record, FORMAT, FORMAT_VERSION, "hold a sweep")
    if not isinstance(record.get("asked"), dict) or not isinstance(record["asked"].get("values"), list):
        raise RunFolderError(f"{str(path / CHECKPOINT)!r} is damaged: it does not say which variants there are.")
    return record["asked"]


def _check_same(path: Path, then: dict[str, Any], now: dict[str, Any]) -> None:
    for name in now:
        if then.get(name) != now[name]:
            argument = {"values": "over", "data": "x and y"}.get(name, name)
            raise ArgumentError(
                f"{argument} must be as in the sweep that was broken off in {str(path)!r}: got something else. Ask for "
                "the same, or choose another folder."
            )
