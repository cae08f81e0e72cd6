"""The course as a reader meets it: `vitral course` in a process of its own, and Chromium."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@dataclass
class Course:
    """A course that is open.

    Attributes:
        address: of the gallery, without a slash at its end.
        opening: seconds from the command to the gallery's first byte. closing: from Ctrl-C to the end, once it has.
    """

    address: str
    opening: float
    closing: float | None = None


@contextmanager
def course() -> Iterator[Course]:
    """`vitral course` on a free port, with caches that are empty; ended in any case.

    Raises:
        RuntimeError: it does not start; with what it printed.
    """
    with tempfile.TemporaryDirectory() as cache:
        begin = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "vitral", "course", "--no-browser", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "XDG_CACHE_HOME": cache},
        ) as server:
            assert server.stdout is not None
            try:
                address = _address_in(server.stdout)
                # What it says later is read by nobody; a full pipe would stop it.
                threading.Thread(target=_swallow, args=(server.stdout,), daemon=True).start()
                with urllib.request.urlopen(f"{address}/", timeout=60) as answer:
                    answer.read(1)
                running = Course(address, time.perf_counter() - begin)
                yield running
                running.closing = _end(server)
            finally:
                server.kill()  # what has ended is left in peace


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser that has never seen the course, and asks nobody else for anything; None where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        yield None
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET.split())
        try:
            yield browser
        finally:
            browser.close()


def _swallow(output: IO[str]) -> None:
    with contextlib.suppress(ValueError):  # closed as the server ends
        output.read()


def _address_in(output: Iterable[str]) -> str:
    """The address that the server prints once it is there."""
    printed = ""
    for line in output:
        printed += line
        if found := re.search(r"http://[\w.]+:\d+", printed):
            return found[0]
    raise RuntimeError(f"vitral course did not start: {printed}")


def _end(server: subprocess.Popen[str]) -> float:
    """Press Ctrl-C; the seconds that it takes."""
    begin = time.perf_counter()
    server.send_signal(signal.SIGINT)
    server.wait(30)
    return time.perf_counter() - begin
