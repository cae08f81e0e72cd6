"""Starting and ending the course's server."""

import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable

from vitral._errors import ArgumentError
from vitral.web.app import create_app
from vitral.web.assets import page_assets
from vitral.web.gate import is_loopback, is_wildcard, new_token
from vitral.web.lessons import Lessons

PORT = 8642
N_TRIED = 20


def bind(host: str, port: int | None) -> socket.socket:
    """A socket that listens on `host`.

    Args:
        host: a name or an address of this machine.
        port: the port; None takes `PORT`, or the next that is free.

    Raises:
        ArgumentError: the port is taken, or not ours to take, or the host is none of this machine's.
    """
    tried = [port] if port is not None else [*range(PORT, PORT + N_TRIED), 0]
    for number in tried:
        try:
            return _bound(host, number)
        except (OSError, ValueError) as error:  # a ValueError: what no name can be
            if not isinstance(error, OSError) or _is_no_host(error):
                raise ArgumentError(
                    f"host must be a name or an address of this machine: got {host[:60]!r}. Use 127.0.0.1, or 0.0.0.0 "
                    "to let other machines in."
                ) from None
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise ArgumentError(
        f"port must be a free one: got {port}, where another program listens or which only root may use. Choose "
        "another, or leave --port out."
    )


def _is_no_host(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL


def address_of(host: str, port: int) -> str:
    """The address to open for a server on `host` and `port`."""
    if is_wildcard(host):
        host = _own_address() or socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    listening: socket.socket,
    *,
    host: str,
    language: str | None = None,
    open_at: str = "",
    max_sessions: int = 64,
    on_start: Callable[[str], None],
) -> None:
    """Serve the course until Ctrl-C.

    Args:
        listening: from `bind`.
        host: the same as for `bind`.
        language: of the page that is opened first; None leaves it to the browser.
        open_at: the slug of the lesson that is opened first, as "1-2"; by default the gallery.
        max_sessions: how many lessons may be open at once.
        on_start: called with the address to open, once the server answers.
    """
    import uvicorn

    port = listening.getsockname()[1]
    token = None if is_loopback(host) else new_token()
    query = "&".join(([f"lang={language}"] if language else []) + ([f"token={token}"] if token else []))
    address = f"{address_of(host, port)}/" + (f"{open_at}/" if open_at else "") + (f"?{query}" if query else "")
    app = create_app(
        host=host,
        port=port,
        token=token,
        max_sessions=max_sessions,
        on_start=lambda: on_start(address),
        prepare=get_ready,
    )
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=2**20,
        ws_per_message_deflate=not is_loopback(host),
        timeout_graceful_shutdown=1,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    # uvicorn raises the signal again when it has ended: that is how it was asked to, and no accident.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def get_ready(lessons: Lessons) -> None:
    """Load what lessons need, most needed first, so that a reader does not wait for it."""
    from vitral._cache import use_compilation_cache
    from vitral.course import LANGUAGES, lesson

    page_assets()
    lessons.build()
    for row in lessons.rows.values():
        try:
            for language in LANGUAGES:
                _ = lesson(row.number, language).experiment
        except Exception:  # the other lessons can still be had
            logging.getLogger("vitral.web").exception("lesson %s cannot be loaded", row.number)
    use_compilation_cache()


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere this would share the port with another server
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)  # who comes before the server runs waits, and is not turned away
    except OSError:
        listening.close()
        raise
    return listening


def _own_address() -> str | None:
    """The address of this machine that others on its network see; no packet is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a reserved address: only the routing table is asked
            return probe.getsockname()[0]
        except OSError:
            return None


def _is_news(record: logging.LogRecord) -> bool:
    """Pages that are open when the server ends are no error."""
    return "graceful shutdown" not in record.getMessage()
