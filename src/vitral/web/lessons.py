"""The lessons behind their addresses: marimo's server for each, with all of it shut that a lesson does not need.

marimo's server can save, run and read files when it edits; as it serves a lesson it refuses to, and here it is not
even asked: only the few addresses in `ALLOWED` reach it.
"""

import asyncio
import logging
import re
import threading
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitral.course import Row
from vitral.course.texts import read_text
from vitral.web.assets import marimo_prefix
from vitral.web.languages import asked_language, language_of
from vitral.web.pages import notice_html
from vitral.web.shell import dress, policy_of

ALLOWED = (
    ("http", ("GET", "HEAD"), re.compile(r"/health")),
    ("http", ("GET", "HEAD"), re.compile(r"/@file/[0-9]+-[A-Za-z0-9_.-]+")),
    ("http", ("POST",), re.compile(r"/api/kernel/set_model_value")),
    ("websocket", (), re.compile(r"/ws")),
)
"""What a lesson's page asks for besides the page itself: whether the server is there, the widgets' script, and the
values that a reader sets; all else comes over the WebSocket."""

MAX_BODY = 256 * 1024
KEPT_FOR = 20
"""Seconds that a lesson's values outlive a lost connection."""

_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_log = logging.getLogger("vitral.web")


class Lessons:
    """The lessons that are ready, by slug.

    Args:
        rows: the lessons.
        max_sessions: how many may be open at once, all lessons together.
    """

    def __init__(self, rows: Iterable[Row], *, max_sessions: int = 64):
        self.rows = {row.slug: row for row in rows}
        self.max_sessions = max_sessions
        self._apps: dict[str, ASGIApp] = {}
        self._managers: dict[str, Any] = {}
        self._sockets: Counter[tuple[str, str]] = Counter()
        self._pages: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what was asked of /SLUG/…; the slug is one of `rows`."""
        slug, _, rest = scope["path"].lstrip("/").partition("/")
        row, path = self.rows[slug], f"/{rest}"
        if scope["type"] == "http" and path == "/" and scope["method"] in ("GET", "HEAD"):
            await (await self._page(row, scope))(scope, receive, send)
        elif path == "/favicon.ico" and scope["type"] == "http":
            # marimo's script asks for one beside the page.
            await RedirectResponse("/favicon.svg", headers={"cache-control": "public, max-age=86400"})(
                scope, receive, send
            )
        elif not _is_allowed(scope, path):
            await _refuse(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._connect(row, scope, receive, send)
        elif scope["method"] == "POST":
            await self._set_value(row, scope, receive, send)
        else:
            await (await self.app(row))(_without_query(scope), receive, send)

    async def app(self, row: Row) -> ASGIApp:
        """marimo's server of one lesson; made when it is first asked for."""
        if row.slug not in self._apps:
            await asyncio.to_thread(self._build, row)
        return self._apps[row.slug]

    def build(self) -> None:
        """Make all the servers now."""
        for row in self.rows.values():
            self._build(row)

    def n_sessions(self) -> int:
        """How many lessons are open, or about to be, or were until a moment ago."""
        return len(self._taken())

    def close(self) -> None:
        """Close every session. Call it in the server's event loop."""
        for slug, session_id in self._sessions():
            self._managers[slug].close_session(session_id)

    def _taken(self) -> set[tuple[str, str]]:
        """(slug, session's id) of each seat that is not free."""
        return {*self._sessions(), *self._sockets}

    def _sessions(self) -> list[tuple[str, str]]:
        """(slug, id) of each session that marimo has."""
        return [
            (slug, session_id)
            for slug, manager in list(self._managers.items())
            for session_id in list(manager.sessions)
        ]

    def _build(self, row: Row) -> None:
        with self._lock:
            if row.slug not in self._apps:
                self._apps[row.slug] = self._built(row)

    def _built(self, row: Row) -> ASGIApp:
        import marimo

        # Keras imports it, in another thread, when it is first needed. If that comes while a page is computed, marimo
        # closes figures after the page's next cell before it is able to, and the rest of the page never comes.
        import_module("matplotlib")

        def configure(app: Any) -> Any:
            # As the reader's system is, light or dark; and nothing of what the user set for notebooks of their own.
            # A lesson from outside does not know where the course's style sheet is.
            css = [str(course_css())] if row.place is not None else []
            display = {"theme": "system", "custom_css": css, "default_width": "medium"}
            app.state.config_manager = app.state.config_manager.with_overrides({"display": display})
            self._managers[row.slug] = app.state.session_manager
            return app

        builder = marimo.create_asgi_app(
            quiet=True,
            include_code=False,
            skew_protection=False,
            session_ttl=KEPT_FOR,
            asset_url=marimo_prefix(),
            show_tracebacks=False,
        )
        root = str(row.folder / "lesson.py")
        return builder.with_app(path=f"/{row.slug}", root=root, middleware=[configure]).build()

    async def _page(self, row: Row, scope: Scope) -> Response:
        language = asked_language(scope)
        if language is None:
            return RedirectResponse(
                f"/{row.slug}/?lang={language_of(scope)}",
                status_code=307,
                headers={"vary": "Accept-Language", "cache-control": "no-store"},
            )
        if not self._has_seat():
            return HTMLResponse(notice_html("full", language), 503, headers={"retry-after": "60"})
        if (row.slug, language) not in self._pages:
            html = await _fetch(await self.app(row), scope)
            text = await asyncio.to_thread(read_text, row.folder, language)
            self._pages[row.slug, language] = await asyncio.to_thread(dress, html, row=row, text=text)
        page = self._pages[row.slug, language]
        return HTMLResponse(page, headers={"cache-control": "no-cache", "content-security-policy": policy_of(page)})

    async def _connect(self, row: Row, scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        session_id, language = query.get("session_id", ""), asked_language(scope)
        app = await self.app(row)
        seat = (row.slug, session_id)
        if not _SESSION.fullmatch(session_id) or not (seat in self._taken() or self._has_seat()):
            await receive()
            await send({"type": "websocket.close", "code": 1013, "reason": "full"})
            return
        kept = {"session_id": session_id, "lang": language or language_of(scope)}
        self._sockets[seat] += 1  # marimo has no session before it has accepted, and several may come at once
        try:
            await app({**scope, "query_string": urlencode(kept).encode()}, receive, send)
        finally:
            self._sockets[seat] -= 1
            self._sockets += Counter()  # drops what is down to none

    async def _set_value(self, row: Row, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a value that a reader has set to marimo: of a page that is open, and no longer than a value can be.

        Only a page's script reads the answers. What makes no sense ends in a line in the log, not in a traceback: a
        page that was open before the course was started anew keeps sending.
        """
        body = await _body_of(receive)
        if body is None:
            return
        if len(body) > MAX_BODY:
            await Response(status_code=413)(scope, receive, send)
        elif (row.slug, Headers(scope=scope).get("marimo-session-id", "")) not in self._sessions():
            await Response(status_code=410)(scope, receive, send)
        else:
            app = await self.app(row)
            try:
                await app(_without_query(scope), _once(body), send)
            except Exception as error:  # marimo has answered 500 before it raised
                _log.warning("lesson %s: a page sent what is no value: %r", row.number, error)

    def _has_seat(self) -> bool:
        """Whether one more lesson may open; those that nobody looks at any more make room."""
        if self.n_sessions() >= self.max_sessions:
            for slug, session_id in self._sessions():
                if (slug, session_id) not in self._sockets:
                    self._managers[slug].close_session(session_id)
        return self.n_sessions() < self.max_sessions


def course_css() -> Path:
    """The style sheet that every lesson's page has."""
    return Path(str(files("vitral.course.lessons").joinpath("course.css")))


def _is_allowed(scope: Scope, path: str) -> bool:
    return any(
        scope["type"] == kind and (kind == "websocket" or scope["method"] in methods) and pattern.fullmatch(path)
        for kind, methods, pattern in ALLOWED
    )


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        return
    kind = "missing" if scope["method"] in ("GET", "HEAD") else "unused"
    answer = HTMLResponse(notice_html(kind, language_of(scope)), 404 if kind == "missing" else 403)
    await answer(scope, receive, send)


def _without_query(scope: Scope) -> Scope:
    """marimo reads `file`, `kiosk` and more from a query; a lesson needs none."""
    return {**scope, "query_string": b""}


async def _body_of(receive: Receive) -> bytes | None:
    """A request's body, read until it is longer than `MAX_BODY`; None if the reader has gone."""
    body, is_more = b"", True
    while is_more and len(body) <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body


def _once(body: bytes) -> Receive:
    """What an app receives of a request that has been read already."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


async def _fetch(app: ASGIApp, scope: Scope) -> str:
    """The page that marimo's server makes, asked for within this process."""
    status, body = 0, b""

    async def send(message: Message) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    inner = {**scope, "method": "GET", "query_string": b"", "headers": [(b"host", b"localhost")]}
    await app(inner, _once(b""), send)
    if status != 200:
        raise RuntimeError(f"marimo answered {status} for {scope['path']}")
    return body.decode()
