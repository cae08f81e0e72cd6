"""`vitral lab`: the starter of a lab, and the check of what a student has written."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from vitral._checks import check_choice, check_new_file
from vitral._errors import ArgumentError, VitralError
from vitral.cli import console
from vitral.cli.training import OnlyJson
from vitral.cli.words import LAB

FORMATS = ("ipynb", "marimo", "py")

app = typer.Typer(rich_markup_mode="markdown", context_settings={"help_option_names": ["-h", "--help"]})

Number = Annotated[str, typer.Argument(metavar="LAB", help="The lab's number, as 1.", show_default=False)]
Language = Annotated[str, typer.Option(metavar="es|en", help="Of what is written: Spanish or English.")]


@app.callback(invoke_without_command=True)
def lab(context: typer.Context) -> None:
    """Write the starter of a lab, or check what you have written."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(
    epilog=(
        "$ vitral lab start 1 --lang es\n\n$ vitral lab start 1 --format marimo --out lab1.py\n\n"
        "Exit codes: 0 written; 1 the file could not be written; 2 bad input, with one sentence that says what."
    ),
)
def start(
    number: Number,
    *,
    lang: Language = "en",
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help="ipynb for Jupyter and Colab, marimo, or py: a script with cells."
        ),
    ] = "ipynb",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; by default lab1.ipynb or lab1.py here.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file, and what was written in it.")
    ] = False,
) -> int:
    """Write a lab's starter: the statement, a place for each task, and a cell that checks it."""
    check_choice("--lang", lang, tuple(LAB))
    check_choice("--format", form, FORMATS)
    from vitral.course.labs.catalogue import find_lab
    from vitral.course.labs.start import ENDINGS, build_starter
    from vitral.runs.folder import write_file

    found = find_lab(number)
    file = check_new_file("--out", out or Path(f"lab{found.number}{ENDINGS[form]}"))
    if file.exists() and not overwrite:
        name = console.short_path(file)
        raise ArgumentError(
            f"--out must be a new file: {name!r} is there, perhaps with your work. Choose another name, or replace it "
            "with --overwrite."
        )
    try:
        write_file(file, build_starter(found, language=lang, form=form).encode())
    except VitralError as error:
        console.print_error(str(error))
        return console.FAILED
    console.output().print(console.short_path(file), soft_wrap=True)
    return console.DONE


@app.command(
    epilog=(
        "$ vitral lab check 1 lab1.ipynb --lang es\n\n"
        "The file's functions run in this process: check what you wrote yourself. Cells that train or draw are left "
        "out.\n\n"
        "Exit codes: 0 every task is right; 1 one is not, yet; 2 bad input, with one sentence that says what."
    ),
)
def check(
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Your notebook or script: .ipynb or .py.")],
    *,
    lang: Language = "en",
    as_json: OnlyJson = False,
) -> int:
    """Check your work: what was expected, what came, and a hint."""
    check_choice("--lang", lang, tuple(LAB))
    if not file.is_file() or file.suffix.lower() not in (".ipynb", ".py"):
        what = "is a folder" if file.is_dir() else "is neither" if file.is_file() else "is not there"
        raise ArgumentError(
            f"FILE must be your notebook, .ipynb, or your script, .py: {str(file)!r} {what}. Name yours."
        )
    from vitral._keras import choose_backend
    from vitral.course.labs.catalogue import find_lab
    from vitral.course.labs.check import check_file
    from vitral.course.labs.submission import SubmissionError

    found = find_lab(number)
    choose_backend()
    try:
        feedback, troubles = check_file(found, file, language=lang)
    except SubmissionError as error:
        raise ArgumentError(str(error).replace(f"{file.name} must", "FILE must", 1)) from error
    n_right = sum(one.is_right for one in feedback)
    words = LAB[lang]
    if as_json:
        tasks = [
            {"task": one.task.name, "function": one.task.function, "right": one.is_right, **dict(one.parts())}
            for one in feedback
        ]
        status = "done" if n_right == len(feedback) else "failed"
        console.print_json({"status": status, "lab": found.number, "language": lang, "tasks": tasks, "notes": troubles})
        return console.DONE if n_right == len(feedback) else console.FAILED
    for trouble in troubles:
        console.messages().print(words["trouble"].format(trouble=trouble), soft_wrap=True)
    out = console.output()
    for one in feedback:
        heading, *lines = str(one).split("\n")
        out.print(Text(heading, style="bold green" if one.is_right else "bold"), soft_wrap=True)
        for line in lines:
            out.print(line, soft_wrap=True)
        out.print()
    out.print(words["all" if n_right == len(feedback) else "some"].format(n=len(feedback), right=n_right))
    sys.stdout.flush()
    return console.DONE if n_right == len(feedback) else console.FAILED
