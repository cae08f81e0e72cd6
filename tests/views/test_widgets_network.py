"""Networks: what the units and lines say is what the arrays say, and what a reader types is what Python gets."""

from itertools import pairwise

import numpy as np
import pytest
from widget_page import close_widget, eventually, open_widget

import vitral
from vitral._errors import ArgumentError, ShapeError
from vitral.course.numbers import number_in
from vitral.foundations import MLP
from vitral.views.widgets import Hidden, Network, NetworkView, Panel
from vitral.views.widgets.assets import esm
from vitral.views.widgets.drawings import FIRST_UNITS

W1, B1 = [[0.15, -0.25], [0.2, 0.3]], [0.35, 0.35]
W2, B2 = [[0.4], [-0.5]], [0.6]


def shown(*drawings, controls=(), **more):
    return Panel(lambda *_: drawings, controls=controls, **more).wait()


def editable():
    """A network of 2, 2 and 1 units whose weights, biases and inputs are the reader's."""

    def compute(values, _task):
        x, weights, biases = np.array(values["x"]), values["w"], values["b"]
        hidden = np.tanh(x @ np.array(weights[0]) + np.array(biases[0]))
        out = hidden @ np.array(weights[1]) + np.array(biases[1])
        names = (("x₁", "x₂"), ("h₁", "h₂"), ("y",))
        edits = {"edits_weights": "w", "edits_biases": "b", "edits_inputs": "x"}
        return [Network(weights=weights, biases=biases, activations=(x, hidden, out), units=names, **edits)]

    controls = [Hidden(name="w", value=[W1, W2]), Hidden(name="b", value=[B1, B2]), Hidden(name="x", value=[1.0, 0.5])]
    return Panel(compute, controls=controls).wait()


def item(page, label):
    return page.locator(f'.v-net [aria-label^="{label}"]')


def chip_of(page, number):
    """The middle of the number on the line, in the order of the weights."""
    box = page.locator(".v-net-numbers .v-chip").nth(number).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# ---------------------------------------------------------------- drawing


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 800])
def test_size_and_sign_of_a_weight_are_width_colour_and_dash(browser, width):
    weights = [np.array([[1.0, -0.5], [0.25, 0.0]])]
    page = open_widget(browser, shown(Network(weights=weights, units=(("a", "b"), ("c", "d")))), width=width)

    def looks_so():  # once it has faded in
        look = page.locator(".v-link").evaluate_all(
            """all => all.map((e) => { const c = getComputedStyle(e);
            return [parseFloat(c.strokeWidth), c.stroke, c.strokeDasharray]; })"""
        )
        widths = np.array([w for w, _, _ in look])
        share = (widths - widths[3]) / max(1e-9, widths[0] - widths[3])
        np.testing.assert_allclose(share, np.abs(weights[0]).ravel(), atol=0.02)
        assert [dash == "none" for _, _, dash in look] == [True, False, True, True]
        assert look[1][1] != look[0][1] == look[2][1]

    eventually(page, looks_so)
    numbers = page.locator(".v-net-numbers text").all_text_contents()
    assert numbers == ["1", "−0.5", "0.25", "0"]
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 800])
def test_biases_and_numbers_on_the_lines_do_not_overlap(browser, width):
    sizes = (2, 2, 2, 1)
    rng = np.random.default_rng(1)
    arrays = {
        "weights": [rng.normal(size=shape) for shape in pairwise(sizes)],
        "biases": [rng.normal(size=n) for n in sizes[1:]],
    }
    page = open_widget(browser, shown(Network(**arrays, activations=[rng.random(n) for n in sizes])), width=width)
    boxes = [chip.bounding_box() for chip in page.locator(".v-chip text").all()]
    assert len(boxes) == 10 + 5
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            across = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
            down = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
            assert across < 1 or down < 4, (a, b)
    close_widget(page)


@pytest.mark.browser
def test_a_derivative_that_is_not_known_yet_takes_no_place(browser):
    arrays = {"weights": [np.array([[[np.nan]], [[0.5]]])], "biases": [np.array([[np.nan], [0.25]])]}
    page = open_widget(browser, shown(Network(**arrays, gradients=True, frames=2)))
    chips = page.locator(".v-chip")
    assert [chip.is_visible() for chip in chips.all()] == [False, False]
    page.get_by_role("button", name="Step forward").click()
    assert [chip.is_visible() for chip in chips.all()] == [True, True]
    assert chips.locator("text").all_text_contents() == ["0.5", "∂b 0.25"]
    page.get_by_role("button", name="Step back").click()
    assert [chip.is_visible() for chip in chips.all()] == [False, False]
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("sizes", [(2, 2, 1), (3, 3, 1), (4, 3), (12, 1), (1, 5, 1)])
@pytest.mark.parametrize("width", [390, 800])
def test_numbers_on_the_lines_do_not_overlap(browser, sizes, width):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in pairwise(sizes)]
    page = open_widget(
        browser, shown(Network(weights=weights, activations=[rng.random(n) for n in sizes])), width=width
    )
    boxes = [chip.bounding_box() for chip in page.locator(".v-net-numbers .v-chip text").all()]
    assert len(boxes) == sum(w.size for w in weights)
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            across = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
            down = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
            assert across < 1 or down < 4, (a, b)
    close_widget(page)


@pytest.mark.browser
def test_activations_stand_in_the_units_biases_below_and_names_beside(browser):
    page = open_widget(browser, editable())
    hidden = np.tanh(np.array([1.0, 0.5]) @ np.array(W1) + np.array(B1))
    out = hidden @ np.array(W2) + np.array(B2)
    inside = [float(t.replace("−", "-")) for t in page.locator(".v-inside").all_text_contents()]
    np.testing.assert_allclose(inside, [1, 0.5, *hidden, *out], atol=0.006)
    assert page.locator(".v-bias text").all_text_contents() == ["b 0.35", "b 0.35", "b 0.6"]
    assert page.locator(".v-unit-name").all_text_contents() == ["x₁", "x₂", "h₁", "h₂", "y"]
    close_widget(page)


@pytest.mark.browser
def test_hover_and_focus_tell_the_exact_numbers(browser):
    weights, biases = [np.array([[0.123456, -2.0]])], [np.array([0.5, 0.25])]
    drawing = Network(weights=weights, biases=biases, activations=([3.0], [0.98765, 0.1]), units=(("x",), ("p", "q")))
    page = open_widget(browser, shown(drawing))
    page.mouse.move(*chip_of(page, 0))
    assert page.locator(".v-net-inner .v-tip").inner_text().split() == ["weight", "x", "→", "p", "0.123456"]
    box = item(page, "p").locator(".v-body").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3)
    told = page.locator(".v-net-inner .v-tip").inner_text().split()
    assert told == ["p", "activation", "0.98765", "bias", "0.5"]
    page.mouse.move(1, 1)
    assert page.locator(".v-net-inner .v-tip").is_hidden()
    page.keyboard.press("Tab")  # the first unit, then along its lower line to the other end
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused) == "weight x → q: −2"
    assert page.locator(".v-net-inner .v-tip").inner_text().split()[-1] == "−2"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "q, activation: 0.1, bias: 0.25"
    close_widget(page)


@pytest.mark.browser
def test_frames_change_numbers_and_light_up_what_is_worked_on(browser):
    weights = np.array([[[0.1, 0.2]], [[0.3, -0.4]]])  # (F, D, K)
    drawing = Network(
        weights=[weights],
        biases=[np.array([[0.0, 0.1], [0.2, 0.3]])],
        activations=[np.array([[1.0], [2.0]]), np.array([[0.5, 0.6], [0.7, 0.8]])],
        frames=2,
        lit=[[["unit", 0, 0]], [["weight", 0, 0, 1], ["unit", 1, 1]]],
    )
    page = open_widget(browser, shown(drawing))
    assert page.locator(".v-net-numbers text").all_text_contents() == ["0.1", "0.2"]
    assert page.locator(".v-inside").all_text_contents() == ["1", "0.5", "0.6"]
    lit = "all => all.map((e) => e.getAttribute('aria-label'))"
    assert page.locator(".v-net g.v-lit[aria-label]").evaluate_all(lit) == ["input 1, value: 1"]
    page.get_by_role("button", name="Step forward").click()
    assert page.locator(".v-net-numbers text").all_text_contents() == ["0.3", "−0.4"]
    assert page.locator(".v-inside").all_text_contents() == ["2", "0.7", "0.8"]
    assert page.locator(".v-bias text").all_text_contents() == ["b 0.2", "b 0.3"]
    found = page.locator(".v-net g.v-lit[aria-label]").evaluate_all(lit)
    assert sorted(found) == ["unit 2, activation: 0.8, bias: 0.3", "weight input 1 → unit 2: −0.4"]
    close_widget(page)


@pytest.mark.browser
def test_derivatives_are_called_by_their_names(browser):
    arrays = {"weights": [np.array([[0.5]])], "biases": [[-0.25]], "activations": [[], [-0.25]]}
    page = open_widget(browser, shown(Network(**arrays, units=(("x",), ("h",)), gradients=True), language="es"))
    assert item(page, "∂L/∂w x → h").get_attribute("aria-label") == "∂L/∂w x → h: 0.5"
    assert item(page, "h").get_attribute("aria-label") == "h, δ: −0.25, ∂L/∂b: −0.25"
    assert page.locator(".v-legend").inner_text().split() == ["derivada", "positiva", "derivada", "negativa"]
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1200])
def test_wide_layers_are_cut_and_deep_networks_stay_within_the_page(browser, width):
    sizes = (64, 16, 16, 12, 8, 10)
    rng = np.random.default_rng(1)
    weights = [rng.normal(size=shape) for shape in pairwise(sizes)]
    page = open_widget(
        browser, shown(Network(weights=weights, activations=[rng.random(n) for n in sizes])), width=width
    )
    assert page.locator(".v-unit").count() == FIRST_UNITS + sum(sizes[1:])
    assert page.locator(".v-more-number").all_text_contents() == ["… 64"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    bodies = [b.bounding_box() for b in page.locator(".v-body").all()]
    for i, a in enumerate(bodies):
        for b in bodies[:i]:
            apart = max(abs(a["x"] - b["x"]) - a["width"], abs(a["y"] - b["y"]) - a["height"])
            assert apart > 1
    close_widget(page)


def test_of_a_wide_layer_only_what_is_drawn_is_sent():
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(3, 784, 20)), rng.normal(size=(20, 10))]
    sent = Network(weights=weights, biases=[rng.normal(size=(3, 20)), None], activations=[rng.random(784)]).payload()
    assert sent["sizes"] == [784, 20, 10]
    assert np.shape(sent["weights"][0]) == (3, FIRST_UNITS, FIRST_UNITS)
    np.testing.assert_allclose(sent["weights"][1], weights[1][:FIRST_UNITS], rtol=1e-5)
    assert np.shape(sent["biases"][0]) == (3, FIRST_UNITS)
    assert np.shape(sent["activations"][0]) == (FIRST_UNITS,)


# ---------------------------------------------------------------- editing


@pytest.mark.browser
def test_a_click_on_a_weight_takes_a_number(browser):
    panel = editable()
    page = open_widget(browser, panel)
    page.mouse.click(*chip_of(page, 1))  # x₁ → h₂
    field = page.get_by_role("textbox")
    assert field.input_value() == "-0.25"
    page.keyboard.type("1,5")  # a comma is a point
    page.keyboard.press("Enter")
    eventually(page, lambda: panel.values["w"] == [[[0.15, 1.5], [0.2, 0.3]], W2])
    assert page.locator(".v-net-numbers text").nth(1).text_content() == "1.5"
    assert field.count() == 0
    expected = np.tanh(1.5 * 1 + 0.3 * 0.5 + 0.35)
    answer = page.locator(".v-inside").nth(3)
    eventually(page, lambda: abs(float(answer.text_content()) - expected) < 0.006)
    close_widget(page)


@pytest.mark.browser
def test_the_keyboard_alone_edits_a_weight_in_steps_and_takes_it_back(browser):
    panel = editable()
    page = open_widget(browser, panel)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # x₁ → h₁
    page.keyboard.press("Enter")
    for key in ("ArrowUp", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    eventually(page, lambda: panel.values["w"][0][0][0] == 0.25)  # it counts while it is stepped
    page.keyboard.press("Escape")
    eventually(page, lambda: panel.values["w"] == [W1, W2])
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "weight x₁ → h₁: 0.15"
    page.keyboard.press("Enter")
    page.keyboard.type("-2")
    page.keyboard.press("Enter")
    eventually(page, lambda: panel.values["w"][0][0] == [-2, -0.25])
    close_widget(page)


@pytest.mark.browser
def test_biases_and_inputs_are_edited_too(browser):
    panel = editable()
    page = open_widget(browser, panel)
    page.locator(".v-bias").nth(2).click()
    page.keyboard.type("0.9")
    page.keyboard.press("Enter")
    eventually(page, lambda: panel.values["b"] == [B1, [0.9]])
    item(page, "x₂").locator(".v-body").click()
    page.get_by_role("textbox").fill("−3")
    page.mouse.click(5, 5)  # elsewhere: what was typed counts
    page.locator(".v-net").click(position={"x": 3, "y": 3})
    eventually(page, lambda: panel.values["x"] == [1.0, -3.0])
    close_widget(page)


@pytest.mark.browser
def test_a_number_that_python_brings_into_its_limits_is_shown_as_it_stands_there(browser):
    def compute(values, _task):
        return [Network(weights=[np.clip(np.array(w), -1, 1) for w in values["w"]], edits_weights="w")]

    panel = Panel(compute, controls=[Hidden(name="w", value=[[[0.5]]])]).wait()
    page = open_widget(browser, panel)
    page.mouse.click(*chip_of(page, 0))
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    number = page.locator(".v-net-numbers text")
    assert number.text_content() == "3"  # at once
    eventually(page, lambda: number.text_content() == "1")
    close_widget(page)


@pytest.mark.browser
def test_a_page_reads_numbers_as_the_course_does(browser):
    texts = [
        "3",
        "-3",
        "−3",
        " 0,5 ",
        "0.5",
        ",5",
        "5.",
        "1,5e-3",
        "3/4",
        "1 / -0,5",
        "1,000",
        "0,100",
        "1,234",
        "-12,340",
    ]
    texts += [
        "1,000,000",
        "1,000e3",
        "1,000/2",
        "1/0",
        "1/2/3",
        "/2",
        "1/",
        "",
        " ",
        ".",
        "-",
        "0x10",
        "1e999",
        "Infinity",
        "1 000",
    ]
    page = browser.new_page()
    page.set_content(f'<script type="module">{esm()}\nwindow.read = (texts) => texts.map(numberIn);</script>')
    page.wait_for_function("window.read !== undefined")
    expected = [number_in(text) for text in texts]
    assert page.evaluate("texts => read(texts)", texts) == expected
    assert expected[texts.index("1,000")] is None
    assert expected[texts.index("3/4")] == 0.75
    page.close()


@pytest.mark.browser
def test_what_is_no_number_changes_nothing(browser):
    panel = editable()
    page = open_widget(browser, panel)
    page.mouse.click(*chip_of(page, 0))
    page.keyboard.type("abc")
    field = page.get_by_role("textbox")
    assert field.get_attribute("aria-invalid") == "true"
    page.keyboard.press("Enter")  # the box stays open and says why
    assert page.get_by_role("alert").inner_text() == "Not a number: it stays at 0.15."
    field.fill("0.5x")
    page.locator(".v-net").click(position={"x": 3, "y": 3})  # elsewhere: it closes, and the reader is told below
    assert field.count() == 0
    assert page.locator(".v-net-kept").inner_text() == "Not a number: it stays at 0.15."
    page.mouse.click(*chip_of(page, 0))
    assert page.locator(".v-net-kept").is_hidden()
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    eventually(page, lambda: panel.values["w"][0][0][0] == 3)
    assert [value["w"][0][0][0] for _, value in page.evaluate("window.sent")] == [3]  # nothing else was sent
    close_widget(page)


@pytest.mark.browser
def test_without_edits_a_click_opens_nothing(browser):
    page = open_widget(browser, shown(Network(weights=[np.ones((2, 1))])))
    page.mouse.click(*chip_of(page, 0))
    assert page.get_by_role("textbox").count() == 0
    assert item(page, "weight").first.get_attribute("role") == "img"
    close_widget(page)


# ---------------------------------------------------------------- NetworkView


def test_an_mlp_answers_as_its_forward_pass_does():
    network = MLP.create((2, 3, 1), output="sigmoid", seed=3)
    view = NetworkView(network, sample=[0.5, -1.0]).wait()
    (drawn,) = view.drawings
    forward = network.forward(np.array([[0.5, -1.0]]))
    for got, expected in zip(drawn["activations"], [forward.x, *forward.a], strict=True):
        np.testing.assert_allclose(got, expected[0], rtol=1e-5)
    for got, expected in zip(drawn["weights"], network.weights[::2], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert drawn["names"] == ["inputs", "hidden", "outputs"]
    view.sample = [2.0, 2.0]
    view.wait()
    np.testing.assert_allclose(view.drawings[0]["activations"][2], network.predict([[2.0, 2.0]])[0], rtol=1e-5)
    assert view.sample.tolist() == [2.0, 2.0]
    view.close()


def test_a_keras_model_answers_layer_by_layer_as_keras_does():
    keras = vitral.keras
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((2, 2)),
            layers.Flatten(),
            layers.Dense(3),
            layers.ReLU(),
            layers.Dropout(0.9),
            layers.Dense(2, activation="softmax", use_bias=False),
        ]
    )
    x = np.array([[[0.5, -1.0], [2.0, 0.25]]], dtype="float32")
    view = NetworkView(model, sample=x[0], language="es").wait()
    (drawn,) = view.drawings
    kernel, bias, last = model.get_weights()
    hidden = np.maximum(0, x.reshape(-1) @ kernel + bias)
    np.testing.assert_allclose(drawn["activations"][0], x.reshape(-1))
    np.testing.assert_allclose(drawn["activations"][1], hidden, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(drawn["activations"][2], model.predict(x, verbose=0)[0], rtol=1e-4)
    assert drawn["biases"][1] is None
    assert drawn["names"] == ["entradas", "oculta", "salidas"]
    model.layers[-1].kernel.assign(2 * last)
    np.testing.assert_allclose(view.refresh().drawings[0]["weights"][1], 2 * last, rtol=1e-5)
    view.close()


def test_lists_answer_only_with_activations():
    arrays = [np.array(W1), np.array(B1), np.array(W2), np.array(B2)]
    view = NetworkView(arrays).wait()
    assert view.drawings[0]["activations"] == []
    assert view.drawings[0]["edits_inputs"] == ""
    with pytest.raises(ArgumentError, match="activations"):
        view.sample = [1.0, 2.0]
    with pytest.raises(ArgumentError, match="activations"):
        NetworkView(arrays, sample=[1.0, 2.0])
    pairs = [(arrays[0], arrays[1]), (arrays[2], arrays[3])]
    answering = NetworkView(pairs, [1.0, 2.0], activations=("tanh", "identity")).wait()
    hidden = np.tanh(np.array([1.0, 2.0]) @ arrays[0] + arrays[1])
    np.testing.assert_allclose(answering.drawings[0]["activations"][2], hidden @ arrays[2] + arrays[3], rtol=1e-5)
    view.close()
    answering.close()


def test_other_structures_are_refused_in_a_sentence():
    keras = vitral.keras
    layers = keras.layers
    with pytest.raises(ArgumentError, match="Conv2D"):
        NetworkView(keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1)]))
    with pytest.raises(ArgumentError, match="must be built"):
        NetworkView(keras.Sequential([layers.Dense(1)]))
    inputs = keras.Input((3,))
    branches = layers.Add()([layers.Dense(2)(inputs), layers.Dense(2)(inputs)])
    with pytest.raises(ArgumentError, match="one chain"):
        NetworkView(keras.Model(inputs, branches))
    with pytest.raises(ArgumentError, match="one chain"):  # Dense along the last axis only
        NetworkView(keras.Sequential([keras.Input((4, 3)), layers.Dense(2)]))
    with pytest.raises(ArgumentError, match="got 3"):
        NetworkView(3)
    with pytest.raises(ShapeError, match="weights"):
        NetworkView([np.ones((2, 3)), np.ones(2)])


@pytest.mark.parametrize("sample", [[1.0], [1.0, 2.0, 3.0], 1.0])
def test_a_sample_has_one_value_for_each_input(sample):
    with pytest.raises(ShapeError, match="2 inputs"):
        NetworkView(MLP.create((2, 1)), sample=sample)
    with pytest.raises(ArgumentError, match="finite"):
        NetworkView(MLP.create((2, 1)), sample=[np.nan, 0.0])


@pytest.mark.browser
def test_a_touched_input_changes_the_answers(browser):
    network = MLP.create((2, 3, 1), output="sigmoid", seed=3)
    view = NetworkView(network, sample=[0.5, -1.0], units=(("age", "income"),)).wait()
    page = open_widget(browser, view)
    item(page, "age").locator(".v-body").click()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    eventually(page, lambda: view.sample.tolist() == [4.0, -1.0])
    answer, expected = page.locator(".v-inside").last, network.predict([[4.0, -1.0]])[0, 0]
    eventually(page, lambda: abs(float(answer.text_content()) - expected) < 0.006)
    close_widget(page)
    view.close()
