"""`vitral lesson`: one lesson in the browser, as a file to take along, or its claims in the terminal."""

import json
import sys
from pathlib import Path
from typing import NoReturn

from rich import box
from rich.table import Table
from rich.text import Text

from vitral._checks import check_choice, check_new_file
from vitral._errors import ArgumentError, VitralError
from vitral.cli import console
from vitral.cli.words import CLAIMS, claims_verdict

FORMATS = ("html", "ipynb")


def number_of(lesson: str) -> str:
    """The number of what was typed as LESSON: a number, or the folder of a lesson of one's own, which is added."""
    from vitral.course import ROWS, add_lesson

    is_known = lesson.strip().lower().replace("-", ".") in {row.number for row in ROWS}
    if is_known or not lesson or not Path(lesson).is_dir():
        return lesson
    return add_lesson(lesson).number


def export(number: str, *, language: str, form: str, to: Path | None) -> int:
    """Write a lesson as a file and print its path.

    Args:
        number: of the lesson, as "1.2". language: "es" or "en".
        form: html or ipynb.
        to: the file; None takes one in the present folder, named after the lesson.

    Returns:
        The exit code: 0 written; 1 something in the lesson could not be computed, or the file could not be written.
    """
    check_choice("--export", form, FORMATS)
    from vitral._cache import use_compilation_cache
    from vitral.course import lesson
    from vitral.runs.folder import write_file

    found = lesson(number, language)
    file = check_new_file("--out", to or Path(f"vitral-{found.row.slug}-{language}.{form}"))
    use_compilation_cache()
    try:
        if form == "html":
            from vitral.course.export import build_page

            with console.messages().status("…") as status:
                content = build_page(found, on_step=lambda name: status.update(f"{name} …"))
        else:
            from vitral.course.export import build_notebook

            content = json.dumps(build_notebook(found), ensure_ascii=False, indent=1) + "\n"
        write_file(file, content.encode())
    except VitralError as error:
        console.print_error(str(error))
        return console.FAILED
    console.output().print(str(file), soft_wrap=True)
    return console.DONE


def show_claims(number: str, *, language: str, as_json: bool) -> int:
    """Measure the claims of a lesson and print what came out.

    Returns:
        The exit code: 0 where all hold, 1 where one does not.
    """
    from vitral._cache import use_compilation_cache
    from vitral.course import lesson
    from vitral.course.checking import check_all

    row = lesson(number, language).row  # refused before anything is measured
    use_compilation_cache()
    results = []
    with console.messages().status("…") as status:
        for _, result in check_all([row.number], language):
            results.append(result)
            status.update(f"{len(results)} …")
    n_bad = sum(not result.holds for result in results)
    if as_json:
        claims = [{"name": r.name, "statement": r.statement, "measured": r.measured, "holds": r.holds} for r in results]
        verdict = "failed" if n_bad else "done"
        console.print_json({"status": verdict, "lesson": row.number, "language": language, "claims": claims})
        return console.FAILED if n_bad else console.DONE
    words = CLAIMS[language]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 2, 1, 0))
    table.add_column(words["statement"], ratio=1)
    table.add_column(words["measured"], ratio=1)
    table.add_column(words["holds"], justify="center")
    for result in results:
        mark = Text("✓", style="green") if result.holds else Text("✗", style="bold red")
        table.add_row(Text(result.statement), Text(result.measured), mark)
    out = console.output()
    out.print(table)
    out.print(claims_verdict(language, n=len(results), bad=n_bad))
    sys.stdout.flush()
    return console.FAILED if n_bad else console.DONE


def open_lesson(number: str, *, port: int | None, language: str | None, show: bool) -> NoReturn:
    """Serve the course until Ctrl-C, opened at a lesson; then end the process."""
    from vitral.cli.course import leave, open_course
    from vitral.course import lesson

    row = lesson(number).row
    code = open_course(host="127.0.0.1", port=port, language=language, show=show, max_sessions=64, open_at=row.slug)
    leave(code)


def check_together(
    *, language: str | None, form: str | None, to: Path | None, claims: bool, as_json: bool, port: int | None
) -> None:
    """Refuse options that make no sense together, before anything heavy is imported."""
    if language is not None:
        check_choice("--lang", language, tuple(CLAIMS))
    if form is not None:
        check_choice("--export", form, FORMATS)
    if form is not None and claims:
        raise ArgumentError("--export and --claims are two different things: got both. Leave one out.")
    if to is not None and form is None:
        raise ArgumentError(f"--out is for --export: got --out {str(to)!r} alone. Add --export html or --export ipynb.")
    if as_json and not claims:
        raise ArgumentError("--json is for --claims: got it alone. Add --claims, or leave --json out.")
    if port is not None and (claims or form is not None):
        other = "--claims" if claims else "--export"
        raise ArgumentError(f"--port must come without {other}, which serves nothing: got {port}. Leave it out.")
