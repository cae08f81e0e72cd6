"""`vitral course`: the lessons in the browser, or their claims measured in the terminal."""

import os
import sys
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from rich.text import Text

from vitral._checks import check_choice
from vitral._errors import ArgumentError
from vitral._keras import choose_backend
from vitral.cli import console
from vitral.cli.words import COURSE, claims_verdict
from vitral.course import LANGUAGES

HOST, SESSIONS = "127.0.0.1", 64


def open_course(
    *,
    host: str,
    port: int | None,
    language: str | None,
    show: bool,
    max_sessions: int,
    open_at: str = "",
    folders: Sequence[Path] = (),
) -> int:
    """Serve the course until Ctrl-C.

    Args:
        host: what to listen on. port: where; None takes the usual one, or the next that is free.
        language: "es", "en", or None: as the browser prefers.
        show: whether to open the browser.
        max_sessions: how many lessons may be open at once.
        open_at: the slug of the lesson to open; by default the gallery.
        folders: lessons of one's own to show as well.

    Returns:
        The exit code.
    """
    if language is not None:
        check_choice("--lang", language, LANGUAGES)
    if port is not None and not 0 <= port <= 65535:
        raise ArgumentError(f"--port must be between 0 and 65535: got {port}. Choose another, or leave it out.")
    if not host.strip():  # which would mean every address of this machine
        raise ArgumentError(
            f"--host must be a name or an address: got {host!r}. Leave it out, or write 0.0.0.0 for all."
        )
    if max_sessions < 1:
        raise ArgumentError(f"--sessions must be 1 or more: got {max_sessions}. Leave it out for {SESSIONS}.")
    add_lessons(folders)
    choose_backend()
    from vitral.web import PORT, bind, is_loopback, serve

    words = COURSE[language or "en"]
    try:
        listening = bind(host, port)
    except ArgumentError as error:
        raise ArgumentError(f"--{error}") from error
    bound = listening.getsockname()[1]
    out = console.output()
    if port is None and bound != PORT:
        out.print(words["taken"].format(usual=PORT, bound=bound))

    def announce(address: str) -> None:
        out.print(Text.assemble(words["open"], (address, "bold")), soft_wrap=True)
        if not is_loopback(host):
            out.print(words["others"])
        out.print(words["end"])
        sys.stdout.flush()
        if show:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serve(listening, host=host, language=language, open_at=open_at, max_sessions=max_sessions, on_start=announce)
    if out.is_terminal:
        out.print()  # the terminal has written ^C
    out.print(words["goodbye"])
    return console.DONE


def add_lessons(folders: Sequence[Path]) -> None:
    """Add the lessons in these folders to the course."""
    from vitral.course import add_lesson

    for folder in folders:
        try:
            add_lesson(folder)
        except ArgumentError as error:
            raise ArgumentError(str(error).replace("folder must", "--with must", 1)) from error


def check_alone(*, host: str, port: int | None, max_sessions: int) -> None:
    """Refuse what says how the course is served where it is not."""
    for option, value, usual in (
        ("--host", host, HOST),
        ("--port", port, None),
        ("--sessions", max_sessions, SESSIONS),
    ):
        if value != usual:
            raise ArgumentError(
                f"{option} must come without --check, which serves nothing: got {value!r}. Leave it out."
            )


def check_claims(language: str | None = None, folders: Sequence[Path] = ()) -> int:
    """Measure every claim of every lesson and print what came out, each as soon as it is known.

    Args:
        language: of the sentences, "es" or "en"; None takes English.
        folders: lessons of one's own to measure as well.

    Returns:
        The exit code: 0 where all hold, 1 where one does not.
    """
    language = check_choice("--lang", language or "en", LANGUAGES)
    from vitral._cache import use_compilation_cache
    from vitral.course.checking import check_all

    add_lessons(folders)
    use_compilation_cache()
    out = console.output()
    n_claims = n_failed = 0
    for row, claim in check_all(language=language):
        n_claims += 1
        n_failed += not claim.holds
        out.print(
            Text.assemble(
                (f"{row.number:<5}", "bold"),
                (" ✓ " if claim.holds else " ✗ ", "green" if claim.holds else "bold red"),
                f"{claim.statement} — {claim.measured}",
            )
        )
    out.print(claims_verdict(language, n=n_claims, bad=n_failed))
    return console.FAILED if n_failed else console.DONE


def leave(code: int) -> NoReturn:
    """End the process now: threads that train for pages nobody looks at any more would hold it up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
