"""A loss in a plane: its level lines, the paths over it, and where a reader lets them begin. And matrices as cells."""

import re

import numpy as np
import pytest
from widget_page import close_widget, eventually, open_widget

from vitral._errors import ShapeError
from vitral.views.widgets import Heat, LossSurface, Panel, Path, Surface

LIMITS = (-2.0, 2.0, -1.0, 3.0)


def bowl(x, y):
    return x**2 + 4 * (y - 1) ** 2


def valley(x, y):
    return (1 - x) ** 2 + 20 * (y - x**2) ** 2


def grid_of(loss, n=40):
    return loss(*np.meshgrid(np.linspace(*LIMITS[:2], n), np.linspace(*LIMITS[2:], n)))


def shown(*drawings, **more):
    return Panel(lambda *_: drawings, **more).wait()


def plot_of(page):
    return page.evaluate(
        """() => { const box = document.querySelector(".v-stage canvas").getBoundingClientRect();
        return [box.x, box.y, box.width, box.height]; }"""
    )


def pixel(page, x, y):
    left, top, width, height = plot_of(page)
    return left + width * (x - LIMITS[0]) / 4, top + height * (LIMITS[3] - y) / 4


def outlines(page, selector):
    """The absolute points of each path found, as data coordinates."""
    _, _, width, height = plot_of(page)
    found = []
    for d in page.locator(selector).evaluate_all("all => all.map((e) => e.getAttribute('d'))"):
        pairs = np.array([[float(a), float(b)] for a, b in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d or "")])
        found.append(pairs.reshape(-1, 2) * [4 / width, -4 / height] + [LIMITS[0], LIMITS[3]])
    return found


@pytest.mark.browser
def test_level_lines_are_where_the_loss_has_that_value(browser):
    page = open_widget(browser, shown(Surface(grid=grid_of(bowl), limits=LIMITS, alt="A bowl")))
    levels = outlines(page, ".v-level")
    values = [bowl(*places.T) for places in levels]
    assert len(values) >= 8
    for value in values:
        np.testing.assert_allclose(value, np.median(value), atol=0.12)  # a tenth of a pixel, on a slope of 16
    steps = np.diff(sorted(float(np.median(value)) for value in values))
    np.testing.assert_allclose(steps, steps[0], atol=0.05)
    names = [float(text) for text in page.locator(".v-level-name").all_text_contents()]
    assert names
    assert all(min(abs(np.median(value) - name) for value in values) < 0.05 for name in names)
    assert page.get_by_role("img", name="A bowl").count() == 1
    close_widget(page)


@pytest.mark.browser
def test_a_quadratic_stays_one_on_a_coarse_grid(browser):
    page = open_widget(browser, shown(Surface(grid=grid_of(bowl, 12), limits=LIMITS)))
    for places in outlines(page, ".v-level"):
        value = bowl(*places.T)
        np.testing.assert_allclose(value, np.median(value), atol=0.15)
    close_widget(page)


@pytest.mark.browser
def test_levels_by_the_logarithm_are_1_2_5(browser):
    page = open_widget(browser, shown(Surface(grid=grid_of(valley, 60), limits=LIMITS, log=True)))
    values = sorted(float(np.median(valley(*places.T))) for places in outlines(page, ".v-level"))
    assert values[-1] / values[0] >= 50
    for value in values:
        leading = value / 10 ** np.floor(np.log10(value))
        assert min(abs(np.log(leading / nice)) for nice in (1, 2, 3, 5, 10)) < 0.1
    close_widget(page)


@pytest.mark.browser
def test_steps_do_not_swing_and_what_is_not_a_number_is_left_out(browser):
    def steps(x, y):
        return np.where(x + y > 0.4, 1.0, 0.0) + np.where(y > 2.5, np.nan, 0)

    page = open_widget(browser, shown(Surface(grid=grid_of(steps), limits=LIMITS)))
    for places in outlines(page, ".v-level"):
        assert np.abs(places.sum(axis=1) - 0.4).max() < 2.1 * 4 / 39
        assert places[:, 1].max() <= 2.51
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("grid", [np.ones((9, 9)), np.full((9, 9), np.nan), -np.ones((5, 5)), np.zeros((2, 2))])
@pytest.mark.parametrize("log", [False, True])
def test_a_loss_without_levels_is_an_empty_plane(browser, grid, log):
    page = open_widget(browser, shown(Surface(grid=grid, limits=LIMITS, log=log)))
    assert page.locator(".v-level").count() == 0
    assert page.locator(".v-axes text").count() > 6
    close_widget(page)


@pytest.mark.browser
def test_a_frame_shows_the_steps_so_far(browser):
    walk = np.array([[-1.5, 2.5], [-1.0, 2.0], [0.0, 0.5], [0.5, 1.0], [0.2, 0.8]])
    short = walk[:2] * [-1, 1]
    paths = [Path(points=walk, name="long", role="a"), Path(points=short, name="short", role="b")]
    page = open_widget(browser, shown(Surface(grid=grid_of(bowl), limits=LIMITS, paths=paths, frames=5)))
    for frame in range(5):
        trails = outlines(page, ".v-plane .v-trail")
        wanted = walk[: frame + 1] if frame else walk[:0]
        np.testing.assert_allclose(trails[0], wanted, atol=0.01)
        np.testing.assert_allclose(trails[1], short if frame else short[:0], atol=0.01)
        assert bool(page.locator(".v-plane .v-end").nth(0).get_attribute("d")) == (frame > 0)
        if frame < 4:
            page.get_by_role("button", name="Step forward").click()
    marks = page.locator(".v-plane .v-end").evaluate_all("all => all.map((e) => e.getAttribute('d'))")
    assert "a" in marks[0]  # a circle
    assert "h" in marks[1]  # a square
    dashes = page.locator(".v-legend .v-trail").evaluate_all(
        "all => all.map((e) => e.getAttribute('stroke-dasharray'))"
    )
    assert dashes[0] != dashes[1]
    assert page.locator(".v-legend").inner_text().split() == ["long", "short"]
    close_widget(page)


@pytest.mark.browser
def test_without_frames_the_whole_path_is_there_and_ends_where_numbers_end(browser):
    lost = [[0.0, 0.0], [1.0, 0.5], [1.2, 2.0], [np.nan, np.inf], [1.0, 1.0]]
    away = [[0.0, 1.0], [1.0, 1.0], [1e30, -1e30]]
    paths = [Path(points=lost), Path(points=away), Path(points=np.zeros((0, 2))), Path(points=[[np.nan, 0]])]
    page = open_widget(browser, shown(Surface(grid=grid_of(bowl), limits=LIMITS, paths=paths)))
    trails = outlines(page, ".v-plane .v-trail")
    np.testing.assert_allclose(trails[0], lost[:3], atol=0.01)
    crosses = outlines(page, ".v-plane .v-lost")
    ends = page.locator(".v-plane .v-end").evaluate_all("all => all.map((e) => e.getAttribute('d'))")
    assert len(crosses[0]) == 1
    assert ends == ["", "", "", ""]  # lost, outside, and nothing to end
    assert np.abs(trails[1] - [0, 1]).max() < 3.5  # cut just outside the plane, not drawn for ever
    way = trails[1][-1] - trails[1][1]
    assert way[0] == pytest.approx(-way[1], rel=0.02)
    close_widget(page)


@pytest.mark.browser
def test_a_click_a_drag_and_a_key_set_the_start(browser):
    def paths(start):
        return {"down": [start, start / 2]}

    widget = LossSurface(bowl, LIMITS, paths=paths).wait()
    assert widget.start == (-1.0, 2.0)

    def starts_at(x, y):
        np.testing.assert_allclose(widget.start, (x, y), atol=0.02)

    page = open_widget(browser, widget)
    page.mouse.click(*pixel(page, 1, -0.5))
    eventually(page, lambda: starts_at(1, -0.5))
    wanted = [[1, -0.5], [0.5, -0.25]]
    eventually(page, lambda: np.testing.assert_allclose(outlines(page, ".v-plane .v-trail")[0], wanted, atol=0.02))
    page.mouse.down()
    page.mouse.move(*pixel(page, 0, 0))
    page.mouse.move(*pixel(page, -1, 2.5))
    page.mouse.up()
    eventually(page, lambda: starts_at(-1, 2.5))
    page.locator(".v-stage").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    eventually(page, lambda: starts_at(0, 1))
    close_widget(page)


@pytest.mark.browser
def test_hovering_reads_the_loss(browser):
    page = open_widget(browser, shown(Surface(grid=grid_of(bowl), limits=LIMITS, log=True), language="es"))
    page.mouse.move(*pixel(page, 1.5, -0.5))
    text = page.locator(".v-tip").inner_text()
    found = float(re.search(r"pérdida ([\d.]+)", text)[1])
    assert found == pytest.approx(bowl(1.5, -0.5), rel=0.02)
    close_widget(page)


# ---- LossSurface


def test_the_grid_is_the_loss_at_places_of_the_limits():
    drawn = LossSurface(lambda x, y: x + 10 * y, (0, 1, 2, 4), grid=5).wait().drawings[0]
    assert drawn["grid"][0] == [20, 20.25, 20.5, 20.75, 21]
    assert [row[0] for row in drawn["grid"]] == [20, 25, 30, 35, 40]
    assert drawn["edits"] == ""
    ready = LossSurface(np.arange(12.0).reshape(3, 4), paths={"a": [[0, 0], [0.5, 0.5]], "b": [[0, 0]]}).wait()
    assert ready.drawings[0]["grid"][1] == [4, 5, 6, 7]
    assert [path["name"] for path in ready.drawings[0]["paths"]] == ["a", "b"]
    assert ready.drawings[0]["frames"] == 2


@pytest.mark.parametrize("hostile", [[1], [1, 2, 3], "x", [[1, 2]], 3, [None, 1]])
def test_a_start_that_is_no_place_is_not_used(hostile):
    widget = LossSurface(bowl, LIMITS, paths=lambda start: {"down": [start, start * 0]}, start=(1.0, 2.0)).wait()
    widget.set(start=hostile)
    assert widget.start == (1.0, 2.0)
    assert widget.drawings[0]["paths"][0]["points"][0] == [1, 2]


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match=r"loss must give a grid of values, \(G, G\): got shape \(\)"):
        LossSurface(lambda *_: 1.0)
    with pytest.raises(ShapeError, match=r"paths must hold \(S, 2\) places: got shape \(3,\) for 'down'"):
        LossSurface(bowl, paths={"down": [1, 2, 3]})
    failed = LossSurface(bowl, paths=lambda start: {"down": start}).wait()
    assert "paths must hold (S, 2) places: got shape (2,) for 'down'" in failed.status["message"]


# ---- matrices


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_cells_have_their_numbers_and_their_sign_s_colour(browser, dark):
    values = np.array([[1.25, -0.5, 0.0], [-0.001, np.nan, 0.75]])
    page = open_widget(
        browser, shown(Heat(values=values, rows=("x₁", "x₂"), columns=("a", "b", "c"), alt="Weights")), dark=dark
    )
    assert page.get_by_role("table", name="Weights").count() == 1
    assert page.locator(".v-heat tbody td").all_inner_texts() == ["1.25", "−0.50", "0.00", "0.00", "–", "0.75"]
    assert page.get_by_role("rowheader").all_inner_texts() == ["x₁", "x₂"]
    assert page.get_by_role("columnheader").all_inner_texts() == ["a", "b", "c"]
    colours = page.locator(".v-heat tbody td").evaluate_all(
        """all => all.map((cell) => { const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
        pen.fillStyle = getComputedStyle(cell).backgroundColor; pen.fillRect(0, 0, 1, 1);
        return [...pen.getImageData(0, 0, 1, 1).data]; })"""
    )
    (r, _, b, most), (r2, _, b2, less), nothing = colours[:3]
    assert b > r
    assert r2 > b2
    assert most > less > 0
    assert nothing[3] == colours[4][3] == 0
    close_widget(page)


@pytest.mark.browser
def test_frames_share_one_scale(browser):
    page = open_widget(browser, shown(Heat(values=[[[1, 2]], [[4, -8]]], frames=2)))
    cells = page.locator(".v-heat td")
    before = cells.nth(0).get_attribute("style")
    assert cells.all_inner_texts() == ["1", "2"]
    page.get_by_role("button", name="Step forward").click()
    assert cells.all_inner_texts() == ["4", "−8"]
    shares = [int(re.search(r"(\d+)%", style)[1]) for style in (before, cells.nth(0).get_attribute("style"))]
    assert shares[1] == pytest.approx(4 * shares[0], abs=3)
    close_widget(page)


@pytest.mark.browser
def test_a_large_matrix_is_a_picture_of_its_pixels(browser):
    image = np.zeros((28, 28))
    image[3, 20], image[10, 5] = 1.0, -0.5
    page = open_widget(browser, shown(Heat(values=image, alt="A dot and a hole")), width=320)
    picture = page.get_by_role("img", name="A dot and a hole")
    seen = picture.evaluate(
        """canvas => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 3)"""
    )
    np.testing.assert_allclose(np.array(seen).reshape(28, 28) / 255, np.abs(image), atol=0.01)
    box = picture.bounding_box()
    assert box["width"] == pytest.approx(box["height"], rel=0.02)
    assert box["width"] <= 320
    page.mouse.move(box["x"] + box["width"] * 20.5 / 28, box["y"] + box["height"] * 3.5 / 28)
    assert page.locator(".v-tip").inner_text().split() == ["3,", "20:", "1.00"]
    close_widget(page)


@pytest.mark.browser
def test_a_wide_table_scrolls_within_its_box(browser):
    page = open_widget(browser, shown(Heat(values=np.eye(12) / 3, rows=[f"row {i}" for i in range(12)])), width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator(".v-scroll").evaluate("e => e.scrollWidth > e.clientWidth && e.tabIndex === 0")
    page.set_viewport_size({"width": 1200, "height": 900})  # what fits is none of the keyboard's stops
    eventually(page, lambda: page.locator(".v-scroll").get_attribute("tabindex") is None)
    close_widget(page)


@pytest.mark.browser
def test_a_few_wide_columns_that_scroll_are_reached_by_the_keyboard_too(browser):
    names = [f"a_rather_long_name_{i}" for i in range(4)]
    page = open_widget(browser, shown(Heat(values=np.eye(4), columns=names, alt="Wide")), width=320)
    assert page.get_by_role("group", name="Wide").get_attribute("tabindex") == "0"
    close_widget(page)
