"""`vitral report`: the HTML report of a run that was saved."""

import webbrowser
from pathlib import Path

from vitral._errors import ArgumentError, RunFolderError
from vitral.cli import console


def report(folder: Path, *, to: Path | None, show: bool) -> int:
    """Write the report of the run in `folder` and print its path.

    Returns:
        The exit code: 0 written; 1 the run is damaged, or the file cannot be written.
    """
    if not (folder / "run.json").is_file():
        what = "has no run.json" if folder.is_dir() else "is no folder"
        raise ArgumentError(f"RUN must be the folder of a run: {str(folder)!r} {what}. List them with: vitral runs")
    if to is not None and to.is_dir():
        raise ArgumentError(f"--out must be a file: got the folder {str(to)!r}. Add a name, as in report.html.")
    from vitral.report import write_report
    from vitral.runs import open_run

    try:
        path = write_report(open_run(folder), to)
    except RunFolderError as error:
        console.print_error(str(error))
        return console.FAILED
    console.output().print(str(path), soft_wrap=True)
    if show and not webbrowser.open(path.absolute().as_uri()):
        console.messages().print("No browser could be started: open the file above by hand.")
    return console.DONE
