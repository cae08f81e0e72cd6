"""`vitral report`: writes the page and prints its path; what is no run is refused."""

import webbrowser
from pathlib import Path

import pytest


@pytest.fixture
def run_folder(vitral_command):
    done = vitral_command("train", "moons", "--hidden", "2", "--epochs", "2", "--no-report", "--quiet", "--out", "run")
    assert done.code == 0, done.err
    return Path("run")


def test_writes_into_the_runs_folder_or_where_it_is_told(vitral_command, run_folder):
    inside = vitral_command("report", run_folder)
    assert inside.code == 0, inside.err
    assert Path(inside.out.strip()).parent == run_folder.absolute()
    outside = vitral_command("report", run_folder, "--out", "page.html")
    assert Path(outside.out.strip()).absolute() == Path("page.html").absolute()
    assert "moons" in Path("page.html").read_text(encoding="utf-8")


def test_open_shows_it_in_the_browser(vitral_command, run_folder, monkeypatch):
    shown = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(shown.append(address)))
    done = vitral_command("report", run_folder, "--open")
    assert done.code == 0
    assert shown == [Path(done.out.strip()).as_uri()]
    assert "No browser" in done.err


@pytest.mark.parametrize(("folder", "words"), [("nowhere", "is no folder"), (".", "has no run.json")])
def test_what_is_no_run_is_bad_input(vitral_command, folder, words):
    done = vitral_command("report", folder)
    assert done.code == 2
    assert done.out == ""
    assert words in done.err
    assert "vitral runs" in done.err


def test_a_folder_is_no_place_for_the_page(vitral_command, run_folder):
    done = vitral_command("report", run_folder, "--out", ".")
    assert done.code == 2
    assert "--out must be a file" in done.err


@pytest.mark.parametrize("place", ["no/such/page.html", "run/run.json/page.html", "/proc/page.html"])
def test_where_no_page_can_be_is_bad_input(vitral_command, run_folder, place):
    done = vitral_command("report", run_folder, "--out", place)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: --out must be in ")
    assert place in done.err


def test_a_damaged_run_ends_with_exit_code_1(vitral_command, run_folder):
    (run_folder / "arrays.safetensors").write_bytes(b"something else")
    done = vitral_command("report", run_folder)
    assert done.code == 1
    assert done.err.startswith("Error: ")
    assert len(done.err.splitlines()) == 1
    assert not list(run_folder.glob("*.html"))
