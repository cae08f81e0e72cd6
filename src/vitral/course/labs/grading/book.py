"""The grade book: results kept as they come, a CSV for the teacher and for Moodle, a page for each student.

Each result is a small file of its own, written whole or not at all, with the hash of what was graded and of the lab:
who grades again after an interruption goes on where it ended, and a submission that has changed is graded anew.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vitral import __version__
from vitral._checks import readable
from vitral.course.labs.feedback import Outcome, feedback_text
from vitral.course.labs.grading.intake import Handed
from vitral.course.labs.grading.judging import Graded
from vitral.course.labs.lab import Lab
from vitral.course.labs.notes import say
from vitral.course.syllabus import LANGUAGES
from vitral.runs.folder import write_file

Row = dict[str, Any]  # what is kept of one student

# A spreadsheet may split at other marks than commas, by its country, so what follows one of them begins a cell, too.
_FORMULA = re.compile(r"""((?:^|[,;\t\r\n])[\s"]*)(?=[=+\-@|%＝＋－＠]|\Z(?<=[\t\r\n]))""")
_KEPT = ".results"
_LABS = Path(__file__).parents[1]
WORDS = {
    "en": {"sandbox": "Run in a sandbox ({tool}).", "none": "Run without a sandbox.", "file": "File"},
    "es": {"sandbox": "Ejecutada en un entorno aislado ({tool}).", "none": "Ejecutada sin aislar.", "file": "Fichero"},
}
MOODLE = {  # the headings of Moodle's grading worksheet (mod/assign/feedback/offline there), in the teacher's language
    "en": ("Identifier", "Full name", "Grade", "Maximum grade", "Last modified (grade)", "Feedback comments"),
    "es": (
        "Identificador",
        "Nombre completo",
        "Calificación",
        "Calificación máxima",
        "Última modificación (calificación)",
        "Comentarios de retroalimentación",
    ),
}


def digest(lab: Lab, content: bytes, handed: Handed, *how: object) -> str:
    """What a result depends on: the submission, the lab and the judging code as they are, how it is run."""
    sha = hashlib.sha256(repr((__version__, lab.number, handed.file, handed.status, handed.reason, how)).encode())
    for folder in (_LABS, _LABS / "grading", lab.folder):
        for path in sorted([*folder.glob("*.py"), *folder.glob("*.toml")]):
            sha.update(hashlib.sha256(path.read_bytes()).digest())
    sha.update(content)
    return sha.hexdigest()


def row_of(lab: Lab, handed: Handed, graded: Graded, *, digest: str, tool: str) -> Row:
    """What is kept of one student, as JSON has it."""
    outcomes = {
        task.name: Outcome(
            status=status,
            points=task.points if status == "ok" else 0.0,
            verdict=verdict if _has_words(verdict) else None,
            printed=graded.printed.get(task.name, ""),
        )
        for task, verdict, status in graded.results
    }
    texts = {}
    for language in LANGUAGES:
        words = WORDS[language]
        how = words["none"] if tool == "none" else words["sandbox"].format(tool=tool)
        notes = [f"{words['file']}: {_code(handed.file)}", how, *(say(note, language, _code) for note in graded.notes)]
        texts[language] = feedback_text(lab, handed.name, outcomes, language=language, notes=notes)
    return {
        "digest": digest,
        "identifier": handed.identifier,
        "name": handed.name,
        "file": handed.file,
        "points": {name: outcome.points for name, outcome in outcomes.items()},
        "statuses": {name: outcome.status for name, outcome in outcomes.items()},
        "total": graded.total,
        "status": graded.status,
        "sandbox": tool,
        "graded": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu_seconds": round(graded.cpu_seconds, 2),
        "notes": [say(note, "en") for note in graded.notes],
        "feedback": texts,
    }


def _has_words(verdict: Any) -> bool:
    return bool(verdict.is_right or verdict.hint or verdict.expected or verdict.got)


def _code(text: str) -> str:
    """A stranger's words as code, so that a page shows them and does nothing else with them."""
    return "`" + readable(text, " ").replace("`", "'") + "`"


def keep(folder: Path, key: str, row: Row) -> None:
    """Write one student's result; a grader that is killed leaves the old one or the new one."""
    kept = folder / _KEPT
    kept.mkdir(parents=True, exist_ok=True)
    write_file(kept / f"{key}.json", json.dumps(row, ensure_ascii=False, indent=1).encode())


def kept(folder: Path, key: str, digest: str) -> Row | None:
    """A student's result of an earlier time, if it is of the same submission and lab."""
    try:
        row = json.loads((folder / _KEPT / f"{key}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return row if isinstance(row, dict) and row.get("digest") == digest else None


def write_book(
    lab: Lab, csv_file: Path, folder: Path, rows: Mapping[str, Row], *, language: str, out_of: float | None = None
) -> None:
    """Write the CSV and a page for each student, by key, into `folder`.

    Grades are points, or scaled so that all points are `out_of`. The columns of Moodle's grading worksheet come first;
    who has been given a grade there later than here keeps it.
    """
    for key, row in rows.items():
        write_file(folder / f"{key}.md", (row["feedback"][language] + "\n").encode())
    names = [task.name for task in lab.tasks]
    most = sum(task.points for task in lab.tasks)
    scale = 1.0 if out_of is None else out_of / most
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(
        [*MOODLE[language], "file", *names, *(f"{name} status" for name in names), "total", "status", "sandbox"]
    )
    for row in sorted(rows.values(), key=lambda row: (row["name"].casefold(), row["identifier"])):
        short = "; ".join(f"{name}: {row['points'][name]:g} ({row['statuses'][name]})" for name in names)
        cells: Sequence[Any] = [
            row["identifier"], row["name"], _number(row["total"] * scale), _number(most * scale), row["graded"],
            short, row["file"],
            *(_number(row["points"][name]) for name in names), *(row["statuses"][name] for name in names),
            _number(row["total"]), row["status"], row["sandbox"],
        ]  # fmt: skip
        table.writerow([safe_cell(cell) for cell in cells])
    write_file(csv_file, text.getvalue().encode("utf-8-sig"))


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, nor any part of it."""
    return _FORMULA.sub(r"\1'", text)


def _number(value: float) -> str:
    return f"{round(value, 4):g}"
