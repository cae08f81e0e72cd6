"""`vitral.resume`: a training that was broken off goes on, to the bits of one that never was."""

import os
import re
import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitral import _keras
from vitral._checks import CHECKPOINT
from vitral._errors import ArgumentError, RunFolderError, VitralError, VitralWarning
from vitral.data import Dataset
from vitral.runs import Run, open_run
from vitral.runs.checkpoint import Checkpoint, CheckpointWriter, damaged, has_checkpoint, holding
from vitral.runs.folder import RUN_FILE
from vitral.runs.sweep_checkpoint import is_sweep
from vitral.training import callback_states
from vitral.training.attempt import Attempt
from vitral.training.checks import check_backend, check_callbacks, check_model
from vitral.training.describe import describe_settings
from vitral.training.fit import train
from vitral.training.keeping import Keeper, circumstances, read_start, read_task


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """A training that went on: its run, and what it was trained with; None and nothing where it was finished before."""

    run: Run
    dataset: Dataset | None = None
    callbacks: Sequence[Any] = ()


def resume(path: str | os.PathLike, *, callbacks: Any = None, model: Any = None, verbose: Any = "auto") -> Run:
    """Go on with a training that was broken off, from its last checkpoint; it ends as if it never had been.

    `vitral.fit(..., out=path)` writes checkpoints while it trains: about every 30 seconds, or as `checkpoint_every`
    says. Weights, optimizer, metrics, history, random generators, probes and Keras's own callbacks go on as they were;
    so does any callback that has `get_state()` and `set_state(state)`. Where the training was finished meanwhile, its
    run is opened.

    Args:
        path: the folder that was `out`.
        callbacks: the training's callbacks, made as they were made first. None: there were none, or they were all of
            `EarlyStopping`, `ReduceLROnPlateau`, `SwapEMAWeights` and `TerminateOnNaN`, which are made anew.
        model: the model, built and compiled as it was first, where Keras cannot make it from its file: that of code of
            one's own.
        verbose: as `fit` takes it.

    Returns:
        The `Run`, saved in the folder as `fit` would have saved it.

    Raises:
        ArgumentError: callbacks or model are not those of the training, or a callback's state was not kept.
        RunFolderError: nothing was kept, part of it is damaged, or another process trains there.
        KeyboardInterrupt: on Ctrl-C, as `fit` does; it can be resumed again.

    Example:
        >>> import pathlib, tempfile, vitral
        >>> folder = pathlib.Path(tempfile.mkdtemp(), "first")
        >>> data = vitral.load("iris")
        >>> model = vitral.networks.mlp(4, 3)
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> run = vitral.fit(model, data, epochs=3, out=folder, checkpoint_every=1, verbose=0, seed=1)
        >>> vitral.resume(folder).status
        'done'
    """
    return resume_known(path, callbacks=callbacks, model=model, verbose=verbose).run


def resume_known(
    path: str | os.PathLike,
    *,
    callbacks: Any = None,
    model: Any = None,
    verbose: Any = "auto",
    argument: str = "path",
) -> Resumed:
    """What `resume` does, with the data and callbacks that the run came of; errors call the path `argument`.

    Example:
        >>> import vitral
        >>> from vitral.training import resume_known
        >>> try:
        ...     resume_known("nowhere", argument="--resume")
        ... except vitral.VitralError as error:
        ...     print(str(error)[:46])
        --resume must be a folder with a checkpoint: g
    """
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise ArgumentError(f"{argument} must be the path of a run's folder: got {path!r}. Give what was out=.")
    place = Path(path).expanduser().absolute()
    place = place.resolve() if place.is_symlink() else place
    if not has_checkpoint(place):
        return Resumed(run=_finished(place, path, argument))
    if is_sweep(place):
        raise RunFolderError(
            f"{argument} must be the folder of one training: {str(path)!r} holds a sweep that was broken off. Write "
            "the same vitral.sweep(...) again, with resume=True."
        )
    check_backend()
    check_callbacks(callbacks)
    if verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f'verbose must be "auto", 0, 1 or 2: got {verbose!r}. Use 0 for silence.')
    if not _keras.is_jax():
        raise ArgumentError(
            "path must be resumed on Keras's JAX backend, which alone trains to the same bits: got "
            f"{_keras.import_keras().config.backend()}. Set KERAS_BACKEND=jax."
        )
    lock = holding(place)
    try:
        if not has_checkpoint(place):  # another process has just finished it
            shutil.rmtree(place / CHECKPOINT, ignore_errors=True)
            return Resumed(run=_finished(place, path, argument))
        return _go_on(place, callbacks, model, verbose, lock)
    finally:
        lock.release()


def _go_on(place: Path, callbacks: Any, model: Any, verbose: Any, lock: Any) -> Resumed:
    checkpoint = Checkpoint(place)
    try:
        start = read_start(checkpoint)
        request, dataset, chosen = read_task(
            {**checkpoint.fixed, "request": {**checkpoint.fixed["request"], "verbose": verbose}}
        )
        fixed = checkpoint.fixed
        every = fixed["checkpoint_every"]
        if every is not None and (type(every) is not int or every < 0):
            raise ValueError(f"no number of epochs: {every!r}")
        callbacks = callback_states.check_given(callbacks, start.callbacks)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        if isinstance(error, VitralError):
            raise
        raise damaged(place, error) from error
    given, model = model, _model(checkpoint, model, start.variables)
    if given is not None:
        _compare_compiled(describe_settings(given, request, callbacks), fixed["settings"])
    _compare_versions(fixed["versions"])
    callback_states.cut_logs(callbacks, start.epoch)

    writer = CheckpointWriter(place)
    writer.adopt(checkpoint.record, lock)
    attempt = Attempt(model, request, dataset=dataset, callbacks=callbacks, seed=fixed["seed"])
    attempt.go_on(described=fixed, started=start.started, seconds=start.seconds, compile_seconds=start.compile_seconds)
    keeper = Keeper(
        model,
        callbacks,
        attempt,
        writer,
        every=fixed["checkpoint_every"],
        fixed=lambda: fixed,  # written already
        start=start,
    )
    run = train(
        model, request, callbacks, attempt, chosen, engine=fixed["engine"], folder=place, keeper=keeper, replaces=True
    )
    return Resumed(run=run, dataset=dataset, callbacks=_keras.callbacks_in(callbacks))


def _finished(place: Path, path: Any, argument: str) -> Run:
    """The run of a training that needs no resuming; or an error that says why nothing can be resumed."""
    if (place / RUN_FILE).is_file():
        run = open_run(place)
        if not isinstance(run, Run):
            raise RunFolderError(
                f"{argument} must be the folder of a training: {str(path)!r} holds a sweep. Use vitral.open_run."
            )
        if run.status != "interrupted":
            return run
    why = "there is no such folder"
    if place.is_dir():
        why = "it was broken off before its first checkpoint" if (place / CHECKPOINT).is_dir() else "it holds none"
    raise RunFolderError(
        f"{argument} must be a folder with a checkpoint: got {str(path)!r}, and {why}. Train again; "
        "vitral.fit(..., out=..., checkpoint_every=1) keeps every epoch."
    )


def _model(checkpoint: Checkpoint, given: Any, variables: Any) -> Any:
    """The model to go on with, its variables of the shapes that were kept."""
    try:
        model = checkpoint.load_model() if given is None else given
        if given is None and not model.compiled:
            raise RunFolderError("its loss or a metric is code of one's own")
    except RunFolderError as error:
        raise ArgumentError(
            f"model must be given, built and compiled as it was first: {str(error).rstrip('.')}. Write "
            "vitral.resume(path, model=model)."
        ) from error
    check_model(model)
    shapes = [[tuple(a.shape) for a in part] for part in variables[:2]]
    own = [[tuple(v.shape) for v in part] for part in (model.trainable_variables, model.non_trainable_variables)]
    if model.built and shapes != own:
        whose = "the folder's" if given is None else "the one given"
        raise ArgumentError(
            f"model must be that of the training: {whose} has {sum(map(len, own))} variables, and they are not of the "
            f"{sum(map(len, shapes))} shapes that were kept. Build it as it was built first."
        )
    return model


def _compare_compiled(now: dict[str, Any], then: dict[str, Any]) -> None:
    for name in ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"):
        was, given = _comparable(then[name]), _comparable(now[name])
        if was != given:
            verbs = ("are", "were") if name.endswith("s") and name != "loss" else ("is", "was")
            raise ArgumentError(
                f"model must be compiled as it was first: the {name.replace('_', ' ')} {verbs[0]} {_told(given, was)}, "
                f"and {verbs[1]} {_told(was, given)}. Compile it as then."
            )


def _comparable(value: Any) -> Any:
    """Settings without the names that Keras counts up, such as adam_2, and without the bytes of a lambda."""
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("class_name")
    if kind == "__lambda__":
        return "a lambda"  # written again, it has other bytes: they say in which line of which file it stands
    config = value.get("config")
    if isinstance(kind, str) and isinstance(config, dict):
        counted = re.sub(r"_\d+$", "", str(config.get("name"))).replace("_", "").lower()
        if counted == kind.replace("_", "").lower():
            config = {key: each for key, each in config.items() if key != "name"}
        return {"class_name": kind, "config": _comparable(config)}
    return {key: _comparable(each) for key, each in value.items()}


def _told(value: Any, other: Any = None) -> str:
    """Settings in a few words; beside others of the same class, those that differ."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_told, value))}]"
    if not (isinstance(value, dict) and "class_name" in value):
        return repr(value)
    config = value["config"]
    if not isinstance(config, dict):
        return str(config)  # a function, by its name
    beside = other["config"] if isinstance(other, dict) and other.get("class_name") == value["class_name"] else None
    differ = [key for key in config if not isinstance(beside, dict) or key not in beside or config[key] != beside[key]]
    told = [f"{key}={_told(config[key])}" for key in differ if config[key] is not None or beside is not None]
    return f"{value['class_name']}({', '.join(told)})"


def _compare_versions(then: dict[str, str]) -> None:
    now = circumstances()
    changed = [f"{name} {then[name]} (now {now.get(name)})" for name in then if then[name] != now.get(name)]
    if changed:
        warnings.warn(
            f"The training began with {', '.join(changed)}: it goes on, but its bits may differ from then on.",
            VitralWarning,
            stacklevel=4,
        )
