"""`vitral lesson`: opens the course at a lesson, writes it as a file, measures its claims; says what it cannot do."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from vitral.course import ready_rows
from vitral.course.lesson import ClaimResult, Lesson
from vitral.course.texts import read_text

READY = [row.number for row in ready_rows()]


@pytest.fixture
def quick(monkeypatch):
    """Claims that take no time, so that the command is what is tested."""

    def claim(lesson, name):
        block = lesson.text.block("claim", name)
        return ClaimResult(name=name, statement=block.text, measured=f"[{name}]", holds=name != quick_bad[0])

    quick_bad = [None]
    monkeypatch.setattr(Lesson, "claim", claim)
    return lambda name: quick_bad.__setitem__(0, name)


def names(number="1.2", language="en"):
    folder = next(row.folder for row in ready_rows() if row.number == number)
    return [block.name for block in read_text(folder, language).blocks("claim")]


# ---------------------------------------------------------------- claims


@pytest.mark.usefixtures("quick")
def test_claims_as_a_table(vitral_command):
    done = vitral_command("lesson", "1.2", "--claims")
    assert done.code == 0
    assert "Statement" in done.out
    assert "Holds" in done.out
    for name in names():
        assert f"[{name}]" in done.out
    assert done.out.count("✓") == len(names())
    assert done.out.rstrip().endswith(f"All {len(names())} claims hold.")


@pytest.mark.usefixtures("quick")
def test_claims_in_spanish(vitral_command):
    done = vitral_command("lesson", "1-2", "--claims", "--lang", "es")
    assert done.code == 0
    assert "Afirmación" in done.out
    assert done.out.rstrip().endswith(f"Se cumplen las {len(names())} afirmaciones.")


def test_a_claim_that_does_not_hold_is_exit_code_1(vitral_command, quick):
    quick(names()[1])
    done = vitral_command("lesson", "1.2", "--claims")
    assert done.code == 1
    assert done.out.count("✗") == 1
    assert f"Claims that do not hold: 1 of {len(names())}." in done.out
    done = vitral_command("lesson", "1.2", "--claims", "--lang", "es")
    assert done.code == 1
    assert f"Afirmaciones que no se cumplen: 1 de {len(names())}." in done.out


def test_claims_as_json(vitral_command, quick):
    done = vitral_command("lesson", "1.2", "--claims", "--json", "--lang", "es")
    assert done.code == 0
    assert done.json["status"] == "done"
    assert (done.json["lesson"], done.json["language"]) == ("1.2", "es")
    assert [c["name"] for c in done.json["claims"]] == names()
    assert all(c["holds"] is True and c["statement"] and c["measured"] for c in done.json["claims"])
    quick(names()[0])
    done = vitral_command("lesson", "1.2", "--claims", "--json")
    assert done.code == 1
    assert done.json["status"] == "failed"
    assert [c["holds"] for c in done.json["claims"]].count(False) == 1


# ---------------------------------------------------------------- files


def test_a_notebook(vitral_command, tmp_path):
    done = vitral_command("lesson", "1.2", "--export", "ipynb", "--lang", "es")
    assert done.code == 0
    file = tmp_path / "vitral-1-2-es.ipynb"
    assert done.out.strip() == str(file)
    notebook = json.loads(file.read_text(encoding="utf-8"))
    assert notebook["metadata"]["vitral"]["lesson"] == "1.2"
    assert notebook["metadata"]["vitral"]["language"] == "es"


def test_a_page(vitral_command, tmp_path, monkeypatch):
    steps = []

    def build_page(lesson, *, on_step):
        on_step("live turning")
        steps.append((lesson.row.number, lesson.language))
        return "<!doctype html>"

    monkeypatch.setattr("vitral.course.export.build_page", build_page)
    done = vitral_command("lesson", "1.2", "--export", "html", "--out", tmp_path / "page.html")
    assert done.code == 0
    assert done.out.strip() == str(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == "<!doctype html>"
    assert steps == [("1.2", "en")]


def test_a_lesson_that_cannot_be_computed_leaves_no_file(vitral_command, tmp_path, monkeypatch):
    from vitral._errors import VitralError

    def build_page(_lesson, **_more):
        raise VitralError("the panel 'turning' could not be drawn: no.")

    monkeypatch.setattr("vitral.course.export.build_page", build_page)
    done = vitral_command("lesson", "1.2", "--export", "html")
    assert done.code == 1
    assert done.err.strip() == "Error: the panel 'turning' could not be drawn: no."
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("9.9", "--claims"), f"'9.9' is none of the course. Ready: {', '.join(READY)}."),
        (("1.22", "--export", "html"), "Did you mean 1.2?"),
        (("lab4",), "'lab4' is in preparation"),
        (("1.2", "--lang", "fr"), "--lang must be one of the known names: got 'fr'. Known: en, es."),
        (("1.2", "--export", "pdf"), "--export must be one of the known names: got 'pdf'. Known: html, ipynb."),
        (("1.2", "--export", "htm"), "Did you mean 'html'?"),
        (("1.2", "--export", "html", "--claims"), "--export and --claims are two different things"),
        (("1.2", "--out", "x.html"), "--out is for --export"),
        (("1.2", "--json"), "--json is for --claims"),
        (("1.2", "--export", "ipynb", "--out", "no/such/folder/x"), "--out must be in an existing folder"),
        (("1.2", "--export", "ipynb", "--out", "."), "--out must be a file"),
        (("1.2", "--port", "99999"), "port must be between 0 and 65535"),
        ((), "Missing argument"),
    ],
)
def test_bad_input_is_one_sentence(vitral_command, tmp_path, typed, said):
    done = vitral_command("lesson", *typed)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_bad_input_as_json(vitral_command):
    done = vitral_command("lesson", "9.9", "--claims", "--json")
    assert done.code == 2
    assert done.json["status"] == "error"
    assert "none of the course" in done.json["message"]


# ---------------------------------------------------------------- in the browser


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal")
def test_it_opens_the_course_at_the_lesson(tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-m", "vitral", "lesson", "1.2", "--lang", "es", "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    try:
        line = server.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/1-2/\?lang=es", line)
        assert address, line + server.stderr.read()
        with urllib.request.urlopen(address[0], timeout=60) as answer:
            assert answer.status == 200
            assert '<html lang="es"' in answer.read().decode()
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        server.stderr.close()
