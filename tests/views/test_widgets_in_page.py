"""What panels and questions do in a page: before there is something, when something fails, and when the page leaves."""

import threading

import numpy as np
import pytest
from widget_page import close_widget, eventually, let_pass, open_widget, page_of, state_of

from vitral._errors import ArgumentError
from vitral.views.widgets import (
    Bars,
    Boundary,
    Note,
    Panel,
    Path,
    Prediction,
    Readout,
    Steps,
    Surface,
    Table,
    TrainingMonitor,
)
from vitral.views.widgets.assets import esm
from vitral.views.widgets.words import words_in

PATIENCE = 20
LONG = ["a word to read", 0.123456789, "vitral.foundations.leaky_relu"]


def shown(*drawings, **more):
    return Panel(lambda *_: drawings, **more).wait()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_panel_that_has_drawn_nothing_yet_says_that_it_computes(browser, language):
    may_end = threading.Event()

    def compute(_values, _task):
        may_end.wait(PATIENCE)
        return [Note(text="there")]

    panel = Panel(compute, language=language)
    page = open_widget(browser, panel, is_live=False, has_clock=True)
    words = page.get_by_text(words_in(language)["running"], exact=True)
    assert words.is_hidden()  # what comes at once announces nothing
    let_pass(page, 400)
    assert words.is_visible()
    may_end.set()
    panel.wait()
    page.evaluate("news => take(news)", {k: v for k, v in state_of(panel).items() if k in ("drawings", "status")})
    assert words.is_hidden()
    assert page.get_by_text("there").is_visible()
    close_widget(page)
    panel.close()


@pytest.mark.browser
def test_what_has_nothing_to_show_yet_takes_no_place(browser):
    empty = [
        Note(),
        Readout(items=[("loss", None)]),
        Table(columns=["a"]),
        Bars(),
        Bars(names="ab", values=[None, None]),
    ]
    page = open_widget(browser, shown(*empty, Steps(), Note(text="there", title="Said")))
    assert [box.is_visible() for box in page.locator(".v-box").all()] == [False] * 6 + [True]
    close_widget(page)


@pytest.mark.browser
def test_a_number_that_comes_with_a_later_frame_keeps_its_room(browser):
    page = open_widget(browser, shown(Readout(items=[("sum", [None, 3]), ("n", [1, 2]), ("loss", np.nan)], frames=2)))
    numbers = page.locator(".v-readout dd")
    assert [number.is_visible() for number in numbers.all()] == [False, True, True]
    before = page.locator(".v-readout").bounding_box()
    page.get_by_role("button", name="Step forward").click()
    assert numbers.all_inner_texts() == ["3", "2", "–"]
    assert page.locator(".v-readout").bounding_box()["height"] == before["height"]
    close_widget(page)


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 800])
def test_a_long_table_is_shown_whole_and_keeps_its_names_whole(browser, width):
    table = Table(columns=["name", "value", "where"], rows=[LONG] * 60, alt="Numbers", wide=True)
    page = open_widget(browser, shown(table), width=width)
    host = page.locator(".v-table")
    assert host.evaluate("e => e.scrollHeight <= e.clientHeight")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lines = host.locator("td:last-child").first.evaluate(
        """cell => { const words = document.createRange(); words.selectNodeContents(cell);
        return words.getClientRects().length; }"""
    )
    assert lines == 1
    close_widget(page)


@pytest.mark.browser
def test_a_table_that_scrolls_shows_it_and_is_reached_by_the_keyboard(browser):
    wide = Table(columns=[f"column{i}" for i in range(12)], rows=[[1 / 3] * 12], alt="Wide")
    page = open_widget(browser, shown(wide, Table(columns=["a"], rows=[[1]], alt="Small")), width=390)
    scroller = page.get_by_role("group", name="Wide")
    assert scroller.get_attribute("tabindex") == "0"
    assert page.get_by_role("group", name="Small").count() == 0
    box = scroller.bounding_box()
    edge = {"x": box["x"] + box["width"] - 10, "y": box["y"], "width": 10, "height": box["height"]}
    at_start = page.screenshot(clip=edge)
    scroller.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
    eventually(page, lambda: page.screenshot(clip=edge) != at_start)
    assert "local" in scroller.evaluate("e => getComputedStyle(e).backgroundAttachment")
    close_widget(page)


@pytest.mark.browser
def test_a_table_that_scrolls_anyway_does_not_break_its_cells_into_many_lines(browser):
    formula = "exp(z) − 1 for z below 0 and z above it"
    names = ["leaky_rectifier", "exponential", "saturating_linear", "probabilities"]
    page = open_widget(browser, shown(Table(columns=names, rows=[["a", "b", "c", formula]], alt="Formulas")), width=390)
    cell = page.locator(".v-table td").last
    assert cell.bounding_box()["height"] < 70
    assert page.get_by_role("group", name="Formulas").count() == 1
    page.set_viewport_size({"width": 1200, "height": 900})
    eventually(page, lambda: page.get_by_role("group", name="Formulas").count() == 0)
    close_widget(page)


@pytest.mark.browser
def test_only_the_newest_line_of_a_calculation_is_said(browser):
    lines = [[("a = ", ""), ("1", "positive")], [("b = 2", "")], [("c = 3", "")]]
    page = open_widget(browser, shown(Steps(lines=lines, frames=3, alt="Sums")))
    spoken = page.locator(".v-box [aria-live]")
    assert spoken.inner_text() == ""
    page.get_by_role("button", name="Step forward").click()
    assert page.locator(".v-steps li").all_inner_texts() == ["a = 1", "b = 2"]
    assert spoken.inner_text() == "b = 2"
    close_widget(page)


@pytest.mark.browser
def test_a_note_that_stays_is_not_said_again_with_each_frame(browser):
    page = open_widget(browser, shown(Note(text="It holds."), Readout(items=[("n", [1, 2, 3])], frames=3)))
    page.evaluate(
        """() => { window.said = 0; const watch = { childList: true, characterData: true, subtree: true };
        new MutationObserver(() => { window.said += 1; }).observe(document.querySelector(".v-note"), watch); }"""
    )
    page.get_by_role("button", name="Step forward").click()
    assert page.locator(".v-readout dd").inner_text() == "2"
    assert page.evaluate("window.said") == 0
    close_widget(page)


@pytest.mark.browser
def test_a_plane_s_name_is_its_picture_s_and_how_to_use_it(browser):
    panel = shown(Boundary(points=[[0, 0]], labels=[0], edits="p", alt="Two classes."))
    page = open_widget(browser, panel)
    plane = page.get_by_role("application", name=f"Two classes. {words_in('en')['keys']}")
    assert plane.get_attribute("tabindex") == "0"
    close_widget(page)


@pytest.mark.browser
def test_bars_of_very_many_values_are_drawn(browser):
    panel = shown(Bars(names=["a", "b"], values=[[1.0, -0.5]] * 100, frames=100))
    page = open_widget(browser, panel)
    page.evaluate(
        """() => { const [bars] = JSON.parse(document.getElementById("state").textContent).drawings;
        take({ drawings: [{ ...bars, values: Array.from({ length: 150000 }, () => [2, -1]) }] }); }"""
    )
    assert page.locator(".v-bar-number").all_inner_texts() == ["2", "−1"]
    close_widget(page)


@pytest.mark.browser
def test_paths_that_end_together_are_all_seen(browser):
    grid = np.add.outer(np.linspace(-1, 1, 9) ** 2, np.linspace(-1, 1, 9) ** 2)
    starts, end = [[-0.8, 0.8], [0.8, 0.8], [0.8, -0.8]], [[0, 0], [0.01, 0], [0.9, -0.9]]
    paths = [Path(points=[a, b], role=role) for a, b, role in zip(starts, end, "abc", strict=True)]
    page = open_widget(browser, shown(Surface(grid=grid, paths=paths)))
    widths = [mark.bounding_box()["width"] for mark in page.locator(".v-plane .v-end").all()]
    assert widths[0] > widths[1] + 4
    assert widths[2] < widths[0]
    close_widget(page)


@pytest.mark.browser
def test_a_view_that_leaves_listens_no_more(browser):
    drawings = (
        Boundary(points=[[0, 0]], labels=[0]),
        Surface(grid=[[0, 1], [1, 2]]),
        Table(rows=[[1]]),
        Steps(lines=[[("a", "")]]),
    )
    page = browser.new_page()
    page.add_init_script(
        """window.listening = 0; window.watching = 0;
        const query = MediaQueryList.prototype, add = query.addEventListener, remove = query.removeEventListener;
        query.addEventListener = function (...given) { window.listening += 1; add.apply(this, given); };
        query.removeEventListener = function (...given) { window.listening -= 1; remove.apply(this, given); };
        const Observer = window.ResizeObserver;
        window.ResizeObserver = class extends Observer {
          observe(e) { window.watching += 1; super.observe(e); }
          disconnect() { window.watching -= 1; super.disconnect(); }
        };"""
    )
    page.goto("data:text/html,")
    page.set_content(page_of(shown(*drawings)))
    page.wait_for_selector(".v-table td")
    assert page.evaluate("[window.listening, window.watching]") == [2, 4]
    page.evaluate("take({ drawings: JSON.parse(document.getElementById('state').textContent).drawings.slice(1) })")
    assert page.evaluate("[window.listening, window.watching]") == [1, 3]
    page.evaluate("window.leave()")
    assert page.evaluate("[window.listening, window.watching]") == [0, 0]
    assert page.evaluate("Object.values(heard).flat().length") == 0
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_guess_that_could_not_be_measured_may_be_made_again(browser, language):
    outcomes = iter([ArgumentError("x must be 1: got 0. Wait."), ArgumentError("x must be 1: got 0. Wait."), None])

    def measure():
        if (error := next(outcomes)) is not None:
            raise error
        return "a", "It was 3.", [Note(text="seen")]

    question = Prediction([("a", "One"), ("b", "Two")], measure, language=language)
    page = open_widget(browser, question)
    commit = page.get_by_role("button", name=words_in(language)["commit"])
    verdict = page.locator(".v-verdict")
    assert commit.is_disabled()
    page.get_by_role("radio", name="One").check()
    for _ in range(2):
        commit.click()
        eventually(page, lambda: verdict.inner_text() == "x must be 1: got 0. Wait.")
        assert commit.is_enabled()
        assert page.get_by_role("radio", name="One").is_checked()
        assert page.get_by_role("radio", name="Two").is_enabled()
    commit.click()
    eventually(page, lambda: verdict.inner_text().endswith("It was 3."))
    assert page.get_by_text("seen").is_visible()
    assert commit.is_hidden()
    assert page.get_by_role("radio", name="Two").is_disabled()
    close_widget(page)
    question.close()


@pytest.mark.browser
def test_each_press_in_each_view_of_a_monitor_is_heard(browser):
    monitor = TrainingMonitor()
    training = {**monitor.training, "state": "running", "epoch": 1, "epochs": 9}
    page = open_widget(browser, monitor, is_live=False, training=training, command={"do": "pause", "serial": 1})
    page.evaluate(
        """() => { const second = document.createElement("div"); document.body.append(second);
        window.renderAgain(second); }"""
    )
    for view in (1, 0, 1, 1):
        page.get_by_role("button", name="Pause").nth(view).click()
    serials = [value["serial"] for _, value in page.evaluate("window.sent")]
    assert serials == [2, 3, 4, 5]
    close_widget(page)
    monitor.close()


@pytest.mark.browser
def test_the_time_left_has_no_sixtieth_second(browser):
    page = browser.new_page()
    page.set_content(
        f'<script type="module">{esm()}\nwindow.told = (s) => timeLeft(s, {{ left: "{{time}}" }});</script>'
    )
    page.wait_for_function("window.told !== undefined")
    told = {seconds: page.evaluate("s => told(s)", seconds) for seconds in (0.4, 59.4, 59.7, 119.6, 3599.8, 7190)}
    assert list(told.values()) == ["< 1 s", "59 s", "1 min 0 s", "2 min 0 s", "1 h 0 min", "1 h 59 min"]
    page.close()
