"""`vitral lab grade`: a class's submissions, run in sandboxes, judged, and written into a grade book."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vitral._checks import check_choice, check_int, check_new_file, check_number
from vitral._errors import VitralError
from vitral.cli import console, lab

EPILOG = (
    "$ vitral lab grade 1 submissions.zip --csv grades.csv\n\n"
    "$ vitral lab grade 1 submissions --csv grades.csv --jobs 4 --lang es --out-of 10\n\n"
    "FOLDER holds one .ipynb or .py for each student, or is Moodle's download of all submissions, unpacked or not. "
    "Beside grades.csv comes grades-feedback, with a page for each student. Interrupted, the same command goes on "
    "where it ended; what has changed is graded anew.\n\n"
    "Submissions are run where they see no other file and no network, by `bwrap` or Linux's namespaces; on Windows "
    "use WSL, on macOS a container.\n\n"
    "Exit codes: 0 graded, whatever the marks; 1 the grades could not be written; 2 bad input, or no sandbox; "
    "130 interrupted."
)


def grade(
    number: lab.Number,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The submissions: a folder or a zip.")],
    *,
    csv: Annotated[Path, typer.Option(metavar="FILE", help="The grades to write; Moodle imports them.")] = Path(
        "grades.csv"
    ),
    jobs: Annotated[int, typer.Option(metavar="N", help="Submissions to grade side by side.")] = 1,
    lang: lab.Language = "en",
    out_of: Annotated[
        float | None, typer.Option(metavar="GRADE", help="What all points are worth; by default the points.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Grade anew what was graded before.")] = False,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Use no sandbox: every submission can read and write what you can.")
    ] = False,
) -> int:
    """Grade a class's submissions of a lab."""
    check_choice("--lang", lang, ("en", "es"))
    check_int("--jobs", jobs, minimum=1, remedy="Half of the machine's cores is a good number.")
    if out_of is not None:
        check_number("--out-of", out_of, above=0, remedy="Write what full marks are, as in --out-of 10.")
    from vitral.course.labs.catalogue import find_lab
    from vitral.course.labs.grading.grade import grade as grade_class
    from vitral.course.labs.grading.grade import plan
    from vitral.course.labs.grading.sandbox import find_sandbox

    found = find_lab(number)
    csv = check_new_file("--csv", csv)
    planned = plan(found, folder, csv, tool="none" if unsafe else find_sandbox(), again=again)
    messages = console.messages()
    if planned.n_without_tensorflow:
        messages.print(
            f"Note: {planned.n_without_tensorflow} of {len(planned.handed)} submissions import TensorFlow, which is "
            "not installed: they run with Keras in its place, and one that needs TensorFlow itself is refused. Install "
            "it with: pip install 'vitral[tensorflow]'",
            soft_wrap=True,
        )
    columns = TextColumn("{task.description}"), BarColumn(bar_width=20), MofNCompleteColumn(), TimeRemainingColumn()
    bar = Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal)
    try:
        with bar:
            task = bar.add_task("grading", total=len(planned.handed), completed=len(planned.done))
            rows = grade_class(planned, jobs=jobs, language=lang, out_of=out_of, on_result=lambda _: bar.advance(task))
    except VitralError as error:
        console.print_error(str(error))
        return console.FAILED
    statuses = Counter(row["status"] for row in rows.values())
    listed = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    say = console.output()
    say.print(f"{len(rows)} submissions: {listed}", soft_wrap=True)
    say.print(console.short_path(csv), soft_wrap=True)
    say.print(console.short_path(planned.folder), soft_wrap=True)
    return console.DONE
