"""What a sweep shows while it runs: a bar with the time left in a terminal, a few plain lines in a log."""

import re

import pytest

from vitral.training import progress
from vitral.training.progress import SweepProgress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets: `clock[0]`, in seconds."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    return now


def test_a_log_gets_ten_lines_with_the_time_left_since_the_first_epoch(clock, capsys):
    with SweepProgress(4, [50, 50, 50, 50], verbose=2) as shown:
        clock[0] += 60  # compiling
        for _ in range(200):
            shown.advance()
            clock[0] += 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0] == "4 variants: 20/200 epochs  3:00 left"
    assert lines[-1] == "4 variants: 200/200 epochs  0:00 left"


@pytest.mark.usefixtures("clock")
def test_a_burst_of_epochs_is_no_speed_yet(capsys):
    with SweepProgress(1, [10], verbose=2) as shown:
        shown.advance()
        shown.advance()
    assert capsys.readouterr().err == "1 variant: 1/10 epochs\n1 variant: 2/10 epochs\n"


def test_a_terminal_gets_a_bar_that_ends_full_where_variants_stopped_early(clock, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with SweepProgress(2, [5000, 5000], verbose=1) as shown:
        for _ in range(40):
            shown.advance()
        clock[0] += 3725
    err = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", capsys.readouterr().err)
    last = err.splitlines()[-1]
    assert "2 variants" in last
    assert last.rstrip().endswith("40/40 epochs in 1:02:05")
    assert len(last) <= 80


@pytest.mark.parametrize("verbose", [0, "auto"])
def test_nobody_looks(verbose, capsys):
    with SweepProgress(2, [1, 1], verbose=verbose) as shown:
        shown.advance()
    assert capsys.readouterr().err == ""
