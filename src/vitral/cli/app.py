"""The command's words: what can be typed, its help, and how errors end."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from vitral._errors import VitralError
from vitral.cli import console

_EXIT_CODES = (
    "Exit codes: 0 done; 1 training diverged, or the run is damaged or could not be written; 2 bad input, with one "
    "sentence that says what; "
    "130 interrupted with Ctrl-C."
)

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
    try:
        code = app(arguments, prog_name="vitral", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "vitral"
        sentence = f"{error.format_message().rstrip('.')}. See: {command} --help"
        code = console.BAD_INPUT
    except VitralError as error:
        sentence, code = str(error), console.BAD_INPUT
    else:
        return code or console.DONE
    console.print_error(sentence)
    if "--json" in arguments:
        console.print_json({"status": "error", "message": sentence})
    return code


_OnlyJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]


@app.callback(
    invoke_without_command=True,
    epilog=(
        "A learner trains on handwritten digits, opens the report, changes one thing and compares:\n\n"
        "$ vitral train digits\n\n$ vitral train digits --hidden none --epochs 50\n\n$ vitral runs\n\n"
        "A practitioner trains on a table, stops when nothing improves, and reads the result in a script:\n\n"
        "$ vitral train houses.csv --target price --epochs 500 --early-stopping 20 --json\n\n" + _EXIT_CODES
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


@app.command(
    epilog=(
        "$ vitral train digits --hidden 128,64 --dropout 0.2 --epochs 50\n\n"
        "$ vitral train measurements.csv --target weight --drop id --categorical colour --early-stopping 10\n\n"
        "Ctrl-C keeps the weights of the last finished epoch. " + _EXIT_CODES
    ),
)
def train(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="The name of a data set (digits, iris, moons …), or a .csv or .npz file."),
    ],
    *,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the .csv to predict: a name, or a position from 0.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(metavar="TASK", help="classification or regression, where the file's target leaves it open."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Column of the .csv to leave out; may be repeated.")
    ] = None,
    categorical: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Column of categories to one-hot encode; may be repeated."),
    ] = None,
    delimiter: Annotated[str, typer.Option(metavar="CHARACTER", help="What separates the fields of the .csv.")] = ",",
    hidden: Annotated[
        str, typer.Option(metavar="SIZES", help="Units of each hidden layer; none for no layer.")
    ] = "64,32",
    activation: Annotated[str, typer.Option(metavar="NAME", help="Keras activation of the hidden layers.")] = "relu",
    initializer: Annotated[
        str, typer.Option(metavar="NAME", help="Keras initializer of the weights.")
    ] = "glorot_uniform",
    optimizer: Annotated[str, typer.Option(metavar="NAME", help="Keras optimizer.")] = "adam",
    learning_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="By default the optimizer's own: 0.001 for adam.")
    ] = None,
    batch_size: Annotated[
        str, typer.Option(metavar="ROWS", help="Rows to a step: 1 is online training, all is batch training.")
    ] = "32",
    epochs: Annotated[int, typer.Option(metavar="N", help="Times to go through the training rows.")] = 20,
    l1: Annotated[float, typer.Option("--l1", metavar="WEIGHT", help="Penalty on the sum of |weights|.")] = 0.0,
    l2: Annotated[float, typer.Option("--l2", metavar="WEIGHT", help="Penalty on the sum of squared weights.")] = 0.0,
    dropout: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of hidden units switched off at a step.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the initial weights, the order of rows and dropout.")] = 0,
    early_stopping: Annotated[
        int | None,
        typer.Option(metavar="PATIENCE", help="Stop after so many epochs without improvement; keep the best weights."),
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="compiled, keras (its own loop), or auto: compiled where it can be.")
    ] = "auto",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the run; by default runs/DATA-DATE-TIME.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in the folder.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no HTML report.")] = False,
    as_json: _OnlyJson = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the path of the report, or of the run.")
    ] = False,
) -> int:
    """Train a multilayer perceptron on DATA; save the run and its report."""
    from vitral.cli.options import TrainOptions, default_folder, read_batch_size, read_hidden

    options = TrainOptions(
        data=data,
        target=target,
        task=task,
        drop=tuple(drop or ()),
        categorical=tuple(categorical or ()),
        delimiter=delimiter,
        hidden=read_hidden(hidden),
        activation=activation,
        initializer=initializer,
        optimizer=optimizer,
        learning_rate=learning_rate,
        batch_size=read_batch_size(batch_size),
        epochs=epochs,
        l1=l1,
        l2=l2,
        dropout=dropout,
        seed=seed,
        early_stopping=early_stopping,
        engine=engine,
        out=default_folder(data) if out is None else out,
        overwrite=overwrite,
    )
    from vitral.cli.train import train as train_with

    return train_with(options, report=not no_report, as_json=as_json, quiet=quiet)


@app.command(epilog="$ vitral runs\n\n$ vitral runs results --json")
def runs(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where the runs are.")] = Path("runs"),
    as_json: _OnlyJson = False,
) -> int:
    """List the runs in a folder: status, data, score, epochs, date."""
    from vitral.cli.listing import list_folder

    return list_folder(folder, as_json=as_json)


@app.command(epilog="$ vitral report runs/digits-20260131-120000 --open\n\n" + _EXIT_CODES)
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write; by default report.html in the run's folder.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Show the report in the browser.")] = False,
) -> int:
    """Write the HTML report of a run and print its path."""
    from vitral.cli.report import report as write

    return write(run, to=out, show=show)
