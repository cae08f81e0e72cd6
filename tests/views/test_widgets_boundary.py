"""Points in a plane: what the browser draws is what the numbers say, and what a reader touches is what Python gets."""

import re

import numpy as np
import pytest
from widget_page import close_widget, eventually, let_pass, open_widget

from vitral._errors import ArgumentError, ShapeError
from vitral.views.widgets import Boundary, DecisionBoundary, Hidden, Line, Panel
from vitral.views.widgets.assets import esm
from vitral.views.widgets.words import words_in

LIMITS = (-3.0, 3.0, -2.0, 4.0)
SHAPES = {"circle": "a", "square": "h", "triangle": "L"}


def shown(*drawings, controls=(), **more):
    return Panel(lambda *_: drawings, controls=controls, **more).wait()


def editable(points=((0.0, 0.0, 0), (1.0, 1.0, 1)), **more):
    """A panel that draws the points it is told, as every lesson with such a drawing does."""

    def compute(values, _task):
        table = np.array(values["points"], dtype=float).reshape(-1, 3)
        labels = table[:, 2].astype(int)
        return [Boundary(points=table[:, :2], labels=labels, limits=LIMITS, edits="points", alt="Two classes", **more)]

    return Panel(compute, controls=[Hidden(name="points", value=[list(p) for p in points])]).wait()


def has_points(panel, expected):
    np.testing.assert_allclose(np.array(panel.values["points"]), expected, atol=0.02)


def plot_of(page):
    """Where the plane's axes are on the page: left, top, width, height."""
    return page.evaluate(
        """() => { const box = document.querySelector(".v-stage canvas").getBoundingClientRect();
        return [box.x, box.y, box.width, box.height]; }"""
    )


def pixel(page, x, y, limits=LIMITS):
    left, top, width, height = plot_of(page)
    return (
        left + width * (x - limits[0]) / (limits[1] - limits[0]),
        top + height * (limits[3] - y) / (limits[3] - limits[2]),
    )


def outline(page, selector, number=0):
    """Every absolute point of a path as data coordinates, (S, 2); the paths lie in the plane's own pixels."""
    d = page.locator(selector).nth(number).get_attribute("d")
    pairs = np.array([[float(a), float(b)] for a, b in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d)])
    _, _, width, height = plot_of(page)
    if not len(pairs):
        return pairs.reshape(0, 2)
    scale = np.array([(LIMITS[1] - LIMITS[0]) / width, -(LIMITS[3] - LIMITS[2]) / height])
    return pairs * scale + np.array([LIMITS[0], LIMITS[3]])


def places(grid=40):
    return np.meshgrid(np.linspace(*LIMITS[:2], grid), np.linspace(*LIMITS[2:], grid))


def test_no_name_is_given_twice_in_the_widgets_script():
    names = re.findall(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", esm(), flags=re.MULTILINE)
    assert len(names) > 20
    assert sorted(names) == sorted(set(names))


@pytest.mark.browser
def test_points_stand_where_they_are_in_shapes_of_their_class(browser):
    points, labels = np.array([[-2.0, -1.0], [0.5, 3.0], [2.5, 0.0]]), [0, 1, 2]
    page = open_widget(
        browser, shown(Boundary(points=points, labels=labels, limits=LIMITS, classes=("A", "B", "C"), alt="Three"))
    )
    dots = page.locator(".v-plane .v-dot")
    assert dots.count() == 3
    for i, (shape, role) in enumerate(zip(SHAPES, ("class0", "class1", "class2"), strict=True)):
        box = dots.nth(i).bounding_box()
        x, y = pixel(page, *points[i])
        assert abs(box["x"] + box["width"] / 2 - x) < 1
        assert abs(box["y"] + box["height"] / 2 - y) < 1.6
        assert SHAPES[shape] in dots.nth(i).get_attribute("d")
        assert dots.nth(i).get_attribute("data-role") == role
    assert len({dots.nth(i).evaluate("e => getComputedStyle(e).fill") for i in range(3)}) == 3
    assert page.get_by_role("img", name="Three").count() == 1
    assert page.locator(".v-legend").inner_text().split() == ["A", "B", "C"]
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_shade_has_the_colour_of_the_likelier_class_and_the_line_runs_at_a_half(browser, dark):
    x, y = places()
    share = 1 / (1 + np.exp(-3 * (x**2 + (y - 1) ** 2 - 2.25)))
    page = open_widget(browser, shown(Boundary(limits=LIMITS, grid=share)), dark=dark)
    found = outline(page, ".v-edge:not(.v-halo)")
    assert len(found) > 40
    np.testing.assert_allclose(np.hypot(found[:, 0], found[:, 1] - 1), 1.5, atol=0.02)
    seen = page.evaluate(
        """() => { const c = document.querySelector(".v-stage canvas"), pen = c.getContext("2d");
        const at = (u, v) => [...pen.getImageData(u * c.width, v * c.height, 1, 1).data];
        return [at(0.5, 0.5), at(0.05, 0.05)]; }"""
    )
    wanted = page.evaluate(
        """() => ["--v-class0", "--v-class1"].map((name) => { const e = document.createElement("i");
        e.style.color = `var(${name})`; document.querySelector(".vitral").append(e);
        return getComputedStyle(e).color.match(/\\d+/g).slice(0, 3).map(Number); })"""
    )
    for (*colour, alpha), expected in zip(seen, wanted, strict=True):
        np.testing.assert_allclose(colour, expected, atol=3)  # the canvas keeps colours times opacity
        assert alpha > 60
    close_widget(page)


@pytest.mark.browser
def test_row_0_of_the_grid_is_the_lowest_y(browser):
    grid = np.zeros((30, 30))
    grid[:5, :5] = 1
    page = open_widget(browser, shown(Boundary(limits=LIMITS, grid=grid)))
    found = outline(page, ".v-edge:not(.v-halo)")
    assert (found[:, 0] < -1.9).all()
    assert (found[:, 1] < -0.9).all()
    close_widget(page)


@pytest.mark.browser
def test_three_classes_are_regions_and_their_borders_run_between(browser):
    x, y = places()
    centres = np.array([[-2.0, -1.0], [2.0, -1.0], [0.0, 3.0]])
    distance = np.stack([(x - a) ** 2 + (y - b) ** 2 for a, b in centres])
    page = open_widget(
        browser, shown(Boundary(limits=LIMITS, regions=distance.argmin(0), classes=("A", "B", "C"))), width=900
    )
    found = outline(page, ".v-edge:not(.v-halo)")
    away = np.sort([np.hypot(found[:, 0] - a, found[:, 1] - b) for a, b in centres], axis=0)
    cell = 6 / 39
    assert (away[1] - away[0]).max() < 2 * cell  # on a border two centres are equally far
    page.mouse.move(*pixel(page, 0, 2.9))
    assert page.locator(".v-tip").inner_text().split()[-1] == "C"
    close_widget(page)


@pytest.mark.browser
def test_lines_are_where_they_vanish_and_arrows_on_their_positive_side(browser):
    w, b = np.array([[1.0, 2.0], [-3.0, 0.5]]), np.array([-1.0, 2.0])
    lines = [Line(w=w[i], b=b[i], name=f"h{i}", role="ab"[i]) for i in range(2)]
    lines += [Line(w=[0, 0], b=1.0, role="c"), Line(w=[1, 0], b=50.0), Line(w=[None, 1], b=0)]
    page = open_widget(browser, shown(Boundary(limits=LIMITS, lines=lines)))
    for i in range(2):
        ends, arrow = (outline(page, f".v-wline path{part}", i) for part in (":last-child:not(.v-arrow)", ".v-arrow"))
        assert len(ends) == 2
        np.testing.assert_allclose(ends @ w[i] + b[i], 0, atol=0.03)
        edges = np.min(np.abs(ends[:, [0, 0, 1, 1]] - np.array(LIMITS)), axis=1)
        np.testing.assert_allclose(edges, 0, atol=0.02)  # from one edge of the plane to another
        way = arrow[1] - arrow[0]
        assert arrow[1] @ w[i] + b[i] > 0
        np.testing.assert_allclose(way / np.linalg.norm(way), w[i] / np.linalg.norm(w[i]), atol=0.02)
    for i in (2, 3, 4):
        assert page.locator(".v-wline path:last-child:not(.v-arrow)").nth(i).get_attribute("d") == ""
    dashes = [page.locator(".v-swatch").nth(i).get_attribute("stroke-dasharray") for i in range(2)]
    assert dashes[0] != dashes[1]
    assert page.locator(".v-legend").inner_text().split() == ["0", "1", "h0", "h1"]
    close_widget(page)


@pytest.mark.browser
def test_frames_move_the_line_the_rings_and_what_stands_out(browser):
    points = np.array([[-2.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    w, b = np.tile([1.0, 0.0], (3, 1)), np.array([1.5, 0.0, -1.5])
    side = (points @ w.T + b > 0).T
    panel = shown(
        Boundary(
            points=points, labels=[0, 0, 1, 1], limits=LIMITS, frames=3, lines=[Line(w=w, b=b)],
            wrong=side != [False, False, True, True], highlight=[-1, 2, 3],
        )
    )  # fmt: skip
    page = open_widget(browser, panel)
    rings, lit = page.locator(".v-plane .v-ring"), page.locator(".v-lit-ring")
    for frame, (x, wrong, highlight) in enumerate([(-1.5, 1, 0), (0.0, 0, 1), (1.5, 1, 1)]):
        np.testing.assert_allclose(outline(page, ".v-wline path:last-child")[:, 0], x, atol=0.01)
        assert rings.get_attribute("d").count("M") == wrong
        assert bool(lit.get_attribute("d")) == bool(highlight)
        if frame < 2:
            page.get_by_role("button", name="Step forward").click()
    assert abs(outline(page, ".v-lit-ring")[0, 0] - 2) < 0.3
    close_widget(page)


@pytest.mark.browser
def test_clicks_add_move_and_remove_points(browser):
    panel = editable()
    page = open_widget(browser, panel)
    page.mouse.click(*pixel(page, -2, 3))
    page.wait_for_function("document.querySelectorAll('.v-plane .v-dot').length === 3")
    page.get_by_role("radio", name="1").check()
    page.mouse.click(*pixel(page, 2, -1.5))
    page.wait_for_function("document.querySelectorAll('.v-plane .v-dot[data-role=class1]').length === 2")
    eventually(page, lambda: has_points(panel, [[0, 0, 0], [1, 1, 1], [-2, 3, 0], [2, -1.5, 1]]))

    page.mouse.move(*pixel(page, 0, 0))
    page.mouse.down()
    page.mouse.move(*pixel(page, 0.5, 0.6))
    page.mouse.move(*pixel(page, -1, 1))
    page.mouse.up()
    eventually(page, lambda: has_points(panel, [[-1, 1, 0], [1, 1, 1], [-2, 3, 0], [2, -1.5, 1]]))

    page.mouse.click(*pixel(page, 1, 1))
    eventually(page, lambda: has_points(panel, [[-1, 1, 0], [-2, 3, 0], [2, -1.5, 1]]))
    assert page.locator(".v-plane .v-dot").count() == 3

    page.get_by_role("button", name=words_in("en")["clear"]).click()
    eventually(page, lambda: panel.values["points"] == [])
    assert page.locator(".v-plane .v-dot").count() == 0
    close_widget(page)


@pytest.mark.browser
def test_the_keyboard_adds_and_removes_and_says_so(browser):
    panel = editable(points=())
    page = open_widget(browser, panel)
    stage, spoken = page.locator(".v-stage"), page.locator(".v-stage [aria-live]")
    stage.focus()
    page.keyboard.press("ArrowRight")  # the cross appears in the middle
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    assert spoken.inner_text().startswith("x₁ 0.3")
    page.keyboard.press("Enter")
    eventually(page, lambda: has_points(panel, [[0.3, 1.06, 0]]))
    assert spoken.inner_text() == "Point added. Points: 1"
    page.keyboard.press("Enter")
    eventually(page, lambda: panel.values["points"] == [])
    assert spoken.inner_text() == "Point removed. Points: 0"
    close_widget(page)


@pytest.mark.browser
def test_a_point_appears_before_python_has_answered(browser):
    page = open_widget(browser, editable(), is_live=False)
    page.mouse.click(*pixel(page, -2, 3))
    assert page.locator(".v-plane .v-dot").count() == 3
    page.mouse.click(*pixel(page, -2, 3))
    assert page.locator(".v-plane .v-dot").count() == 2

    def sent():
        return [value["points"] for name, value in page.evaluate("window.sent") if name == "values"]

    eventually(page, lambda: sent()[-1:] == [[[0, 0, 0], [1, 1, 1]]])
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "es"])
def test_where_there_is_no_room_for_more_points_the_page_says_so(browser, language):
    hidden = Hidden(name="points", value=[[0, 0, 0], [1, 1, 1]], most=4 * 3 + 1)

    def compute(values, _task):
        table = np.array(values["points"], dtype=float).reshape(-1, 3)
        return [Boundary(points=table[:, :2], labels=table[:, 2].astype(int), limits=LIMITS, edits="points")]

    panel = Panel(compute, controls=[hidden], language=language).wait()
    page = open_widget(browser, panel)
    full, said = page.locator(".v-boundary .v-note"), words_in(language)["full"].format(n=3)
    page.mouse.click(*pixel(page, -2, 3))
    eventually(page, lambda: has_points(panel, [[0, 0, 0], [1, 1, 1], [-2, 3, 0]]))
    assert full.is_hidden()
    page.mouse.click(*pixel(page, 2, -1))
    assert full.inner_text() == said
    assert page.locator(".v-stage [aria-live]").inner_text() == said
    assert page.locator(".v-plane .v-dot").count() == 3
    page.mouse.click(*pixel(page, 1, 1))  # one fewer, and then there is room
    assert full.is_hidden()
    page.mouse.click(*pixel(page, 2, -1))
    eventually(page, lambda: has_points(panel, [[0, 0, 0], [-2, 3, 0], [2, -1, 0]]))
    assert panel.status["state"] == "done"
    close_widget(page)
    panel.close()


def test_the_last_point_that_a_page_adds_is_the_last_that_python_takes():
    most = DecisionBoundary(predict=lambda places: places[:, 0] > 0)
    most.wait().set(points=[[0.0, 0.0, 0]] * 1000)
    assert (most.status["state"], len(most.points)) == ("done", 1000)
    assert most.controls[0]["most"] == 4001
    most.set(points=[[0.0, 0.0, 0]] * 1001)
    assert most.status["state"] == "failed"
    most.close()


@pytest.mark.browser
def test_places_of_no_class_stay_clear(browser):
    regions = np.where(places()[0] < 0, 1.0, np.nan)
    page = open_widget(browser, shown(Boundary(limits=LIMITS, regions=regions, classes=("A", "B", "C"))))
    left, right = page.evaluate(
        """() => { const c = document.querySelector(".v-stage canvas"), pen = c.getContext("2d");
        return [0.2, 0.8].map((u) => pen.getImageData(u * c.width, 0.5 * c.height, 1, 1).data[3]); }"""
    )
    assert (left > 60, right) == (True, 0)
    page.mouse.move(*pixel(page, -2, 1))
    assert page.locator(".v-tip").inner_text().endswith("B")
    page.mouse.move(*pixel(page, 2, 1))
    assert re.fullmatch(r"x₁ [\d.]+ +x₂ [\d.]+", page.locator(".v-tip").inner_text())
    close_widget(page)


@pytest.mark.browser
def test_what_python_drew_before_the_click_does_not_take_the_point_away(browser):
    page = open_widget(browser, editable(), is_live=False, has_clock=True)
    page.mouse.click(*pixel(page, -2, 3))
    page.evaluate("take({ drawings: JSON.parse(document.getElementById('state').textContent).drawings })")
    assert page.locator(".v-plane .v-dot").count() == 3
    let_pass(page, 400)  # nothing runs any more, and Python still says two: so there are two
    assert page.locator(".v-plane .v-dot").count() == 2
    close_widget(page)


@pytest.mark.browser
def test_without_python_there_is_nothing_to_edit(browser):
    page = open_widget(browser, editable(), is_live=False, has_clock=True, is_still=True)
    page.mouse.click(*pixel(page, -2, 3))
    let_pass(page, 1000)
    assert page.locator(".v-plane .v-dot").count() == 2
    assert page.locator(".v-edit").is_hidden()
    assert page.locator(".v-stage").get_attribute("tabindex") is None
    assert page.evaluate("window.sent") == []
    close_widget(page)


@pytest.mark.browser
def test_hovering_reads_place_and_share(browser):
    x, _ = places()
    panel = shown(Boundary(points=[[2, 3]], labels=[1], limits=LIMITS, grid=(x + 3) / 6, classes=("cat", "dog")))
    page = open_widget(browser, panel)
    page.mouse.move(*pixel(page, -1.5, 1))
    assert re.fullmatch(r"x₁ −1\.\d+ +x₂ [01][.\d]* +dog: 2[45](\.\d)? %", page.locator(".v-tip").inner_text())
    page.mouse.move(*pixel(page, 2, 3))
    assert page.locator(".v-tip").inner_text().endswith("dog")
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_it_fits(browser, width):
    page = open_widget(browser, editable(classes=("setosa", "versicolor", "virginica")), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    left, _, plot, height = plot_of(page)
    assert left > 0
    assert 200 < plot <= 480
    assert abs(plot - height) < 1  # both axes have the same unit
    close_widget(page)


@pytest.mark.browser
def test_a_frame_paints_only_what_changes_with_it(browser):
    x, y = places()
    grid = 1 / (1 + np.exp(-3 * (x + y)))
    lines = [Line(w=np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), b=np.zeros(3))]
    points, labels = [[0, 0], [1, 1]], [0, 1]
    drawing = Boundary(points=points, labels=labels, limits=LIMITS, frames=3, grid=grid, lines=lines)
    page = open_widget(browser, shown(drawing))
    page.evaluate(
        """() => { window.painted = 0; window.moved = 0;
        const pen = CanvasRenderingContext2D.prototype, put = pen.putImageData;
        pen.putImageData = function (...given) { window.painted += 1; put.apply(this, given); };
        const dots = document.querySelector(".v-plane .v-dot").parentNode;
        const watch = { attributes: true, childList: true, subtree: true };
        new MutationObserver((all) => { window.moved += all.length; }).observe(dots, watch); }"""
    )
    before = outline(page, ".v-wline path:last-child")
    page.get_by_role("button", name="Step forward").click()
    assert not np.allclose(before, outline(page, ".v-wline path:last-child"))
    assert page.evaluate("[window.painted, window.moved]") == [0, 0]
    close_widget(page)


# ---- DecisionBoundary


def nearest_mean(points, labels):
    means = np.array([points[labels == k].mean(0) for k in np.unique(labels)])
    return lambda places: np.linalg.norm(places[:, None] - means, axis=2).argmin(1)


def test_the_model_is_fitted_to_the_points_on_the_screen():
    widget = DecisionBoundary([[0, 0], [2, 0]], [0, 1], fit=nearest_mean, limits=(-1, 3, -1, 1), grid=21).wait()
    drawn = widget.drawings[0]
    x = np.linspace(-1, 3, 21)
    grid = np.array(drawn["grid"])
    assert (grid[:, x > 1.01] == 1).all()
    assert (grid[:, x < 0.99] == 0).all()
    assert drawn["wrong"] == [False, False]
    widget.set(points=[[0, 0, 0], [2, 0, 1], [3, 0, 0]])
    np.testing.assert_array_equal(widget.points, [[0, 0], [2, 0], [3, 0]])
    np.testing.assert_array_equal(widget.labels, [0, 1, 0])
    assert widget.drawings[0]["wrong"] == [False, False, True]  # means at 1.5 and 2


def test_three_classes_are_drawn_as_regions():
    widget = DecisionBoundary([[0, 0], [2, 0], [1, 2]], [0, 1, 2], fit=nearest_mean).wait()
    drawn = widget.drawings[0]
    assert drawn["grid"] is None
    assert set(np.unique(drawn["regions"])) == {0, 1, 2}
    assert drawn["classes"] == ["0", "1", "2"]
    x0, x1, y0, y1 = drawn["limits"]
    assert (x0, x1) < (0, 2)
    assert x1 - x0 == pytest.approx(y1 - y0)


def test_a_model_that_fails_is_a_sentence_and_the_next_points_are_drawn():
    widget = DecisionBoundary([[0, 0], [2, 0]], [0, 1], fit=nearest_mean).wait()
    widget.set(points=[])
    assert widget.status["state"] == "failed"
    widget.set(points=[[0, 0, 0], [1, 1, 1]])
    assert widget.status["state"] == "done"


@pytest.mark.parametrize(
    "hostile", [[1, 2, 3], [[1, 2]], [[1, [2], 3]], [[0, 0, 99], [1, 1, -5]], [[[[1]]]], [[1e300, 0, 0]]]
)
def test_what_a_browser_sends_is_not_trusted(hostile):
    widget = DecisionBoundary([[0, 0], [2, 0]], [0, 1], predict=lambda places: places[:, 0] > 0)
    widget.wait().set(points=hostile)
    assert widget.status["state"] in ("done", "failed")
    assert set(widget.labels) <= {0, 1}
    assert widget.points.shape == (len(widget.labels), 2)


def test_arguments_are_checked():
    def one(places):
        return places[:, 0]

    with pytest.raises(ArgumentError, match="predict must be left out where fit is given"):
        DecisionBoundary(predict=one, fit=nearest_mean)
    with pytest.raises(ShapeError, match=r"points must have shape \(N, 2\): got \(1, 3\)"):
        DecisionBoundary([[1, 2, 3]], [0])
    with pytest.raises(ShapeError, match="labels must have one number for each of 1 points"):
        DecisionBoundary([[1, 2]], [0, 1])
    with pytest.raises(ArgumentError, match="class numbers from 0"):
        DecisionBoundary([[1, 2], [3, 4]], [-1, 1])
    with pytest.raises(ArgumentError, match="finite"):
        DecisionBoundary([[1, np.nan]], [0])
    with pytest.raises(ArgumentError, match="classes must name every class"):
        DecisionBoundary([[1, 2]], [2], classes=("a", "b"))
    wide = DecisionBoundary([[1, 2]], [0], predict=lambda places: np.zeros((len(places), 3))).wait()
    assert "predict must return one number for each place, shape (1600,), or one for" in wide.status["message"]


@pytest.mark.browser
def test_a_reader_s_click_refits_the_model(browser):
    widget = DecisionBoundary([[0, 0], [2, 0]], [0, 1], fit=nearest_mean, limits=(-1, 3, -2, 2)).wait()
    page = open_widget(browser, widget)
    page.get_by_role("radio", name="1").check()
    page.mouse.click(*pixel(page, -0.5, -1, (-1, 3, -2, 2)))
    page.wait_for_function("document.querySelectorAll('.v-plane .v-dot').length === 3")
    eventually(page, lambda: widget.labels.tolist() == [0, 1, 1])
    np.testing.assert_allclose(widget.points[2], [-0.5, -1], atol=0.02)
    close_widget(page)
