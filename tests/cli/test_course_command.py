"""`vitral course`: ports, options, Ctrl-C; and the claims in the terminal."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import urlsplit

import pytest

from vitral.cli.words import CLAIMS, COURSE
from vitral.course import ClaimResult, row
from vitral.web import PORT


@pytest.fixture
def taken():
    """A port where another program listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def started(tmp_path):
    """`started("--port", "0")` -> (process, what it printed until the address, the address)."""
    running = []

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-m", "vitral", "course", "--no-browser", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "COLUMNS": "120"},
        )
        running.append(process)
        printed = ""
        for line in process.stdout:
            printed += line
            if found := re.search(r"http://\S+", line):
                return process, printed, found[0]
        raise AssertionError(printed)

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def get(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read().decode()


def test_the_address_that_is_printed_is_the_gallery_in_the_language_asked_for(started):
    _, printed, address = started("--port", "0", "--lang", "es")
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/?lang=es")
    assert '<html lang="es">' in get(address)
    assert "token" not in printed


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_to_with_a_page_open(started, by):
    process, _, address = started("--port", "0", "--lang", "es")
    with socket.create_connection(("127.0.0.1", urlsplit(address).port)) as kept_open:
        kept_open.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert kept_open.recv(12)
        process.send_signal(by)
        rest, _ = process.communicate(timeout=60)  # under 1 s on a machine that does nothing else
    assert process.returncode == (0 if by is signal.SIGINT else -signal.SIGTERM)
    assert "Traceback" not in rest
    assert rest.endswith(f"{COURSE['es']['goodbye']}\n") == (by is signal.SIGINT)


def test_the_usual_port_taken_is_said_and_the_next_one_serves(started):
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", PORT))
            other.listen()
        except OSError:
            pass  # taken by somebody else: all the better
        _, printed, address = started()
        port = urlsplit(address).port
        assert port != PORT
        assert f"Port {PORT} is taken: the course is on {port}." in printed
        assert "<h1>" in get(address)


def test_a_port_asked_for_and_taken_is_one_sentence(vitral_command, taken):
    outcome = vitral_command("course", "--no-browser", "--port", taken)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.strip().splitlines() == [outcome.err.strip()]
    assert f"port must be a free one: got {taken}" in outcome.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", 70000), "port must be between 0 and 65535: got 70000"),
        (("--port", "many"), "--port must be a whole number: got 'many'"),
        (("--lang", "fr"), "lang must be one of"),
        (("--sessions", 0), "sessions must be 1 or more: got 0"),
        (("--host", "203.0.113.7"), "host must be a name or an address of this machine: got '203.0.113.7'"),
        (("--host", "no such host"), "host must be a name or an address of this machine: got 'no such host'"),
    ],
)
def test_bad_options_are_one_sentence(vitral_command, options, words):
    outcome = vitral_command("course", "--no-browser", *options)
    assert outcome.code == 2
    assert words in outcome.err
    assert "Traceback" not in outcome.err


def test_other_machines_need_the_token_that_is_printed_once(started):
    process, printed, address = started("--port", "0", "--host", "0.0.0.0")
    assert printed.count("token=") == 1
    assert process.stdout.readline() == f"{COURSE['en']['others']}\n"
    token, port = re.search(r"token=(\S+)", address)[1], urlsplit(address).port
    assert len(token) >= 32
    for path, status in (("/", 401), (f"/?token={token}", 200), ("/?token=x", 401)):
        try:
            found = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30).status
        except urllib.error.HTTPError as error:
            found = error.code
        assert found == status


def test_the_browser_opens_unless_it_must_not(vitral_command, monkeypatch):
    import vitral.cli.course as command

    opened = queue.Queue()
    monkeypatch.setattr(command, "leave", lambda _code: None)
    monkeypatch.setattr(command.webbrowser, "open", opened.put)
    monkeypatch.setattr(
        "vitral.web.serve", lambda listening, *, on_start, **_: (on_start("http://x/"), listening.close())
    )
    assert vitral_command("course", "--port", 0, "--no-browser").code == 0
    shown = vitral_command("course", "--port", 0)
    assert shown.out.splitlines() == ["The course is open: http://x/", "Ctrl-C ends it.", COURSE["en"]["goodbye"]]
    assert opened.get(timeout=60) == "http://x/"
    assert opened.empty()


@pytest.mark.parametrize(
    ("options", "language", "holds", "verdict"),
    [
        ((), "en", True, "All 2 claims hold."),
        ((), "en", False, "Claims that do not hold: 1 of 2."),
        (("--lang", "es"), "es", True, "Se cumplen las 2 afirmaciones."),
        (("--lang", "es"), "es", False, "Afirmaciones que no se cumplen: 1 de 2."),
    ],
)
def test_check_prints_every_claim_and_says_what_does_not_hold(
    vitral_command, monkeypatch, options, language, holds, verdict
):
    import vitral.course.checking

    asked = []

    def check_all(numbers=None, language="en"):
        asked.append((numbers, language))
        yield row("1.2"), ClaimResult(name="a", statement="Never more than [R/γ]²", measured="12 of 38", holds=True)
        yield row("ref"), ClaimResult(name="b", statement="It goes down", measured="it did", holds=holds)

    monkeypatch.setattr(vitral.course.checking, "check_all", check_all)
    outcome = vitral_command("course", "--check", *options)
    assert asked == [(None, language)]
    assert outcome.code == (0 if holds else 1)
    assert "Never more than [R/γ]² — 12 of 38" in outcome.out
    assert outcome.out.count("✓") == 1 + holds
    assert outcome.out.count("✗") == 1 - holds
    assert outcome.out.rstrip().endswith(verdict)


def test_both_languages_say_the_same_things():
    for words in (COURSE, CLAIMS):
        fields = [{key: sorted(re.findall(r"{(\w+)}", text)) for key, text in said.items()} for said in words.values()]
        assert list(words) == ["en", "es"]
        assert fields[0] == fields[1]


def test_help_says_what_there_is(vitral_command):
    shown = vitral_command("course", "--help")
    assert shown.code == 0
    for option in ("--port", "--host", "--lang", "--no-browser", "--sessions", "--check"):
        assert option in shown.out
