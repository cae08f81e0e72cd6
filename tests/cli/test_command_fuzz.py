"""Whatever is typed, the command ends with exit code 0 or 2, and with one sentence where it is 2: never a traceback."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitral.cli import main

_NAMES = ["iris", "digits", "moons", "", ".", "..", "run", "table.csv", "points.npz", "folder.csv", "nowhere", "~", "/"]
_NUMBERS = [
    "0",
    "1",
    "-1",
    "1.5",
    "1e3",
    "nan",
    "inf",
    "9" * 30,
    "1_0",
    "٣",
    " 1",
    "0x1",
    "4294967296",
    "-",
    "--",
    "1-2",
]
_WORDS = [
    "relu",
    "adam",
    "none",
    "all",
    "es",
    "html",
    "ipynb",
    "1.2",
    "1-2",
    "lab4",
    "ref",
    "price",
    "a",
    ";",
    "\t",
    "é",
]
_ODD = [
    "\0",
    "\ud800",
    "%s",
    "{}",
    "[b]",
    ":smile:",
    "\x1b[31m",
    "a" * 300,
    "'",
    '"',
    "\n",
    "=",
    ",",
    ":",
    "-x",
    "--help",
]
_SPREADS = [
    "rate=1,2",
    "rate=1e-4:1:log5",
    "seed=0:5",
    "hidden=4,8-8",
    "=",
    "rate",
    "rate=:",
    "seed=0:1:lin2",
    "l2=1::",
]
_COMMANDS = ["train", "sweep", "runs", "report", "export", "export tensorboard", "course", "lesson", "", "trian"]
_OPTIONS = [
    *("--target", "--task", "--drop", "--categorical", "--delimiter", "--hidden", "--activation", "--initializer"),
    *("--optimizer", "--learning-rate", "--batch-size", "--epochs", "--l1", "--l2", "--dropout", "--seed"),
    *("--early-stopping", "--engine", "--out", "--overwrite", "--no-report", "--json", "--quiet", "-q", "--over"),
    *("--metric", "--exact", "--no-exact", "--variant", "--open", "--most", "--port", "--host", "--lang"),
    *("--no-browser", "--sessions", "--check", "--export", "--claims", "--version", "-h", "--", "--nothing"),
]
_VALUES = st.one_of(*map(st.sampled_from, (_NAMES, _NUMBERS, _WORDS, _ODD, _SPREADS)), st.text(max_size=6))
_WORD = st.one_of(
    st.sampled_from(_OPTIONS),
    _VALUES,
    st.tuples(st.sampled_from(_OPTIONS), _VALUES).map("=".join),
)
_LINES = st.tuples(st.sampled_from(_COMMANDS), st.sampled_from(_NAMES + _WORDS), st.lists(_WORD, max_size=5)).map(
    lambda t: [*t[0].split(), t[1], *t[2]]
)


@pytest.fixture
def stubs(tmp_path, monkeypatch):
    """What comes after all was understood is not begun."""
    monkeypatch.chdir(tmp_path)
    Path("table.csv").write_text("a,price\n1,2\n2,3\n5,4.5\n")
    Path("points.npz").write_bytes(b"PK")
    Path("folder.csv").mkdir()
    Path("run").mkdir()
    Path("run/run.json").write_text("{}")
    for name in ("train.train", "sweep.sweep", "course.open_course", "course.check_claims", "course.leave"):
        monkeypatch.setattr(f"vitral.cli.{name}", lambda *_args, **_kwargs: 0)
    for name in ("export", "show_claims", "open_lesson"):
        monkeypatch.setattr(f"vitral.cli.lesson.{name}", lambda *_args, **_kwargs: 0)


@pytest.mark.usefixtures("stubs")
@pytest.mark.parametrize("n_examples", [150, pytest.param(1500, marks=pytest.mark.slow)])
def test_any_line_is_done_or_refused_in_one_sentence(capsys, n_examples):
    before = sorted(Path().rglob("*"))

    @settings(derandomize=True, database=None, deadline=None, max_examples=n_examples)
    @given(_LINES)
    def type_line(line):
        capsys.readouterr()
        code = main(line)
        said = capsys.readouterr()
        damaged = "is damaged" in said.err or "must be a run's folder" in said.err
        assert code in ((0, 1, 2) if damaged else (0, 2))
        assert "Traceback" not in said.out + said.err
        if code:
            assert said.err.startswith("Error: ")
            if not any("\n" in word or "\r" in word for word in line):
                assert len(said.err.strip().split("\n")) == 1
            if "--json" in line and said.out:
                assert json.loads(said.out)["status"] == "error"

    type_line()
    assert sorted(Path().rglob("*")) == before
