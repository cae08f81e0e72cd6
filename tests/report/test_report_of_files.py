"""A run on a table says how its rows are made again, and takes new rows in their own units."""

import html
import re

import numpy as np
import pytest

import vitral
from vitral._errors import ShapeError, VitralError
from vitral.report.mistakes import worst_html


@pytest.fixture
def table(tmp_path):
    random = np.random.default_rng(0)
    area, colour = random.uniform(40, 200, 90), random.choice(["blue", "red"], 90)
    lines = [
        f"{i};{a:.3f};{c};{3 * a + 10 * (c == 'red'):.3f}" for i, (a, c) in enumerate(zip(area, colour, strict=True))
    ]
    path = tmp_path / "houses.csv"
    path.write_text("\n".join(["id;area;colour;price", *lines]) + "\n")
    return path


@pytest.fixture
def run(table, tmp_path):
    data = vitral.data.from_csv(table, "price", delimiter=";", drop=["id"], categorical=["colour"], seed=3)
    vitral.keras.utils.set_random_seed(0)
    model = vitral.networks.mlp(3, 1, hidden=(4,), task="regression")
    model.compile("sgd", "mse")
    return vitral.fit(model, data, epochs=2, verbose=0, seed=0, out=tmp_path / "run")


def programs(run):
    page = vitral.write_report(run).read_text(encoding="utf-8")
    return [
        html.unescape(re.sub("<[^>]+>", "", code)) for code in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    ]


def test_the_plain_keras_code_of_a_table_runs_as_written(run):
    code = next(c for c in programs(run) if "from_csv" in c)
    names = {}
    exec(code, names)
    for ours, theirs in zip(run.model.get_weights(), names["model"].get_weights(), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_new_rows_are_prepared_as_the_training_rows_were(run, table):
    again = vitral.open_run(run.path)
    data = vitral.data.from_csv(table, "price", delimiter=";", drop=["id"], categorical=["colour"], seed=3)
    raw = data.standardizer.invert(data.test.x).astype("float64")
    assert again.data["feature_names"] == ["area", "colour=blue", "colour=red"]
    np.testing.assert_allclose(again.prepare(raw), data.test.x, atol=1e-5)
    assert "run.prepare(x))  # x in its own units: area, colour=blue, colour=red" in programs(again)[0]
    with pytest.raises(ShapeError, match="rows of 3 values"):
        again.prepare(raw[:, :2])


def test_a_record_whose_scale_cannot_be_used_is_one_sentence(run):
    run.data["standardizer"] = {"mean": [0.0, "x", 1.0], "scale": [1.0]}
    with pytest.raises(VitralError, match="mean and a scale for each column"):
        run.prepare(np.ones((2, 3)))


def test_arrays_of_ones_own_are_taken_as_they_are():
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    model = vitral.networks.mlp(2, 2, hidden=())
    model.compile("sgd", "sparse_categorical_crossentropy")
    run = vitral.fit(model, x, y, verbose=0)
    np.testing.assert_array_equal(run.prepare(x), x.astype("float32"))


def test_a_file_of_arrays_says_how_it_is_read(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(40, 2)), y=np.arange(40) % 2)
    data = vitral.data.from_npz(tmp_path / "a.npz", task="classification", test=0.3)
    assert data.recipe == {
        "from": "npz",
        "name": str(tmp_path / "a.npz"),
        "options": {"task": "classification", "test": 0.3},
    }


def test_the_rows_furthest_off_stand_in_their_own_units(run, table):
    page = vitral.write_report(run).read_text(encoding="utf-8")
    worst = page[page.index("Furthest off") :].split("</section>")[0]
    assert "the row within the test part, counted from 0" in worst
    assert "Inputs are in their own units." in worst
    cells = [re.findall(r'<td class="n">([^<]*)</td>', row)[1:] for row in worst.split("<tr>")[2:]]
    areas = {line.split(";")[1] for line in table.read_text().splitlines()[1:]}
    assert cells
    for area, blue, red in cells:
        assert {blue, red} == {"0", "1"}
        assert min(abs(float(area) - float(a)) for a in areas) < 0.5


def test_what_the_table_of_worst_rows_leaves_out_is_said():
    x = np.random.default_rng(0).normal(size=(30, 10))
    model = vitral.networks.mlp(10, 1, hidden=(), task="regression")
    model.compile("sgd", "mse")
    wide = vitral.fit(model, vitral.data.from_arrays(x, x[:, 0]), verbose=0)
    worst = worst_html(wide.evaluation, wide.data["standardizer"])
    assert "Inputs are in their own units. 2 more columns not shown." in worst
    assert "Inputs are standardised. 2 more columns" in worst_html(wide.evaluation, {"mean": [0.0]})


def test_a_model_of_a_class_nobody_registered_is_a_whole_sentence(tmp_path):
    class Odd(vitral.keras.layers.Layer):
        def call(self, x):
            return x

    model = vitral.keras.Sequential([vitral.keras.Input((2,)), Odd(), vitral.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), verbose=0, out=tmp_path / "odd")
    with pytest.raises(VitralError, match="cannot be loaded: ") as caught:
        _ = vitral.open_run(tmp_path / "odd").model
    words = str(caught.value).split("cannot be loaded: ")[1].split(". If it uses")[0]
    assert "{" not in words
    assert len(words) < 200
