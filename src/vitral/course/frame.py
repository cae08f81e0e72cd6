"""What surrounds a lesson on its page: where it stands in the course, the other language, the way onward."""

from html import escape

from vitral.course.lesson import Lesson
from vitral.course.syllabus import Row, ready_rows
from vitral.course.texts import Text
from vitral.course.words import WORDS

MARK = (
    '<svg class="c-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">'
    '<path fill="#2878c8" d="M3 3h13v11L3 20z"/><path fill="#e0a53a" d="M18 3h11v9l-11 2z"/>'
    '<path fill="#1f8f6a" d="M3 22l13-6v13H3z"/><path fill="#b8384e" d="M18 16l11-2v15H18z"/></svg>'
)
"""Four panes of glass: the mark of the house."""


def address(row: Row, language: str) -> str:
    """Where the course's server has a lesson."""
    return f"/{row.slug}/?lang={language}"


def place_of(row: Row, language: str) -> str:
    """What a lesson is called in the course: "Lesson 1.2", "Reading"."""
    kind = WORDS[language][row.kind]
    return f"{kind} {row.number}" if row.kind == "lesson" else kind


def heading_html(lesson: Lesson) -> str:
    """The page's head: the way back, the language switch, the title, the video, the sections."""
    return page_head(lesson.row, lesson.text, lesson.language)


def page_head(row: Row, text: Text, language: str) -> str:
    """The same, of a lesson whose experiments are not loaded yet."""
    words = WORDS[language]
    place = place_of(row, language)
    video = (
        f'<p class="c-video"><a href="{row.video}" rel="noreferrer noopener" target="_blank">'
        f'<svg viewBox="0 0 12 12" aria-hidden="true" focusable="false"><path d="M2.5 1.2v9.6L10.5 6z"/></svg>'
        f"{words['video']}</a> · {row.minutes} {words['minutes']}</p>"
        if row.video
        else ""
    )
    other = words["other_code"]
    contents = words[f"in_{row.kind}"]
    sections = "".join(f'<li><a href="#{s.key}">{escape(s.heading)}</a></li>' for s in text.sections)
    return (
        f'<header class="c-head"><nav class="c-nav" aria-label="Vitral">'
        f'<a class="c-home" href="/?lang={language}">{MARK}Vitral</a><span class="c-place">{place}</span>'
        f'<a class="c-switch" lang="{other}" hreflang="{other}" href="{address(row, other)}">{words["other"]}</a></nav>'
        f'<h1>{escape(text.title)}</h1><p class="c-line">{escape(row.line[language])}</p>{video}'
        f'<details class="c-contents"><summary>{contents}</summary><ol>{sections}</ol></details></header>'
    )


def ending_html(lesson: Lesson) -> str:
    """Links to the lessons before and after, as far as they are ready."""
    words, ready = WORDS[lesson.language], ready_rows()
    at = ready.index(lesson.row)

    def link(row: Row, which: str) -> str:
        title = escape(row.title[lesson.language])
        number = f"{row.number} " if row.kind == "lesson" else ""
        return (
            f'<a class="c-{which}" href="{address(row, lesson.language)}"><small>{words[which]}</small>'
            f"<span>{number}{title}</span></a>"
        )

    before = link(ready[at - 1], "before") if at else ""
    after = link(ready[at + 1], "after") if at + 1 < len(ready) else ""
    return f'<nav class="c-ends" aria-label="{words["onward"]}">{before}{after}</nav>'
