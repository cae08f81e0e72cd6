"""A class's submissions, from a folder or a zip: one file for each student, nothing followed, nothing unpacked.

Moodle's download has a folder "Name Surname_12345_assignsubmission_file_" for each student, or files that begin so; its
number is the participant's. Elsewhere the student is the file's name without its ending, or the folder's. Hidden files,
`__MACOSX` and `.ipynb_checkpoints` are passed over; links are never followed; nothing of a zip is written anywhere.
"""

import hashlib
import os
import re
import stat
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vitral._checks import readable
from vitral._errors import ArgumentError
from vitral.course.labs.notes import Note, note
from vitral.course.labs.performing import one_line
from vitral.course.labs.submission import LARGEST_FILE

ENDINGS = (".ipynb", ".py")
MOST_FILES = 10_000
LARGEST_ZIP = 2 * 2**30  # bytes of what is in it, as it says itself
_LINKED = "/"  # ends the path of a folder that is a link: it counts as something handed in, and is refused
_LONGEST_KEY = 80  # bytes: a file's name has 255, of which a hash and an ending need some
LARGEST_RATIO = 200  # unpacked to packed, of a file above 1 MiB
_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)$")
_LIKE_A_HASH = re.compile(r"-[0-9a-f]{8,}$")


class UnreadableError(Exception):
    """A file that is not read; its `note` says why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.key)
        self.note = note


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What one student handed in: `read` gives the content, or raises `UnreadableError`.

    `status` is "" where there is something to grade, else "missing" or "refused" and `reason` says why.
    """

    key: str
    identifier: str
    name: str
    file: str
    read: Callable[[], bytes]
    status: str = ""
    reason: Note | None = None


@dataclass(frozen=True)
class _File:
    path: str  # relative, with /
    read: Callable[[], bytes]
    trouble: Note | None = None


def take_in(folder: Path, passed_over: Collection[Path] = ()) -> list[Handed]:
    """The students of a class, by name. Files and folders at the paths in `passed_over` are none of theirs.

    Raises:
        ArgumentError: no folder or zip, an empty one, or a zip that is too large to be one of a class.
    """
    if folder.is_dir():
        files = _of_folder(folder, {os.path.realpath(path) for path in passed_over})
    elif folder.is_file() and zipfile.is_zipfile(folder):
        files = _of_zip(folder)
    else:
        raise ArgumentError(f"FOLDER must be a folder or a zip with submissions: got {str(folder)!r}. Check the path.")
    students: dict[str, list[_File]] = {}
    for file in files:
        students.setdefault(_student(file.path), []).append(file)
    keys = _keys(students)
    handed = [_handed(keys[student], group) for student, group in sorted(students.items())]
    if all(one.status == "missing" for one in handed):
        raise ArgumentError(f"FOLDER must hold .ipynb or .py files: got {str(folder)!r} without any. Check the path.")
    return handed


def _handed(key: str, files: list[_File]) -> Handed:
    found = _MOODLE.match(_top(files[0].path))
    name = _plain(found["name"] if found else _stem(files[0].path))
    identifier = f"Participant {found['number']}" if found else name
    candidates = [file for file in files if file.path.lower().endswith((*ENDINGS, _LINKED))]
    one = candidates[0] if len(candidates) == 1 else None
    listed = ", ".join(_plain(PurePosixPath(file.path).name) for file in (candidates or files)[:5])
    status, reason = "", None
    if not candidates:
        status, reason = "missing", note("no_file", files=listed)
    elif one is None:
        status, reason = "refused", note("several_files", n=len(candidates), files=listed)
    elif one.trouble is not None:
        status, reason = "refused", one.trouble
    return Handed(
        key=key,
        identifier=identifier,
        name=name,
        file=_plain(one.path if one else listed),
        read=one.read if one else lambda: b"",
        status=status,
        reason=reason,
    )


def _student(path: str) -> str:
    """What the files of one student have in common: the number in Moodle's name, else the name, however written."""
    found = _MOODLE.match(_top(path))
    own = f"{found['name']}_{found['number']}" if found else _stem(path)
    return unicodedata.normalize("NFC", own).casefold()


def _top(path: str) -> str:
    return path.partition("/")[0]


def _stem(path: str) -> str:
    top, slash, _ = path.partition("/")
    return top if slash else PurePosixPath(top).stem


def _plain(text: str) -> str:
    return readable(text.encode("utf-8", "replace").decode())[:200]


def _keys(students: Iterable[str]) -> dict[str, str]:
    """A name for files for each: letters, digits, - and _, and digits of a hash where something was lost.

    Eight of them; all 64 where two students would have the same: names are chosen by students.
    """
    keys = {student: _key(student, 8) for student in students}
    times = Counter(keys.values())
    return {student: key if times[key] == 1 else _key(student, 64) for student, key in keys.items()}


def _key(student: str, n_digits: int) -> str:
    kept = re.sub(r"[^\w-]+", "-", student).strip("-_").encode()[:_LONGEST_KEY].decode("utf-8", "ignore") or "student"
    if kept == student and n_digits == 8 and not _LIKE_A_HASH.search(kept):
        return kept
    return f"{kept}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:n_digits]}"


def _is_passed_over(path: str) -> bool:
    parts = (part for part in path.split("/") if part not in (".", ".."))
    return any(part.startswith((".", "__MACOSX", "__pycache__")) for part in parts)


# ---------------------------------------------------------------- folders


def _of_folder(folder: Path, passed_over: set[str]) -> list[_File]:
    found: list[_File] = []
    for parent, folders, names in os.walk(folder, followlinks=False):
        here = Path(os.path.realpath(parent))
        folders[:] = [name for name in folders if str(here / name) not in passed_over]
        names = [name for name in names if str(here / name) not in passed_over]
        base = Path(parent).relative_to(folder)
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in links and not _is_passed_over(name))
        for name in sorted([*names, *links]):
            path = (base / name).as_posix() + (_LINKED if name in links else "")
            if _is_passed_over(path):
                continue
            if len(found) >= MOST_FILES:
                raise ArgumentError(f"FOLDER must hold at most {MOST_FILES} files: got more. Choose the class's own.")
            found.append(_File(path, lambda full=Path(parent) / name: _read(full), _trouble(Path(parent) / name)))
    return found


def _trouble(path: Path) -> Note | None:
    try:
        about = path.lstat()
    except OSError as error:
        return note("unreadable", why=error.strerror)
    if stat.S_ISLNK(about.st_mode):
        return note("link")
    if not stat.S_ISREG(about.st_mode):
        return note("no_plain_file")
    return _too_large(about.st_size)


def _too_large(size: int) -> Note | None:
    return note("too_large", size=size >> 20, most=LARGEST_FILE >> 20) if size > LARGEST_FILE else None


def _read(path: Path) -> bytes:
    """The content of a plain file, which may have been exchanged for something else since it was looked at."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UnreadableError(note("no_plain_file"))
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UnreadableError(note("unreadable", why=error.strerror)) from error
    return _bounded(content)


def _bounded(content: bytes) -> bytes:
    trouble = _too_large(len(content))
    if trouble is not None:
        raise UnreadableError(trouble)
    return content


# ---------------------------------------------------------------- zips


def _of_zip(path: Path) -> list[_File]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ArgumentError(f"FOLDER must be a zip that can be read: got {str(path)!r} ({error}).") from error
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST_ZIP:
        raise ArgumentError(
            f"FOLDER must hold at most {MOST_FILES} files and {LARGEST_ZIP >> 30} GiB: got more in {str(path)!r}. "
            "Unpack it where you can look at it."
        )
    entries = [entry for entry in entries if not _is_passed_over(entry.filename.replace("\\", "/"))]
    tops = {_top(entry.filename) for entry in entries}
    is_wrapped = len(tops) == 1 and all("/" in e.filename for e in entries) and not _MOODLE.match(next(iter(tops)))
    found = []
    for entry in entries:
        name = entry.filename.partition("/")[2] if is_wrapped else entry.filename
        trouble = _zip_trouble(entry)
        # A path that leads elsewhere is only a name here, and nobody else's.
        name = re.sub(r"[/\\]", "_", name) if trouble is not None and trouble.key == "leads_out" else name
        found.append(_File(name, lambda entry=entry: _unzip(path, entry), trouble))
    return found


def _zip_trouble(entry: zipfile.ZipInfo) -> Note | None:
    path = entry.filename.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/") or ":" in path.split("/")[0]:
        return note("leads_out")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return note("link")
    if entry.flag_bits & 1:
        return note("encrypted")
    if entry.file_size > 2**20 and entry.file_size > LARGEST_RATIO * max(1, entry.compress_size):
        return note("packed")
    return _too_large(entry.file_size)


def _unzip(path: Path, entry: zipfile.ZipInfo) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
            content = file.read(LARGEST_FILE + 1)
    except Exception as error:  # zipfile raises what the packed bytes make its parts raise
        raise UnreadableError(note("not_unpacked", why=one_line(error))) from error
    return _bounded(content)
