"""A data set, a probe, a view and a lesson from outside the package: the very files that CONTRIBUTING.md shows."""

import importlib
import sys

import numpy as np
import pytest
from matplotlib import pyplot

import vitral
from vitral.cli import main
from vitral.course import add_lesson, lesson, ready_rows, syllabus
from vitral.data import loading


@pytest.fixture
def load(from_outside, monkeypatch):
    """`load("rings")` imports rings.py as a reader would; nothing of it is left afterwards."""
    monkeypatch.syspath_prepend(str(from_outside))
    monkeypatch.setattr(loading, "_registered", dict(loading._registered))
    names = []

    def take(name):
        names.append(name)
        return importlib.import_module(name)

    yield take
    for name in names:
        del sys.modules[name]


def small_network():
    model = vitral.networks.mlp(2, 2, hidden=(6,))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_a_data_set(load):
    load("rings")
    assert "rings" in vitral.data.names()
    data = vitral.load("rings", n=100, noise=0.0, seed=3)
    assert data.classes == ("inner", "outer")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [60, 20, 20]
    radius = np.hypot(*data.train.x.T)
    np.testing.assert_allclose(radius, np.where(data.train.y == 0, 0.5, 1.0), rtol=1e-6)
    assert data.recipe == {"name": "rings", "options": {"n": 100, "noise": 0.0, "seed": 3}}
    with pytest.raises(vitral.VitralError, match="Did you mean 'noise'"):
        vitral.load("rings", nois=1)


def test_a_probe(load, tmp_path):
    """In the compiled engine, in Keras's loop, and out of a folder: the same numbers, those of NumPy."""
    probe, data = load("small").Small(), vitral.load("moons", n=50)
    vitral.keras.utils.set_random_seed(0)
    model = small_network()
    run = vitral.fit(model, data, epochs=2, verbose=0, probes=[probe], seed=1, out=tmp_path / "run")
    assert run.engine == "compiled"
    assert run.recording.layers("small") == ["hidden_1/kernel", "output/kernel"]

    vitral.keras.utils.set_random_seed(0)
    other = small_network()
    recorder = vitral.probes.Recorder([probe], data.train.x, data.train.y)
    vitral.keras.utils.set_random_seed(1)
    other.fit(data.train.x, data.train.y, epochs=2, verbose=0, callbacks=[recorder])
    opened = vitral.open_run(tmp_path / "run").recording
    for layer, weights in (("hidden_1/kernel", model.layers[0].kernel), ("output/kernel", model.layers[1].kernel)):
        shares = run.recording.get("small", layer, "share")
        assert shares.shape == (3,)
        assert shares[-1] == np.float32(np.mean(np.abs(np.asarray(weights)) < 0.1))
        np.testing.assert_array_equal(shares, recorder.recording.get("small", layer, "share"))
        np.testing.assert_array_equal(shares, opened.get("small", layer, "share"))


def test_a_view(load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = small_network()
    run = vitral.fit(model, vitral.load("moons", n=50), verbose=0)
    before = sorted(tmp_path.iterdir())
    figure = load("spectrum").spectrum(run)
    (panel,) = figure.axes
    drawn = {line.get_label(): line.get_ydata() for line in panel.lines}
    assert list(drawn) == ["hidden_1", "output"]
    for weights, values in zip((model.layers[0].kernel, model.layers[1].kernel), drawn.values(), strict=True):
        kernel = np.asarray(weights, np.float64)
        np.testing.assert_allclose(
            values**2, np.sort(np.linalg.eigvalsh(kernel.T @ kernel))[::-1][: len(values)], rtol=1e-4
        )
    assert figure.get_facecolor()[3] == panel.get_facecolor()[3] == 0, "it sits on pages of any colour"
    assert pyplot.get_fignums() == [], "nothing is shown"
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "__pycache__"] == before, "nothing is written"


@pytest.fixture
def my_lesson(from_outside, monkeypatch):
    """The folder of a lesson; nothing of it is left afterwards."""
    monkeypatch.setattr(syllabus, "added", {})
    known = set(sys.modules)
    yield from_outside / "my_lesson"
    for name in set(sys.modules) - known:
        if name.startswith("vitral.course.lessons."):
            del sys.modules[name]


def test_a_lesson(my_lesson):
    row = add_lesson(my_lesson)
    assert (row.number, row.slug, row.folder) == ("6.1", "6-1", my_lesson)
    assert ready_rows()[-1] == row == syllabus.row("6.1")
    assert add_lesson(str(my_lesson)) == row, "again is no mistake"

    spanish, english = lesson("6.1", "es"), lesson("6.1", "en")
    assert (spanish.text.title, english.text.title) == ("Muchos dados", "Many dice")
    (claim,) = english.claims()
    mean = np.random.default_rng(0).integers(1, 7, 10_000).mean()
    assert (claim.holds, claim.measured) == (True, f"It was {mean:.3f}.")
    panel = spanish.live("dice")
    panel.set(dice=1)
    assert panel.drawings[0]["items"] == [["media", float(np.random.default_rng(0).integers(1, 7))]]
    panel.close()


def test_the_command_takes_a_lesson_by_its_folder(my_lesson, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", "my_lesson", "--claims", "--lang", "es"]) == 0
    assert "Fue 3." in capsys.readouterr().out
    assert main(["lesson", str(my_lesson), "--export", "html", "--out", "dice.html"]) == 0
    page = (tmp_path / "dice.html").read_text(encoding="utf-8")
    assert "<title>Many dice · Vitral</title>" in page
    assert "What the mean of many dice is." in page


def test_the_gallery_shows_it_apart(my_lesson):
    from vitral.web.pages import gallery_html

    before = gallery_html("en")
    add_lesson(my_lesson)
    for language, heading, title in (("en", "Added on this machine", "Many dice"), ("es", "Añadidas", "Muchos dados")):
        added = gallery_html(language).partition('data-chapter="added"')[2]
        assert heading in added
        assert f'<a href="/6-1/?lang={language}">{title}</a>' in added
    assert 'data-chapter="added"' not in before


@pytest.mark.parametrize(
    ("file", "content", "error"),
    [
        ("en.md", None, r"folder must be one that holds a lesson: got '.*my_lesson', without en\.md\."),
        ("lesson.toml", "number = 6.1", r"number must be digits and dots in quotes: got 6\.1 in lesson\.toml\."),
        ("lesson.toml", 'number = "web"', r"number must be digits and dots in quotes: got 'web'"),
        ("lesson.toml", 'number = "6.1"', r"line must be a text in each language: got None"),
        ("lesson.toml", 'number = "6.1"\nline.en = "Dice"', r"line must be a text in each language: got \{'en'"),
        ("lesson.toml", "number =", r"lesson\.toml must be TOML: got '.*my_lesson.lesson\.toml' \("),
        (
            "lesson.toml",
            'number = "1.2"\nline = {es = "a", en = "b"}',
            r"number must be one that no other .* got '1\.2'",
        ),
        ("es.md", "Muchos dados", "text must stand in a section"),
    ],
)
def test_what_is_no_lesson_is_refused_in_a_sentence(my_lesson, capsys, file, content, error):
    if content is None:
        (my_lesson / file).unlink()
    else:
        (my_lesson / file).write_text(content, encoding="utf-8")
    with pytest.raises(vitral.VitralError, match=error):
        add_lesson(my_lesson)
    assert syllabus.added == {}
    assert main(["course", "--no-browser", "--with", str(my_lesson)]) == 2
    assert capsys.readouterr().err.startswith("Error: ")


def test_two_folders_with_one_number_are_refused(my_lesson, tmp_path):
    add_lesson(my_lesson)
    other = my_lesson.rename(tmp_path / "other")
    with pytest.raises(vitral.VitralError, match=r"number must be one that no other lesson has: got '6\.1'"):
        add_lesson(other)
    with pytest.raises(vitral.VitralError, match="where no folder is"):
        add_lesson(my_lesson)
