"""What the READMEs show runs in the order in which it stands there, and does what they say of it."""

import re
from pathlib import Path

import numpy as np
import pytest

import vitral

ROOT = Path(__file__).parents[2]
SECTIONS = re.split(r"^## ", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)


def code_of(title):
    """The Python code of a section; both READMEs have the same, `test_files` holds it."""
    (section,) = (text for text in SECTIONS if text.startswith(title + "\n"))
    return "\n".join(re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL))


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the sections find when they begin, small; files go to a folder of their own."""
    monkeypatch.chdir(tmp_path)
    model = vitral.networks.mlp(64, 10)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return {"vitral": vitral, "data": vitral.load("digits"), "model": model}


def test_looking_inside(names):
    exec(code_of("Looking inside").partition("def build")[0], names)
    assert set(names["table"]["probe"]) == {"weights", "gradients", "activations", "updates"}
    assert names["counts"].sum() == 64 * 64 + 64, "a number for each weight of the first layer"
    assert len(names["edges"]) == len(names["counts"]) + 1
    assert len(names["figure"].axes[0].get_yticklabels()) == 3, "a row for each layer"
    assert "Gradient of each layer" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_a_penalty_does(names):
    exec("def build" + code_of("Looking inside").partition("def build")[2], names)
    assert names["errors"].axes[0].get_title("left").startswith("accuracy over l1: best at ")
    assert names["path"].axes[0].get_title("left") == "weights of hidden_1 over l1 (seed 0)"
    assert len(names["weights"].axes) == 4, "a panel for each λ"


def test_against_overfitting(names, capsys):
    names["run"] = vitral.fit(names["model"], names["data"], epochs=4, seed=0, verbose=0)
    exec(code_of("Against overfitting").replace("epochs=10", "epochs=2"), names)
    assert len(names["penalties"]) == 6
    assert len(names["penalties"].groups) == 1, "one program for all strengths"
    said = capsys.readouterr().out
    assert [line.split(" stops: ")[0] for line in said.splitlines()] == ["GL 5", "patience 3"]
    assert "None" not in said, "a rule that never stops says so"
    assert names["at_once"].weights == pytest.approx(names["walked"].weights, abs=1e-9)
    assert {name: round(weight, 1) for name, weight in names["kept"].items() if weight} == {"x": 2.4, "x³": -2.2}


def test_a_training_goes_on(names):
    exec(code_of("Runs"), names)
    assert names["run"].status == "done"
    assert names["run"].epoch == [0, 1, 2, 3, 4]


def test_data_larger_than_memory(names):
    exec(code_of("Data larger than memory"), names)
    assert isinstance(names["x"], np.memmap)
    assert len(names["run"].history["loss"]) == 10


@pytest.mark.slow
def test_the_first_example_and_tensorboard(names):
    exec(code_of("In three lines"), names)
    rows = names["data"].test
    assert np.mean(names["run"].model.predict(rows.x, verbose=0).argmax(axis=1) == rows.y) > 0.9
    assert Path("runs/digits/report.html").is_file()

    def build(rate):
        model = vitral.networks.mlp(4, 3, hidden=[4])
        model.compile(vitral.keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        return model

    over = {"rate": [0.01 * n for n in range(1, 9)]}
    names["sweep"] = vitral.sweep(build, vitral.load("iris"), over=over, verbose=0)
    exec(code_of("TensorBoard"), names)
    written = {name: list(Path("logs", name).rglob("*tfevents*")) for name in ("after", "live", "sweep")}
    assert b"epoch_loss" in b"".join(file.read_bytes() for file in written["after"])
    assert len({file.relative_to("logs/sweep").parts[0] for file in written["sweep"]}) == 6
    assert b"layer_gradients" in b"".join(file.read_bytes() for file in written["live"])


@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_every_picture_and_page_that_is_linked_is_here(name):
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    here = [link for link in links if "://" not in link]
    assert len(here) > 4
    for link in here:
        assert (ROOT / link).is_file(), link


def test_pictures_are_small():
    pictures = [*(ROOT / "examples" / "figures").iterdir(), *(ROOT / "docs").iterdir()]
    assert all(picture.stat().st_size < 64_000 for picture in pictures), "a clone brings them all"
