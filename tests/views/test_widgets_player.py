"""The player: every one of its ways leads to the frame that it names, in the drawing and in words."""

import pytest
from widget_page import close_widget, let_pass, open_widget

from vitral.views.widgets import Panel, Readout, Table


@pytest.fixture
def page(browser):
    panel = Panel(lambda *_: [Readout(items=[("square", [k * k for k in range(11)])], frames=11)]).wait()
    opened = open_widget(browser, panel, has_clock=True)
    yield opened
    close_widget(opened)
    panel.close()


def shown(page):
    """The frame by the drawing, by the words, by the slider."""
    return (
        page.locator(".v-readout dd").inner_text(),
        page.locator(".v-player output").inner_text(),
        page.locator(".v-player input").input_value(),
    )


@pytest.mark.browser
def test_the_slider_goes_where_it_is_put(page):
    slider = page.locator(".v-player input")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert shown(page) == ("4", "Step 2 of 10", "2")
    page.keyboard.press("End")
    assert shown(page) == ("100", "Step 10 of 10", "10")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert shown(page) == ("25", "Step 5 of 10", "5")


@pytest.mark.browser
def test_the_slider_stops_what_plays(page):
    page.get_by_role("button", name="Play").click()
    let_pass(page, 600)
    assert shown(page)[2] == "2"  # four frames a second
    page.locator(".v-player input").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    let_pass(page, 600)  # two frames, if it still played
    assert shown(page) == ("81", "Step 9 of 10", "9")


@pytest.mark.browser
def test_buttons_step_to_and_fro_and_stay_within(page):
    page.get_by_role("button", name="Step back").click()
    assert shown(page) == ("0", "Step 0 of 10", "0")
    for _ in range(3):
        page.get_by_role("button", name="Step forward").click()
    assert shown(page) == ("9", "Step 3 of 10", "3")
    page.get_by_role("button", name="Start again").click()
    assert shown(page) == ("0", "Step 0 of 10", "0")


@pytest.mark.browser
def test_a_cell_of_a_table_may_change_from_frame_to_frame(browser):
    table = Table(
        columns=["", "w"], rows=[["now", 1.5], ["slope", ["?", "?", -0.25]], ["falls", [False, True, True]]], frames=3
    )
    panel = Panel(lambda *_: [table]).wait()
    page = open_widget(browser, panel)
    cells = page.locator(".v-table td:nth-child(2)")
    assert cells.all_inner_texts() == ["1.5", "?", "✗"]
    for _ in range(2):
        page.get_by_role("button", name="Step forward").click()
    assert cells.all_inner_texts() == ["1.5", "−0.25", "✓"]
    close_widget(page)
    panel.close()
