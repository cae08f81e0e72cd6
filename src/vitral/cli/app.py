"""The command's words: what can be typed, its help, and how errors end."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from vitral._errors import VitralError
from vitral.cli import console, export, lab, lab_grade, training
from vitral.cli.typed import sentence_of

_COMMANDS = ("train", "sweep", "runs", "report", "export", "tensorboard", "course", "lesson", "lab")

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what was typed after `vitral`; None reads the command line.

    Returns:
        The exit code: 0 done, 1 diverged, damaged or not written, 2 bad input, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    console.escape_what_is_no_text()
    try:
        code = app(arguments, prog_name="vitral", standalone_mode=False)
    except typer.TyperException as error:
        sentence, code = sentence_of(error, arguments, _COMMANDS), console.BAD_INPUT
    except VitralError as error:
        sentence, code = str(error), console.BAD_INPUT
    else:
        return code or console.DONE
    return console.fail(sentence, as_json="--json" in arguments, code=code)


@app.callback(
    invoke_without_command=True,
    epilog=(
        "A learner trains on handwritten digits, opens the report, changes one thing and compares:\n\n"
        "$ vitral train digits\n\n$ vitral train digits --hidden none --epochs 50\n\n$ vitral runs\n\n"
        "A practitioner trains on a table, stops when nothing improves, and reads the result in a script:\n\n"
        "$ vitral train houses.csv --target price --epochs 500 --early-stopping 20 --json\n\n"
        "And tries learning rates, each with five seeds:\n\n"
        "$ vitral sweep houses.csv --target price --over rate=1e-4:0.1:log4 --over seed=0:5\n\n" + console.EXIT_CODES
    ),
)
def vitral(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Train neural networks that you can see through."""
    if version:
        from vitral import __version__

        print(f"vitral {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command(epilog=training.TRAIN_EPILOG)(training.train)
app.command(epilog=training.SWEEP_EPILOG)(training.sweep)


@app.command(epilog="$ vitral runs\n\n$ vitral runs results --json")
def runs(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where the runs are.")] = Path("runs"),
    as_json: training.OnlyJson = False,
) -> int:
    """List the runs and sweeps in a folder: status, data, score, epochs, date."""
    from vitral.cli.listing import list_folder

    return list_folder(folder, as_json=as_json)


@app.command(epilog="$ vitral report runs/digits-20260131-120000 --open\n\n" + console.EXIT_CODES)
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, or of a sweep.")],
    variant: Annotated[
        int | None, typer.Option(metavar="N", help="Which variant of the sweep, from 0; by default the best.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; by default report.html in the run's folder.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Show the report in the browser.")] = False,
) -> int:
    """Write the HTML report of a run, or of a variant of a sweep, and print its path."""
    from vitral.cli.report import report as write

    return write(run, variant=variant, to=out, show=show)


app.add_typer(export.app, name="export")


@app.command(
    epilog=(
        "$ vitral course\n\n$ vitral course --lang es\n\n"
        "A classroom reads from one machine; the address with its token is printed once:\n\n"
        "$ vitral course --host 0.0.0.0 --no-browser\n\n"
        "With a lesson of your own beside the others:\n\n$ vitral course --with my_lesson\n\n"
        "Exit codes: 0 ended with Ctrl-C, or every claim holds; 1 a claim does not; 2 bad input, with one sentence "
        "that says what."
    ),
)
def course(
    *,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="By default 8642, or the next one that is free.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="What to listen on; 0.0.0.0 lets other machines in, with a token.")
    ] = "127.0.0.1",
    lang: Annotated[
        str | None,
        typer.Option(metavar="es|en", help="Of the first page, by default the browser's; or of --check."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser; print the address only.")] = False,
    sessions: Annotated[int, typer.Option(metavar="N", help="Lessons that may be open at once.")] = 64,
    folders: Annotated[
        list[Path] | None,
        typer.Option("--with", metavar="FOLDER", help="Show a lesson of your own, too; again for another."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Serve nothing: measure what the lessons state, and say what holds.")
    ] = False,
) -> int:
    """Open the course: live lessons in Spanish and English, in the browser, until Ctrl-C."""
    from vitral.cli.course import check_alone, check_claims, leave, open_course

    if check:
        check_alone(host=host, port=port, max_sessions=sessions)
        return check_claims(lang, folders or ())
    return leave(
        open_course(
            host=host, port=port, language=lang, show=not no_browser, max_sessions=sessions, folders=folders or ()
        )
    )


@app.command(
    epilog=(
        "$ vitral lesson 1.2\n\n$ vitral lesson 1.2 --lang es --export html --out perceptron.html\n\n"
        "$ vitral lesson 1.2 --export ipynb\n\n$ vitral lesson 1.2 --claims\n\n"
        "Exit codes: 0 done; 1 a claim does not hold, or the file could not be written; 2 bad input, with one sentence "
        "that says what."
    ),
)
def lesson(
    number: Annotated[
        str,
        typer.Argument(
            metavar="LESSON",
            help="The lesson's number, as 1.2; ref is the reading. Or the folder of one of your own.",
            show_default=False,
        ),
    ],
    *,
    lang: Annotated[
        str | None,
        typer.Option(
            metavar="es|en", help="Language; by default the browser's, and English in a file or in the terminal."
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT", help="Write a file instead: html needs neither network nor Python, ipynb is a notebook."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; by default vitral-1-2-en.html here.")
    ] = None,
    claims: Annotated[
        bool, typer.Option("--claims", help="Measure what the lesson states, and print what came out.")
    ] = False,
    as_json: training.OnlyJson = False,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="By default 8642, or the next one that is free.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser; print the address only.")] = False,
) -> int:
    """Open the course at LESSON; or write the lesson as one file; or measure its claims."""
    from vitral.cli import lesson as do

    do.check_together(language=lang, form=export, to=out, claims=claims, as_json=as_json, port=port)
    number = do.number_of(number)
    if export is not None:
        return do.export(number, language=lang or "en", form=export, to=out)
    if claims:
        return do.show_claims(number, language=lang or "en", as_json=as_json)
    return do.open_lesson(number, language=lang, port=port, show=not no_browser)


lab.app.command(epilog=lab_grade.EPILOG)(lab_grade.grade)
app.add_typer(lab.app, name="lab")


@app.command(
    "doctor-env",
    epilog=(
        "$ vitral doctor-env\n\n$ vitral doctor-env --json\n\n"
        "Exit codes: 0 all is there; 1 Keras does not start with its backend, and a line says why."
    ),
)
def doctor_env(as_json: training.OnlyJson = False) -> int:
    """Print what Vitral runs on, to paste into a bug report: versions, backend, devices, cache, data, machine."""
    from vitral.cli.doctor import doctor

    return doctor(as_json=as_json)
