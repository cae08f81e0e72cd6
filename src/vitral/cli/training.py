"""The words `vitral train` and `vitral sweep`: what can be typed after them, and its help."""

from pathlib import Path
from typing import Annotated

import typer

from vitral._errors import ArgumentError
from vitral.cli.console import EXIT_CODES

Data = Annotated[
    str, typer.Argument(metavar="DATA", help="The name of a data set (digits, iris, moons …), or a .csv or .npz file.")
]
Target = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column of the .csv to predict: a name, or a position from 0.")
]
Task = Annotated[
    str | None,
    typer.Option(metavar="TASK", help="classification or regression, where the file's target leaves it open."),
]
Drop = Annotated[
    list[str] | None, typer.Option(metavar="COLUMN", help="Column of the .csv to leave out; may be repeated.")
]
Categorical = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Column of categories to one-hot encode; may be repeated."),
]
Delimiter = Annotated[str, typer.Option(metavar="CHARACTER", help="What separates the fields of the .csv.")]
Hidden = Annotated[str, typer.Option(metavar="SIZES", help="Units of each hidden layer; none for no layer.")]
Activation = Annotated[str, typer.Option(metavar="NAME", help="Keras activation of the hidden layers.")]
Initializer = Annotated[str, typer.Option(metavar="NAME", help="Keras initializer of the weights.")]
Optimizer = Annotated[str, typer.Option(metavar="NAME", help="Keras optimizer.")]
LearningRate = Annotated[
    float | None, typer.Option(metavar="RATE", help="By default the optimizer's own: 0.001 for adam.")
]
BatchSize = Annotated[
    str, typer.Option(metavar="ROWS", help="Rows to a step: 1 is online training, all is batch training.")
]
Epochs = Annotated[int, typer.Option(metavar="N", help="Times to go through the training rows.")]
L1 = Annotated[float, typer.Option("--l1", metavar="WEIGHT", help="Penalty on the sum of |weights|.")]
L2 = Annotated[float, typer.Option("--l2", metavar="WEIGHT", help="Penalty on the sum of squared weights.")]
Dropout = Annotated[float, typer.Option(metavar="SHARE", help="Share of hidden units switched off at a step.")]
Seed = Annotated[int, typer.Option(metavar="N", help="Of the initial weights, the order of rows and dropout.")]
EarlyStopping = Annotated[
    int | None,
    typer.Option(metavar="PATIENCE", help="Stop after so many epochs without improvement; keep the best weights."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the run that is in the folder.")]
OnlyJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]

TRAIN_EPILOG = (
    "$ vitral train digits --hidden 128,64 --dropout 0.2 --epochs 50\n\n"
    "$ vitral train measurements.csv --target weight --drop id --categorical colour --early-stopping 10\n\n"
    "$ vitral train --resume runs/digits-20260131-101500\n\n"
    "Ctrl-C keeps the weights of the last finished epoch; --resume goes on from the last checkpoint, one about every "
    "30 seconds. " + EXIT_CODES
)
SWEEP_EPILOG = (
    "$ vitral sweep digits --over rate=0.1,0.01,0.001 --over seed=0:5\n\n"
    "$ vitral sweep iris --over hidden=none,8,16-8 --over activation=relu,tanh --over rate=1e-4:0.1:log4\n\n"
    "$ vitral sweep houses.csv --target price --over l2=0,1e-4,1e-2 --over dropout=0:0.5:lin6 --metric val_mae\n\n"
    "**--over** takes a name of these: hidden, activation, initializer, optimizer, learning-rate (rate), batch-size "
    "(batch), epochs, l1, l2, dropout, seed. Behind it, with commas between, stand values or ranges: 0:20 is 0, 1, "
    "… 19; 1e-4:1:log5 is five numbers from 1e-4 to 1 by equal factors; 0:0.5:lin6 is six by equal steps. Sizes of "
    "several hidden layers have hyphens: 128-64.\n\n"
    "On a machine, dask scheduler; on each of many, with vitral[dask], dask worker tcp://10.0.0.5:8786; then:\n\n"
    "$ vitral sweep digits --over seed=0:100 --scheduler tcp://10.0.0.5:8786\n\n"
    "Ctrl-C keeps the variants that have finished. "
    "Exit codes: 0 done; 1 every variant diverged, or the sweep could not be written; 2 bad input, with one "
    "sentence that says what; 130 interrupted with Ctrl-C."
)


def train(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="The name of a data set (digits, iris, moons …), or a .csv or .npz file."),
    ] = None,
    *,
    target: Target = None,
    task: Task = None,
    drop: Drop = None,
    categorical: Categorical = None,
    delimiter: Delimiter = ",",
    hidden: Hidden = "64,32",
    activation: Activation = "relu",
    initializer: Initializer = "glorot_uniform",
    optimizer: Optimizer = "adam",
    learning_rate: LearningRate = None,
    batch_size: BatchSize = "32",
    epochs: Epochs = 20,
    l1: L1 = 0.0,
    l2: L2 = 0.0,
    dropout: Dropout = 0.0,
    seed: Seed = 0,
    early_stopping: EarlyStopping = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="compiled, keras (its own loop), or auto: compiled where it can be.")
    ] = "auto",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the run; by default runs/DATA-DATE-TIME.")
    ] = None,
    overwrite: Overwrite = False,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Epochs from checkpoint to checkpoint; by default about 30 seconds, 0 for none."
        ),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Go on with the training that was broken off in this folder; DATA is in it."),
    ] = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no HTML report.")] = False,
    as_json: OnlyJson = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the path of the report, or of the run.")
    ] = False,
) -> int:
    """Train a multilayer perceptron on DATA; save the run and its report."""
    from vitral.cli.options import TrainOptions, claimed, default_folder, read_batch_size, read_hidden

    if resume is not None:
        _check_alone(context)
        from vitral.cli.train import resume as resume_training

        return resume_training(resume, report=not no_report, as_json=as_json, quiet=quiet)
    if data is None:
        raise ArgumentError("DATA must be given: got nothing to train on. Write vitral train digits, or --resume RUN.")
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
        checkpoint_every=checkpoint_every,
        out=default_folder(data) if out is None else out,
        overwrite=overwrite,
        is_out_default=out is None,
    )
    from vitral.cli.train import train as train_with

    with claimed(options) as own:
        return train_with(own, report=not no_report, as_json=as_json, quiet=quiet)


def _check_alone(context: typer.Context) -> None:
    """Everything else about a training that goes on is in its folder."""
    for name in _given(context):
        if name not in ("resume", "no_report", "as_json", "quiet"):
            option = "DATA" if name == "data" else f"--{name.replace('_', '-')}"
            raise ArgumentError(
                f"--resume must stand without {option}: got both. What is trained, and how, is in the folder; leave "
                f"{option} out."
            )


def _given(context: typer.Context) -> list[str]:
    """The names of what was typed."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]


def sweep(
    context: typer.Context,
    data: Data,
    *,
    over: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUES", help="What varies; repeat it to have all combinations. See below."),
    ] = None,
    target: Target = None,
    task: Task = None,
    drop: Drop = None,
    categorical: Categorical = None,
    delimiter: Delimiter = ",",
    hidden: Hidden = "64,32",
    activation: Activation = "relu",
    initializer: Initializer = "glorot_uniform",
    optimizer: Optimizer = "adam",
    learning_rate: LearningRate = None,
    batch_size: BatchSize = "32",
    epochs: Epochs = 20,
    l1: L1 = 0.0,
    l2: L2 = 0.0,
    dropout: Dropout = 0.0,
    seed: Seed = 0,
    early_stopping: EarlyStopping = None,
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the best is best in; by default val_accuracy, or val_mae of numbers."),
    ] = None,
    exact: Annotated[
        bool | None,
        typer.Option(
            "--exact/--no-exact",
            help="Whether each variant shall have the bits of its own vitral train; by default on a CPU it has.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Train on the workers of this Dask scheduler, as in tcp://10.0.0.5:8786."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the sweep; by default runs/DATA-sweep-DATE-TIME.")
    ] = None,
    overwrite: Overwrite = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with this sweep, which was broken off, in the folder of --out.")
    ] = False,
    as_json: OnlyJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the path of the sweep.")] = False,
) -> int:
    """Train variants of a multilayer perceptron on DATA, side by side; save them all, name the best."""
    from vitral.cli.options import SweepOptions, claimed, default_folder, read_batch_size, read_hidden
    from vitral.cli.over import read_over

    if resume and out is None:
        raise ArgumentError(
            "--resume must go with --out DIR: got no folder. Name that of the sweep that was broken off."
        )
    options = SweepOptions(
        over=read_over(over or (), _given(context)),
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
        metric=metric,
        exact=exact,
        resume=resume,
        scheduler=scheduler,
        out=default_folder(data, "sweep-") if out is None else out,
        overwrite=overwrite,
        is_out_default=out is None,
    )
    from vitral.cli.sweep import sweep as sweep_with

    with claimed(options) as own:
        return sweep_with(own, as_json=as_json, quiet=quiet)
