"""`vitral export`: a run or a sweep that was saved, in the form that another program reads."""

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Annotated

import typer

from vitral._checks import check_int
from vitral._errors import ArgumentError, RunFolderError
from vitral.cli import console
from vitral.cli.training import OnlyJson

_MOST = 20

app = typer.Typer(rich_markup_mode="markdown", context_settings={"help_option_names": ["-h", "--help"]})


@app.callback(invoke_without_command=True)
def export(context: typer.Context) -> None:
    """Write a run, or variants of a sweep, for another program to read."""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(
    epilog=(
        "$ vitral export tensorboard runs/digits-20260131-120000 logs/digits\n\n$ tensorboard --logdir logs\n\n"
        "Exit codes: 0 done; 1 the run is damaged, or the files could not be written; 2 bad input, with one sentence "
        "that says what."
    ),
)
def tensorboard(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run or of a sweep.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write into; it may be new.")],
    *,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", help=f"Variants of a sweep at most, the best among them; by default {_MOST}."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what Vitral wrote in DIR of another training.")
    ] = False,
    as_json: OnlyJson = False,
) -> int:
    """Write curves, histograms and distributions for TensorBoard; of a sweep some variants, with their values."""
    return to_tensorboard(run, directory, most=most, overwrite=overwrite, as_json=as_json)


def to_tensorboard(folder: Path, directory: Path, *, most: int | None, overwrite: bool, as_json: bool) -> int:
    """Write what is in `folder` into `directory`, and print how to look at it.

    Returns:
        The exit code: 0 written; 1 the run is damaged, or the files cannot be written.

    Raises:
        ArgumentError, RunFolderError: RUN is no run, DIR no place for event files, or --most does not go with RUN.
    """
    console.check_saved(folder)
    if most is not None:
        most = check_int("--most", most, minimum=1, remedy="So many variants are written.")
    from vitral.runs import Sweep, open_run
    from vitral.runs.tensorboard import write_run, write_sweep

    try:
        found = open_run(folder)
    except RunFolderError as error:
        return console.fail(str(error), as_json=as_json)
    if most is not None and not isinstance(found, Sweep):
        raise ArgumentError(f"--most must go with a sweep: {str(folder)!r} is one run. Leave it out.")
    numbers = None
    try:
        if isinstance(found, Sweep):
            written, numbers = write_sweep(found, directory, most or _MOST, overwrite=overwrite)
        else:
            written = write_run(found, directory, overwrite=overwrite)
    except RunFolderError as error:
        if error.__cause__ is None:  # what was asked for cannot be: nothing was tried
            raise RunFolderError(re.sub("^directory ", "DIR ", str(error))) from None
        return console.fail(str(error), as_json=as_json)
    except ArgumentError as error:
        raise ArgumentError(str(error).replace("overwrite=True", "--overwrite")) from error
    look = f"tensorboard --logdir {shlex.quote(str(directory))}"
    if as_json:
        console.print_json({"path": str(written), "variants": numbers, "look": look})
        return console.DONE
    out = console.output()
    if isinstance(found, Sweep):
        out.print(f"{len(numbers or ())} of {len(found)} variants written to {directory}", soft_wrap=True)
    else:
        inside = "" if found.recording is None else ", and what was measured inside,"
        out.print(f"{len(found.epoch)} epochs{inside} written to {directory}", soft_wrap=True)
    hint = "" if importlib.util.find_spec("tensorboard") else "   (after: pip install tensorboard)"
    out.print(f"Look: {look}{hint}", soft_wrap=True)
    return console.DONE
