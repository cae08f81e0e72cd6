"""Lessons in a real browser, in both languages, on a desk and on a phone: all works, nothing leaves the machine."""

import re
import time
from urllib.parse import urlsplit

import pytest
from accessibility import problems_of

from vitral.course import ROWS, lesson, ready_rows
from vitral.web.assets import page_assets
from vitral.web.words import NOTICES, WORDS

pytestmark = pytest.mark.browser

DESK, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}

# The panels outside the section of claims, whose measurements may take half a minute the first time.
LIVE = """
() => [...document.querySelectorAll("#App .marimo-cell:not(:has(#claims)) marimo-anywidget")]
  .flatMap((widget) => [...widget.shadowRoot.querySelectorAll(".vitral")])
"""


class Seen:
    """What a page did that it must not do."""

    def __init__(self, page, address):
        self.wrong = []
        host = urlsplit(address).netloc
        page.on("console", lambda m: self.wrong.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda r: self.leaves(r.url, host))
        page.on("websocket", lambda socket: self.leaves(socket.url, host))
        page.on("response", lambda r: self.wrong.append(f"{r.status} {r.url}") if r.status >= 400 else None)

    def leaves(self, url, host):
        if urlsplit(url).netloc != host and not url.startswith(("data:", "blob:")):
            self.wrong.append(f"asks {url}")


@pytest.fixture(scope="module")
def context(browser):
    """One reader's browser: what it has fetched once it keeps, as it would at home."""
    found = browser.new_context()
    yield found
    found.close()


@pytest.fixture
def open_page(context, served):
    """`open_page("/1-2/?lang=es", size)` -> (page, Seen)."""
    pages = []

    def open_one(path, size, scheme="light"):
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        seen = Seen(page, served.address)
        page.goto(f"{served.address}{path}", wait_until="domcontentloaded")
        return page, seen

    yield open_one
    for page in pages:
        page.close()


def wait_for(page, script):
    """Wait until `script` gives something true; the page's policy forbids the browser tool's own way of waiting."""
    wait_until(page, lambda: page.evaluate(script), script)


def wait_until(page, is_so, what="what is waited for"):
    """Wait until `is_so()`, for much longer than it takes on the slowest machine."""
    end = time.monotonic() + 180
    while not is_so():
        assert time.monotonic() < end, f"never became true: {what}"
        page.wait_for_timeout(20)


def settle(page):
    """Wait until what follows the window's size has been drawn anew, twice over: a drawing may ask for another."""
    page.evaluate(
        """() => new Promise((resolve) => {
          const wait = (frames) => frames ? requestAnimationFrame(() => setTimeout(wait, 0, frames - 1)) : resolve();
          wait(4);
        })"""
    )


def wait_for_panels(page):
    """Wait until every panel has drawn that draws by itself; how each of them ended."""
    wait_for(page, "() => document.querySelectorAll('#App .c-ends').length === 1")
    wait_for(
        page,
        "() => [...document.querySelectorAll('marimo-anywidget')].every((w) => w.shadowRoot?.querySelector('.vitral'))",
    )
    wait_for(page, f"() => ({LIVE})().every((panel) => panel.dataset.state !== 'running')")
    return page.evaluate(f"() => ({LIVE})().map((panel) => panel.dataset.state ?? 'no panel')")


def come_to_those_that_wait(page):
    """Scroll to each panel that computes only when its reader comes near: it begins, and may take its time."""
    places = page.evaluate(
        f"() => ({LIVE})().flatMap((panel, place) => (panel.dataset.state === 'waiting' ? [place] : []))"
    )
    for place in places:
        page.evaluate(f"() => ({LIVE})()[{place}].scrollIntoView()")
        wait_for(page, f"() => ({LIVE})()[{place}].dataset.state !== 'waiting'")


def too_wide(page):
    """What makes the page wider than its window; an empty list where nothing does."""
    return page.evaluate(
        """() => {
          const out = [];
          const look = (node) => {
            for (const e of node.children) {
              if (e.getBoundingClientRect().right > innerWidth + 1) out.push(`${e.tagName}.${e.getAttribute("class")}`);
              if (e.shadowRoot) look(e.shadowRoot);
              if (getComputedStyle(e).overflowX === "visible") look(e);
            }
          };
          if (document.documentElement.scrollWidth > innerWidth) look(document.body), out.push("the page");
          return out;
        }"""
    )


# In `make test` each lesson in one language, in turn; in both, and 1.7 and 1.8, which are long, in `make test-all`.
@pytest.mark.parametrize(
    ("row", "language", "size", "other"),
    [
        pytest.param(
            row,
            *seen,
            id=f"{row.number}-{seen[0]}",
            marks=[pytest.mark.slow] * (row.number in ("1.7", "1.8") or (number + at + 1) % 2),
        )
        for number, row in enumerate(ready_rows())
        for at, seen in enumerate([("es", DESK, PHONE), ("en", PHONE, DESK)])
    ],
)
def test_a_lesson_works(open_page, row, language, size, other):
    page, seen = open_page(f"/{row.slug}/?lang={language}", size, "light" if language == "es" else "dark")
    assert page.locator("h1").first.inner_text() == row.title[language]  # at once, before anything is computed
    states = wait_for_panels(page)
    assert set(states) <= {"done", "no panel", "waiting"}
    assert "done" in states

    text = lesson(row.number, language).text
    assert page.evaluate("document.documentElement.lang") == language
    assert page.locator("#App h1").all_inner_texts() == [text.title]
    assert page.title() == f"{text.title} · Vitral"
    assert page.locator("#App h2").all_inner_texts() == [section.heading for section in text.sections]
    assert page.locator(".c-early").is_hidden()
    assert not page.locator("[data-testid=notebook-actions-dropdown]").is_visible()
    scheme = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert scheme == ("rgb(255, 255, 255)" if language == "es" else "rgb(20, 23, 28)")

    assert too_wide(page) == []
    page.set_viewport_size(other)
    wait_for(page, f"() => innerWidth === {other['width']}")
    settle(page)
    assert too_wide(page) == []
    page.set_viewport_size(size)
    assert problems_of(page) == []
    move_first_sliders(page)
    if language == "es":
        come_to_those_that_wait(page)
    assert seen.wrong == []


def move_first_sliders(page):
    """In each panel, move the first slider by a key: a new answer comes, in time."""
    n_moved = 0
    for place in range(page.evaluate(f"() => ({LIVE})().length")):
        found = page.evaluate(
            f"""(place) => {{
              const panel = ({LIVE})()[place];
              if (panel.dataset.state === "waiting") return null;
              const slider = panel.querySelector(".v-controls input[type=range]:not(:disabled)");
              slider?.focus();
              return slider && [Number(panel.dataset.serial), Number(slider.value) >= Number(slider.max)];
            }}""",
            place,
        )
        if found is None:
            continue
        serial, is_at_its_end = found
        page.keyboard.press("ArrowLeft" if is_at_its_end else "ArrowRight")
        newer = f"(panel) => Number(panel.dataset.serial) > {serial} && panel.dataset.state !== 'running'"
        wait_for(page, f"() => ({newer})(({LIVE})()[{place}])")
        assert page.evaluate(f"() => ({LIVE})()[{place}].dataset.state") == "done"
        n_moved += 1
    assert n_moved or not page.locator("#App .v-controls input[type=range]").count()


INMOST = "let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"


def focused(page):
    """What has the focus, inside shadows too: tag, name and the panel that it is in."""
    return page.evaluate(
        f"""() => {{ {INMOST} return [at.tagName, at.getAttribute("href"), Boolean(at.closest(".vitral"))]; }}"""
    )


def test_the_keyboard_reaches_the_way_back_the_contents_and_the_first_controls(open_page):
    row = next(row for row in ready_rows() if row.number == "1.2")
    page, _ = open_page(f"/{row.slug}/?lang=es", DESK)
    wait_for_panels(page)
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(focused(page))
        if reached[-1][2]:
            break
    tags = [(tag, href) for tag, href, _ in reached]
    assert ("A", "/?lang=es") in tags
    assert ("A", f"/{row.slug}/?lang=en") in tags
    assert ("SUMMARY", None) in tags
    assert reached[-1][2], "the first control was never reached"
    outline = page.evaluate(f"() => {{ {INMOST} return getComputedStyle(at).outlineStyle; }}")
    assert outline != "none"


WATCH = """
window.strangers = new Set(), window.heads = new Set();
const paints = (e) => /^(svg|img|canvas|button)$/i.test(e.tagName) || [...e.childNodes].some((n) => n.data?.trim()) ||
  getComputedStyle(e).backgroundColor !== "rgba(0, 0, 0, 0)";
const look = () => {
  for (const e of document.body?.querySelectorAll("body *:not(.marimo-cell *, .c-early *, script, style)") ?? []) {
    const { width, height } = e.getBoundingClientRect();
    const isSeen = width * height && e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (isSeen && paints(e)) window.strangers.add(e.outerHTML.slice(0, 300));
  }
  for (const e of document.querySelectorAll("h1")) {
    const { left, top, width } = e.getBoundingClientRect();
    if (width) window.heads.add([left, top, width].map(Math.round).join());
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_lesson_opens_without_a_flash_of_marimos_own_and_without_a_jump(browser, served, size):
    page = browser.new_page(viewport=size)
    page.add_init_script(WATCH)
    page.goto(f"{served.address}/1-2/?lang=es")
    assert page.locator(".c-early h1").is_visible()
    wait_for_panels(page)
    assert page.evaluate("[...window.strangers]") == []
    assert len(page.evaluate("[...window.heads]")) == 1  # the title that is read first stays where it is
    page.close()


def test_the_language_switch_keeps_the_lesson(open_page):
    row = ready_rows()[0]
    page, _ = open_page(f"/{row.slug}/?lang=es", DESK)
    wait_for_panels(page)
    page.locator("#App .c-switch").click()
    page.wait_for_url(f"**/{row.slug}/?lang=en")
    wait_for_panels(page)
    assert page.locator("#App h1").inner_text() == row.title["en"]


def test_contents_lead_to_their_sections(open_page):
    row = ready_rows()[0]
    page, seen = open_page(f"/{row.slug}/?lang=en", DESK)
    wait_for_panels(page)
    key = lesson(row.number, "en").text.sections[3].key
    page.locator("#App .c-contents summary").click()
    page.locator(f"#App .c-contents a[href$='#{key}']").click()
    wait_for(page, f"() => Math.abs(document.getElementById('{key}').getBoundingClientRect().top - 40) < 40")
    assert page.evaluate("location.pathname + location.search") == f"/{row.slug}/?lang=en"
    assert seen.wrong == []


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [("es", DESK, "light"), ("en", DESK, "dark"), ("es", PHONE, "dark"), ("en", PHONE, "light")],
    ids=["es-desk", "en-desk", "es-phone", "en-phone"],
)
def test_the_gallery_in_a_browser(open_page, language, size, scheme):
    page, seen = open_page(f"/?lang={language}", size, scheme)
    assert page.locator("h1").inner_text() == WORDS[language]["title"]
    assert too_wide(page) == []
    assert problems_of(page) == []
    assert faint(page) == []
    assert seen.wrong == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"/{ready_rows()[0].slug}/?lang={language}"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{ready_rows()[0].slug}/?lang={language}")


def test_a_notice_in_a_browser(open_page):
    page, _ = open_page("/nowhere?lang=es", PHONE, "dark")
    assert page.locator("h1").inner_text() == NOTICES["missing"]["es"][0]
    assert problems_of(page) == []
    assert faint(page) == []
    page.locator("a.button").click()
    page.wait_for_url("**/?lang=es")
    assert page.locator("h3").count() == len(ROWS)


def faint(page):
    """Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3): (contrast, text)."""
    found = page.evaluate(
        """() => {
          const solid = (colour) => !/^rgba\\(.*, 0\\)$/.test(colour);
          const behind = (e) => {
            while (e && !solid(getComputedStyle(e).backgroundColor)) e = e.parentElement;
            return e ? getComputedStyle(e).backgroundColor : "rgb(255, 255, 255)";
          };
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), out = [];
          while (texts.nextNode()) {
            const e = texts.currentNode.parentElement, text = texts.currentNode.data.trim();
            if (text && e.getClientRects().length) out.push([text, getComputedStyle(e).color, behind(e)]);
          }
          return out;
        }"""
    )
    contrasts = [(contrast(ink, paper), text) for text, ink, paper in found]
    assert len(contrasts) > 3
    return [(round(value, 2), text) for value, text in contrasts if value < 4.5]


def contrast(ink, paper):
    a, b = sorted((luminance(ink), luminance(paper)))
    return (b + 0.05) / (a + 0.05)


def luminance(colour):
    """Relative luminance of an opaque rgb(…) colour."""
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
    assert len(parts) == 3 or parts[3] == 1, colour
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in parts[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_counted_as_in_the_recommendation():
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.01)


def test_a_page_says_that_its_course_has_ended(browser, serve):
    served = serve()
    page = browser.new_page(viewport=DESK)
    page.goto(f"{served.address}/{ready_rows()[0].slug}/?lang=es")
    wait_for_panels(page)
    assert served.stop()[0] == 0
    wait_for(page, "() => document.querySelector('#App').dataset.connectionState === 'CLOSED'")
    said = page.evaluate("getComputedStyle(document.querySelector('#App'), '::before').content")
    assert "El curso ya no está en marcha" in said
    assert not page.get_by_text("kernel not found").is_visible()
    assert not page.get_by_test_id("disconnected-indicator").is_visible()
    assert page.locator("#App h1").is_visible()  # what is there can still be read
    page.close()


def test_what_a_screen_reader_would_miss_is_found(browser):
    """The check itself: each fault is seen, in a shadow too."""
    page = browser.new_page()
    good = "<html lang=en><title>T</title><main><h1>One</h1><h2>Two</h2><label>Name <input></label></main>"
    page.set_content(good)
    assert problems_of(page) == []
    faults = {
        "<button></button>": "a button has no name",
        "<input type=range>": "a slider has no name",
        "<select><option>x</select>": "a combobox has no name",
        "<img src=data:,>": "an image has no name",
        "<svg width=9 height=9><rect width=9 height=9 /></svg>": "an image has no name",
        "<h4>deep</h4>": "a heading of level 4 follows one of level 2",
        "<h1>again</h1>": "the page must begin with its one heading of level 1: the levels are [1, 2, 1]",
        "<div><template shadowrootmode=open><button></button></template></div>": "a button has no name",
    }
    for html, problem in faults.items():
        page.evaluate("(html) => document.querySelector('main').setHTMLUnsafe(html)", "<h1>One</h1><h2>Two</h2>" + html)
        assert problems_of(page) == [problem], html
    page.set_content("<h1>One</h1>")
    assert problems_of(page) == [
        "the page must have one main part", "the document has no lang", "the document has no title",
    ]  # fmt: skip
    page.close()


def test_the_gallery_fetches_ahead_what_a_lesson_then_finds(browser, served):
    context = browser.new_context()
    page = context.new_page()
    seen, fetched = Seen(page, served.address), set()
    page.on("requestfinished", lambda request: fetched.add(urlsplit(request.url).path))
    page.goto(f"{served.address}/?lang=es")
    wait_until(page, lambda: set(page_assets()) <= fetched)
    assert seen.wrong == []
    page.goto(f"{served.address}/{ready_rows()[0].slug}/?lang=es")
    wait_for(page, "() => document.querySelector('#App h1')")
    sizes = page.evaluate(
        """() => performance.getEntriesByType("resource").filter((e) => /[/]marimo[/].*[.]js$/.test(e.name))
             .map((e) => e.transferSize)"""
    )
    assert len(sizes) > 150
    assert sum(size > 0 for size in sizes) < 10  # the rest came from the browser's cache
    context.close()
