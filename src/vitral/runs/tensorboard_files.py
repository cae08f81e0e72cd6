"""The files that TensorBoard reads, and whose they are.

    events.out.tfevents.<when it began>.vitral-<mark>

`mark` stands for one training: writing it again replaces what was written of it before. Where there are files of
another training, or of another program, TensorBoard would draw the points of both as one curve: that is refused.
"""

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vitral._checks import check_new_folder
from vitral._errors import ArgumentError, RunFolderError
from vitral.runs.tensorboard_events import PARTS, Placed, proto, restart_event
from vitral.runs.tensorboard_records import to_record

VARIANTS = "[0-9][0-9][0-9]*-*"
"""The folders of a sweep's variants, as `glob` takes them."""

_OURS = re.compile(r"events\.out\.tfevents\.[\d.]+\.vitral-([0-9a-f]+)")
_PATIENCE = 1.0  # seconds that events wait at most where they come without end


def check_directory(directory: Any) -> Path:
    """`directory` must be a folder that can be written, or can be made; what it holds is not asked.

    Returns:
        Its absolute path.

    Raises:
        ArgumentError, RunFolderError: it is none.
    """
    return check_new_folder("directory", directory, overwrite=True, adopt=True)


def check_free(directory: Path, mark: str, *, overwrite: bool) -> list[Path]:
    """There must be no events of another training; with `overwrite`, none that Vitral has not written.

    Returns:
        The files that are there, to be removed when there are others to be written.

    Raises:
        ArgumentError: there are such.
    """
    found = event_files(directory)
    for file in found:
        ours = _OURS.fullmatch(file.name)
        if ours is None or not (overwrite or ours[1] == mark):
            remedy = "replace them with overwrite=True" if ours else "remove them first"
            raise ArgumentError(
                f"directory must hold no events of another training: {str(directory)!r} has "
                f"{str(file.relative_to(directory))!r}. Choose another folder, or {remedy}."
            )
    return found


def event_files(directory: Path) -> list[Path]:
    """The event files of the training, or of a sweep's variants, in `directory`."""
    folders = [folder / part for folder in (directory, *sorted(directory.glob(VARIANTS))) for part in ("", *PARTS)]
    return [file for folder in folders for file in sorted(folder.glob("*tfevents*")) if file.is_file()]


def remove(files: Iterable[Path], directory: Path) -> None:
    """Remove files below `directory`, and the folders that this leaves empty."""
    for file in files:
        file.unlink()
        for folder in file.parents:
            if folder == directory:
                break
            with contextlib.suppress(OSError):  # it holds something else
                folder.rmdir()


@contextlib.contextmanager
def failing_as_folder(folder: Path) -> Iterator[None]:
    """What the system says of `folder`, and of what is in it, as a RunFolderError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, RunFolderError):  # a variant's own
            raise
        why = os.strerror(error.errno) if error.errno else str(error)
        raise RunFolderError(
            f"{str(folder)!r} cannot be written: {why}. Make room, or choose another folder."
        ) from error


class EventFiles:
    """The event files of one training, one for each part that has something to say.

    None of them stays open: what was written is there for TensorBoard to read, however the training ends.
    """

    def __init__(self, directory: Path, mark: str, began: float, restarts: Mapping[str, int] | None = None) -> None:
        """Write below `directory`.

        Args:
            began: seconds since 1970.
            restarts: by part the step from which on earlier files do not count; None where there are none.
        """
        self._directory, self._began, self._restarts = directory, began, restarts or {}
        self._name = f"events.out.tfevents.{began:017.6f}.vitral-{mark}"
        self._waiting: dict[str, list[Any]] = {}
        self._parts: set[str] = set()
        self._flushed = time.monotonic()

    def add(self, events: Iterable[Placed]) -> None:
        """Keep (part, event) for the next `flush`, which comes by itself when the last one is a second ago."""
        for part, event in events:
            self._waiting.setdefault(part, []).append(event)
        if time.monotonic() - self._flushed > _PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Append all that waits; an OSError says that it cannot be written."""
        waiting, self._waiting = self._waiting, {}
        for part, events in waiting.items():
            folder = self._directory / part
            if part not in self._parts:
                folder.mkdir(parents=True, exist_ok=True)
                events[:0] = self._opening(part)
                self._parts.add(part)
            with (folder / self._name).open("ab") as file:
                file.write(b"".join(to_record(event.SerializeToString()) for event in events))
        self._flushed = time.monotonic()

    def _opening(self, part: str) -> list[Any]:
        version = proto("event").Event(wall_time=self._began, file_version="brain.Event:2")
        return [version, *([restart_event(self._began, self._restarts[part])] if part in self._restarts else [])]
