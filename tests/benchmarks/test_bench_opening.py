"""The benchmark of openings: what it prints and refuses; one round in earnest; and that no server outlives it."""

import importlib
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from vitral.course import row


@pytest.fixture
def opening(benchmarks):
    assert benchmarks.is_dir()
    yield importlib.import_module("opening")
    for name in ("opening", "_course"):
        sys.modules.pop(name, None)


def is_there(address):
    try:
        with urllib.request.urlopen(f"{address}/", timeout=60) as answer:
            return answer.status == 200
    except urllib.error.URLError:
        return False


@pytest.mark.slow
@pytest.mark.browser
def test_one_round_is_measured(opening, browser):
    found = opening.measure(browser, row("1.2").slug, looks_around=0)
    assert list(found) == [
        "command to gallery", "cold: title", "cold: first panel", "warm: title", "warm: first panel", "Ctrl-C to end",
    ]  # fmt: skip
    assert min(found.values()) > 0
    assert found["cold: first panel"] > found["cold: title"]
    assert found["warm: first panel"] > found["warm: title"]


def test_a_round_that_fails_leaves_no_server_running(opening, monkeypatch):
    seen = []
    course = opening.course

    @contextmanager
    def course_seen():
        with course() as running:
            seen.append((running, is_there(running.address)))
            yield running

    class Browser:
        """Fails before anything can be clicked."""

        def new_page(self, **_):
            raise RuntimeError("the page is gone")

    monkeypatch.setattr(opening, "course", course_seen)
    with pytest.raises(RuntimeError, match="the page is gone"):
        opening.measure(Browser(), "1-2")
    ((running, was_there),) = seen
    assert was_there
    assert not is_there(running.address)
    assert running.closing is None


def test_a_course_that_ends_says_how_long_it_took(opening):
    with opening.course() as running:
        assert is_there(running.address)
        assert running.opening > 0
        assert running.closing is None
    assert running.closing > 0
    assert not is_there(running.address)


def test_a_course_that_does_not_start_says_what_it_printed(opening, monkeypatch):
    monkeypatch.setattr(sys, "executable", "echo")
    with pytest.raises(RuntimeError, match="did not start: -m vitral course"), opening.course():
        pass


def test_the_table_has_medians_and_ranges(opening):
    rounds = [{"cold: title": 0.5, "Ctrl-C to end": 0.1}, {"cold: title": 0.25, "Ctrl-C to end": 0.3}]
    rounds.append({"cold: title": 4.0, "Ctrl-C to end": 0.2})
    shown = opening.render("1.2", rounds, opening.Machine("a processor", 2, 8.0, "Linux 6", "3.11"))
    assert "Lesson 1.2, seconds of 3 rounds." in shown
    assert "| cold: title | 0.50 | 0.25–4.00 |" in shown
    assert "| Ctrl-C to end | 0.20 | 0.10–0.30 |" in shown
    assert "a processor, 2 cores" in shown


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--lesson", "9.9"], "invalid choice: '9.9'"), (["--rounds", "0"], "--rounds must be at least 1: got 0")],
)
def test_bad_options_are_refused(opening, capsys, options, words):
    with pytest.raises(SystemExit) as caught:
        opening.main(options)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_without_chromium_nothing_is_measured(opening, monkeypatch, capsys):
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert opening.main(["--rounds", "1"]) == 1
    assert "no Chromium" in capsys.readouterr().err
