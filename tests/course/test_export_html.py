"""A lesson as one file: whole, safe, and alive from disk without a network, as Chromium shows it."""

import json
import re
from html.parser import HTMLParser

import pytest
from ready import NUMBERS, TEXTS, formulas, markdown_of

from vitral._errors import VitralError
from vitral.course import lesson as open_lesson
from vitral.course.export import build_page
from vitral.course.export import html as exporting
from vitral.course.markup import to_html, to_inline
from vitral.course.texts import TextError, parse
from vitral.views.widgets import Note, Panel
from vitral.views.widgets.assets import css, esm

FIRST = "1.2" if "1.2" in NUMBERS else NUMBERS[0]
VOID = {"meta", "br", "hr", "img", "col", "mspace", "input"}


class Page(HTMLParser):
    """Elements and text of a page; every tag has to be closed in its order."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.text, self.data = [], [], "", {}
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style"):
            self.data.setdefault(self.open[-1], []).append(data)
        else:
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def pages():
    return {language: build_page(open_lesson(FIRST, language)) for language in ("es", "en")}


@pytest.fixture
def text():
    return TEXTS[FIRST]["es"]


# ---------------------------------------------------------------- what is in the file


def test_every_part_of_the_lesson_is_there(pages, text):
    page = Page(pages["es"])
    assert text.title in page.text
    for section in text.sections:
        assert {"id": section.key} in page.all("section")
    states = [json.loads(data) for data in page.data["script"] if data.startswith("{")]
    faces = [state["face"] for state in states]
    assert faces.count("panel") == len(list(text.blocks("live")))
    assert faces.count("prediction") == len(list(text.blocks("predict")))
    assert faces.count("exercise") == len(list(text.blocks("exercise")))
    for state in states:
        if state["face"] == "panel":
            assert state["status"]["state"] == "done"
            assert state["drawings"]
        if state["face"] == "prediction":
            assert state["answer"] in [option["key"] for option in state["options"]]
            assert state["sentence"]
    for claim in open_lesson(FIRST, "es").claims():
        assert claim.statement in page.text
        assert claim.measured in page.text
    assert [a["data-holds"] for a in page.all("td") if a.get("class") == "e-holds"] == ["true"] * len(
        list(text.blocks("claim"))
    )


def test_formulas_are_mathml_and_no_latex_is_left(pages):
    page = Page(pages["es"])
    assert len(page.all("math")) > 20
    assert "\\frac" not in page.text
    assert not re.search(r"\$[^$\n]+\$", page.text)


def test_it_asks_for_nothing(pages):
    for text in pages.values():
        page = Page(text)
        assert [a for tag, a in page.found if "src" in a or tag in ("link", "iframe", "object", "base", "form")] == []
        assert [a["href"] for a in page.all("a") if not a["href"].startswith(("https://", "#"))] == []
        policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv"))
        assert policy.startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe-inline" not in policy.split("style-src")[0]
        assert "@import" not in text
        assert "url(" not in page.data["style"][0]


def test_the_languages_differ_and_are_named(pages):
    assert '<html lang="es">' in pages["es"]
    assert '<html lang="en">' in pages["en"]
    assert "Solución" in pages["es"]
    assert "Solution" in pages["en"]
    assert "Solución" not in pages["en"]


def test_the_scripts_cannot_end_the_page():
    """What is put into the page as code ends where it should."""
    assert "</script" not in esm().lower()
    assert "<!--" not in esm()
    assert "</style" not in css().lower()


NASTY = "</script><script>document.title='taken'</script><!--\u2028 & \" '"


def test_what_a_panel_says_cannot_break_out():
    state = exporting._json({"label": NASTY})
    assert "<" not in state
    assert json.loads(state) == {"label": NASTY}


def test_a_panel_that_cannot_be_drawn_is_no_page():
    panel = Panel(lambda _values, _task: 1 / 0)
    with pytest.raises(VitralError, match=r"the panel 'turning' could not be drawn: .*ZeroDivisionError"):
        exporting._drawn(panel, "turning")
    panel.close()


def test_widgets_are_closed_afterwards():
    lesson = open_lesson(FIRST, "en")
    build_page(lesson)
    assert lesson.widgets
    assert all(widget.comm is None for widget in lesson.widgets)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("number", NUMBERS)
def test_every_lesson_becomes_a_page(number, language):
    steps = []
    text = build_page(open_lesson(number, language), on_step=steps.append)
    page = Page(text)
    blocks = [b for kind in ("live", "predict", "exercise", "claim") for b in TEXTS[number][language].blocks(kind)]
    assert sorted(steps) == sorted(f"{b.kind} {b.name}" for b in blocks)
    assert len(text) < 3_000_000
    assert {a["data-holds"] for a in page.all("td") if "data-holds" in a} == {"true"}


# ---------------------------------------------------------------- Markdown


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("A *b* **c**", "<p>A <em>b</em> <strong>c</strong></p>"),
        ("Text:\n- one\n- two", "<p>Text:</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("Text:\n1. one\n2. two", "<p>Text:</p>\n<ol>\n<li>one</li>\n<li>two</li>\n</ol>"),
        ("[a](https://b.c/d)", '<p><a href="https://b.c/d">a</a></p>'),
        ("see [lesson *1.1*](/1-1/?lang=es) first", "<p>see lesson <em>1.1</em> first</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("`$x$` costs", "<p><code>$x$</code> costs</p>"),
        ("- one\n- two\n\n  more", None),
    ],
)
def test_markdown(source, html):
    found = to_html(source)
    if html is None:
        assert found.count("<li>") == 2
        assert "<pre" not in found
    else:
        assert found == html


def test_a_heading_is_one_line():
    assert to_inline("Why *not*?") == "Why <em>not</em>?"
    assert re.fullmatch(r'What is <math [^<]*alttext="w"[^<]*>.*</math>\?', to_inline("What is $w$?"))


def test_formulas_inline_and_displayed():
    inline = to_html("The rule $w_1 \\leftarrow w_1 + 2$ and `$no$` and _this_.")
    assert inline.count("<math") == 1
    assert 'alttext="w_1 \\leftarrow w_1 + 2"' in inline
    assert 'display="inline"' in inline
    shown = to_html("So\n$$\nk \\le \\left(\\frac{R}{\\gamma}\\right)^2 < 9\n$$\nand on.")
    assert shown.count('<div class="e-formula"') == 1
    assert 'display="block"' in shown
    assert "<p>So</p>" in shown
    assert "<p>and on.</p>" in shown


@pytest.mark.parametrize(
    ("formula", "n_spaces"),
    [
        (r"\ln p", 1),
        (r"t \ln p", 2),
        (r"\ln(p)", 0),
        (r"-\log_2 n", 1),
        (r"a = \max_i x", 1),
        (r"x_{\max}", 0),
        ("w x", 0),
    ],
)
def test_a_function_stands_apart_from_what_it_is_of(formula, n_spaces):
    assert to_html(f"${formula}$").count("mspace") == n_spaces


def test_equations_in_rows():
    shown = to_html("$$\n\\begin{aligned}\na &= b + c \\\\[4pt]\n&= d\n\\end{aligned}\n$$")
    assert shown.count("<mtr>") == 2
    assert [m[1] for m in re.finditer(r"<mtd [^>]*text-align: (\w+)", shown)] == ["right", "left"] * 2
    told = re.sub(r"<[^>]*>", "", shown)
    assert "4pt" not in told
    assert "&" not in told


def test_a_formula_in_code_is_code():
    found = to_html("~~~python\nprice = '$5$'  # $$\n~~~\n")
    assert "<math" not in found
    assert 'tabindex="0"' in found


@pytest.mark.parametrize("formula", [r"x_1_2", r"\left( x", r"\begin{matrix} a", r"\unknown x"])
def test_a_formula_that_is_none_is_named(formula):
    with pytest.raises(TextError, match="a formula must be LaTeX") as caught:
        to_html(f"So ${formula}$.")
    assert repr(formula) in str(caught.value)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("number", NUMBERS)
def test_every_text_can_be_set(number, language):
    """Every formula of every lesson, in prose, questions, explanations and solutions."""
    text = TEXTS[number][language]
    for section in text.sections:
        shown = to_inline(section.heading) + to_html(markdown_of(section))
        Page(shown)
        displayed, inline = formulas(markdown_of(section))
        assert shown.count("<math") >= len(displayed) + len(inline)
        assert shown.count('<div class="e-formula"') == len(displayed)


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def files(pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for language, text in pages.items():
        (folder / f"{language}.html").write_text(text, encoding="utf-8")
    return folder


def open_file(browser, file, **more):
    """The page as from a folder on disk; what it asks for and what goes wrong is noted."""
    page = browser.new_page(**more)
    page.asked, page.wrong = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda line: page.wrong.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector(".vitral")
    return page


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width", "scheme"), [("es", 1200, "light"), ("en", 390, "dark")])
def test_it_opens_from_disk(browser, files, text, language, width, scheme):
    page = open_file(browser, files / f"{language}.html", viewport={"width": width, "height": 900}, color_scheme=scheme)
    n_widgets = sum(len(list(text.blocks(kind))) for kind in ("live", "predict", "exercise"))
    page.wait_for_function(f"document.querySelectorAll('.vitral').length === {n_widgets}")
    assert page.evaluate("document.querySelectorAll('.vitral svg').length") > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(
        "[...document.querySelectorAll('.v-controls :is(input, select, button)')].every(e => e.disabled)"
    )
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == ("rgb(20, 23, 28)" if scheme == "dark" else "rgb(255, 255, 255)")
    assert page.asked == [(files / f"{language}.html").as_uri()]
    assert page.wrong == []
    page.close()


@pytest.mark.browser
def test_a_guess_is_answered_without_python(browser, files):
    page = open_file(browser, files / "es.html")
    question = page.locator(".v-prediction").first
    assert question.locator(".v-verdict").inner_text() == ""
    question.locator("input[type=radio]").last.check()
    question.get_by_role("button").first.click()
    assert re.match(r"[✓✗] (Correcto|No es así)\. .{10,}", question.locator(".v-verdict").inner_text())
    assert question.locator("[data-verdict=right]").count() == 1
    assert page.wrong == []
    page.close()


@pytest.mark.browser
def test_the_player_walks_without_python(browser, files):
    page = open_file(browser, files / "es.html", reduced_motion="reduce")
    panel = page.locator(".vitral:has(.v-player:not([hidden]))").first
    before = panel.get_attribute("data-frame")
    panel.get_by_role("button", name="Volver al principio").click()
    panel.get_by_role("button", name="Un paso adelante").click()
    assert panel.get_attribute("data-frame") == "1"
    assert before is not None
    page.close()


@pytest.mark.browser
def test_without_a_script_the_text_is_there(browser, files, text):
    page = browser.new_page(java_script_enabled=False)
    page.goto((files / "es.html").as_uri())
    assert page.locator("h1").inner_text() == text.title
    assert page.locator("noscript").count() == 1
    assert page.locator(".e-claims tbody tr").count() == len(list(text.blocks("claim")))
    page.close()


@pytest.mark.browser
def test_on_paper_what_cannot_be_pressed_is_left_out(browser, files):
    page = open_file(browser, files / "es.html")
    page.emulate_media(media="print")
    assert page.locator(".v-controls").first.is_hidden()
    assert page.locator(".v-player").first.is_hidden()
    assert page.locator(".vitral svg").first.is_visible()
    page.close()


@pytest.mark.browser
def test_nothing_that_a_text_says_runs_as_a_script(browser, tmp_path, monkeypatch):
    """A lesson's words in the worst case: they end up in texts, labels, options, sentences and drawings."""
    lesson = open_lesson(FIRST, "en")
    word = NASTY.replace("\u2028", "").replace("\n", " ")
    source = (
        "# T & <i>\n## H {#question}\n```live one\nlabel: L\n```\n"
        f"## X {{#claims}}\n```claim c\n{word}\n= {word}\n```\n"
    )
    lesson.text = parse(source, "en")
    panel = Panel(lambda _values, _task: [Note(text=word)], label=word)
    monkeypatch.setattr(type(lesson), "live", lambda _self, _name: panel)
    claim = open_lesson(FIRST, "en").claims()[0]
    monkeypatch.setattr(
        type(lesson), "claim", lambda _self, _name: type(claim)(name="c", statement=word, measured=word, holds=False)
    )
    file = tmp_path / "nasty.html"
    file.write_text(build_page(lesson), encoding="utf-8")
    page = open_file(browser, file)
    assert page.title() == "T & <i> · Vitral"
    assert page.locator(".v-note").inner_text() == " ".join(word.split())
    assert page.locator(".e-claims td").first.inner_text() == " ".join(word.split())
    assert page.wrong == []
    page.close()
    panel.close()
