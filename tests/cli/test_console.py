"""Progress in a terminal and elsewhere, numbers, JSON, and the words around the commands."""

import io
import json
import math
import subprocess
import sys

import pytest
from rich.console import Console

import vitral
from vitral.cli import console, main
from vitral.cli.progress import EpochProgress


def show(epochs, *, terminal, quiet=False):
    page = io.StringIO()
    with EpochProgress(
        Console(file=page, force_terminal=terminal, width=100, color_system=None), epochs, quiet=quiet
    ) as progress:
        progress.say("Training on moons …")
        for epoch in range(epochs):
            progress.on_epoch_end(epoch, {"loss": 1 / (epoch + 1), "val_accuracy": 0.5, "val_loss": 2.0})
    return page.getvalue()


@pytest.mark.parametrize("epochs", [1, 3, 10, 25, 1000])
def test_elsewhere_a_few_lines_and_the_last_epoch(epochs):
    lines = show(epochs, terminal=False).splitlines()
    assert 1 <= len(lines) <= 13
    assert lines[-1].startswith(f"epoch {epochs}/{epochs}  loss {1 / epochs:.4g}  val_accuracy 0.5")


def test_in_a_terminal_a_bar_with_scores_that_is_gone_at_the_end():
    shown = show(3, terminal=True)
    assert "Training on moons …" in shown
    assert "3/3" in shown
    assert "loss 0.3333  val_accuracy 0.5" in shown
    assert shown.endswith("\x1b[2K")  # the line is erased


def test_quiet_shows_nothing():
    assert show(3, terminal=False, quiet=True) == show(3, terminal=True, quiet=True) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.97224, "0.9722"), (2904.18, "2904"), (1.23456e-5, "1.235e-05"), (math.nan, "nan"), (123456.0, "1.235e+05")],
)
def test_scores_have_four_digits(value, text):
    assert console.format_score(value) == text


def test_json_has_no_nan(capsys):
    console.print_json({"a": math.nan, "b": [1.5, -math.inf, {"c": math.inf}], "d": "ñ"})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, None, {"c": None}], "d": "ñ"}


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"vitral {vitral.__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["train", "--help"], ["runs", "-h"], ["report", "--help"]])
def test_help_has_an_example(arguments, capsys):
    assert main(arguments) == 0
    assert "$ vitral " in capsys.readouterr().out


def test_help_names_the_exit_codes(capsys):
    main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for code in ("0 done", "1 training diverged", "2 bad input", "130 interrupted"):
        assert code in words


def test_an_unknown_command_is_one_sentence(capsys):
    assert main(["trian"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("Error: No such command 'trian'")
    assert len(captured.err.splitlines()) == 1


def test_an_unexpected_error_keeps_its_traceback(monkeypatch):
    from vitral.cli import listing

    def breaks(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(listing, "list_folder", breaks)
    with pytest.raises(ZeroDivisionError):
        main(["runs"])


def test_as_a_module(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "vitral", "train", "digits", "--epochs", "-3"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "Error: --epochs must be a whole number of at least 1: got -3. Use 20 or so.\n"
