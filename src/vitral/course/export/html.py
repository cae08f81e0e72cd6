"""A lesson as one HTML file: its text, its widgets with what they show at first, its claims measured.

The widgets are drawn by the very script that draws them in the live course; a model without Python stands behind them.
A Content-Security-Policy holds the page to itself: it asks for nothing.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from html import escape
from importlib.resources import files
from typing import Any

from vitral._errors import VitralError
from vitral.course.frame import MARK, place_of
from vitral.course.lesson import ClaimResult, Lesson
from vitral.course.markup import to_html, to_inline
from vitral.course.syllabus import rows
from vitral.course.texts import Block, Prose, Section
from vitral.course.words import WORDS
from vitral.views.widgets import Exercise, Panel, Prediction
from vitral.views.widgets.assets import css, esm

SECONDS = 120.0
"""How long a panel may take."""

_SHARED = ("face", "label", "words")
_STATE = {
    "panel": (*_SHARED, "controls", "values", "drawings", "status", "player"),
    "prediction": (
        *_SHARED,
        "options",
        "chosen",
        "answer",
        "sentence",
        "drawings",
        "player",
        "values",
        "failure",
        "more",
        "summary",
    ),
    "exercise": (*_SHARED, "fields", "answers", "verdict"),
}
_WORDS = {
    "en": {
        "still": "This page is complete in itself: it opens offline and asks for nothing.",
        "alive": "With Python behind it, its controls work:",
        "noscript": "Pictures and questions need JavaScript; the text does not.",
        "course": "The whole course", "yes": "yes", "no": "no",
    },
    "es": {
        "still": "Esta página está completa: se abre sin conexión y no pide nada.",
        "alive": "Con Python detrás, sus controles funcionan:",
        "noscript": "Las figuras y las preguntas necesitan JavaScript; el texto, no.",
        "course": "Todo el curso", "yes": "sí", "no": "no",
    },
}  # fmt: skip


def build_page(lesson: Lesson, *, on_step: Callable[[str], None] = lambda _: None) -> str:
    """The whole page as text.

    Args:
        lesson: in its language.
        on_step: called with the name of what is computed next.

    Raises:
        VitralError: a panel or a measurement failed.
    """
    sheet = files("vitral.course.export").joinpath("page.css").read_text(encoding="utf-8")
    script = f"{esm()}\n{files('vitral.course.export').joinpath('still.js').read_text(encoding='utf-8')}"
    style, words = f"{sheet}\n{css()}", _WORDS[lesson.language]
    try:
        body = [_head(lesson), "<main>", *(_section(lesson, s, on_step) for s in lesson.text.sections), "</main>"]
    finally:
        for widget in lesson.widgets:
            widget.close()
    body += [_foot(lesson), f'<noscript><p class="e-noscript">{words["noscript"]}</p></noscript>']
    policy = f"default-src 'none'; script-src {_checksum(script)}; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html>\n<html lang="{lesson.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="description" content="{escape(lesson.row.line[lesson.language])}">\n'
        f"<title>{escape(lesson.text.title)} · Vitral</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + f'\n<script type="module">{script}</script>\n</body>\n</html>\n'
    )


# ---------------------------------------------------------------- the parts


def _head(lesson: Lesson) -> str:
    row, words = lesson.row, WORDS[lesson.language]
    video = (
        f'<p class="e-video"><a href="{escape(row.video)}" rel="noreferrer noopener">▶ {words["video"]}</a>'
        f" · {row.minutes} {words['minutes']}</p>"
        if row.video
        else ""
    )
    contents = words[f"in_{row.kind}"]
    sections = "".join(f'<li><a href="#{s.key}">{to_inline(s.heading)}</a></li>' for s in lesson.text.sections)
    return (
        f'<header><p class="e-mark">{MARK}Vitral<span>{place_of(row, lesson.language)}</span></p>'
        f"<h1>{to_inline(lesson.text.title)}</h1>"
        f'<p class="e-line">{escape(row.line[lesson.language])}</p>{video}'
        f'<details class="e-contents"><summary>{contents}</summary><ol>{sections}</ol></details></header>'
    )


def _section(lesson: Lesson, section: Section, on_step: Callable[[str], None]) -> str:
    shown = [f'<section id="{section.key}"><h2>{to_inline(section.heading)}</h2>']
    claims = []
    for part in section.parts:
        if isinstance(part, Prose):
            shown.append(to_html(part.text))
        else:
            on_step(f"{part.kind} {part.name}")
            if part.kind == "claim":
                claims.append(lesson.claim(part.name))
            else:
                shown.append(_block(lesson, part))
    if claims:
        shown.append(_claims(lesson, claims))
    return "\n".join([*shown, "</section>"])


def _block(lesson: Lesson, block: Block) -> str:
    words = WORDS[lesson.language]
    if block.kind == "live":
        return _widget(_drawn(lesson.live(block.name), block.name))
    if block.kind == "predict":
        place, more = _widget(_measured(lesson.prediction(block.name), block.name)), ""
    else:
        place, more = _widget(lesson.exercise(block.name)), ""
        if block.more:
            more = f"<details><summary>{words['solution']}</summary>{to_html(block.more)}</details>"
    return f'<div class="e-asked">{to_html(block.text)}{place}{more}</div>'


def _drawn(panel: Panel, name: str) -> Panel:
    panel.wait(SECONDS)
    if panel.status["state"] != "done":
        reason = panel.status.get("message") or f"nothing came in {SECONDS:.0f} s."
        raise VitralError(f"the panel {name!r} could not be drawn: {reason}")
    return panel


def _measured(prediction: Prediction, name: str) -> Prediction:
    prediction.reveal().wait(SECONDS)
    if not prediction.answer:
        reason = prediction.failure or f"nothing came in {SECONDS:.0f} s."
        raise VitralError(f"the prediction {name!r} could not be measured: {reason}")
    return prediction


def _widget(widget: Panel | Prediction | Exercise) -> str:
    """Where a widget is drawn, with what it shows."""
    state = {name: getattr(widget, name) for name in _STATE[widget.face]}
    return f'<div class="e-live" data-widget><script type="application/json">{_json(state)}</script></div>'


def _claims(lesson: Lesson, claims: list[ClaimResult]) -> str:
    words, own = WORDS[lesson.language], _WORDS[lesson.language]
    rows = "".join(
        f"<tr><td>{escape(c.statement)}</td><td>{escape(c.measured)}</td>"
        f'<td class="e-holds" data-holds="{str(c.holds).lower()}"><span aria-hidden="true">{"✓" if c.holds else "✗"}'
        f'</span><span class="e-unseen">{own["yes" if c.holds else "no"]}</span></td></tr>'
        for c in claims
    )
    heads = "".join(f'<th scope="col">{words[key]}</th>' for key in ("statement", "measured", "holds"))
    return f'<table class="e-claims"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _foot(lesson: Lesson) -> str:
    own, language = _WORDS[lesson.language], lesson.language
    listed = "".join(
        f"<li{' aria-current=page' if row is lesson.row else ''}>"
        f"<span>{row.number if row.kind == 'lesson' else WORDS[language][row.kind]}</span> "
        f"{escape(row.title[language])}</li>"
        for row in rows()
    )
    command = f"vitral lesson {lesson.row.number} --lang {language}"
    return (
        f'<footer><details class="e-course"><summary>{own["course"]}</summary><ul>{listed}</ul></details>'
        f"<p>{own['still']} {own['alive']} <code>{command}</code></p></footer>"
    )


# ---------------------------------------------------------------- safety


def _json(value: Any) -> str:
    """JSON that cannot end the script that it stands in."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _checksum(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
