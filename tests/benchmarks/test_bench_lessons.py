"""The benchmark of lessons: what it moves, how it counts, what it shows; and one panel measured in earnest."""

import importlib
import sys

import pytest


@pytest.fixture
def lessons(benchmarks):
    assert benchmarks.is_dir()
    yield importlib.import_module("lessons")
    sys.modules.pop("lessons", None)


@pytest.mark.parametrize(
    ("control", "values"),
    [
        ({"kind": "slider", "value": 2, "low": 0, "high": 10, "step": 1, "log": False}, [2, 0, 5, 10]),
        ({"kind": "slider", "value": 0.01, "low": 0.01, "high": 1, "step": 0.1, "log": True}, [0.01, 0.1, 1]),
        ({"kind": "menu", "value": "b", "options": [["a", "A"], ["b", "B"]]}, ["b", "a"]),
        ({"kind": "switch", "value": True}, [False, True]),
        ({"kind": "hidden", "value": [1]}, []),
        ({"kind": "button", "value": 0}, []),
    ],
)
def test_where_a_control_is_moved(lessons, control, values):
    found = lessons._values_of(control)
    assert found == (pytest.approx(values) if control["kind"] == "slider" else values)


def test_the_slowest_stands_in_the_table_and_bold_over_the_limit(lessons):
    row = lessons.Row("1.2", "turning", first=0.5, size=12_345)
    row.moved = {"rate": [0.1, 0.2, 9.0], "n": [0.4, 0.4, 0.1]}
    row.new = {"hidden": [1.0, 2.0]}
    row.seen = {"rate": [0.31, 0.31, 0.31]}
    machine = lessons.Machine("a processor", 2, 8.0, "Linux 6", "3.11")
    shown = lessons.render([row, lessons.Row("1.2", "other", trouble="it failed")], machine, 3)
    assert "| 1.2 turning | 500 | 12 | **400** (n) | 2 000 (hidden) | **310** (rate) |" in shown
    assert "| 1.2 other | it failed | 0 | – | – | – |" in shown
    assert "a processor, 2 cores" in shown


def test_an_unknown_lesson_is_refused(lessons, capsys):
    with pytest.raises(SystemExit) as caught:
        lessons.main(["--lessons", "9.9"])
    assert caught.value.code == 2
    assert "--lessons must be among" in capsys.readouterr().err


def test_one_panel_is_measured(lessons):
    row = lessons._measure("1.2", "worked", 2)
    assert row.trouble == ""
    assert row.first > 0
    assert row.size > 100
    assert row.moved
    assert all(len(times) == 2 and min(times) > 0 for times in row.moved.values())
    assert row.new == {}
