"""Files for the browser: the gallery's own, and marimo's, at one address for all lessons.

marimo's files carry a checksum in their names, so a browser may keep them for good. Each lesson of marimo's own
server would have its own copy of them under its own address; here they are shared, and the second lesson that a
reader opens finds them all in the browser's cache.
"""

import asyncio
import gzip
import json
import mimetypes
import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import Scope, Send

from vitral.web.pages import FAVICON

_FOLDER = Path(__file__).parent
_OWN = {"/web/gallery.css": "text/css", "/web/ahead.js": "text/javascript"}
_FOREVER = "public, max-age=31536000, immutable"


@cache
def marimo_prefix() -> str:
    """The address below which marimo's files are; another one with each version of marimo."""
    return f"/marimo/{version('marimo')}"


def find_asset(path: str) -> tuple[bytes, str, str] | None:
    """Content, type and caching of the file at `path`; None where there is none."""
    if path in ("/favicon.svg", "/favicon.ico"):
        return FAVICON.encode(), "image/svg+xml", "public, max-age=86400"
    if path in _OWN:
        return _read(_FOLDER / path.removeprefix("/web/")), _OWN[path], "no-cache"
    if path == "/web/ahead.json":
        return json.dumps(page_assets()).encode(), "application/json", "no-cache"
    folder, _, name = path.rpartition("/")
    if folder == f"{marimo_prefix()}/assets" and name in _marimo_names():
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return _read(_marimo_folder() / name), "text/javascript" if name.endswith(".js") else kind, _FOREVER
    return None


async def send_asset(found: tuple[bytes, str, str], scope: Scope, send: Send) -> None:
    """Send a file that `find_asset` found: straight, for a lesson asks for hundreds.

    Packed for readers on other machines; within one machine, packing and unpacking cost more than they save.
    """
    content, kind, caching = found
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode() if kind.startswith("text/") else kind.encode()),
        (b"cache-control", caching.encode()),
        (b"vary", b"Accept-Encoding"),
    ]
    if kind.startswith("text/") and _wants_packed(scope):
        content = await asyncio.to_thread(_packed, content)  # whom it takes long, keeps nobody else waiting
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


def _wants_packed(scope: Scope) -> bool:
    host = (scope.get("client") or ("",))[0]
    encodings = Headers(scope=scope).get("accept-encoding", "")
    return "gzip" in encodings and not (host.startswith("127.") or host == "::1")


@cache
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)


@cache
def second_wave() -> tuple[str, ...]:
    """Addresses of the scripts that a page in run mode needs and that marimo's page does not name.

    A browser would ask for them when the first wave has run, a round trip and a good deal of waiting later.
    """
    entries = [name for name in _marimo_names() if re.fullmatch(r"(?:run-page|katex|mhchem)-[\w-]+\.js", name)]
    return tuple(f"{marimo_prefix()}/assets/{name}" for name in sorted(_with_imports(entries)))


@cache
def page_assets() -> tuple[str, ...]:
    """Addresses of all scripts and style sheets of marimo's that a lesson loads."""
    page = (_marimo_folder().parent / "index.html").read_text(encoding="utf-8")
    first = re.findall(r'(?:src|href)="\./assets/([\w.-]+\.(?:js|css))"', page)
    return tuple(dict.fromkeys((*(f"{marimo_prefix()}/assets/{name}" for name in first), *second_wave())))


def _with_imports(names: list[str]) -> set[str]:
    """`names` and every module that they import at their tops, however far down."""
    found, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found and name in _marimo_names():
            found.add(name)
            waiting += _imports_of(name)
    return found


def _imports_of(name: str) -> list[str]:
    with (_marimo_folder() / name).open(encoding="utf-8") as file:
        source = file.read(2**16)  # imports stand at the top
    return re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', source)


@cache
def _marimo_folder() -> Path:
    spec = find_spec("marimo")  # finds the package without running it
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "_static" / "assets"


@cache
def _marimo_names() -> frozenset[str]:
    return frozenset(path.name for path in _marimo_folder().iterdir() if path.is_file())


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()
