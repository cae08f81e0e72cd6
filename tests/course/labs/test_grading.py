"""A class with hostile work in it, graded as `vitral lab grade` does: nobody gains a point or does harm."""

import json
import os
import socket

import pytest
from small_lab import GOOD, HOSTILE, make_lab

from vitral.course.labs.grading import sandbox
from vitral.course.labs.grading.grade import grade, plan
from vitral.course.labs.grading.process import descendants
from vitral.course.labs.grading.sandbox import Limits

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


def check_class(tmp_path, tool, names):
    before = set(descendants(os.getpid()))
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


def test_hostile_work_in_a_class(tmp_path, tool):
    check_class(tmp_path, tool, FAST)


@pytest.mark.slow
def test_all_hostile_work_in_a_class(tmp_path, tool):
    assert len(HOSTILE) >= 40
    check_class(tmp_path, tool, tuple(HOSTILE))
