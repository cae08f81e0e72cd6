"""A class of 60 graded by the command, once through and once killed half-way: the same marks, the expected ones."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import a_class
import pytest

import vitral
from vitral.course.labs.grading import sandbox
from vitral.course.labs.grading.watch import descendants

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(vitral.__file__).parents[1])}


def command(work, book, *more):
    return [sys.executable, "-m", "vitral", "lab", "grade", "1", str(work), "--csv", str(book), "--jobs", "2", *more]


def table(book):
    with book.open(encoding="utf-8-sig", newline="") as file:
        return {row["Identifier"]: row for row in csv.DictReader(file)}


def marks(book):
    """Of each student: the status of each task, its points, and the total."""
    return {
        name: ({task: row[f"{task} status"] for task in a_class.ALL}, [row[task] for task in a_class.ALL], row["total"])
        for name, row in table(book).items()
    }


def begun(pid):
    """When a process was started, so that a number that is given again is not taken for the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None


def wait_until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def results(book):
    """What is kept of each student who is done, and when it was written."""
    files = (book.with_name(f"{book.stem}-feedback") / ".results").glob("*.json")
    return {file.name: (file.stat().st_mtime_ns, json.loads(file.read_bytes())["digest"]) for file in files}


@pytest.mark.slow
def test_a_class_of_60_has_the_same_marks_twice_and_after_the_grader_was_killed(tmp_path):
    if not any(map(sandbox.is_usable, sandbox.TOOLS)):
        pytest.skip("namespaces cannot be made on this machine")
    work, canary = tmp_path / "work", tmp_path / "canary"
    whole, killed = tmp_path / "a" / "g.csv", tmp_path / "b" / "g.csv"
    for book in (whole, killed):
        book.parent.mkdir()
    canary.write_text("whole")
    other = work / "Apellido101 Nombre101_101_assignsubmission_file_" / "lab1.py"
    expected = a_class.write(work, canary=canary, pid=os.getpid(), other=other)
    assert len(expected) == 60
    done = subprocess.run(command(work, whole), env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first = marks(whole)
    assert first.keys() == expected.keys()
    for name, wanted in expected.items():
        statuses, points, total = first[name]
        for task, status in wanted.items():
            assert statuses[task] == status or (status == "?" and statuses[task] not in ("ok", "refused")), (name, task)
        assert points == ["1" if statuses[task] == "ok" else "0" for task in a_class.ALL]
        assert total == str(points.count("1"))

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    grader = subprocess.Popen(command(work, killed), env=ENVIRONMENT, **quiet)
    wait_until(lambda: len(results(killed)) >= 25, 1200)
    grader.send_signal(signal.SIGSTOP)
    below = {pid: begun(pid) for pid in descendants(grader.pid)}
    grader.kill()
    grader.wait()
    assert len(below) > 1
    wait_until(lambda: not [pid for pid, when in below.items() if when and begun(pid) == when], 20)
    half = results(killed)
    assert 25 <= len(half) < 60
    assert not killed.exists()

    done = subprocess.run(command(work, killed), env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert marks(killed) == first
    assert results(killed).items() >= half.items(), "who was done is not graded again"
    assert len(list(killed.with_name("g-feedback").glob("*.md"))) == 60
    assert not list(killed.with_name("g-feedback").rglob("*.tmp"))
    assert canary.read_text() == "whole"
