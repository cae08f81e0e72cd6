"""`vitral export tensorboard`: what it writes, says and refuses."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

import vitral
from vitral.cli import main


def build(rate):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax")])
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    return model


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a run and a sweep of three variants."""
    folder = tmp_path_factory.mktemp("saved")
    x, y = np.eye(4), np.arange(4)
    vitral.fit(build(0.1), x, y, epochs=2, verbose=0, seed=0, out=folder / "run")
    vitral.sweep(build, x, y, over={"rate": [0.1, 0.3, 0.5]}, seed=0, epochs=2, verbose=0).save(folder / "sweep")
    return folder


@pytest.fixture
def here(vitral_command, saved):
    """The same in the current folder."""
    shutil.copytree(saved, Path(), dirs_exist_ok=True)
    return vitral_command


def test_writes_a_run_and_says_how_to_look_at_it(here):
    done = here("export", "tensorboard", "run", "my logs")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == ["2 epochs written to my logs", "Look: tensorboard --logdir 'my logs'"]
    (events,) = Path("my logs").rglob("*tfevents*")
    assert events.parent.name == "train"


def test_writes_so_many_variants_of_a_sweep(here):
    done = here("export", "tensorboard", "sweep", "logs", "--most", "2")
    assert done.code == 0
    assert done.out.startswith("2 of 3 variants written to logs\n")
    assert sorted(path.name for path in Path("logs").iterdir()) == ["000-rate=0.1", "002-rate=0.5"]
    assert here("export", "tensorboard", "sweep", "logs", "--json").json == {
        "path": str(Path("logs").absolute()),
        "variants": [0, 1, 2],
        "look": "tensorboard --logdir logs",
    }


def test_says_where_tensorboard_comes_from_where_it_is_not_installed(here, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "pip install tensorboard" in here("export", "tensorboard", "run", "logs").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "logs"), "RUN must be the folder of a run or a sweep: 'nowhere' is no folder"),
        ((".", "logs"), "has no run.json"),
        (("run", "run/run.json"), "DIR must be a folder"),
        (("run", "/proc/logs"), "cannot be made in '/proc'"),
        (("run", "logs", "--most", "3"), "--most must go with a sweep"),
        (("sweep", "logs", "--most", "0"), "--most must be a whole number of at least 1: got 0"),
        (("run",), "Missing argument"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(here, arguments, words):
    before = sorted(Path().rglob("*"))
    done = here("export", "tensorboard", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: ")
    assert len(done.err.splitlines()) == 1
    assert words in done.err
    assert sorted(Path().rglob("*")) == before


def test_another_training_stays_until_it_is_told(here):
    assert here("export", "tensorboard", "run", "logs").code == 0
    refused = here("export", "tensorboard", "sweep", "logs", "--json")
    assert refused.code == 2
    assert refused.json["status"] == "error"
    assert "replace them with --overwrite" in refused.err
    assert here("export", "tensorboard", "run", "logs").code == 0
    assert here("export", "tensorboard", "sweep", "logs", "--overwrite").code == 0
    assert not Path("logs/train").exists()


def test_a_damaged_run_and_a_folder_that_cannot_be_written_end_with_exit_code_1(here):
    Path("logs").mkdir()
    Path("logs/train").write_text("in the way")
    failed = here("export", "tensorboard", "run", "logs", "--json")
    assert (failed.code, failed.json["status"]) == (1, "error")
    assert "cannot be written" in failed.err
    Path("run/arrays.safetensors").write_bytes(b"something else")
    damaged = here("export", "tensorboard", "run", "logs")
    assert (damaged.code, damaged.out, len(damaged.err.splitlines())) == (1, "", 1)


def test_export_alone_says_what_there_is(capsys):
    assert main(["export"]) == 0
    assert "tensorboard" in capsys.readouterr().out
