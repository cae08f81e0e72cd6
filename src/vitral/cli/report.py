"""`vitral report`: the HTML report of a run that was saved, or of one variant of a sweep."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from vitral._checks import check_int, check_new_file
from vitral._errors import ArgumentError, RunFolderError
from vitral.cli import console

if TYPE_CHECKING:
    from vitral.runs import Run


def report(folder: Path, *, variant: int | None, to: Path | None, show: bool) -> int:
    """Write the report of the run in `folder` and print its path; of a sweep that of `variant`, else of the best.

    Returns:
        The exit code: 0 written; 1 the run is damaged, or its own folder cannot be written.

    Raises:
        ArgumentError: RUN is no run, or there is no such variant, or --out is no place for a file.
    """
    console.check_saved(folder)
    if to is not None:
        to = check_new_file("--out", to)
    from vitral.report import write_report

    try:
        run, own = _open(folder, variant)
        path = write_report(run, to or own)
    except RunFolderError as error:
        return console.fail(str(error), as_json=False)
    console.output().print(str(path), soft_wrap=True)
    if show and not webbrowser.open(path.absolute().as_uri()):
        console.messages().print("No browser could be started: open the file above by hand.")
    return console.DONE


def _open(folder: Path, variant: int | None) -> "tuple[Run, Path]":
    """The run to report on, and the folder that holds it."""
    from vitral.runs import Sweep, main_metric, open_run

    found = open_run(folder)
    if not isinstance(found, Sweep):
        if variant is not None:
            raise ArgumentError(
                f"--variant must be used with a sweep: got {variant}, and {str(folder)!r} holds one run. Leave it out."
            )
        return found, folder
    metric, why = main_metric(found.metrics), ""
    if variant is None:
        if metric is None:
            raise ArgumentError(
                f"RUN must have a variant to report on: none of the {len(found)} in {str(folder)!r} was trained."
            )
        variant, why = found.best_number(metric), f", the best by {metric}"
    check_int("--variant", variant, minimum=0, remedy=f"There are {len(found)}, counted from 0.")
    if variant >= len(found):
        raise ArgumentError(f"--variant must be below {len(found)}: got {variant}. Variants are counted from 0.")
    run = found[variant]
    console.messages().print(f"Variant {variant} of {len(found)}{why}.")
    return run, folder
