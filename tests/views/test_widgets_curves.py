"""Curves and bars: lines go where the numbers are, the crosshair reads them, a touch sets an x."""

import re

import numpy as np
import pytest
from widget_page import close_widget, eventually, let_pass, open_widget

from vitral.views.widgets import Bars, Curves, Hidden, Panel, Series

STROKES = "e => getComputedStyle(e).stroke + e.getAttribute('stroke-dasharray')"


def shown(*drawings, controls=(), **more):
    return Panel(lambda *_: drawings, controls=controls, **more).wait()


def losses(n=11, **more):
    x = np.arange(n)
    train = Series(x=x, y=1 / (1 + x), name="training", role="train")
    validation = Series(x=x, y=0.2 + 1 / (1 + x), name="validation", role="validation")
    return Curves(series=(train, validation), x_label="epoch", y_label="loss", limits=(0, n - 1, 0, 1.2), **more)


def plot_of(page):
    """Where the axes are on the page: left, top, width, height."""
    return page.evaluate(
        """() => { const rule = document.querySelector(".v-chart .v-rule").getBoundingClientRect();
        return [rule.x, rule.y, rule.width, rule.height]; }"""
    )


def pixel(page, x, y, limits):
    left, top, width, height = plot_of(page)
    return (
        left + width * (x - limits[0]) / (limits[1] - limits[0]),
        top + height * (limits[3] - y) / (limits[3] - limits[2]),
    )


def line(page, number, limits, scale=(lambda v: v, lambda v: v)):
    """The points of a line as data coordinates, a list for each unbroken part."""
    _, _, width, height = plot_of(page)
    d = page.locator(".v-line > path").nth(number).get_attribute("d")
    parts = []
    for part in d.split("M")[1:]:
        pairs = np.array([[float(v) for v in pair.split()] for pair in part.replace("h0", "").split("L")])
        x0, x1, y0, y1 = limits
        parts.append(
            np.column_stack(
                [
                    scale[0](x0 + pairs[:, 0] / width * (x1 - x0)),
                    scale[1](y0 + (1 - pairs[:, 1] / height) * (y1 - y0)),
                ]
            )
        )
    return parts


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 800])
def test_lines_go_through_their_numbers_and_differ_in_more_than_colour(browser, width):
    page = open_widget(browser, shown(losses()), width=width)
    limits = (0, 10, 0, 1.2)
    for i in (0, 1):
        (found,) = line(page, i, limits)
        np.testing.assert_allclose(found[:, 0], np.arange(11), atol=0.03)
        np.testing.assert_allclose(found[:, 1], 0.2 * i + 1 / (1 + np.arange(11)), atol=0.01)
    looks = page.locator(".v-line > path").evaluate_all(f"all => all.map({STROKES})")
    assert looks[0].endswith("null")
    assert re.search(r"\d+ \d+$", looks[1])
    assert page.locator(".v-legend").inner_text().split() == ["training", "validation"]
    swatches = page.locator(".v-legend path").evaluate_all(f"all => all.map({STROKES})")
    assert swatches == looks
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("roles", [("a", "a", "a"), ("b", "wrong", "validation"), ("b", "train", "validation")])
def test_no_two_lines_have_the_same_dash(browser, roles):
    same = [Series(x=[0, 1], y=[i, i + 1], name=f"s{i}", role=role) for i, role in enumerate(roles)]
    page = open_widget(browser, shown(Curves(series=same)))
    dashes = page.locator(".v-line > path").evaluate_all("all => all.map((e) => e.getAttribute('stroke-dasharray'))")
    assert len(set(dashes)) == 3
    close_widget(page)


@pytest.mark.browser
def test_missing_values_leave_a_gap_and_a_lonely_one_is_a_dot(browser):
    y = [1.0, 0.9, np.nan, 0.5, np.inf, 0.4, 0.3]
    page = open_widget(browser, shown(Curves(series=[Series(x=range(7), y=y)], limits=(0, 6, 0, 1))))
    parts = line(page, 0, (0, 6, 0, 1))
    assert [len(part) for part in parts] == [2, 1, 2]
    np.testing.assert_allclose(np.concatenate(parts)[:, 1], [1.0, 0.9, 0.5, 0.4, 0.3], atol=0.01)
    assert "h0" in page.locator(".v-line > path").get_attribute("d")
    close_widget(page)


@pytest.mark.browser
def test_logarithmic_axes_keep_powers_equally_far_apart_and_leave_out_what_has_no_logarithm(browser):
    x, y = [1e-4, 1e-3, 1e-2, 0.1, 1.0], [1e-8, 1e-6, 0.0, 1e-2, 1.0]
    drawing = Curves(series=[Series(x=x, y=y)], log_x=True, log_y=True, limits=(1e-4, 1.0, 1e-8, 1.0))
    page = open_widget(browser, shown(drawing))
    parts = line(page, 0, (-4, 0, -8, 0), scale=(lambda v: 10**v, lambda v: 10**v))
    found = np.concatenate(parts)
    assert [len(part) for part in parts] == [2, 2]
    np.testing.assert_allclose(np.log10(found), np.log10(np.delete(np.column_stack([x, y]), 2, axis=0)), atol=0.04)
    assert "10⁻⁸" in page.locator(".v-axes").text_content()
    close_widget(page)


@pytest.mark.browser
def test_the_crosshair_reads_every_line_at_a_sample(browser):
    page = open_widget(browser, shown(losses()))
    x, y = pixel(page, 3.2, 0.8, (0, 10, 0, 1.2))  # nearest to the sample at 3
    page.mouse.move(x, y)
    told = page.locator(".v-values").inner_text().split()
    assert told == ["epoch", "3", "training", "0.25", "validation", "0.45"]
    page.mouse.move(2, 2)
    assert page.locator(".v-values").is_hidden()
    close_widget(page)


@pytest.mark.browser
def test_the_keyboard_reads_too_and_says_it(browser):
    page = open_widget(browser, shown(losses()))
    page.locator(".v-chart").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert page.locator(".v-chart [aria-live]").inner_text() == "epoch 2, training 0.3333, validation 0.5333"
    page.keyboard.press("Escape")
    assert page.locator(".v-values").is_hidden()
    close_widget(page)


@pytest.mark.browser
def test_the_marker_moves_with_the_frames_and_says_the_values_there(browser):
    page = open_widget(browser, shown(losses(frames=3, marker=[0, 4, 9])))
    values = page.locator(".v-marker text")
    assert values.all_text_contents() == ["1", "1.2"]
    page.get_by_role("button", name="Step forward").click()
    assert values.all_text_contents() == ["0.2", "0.4"]
    knob = page.locator(".v-marker .v-knob").first.bounding_box()
    x, y = pixel(page, 4, 0.2, (0, 10, 0, 1.2))
    assert abs(knob["x"] + knob["width"] / 2 - x) < 1
    assert abs(knob["y"] + knob["height"] / 2 - y) < 1
    close_widget(page)


@pytest.mark.browser
def test_level_band_and_cloud_are_drawn_where_they_are(browser):
    x = np.arange(5)
    band = Series(x=x, y=x * 1.0, low=x - 0.5, high=x + 0.5, role="a", name="mean")
    cloud = Series(x=x, y=4 - x, dots=True, role="b", name="measured")
    limits = (0, 4, -1, 5)
    page = open_widget(browser, shown(Curves(series=[band, cloud], level=2.5, level_name="bound", limits=limits)))
    level = page.locator(".v-level-line path").bounding_box()
    assert abs(level["y"] - pixel(page, 0, 2.5, limits)[1]) < 1.5
    assert page.locator(".v-level-line text").text_content() == "bound"
    dots = [d.bounding_box() for d in page.locator(".v-cloud path").all()]
    for i, box in enumerate(dots):
        px, py = pixel(page, i, 4 - i, limits)
        assert abs(box["x"] + box["width"] / 2 - px) < 1
        assert abs(box["y"] + box["height"] / 2 - py) < 1
    area = page.locator(".v-band").bounding_box()
    assert abs(area["y"] - pixel(page, 4, 4.5, limits)[1]) < 1.5
    assert abs(area["y"] + area["height"] - pixel(page, 0, -0.5, limits)[1]) < 1.5
    close_widget(page)


def editable(value=1.0):
    x = np.linspace(-4, 4, 81)

    def compute(values, _task):
        return [
            Curves(
                series=[Series(x=x, y=x**2, name="x²")],
                limits=(-4, 4, 0, 16),
                marker=values["x"],
                edits="x",
                alt="A parabola",
            )
        ]

    return Panel(compute, controls=[Hidden(name="x", value=value)]).wait()


@pytest.mark.browser
def test_a_click_and_a_drag_set_the_x(browser):
    panel = editable()
    page = open_widget(browser, panel, has_clock=True)
    limits = (-4, 4, 0, 16)
    page.mouse.click(*pixel(page, 2.0, 8, limits))
    let_pass(page, 50)
    eventually(page, lambda: abs(panel.values["x"] - 2) < 0.05)
    assert page.locator(".v-marker text").text_content().startswith("4")
    page.mouse.move(*pixel(page, 2.0, 8, limits))
    page.mouse.down()
    page.mouse.move(*pixel(page, -1.0, 8, limits), steps=4)
    page.mouse.move(*pixel(page, -3.0, 8, limits), steps=4)
    page.mouse.up()
    let_pass(page, 50)
    eventually(page, lambda: abs(panel.values["x"] + 3) < 0.05)
    eventually(page, "document.querySelector('.vitral').dataset.state === 'done'")
    let_pass(page, 600)  # what was drawn ahead has given way to what Python drew
    assert page.locator(".v-marker text").text_content().startswith(("8.9", "9"))
    slider = page.get_by_role("slider", name="A parabola")
    assert abs(float(slider.get_attribute("aria-valuenow")) - panel.values["x"]) < 1e-9
    close_widget(page)


@pytest.mark.browser
def test_arrow_keys_set_the_x_within_its_limits(browser):
    panel = editable(3.9)
    page = open_widget(browser, panel)
    page.get_by_role("slider", name="A parabola").focus()
    page.keyboard.press("ArrowLeft")
    eventually(page, lambda: abs(panel.values["x"] - 3.74) < 0.02)  # a fiftieth of the axis
    page.keyboard.press("End")
    eventually(page, lambda: panel.values["x"] == 4)
    page.keyboard.press("ArrowRight")
    eventually(page, "window.sent.filter(([name]) => name === 'values').length === 3")
    assert page.evaluate("window.sent.at(-1)[1]") == {"x": 4}
    close_widget(page)


@pytest.mark.browser
def test_a_still_page_is_read_and_not_edited(browser):
    x = np.linspace(-4, 4, 81)
    drawing = Curves(series=[Series(x=x, y=x**2)], limits=(-4, 4, 0, 16), marker=1.0, edits="x", x_label="z")
    panel = Panel(lambda *_: [drawing], controls=[Hidden(name="x", value=1.0)]).wait()
    page = open_widget(browser, panel, is_live=False, has_clock=True, is_still=True)
    assert page.get_by_role("slider").count() == 0
    page.mouse.click(*pixel(page, 2.0, 8, (-4, 4, 0, 16)))
    let_pass(page, 1000)
    assert page.evaluate("window.sent") == []
    assert page.locator(".v-values").inner_text().split() == ["z", "2", "4"]
    close_widget(page)


@pytest.mark.browser
def test_without_a_text_the_drawing_says_what_it_shows(browser):
    page = open_widget(browser, shown(losses()))
    label = page.get_by_role("img").first.get_attribute("aria-label")
    assert "training: from 1 to 0.0909" in label
    assert "validation: from 1.2 to 0.291" in label
    close_widget(page)


@pytest.mark.browser
def test_empty_and_constant_curves_have_axes(browser):
    flat = Curves(series=[Series(x=[0, 1], y=[3.0, 3.0])])
    page = open_widget(browser, shown(Curves(), flat, Curves(series=[Series(x=[], y=[])], log_y=True)))
    ticks = [group.locator("text").all_text_contents() for group in page.locator(".v-axes").all()]
    assert all(len(texts) >= 4 for texts in ticks)
    assert not any("NaN" in text for texts in ticks for text in texts)
    assert "3" in ticks[1]
    close_widget(page)


@pytest.mark.browser
def test_bars_are_as_long_as_their_values_on_both_sides_of_zero(browser):
    drawing = Bars(names=("w₁", "w₂", "b"), values=[[0.5, -1.0, 0.0], [1.0, 0.25, -0.5]], frames=2, title="Gradient")
    page = open_widget(browser, shown(drawing))

    def ends():
        """From where to where each bar goes, as numbers: the track spans the limits −1 to 1."""
        tracks = [t.bounding_box() for t in page.locator(".v-bar-track").all()]
        bars = [b.bounding_box() for b in page.locator(".v-bar").all()]
        return np.array(
            [
                [-1 + 2 * (b["x"] - t["x"]) / t["width"], -1 + 2 * (b["x"] + b["width"] - t["x"]) / t["width"]]
                for b, t in zip(bars, tracks, strict=True)
            ]
        )

    def end(*expected):
        np.testing.assert_allclose(ends(), expected, atol=0.02)

    eventually(page, lambda: end([0, 0.5], [-1, 0], [0, 0]))
    assert page.locator(".v-bar-number").all_text_contents() == ["0.5", "−1", "0"]
    page.get_by_role("button", name="Step forward").click()
    eventually(page, lambda: end([0, 1], [0, 0.25], [-0.5, 0]))
    assert page.get_by_role("img").get_attribute("aria-label") == "Gradient. w₁: 1; w₂: 0.25; b: −0.5"
    close_widget(page)
