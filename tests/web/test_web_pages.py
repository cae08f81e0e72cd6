"""The gallery and the notices: complete, in both languages, each with the way to the other."""

import gzip
import json
import re
import threading
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from asking import ask

import vitral.web
from vitral.course import ROWS, ready_labs, ready_rows
from vitral.course.labs.catalogue import find_lab
from vitral.course.texts import read_text
from vitral.web import pages
from vitral.web.languages import preferred_language
from vitral.web.words import CHAPTERS, NOTICES, WORDS

LATER = [row for row in ROWS if not row.is_ready]


def flat(html):
    """The page's words, without tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_gallery_has_every_row_in_the_courses_order(app, language):
    html = ask(app, f"/?lang={language}").text
    assert f'<html lang="{language}">' in html
    text = flat(html)
    places = []
    for row in ROWS:
        assert row.line[language] in text
        if row.video:
            assert f'href="{row.video}"' in html
            assert f"{row.minutes} min" in text
        places.append(re.search(rf"<h3>(<a [^>]*>)?{re.escape(row.title[language])}(</a>)? ?<?", html).start())
    assert places == sorted(places)
    assert [int(number) for number in re.findall(r'data-chapter="(\d)"', html)] == [1, 2, 3, 4, 5]
    for chapter in CHAPTERS.values():
        assert chapter[language] in text
    assert text.count(WORDS[language]["soon"]) == len(LATER)


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_is_ready_is_a_link_and_what_is_not_is_none(app, language):
    links = set(re.findall(r'href="(/[^"]+)"', ask(app, f"/?lang={language}").text))
    for row in ROWS:
        assert (f"/{row.slug}/?lang={language}" in links) == row.is_ready


def test_chapters_hold_each_row_once():
    chapters = pages.chapters_of()
    assert [row for rows in chapters.values() for row in rows] == list(ROWS)
    assert [row.number for row in chapters["1"]][-2:] == ["ref", "lab1"]
    assert chapters["5"][-1].number == "lab4"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("es", "es"), ("es-ES,es;q=0.9,en;q=0.8", "es"), ("en-GB,en", "en"), ("fr,es;q=0.4,en;q=0.5", "en"),
        ("de", "en"), ("", "en"), ("en;q=0,es;q=0.1", "es"), ("EN-us;q=0.3, ES;q=0.4", "es"), ("es;q=x,en", "en"),
    ],
)  # fmt: skip
def test_the_browsers_preference_decides_where_the_address_does_not(app, accepted, language):
    assert preferred_language(accepted) == language
    answer = ask(app, "/", accept_language=accepted)
    assert f'<html lang="{language}">' in answer.text
    assert answer.header("vary") == "Accept-Language"
    assert '<html lang="es">' in ask(app, "/?lang=es", accept_language=accepted).text


def test_an_unknown_language_in_the_address_counts_as_none(app):
    assert '<html lang="es">' in ask(app, "/?lang=fr", accept_language="es").text
    assert "<script" not in ask(app, "/?lang=%3Cscript%3E").text.replace("<script type", "")


@pytest.mark.parametrize(("language", "other"), [("es", "en"), ("en", "es")])
@pytest.mark.parametrize(
    "path", ["/", "/nowhere/at-all", "//evil.example", "//evil.example/x", "/\\evil.example", "/javascript:alert(1)"]
)
def test_the_switch_stays_on_the_page_and_on_this_server(app, path, language, other):
    html = ask(app, f"{path}?lang={language}").text
    links = re.findall(r'href="([^"]*)"', html)
    assert re.search(r'<a class="switch"[^>]* href="([^"]*)"', html)[1] == f"?lang={other}"
    assert not [link for link in links if urlsplit(link).netloc not in ("", "youtu.be")]
    assert "evil" not in html
    assert "javascript:" not in html


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_page_has_a_notice_with_the_way_back(app, language):
    for address, kind in [("/nowhere", "missing"), *((f"/{row.slug}/", "soon") for row in LATER[:2])]:
        answer = ask(app, f"{address}?lang={language}")
        assert answer.status == 404
        assert NOTICES[kind][language][0] in answer.text
        assert f'href="/?lang={language}"' in answer.text


def test_an_address_cannot_become_markup(app):
    html = ask(app, '/"><script>alert(1)</script>?lang=es').text
    assert "alert" not in html


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_fails_becomes_a_page_that_says_so(monkeypatch, caplog, language):
    def fail(_language):
        raise RuntimeError("on purpose")

    monkeypatch.setattr("vitral.web.app.gallery_html", fail)
    answer = ask(vitral.web.create_app(port=8642), f"/?lang={language}")
    assert answer.status == 500
    assert NOTICES["failed"][language][0] in answer.text
    assert "on purpose" in caplog.text
    assert "on purpose" not in answer.text


def test_an_address_cannot_write_lines_of_its_own_into_the_log(monkeypatch, caplog):
    def fail(_path):
        raise RuntimeError("on purpose")

    monkeypatch.setattr("vitral.web.app.find_asset", fail)
    ask(vitral.web.create_app(port=8642), "/x\nvitral.web: all is well\x1b[2J")
    (record,) = caplog.records
    assert record.getMessage() == r"'/x\nvitral.web: all is well\x1b[2J' failed"


class Outline(HTMLParser):
    """The headings' levels, the ids and the links to them, landmarks, and what has no text for those who hear."""

    def __init__(self, html):
        super().__init__()
        self.levels, self.ids, self.targets, self.landmarks, self.images, self.open = [], [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for name in ("href", "aria-labelledby"):
            value = attributes.get(name) or ""
            if (name == "aria-labelledby" and value) or value.startswith("#"):
                self.targets.append(value.lstrip("#"))
        if tag in ("header", "main", "footer", "nav"):
            self.landmarks.append(tag)
        if tag == "svg":
            self.images.append(attributes.get("aria-hidden"))


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("address", ["/", "/nowhere"])
def test_pages_have_an_outline_landmarks_and_a_description(app, address, language):
    html = ask(app, f"{address}?lang={language}").text
    outline = Outline(html)
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(outline.levels, outline.levels[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)
    assert {"header", "main", "nav"} <= set(outline.landmarks)
    assert set(outline.images) == {"true"}
    assert re.search(r'<meta name="description" content="[^"]{40,}">', html)
    assert re.search(r"<title>[^<]+ · Vitral</title>", html)
    assert 'name="viewport"' in html


def test_both_languages_have_the_same_words():
    assert WORDS["es"].keys() == WORDS["en"].keys()
    assert all(notice.keys() == {"es", "en"} for notice in [*NOTICES.values(), *CHAPTERS.values()])
    source = Path(pages.__file__).read_text(encoding="utf-8")
    used = set(re.findall(r"""words\[["']([a-z_]+)["']\]""", source)) | {row.kind for row in ROWS}
    assert used == set(WORDS["es"])


# ---------------------------------------------------------------- files


def test_marimos_files_are_kept_for_good_and_shared_by_all_lessons(app):
    links = json.loads(ask(app, "/web/ahead.json").text)
    assert len(links) > 100
    for link in (links[0], next(link for link in links if link.endswith(".css")), links[-1]):
        answer = ask(app, link)
        assert answer.status == 200
        assert answer.header("cache-control") == "public, max-age=31536000, immutable"
        assert answer.header("content-type").startswith("text/css" if link.endswith("css") else "text/javascript")
        assert int(answer.header("content-length")) == len(answer.body) > 0
        assert ask(app, link, "HEAD").body == b""


def test_files_are_packed_for_other_machines_only(app):
    link = json.loads(ask(app, "/web/ahead.json").text)[0]
    plain = ask(app, link, accept_encoding="gzip")
    assert plain.header("content-encoding") is None

    async def from_afar(scope, receive, send):
        await app({**scope, "client": ("192.168.1.9", 50000)}, receive, send)

    packed = ask(from_afar, link, accept_encoding="gzip, br")
    assert packed.header("content-encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert int(packed.header("content-length")) == len(packed.body) < len(plain.body) / 2
    assert ask(from_afar, link).body == plain.body


def test_a_file_is_packed_beside_the_loop_that_answers_others(app, monkeypatch):
    threads = []

    def pack(content):
        threads.append(threading.current_thread())
        return content[:1]

    async def from_afar(scope, receive, send):
        threads.append(threading.current_thread())
        await app({**scope, "client": ("192.168.1.9", 50000)}, receive, send)

    monkeypatch.setattr("vitral.web.assets._packed", pack)
    assert ask(from_afar, "/web/gallery.css", accept_encoding="gzip").body == b":"
    loop, packing = threads
    assert packing is not loop


def test_the_second_wave_is_what_run_mode_imports():
    from vitral.web.assets import find_asset, second_wave

    names = second_wave()
    assert any("/run-page-" in name for name in names), (
        "marimo's files have other names now: look at assets.second_wave"
    )
    assert any("/katex-" in name for name in names)
    for name in names:
        source = find_asset(name)[0].decode()
        for imported in re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', source):
            assert name.rpartition("/")[0] + "/" + imported in names


@pytest.mark.parametrize(
    "path",
    ["/marimo/0.0.0/assets/x.js", "/web/words.py", "/web/../web/app.py", "/marimo/{v}/assets/../index.html",
     "/marimo/{v}/assets/..%2findex.html", "/marimo/{v}/index.html", "/web/", "//etc/passwd"],
)  # fmt: skip
def test_no_other_file_is_served(app, path):
    from importlib.metadata import version

    assert ask(app, path.replace("{v}", version("marimo"))).status == 404


def test_the_icon_is_ours(app):
    for path in ("/favicon.svg", "/favicon.ico"):
        answer = ask(app, path)
        assert answer.header("content-type") == "image/svg+xml"
        assert answer.text.startswith("<svg xmlns=")


def test_lessons_that_are_ready_are_in_the_ahead_list_of_none():
    """What is fetched ahead is marimo's; a lesson's own page starts a session and waits for a click."""
    from vitral.web.assets import page_assets

    assert not [link for link in page_assets() for row in ready_rows() if link.startswith(f"/{row.slug}/")]


LABS = ready_labs()


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("row", LABS, ids=lambda row: row.number)
def test_a_lab_has_its_statement_and_says_how_to_begin(app, row, language):
    for address in (f"/{row.slug}/?lang={language}", f"/{row.slug}?lang={language}"):
        answer = ask(app, address)
        assert answer.status == 200
    number = row.number.removeprefix("lab")
    text = flat(answer.text)
    assert f"vitral lab start {number} --lang {language}" in text
    assert f"vitral lab check {number} lab{number}.ipynb" in text
    assert f'href="{row.video}"' in answer.text
    for section in read_text(row.folder, language).sections:
        assert f'<h2 id="{section.key}">' in answer.text
    for task in find_lab(number).tasks:
        assert task.function in text
    assert "<math" in answer.text
    assert "$" not in text
    assert f'href="/?lang={language}"' in answer.text
    outline = Outline(answer.text)
    assert outline.levels[0] == 1
    assert set(outline.levels[1:]) == {2}
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.targets) <= set(outline.ids)


def test_a_lab_is_no_lesson_to_be_opened(app):
    for path in ("/lab1/ws", "/lab1/api/kernel/set_ui_element_value", "/lab1/lesson.py"):
        assert ask(app, path).status == 404
