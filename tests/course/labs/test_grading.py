"""A class with hostile work in it, graded as `vitral lab grade` does: nobody gains a point or does harm."""

import json
import os
import socket
import sys

import pytest
from small_lab import GOOD, HOSTILE, in_t1, make_lab

from vitral.course.labs.grading import book, process, sandbox
from vitral.course.labs.grading.grade import grade, plan
from vitral.course.labs.grading.intake import Handed
from vitral.course.labs.grading.judging import SandboxError
from vitral.course.labs.grading.sandbox import Limits
from vitral.course.labs.grading.watch import descendants

LIMITS = Limits(load_seconds=8, memory_bytes=600 * 2**20, n_processes=12, tmp_bytes=32 * 2**20)
NOTEBOOK = {"cells": [{"cell_type": "code", "source": ["%matplotlib inline\n", *GOOD.splitlines(keepends=True)]}]}


@pytest.fixture(params=sandbox.TOOLS)
def tool(request):
    if not sandbox.is_usable(request.param):
        pytest.skip(f"{request.param} cannot make namespaces on this machine")
    return request.param


@pytest.fixture
def any_tool():
    for tool in sandbox.TOOLS:
        if sandbox.is_usable(tool):
            return tool
    pytest.skip("namespaces cannot be made on this machine")


def run(folder, book, tool, lab=None, **options):
    return grade(plan(lab or make_lab(folder), folder, book / "grades.csv", tool=tool, limits=LIMITS), **options)


def write_class(folder, names, **places):
    for name in names:
        code = HOSTILE[name][0]
        if isinstance(code, str):
            for place, value in places.items():
                code = code.replace(f"{{{place}!r}}", repr(value)).replace(f"{{{place}}}", str(value))
            code = code.encode()
        (folder / f"{name}.py").write_bytes(code)
    (folder / "good_a.py").write_text(GOOD)
    (folder / "good_z.ipynb").write_text(json.dumps(NOTEBOOK))


def check_class(tmp_path, tool, names, monkeypatch):
    before = set(descendants(os.getpid()))
    monkeypatch.setenv("VITRAL_SECRET", "1")
    work, book, canary = tmp_path / "work", tmp_path / "book", tmp_path / "canary"
    work.mkdir()
    book.mkdir()
    canary.write_text("whole")
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"canary": str(canary), "other": str(work / "good_a.py"), "pid": os.getpid(),
                  "port": server.getsockname()[1]}  # fmt: skip
        write_class(work, names, **places)
        rows = run(work, book, tool, jobs=2)
    found = {row["name"]: (row["statuses"]["T1"], row["statuses"]["T2"]) for row in rows.values()}
    expected = {name: HOSTILE[name][1:] for name in names}
    for name in names:
        assert found[name][1] == expected[name][1], name
        if expected[name][0] == "?":
            assert found[name][0] not in ("ok", "refused"), name
        else:
            assert found[name][0] == expected[name][0], (name, expected[name])
    assert found["good_a"] == found["good_z"] == ("ok", "ok")
    assert canary.read_text() == "whole"
    assert set(descendants(os.getpid())) <= before  # of those that this test has started none is left
    return rows


FAST = (
    "exits_at_once",
    "equals_everything",
    "patches_allclose",
    "forges_an_answer",
    "fork_bomb",
    "reads_another",
    "writes_outside",
    "kills_the_parent",
    "network",
    "mounts",
    "infinite_loop",
    "syntax_error",
    "missing_task",
)


def test_hostile_work_in_a_class(tmp_path, tool, monkeypatch):
    check_class(tmp_path, tool, FAST, monkeypatch)


@pytest.mark.slow
def test_all_hostile_work_in_a_class(tmp_path, tool, monkeypatch):
    assert len(HOSTILE) >= 40
    check_class(tmp_path, tool, tuple(HOSTILE), monkeypatch)


def marks(rows):
    return {key: (row["statuses"], row["points"], row["total"], row["status"]) for key, row in rows.items()}


def test_marks_do_not_depend_on_the_draw_nor_on_an_interruption(tmp_path, any_tool):
    """Graded anew, and after a grader that came only half-way, a class has the same marks; what is kept is not run."""
    work, book = tmp_path / "work", tmp_path / "book"
    work.mkdir()
    book.mkdir()
    write_class(work, ["equals_everything", "missing_task"])
    first = marks(run(work, book, any_tool, jobs=2))
    assert len(first) == 4
    lab = make_lab(work)

    def planned(**options):
        return plan(lab, work, book / "grades.csv", tool=any_tool, limits=LIMITS, **options)

    assert not planned(again=True).done
    assert marks(grade(planned(again=True), jobs=2)) == first
    half = sorted((book / "grades-feedback" / ".results").iterdir())[:2]
    for kept in half:
        kept.unlink()
    (book / "grades.csv").unlink()
    assert len(planned().done) == 2
    told = []
    assert marks(grade(planned(), on_result=lambda row: told.append(row["name"]))) == first
    assert len(told) == 2
    assert (book / "grades.csv").is_file()


def test_a_linked_folder_is_refused_and_not_followed(tmp_path, any_tool):
    work, book, secret = tmp_path / "work", tmp_path / "book", tmp_path / "secret"
    for folder in (work, book, secret):
        folder.mkdir()
    (secret / "solution.py").write_text(GOOD)
    (work / "eva").symlink_to(secret)
    (work / "ana.py").write_text(GOOD)
    rows = {row["name"]: row for row in run(work, book, any_tool).values()}
    assert rows["ana"]["status"] == "ok"
    assert rows["eva"]["status"] == "refused"
    assert rows["eva"]["total"] == 0
    assert "a link" in rows["eva"]["notes"][0]


def test_what_was_printed_is_kept_as_code_and_not_at_length(tmp_path, any_tool):
    """Nothing of it is markup, none of it goes to another task, and closing the output does no harm."""
    work, book = tmp_path / "work", tmp_path / "book"
    work.mkdir()
    body = "print('one\\n```\\n# <b>two</b>\\x1b[2J'); sys.stdout.buffer.write(b'\\xff three\\n'); print('y' * 10**7)"
    closes = "if sys.stdout: sys.stdout.close()\nsys.stdout = None\nreturn 2 * x"
    (work / "ana.py").write_text(in_t1(f"{body}\nreturn 2 * x"))
    (work / "eva.py").write_text(in_t1(closes))
    book.mkdir()
    rows = run(work, book, any_tool, make_lab(tmp_path / "lab"))
    assert {row["status"] for row in rows.values()} == {"ok"}
    first, _, second = rows["ana"]["feedback"]["en"].partition("## T2")
    block = first.partition("Printed:\n\n```text\n")[2]
    lines = block.split("\n")
    assert lines[:3] == ["one", "'''", "# <b>two</b> [2J"]
    assert lines[3].endswith(" three")
    assert lines[4] == "y" * 120
    assert lines[5] == "```"
    assert "Printed" not in second
    assert len(first) < 1500


def test_a_result_depends_on_all_that_judges_it(tmp_path):
    lab = make_lab(tmp_path)
    (one,) = [Handed(key="a", identifier="a", name="a", file="a.py", read=bytes)]
    seen = {book.digest(lab, b"code", one)}
    for name in ("hints.toml", "loss.py"):
        (tmp_path / name).write_text("# something")
        seen.add(book.digest(lab, b"code", one))
        (tmp_path / name).write_text("# something else")
        seen.add(book.digest(lab, b"code", one))
    seen |= {book.digest(lab, b"other code", one), book.digest(lab, b"code", one, True)}
    assert len(seen) == 7
    assert book.digest(lab, b"code", one) in seen


def test_a_result_depends_on_the_code_that_all_labs_share(tmp_path, monkeypatch):
    lab, one = make_lab(tmp_path / "lab"), Handed(key="a", identifier="a", name="a", file="a.py", read=bytes)
    shared = tmp_path / "labs"
    (shared / "grading").mkdir(parents=True)
    monkeypatch.setattr(book, "_LABS", shared)
    seen = {book.digest(lab, b"", one)}
    for name in ("troubles.py", "hints.toml", "notes.toml", "grading/judging.py"):
        (shared / name).write_text("x = 1")
        seen.add(book.digest(lab, b"", one))
    assert len(seen) == 5


def test_a_sandbox_that_does_not_start_is_nobodys_fault(tmp_path, any_tool, monkeypatch):
    """The grading ends with a sentence, and with what it had: no student is marked for it."""
    work, book = tmp_path / "work", tmp_path / "book"
    for folder in (work, book):
        folder.mkdir()
    (work / "ana.py").write_text(GOOD)
    monkeypatch.setattr(process, "child_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(SandboxError, match=r"3 in turn did not .*exit code 3.*what was graded is kept"):
        run(work, book, any_tool, make_lab(tmp_path / "lab"))
    assert not list(book.rglob("*.json"))
    monkeypatch.undo()
    assert [row["status"] for row in run(work, book, any_tool, make_lab(tmp_path / "lab")).values()] == ["ok"]
