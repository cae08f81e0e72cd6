"""The section «Inside» says what the recording holds, whatever its size, and is read on any screen."""

import base64
import dataclasses
import io
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from building import digits, mlp, run_of

sys.path.insert(0, str(Path(__file__).parents[1] / "views"))
from recordings import series_of

import vitral
from vitral.probes import Recorder
from vitral.probes.recording import Recording
from vitral.report.page import build_page
from vitral.runs import open_run
from vitral.views.histograms import axis_for

EPOCHS = 3


@pytest.fixture(scope="module")
def recorded():
    """A run with the recording of what three epochs might have been."""
    rng = np.random.default_rng(0)
    model = mlp()
    series = []
    for i, layer in enumerate(layer for layer in model.layers if layer.weights):
        for variable in layer.weights:
            for probe, size in (("weights", 0.1), ("gradients", 10.0 ** (i - 3)), ("updates", 1e-3)):
                arrays = [rng.normal(0, size * (1 + n), variable.shape) for n in range(EPOCHS + 1)]
                series.append(series_of(probe, f"{layer.name}/{variable.name}", arrays))
    for layer in model.layers:
        arrays = [rng.normal(0, 1, (8, 5)) for _ in range(EPOCHS + 1)]
        saturated = [0.0, 0.1, 0.2, 0.3] if layer is model.layers[-1] else np.full(EPOCHS + 1, np.nan)
        shares = {"dead": [0.0, 0.2, 0.4, 0.6], "saturated": saturated}
        series.append(series_of("activations", layer.name, arrays, **shares))
    run = run_of(model)
    run.history, run.epoch = {"loss": [3.0, 2.0, 1.0]}, [0, 1, 2]
    run.recording = Recording(series)
    return run


@pytest.fixture(scope="module")
def text(recorded):
    return build_page(recorded)


def section(page):
    return re.search(r'<section class="inside">.*?</section>', page, re.DOTALL)[0]


def tables(page):
    """Of each table: layer -> (pixels of its strip, the number at first, the number at last)."""
    from matplotlib.image import imread

    found = []
    for table in re.findall(r'<table class="strips">.*?</table>', section(page), re.DOTALL):
        rows = {}
        for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", table, re.DOTALL):
            layer, source, first, last = re.search(
                r'title="(.*?)".*?src="data:image/png;base64,(.*?)".*?first">(.*?)<.*?class="n">(.*?)<', row
            ).groups()
            rows[layer] = imread(io.BytesIO(base64.b64decode(source)), format="png"), first, last
        found.append(rows)
    return found


def ridges(page):
    """Of each drawing: the heights of its ridges by name, as far as they were drawn."""
    found = []
    for svg in re.findall(r'<svg class="chart ridges".*?</svg>', section(page), re.DOTALL):
        shapes = {}
        for path in ElementTree.fromstring(svg).iter("path"):
            if path.get("class") == "ridge":
                points = np.array([[float(n) for n in p.split()] for p in re.split("[ML]", path.get("d")[:-1])[1:]])
                shapes[path.find("title").text] = points[0, 1] - points[1:-1, 1]
        found.append((svg, shapes))
    return found


def test_rows_are_the_gradients_of_the_layers(recorded, text):
    flow = tables(text)[0]
    names = [layer.name for layer in recorded.model.layers if layer.weights]
    assert list(flow) == names
    sizes = []
    for name in names:
        parts = [s for s in recorded.recording.series if s.probe == "gradients" and s.layer.startswith(f"{name}/")]
        sizes.append(np.sqrt(sum(p.values["norm"] ** 2 for p in parts) / sum(p.size for p in parts)))
    for (pixels, first, last), size in zip(flow.values(), sizes, strict=True):
        assert (first, last) == (f"{size[0]:.2g}", f"{size[-1]:.2g}")
        assert pixels.shape[1] == EPOCHS + 1
    from matplotlib import colormaps

    logs = np.log(sizes)
    expected = colormaps["viridis"]((logs - logs.min()) / (logs.max() - logs.min()))[..., :3]
    np.testing.assert_allclose([pixels[0, :, :3] for pixels, *_ in flow.values()], expected, atol=5 / 255)


def test_shares_are_the_recordings(recorded):
    hidden, *_, out = (layer.name for layer in recorded.model.layers)
    shares = {(hidden, "dead"): [0.5, 0.25, 0.0, 0.125], (out, "saturated"): [0.0, 0.5, 0.75, 1.0]}
    run = run_of(mlp())
    run.recording = Recording(
        dataclasses.replace(s, values={**s.values, **{n: np.array(v) for (k, n), v in shares.items() if k == s.layer}})
        for s in recorded.recording.series
        if s.probe == "activations"
    )
    saturated, dead = tables(build_page(run))
    assert list(saturated) == [out], "only a softmax has limits here"
    assert saturated[out][1:] == ("0%", "100%")
    assert list(dead) == run.recording.layers("activations")
    assert dead[hidden][1:] == ("50%", "12%")
    for pixels, share in ((saturated[out][0], shares[out, "saturated"]), (dead[hidden][0], shares[hidden, "dead"])):
        brightness = pixels[0, :, :3] @ [0.2126, 0.7152, 0.0722]
        assert np.argsort(brightness).tolist() == np.argsort(share).tolist()


def test_no_unit_that_is_stuck_needs_no_table(recorded):
    run = run_of(mlp())
    run.recording = Recording(
        dataclasses.replace(s, values={**s.values, "dead": np.zeros(4), "saturated": np.zeros(4)})
        for s in recorded.recording.series
        if s.probe == "activations"
    )
    assert build_page(run).count("None, in any layer, at any time.") == 2


def test_ridges_are_the_counts(recorded, text):
    series = [s for s in recorded.recording.series if s.layer.endswith("kernel") and s.probe == "weights"]
    axis = axis_for(series, "linear")
    assert len(ridges(text)) == 2 * len(series)
    for (svg, shapes), one in zip(ridges(text), series, strict=False):
        assert list(shapes) == ["after 0 epochs", "after 1 epoch", "after 2 epochs", "after 3 epochs"]
        expected = axis.counts(one) / np.diff(axis.edges)
        tallest = max(heights.max() for heights in shapes.values())
        for heights, row in zip(shapes.values(), expected, strict=True):
            used = np.flatnonzero(row)
            inside = row[max(0, used[0] - 1) : used[-1] + 2] / expected.max()
            np.testing.assert_allclose(heights / tallest, inside, atol=0.01)
        assert one.layer in ElementTree.fromstring(svg).get("aria-label")


def test_a_run_that_was_not_looked_into_says_how():
    page = build_page(run_of(mlp()))
    assert page.count("<h2>Inside</h2>") == 1
    assert 'vitral.fit(..., probes="all")' in page
    assert 'class="strips"' not in page


def test_the_section_is_the_same_when_opened_again(recorded, text, tmp_path):
    run = open_run(recorded.save(tmp_path / "run"))
    assert section(build_page(run)) == section(text)


def test_it_does_not_grow_with_layers_and_epochs(recorded):
    one = {
        s.probe: s
        for s in recorded.recording.series
        if s.layer.split("/")[-1] in ("kernel", recorded.model.layers[0].name)
    }
    places = np.arange(301) % (EPOCHS + 1)
    long = [
        dataclasses.replace(
            s,
            layer=f"a_layer_with_a_long_name_{i}{'' if s.probe == 'activations' else '/kernel'}",
            at=np.arange(301),
            values={name: np.asarray(v)[places] for name, v in s.values.items()},
            counts=s.counts[places],
        )
        for s in one.values()
        for i in range(30)
    ]
    run = run_of(mlp())
    before = len(build_page(run))
    run.recording = Recording(long)
    page = build_page(run)
    assert len(page) - before < 200_000
    assert "6 of 30 layers, evenly chosen" in page
    assert len(tables(page)[0]) == 30
    run.recording = Recording([dataclasses.replace(s, layer=f"more_{i}/{s.layer}") for i in range(4) for s in long])
    assert len(build_page(run)) - before < 250_000
    assert "40 of 120 layers, evenly chosen" in build_page(run)


@pytest.mark.parametrize("probe", ["weights", "gradients", "activations", "updates"])
def test_what_was_not_measured_is_named(recorded, probe):
    run = run_of(mlp())
    run.recording = Recording([s for s in recorded.recording.series if s.probe == probe])
    found = section(build_page(run))
    missing = {"weights", "gradients", "activations"} - {probe}
    assert all(f"vitral.probes.{name.capitalize()}()" in found for name in missing)
    assert f"vitral.probes.{probe.capitalize()}()" not in found
    assert ("<svg" in found) == (probe in ("weights", "gradients"))


def test_an_explosion_is_shown_and_told(recorded):
    run = run_of(mlp(), status="diverged")
    series = []
    for one in recorded.recording.series:
        values = {name: np.array(v) for name, v in one.values.items()}
        values["norm"][-1], values["nonfinite"][-1] = np.nan, one.size
        counts = one.counts.copy()
        counts[-1] = 0
        series.append(dataclasses.replace(one, values=values, counts=counts))
    run.recording = Recording(series)
    page = build_page(run)
    assert "Gradients are NaN or infinite after 3 epochs" in page
    assert "orange stripes: NaN or ∞" in page
    pixels, _, last = next(iter(tables(page)[0].values()))
    assert last == "NaN or ∞"
    assert (pixels[0, -1] != pixels[1, -1]).any(), "not by colour alone"
    assert (pixels[0, 0] == pixels[1, 0]).all()
    assert "nan" not in re.sub(r"base64,[^\"]*", "", section(page)).replace("NaN", "")


def test_a_vanished_gradient_is_striped(recorded):
    run = run_of(mlp())
    series = []
    for i, one in enumerate(s for s in recorded.recording.series if s.probe == "gradients"):
        values = {name: np.array(v) for name, v in one.values.items()}
        if i < 2:  # the first layer's kernel and bias
            values["norm"][1:] = 0
        series.append(dataclasses.replace(one, values=values))
    run.recording = Recording(series)
    page = build_page(run)
    assert "first layer&#x27;s gradient is exactly 0 after 3 epochs" in page
    assert "grey stripes: exactly 0" in page


def test_names_and_mixed_units_do_no_harm(recorded):
    run = run_of(mlp())
    evil = "<b onclick=alert(1)>\"'&"
    first = next(s for s in recorded.recording.series if s.probe == "gradients")
    renamed = [dataclasses.replace(s, layer=f"{evil}/{s.layer}") for s in recorded.recording.series]
    run.recording = Recording([*renamed, dataclasses.replace(first, layer="x/kernel", unit="steps")])
    found = section(build_page(run))
    assert "<b " not in found
    assert found.count("must be counted in one unit") == 2  # the flow's and the ridges'


@pytest.mark.slow
def test_what_a_training_recorded_is_in_its_report():
    x, y, *_ = digits()
    recorder = Recorder("all", x[:64], y[:64])
    run = vitral.fit(mlp(), x[:320], y[:320], epochs=2, callbacks=[recorder], verbose=0, seed=0)
    run.recording = recorder.recording
    flow, *_ = tables(build_page(run))
    assert list(flow) == [layer.name for layer in run.model.layers if layer.weights]
    for layer, (_, first, last) in flow.items():
        parts = [s for s in run.recording.series if s.probe == "gradients" and s.layer.startswith(f"{layer}/")]
        size = np.sqrt(sum(p.values["norm"] ** 2 for p in parts) / sum(p.size for p in parts))
        assert (first, last) == (f"{size[0]:.2g}", f"{size[-1]:.2g}")
    assert len(ridges(build_page(run))) == 4


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_the_inside(browser, tmp_path, text, width, scheme):
    file = tmp_path / "report.html"
    file.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(Path(file).as_uri())
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = page.locator("section.inside")
    strips = inside.locator(".strip img")
    assert strips.count() == sum(map(len, tables(text)))
    for i in range(strips.count()):
        box = strips.nth(i).bounding_box()
        assert box["width"] > 100
        assert box["height"] >= 18
        assert strips.nth(i).evaluate("i => i.complete && i.naturalWidth") == EPOCHS + 1
    for drawing in inside.locator("svg.ridges").all():
        box = drawing.bounding_box()
        assert 250 < box["width"] <= width
        sizes = drawing.locator("text").evaluate_all("all => all.map(t => t.getBoundingClientRect().height)")
        assert min(sizes) > 9
    # A ridge is set off from the one behind it by a line in the page's own colour.
    colors = page.evaluate(
        "[getComputedStyle(document.querySelector('.ridge')).stroke, getComputedStyle(document.body).backgroundColor]"
    )
    assert colors[0] == colors[1]
    page.close()
