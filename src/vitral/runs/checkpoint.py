"""A training that is not finished, in a folder inside that of its run: all that it takes to go on with the same bits.

    vitral-checkpoint/run.json               what is text or a number, with size and SHA-256 of the other files
    vitral-checkpoint/data-<i>.npy           the arrays trained on, each once
    vitral-checkpoint/model.keras            the model as the first checkpoint found it; or its weights alone
    vitral-checkpoint/state-<n>.safetensors  the arrays of the state after n epochs

Data and model are written once. Each checkpoint is one new state, flushed to the disk, then a new run.json that lists
it, in one step: whenever the process is killed, run.json lists files that are whole. As of a run, nothing that is read
is executed.
"""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vitral._checks import CHECKPOINT
from vitral._errors import RunFolderError, VitralError
from vitral.runs import codec, folder, store
from vitral.runs.arrays import pack as pack_arrays
from vitral.runs.nest import Arrays, pack, storable, unpack

FORMAT = "vitral.checkpoint"
FORMAT_VERSION = 1
_RETRIES = 20

Record = dict[str, Any]


def has_checkpoint(path: Path) -> bool:
    """Whether the run's folder at `path` holds a training that is not finished."""
    return (path / CHECKPOINT / folder.RUN_FILE).is_file()


def holding(path: Path) -> Any:
    """The lock on the training in the run's folder at `path`, which ends with the process that has it.

    Raises:
        RunFolderError: another process trains there, or nothing can be written there.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path / CHECKPOINT / folder.LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise RunFolderError(
            f"{str(path)!r} must be a folder in which nobody trains: another process does. Wait for it, or choose "
            "another folder."
        ) from error
    except OSError as error:
        raise RunFolderError(f"{str(path)!r} cannot be written: {error.strerror or error}.") from error
    return lock


# ---------------------------------------------------------------- writing


class CheckpointWriter:
    """Writes the checkpoints of one training."""

    def __init__(self, path: Path) -> None:
        """Begin in the run's folder at `path`, or go on with what is there."""
        self._path, self._folder = path, path / CHECKPOINT
        self._fixed: Record | None = None
        self._files: dict[str, Any] = {}
        self._lock: Any = None

    def adopt(self, record: Record, lock: Any) -> None:
        """Go on where a checkpoint was read: its model and data stay."""
        self._lock = lock
        self._fixed = {name: record[name] for name in ("fixed", "mapped", "model")}
        self._files = {name: entry for name, entry in record["files"].items() if not name.startswith("state-")}

    @property
    def has_begun(self) -> bool:
        """Whether data and model are written."""
        return self._fixed is not None

    def write(self, epoch: int, state: Any, fixed: Callable[[], tuple[Any, Any]]) -> None:
        """Write the state after `epoch` epochs.

        Args:
            state: nested values and arrays.
            fixed: gives what stays the same, nested values and arrays, and the model; asked for once.

        Raises:
            RunFolderError: it cannot be written; the checkpoint before is still there.
            UnknownValueError: something is neither plain nor an array.
        """
        arrays = Arrays()
        plain = pack(state, arrays)
        try:
            if self._fixed is None:
                self._begin(*fixed())
            assert self._fixed is not None
            name = f"state-{epoch:06d}.safetensors"
            entry = folder.put_file(self._folder / name, lambda path: path.write_bytes(pack_arrays(arrays.arrays)))
            record = {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "epoch": epoch,
                **self._fixed,
                "state": plain,
                "files": {**self._files, name: entry},
            }
            folder.write_file(self._folder / folder.RUN_FILE, codec.dumps(record).encode("ascii"))
        except OSError as error:
            if isinstance(error, RunFolderError):
                raise
            why = folder.reason_of(error)
            raise RunFolderError(f"a checkpoint cannot be written in {str(self._folder)!r}: {why}.") from error
        with contextlib.suppress(OSError):
            for old in self._folder.glob("state-*"):
                if old.name != name:
                    old.unlink(missing_ok=True)

    def _begin(self, fixed: Any, model: Any) -> None:
        """Write the data and the model."""
        arrays = Arrays()
        plain = pack(fixed, arrays)
        made = [p for p in (self._folder, *self._folder.parents) if not p.exists()]
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = holding(self._path)
        if has_checkpoint(self._path):
            raise RunFolderError(f"{str(self._path)!r} holds a training that was begun meanwhile: it is left alone.")
        clear(self._folder)
        try:
            written, files = self._write_fixed(arrays, model)
        except BaseException:
            clear(self._folder)  # on a full disk the run itself shall find room
            raise
        folder.flush_folder(self._folder)
        for parent in made:
            folder.flush_folder(parent.parent)
        self._fixed, self._files = {"fixed": plain, "mapped": arrays.mapped, "model": written}, files

    def _write_fixed(self, arrays: Arrays, model: Any) -> tuple[Any, dict[str, Any]]:
        files = {}
        for name, array in arrays.arrays.items():
            target = self._folder / f"data-{name}.npy"
            with target.open("wb") as file:
                np.lib.format.write_array(file, storable(array), allow_pickle=False)
        written = store.write_model(model, self._folder)
        for path in [*self._folder.glob("data-*.npy"), self._folder / written["file"]]:
            files[path.name] = folder.describe_file(path)
            folder.flush_file(path)
        return written, files

    def close(self) -> None:
        """Let others train here."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def clear(path: Path) -> None:
    """Remove what a training left there that was killed before its first checkpoint was whole.

    Raises:
        RunFolderError: the folder is a link, or holds what no checkpoint has.
    """
    if path.is_symlink():
        raise RunFolderError(f"{str(path)!r} must be a folder of its own: it is a link. Choose another folder.")
    own = ("data-", "state-", "variant-", "model.", ".vitral-")
    for old in list(path.iterdir()):
        if old.name != folder.LOCK and not old.name.startswith(own):
            raise RunFolderError(f"{str(path)!r} must hold nothing else: {old.name!r} is there. Choose another folder.")
        if old.name != folder.LOCK:
            old.unlink(missing_ok=True)


# ---------------------------------------------------------------- reading


class Checkpoint:
    """A training as its last checkpoint has it.

    Attributes:
        path: the run's folder. record: what run.json says. epoch: how many epochs are done.
        state: nested values and arrays that change. fixed: those that do not.
    """

    def __init__(self, path: Path) -> None:
        """Read and check it.

        Raises:
            RunFolderError: there is none, part of it is missing or damaged, or a newer Vitral wrote it.
        """
        self.path = path
        self.record = summarise(path)
        self.epoch: int = self.record["epoch"]
        try:
            self.state = unpack(self.record["state"], folder.read_folder(path / CHECKPOINT, self._read_state))
            self.fixed = unpack(self.record["fixed"], folder.read_folder(path / CHECKPOINT, self._read_data))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as error:
            if isinstance(error, VitralError):
                raise
            raise damaged(path, error) from error

    def _read_state(self, handle: folder.Handle) -> dict[str, np.ndarray]:
        name = next(name for name in self.record["files"] if name.startswith("state-"))
        return store.read_arrays(handle, self.record, name)

    def _read_data(self, handle: folder.Handle) -> dict[str, np.ndarray]:
        found = {}
        for name in self.record["files"]:
            if name.startswith("data-"):
                for _ in folder.stream_file(handle, self.record, name):
                    pass  # its checksum is right
                number = name.removeprefix("data-").removesuffix(".npy")
                if number in self.record["mapped"]:
                    found[number] = np.lib.format.open_memmap(handle.path / name, "r")
                    continue
                with os.fdopen(handle.open(name), "rb") as file:
                    found[number] = np.lib.format.read_array(file, allow_pickle=False)
        return found

    def load_model(self) -> Any:
        """The model as the first checkpoint found it.

        Raises:
            RunFolderError: Keras cannot make it from its file.
        """
        return store.load_model(self.path / CHECKPOINT, self.record)


def damaged(path: Path, error: Exception) -> RunFolderError:
    """The parts of the checkpoint in the run's folder at `path` contradict each other."""
    return RunFolderError(
        f"{str(path / CHECKPOINT)!r} is damaged: the parts of its {folder.RUN_FILE} do not fit each other ({error!r})."
    )


def summarise(path: Path) -> Record:
    """What run.json of the checkpoint in the run's folder at `path` says; its files are there in their sizes.

    Raises:
        RunFolderError: part of it is missing or damaged, or a newer Vitral wrote it.
    """
    for _ in range(_RETRIES):
        before = _content(path)
        try:
            return folder.read_folder(path / CHECKPOINT, _read_record)
        except RunFolderError:
            if _content(path) == before:  # else the next checkpoint came while this one was read
                raise
    return folder.read_folder(path / CHECKPOINT, _read_record)


def _content(path: Path) -> bytes | None:
    with contextlib.suppress(OSError):
        return (path / CHECKPOINT / folder.RUN_FILE).read_bytes()
    return None


def _read_record(handle: folder.Handle) -> Record:
    record = folder.read_json(handle)
    folder.check_format(handle.path, record, FORMAT, FORMAT_VERSION, "hold a checkpoint")
    folder.check_files(handle, record)
    states = [name for name in record["files"] if name.startswith("state-")]
    model = record.get("model")
    if (
        type(record.get("epoch")) is not int
        or record["epoch"] < 0
        or len(states) != 1
        or not isinstance(model, dict)
        or model.get("file") not in record["files"]
        or not {"state", "fixed", "mapped"} <= record.keys()
    ):
        raise RunFolderError(f"{str(handle.path)!r} is damaged: its {folder.RUN_FILE} lacks what a checkpoint has.")
    return record
