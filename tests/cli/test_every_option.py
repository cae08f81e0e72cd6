"""Every option and argument of every command has a bad value that is refused: one sentence, exit code 2, no file.

The commands are asked for what they have, so that a new option without a case here fails.
"""

import re
from pathlib import Path

import numpy as np
import pytest
import typer

import vitral
from vitral.cli.app import app

FILE = ("table.csv", "--target", "price")
OVER = ("iris", "--over", "rate=0.1,0.2")
NUMBERS = {
    "--epochs": ("0", "-3", "1.5", "many", ""),
    "--learning-rate": ("0", "-0.1", "nan", "inf", "fast"),
    "--l1": ("-1", "nan", "x"),
    "--l2": ("-0.1", "inf", "1,5"),
    "--dropout": ("1", "-0.1", "nan", "half"),
    "--seed": ("-1", "4294967296", "0.5", "x"),
    "--early-stopping": ("0", "-1", "2.5", "soon"),
    "--batch-size": ("0", "-1", "2.5", "al", ""),
    "--hidden": ("0", "64;32", "64,,32", "-", "", "1e3", "99999999999", "100000,100000"),
}
WORDS = {
    "--activation": ("rely", ""),
    "--initializer": ("he_norml", ""),
    "--optimizer": ("adm", ""),
    "--task": ("regresion", ""),
}
FLAGS = {
    "--overwrite": "--overwrite=yes",
    "--no-report": "--no-report=1",
    "--json": "--json=true",
    "--quiet": "--quiet=1",
    "--open": "--open=firefox",
    "--no-browser": "--no-browser=1",
    "--check": "--check=1",
    "--claims": "--claims=all",
    "--exact": "--exact=no",
    "--version": "--version=2",
    "--again": "--again=1",
    "--unsafe": "--unsafe=1",
}


def training(command, data):
    """What `train` and `sweep` have in common: option -> command lines that are refused for it."""
    cases = {option: [(*data, option, value) for value in values] for option, values in NUMBERS.items()}
    cases |= {option: [(*data, option, value) for value in values] for option, values in WORDS.items()}
    more = data[1:]
    cases |= {
        "DATA": [
            *[(name, *more) for name in ("digist", "", ".", "missing.csv", "data.parquet", "table.csv", "folder.csv")],
            more,
        ],
        "--target": [
            (*data, "--target", "y"),
            ("points.npz", "--target", "y", *more),
            *[("table.csv", "--target", name, *more) for name in ("prize", "7", "")],
        ],
        "--drop": [
            (*data, "--drop", "a"),
            *[(*FILE, "--drop", name, *more) for name in ("nothing", "9", "price", "")],
            (*FILE, "--drop", "a", "--drop", "city", *more),
        ],
        "--categorical": [
            (*data, "--categorical", "a"),
            *[(*FILE, "--categorical", name, *more) for name in ("nothing", "-9", "price", "")],
        ],
        "--delimiter": [
            (*data, "--delimiter", ";"),
            ("points.npz", "--delimiter", ";", *more),
            *[(*FILE, "--delimiter", text, *more) for text in (",,", "", ";")],
        ],
        "--task": [
            (*data, "--task", "regression"),
            (*FILE, "--drop", "city", "--task", "regresion", *more),
            (*FILE, "--drop", "city", "--task", "", *more),
            ("table.csv", "--target", "city", "--task", "regression", *more),
        ],
        "--out": [(*data, "--out", place) for place in ("table.csv", "full", "table.csv/run", "/proc/run", "a\0b")]
        + [(*data, "--out", "full", "--overwrite")],
        "--overwrite": [(*data, FLAGS["--overwrite"])],
    }
    return {(command, name): lines for name, lines in cases.items()}


CASES = {
    ("", "--version"): [(FLAGS["--version"],)],
    **training("train", ("iris",)),
    ("train", "--engine"): [("iris", "--engine", name) for name in ("compield", "", "jax")],
    ("train", "--checkpoint-every"): [("iris", "--checkpoint-every", n) for n in ("-1", "1.5", "often")],
    ("train", "--resume"): [
        *[("--resume", place) for place in ("nowhere", "full", "table.csv", "sweep", "")],
        ("iris", "--resume", "run"),
        ("--resume", "run", "--epochs", "3"),
    ],
    ("train", "--no-report"): [("iris", FLAGS["--no-report"])],
    ("train", "--json"): [("iris", FLAGS["--json"])],
    ("train", "--quiet"): [("iris", FLAGS["--quiet"])],
    **training("sweep", OVER),
    ("sweep", "--over"): [
        ("iris", *[word for text in texts for word in ("--over", text)])
        for texts in (
            (),
            ("",),
            ("rate",),
            ("raet=1",),
            ("rate=",),
            ("rate=0",),
            ("rate=1:2",),
            ("rate=1:2:log0",),
            ("seed=5:1",),
            ("seed=0:10:lin99999999",),
            ("hidden=99999999999",),
            ("epochs=many",),
            ("rate=1", "rate=2"),
        )
    ],
    ("sweep", "--metric"): [(*OVER, "--metric", name) for name in ("val_acuracy", "mae", "")],
    ("sweep", "--scheduler"): [
        (*OVER, "--scheduler", text) for text in ("", "nowhere", "tcp://10.0.0.5", "a b:1", ":x")
    ],
    ("sweep", "--resume"): [
        (*OVER, "--resume"),
        *[(*OVER, "--resume", "--out", place) for place in ("nowhere", "full", "run", "table.csv")],
    ],
    ("sweep", "--exact"): [(*OVER, FLAGS["--exact"])],
    ("sweep", "--json"): [(*OVER, FLAGS["--json"])],
    ("sweep", "--quiet"): [(*OVER, FLAGS["--quiet"])],
    ("runs", "FOLDER"): [("nowhere",), ("table.csv",), ("full", "more")],
    ("runs", "--json"): [(FLAGS["--json"],)],
    ("report", "RUN"): [("nowhere",), ("full",), ("table.csv",), ()],
    ("report", "--variant"): [
        *[("sweep", "--variant", number) for number in ("3", "-1", "best", "1.5")],
        ("run", "--variant", "0"),
    ],
    ("report", "--out"): [
        ("run", "--out", place) for place in (".", "no/such/page.html", "table.csv/page.html", "a\0b")
    ],
    ("report", "--open"): [("run", FLAGS["--open"])],
    ("export tensorboard", "RUN"): [("nowhere", "logs"), ("full", "logs"), ()],
    ("export tensorboard", "DIR"): [("run", "table.csv"), ("run", "/proc/logs"), ("run", "a\0b"), ("run",)],
    ("export tensorboard", "--most"): [
        *[("sweep", "logs", "--most", number) for number in ("0", "-1", "few", "2.5")],
        ("run", "logs", "--most", "3"),
    ],
    ("export tensorboard", "--overwrite"): [("run", "logs", FLAGS["--overwrite"])],
    ("export tensorboard", "--json"): [("run", "logs", FLAGS["--json"])],
    ("course", "--port"): [("--port", port) for port in ("70000", "-1", "many", "80.5")]
    + [("--check", "--port", "80")],
    ("course", "--host"): [
        *[("--host", host) for host in ("203.0.113.7", "no such host", "", "a\0b", "x" * 300, "http://localhost")],
        ("--check", "--host", "0.0.0.0"),
    ],
    ("course", "--lang"): [("--lang", "fr"), ("--lang", ""), ("--check", "--lang", "ES")],
    ("course", "--no-browser"): [(FLAGS["--no-browser"],)],
    ("course", "--sessions"): [("--sessions", n) for n in ("0", "-1", "many")] + [("--check", "--sessions", "3")],
    ("course", "--with"): [("--with", place) for place in ("nowhere", "full", "table.csv", "")],
    ("doctor-env", "--json"): [(FLAGS["--json"],)],
    ("course", "--check"): [(FLAGS["--check"],)],
    ("lesson", "LESSON"): [("9.9",), ("",), ("../1.2",), ("1.2", "1.3"), ()],
    ("lesson", "--lang"): [("1.2", "--lang", "fr"), ("1.2", "--lang", "", "--claims")],
    ("lesson", "--export"): [
        ("1.2", "--export", "pdf"),
        ("1.2", "--export", ""),
        ("1.2", "--export", "html", "--claims"),
    ],
    ("lesson", "--out"): [
        ("1.2", "--out", "x.html"),
        *[("1.2", "--export", "ipynb", "--out", place) for place in ("no/such/x", ".", "table.csv/x", "a\0b")],
    ],
    ("lesson", "--claims"): [("1.2", FLAGS["--claims"])],
    ("lesson", "--json"): [("1.2", "--json"), ("1.2", FLAGS["--json"])],
    ("lesson", "--port"): [
        *[("1.2", "--port", port) for port in ("70000", "-1", "many")],
        ("1.2", "--claims", "--port", "80"),
        ("1.2", "--export", "ipynb", "--port", "80"),
    ],
    ("lesson", "--no-browser"): [("1.2", FLAGS["--no-browser"])],
    ("lab start", "LAB"): [("9",), ("",), ("../lab1",), ("1.2",), ("1", "2"), ()],
    ("lab start", "--lang"): [("1", "--lang", "fr"), ("1", "--lang", ""), ("1", "--lang", "ES")],
    ("lab start", "--format"): [("1", "--format", "pdf"), ("1", "--format", ""), ("1", "--format", ".py")],
    ("lab start", "--out"): [
        ("1", "--out", place) for place in ("table.csv", ".", "no/such/lab.py", "table.csv/lab.py", "a\0b")
    ],
    ("lab start", "--overwrite"): [("1", FLAGS["--overwrite"])],
    ("lab check", "LAB"): [("9", "empty.py"), ("", "empty.py"), ()],
    ("lab check", "FILE"): [
        *[("1", place) for place in ("nowhere.py", "full", ".", "table.csv", "a\0b", "", "broken.ipynb", "broken.py")],
        ("1", "empty.py", "more.py"),
        ("1",),
    ],
    ("lab check", "--lang"): [("1", "empty.py", "--lang", "fr"), ("1", "empty.py", "--lang", "")],
    ("lab check", "--json"): [("1", "empty.py", FLAGS["--json"])],
    ("lab grade", "LAB"): [("9", "handed-in"), ("", "handed-in"), ()],
    ("lab grade", "FOLDER"): [
        *[("1", place) for place in ("nowhere", "table.csv", "full", "a\0b", "broken.zip")],
        ("1", "handed-in", "more"),
        ("1",),
    ],
    ("lab grade", "--csv"): [
        ("1", "handed-in", "--csv", place) for place in (".", "no/such/g.csv", "table.csv/g.csv", "a\0b", "")
    ],
    ("lab grade", "--jobs"): [("1", "handed-in", "--jobs", n) for n in ("0", "-1", "many", "1.5")],
    ("lab grade", "--lang"): [("1", "handed-in", "--lang", "fr"), ("1", "handed-in", "--lang", "")],
    ("lab grade", "--out-of"): [("1", "handed-in", "--out-of", n) for n in ("0", "-10", "ten", "nan", "inf")],
    ("lab grade", "--again"): [("1", "handed-in", FLAGS["--again"])],
    ("lab grade", "--unsafe"): [("1", "handed-in", FLAGS["--unsafe"])],
}
LINES = [
    pytest.param(command, name, line, id=f"{command or 'vitral'} {name} {n}")
    for (command, name), lines in CASES.items()
    for n, line in enumerate(lines)
]
# What Typer says of what is no option, or too much or too little; it names it, and where help is.
USAGE = r"Error: (No such option|No such command|Missing argument|Got unexpected extra arg).*\. See: vitral.* --help"
RULE = r"Error: .+ (must|is for|are two) .*: .+[.?] [A-Z\d].+"


def parameters(command, path=()):
    """(words of the command, option or argument) of everything that can be typed."""
    found = set()
    for one in command.params:
        name = one.metavar if not one.opts[0].startswith("-") else one.opts[0]
        found.add((" ".join(path), name.strip("[]")))
    for word, below in getattr(command, "commands", {}).items():
        found |= parameters(below, (*path, word))
    return found


def test_every_option_of_every_command_has_a_case():
    has = parameters(typer.main.get_command(app))
    assert has - CASES.keys() == set(), "an option without a bad value in CASES"
    assert CASES.keys() - has == set(), "a case for what is no option"
    assert all(CASES.values())


def test_there_are_as_many_as_were_promised():
    assert len(LINES) > 200


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A run and a sweep, trained once."""
    folder = tmp_path_factory.mktemp("saved")

    def build(rate):
        model = vitral.networks.mlp(4, 4, hidden=())
        model.compile(vitral.keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        return model

    x, y = np.eye(4), np.arange(4)
    vitral.fit(build(0.1), x, y, verbose=0, out=folder / "run")
    vitral.sweep(build, x, y, over={"rate": [0.1, 0.2]}, verbose=0, out=folder / "sweep")
    return folder


@pytest.fixture
def here(vitral_command, saved, tmp_path, monkeypatch):
    """The command in a folder with a table, an archive, a run and a sweep, where nothing may be begun."""
    (tmp_path / "table.csv").write_text("a,city,price\n1,Lugo,2\n2,Vigo,3.5\n5,Lugo,4.5\n3,Vigo,1\n7,Lugo,2\n")
    np.savez(tmp_path / "points.npz", x=np.eye(6), y=np.arange(6) % 2)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "broken.zip").write_text("PK")
    (tmp_path / "handed-in").mkdir()
    (tmp_path / "handed-in" / "ana.py").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    for name in ("run", "sweep"):
        (tmp_path / name).symlink_to(saved / name)

    def begins(*_args, **_kwargs):
        raise AssertionError("nothing may be begun")

    for place in (
        "training.fit",
        "training.sweep",
        "report.write_report",
        "web.serve",
        "course.checking.check_all",
        "course.labs.start.build_starter",
        "course.labs.check.check_task",
        "course.labs.grading.grade.grade",
    ):
        module, name = place.rsplit(".", 1)
        monkeypatch.setattr(f"vitral.{module}.{name}", begins)
    return vitral_command


def everything():
    """Each file of the current folder with its content."""
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(Path().rglob("*"))}


@pytest.mark.parametrize(("command", "name", "line"), LINES)
def test_refused_in_one_sentence_and_nothing_written(here, command, name, line):
    before = everything()
    done = here(*command.split(), *line)
    assert done.code == 2, done
    assert done.out == "" or "--json" in line
    (sentence,) = done.err.splitlines()
    known = name.split()[0] in sentence or "table.csv" in sentence or "delimiter" in name
    assert re.match(USAGE, sentence) or (known and re.match(RULE, sentence)), sentence
    assert "Traceback" not in sentence
    assert len(sentence) < 400
    assert everything() == before
