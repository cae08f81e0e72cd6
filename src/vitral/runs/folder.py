"""A folder that appears whole or not at all, and a reading of it that never mixes two versions.

Writing: everything goes into a hidden sibling folder, is flushed to the disk, and one rename puts it in place. Where a
run is overwritten, Linux exchanges the two folders in one step (renameat2); elsewhere the old one steps aside first.
Reading: the folder is opened once and every file is read through that handle, which stays with the same folder whatever
is renamed meanwhile; when that folder was replaced half-way, the reading starts again with the new one.
"""

import contextlib
import ctypes
import errno
import hashlib
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from vitral._checks import CHECKPOINT, check_new_folder
from vitral._errors import RunFolderError
from vitral.runs import codec

RUN_FILE = "run.json"
REPORT = "report.html"
DERIVED = (REPORT,)  # written from a run later; stale once the run is replaced
LOCK = "lock"  # in a checkpoint, of the process that trains
LARGEST_JSON = 1 << 28  # bytes; a stranger's file shall not fill the memory
_RETRIES = 200
_HAS_HANDLES = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")

Result = TypeVar("Result")


# ---------------------------------------------------------------- writing


def write_folder(path: Any, fill: Callable[[Path], None], *, overwrite: bool = False, adopt: bool = False) -> Path:
    """Make the folder `path` with what `fill(folder)` writes; nobody ever sees it half full.

    Args:
        path: a new or empty folder; with `overwrite=True` also one that holds a run.
        fill: writes files into the folder it is given. Whatever it raises, nothing is left behind.
        overwrite: replace an existing run. Files in it that are not the run's own are kept.
        adopt: the folder may hold other things, which stay beside the run (callbacks wrote them while it trained).

    Returns:
        The absolute path.
    """
    folder = check_new_folder("path", path, overwrite=overwrite, adopt=adopt, option="overwrite=True")
    if folder.is_symlink():
        folder = folder.resolve()
    made = [parent for parent in folder.parents if not parent.exists()]  # innermost first
    temporary = _sibling(folder, ".tmp")
    placed = False
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        fill(temporary)
        _flush(temporary)
        _place(temporary, folder, may_replace=overwrite or adopt)
        placed = True
        flush_folder(folder.parent)
    except OSError as error:
        if isinstance(error, RunFolderError):
            raise
        raise RunFolderError(
            f"{str(folder)!r} cannot be written: {reason_of(error)}. Nothing was left there."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        for parent in made if not placed else []:
            with contextlib.suppress(OSError):
                parent.rmdir()
    return folder


def write_file(path: Path, content: bytes) -> None:
    """Write one file so that a reader sees the old or the new one, never part of it."""
    try:
        put_file(path, lambda temporary: temporary.write_bytes(content))
    except OSError as error:
        raise RunFolderError(f"{str(path)!r} cannot be written: {reason_of(error)}.") from error


def put_file(path: Path, fill: Callable[[Path], Any]) -> dict[str, Any]:
    """Put in the place of `path` what `fill(temporary)` writes, on the disk and whole; returns size and SHA-256.

    Raises:
        OSError: it cannot be written; `path` is as it was.
    """
    temporary = _sibling(path, ".tmp")
    try:
        fill(temporary)
        entry = describe_file(temporary)
        flush_file(temporary)
        temporary.replace(path)
        flush_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return entry


def link_checkpoint(path: Path, target: Path) -> None:
    """Let the folder `target`, which is to stand in the place of `path`, have the checkpoint that is there.

    Linked, not moved: whichever of the two has the place when the process is killed has it whole.
    """
    source = path / CHECKPOINT
    if not (source / RUN_FILE).is_file():
        return
    (target / CHECKPOINT).mkdir()
    for file in source.iterdir():
        if file.name != LOCK:
            _link(file, target / CHECKPOINT / file.name)
    flush_folder(target / CHECKPOINT)


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file in `folder`, by name."""
    return {path.name: describe_file(path) for path in sorted(folder.iterdir()) if path.is_file()}


def describe_file(path: Path) -> dict[str, Any]:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _sibling(path: Path, ending: str) -> Path:
    """A hidden name beside `path` that nobody else has; short, whatever the length of `path`'s own name."""
    return path.parent / f"{_sibling_prefix(path)}{secrets.token_hex(6)}{ending}"


def _sibling_prefix(path: Path) -> str:
    return f".vitral-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}-"


def _flush(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_file():
            flush_file(path)
    flush_folder(folder)


def flush_file(path: Path) -> None:
    """See to it that a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """See to it that the names in a folder are on the disk."""
    if os.name == "nt":  # Windows has no handle on a folder to flush
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _place(temporary: Path, folder: Path, *, may_replace: bool) -> None:
    """Put `temporary` where `folder` is or shall be; afterwards `temporary` holds the old run, if there was one."""
    if not (may_replace and folder.is_dir() and any(folder.iterdir())):
        if os.name == "nt" and folder.is_dir():
            folder.rmdir()
        temporary.rename(folder)  # over an empty folder too; fails where somebody else was faster
        return
    own = _own_names(folder)
    # Before the exchange and after it: killed between the two, nothing has gone; written between them, neither.
    kept = {entry.name: _link_foreign(entry, temporary) for entry in _foreign(folder, own)}
    flush_folder(temporary)
    if not exchange(temporary, folder):
        aside = _sibling(folder, ".old")
        folder.rename(aside)
        try:
            temporary.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
        aside.rename(temporary)
    for entry in _foreign(temporary, own):
        _move_foreign(entry, folder, kept.get(entry.name))


def _own_names(folder: Path) -> set[str]:
    """What Vitral wrote there: what a run's record lists. All else (checkpoints, notes, logs) is foreign, and kept."""
    own = {CHECKPOINT}
    try:
        own = {RUN_FILE, CHECKPOINT, *DERIVED, *codec.loads((folder / RUN_FILE).read_bytes())["files"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # no run was here, or none that says what it wrote
    return own


def _foreign(folder: Path, own: set[str]) -> list[Path]:
    return [entry for entry in sorted(folder.iterdir()) if entry.name not in own]


def _free_name(entry: Path, folder: Path) -> Path:
    """A place for `entry` in another folder: `<stem>-1<suffix>` where a new file has its name."""
    target, n = folder / entry.name, 0
    while os.path.lexists(target) or (n and os.path.lexists(entry.parent / target.name)):
        n += 1
        target = folder / f"{entry.stem}-{n}{entry.suffix}"
    return target


def _link_foreign(entry: Path, folder: Path) -> str | None:
    """Let `folder` have a file, or all that a folder holds, too; returns its name there, None where that cannot be."""
    target = _free_name(entry, folder)
    try:
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, target, symlinks=True, copy_function=_link)
        else:
            _link(entry, target)
    except OSError:  # of another user's, or vanished: it is moved as it is
        shutil.rmtree(target, ignore_errors=True)
        with contextlib.suppress(OSError):
            target.unlink()
        return None
    return target.name


def _link(source: Path | str, target: Path | str) -> None:
    """Give a file a second name; where the file system has no links, copy it."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, target, follow_symlinks=False)
        if not Path(target).is_symlink():
            flush_file(Path(target))


def _move_foreign(entry: Path, folder: Path, name: str | None) -> None:
    """Bring into `folder` what is newer than its link there, which is called `name`."""
    target = _free_name(entry, folder) if name is None else folder / name
    if name is None or not os.path.lexists(target):
        entry.rename(target)
    elif not os.path.samestat(entry.lstat(), target.lstat()):  # a folder, or a file that was written anew
        if not exchange(entry, target) and not entry.is_dir():
            entry.replace(target)


def exchange(first: Path, second: Path) -> bool:
    """Swap two folders in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here, swap = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    if renameat2(here, os.fsencode(first), here, os.fsencode(second), swap) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code))


def reason_of(error: OSError) -> str:
    """Why the system refused, in its words."""
    return (os.strerror(error.errno) if error.errno else str(error) or type(error).__name__).rstrip(".")


# ---------------------------------------------------------------- reading


class Handle:
    """One version of a folder: every file is read from it, even when the folder has been renamed since."""

    def __init__(self, path: Path):
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY) if _HAS_HANDLES else None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)

    def open(self, name: str) -> int:
        """A descriptor of the regular file `name`; links and pipes are refused."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            if self._fd is not None:
                descriptor = os.open(name, flags, dir_fd=self._fd)
            else:
                descriptor = os.open(self.path / name, flags)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise RunFolderError(f"{str(self.path / name)!r} must be a file of its own: it is a link.") from error
            raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise RunFolderError(f"{str(self.path / name)!r} must be a file: it is something else.")
        return descriptor

    def size(self, name: str) -> int:
        descriptor = self.open(name)
        try:
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)

    def is_current(self) -> bool:
        """Whether the path still leads to this very folder."""
        if self._fd is None:
            return True
        try:
            now = self.path.stat()
        except OSError:
            return False
        then = os.fstat(self._fd)
        return (now.st_dev, now.st_ino) == (then.st_dev, then.st_ino)


def read_folder(path: Path, read: Callable[[Handle], Result]) -> Result:
    """`read(handle)` on one version of the folder at `path`; again, when it was replaced under the reading."""
    for attempt in range(_RETRIES):
        try:
            handle = Handle(path)
        except OSError as error:
            if attempt < _RETRIES - 1 and (_steps_aside(path) or path.is_dir()):
                time.sleep(0.005)
                continue
            raise RunFolderError(f"{str(path)!r} cannot be opened as a run: {reason_of(error)}.") from error
        try:
            return read(handle)
        except (OSError, RunFolderError) as error:
            if attempt < _RETRIES - 1 and not handle.is_current():
                continue
            if isinstance(error, RunFolderError):
                raise
            raise RunFolderError(f"{str(path)!r} cannot be read: {reason_of(error)}.") from error
        finally:
            handle.close()
    raise AssertionError("unreachable: the last attempt returns or raises")


def _steps_aside(path: Path) -> bool:
    """Whether the folder is between two renames, as happens where folders cannot be exchanged."""
    return any(path.parent.glob(f"{_sibling_prefix(path)}*.old"))


def read_json(handle: Handle) -> dict[str, Any]:
    """The run's own file, as a dict."""
    where = str(handle.path / RUN_FILE)
    try:
        descriptor = handle.open(RUN_FILE)
    except FileNotFoundError as error:
        raise RunFolderError(f"{str(handle.path)!r} must be a run's folder: it holds no {RUN_FILE}.") from error
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(LARGEST_JSON + 1)
    if len(content) > LARGEST_JSON:
        raise RunFolderError(f"{where!r} is too large to be a run's: more than {LARGEST_JSON >> 20} MiB.")
    try:
        record = codec.loads(content)
    except (ValueError, TypeError, RecursionError) as error:
        raise RunFolderError(f"{where!r} is damaged: it is not complete JSON ({error}).") from error
    if not isinstance(record, dict):
        raise RunFolderError(f"{where!r} is damaged: it holds no record.")
    return record


def check_format(where: Path, record: dict[str, Any], form: str, version: int, what: str) -> None:
    """The record in the folder `where` must be of this form, "vitral.run" or another, in a version known here."""
    found = record.get("format_version")
    if record.get("format") != form or type(found) is not int:
        raise RunFolderError(f"{str(where)!r} must {what}: its {RUN_FILE} is something else.")
    if found > version:
        raise RunFolderError(
            f"{str(where)!r} was written by a newer Vitral (format {found}, this one reads up to {version}). Upgrade "
            "with: pip install --upgrade vitral"
        )


def check_files(handle: Handle, record: dict[str, Any]) -> None:
    """Every file that the record lists must be there, under a plain name, with its size."""
    files = record.get("files")
    if not isinstance(files, dict):
        raise RunFolderError(f"{str(handle.path / RUN_FILE)!r} is damaged: it lists no files.")
    for name, entry in files.items():
        _check_plain(handle, name)
        if (
            not isinstance(entry, dict)
            or type(entry.get("bytes")) is not int
            or not isinstance(entry.get("sha256"), str)
        ):
            raise RunFolderError(
                f"{str(handle.path / RUN_FILE)!r} is damaged: {name!r} has no size and checksum there."
            )
        try:
            size = handle.size(name)
        except FileNotFoundError as error:
            raise RunFolderError(f"{str(handle.path)!r} is not complete: {name} is missing.") from error
        if size != entry["bytes"]:
            raise RunFolderError(
                f"{str(handle.path / name)!r} is damaged: it has {size} bytes instead of {entry['bytes']}."
            )


def stream_file(handle: Handle, record: dict[str, Any], name: str) -> Iterator[bytes]:
    """The bytes of a listed file in pieces; an error after the last one if they are not those that were written."""
    entry = record["files"].get(name)
    if entry is None:
        raise RunFolderError(f"{str(handle.path)!r} holds no {name}.")
    state = hashlib.sha256()
    with os.fdopen(handle.open(name), "rb") as file:
        while piece := file.read(1 << 20):
            state.update(piece)
            yield piece
    if state.hexdigest() != entry["sha256"]:
        raise RunFolderError(
            f"{str(handle.path / name)!r} is damaged: its content is not what was saved (its checksum differs)."
        )


def _check_plain(handle: Handle, name: Any) -> None:
    if not isinstance(name, str) or not name or name in (".", "..") or any(c in name for c in "/\\:\0"):
        raise RunFolderError(f"{str(handle.path / RUN_FILE)!r} is damaged: {name!r} is no plain file name.")
