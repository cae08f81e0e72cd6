"""What students hand in, before anything of it is run: zips, folders, links, names, sizes, and cells of the table."""

import csv
import io
import json
import os
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_lab import GOOD, make_lab

from vitral._errors import ArgumentError
from vitral.course.labs.grading import intake
from vitral.course.labs.grading.book import safe_cell
from vitral.course.labs.grading.grade import grade, plan
from vitral.course.labs.grading.intake import UnreadableError, take_in
from vitral.course.labs.notes import say
from vitral.course.labs.submission import SubmissionError, take

MOODLE = "García Pérez Ana_1234567_assignsubmission_file_"


def zipped(path, entries):
    """A zip of (name or ZipInfo, content) pairs."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def taken(path):
    """(status, sentence in English, file) by the student's name."""
    return {
        one.name: (one.status, say(one.reason, "en") if one.reason else "", one.file) for one in take_in(path)
    }  # fmt: skip


def linked(name):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o120777 << 16
    return entry


# ---------------------------------------------------------------- zips


@pytest.mark.parametrize(
    "name", ["../../ana.py", "/etc/ana.py", "a/../../ana.py", "..\\ana.py", "C:/ana.py", "C:\\ana.py", "\\ana.py"]
)
def test_a_path_out_of_the_zip_is_refused_and_is_nobody_elses(tmp_path, name):
    path = zipped(tmp_path / "class.zip", [("ana.py", GOOD), ("eva.py", GOOD), (name, "print('hostile')")])
    before = sorted(tmp_path.parent.rglob("*"))
    found = taken(path)
    assert found["ana"] == ("", "", "ana.py")
    (other,) = set(found) - {"ana", "eva"}
    assert found[other][:2] == ("refused", "Its path leads out of the zip.")
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_links_in_a_zip_are_refused(tmp_path):
    path = zipped(tmp_path / "class.zip", [("ana.py", GOOD), (linked("eva.py"), "/etc/passwd")])
    assert taken(path)["eva"] == ("refused", "It is a link, which is not followed.", "eva.py")


def test_a_bomb_is_refused_alone(tmp_path):
    path = zipped(
        tmp_path / "class.zip", [("ana.py", GOOD), ("eva.py", bytes(8 << 20)), ("leo.ipynb", bytes(40 << 20))]
    )
    found = taken(path)
    assert found["ana"][0] == ""
    for name in ("eva", "leo"):
        assert found[name][:2] == ("refused", "It is packed too tightly to be a notebook.")


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_says(tmp_path):
    """The size in its table of contents is a small one, what unpacks is 40 MiB."""
    path = zipped(tmp_path / "class.zip", [("ana.py", GOOD), ("eva.py", os.urandom(64) * (40 << 14))])
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    one = next(one for one in take_in(path) if one.name == "eva")
    with pytest.raises(UnreadableError) as error:
        one.read()
    assert error.value.note.key == "not_unpacked"
    assert len(say(error.value.note, "es")) < 500


def test_too_many_files_or_too_much_in_all_is_no_class(tmp_path, monkeypatch):
    many = zipped(tmp_path / "many.zip", [(f"{n}/x.py", b"") for n in range(intake.MOST_FILES + 1)])
    with pytest.raises(ArgumentError, match="at most 10000 files"):
        take_in(many)
    monkeypatch.setattr(intake, "LARGEST_ZIP", 1 << 20)
    large = zipped(tmp_path / "large.zip", [(f"{n}.py", bytes(1 << 19)) for n in range(3)])
    with pytest.raises(ArgumentError, match="FOLDER must hold at most"):
        take_in(large)
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.setattr(intake, "MOST_FILES", 3)
    for n in range(4):
        (folder / f"{n}.py").touch()
    with pytest.raises(ArgumentError, match="at most 3 files"):
        take_in(folder)


def test_zips_in_a_zip_encrypted_ones_and_broken_ones(tmp_path):
    inner = zipped(tmp_path / "inner.zip", [("lab1.py", GOOD)]).read_bytes()
    path = zipped(
        tmp_path / "class.zip", [("ana.py", GOOD), ("eva/work.zip", inner), ("leo.py", GOOD), ("mia.py", GOOD)]
    )
    content = bytearray(path.read_bytes())
    at = content.index(b"leo.py", content.index(b"PK\x01\x02")) - 46
    content[at + 8] |= 1  # encrypted, as the table of contents says
    at = content.index(b"mia.py") + len(b"mia.py")
    content[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    found = taken(path)
    assert found["eva"] == ("missing", "There is no .ipynb or .py file: work.zip.", "work.zip")
    assert found["leo"][:2] == ("refused", "It is encrypted.")
    mia = next(one for one in take_in(path) if one.name == "mia")
    with pytest.raises(UnreadableError):
        mia.read()
    path.write_bytes(content[:-30])
    with pytest.raises(ArgumentError, match="FOLDER must be a folder or a zip"):
        take_in(path)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_bytes_in_a_zip_raise_anything_else(tmp_path_factory, noise, at):
    path = zipped(tmp_path_factory.mktemp("zip") / "class.zip", [("ana.py", GOOD), ("b/eva.ipynb", "{}")])
    content = bytearray(path.read_bytes())
    content[at : at + len(noise)] = noise
    path.write_bytes(content)
    try:
        handed = take_in(path)
    except ArgumentError:
        return
    for one in handed:
        try:
            one.read()
        except UnreadableError:
            continue


# ---------------------------------------------------------------- folders


def test_links_pipes_and_folders_that_are_links_are_refused(tmp_path):
    secret, work = tmp_path / "secret", tmp_path / "work"
    for folder in (secret, work, work / "leo"):
        folder.mkdir()
    (secret / "solution.py").write_text(GOOD)
    (work / "ana.py").write_text(GOOD)
    (work / "eva.py").symlink_to(secret / "solution.py")
    (work / "leo" / "inner").symlink_to(secret)
    (work / "mia.py").symlink_to("nowhere")
    os.mkfifo(work / "noa.py")
    found = taken(work)
    assert found["ana"][0] == ""
    for name in ("eva", "leo", "mia"):
        assert found[name][:2] == ("refused", "It is a link, which is not followed.")
    assert found["noa"][:2] == ("refused", "It is no file.")


def test_the_table_and_the_feedback_are_no_students_of_theirs(tmp_path):
    (tmp_path / "ana.py").write_text(GOOD)
    lab, book = make_lab(tmp_path / "lab"), tmp_path / "grades.csv"
    for _ in range(2):
        planned = plan(lab, tmp_path, book, tool="none")
        assert [one.name for one in planned.handed] == ["ana"]
        (tmp_path / "grades-feedback").mkdir(exist_ok=True)
        (tmp_path / "grades-feedback" / "ana.py").touch()
        book.touch()


def test_what_was_exchanged_for_a_link_meanwhile_is_not_followed(tmp_path):
    (tmp_path / "ana.py").write_text(GOOD)
    (one,) = take_in(tmp_path)
    (tmp_path / "ana.py").unlink()
    (tmp_path / "ana.py").symlink_to("/etc/passwd")
    with pytest.raises(UnreadableError):
        one.read()


def test_a_huge_notebook_is_refused_unread(tmp_path):
    with (tmp_path / "eva.ipynb").open("wb") as file:
        file.truncate(200 << 20)  # a hole: it costs no disk
    (tmp_path / "ana.py").write_text(GOOD)
    sentence = "It has 200 MiB, and at most 32 are read. Clear its outputs."
    assert taken(tmp_path)["eva"][:2] == ("refused", sentence)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("form", ["folder", "zip", "flat zip"])
def test_moodles_downloads(tmp_path, form):
    """Two students of one name are two; a text that was typed beside the file, and hidden files, are passed over."""
    others = [
        (MOODLE.replace("1234567", "7654321"), "lab1.ipynb"),
        ("O'Neill-Ñu Zoë_42_assignsubmission_file_", "práctica 1 (final).py"),
    ]
    files = [f"{top}/{name}" for top, name in [(MOODLE, "lab1.py"), *others]]
    files += [f"{MOODLE.replace('file', 'onlinetext')}/onlinetext.html", f"{MOODLE}/.ipynb_checkpoints/lab1.py"]
    files += [f"__MACOSX/{MOODLE}/._lab1.py", ".DS_Store"]
    if form == "flat zip":
        files = [file.replace("_/", "_") for file in files if "/." not in file]
    if form == "folder":
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(GOOD)
        path = tmp_path
    else:
        path = zipped(tmp_path / "class.zip", [(file, GOOD) for file in files])
    handed = take_in(path)
    assert [(one.identifier, one.name, one.status) for one in handed] == [
        ("Participant 1234567", "García Pérez Ana", ""),
        ("Participant 7654321", "García Pérez Ana", ""),
        ("Participant 42", "O'Neill-Ñu Zoë", ""),
    ]
    assert len({one.key for one in handed}) == 3


def test_two_files_of_one_student_are_refused_with_their_names(tmp_path):
    composed, decomposed = "Jose\u0301", "Jos\u00e9"
    files = [("ana.py", GOOD), ("Ana.ipynb", "{}"), (f"{composed}.py", GOOD), (f"{decomposed}/lab1.py", GOOD)]
    files += [("eva/a.py", GOOD), ("eva/b.py", GOOD), ("leo.py", GOOD)]
    with pytest.warns(UserWarning, match="Duplicate name"):
        handed = taken(zipped(tmp_path / "class.zip", [*files, ("mia.py", GOOD), ("mia.py", "# another")]))
    assert {status for name, (status, _, _) in handed.items() if name != "leo"} == {"refused"}
    assert handed["eva"][1] == "There are 2 files, and one is graded: a.py, b.py."
    assert len(handed) == 5


NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=60)


@given(st.lists(NAMES, min_size=2, max_size=8, unique=True))
def test_keys_are_names_for_files_and_nobody_shares_one(names):
    keys = intake._keys(names)
    assert len(set(keys.values())) == len(names)
    for key in keys.values():
        assert len(f"{key}.json.123456.tmp".encode()) < 255
        assert not set(key) & set("/\\.:*?\"<>| \n\t`$'")


def test_a_key_that_is_made_to_be_anothers_is_not():
    key = intake._keys(["x y"])["x y"]
    assert key == "x-y-887fcea6"
    assert len(set(intake._keys(["x y", key]).values())) == 2
    assert len(set(intake._keys([os.fsdecode(b"\xff"), os.fsdecode(b"\xfe")]).values())) == 2


def test_strange_names_are_graded_and_written(tmp_path):
    """A name without UTF-8, one of markup, one that is long: each has a row and a page, which nothing breaks out of."""
    work, book = tmp_path / "work", tmp_path / "book"
    work.mkdir()
    names = [os.fsdecode(b"\xff\xfe"), "<script>`x`", "𐍈" * 60, "=1+1;=2\t@SUM(1)", "a\nb", "\u202etxt", "%n"]
    for name in names:
        (work / f"{name}.txt").write_text("no lab")
    (work / "ana.ipynb").mkdir()  # a folder that is called like a notebook
    (work / "ana.ipynb" / "notes.txt").touch()
    (work / "leo.py").symlink_to("nowhere")
    rows = grade(plan(make_lab(tmp_path / "lab"), work, book / "grades.csv", tool="none"), language="es")
    assert {row["status"] for row in rows.values()} == {"missing", "refused"}
    table = list(csv.DictReader(io.StringIO((book / "grades.csv").read_text("utf-8-sig"))))
    assert len(table) == len(names) + 2
    assert {row["total"] for row in table} == {"0"}
    # What Moodle's upload of a grading worksheet looks for, in Spanish; its date is read by PHP's strtotime.
    assert {"Identificador", "Calificación", "Última modificación (calificación)"} <= table[0].keys()
    for row in table:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", row["Última modificación (calificación)"])
    pages = [page.read_text("utf-8") for page in (book / "grades-feedback").glob("*.md")]
    assert len(pages) == len(table)
    for page in pages:
        assert "<script>" not in page or "`<script>'x'`" in page
        assert "\u202e" not in page
        assert "Ejecutada sin aislar" in page
        assert "There is" not in page
    assert sum("> No hay ningún fichero .ipynb ni .py:" in page for page in pages) == len(table) - 1
    assert sum("> Es un enlace, y no se sigue." in page for page in pages) == 1


# ---------------------------------------------------------------- cells of the table

STARTS = ("=", "+", "-", "@", "\t=", "\r=", "\n=", "  =", "＝", "|", "%")


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", ["", "Ana;", "Ana,", "Ana; ", "Ana\t", "Ana\n", 'Ana";"', 'Ana","'])
def test_no_cell_is_a_formula_in_any_spreadsheet(start, before):
    """Not even where it splits lines at semicolons or tabs, as a Spanish Excel does."""
    text = io.StringIO()
    csv.writer(text).writerow([safe_cell(f"{before}{start}1+1"), "end"])
    for delimiter in (",", ";", "\t"):
        for cells in csv.reader(io.StringIO(text.getvalue()), delimiter=delimiter):
            assert not [
                cell for cell in cells if cell.strip(' \t\r\n"').startswith(("=", "+", "-", "@", "＝", "|", "%"))
            ]


def test_other_cells_stay_as_they_are():
    for text in ("Ana 1+1", "Pérez-Gómez, Ana", "T1: 1 (ok); T2: 0 (wrong)", "0.5", "", "Participant 12"):
        assert safe_cell(text) == text


# ---------------------------------------------------------------- contents


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.py", b"\x89PNG\r\n\0\0", "no_text"),
        ("a.py", b"x = '" + bytes(3 << 20).replace(b"\0", b"a") + b"'", "too_long"),
        ("a.py", b"def f(:", "no_python"),
        ("a.ipynb", b"def f(x): return x", "no_json"),
        ("a.ipynb", b"[" * 100_000, "no_json"),
        ("a.ipynb", b"\xff\xfe\xfd", "no_json"),
        ("a.ipynb", b"9" * 10_000, "no_json"),
        ("a.ipynb", b"[]", "no_cells"),
        ("a.ipynb", b'{"cells": 3}', "no_cells"),
        ("a.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": ["a b"]}]}).encode(), "no_python"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_submission_says_so_in_both_languages(name, content, key):
    with pytest.raises(SubmissionError) as error:
        take(content, name)
    assert error.value.note.key == key
    assert str(error.value) == say(error.value.note, "en")
    assert say(error.value.note, "es").startswith(f"{name} debe ")
    assert len(str(error.value)) < 700


@pytest.mark.parametrize(
    "content",
    [
        "año = 1\n".encode(), "año = 1\n".encode("latin-1"), "año = 1\r\n".encode("utf-8-sig"),
        "año = 1\n".encode("utf-16"), "año = 1\r".encode(),
    ],
)  # fmt: skip
def test_files_that_are_not_utf8_are_read(content):
    ((_, statement),) = take(content, "a.py").statements
    assert statement.targets[0].id == "año"
