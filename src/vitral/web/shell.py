"""marimo's page, dressed as a page of the course: its language, title and icon, and nothing that it does not need."""

import base64
import hashlib
import re
from html import escape

from vitral.course import Row
from vitral.course.frame import page_head
from vitral.course.texts import Text
from vitral.course.words import WORDS
from vitral.web.assets import second_wave

_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def dress(html: str, *, row: Row, text: Text) -> str:
    """The page `html` of marimo for a lesson.

    Args:
        html: what marimo's server answers.
        row: the lesson. text: its text, in the page's language.
    """
    language = text.language
    html = re.sub(r'<html lang="[^"]*"', f'<html lang="{language}"', html, count=1)
    html = re.sub(
        r"<title>.*?</title>", f"<title>{escape(text.title)} · Vitral</title>", html, count=1, flags=re.DOTALL
    )
    # Fonts and pictures of marimo's that these pages do not show, its icons, and its own description.
    html = re.sub(r'<link[^>]*rel="(?:preload|icon|apple-touch-icon|manifest)"[^>]*>\s*', "", html)
    html = re.sub(
        r'<meta[^>]*(?:name="(?:description|theme-color|twitter:card)"|property="og:[a-z]+")[^>]*>\s*', "", html
    )
    # Where the lesson's files are on this machine is nobody's business.
    html = re.sub(r'("(?:filename|cwd)": )"(?:[^"\\]|\\.)*"', r'\1"lesson.py"', html)
    html = re.sub(r'"lspWorkspace": \{[^}]*\}', '"lspWorkspace": null', html)
    # Elements that would end the head before its title: they are looked for wherever they stand.
    own = [found[0] for found in re.finditer(r"<(marimo-[a-z-]+)[^>]*>.*?</\1>", html, flags=re.DOTALL)]
    for element in own:
        html = html.replace(element, "", 1)
    html = re.sub(r"(<body[^>]*>)", lambda body: body[0] + "".join(own), html, count=1)
    html = re.sub(r"(<marimo-filename[^>]*>).*?<", r"\1lesson.py<", html, count=1)
    # A worker for a folder `public/` that lessons do not have.
    html = re.sub(r"<script[^>]*>(?:(?!</script>).)*serviceWorker.*?</script>", "", html, flags=re.DOTALL)
    waves = "".join(
        f'<link rel="modulepreload" crossorigin href="{address}">' for address in second_wave() if address not in html
    )
    head = (
        f'<meta name="description" content="{escape(row.line[language])}">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="/favicon.svg" type="image/svg+xml">{waves}'
    )
    html = html.replace("</head>", f"{head}</head>", 1)
    # What can be read at once, until marimo's own page stands in its place.
    early = (
        f'<div class="c-early">{page_head(row, text, language)}'
        f'<p class="c-waiting" role="status">{WORDS[language]["preparing"]}</p></div>'
    )
    return html.replace('<div id="root"></div>', f'<main id="main">{early}<div id="root"></div></main>', 1)


def policy_of(html: str) -> str:
    """The Content-Security-Policy of a page: its own scripts by their checksums, no other; nothing from elsewhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _SCRIPT.findall(html)
    )
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
        "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    )
