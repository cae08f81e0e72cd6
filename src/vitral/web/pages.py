"""The gallery and the notices as HTML: made on the server, readable without a script."""

from functools import cache
from html import escape

from vitral.course import ROWS, Row, ready_labs, ready_rows
from vitral.course.frame import MARK, address, place_of
from vitral.course.markup import to_html, to_inline
from vitral.course.texts import Prose, read_text
from vitral.web.window import window_svg
from vitral.web.words import CHAPTERS, NOTICES, WORDS

_NO_WAY_BACK = ("stranger", "elsewhere")
FAVICON = MARK.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


def gallery_html(language: str) -> str:
    """The whole course on one page: chapters, lessons, what is ready."""
    words = WORDS[language]
    ready = ready_rows()
    first = (
        f'<p class="start"><a class="button" href="{address(ready[0], language)}">{words["start"]}: '
        f"{escape(ready[0].title[language])}</a></p>"
        if ready
        else ""
    )
    added = [row for row in ready if row.place is not None]
    count = words["ready_count"].format(ready=len(ready) + len(ready_labs()), all=len(ROWS) + len(added))
    chapters = "".join(_chapter_html(number, rows, language) for number, rows in chapters_of().items())
    chapters += _added_html(added, language) if added else ""
    return _page(
        language,
        title=f"{words['title']} · Vitral",
        head='<script type="module" src="/web/ahead.js"></script>',
        body=(
            f'<header class="top">{_bar(language)}'
            f'<div class="hero"><div><h1>{words["title"]}</h1><p class="lead">{words["lead"]}</p>{first}'
            f'<p class="count">{count}</p></div>{window_svg()}</div></header>'
            f'<main id="main" tabindex="-1">{chapters}</main>'
            f"<footer><p>{words['foot']}</p></footer>"
        ),
    )


def notice_html(kind: str, language: str) -> str:
    """A page that says why there is no other, with the way back where there is one."""
    words = WORDS[language]
    back = f'<p class="start"><a class="button" href="/?lang={language}">{words["back"]}</a></p>'
    title, text = NOTICES[kind][language]
    return _page(
        language,
        title=f"{title} · Vitral",
        head='<meta name="robots" content="noindex">',
        body=(
            f'<header class="top">{_bar(language)}</header><main id="main" class="notice" tabindex="-1">'
            f'<h1>{title}</h1><p class="lead">{text}</p>{"" if kind in _NO_WAY_BACK else back}</main>'
        ),
    )


def lab_html(row: Row, language: str) -> str:
    """A lab's page: what is asked for, and the commands that start and check it on the reader's own machine."""
    words, text = WORDS[language], read_text(row.folder, language)
    number = row.number.removeprefix("lab")
    start = (words["lab_start"], f"vitral lab start {number} --lang {language}")
    check = (words["lab_check"], f"vitral lab check {number} lab{number}.ipynb --lang {language}")
    steps = "".join(
        f'<li><p>{why}</p><pre tabindex="0"><code>{command}</code></pre></li>' for why, command in (start, check)
    )
    sections = "".join(
        f'<section><h2 id="{section.key}">{to_inline(section.heading)}</h2>'
        + "".join(to_html(part.text) for part in section.parts if isinstance(part, Prose))
        + "</section>"
        for section in text.sections
    )
    return _page(
        language,
        title=f"{text.title} · Vitral",
        head="",
        body=(
            f'<header class="top">{_bar(language)}<div class="lab-head">'
            f'<p class="ordinal">{place_of(row, language)} {number}</p><h1>{escape(text.title)}</h1>'
            f'<p class="lead">{escape(row.line[language])}</p>{_video_html(row, language)}</div></header>'
            f'<main id="main" class="statement" tabindex="-1">'
            f'<section class="how"><h2 id="how">{words["lab_how"]}</h2><ol>{steps}</ol><p>{words["lab_formats"]}</p>'
            f"</section>{sections}"
            f'<p class="start"><a class="button" href="/?lang={language}">{words["back"]}</a></p></main>'
        ),
    )


@cache
def chapters_of() -> dict[str, list[Row]]:
    """The rows by chapter, in their order; what has no chapter in its number stands in that of the row before."""
    chapters: dict[str, list[Row]] = {number: [] for number in CHAPTERS}
    chapter = next(iter(chapters))
    for row in ROWS:
        chapter = row.number[0] if row.number[0].isdigit() else chapter
        chapters[chapter].append(row)
    return chapters


def _page(language: str, *, title: str, head: str, body: str) -> str:
    words = WORDS[language]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="description" content="{escape(words["description"])}">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/web/gallery.css">'
        f'{head}</head><body><a class="skip" href="#main">{words["skip"]}</a>{body}</body></html>'
    )


def _bar(language: str) -> str:
    """The name on the left, the other language of the same page on the right."""
    words = WORDS[language]
    other = words["other_code"]
    return (
        f'<nav class="bar" aria-label="Vitral">'
        f'<a class="mark" href="/?lang={language}">{MARK}Vitral</a>'
        f'<a class="switch" lang="{other}" hreflang="{other}" href="?lang={other}">{words["other"]}</a>'
        "</nav>"
    )


def _chapter_html(number: str, rows: list[Row], language: str) -> str:
    words = WORDS[language]
    items = "".join(_row_html(row, language) for row in rows)
    return (
        f'<section class="chapter" data-chapter="{number}" aria-labelledby="chapter-{number}">'
        f'<h2 id="chapter-{number}"><span class="ordinal">{words["chapter"]} {number}</span> '
        f'{CHAPTERS[number][language]}</h2><ol class="rows">{items}</ol></section>'
    )


def _added_html(rows: list[Row], language: str) -> str:
    words = WORDS[language]
    items = "".join(_row_html(row, language) for row in rows)
    return (
        '<section class="chapter" data-chapter="added" aria-labelledby="chapter-added">'
        f'<h2 id="chapter-added">{words["added"]}</h2><ol class="rows">{items}</ol></section>'
    )


def _row_html(row: Row, language: str) -> str:
    words = WORDS[language]
    title = escape(row.title[language])
    name = f'<a href="{address(row, language)}">{title}</a>' if row.is_ready else title
    kind = words[row.kind]
    number = f'<span class="unseen">{kind} </span>{row.number}' if row.kind == "lesson" else kind
    soon = "" if row.is_ready else f'<span class="soon">{words["soon"]}</span>'
    video = _video_html(row, language)
    return (
        f'<li class="row{"" if row.is_ready else " later"}"><span class="number">{number}</span>'
        f'<div class="what"><h3>{name} {soon}</h3><p>{escape(row.line[language])}</p></div>{video}</li>'
    )


def _video_html(row: Row, language: str) -> str:
    if not row.video:
        return ""
    words = WORDS[language]
    label = escape(words["video_of"].format(title=row.title[language], minutes=row.minutes))
    return (
        f'<a class="video" href="{row.video}" target="_blank" rel="noreferrer noopener" aria-label="{label}">'
        f'<svg viewBox="0 0 12 12" aria-hidden="true" focusable="false"><path d="M2.5 1.2v9.6L10.5 6z"/></svg>'
        f"{row.minutes} {words['minutes']}</a>"
    )
