"""`vitral runs`: what is in a folder, damaged runs too, for people and for scripts."""

import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from vitral.cli import console


@pytest.fixture
def three_runs(vitral_command):
    """A classification and a regression run, and one whose record was cut short."""
    for name, data in (("first", "moons"), ("second", "diabetes"), ("third", "moons")):
        done = vitral_command(
            "train", data, "--hidden", "2", "--epochs", "2", "--no-report", "--quiet", "--out", f"runs/{name}"
        )
        assert done.code == 0, done.err
    cut = Path("runs/third/run.json")
    cut.write_bytes(cut.read_bytes()[:100])
    return Path("runs")


def test_lists_whole_runs_in_a_table_and_damaged_ones_with_the_reason(vitral_command, three_runs):
    done = vitral_command("runs")
    assert done.code == 0
    lines = done.out.splitlines()
    record = json.loads((three_runs / "first" / "run.json").read_text())
    accuracy = record["summary"]["evaluation"]["accuracy"]
    first = next(line for line in lines if line.strip().startswith("first"))
    assert first.split()[1:3] == ["done", "moons"]
    assert f"test accuracy {accuracy:.4g}" in first
    assert first.split()[-2] == "2"
    assert "mae" in next(line for line in lines if line.strip().startswith("second"))
    assert next(line for line in lines if line.startswith("third")).startswith("third is damaged: ")


@pytest.mark.parametrize("width", [60, 72, 80, 120])
def test_a_narrow_terminal_shows_whole_dates_and_scores(vitral_command, three_runs, monkeypatch, width):
    long = three_runs / "diabetes-20261124-221959"
    (three_runs / "second").rename(long)
    monkeypatch.setattr(
        console, "output", lambda: Console(width=width, force_terminal=True, color_system=None, highlight=False)
    )
    done = vitral_command("runs")
    assert max(map(len, done.out.splitlines()[:4])) <= width
    line = next(line for line in done.out.splitlines() if "mae" in line)
    assert re.search(r" mae [\d.]+ +2 +\d{4}-\d\d-\d\d *$", line)
    assert ("test mae" in line) == (width >= 80)
    assert (" diabetes " in line) == (width >= 120)


@pytest.mark.usefixtures("three_runs")
def test_a_pipe_has_no_width(vitral_command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    done = vitral_command("runs")
    assert re.search(r"^ *second +done +diabetes +test mae [\d.]+ +2 +\d{4}-\d\d-\d\d *$", done.out, re.MULTILINE)


def test_json_for_scripts(vitral_command, three_runs):
    done = vitral_command("runs", three_runs, "--json")
    assert done.err == ""
    assert done.json["folder"] == str(three_runs.absolute())
    assert [run["status"] for run in done.json["runs"]] == ["done", "done", "damaged"]
    assert done.json["runs"][1]["data"] == "diabetes"
    assert done.json["runs"][2]["reason"]


def test_a_runs_own_folder_lists_itself(vitral_command, three_runs):
    done = vitral_command("runs", three_runs / "first", "--json")
    assert [Path(run["path"]).name for run in done.json["runs"]] == ["first"]


def test_names_are_printed_as_they_are(vitral_command):
    """Rich would read [bold] as a style and :smile: as a picture."""
    name = "[bold]odd :smile:"
    vitral_command("train", "moons", "--hidden", "2", "--epochs", "1", "--no-report", "--out", f"runs/{name}")
    assert name in vitral_command("runs").out


def test_before_the_first_run_it_says_how_to_make_one(vitral_command):
    done = vitral_command("runs")
    assert (done.code, done.err) == (0, "")
    assert "vitral train digits" in done.out
    assert vitral_command("runs", "--json").json["runs"] == []


def test_no_such_folder_is_bad_input(vitral_command):
    done = vitral_command("runs", "nowhere")
    assert done.code == 2
    assert "nowhere" in done.err
    assert len(done.err.splitlines()) == 1
