"""A widget in a page of its own, with what anywidget gives it: a model that remembers, and Python at the other end."""

import json
import time
from collections.abc import Callable
from typing import Any

from vitral.views.widgets.assets import css, esm

PATIENCE = 20.0  # seconds, for what has to come; only a test that fails takes so long
NOT_SENT = object()

# `sent` is everything the browser has set, in order; `messages` what it has sent beside.
_MODEL = """
const state = JSON.parse(document.getElementById("state").textContent);
const heard = {};
let changed = {};
window.sent = [];
window.messages = [];
function take(news) {
  Object.assign(state, news);
  for (const name of Object.keys(news)) (heard[`change:${name}`] || []).forEach((act) => act());
}
window.take = take;
window.heard = heard;
const model = {
  get: (name) => state[name],
  set(name, value) { changed[name] = value; window.sent.push([name, value]); take({ [name]: value }); },
  async save_changes() {
    const now = changed;
    changed = {};
    if (window.to_python) take(await window.to_python(now));
  },
  send: (content) => window.messages.push(content),
  on: (name, act) => { (heard[name] ||= []).push(act); },
  off: (name, act) => { heard[name] = (heard[name] || []).filter((other) => other !== act); },
};
window.renderAgain = (el) => render({ model, el });
window.leave = render({ model, el: document.getElementById("here") });
"""


def state_of(widget: Any) -> dict[str, Any]:
    """What Python has told the browser."""
    own = {"_esm", "_css", "_model_module", "_model_module_version", "_model_name", "_view_module"}
    own |= {"_view_module_version", "_view_name", "_view_count", "_dom_classes", "_anywidget_id", "layout"}
    return {name: value for name, value in widget.get_state().items() if name not in own}


def page_of(widget: Any, **more: Any) -> str:
    """The widget as a page in one file; `more` is state that Python has not set, such as `is_still=True`."""
    state = json.dumps({**state_of(widget), **more}).replace("<", "\\u003c")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A widget</title>'
        "<style>:root { color-scheme: light dark } body { margin: 8px }"
        f'{css()}</style><div id="here"></div><script type="application/json" id="state">{state}</script>'
        f'<script type="module">{esm()}\n{_MODEL}</script></html>'
    )


def open_widget(
    browser: Any,
    widget: Any,
    *,
    width: int = 800,
    dark: bool = False,
    is_live: bool = True,
    has_clock: bool = False,
    **more: Any,
) -> Any:
    """A Playwright page that shows the widget; what a reader changes goes to Python, and what that draws comes back.

    Without `is_live` nobody answers. With `has_clock` the page's time stands still, and `let_pass` moves it on.
    `close_widget` fails the test when the script had an error.
    """
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda line: page.errors.append(line.text) if line.type == "error" else None)

    def to_python(changed: dict[str, Any]) -> dict[str, Any]:
        for name, value in changed.items():
            setattr(widget, name, value)
        if widget._task is not None:
            widget._task.wait(PATIENCE)
        return {name: value for name, value in state_of(widget).items() if value != changed.get(name, NOT_SENT)}

    if has_clock:
        page.clock.install(time=0)
        page.clock.pause_at(1)
    if is_live:
        page.expose_function("to_python", to_python)
    page.set_content(page_of(widget, **more))
    page.wait_for_selector(".vitral")
    return page


def eventually(page: Any, is_so: str | Callable[[], bool]) -> None:
    """Wait until something holds: an expression in the page, or a function whose assertions may fail meanwhile."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            if page.evaluate(is_so) if isinstance(is_so, str) else is_so() is not False:
                return
            failure = AssertionError(f"it did not come: {is_so}")
        except AssertionError as error:
            failure = error
        if time.monotonic() > end:
            raise failure
        page.wait_for_timeout(10)


def let_pass(page: Any, milliseconds: int) -> None:
    """Move the page's clock on: timers fire as if so long had passed. The page was opened with `has_clock`."""
    page.clock.run_for(milliseconds)


def close_widget(page: Any) -> None:
    """Close the page; nothing may have gone wrong in it."""
    errors = page.errors
    page.close()
    assert not errors, errors
