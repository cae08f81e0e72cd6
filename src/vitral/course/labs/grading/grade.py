"""A class graded: every submission in a process of its own, several side by side, each result kept as it comes.

A thread waits for each child; the work is in the children. What was graded before, and has not changed, is not graded
again. A submission that imports TensorFlow runs on it, or where it is not installed on its names (`tensorflow_names`).
"""

import importlib.util
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path

from vitral.course.labs.grading import book
from vitral.course.labs.grading.intake import Handed, UnreadableError, take_in
from vitral.course.labs.grading.judging import grade_one, refused
from vitral.course.labs.grading.sandbox import Limits, check_unseen
from vitral.course.labs.lab import Lab

_TENSORFLOW = re.compile(rb"(?:^|\W)(?:import|from)\s+tensorflow\b")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be graded: the students, how many results are there already, how many submissions lack TensorFlow."""

    lab: Lab
    handed: list[Handed]
    csv_file: Path
    folder: Path
    tool: str
    limits: Limits = field(default_factory=Limits)
    done: dict[str, book.Row] = field(default_factory=dict)
    n_without_tensorflow: int = 0


def plan(
    lab: Lab, submissions: Path, csv_file: Path, *, tool: str, again: bool = False, limits: Limits | None = None
) -> Plan:
    """Look at a class's submissions, and at what is known of them.

    Raises:
        ArgumentError: they cannot be read, or a sandbox would show them.
    """
    csv_file = csv_file.absolute()
    folder = csv_file.with_name(f"{csv_file.stem}-feedback")
    if tool != "none":
        check_unseen(submissions)
        check_unseen(csv_file)
    handed, done, lacking = take_in(submissions, [csv_file, folder]), {}, 0
    for one in handed:
        content, one = _content(one)
        row = None if again else book.kept(folder, one.key, _digest(lab, content, one, tool))
        if row is not None:
            done[one.key] = row
        lacking += row is None and not one.status and _lacks_tensorflow(content)
    return Plan(lab=lab, handed=handed, csv_file=csv_file, folder=folder, tool=tool, limits=limits or Limits(),
                done=done, n_without_tensorflow=lacking)  # fmt: skip


def grade(
    planned: Plan,
    *,
    jobs: int = 1,
    language: str = "en",
    out_of: float | None = None,
    on_result: Callable[[book.Row], None] = lambda _: None,
) -> dict[str, book.Row]:
    """Grade what is left of a plan, `jobs` submissions at a time, and write the book.

    Returns:
        Every student's row, by key. Interrupted, it leaves what was graded for the next time, and no child.
    """
    rows = dict(planned.done)
    stop = threading.Event()
    planned.folder.mkdir(parents=True, exist_ok=True)

    def work(one: Handed) -> tuple[str, book.Row] | None:
        return None if stop.is_set() else (one.key, _grade(planned, one))

    pool = ThreadPoolExecutor(max_workers=jobs)
    try:
        for future in as_completed([pool.submit(work, one) for one in planned.handed if one.key not in rows]):
            result = future.result()
            if result is not None:
                key, row = result
                book.keep(planned.folder, key, row)
                rows[key] = row
                on_result(row)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
    rows = {one.key: rows[one.key] for one in planned.handed}
    book.write_book(planned.lab, planned.csv_file, planned.folder, rows, language=language, out_of=out_of)
    return rows


def _grade(planned: Plan, one: Handed) -> book.Row:
    lab = planned.lab
    content, one = _content(one)
    if one.reason is not None:
        graded = refused(lab, one.status, one.reason)
    else:
        lacks = _lacks_tensorflow(content)
        backend = "tensorflow" if _TENSORFLOW.search(content) and not lacks else lab.backend
        name = Path(one.file).name
        graded = grade_one(
            lab, name, content, tool=planned.tool, limits=planned.limits, backend=backend, stand_in=lacks
        )
    return book.row_of(lab, one, graded, digest=_digest(lab, content, one, planned.tool), tool=planned.tool)


def _digest(lab: Lab, content: bytes, one: Handed, tool: str) -> str:
    """What was graded without a sandbox, or without TensorFlow, is graded again where there is one."""
    return book.digest(lab, content, one, tool == "none", _lacks_tensorflow(content))


def _content(one: Handed) -> tuple[bytes, Handed]:
    """What a student handed in; where it cannot be read, nothing, and the student with the reason."""
    if one.status:
        return b"", one
    try:
        return one.read(), one
    except UnreadableError as error:
        return b"", replace(one, status="refused", reason=error.note)


def _lacks_tensorflow(content: bytes) -> bool:
    return _TENSORFLOW.search(content) is not None and importlib.util.find_spec("tensorflow") is None
