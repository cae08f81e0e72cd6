"""`vitral train`: data, network, training, report; a table for people or one JSON object for scripts."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from vitral._errors import RunFolderError, VitralError
from vitral.cli import console
from vitral.cli.building import build_model, load_dataset, make_stopper
from vitral.cli.options import TrainOptions
from vitral.cli.progress import EpochProgress

if TYPE_CHECKING:
    from vitral.data import Dataset
    from vitral.runs import Run

_SCORE_BATCH = 1024


@dataclass(frozen=True)
class _Trained:
    run: "Run"
    dataset: "Dataset | None"
    stopper: Any | None


def train(options: TrainOptions, *, report: bool, as_json: bool, quiet: bool) -> int:
    """Train as `options` say, write the run and its report, print the outcome.

    Returns:
        The exit code: 0 done, 1 diverged or not saved, 130 interrupted. Bad input raises before anything is written.
    """

    def begin(progress: EpochProgress) -> _Trained:
        progress.say(f"Loading {options.data} and Keras …")
        dataset = load_dataset(options)
        model = _build(options, dataset)
        stopper = make_stopper(options, dataset)
        progress.say(f"Training on {dataset.name} …")
        run = _fit(options, model, dataset, [_caller(progress), *([stopper] if stopper else [])])
        _save(run, options)
        return _Trained(run, dataset, stopper)

    return _carry_out(
        begin, options.out, options.epochs, _started(options.out), report=report, as_json=as_json, quiet=quiet
    )


def resume(path: Path, *, report: bool, as_json: bool, quiet: bool) -> int:
    """Go on with the training that was broken off in the folder at `path`; exit codes as of `train`."""
    from vitral.runs.checkpoint import has_checkpoint, summarise

    epochs = summarise(path.absolute())["fixed"]["request"]["epochs"] if has_checkpoint(path.absolute()) else 0

    def go_on(progress: EpochProgress) -> _Trained:
        from vitral._cache import use_compilation_cache
        from vitral._keras import import_keras
        from vitral.training import resume_known

        progress.say("Loading the checkpoint and Keras …")
        use_compilation_cache()
        stoppers = import_keras().callbacks.EarlyStopping
        resumed = resume_known(path, callbacks=[_caller(progress)], verbose=0, argument="--resume")
        stopper = next((c for c in resumed.callbacks if isinstance(c, stoppers)), None)
        return _Trained(resumed.run, resumed.dataset, stopper)

    return _carry_out(go_on, path, epochs, None, report=report, as_json=as_json, quiet=quiet)


def _carry_out(
    work: Callable[[EpochProgress], _Trained],
    out: Path,
    epochs: int,
    older: str | None,
    *,
    report: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    messages = console.messages()
    try:
        with console.notes(messages), EpochProgress(messages, epochs, quiet=quiet or as_json) as progress:
            trained = work(progress)
            run, dataset = trained.run, trained.dataset
            scores = _scores(run, dataset)
            written = _write_report(run) if report else None
    except KeyboardInterrupt:
        return _say_what_was_kept(out, epochs, older, as_json=as_json)
    except console.NotSavedError as error:
        return console.fail(str(error), as_json=as_json)
    code = console.FAILED if run.status == "diverged" else console.DONE
    if as_json:
        console.print_json(_outcome(run, scores, written))
    elif quiet:
        console.output().print(str(written or run.path), soft_wrap=True)
    else:
        _print_outcome(run, dataset, scores, written, _stopped(trained.stopper, run))
    if run.status == "diverged" and run.message:
        console.print_error(run.message)
    return code


# ---------------------------------------------------------------- the steps


def _build(options: TrainOptions, dataset: "Dataset") -> Any:
    """The compiled model, its weights drawn from the seed."""
    from vitral._cache import use_compilation_cache
    from vitral._keras import import_keras

    use_compilation_cache()
    import_keras().utils.set_random_seed(options.seed)
    return build_model(options.network, dataset)


def _caller(progress: EpochProgress) -> Any:
    from vitral._keras import import_keras

    class ShowProgress(import_keras().callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            progress.on_epoch_end(epoch, logs)

    return ShowProgress()


def _fit(options: TrainOptions, model: Any, dataset: "Dataset", callbacks: list[Any]) -> "Run":
    from vitral.training import fit

    return fit(
        model,
        dataset,
        batch_size=options.batch_size,
        epochs=options.epochs,
        verbose=0,
        callbacks=callbacks,
        seed=options.seed,
        engine=options.engine,
        out=options.out,
        overwrite=options.overwrite,
        checkpoint_every=options.checkpoint_every,
    )


def _scores(run: "Run", dataset: "Dataset | None") -> dict[str, dict[str, float]]:
    """Loss and metrics of the weights that were kept, on every part that has rows.

    The history's last line says something else: training scores are averages over an epoch in which the weights
    change and dropout is on.
    """
    scores = {}
    if dataset is None:  # of a training that was finished before, only what its run says
        known = run.evaluation
        return {} if known is None else {known.part: dict(known.scores)}
    for name in ("train", "validation", "test"):
        part = getattr(dataset, name)
        if run.evaluation is not None and run.evaluation.part == name and run.evaluation.scores:
            scores[name] = dict(run.evaluation.scores)
        elif len(part):
            batch_size = min(len(part), _SCORE_BATCH)
            found = run.model.evaluate(part.x, part.y, batch_size=batch_size, verbose=0, return_dict=True)
            scores[name] = {key: float(value) for key, value in found.items()}
    return scores


def _save(run: "Run", options: TrainOptions) -> None:
    """See to it that the run is in the folder asked for; `fit` only warns where saving failed."""
    if run.path == options.out.expanduser().absolute().resolve() or run.path == options.out.expanduser().absolute():
        return
    try:
        run.save(options.out, overwrite=options.overwrite)
    except (VitralError, OSError) as error:
        raise console.NotSavedError(f"Training is done, but its run is not saved: {error}") from error


def _write_report(run: "Run") -> Path:
    from vitral.report import write_report

    try:
        return write_report(run)
    except (RunFolderError, OSError) as error:
        where = console.short_path(run.path)
        raise console.NotSavedError(f"The run is in {where}, but its report could not be written: {error}") from error


# ---------------------------------------------------------------- what is said about it


def _print_outcome(
    run: "Run",
    dataset: "Dataset | None",
    scores: dict[str, dict[str, float]],
    written: Path | None,
    stopped: str | None,
) -> None:
    columns = list(next(iter(scores.values()), {}))
    table = Table("part", box=box.SIMPLE_HEAD, show_edge=False)
    for column in ["rows", *columns]:
        table.add_column(column, justify="right")
    for name, values in scores.items():
        numbers = [console.format_score(values[column]) for column in columns]
        n_rows = len(getattr(dataset, name)) if dataset is not None else getattr(run.evaluation, "n", 0)
        table.add_row(name, str(n_rows), *numbers)
    out = console.output()
    out.print(table)
    if stopped:
        out.print(stopped, soft_wrap=True)
    out.print(
        f"{len(run.epoch)} epochs in {run.seconds:.1f} s, {run.compile_seconds:.1f} of them compiling; "
        f"{run.engine} engine: {run.engine_reason}",
        soft_wrap=True,
    )
    out.print(f"Run     {console.short_path(run.path)}", soft_wrap=True)
    if written is not None:
        out.print(f"Report  {console.short_path(written)}", soft_wrap=True)


def _outcome(run: "Run", scores: dict[str, dict[str, float]], written: Path | None) -> dict[str, Any]:
    return {
        "status": run.status,
        "message": run.message,
        "data": run.data["name"],
        "scores": scores,
        "epochs": len(run.epoch),
        "path": str(run.path),
        "report": None if written is None else str(written),
        "engine": run.engine,
        "engine_reason": run.engine_reason,
        "seconds": run.seconds,
        "compile_seconds": run.compile_seconds,
        "seed": run.seed,
        "versions": run.versions,
    }


def _stopped(stopper: Any | None, run: "Run") -> str | None:
    """What early stopping did, where it was asked for."""
    if stopper is None or stopper.best_weights is None:
        return None
    kept = f"the weights of epoch {stopper.best_epoch + 1}, the best by {stopper.monitor}, are kept."
    if stopper.stopped_epoch:
        return f"Stopped early, after epoch {stopper.stopped_epoch + 1} of {run.params['epochs']}: {kept}"
    return f"Not stopped early; {kept}"


def _say_what_was_kept(out: Path, epochs: int, older: str | None, *, as_json: bool) -> int:
    """One line after Ctrl-C, from what is in the folder; `older` is when a run began that was there before."""
    from vitral.runs import open_one
    from vitral.runs.checkpoint import has_checkpoint

    outcome: dict[str, Any] = {"status": "interrupted", "path": None}
    sentence = "Interrupted before the first epoch had ended: nothing was kept."
    if _started(out) != older:
        run = open_one(out)
        n, where = len(run.epoch), console.short_path(out)
        kept = f"weights and history of {n} of {epochs} epochs" if n else "the initial weights"
        sentence = f"Interrupted: {kept} are kept in {where}; vitral report {where} shows them."
        if has_checkpoint(out.absolute()):
            sentence += f" vitral train --resume {where} goes on."
        outcome = {"status": run.status, "path": str(out.absolute()), "epochs": n}
    elif older is not None:
        sentence += f" The older run in {console.short_path(out)} is untouched."
    console.messages().print(sentence, soft_wrap=True)
    if as_json:
        console.print_json({**outcome, "message": sentence})
    return console.INTERRUPTED


def _started(folder: Path) -> str | None:
    """When the run in `folder` began; None where there is no run."""
    from vitral.runs import open_one

    with contextlib.suppress(RunFolderError):
        return open_one(folder).started
    return None
