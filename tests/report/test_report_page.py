"""The page holds what the run holds, is whole, safe and reachable; a browser looks at it where there is one."""

import base64
import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from building import diabetes, digits, mlp, run_of

import vitral
from vitral._errors import ArgumentError, RunFolderError
from vitral._keras import import_keras
from vitral.report import write_report
from vitral.report.page import build_page
from vitral.report.pictures import to_png
from vitral.report.verdict import duration, number, percent, verdict
from vitral.runs import EvaluationSource, open_run

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """The page's elements, with a check that every tag is closed in its order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text = [], [], ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def text(digits_run):
    return build_page(digits_run)


def test_the_page_says_what_the_run_found(digits_run, text):
    page = Page(text)
    evaluation = digits_run.evaluation
    right = int((evaluation.prediction.argmax(1) == evaluation.target).sum())
    share = f"{100 * right / 360:.1f}".removesuffix(".0")
    assert f"{share}% of 360 unseen digits right after 4 epochs in 1.2 s." in page.text
    counts = [int(n) for n in re.findall(r'class="(?:right|wrong)"[^>]*>(\d+)<', text)]
    assert sum(counts) == 360
    assert f"Row {evaluation.worst[0]}: predicted" in text
    assert "layers.Dense(32" in page.text
    assert digits_run.data["sha256"] in page.text
    for name in digits_run.history:
        assert name.removeprefix("val_").capitalize() in page.text


def test_every_picture_is_the_one_it_claims_to_be(digits_run, text):
    from matplotlib.image import imread

    evaluation = digits_run.evaluation
    pictures = Page(text).all("img")
    assert len(pictures) == len(evaluation.worst)
    x = evaluation.worst_x.reshape(-1, 8, 8)
    for picture, expected in zip(pictures, x, strict=True):
        data = base64.b64decode(picture["src"].removeprefix("data:image/png;base64,"))
        found = imread(io.BytesIO(data), format="png")
        np.testing.assert_allclose(found, (expected - x.min()) / (x.max() - x.min()), atol=1 / 255)


def test_png_keeps_colours():
    from matplotlib.image import imread

    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal((imread(io.BytesIO(to_png(pixels)), format="png") * 255).round(), pixels)


def test_the_page_needs_nothing_else_and_says_everything_aloud(text):
    page = Page(text)
    assert not page.all("script")
    assert not page.all("link")
    for _, attributes in page.found:
        for name in ("src", "href"):
            assert attributes.get(name, "data:").startswith("data:")
    assert "url(" not in text
    assert "@import" not in text
    assert all(picture["alt"] for picture in page.all("img"))
    for drawing in page.all("svg"):
        assert drawing.get("aria-label") or drawing.get("aria-hidden")
    assert all(cell.get("scope") for cell in page.all("th"))
    assert len(page.all("h1")) == 1


def test_nothing_from_a_run_becomes_markup():
    evil = "</style><script>alert('x')</script>\"'&<b>"
    x, y, *_ = digits()
    model = mlp()
    source = EvaluationSource(
        part="test", x=x[:50], y=y[:50], task="classification", classes=(evil, *map(str, range(9))), image_shape=(8, 8)
    )
    run = run_of(
        model,
        source=source,
        status="interrupted",
        message=evil,
        engine_reason=evil,
        data={"name": evil, evil: evil},
        settings={evil: [evil, {evil: evil}], "epochs": 9},
    )
    run.history, run.epoch = {evil: [1.0, 2.0], f"val_{evil}": [1.0, 2.0]}, [0, 1]
    page = Page(build_page(run))
    assert not page.all("script")
    assert not page.all("b") or "alert" not in str(page.all("b"))
    assert len(page.all("style")) == 1
    names = {name for _, attributes in page.found for name in attributes}
    assert not any(name.startswith("on") for name in names)


def test_numbers_of_a_regression(diabetes_run):
    page = Page(build_page(diabetes_run))
    found = diabetes_run.evaluation
    mae = np.abs(found.prediction - found.target).mean()
    assert f"Off by {mae:.4g} on average over 89 unseen examples" in page.text
    assert "bmi" in page.text
    assert len([a for a in page.all("circle") if a["class"] == "dot"]) == 89
    assert not page.all("img")


def test_an_autoencoder_shows_what_it_made_of_pictures():
    x, *_ = digits()
    run = run_of(
        mlp(64, 64, "sigmoid", "mse"), source=EvaluationSource(part="test", x=x[:30], y=x[:30], image_shape=(8, 8))
    )
    assert len(Page(build_page(run)).all("img")) == 2 * 24


def test_a_diverged_run_says_what_to_try():
    run = run_of(mlp(), status="diverged", message="The loss became NaN in epoch 2.")
    run.history, run.epoch = {"loss": [3.0, math.nan], "val_loss": [math.nan, math.inf]}, [0, 1]
    page = Page(build_page(run))
    assert "The loss became NaN in epoch 2." in page.text
    assert "learning rate ten times smaller" in page.text


def test_a_diverged_run_shows_no_section_without_a_finite_value():
    x, y, *_ = diabetes()
    model = mlp(x.shape[1], 1, "linear", "mse", metrics=["mae"])
    for weight in model.weights[:4]:
        weight.assign(np.full(weight.shape, np.nan))
    run = run_of(
        model,
        source=EvaluationSource(part="test", x=x[:40], y=y[:40]),
        status="diverged",
        message="The loss became NaN in epoch 1. Try a smaller learning rate (it is 100: try 10).",
    )
    run.history, run.epoch = {"loss": [math.nan] * 3, "mae": [math.nan] * 3}, [0, 1, 2]
    page = Page(build_page(run))
    assert "Training diverged in epoch 1 of 3: the loss stopped being a finite number." in page.text
    assert not re.search(r"\bnan\b", page.text)
    for words in ("Furthest off", "Predicted and true", "Learning curves", "Point at a curve", "Mean error"):
        assert words not in page.text
    assert len(re.findall("learning rate", page.text)) == 1
    assert "Parameters" in page.text


def test_a_loss_alone_says_of_which_part_it_is():
    run = run_of(mlp())
    run.history, run.epoch = {"loss": [2.0, 1.0], "val_loss": [2.5, 1.652]}, [0, 1]
    assert verdict(run, None) == "Validation loss 1.652 after 2 epochs in 1.2 s."
    del run.history["val_loss"]
    assert verdict(run, None) == "Training loss 1 after 2 epochs in 1.2 s."
    run.settings["restored_epoch"] = 1
    assert verdict(run, None) == "Training loss 1 in epoch 2 after 2 epochs in 1.2 s, with the weights of epoch 1."


@pytest.mark.slow
def test_the_headline_says_which_epochs_weights_were_put_back():
    x, y, x_test, y_test = digits()
    stopper = import_keras().callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    rising = vitral.fit(
        mlp(optimizer=import_keras().optimizers.Adam(0.2)),
        x[:200],
        y[:200],
        validation_data=(x_test, y_test),
        epochs=30,
        verbose=0,
        callbacks=[stopper],
        seed=0,
    )
    best = int(np.argmin(rising.history["val_loss"])) + 1
    assert best < len(rising.epoch)
    assert verdict(rising, rising.evaluation).endswith(f", with the weights of epoch {best}.")
    plain = vitral.fit(mlp(), x[:200], y[:200], epochs=2, verbose=0, callbacks=[type(stopper)(monitor="loss")], seed=0)
    assert "weights of epoch" not in verdict(plain, plain.evaluation)


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [1.0]}, {"f1": [[0.1, 0.2], [0.3, 0.4]]}])
def test_a_page_comes_of_little(history):
    run = run_of(mlp(), data={}, settings={}, versions={})
    run.history, run.epoch = history, list(range(len(next(iter(history.values()), []))))
    Page(build_page(run))


def test_a_perfect_network_made_no_mistake():
    x, y, *_ = digits()
    model = mlp()
    predicted = model.predict(x[:40], verbose=0).argmax(1)
    run = run_of(model, source=EvaluationSource(part="validation", x=x[:40], y=predicted, image_shape=(8, 8)))
    page = Page(build_page(run))
    assert "100% of 40 held-out digits right" in page.text
    assert "Nothing was wrong." in page.text
    del y


def test_the_verdict_of_an_interrupted_run(digits_run):
    run = run_of(digits_run.model, source=digits_run._source, status="interrupted", settings={"epochs": 50})
    run.epoch = [0, 1, 2]
    assert verdict(run, run.evaluation).endswith("digits right when stopped by hand after 3 of 50 epochs and 1.2 s.")
    run.epoch = [0]
    run.status = "done"
    assert verdict(run, run.evaluation).endswith("after 1 epoch in 1.2 s.")


def test_numbers_in_words():
    assert [percent(v) for v in (0.97222, 1.0, 0.9999, 0.0, 1e-5, 0.5)] == [
        "97.2%",
        "100%",
        "99.9%",
        "0%",
        "0.1%",
        "50%",
    ]
    assert [duration(s) for s in (0.01234, 1.3, 59.99, 125, 3600 * 3 + 1200)] == [
        "12 ms",
        "1.3 s",
        "1 min 0 s",
        "2 min 5 s",
        "3 h 20 min",
    ]
    assert [number(v) for v in (0.12345678, 123456.7, None, math.nan, 2)] == ["0.1235", "123,457", "–", "nan", "2"]


# ---------------------------------------------------------------- where it goes


def test_the_report_lies_in_the_runs_folder(tmp_path, digits_run):
    folder = digits_run.save(tmp_path / "digits")
    written = write_report(open_run(folder))
    assert written == folder / "report.html"
    assert written.read_text(encoding="utf-8") == write_report(digits_run).read_text(encoding="utf-8")
    assert open_run(folder).history == digits_run.history
    assert {p.name for p in folder.iterdir()} == {"run.json", "model.keras", "arrays.safetensors", "report.html"}


def test_the_report_lies_where_it_is_told_to(tmp_path):
    run = run_of(mlp())
    assert write_report(run, tmp_path / "a.html") == tmp_path / "a.html"
    assert write_report(run, str(tmp_path)) == tmp_path / "report.html"
    with pytest.raises(ArgumentError, match="run without a folder"):
        write_report(run)
    with pytest.raises(RunFolderError, match="existing folder"):
        write_report(run, tmp_path / "no" / "a.html")
    with pytest.raises(ArgumentError, match="must be a Run: got dict"):
        write_report({})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "report.html"]


def test_a_model_that_cannot_be_loaded_leaves_the_rest(tmp_path):
    keras = import_keras()
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x, output_shape=(2,))])
    folder = run_of(model).save(tmp_path / "a")
    page = Page(write_report(open_run(folder)).read_text(encoding="utf-8"))
    assert "cannot be loaded" in page.text


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_whole(browser, tmp_path, text, width, scheme):
    file = tmp_path / "report.html"
    file.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(Path(file).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background))) < 384) == (scheme == "dark")
    assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth === 8)")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert page.locator(".hint").is_visible()
    page.close()
    phone = browser.new_context(viewport={"width": width, "height": 800}, has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.goto(Path(file).as_uri())
    assert not page.locator(".hint").is_visible(), "a finger cannot point"
    phone.close()
