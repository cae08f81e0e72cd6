"""Who may speak to the server: pure ASGI, around everything, for pages and WebSockets alike.

Another site that a reader has open must not reach the lessons, which compute in the reader's own process. Three rules
keep it out: the Host has to be this server's own name (a foreign name that resolves to 127.0.0.1 is refused), what is
no plain reading has to come from this server's own pages (Origin), and away from the loopback interface a visitor
needs the token that the command printed.
"""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitral.web.languages import language_of
from vitral.web.pages import notice_html

COOKIE = "vitral-token"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
READING = ("GET", "HEAD")
_FOR_ALL = ("/web/gallery.css", "/favicon.svg", "/favicon.ico")  # what dresses the notice to a visitor without token

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_PLAIN_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; script-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """The values of the Host header that mean this server, bound to `host` and `port`.

    All in lower case. A server on every interface answers to the machine's own names; addresses in digits are let
    through by the gate itself, since a foreign *name* is what an attack needs.
    """
    names = {*LOOPBACK_NAMES, *(_own_names() if is_wildcard(host) else [_in_header(host)])}
    return frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())


def is_wildcard(host: str) -> bool:
    """Whether `host` means every interface of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def _in_header(host: str) -> str:
    """`host` as a browser writes it: small letters, and IPv6 addresses at their shortest, in brackets."""
    return f"[{ipaddress.ip_address(host).compressed}]" if ":" in host else host.lower()


def _own_names() -> set[str]:
    """What this machine is called on its network. No name server is asked: that can take many seconds."""
    name = socket.gethostname().lower().strip(".")
    first = name.partition(".")[0]
    return {name, first, f"{first}.local"} if first else set()


class Gate:
    """Lets a request through to `app`, or answers it.

    Args:
        app: what is behind.
        hosts: what the Host header may say, ports included, in lower case.
        token: what a visitor has to know; None where only this machine reaches the server.
        digits_at: the port at which the Host may also be any address in digits; None where it may not.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], token: str | None = None, digits_at: int | None = None):
        self.app = app
        self.hosts = frozenset(hosts)
        self.token = token
        self.digits_at = digits_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self.refusal(scope)
        send = _with_headers(send) if scope["type"] == "http" else send
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            # Closed before it was accepted: the server answers the handshake with 403.
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})

    def refusal(self, scope: Scope) -> Response | None:
        """What to answer instead of the page; None lets the request through."""
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not self._is_host(host) or len(headers.getlist("host")) != 1:
            return _notice("elsewhere", scope, 421)
        if scope["type"] == "websocket" or scope["method"] not in READING:
            if not self._is_own(headers.get("origin"), host):
                return _notice("foreign", scope, 403)
        return self._without_token(scope, headers) if self.token else None

    def _is_host(self, host: str) -> bool:
        if host in self.hosts or self.digits_at is None:
            return host in self.hosts
        name = host.removesuffix(f":{self.digits_at}")
        if name == host and self.digits_at != 80:  # browsers leave out the port that is the usual one
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    @staticmethod
    def _is_own(origin: str | None, host: str) -> bool:
        return origin is not None and origin.lower() in (f"http://{host}", f"https://{host}")

    def _without_token(self, scope: Scope, headers: Headers) -> Response | None:
        assert self.token is not None
        if scope["type"] == "http" and scope["path"] in _FOR_ALL:
            return None
        if any(hmac.compare_digest(value.encode(), self.token.encode()) for value in _cookies(headers)):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if scope["type"] == "http" and given and hmac.compare_digest(given[0].encode(), self.token.encode()):
            return _welcome(scope["path"], [(name, value) for name, value in query if name != "token"], self.token)
        return _notice("stranger", scope, 401)


def _welcome(path: str, query: list[tuple[str, str]], token: str) -> Response:
    """Keeps the token in a cookie and goes on to the same address without it.

    A page that goes on by itself, not a redirect: a strict cookie is not sent along a chain of redirects that began
    on another site, in a letter for instance.
    """
    target = escape("/" + quote(path.lstrip("/\\")) + (f"?{urlencode(query)}" if query else ""))
    answer = HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Vitral</title>'
        f'<meta http-equiv="refresh" content="0;url={target}"></head>'
        f'<body><a href="{target}">Vitral</a></body></html>',
        headers={"cache-control": "no-store"},
    )
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", path="/")
    return answer


def _notice(kind: str, scope: Scope, status: int) -> Response:
    return HTMLResponse(notice_html(kind, language_of(scope)), status)


def _cookies(headers: Headers) -> list[str]:
    pairs = [pair.strip().partition("=") for line in headers.getlist("cookie") for pair in line.split(";")]
    return [value for name, _, value in pairs if name == COOKIE]


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [name for name, _ in _HEADERS]
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in own]
            if not any(name.lower() == b"content-security-policy" for name, _ in kept):
                kept.append((b"content-security-policy", _PLAIN_POLICY))
            message = {**message, "headers": [*kept, *_HEADERS]}
        await send(message)

    return send_with_headers
