"""Figures hold the numbers they were given; nothing needs a screen."""

import io
import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import vitral.views
from vitral._errors import ArgumentError, ShapeError
from vitral.views import confusion, examples, learning_curves, residuals, style, svg

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0], "accuracy": [0.1, 0.5, 0.9]}


def drawn(figure):
    figure.savefig(io.BytesIO(), format="svg")
    return figure


def test_the_public_names_are_sorted():
    assert vitral.views.__all__ == sorted(vitral.views.__all__)


def test_curves_are_the_history():
    figure = drawn(learning_curves(HISTORY))
    loss, accuracy = figure.axes
    assert [list(line.get_ydata()) for line in loss.lines] == [HISTORY["loss"], HISTORY["val_loss"]]
    assert list(accuracy.lines[0].get_xdata()) == [1, 2, 3]
    styles = [(line.get_color(), line.get_linestyle()) for line in loss.lines]
    assert styles[0][0] == style.TRAIN
    assert styles[0] != styles[1]
    assert figure.get_facecolor()[3] == 0  # transparent
    with pytest.raises(ArgumentError, match="without a single metric"):
        learning_curves({})


def test_the_matrix_shows_its_counts():
    matrix = np.array([[5, 1], [0, 7]])
    panel = drawn(confusion(matrix, ["cat", "a long name"])).axes[0]
    assert [t.get_text() for t in panel.texts] == ["5", "1", "7"]
    assert [t.get_text() for t in panel.get_xticklabels()] == ["cat", "a long name"]
    with pytest.raises(ShapeError, match="square"):
        confusion([[1, 2]])
    with pytest.raises(ShapeError, match="1 names for 2 classes"):
        confusion(matrix, ["a"])


def test_residuals_are_the_pairs():
    panel = drawn(residuals([1, 2, 3], [[1], [2], [4]])).axes[0]
    np.testing.assert_array_equal(panel.collections[0].get_offsets(), [[1, 1], [2, 2], [3, 4]])
    with pytest.raises(ShapeError, match="got 1 for 2"):
        residuals([1, 2], [1])


@pytest.mark.parametrize("shape", [(7, 8, 8), (2, 8, 8, 3)])
def test_pictures_keep_their_captions(shape):
    images = np.linspace(-1, 3, math.prod(shape)).reshape(shape)
    figure = drawn(examples(images, [f"picture {i}" for i in range(len(images))]))
    titles = [a.get_title() for a in figure.axes]
    assert titles[: len(images)] == [f"picture {i}" for i in range(len(images))]
    with pytest.raises(ShapeError, match="one text per image"):
        examples(images, ["a"])
    with pytest.raises(ShapeError, match="images must be"):
        examples(np.zeros((2, 64)), ["a", "b"])


# ---------------------------------------------------------------- SVG


def shapes(text, tag, role):
    root = ET.fromstring(text)
    return [e for e in root.iter(tag) if role in e.get("class", "").split()]


def test_a_chart_places_points_by_their_values():
    points = [(1, 2.0), (2, 1.0), (3, 0.0)]
    text = svg.line_chart([svg.Series(name="loss", role="train", points=points)], title="Loss", x_label="epoch")
    found = shapes(text, "circle", "point")
    x, y = ([float(e.get(c)) for e in found] for c in ("cx", "cy"))
    assert x == pytest.approx(np.linspace(x[0], x[-1], 3), abs=0.11)
    assert y == pytest.approx(np.linspace(y[0], y[-1], 3), abs=0.11)
    assert y[0] < y[-1]  # larger is higher
    assert found[1].find("title").text == "loss, epoch 2: 1"
    assert "from 2 at epoch 1 to 0 at epoch 3" in ET.fromstring(text).get("aria-label")


@pytest.mark.parametrize(
    "values", [[1.0], [2.0, 2.0], [0.0, 0.0], [1e-9, 1e9], [-1e30, 1e30], [1.0, math.nan, 2.0, math.inf], [5e-324, 0.0]]
)
def test_any_values_can_be_drawn(values):
    series = svg.Series(name="<loss>", role="train", points=list(enumerate(values, 1)), marked=1)
    root = ET.fromstring(svg.line_chart([series], title='a "title" & <b>', x_label="epoch"))
    for element in root.iter():
        for name in ("cx", "cy", "x", "y"):
            if element.get(name):
                assert -1 <= float(element.get(name)) <= 441


def test_gaps_and_nothing():
    series = svg.Series(name="loss", role="train", points=[(1, 1.0), (2, math.nan), (3, 2.0), (4, 3.0)])
    path = shapes(svg.line_chart([series], title="Loss", x_label="epoch"), "path", "line")[0].get("d")
    assert path.count("M") == 2
    nothing = svg.Series(name="loss", role="train", points=[(1, math.nan)])
    assert "no finite value" in svg.line_chart([nothing], title="Loss", x_label="epoch")
    assert "no finite value" in svg.scatter_chart([], title="a", x_label="b", y_label="c")


def test_a_scatter_plot_has_the_line_of_equals():
    text = svg.scatter_chart([(1.0, 1.0), (2.0, 3.0)], title="Values", x_label="true", y_label="predicted")
    first, second = shapes(text, "circle", "dot")
    line = [float(n) for n in re.findall(r"[\d.]+", shapes(text, "path", "equal")[0].get("d"))]
    slope = (line[3] - line[1]) / (line[2] - line[0])
    assert float(first.get("cy")) == pytest.approx(line[1] + slope * (float(first.get("cx")) - line[0]), abs=0.2)
    assert second.find("title").text == "true 2, predicted 3"
    many = svg.scatter_chart([(float(i), 0.0) for i in range(10_000)], title="a", x_label="b", y_label="c")
    assert 1000 < len(shapes(many, "circle", "dot")) <= 1500


# ---------------------------------------------------------------- colours


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    """WCAG's contrast ratio."""
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("color", [style.TRAIN, style.VALIDATION, style.CLASS_0, style.CLASS_1, style.NEUTRAL])
def test_colours_are_seen_on_light_and_dark(color):
    assert contrast(color, "#ffffff") >= 3
    assert contrast(color, "#14171c") >= 3


@pytest.mark.parametrize(("one", "other"), [(style.TRAIN, style.VALIDATION), (style.CLASS_0, style.CLASS_1)])
def test_colours_that_meet_stay_apart_for_the_colour_blind(one, other):
    """Machado, Oliveira & Fernandes (2009), severity 1: protanopia and deuteranopia."""
    kinds = [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ]
    rgb = [np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (one, other)]
    for matrix in kinds:
        seen = [np.array(matrix) @ c for c in rgb]
        assert np.linalg.norm(seen[0] - seen[1]) > 60


def test_importing_the_room_imports_no_matplotlib():
    script = "import sys, vitral.views, vitral.views.svg; print('matplotlib' in sys.modules, 'keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
