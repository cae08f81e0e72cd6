"""The course's server: the gallery at /, each lesson and lab at /SLUG/, their files; the gate around all of it."""

import logging
import threading
from collections.abc import Callable

from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitral._errors import ArgumentError
from vitral.course import ROWS, ready_labs, ready_rows
from vitral.web.assets import find_asset, send_asset
from vitral.web.gate import Gate, allowed_hosts, is_loopback, is_wildcard
from vitral.web.languages import language_of
from vitral.web.lessons import Lessons
from vitral.web.pages import gallery_html, lab_html, notice_html

_log = logging.getLogger("vitral.web")


class Course:
    """Everything behind the gate.

    Args:
        lessons: what there is to open.
        on_start: called when the server starts.
        prepare: called with `lessons` in a thread after that.
    """

    def __init__(
        self, lessons: Lessons, *, on_start: Callable[[], None] | None, prepare: Callable[[Lessons], None] | None
    ):
        self.lessons = lessons
        self.on_start = on_start
        self.prepare = prepare

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection; what fails becomes a page that says so."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._answer(scope, receive, send_and_note)
        except Exception:
            if has_begun or scope["type"] != "http":
                raise  # the server says so, and ends the connection
            _log.exception("%r failed", scope["path"])  # quoted: a path may hold line breaks
            answer = HTMLResponse(notice_html("failed", language_of(scope)), 500)
            await answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start and end with the server."""
        await receive()
        if self.prepare is not None:
            threading.Thread(target=self.prepare, args=(self.lessons,), name="vitral-prepare", daemon=True).start()
        if self.on_start is not None:
            self.on_start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.lessons.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        slug, slash, _ = scope["path"].lstrip("/").partition("/")
        if slug in self.lessons.rows and slash:
            await self.lessons(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        elif scope["method"] in ("GET", "HEAD") and (found := find_asset(scope["path"])) is not None:
            await send_asset(found, scope, send)
        else:
            await self._page(scope)(scope, receive, send)

    def _page(self, scope: Scope) -> Response:
        path, language = scope["path"], language_of(scope)
        vary = {"vary": "Accept-Language", "cache-control": "no-cache"}
        if scope["method"] not in ("GET", "HEAD"):
            return HTMLResponse(notice_html("unused", language), 405, headers={**vary, "allow": "GET, HEAD"})
        if path == "/":
            return HTMLResponse(gallery_html(language), headers=vary)
        slug = path.strip("/")
        if slug in self.lessons.rows:
            return RedirectResponse(f"/{slug}/?lang={language}", 307, headers=vary)
        lab = next((row for row in ready_labs() if row.slug == slug), None)
        if lab is not None:
            return HTMLResponse(lab_html(lab, language), headers=vary)
        kind = "soon" if slug in {row.slug for row in ROWS} else "missing"
        return HTMLResponse(notice_html(kind, language), 404, headers=vary)


def create_app(
    *,
    host: str = "127.0.0.1",
    port: int,
    token: str | None = None,
    max_sessions: int = 64,
    on_start: Callable[[], None] | None = None,
    prepare: Callable[[Lessons], None] | None = None,
) -> ASGIApp:
    """The course's server as an ASGI app.

    Args:
        host: what it listens on. port: where.
        token: what visitors need; a server that other machines reach must have one.
        max_sessions: how many lessons may be open at once.
        on_start: called when the server starts. prepare: called with its lessons in a thread after that.
    """
    if token is None and not is_loopback(host):
        raise ArgumentError(f"token must be given for a server on {host!r}: got None. Pass `new_token()`.")
    course = Course(Lessons(ready_rows(), max_sessions=max_sessions), on_start=on_start, prepare=prepare)
    digits = port if is_wildcard(host) else None
    return Gate(course, hosts=allowed_hosts(host, port), token=token, digits_at=digits)
