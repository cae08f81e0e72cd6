"""`vitral.fit`: the drop-in for `model.fit`, and the choice between the compiled engine and Keras's own loop."""

import os
import warnings
from pathlib import Path
from typing import Any

from vitral import _keras
from vitral._checks import check_choice, check_int
from vitral._errors import (
    ArgumentError,
    DivergenceWarning,
    EngineError,
    RunFolderError,
    VitralError,
    VitralWarning,
)
from vitral.probes import Probe, check_probes
from vitral.runs import Run
from vitral.runs.checkpoint import has_checkpoint
from vitral.runs.folder import RUN_FILE
from vitral.training import callbacks as kinds
from vitral.training.advice import advise, warn
from vitral.training.attempt import Attempt
from vitral.training.checks import (
    check_backend,
    check_callbacks,
    check_data,
    check_model,
    check_own_files,
    check_rate,
    check_sizes,
    read_out,
)
from vitral.training.interrupts import held_interrupt
from vitral.training.keeping import Keeper, circumstances, describe_task, kept, writer_for
from vitral.training.probing import check_probe_data
from vitral.training.request import Request, make_request


def fit(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | str | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: Any = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: Any = 1,
    *,
    probes: Any = None,
    seed: int | None = None,
    engine: str = "auto",
    out: str | os.PathLike | None = None,
    overwrite: bool = False,
    checkpoint_every: int | None = None,
) -> Run:
    """Train a compiled Keras model: the weights of `model.fit` to the last bit, many times faster.

    Everything up to `validation_freq` means what it means in `keras.Model.fit`. On the JAX backend an epoch runs as
    one compiled program around the model's own `train_step`. What truly needs Keras's loop (a callback of one's own
    with batch hooks, a generator, `run_eagerly`, another backend) gets it, with a warning that says why.

    Args:
        model: a compiled `keras.Model`.
        x: inputs, (N, ...), nested as the model takes them; or a `vitral.Dataset`, whose train part is used and
            whose validation part is the default validation. Arrays in mapped files (`np.load(..., mmap_mode="r")`) of
            64 MiB or more go to the device in chunks and are never in memory as a whole; so do arrays that would take
            more than half of the device's free memory.
        y: targets, N rows.
        batch_size: rows B a step; "all" is batch training, 1 is online training. Default 32.
        epochs: one past the number of the last epoch.
        callbacks: Keras callbacks. Epoch-level ones run in the compiled engine and see up-to-date weights.
        probes: what to measure inside the network meanwhile: "all", or a list of `vitral.probes`; the run's
            `.recording` has it. They look at up to 128 rows of the training data, taken at even distances; the weights
            keep their bits.
        seed: given to `keras.utils.set_random_seed` on entry; None leaves the generators as they are.
        engine: "auto"; "compiled" raises where Keras's loop would be needed; "keras" always takes Keras's loop.
        out: a new folder for the run; None writes nothing.
        overwrite: `out` may hold a run, which stays there until this one takes its place.
        checkpoint_every: after so many epochs the training is kept in `out`, so that `vitral.resume(out)` can go on
            from there with the same bits, should the process be killed; 0 never. None: about every 30 seconds, where
            the backend is JAX, the data are arrays and `steps_per_epoch` is None.

    Returns:
        The `Run`: history, model, status, and everything needed to report on it or save it. Its `.status` is
        "diverged" when the loss became NaN or infinite (a `DivergenceWarning` says where, and what to try).

    Raises:
        ArgumentError, DataError, ShapeError, RunFolderError: bad input, before anything is compiled or written.
        EngineError: `engine="compiled"` and this training needs Keras's loop.
        KeyboardInterrupt: on Ctrl-C. The model keeps the weights of the last finished epoch, and with `out` the run
            is saved as interrupted first.

    Warns:
        VitralWarning: of what runs and yet will hardly learn, each once and with a remedy: inputs far from mean 0 and
            deviation 1, a last activation that does not fit the loss, a batch larger than the data, labels of one
            class only, a callback that waits for a validation that there is none of.

    Example:
        >>> import vitral
        >>> data = vitral.load("iris")
        >>> model = vitral.networks.mlp(4, 3)
        >>> model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        >>> run = vitral.fit(model, data, epochs=3, verbose=0, seed=1)
        >>> run.engine, len(run.history["loss"])
        ('compiled', 3)
    """
    check_backend()
    check_model(model)
    check_callbacks(callbacks)
    check_rate(model, callbacks)
    check_choice("engine", engine, ["auto", "compiled", "keras"])
    if seed is not None and check_int("seed", seed, minimum=0, remedy="Use 0, or leave it out.") >= 2**32:
        raise ArgumentError(f"seed must be below 2**32: got {seed}. Use a smaller number.")
    folder = read_out(out, overwrite=overwrite)
    if folder is not None:
        check_own_files(folder, callbacks)
    request, dataset = make_request(
        x,
        y,
        sample_weight,
        validation_data=validation_data,
        batch_size=batch_size,
        epochs=epochs,
        verbose=verbose,
        validation_split=validation_split,
        shuffle=shuffle,
        class_weight=class_weight,
        initial_epoch=initial_epoch,
        steps_per_epoch=steps_per_epoch,
        validation_steps=validation_steps,
        validation_batch_size=validation_batch_size,
        validation_freq=validation_freq,
    )
    request = check_sizes(request)
    if checkpoint_every is not None:
        remedy = "1 keeps every epoch, 0 none."
        checkpoint_every = check_int("checkpoint_every", checkpoint_every, minimum=0, remedy=remedy)
        writer_for(folder, checkpoint_every, request)
    check_data(model, request)
    chosen = () if probes is None else check_probes(probes)
    if chosen:
        check_probe_data(request)
    for sentence in advise(model, request, callbacks).values():
        warn(sentence)
    if seed is not None:
        _keras.import_keras().utils.set_random_seed(seed)

    attempt = Attempt(model, request, dataset=dataset, callbacks=callbacks, seed=seed)
    keeper = Keeper(
        model,
        callbacks,
        attempt,
        writer_for(folder, checkpoint_every, request),
        every=checkpoint_every,
        fixed=lambda: describe_task(
            request,
            dataset,
            chosen,
            engine=engine,
            seed=seed,
            checkpoint_every=checkpoint_every,
            versions=circumstances(),
            **attempt.described(),
        ),
    )
    with kept(keeper):
        return train(
            model,
            request,
            callbacks,
            attempt,
            chosen,
            engine=engine,
            folder=folder,
            keeper=keeper,
            replaces=overwrite,
        )


def train(
    model: Any,
    request: Request,
    callbacks: Any,
    attempt: Attempt,
    chosen: tuple[Probe, ...],
    *,
    engine: str,
    folder: Path | None,
    keeper: Keeper,
    replaces: bool,
) -> Run:
    """Train, in the engine that can, and save the run; everything is checked, the generators are as they shall be.

    Args:
        model, request, callbacks, attempt, chosen, engine: the training.
        folder: for the run; None writes nothing.
        keeper: writes checkpoints, and restores one.
        replaces: whether the run takes the place of one that may be there.
    """
    attempt.reason = "engine='keras' was asked for" if engine == "keras" else why_keras_loop(model, request, callbacks)
    try:
        if attempt.reason is None:
            attempt.reason = _try_compiled(model, request, callbacks, attempt, chosen, keeper)
        if attempt.reason is not None:
            if engine == "compiled":
                raise EngineError(
                    f'engine="compiled" must be possible for this training: it needs Keras\'s loop, because '
                    f'{attempt.reason}. Use engine="auto", or change that.'
                )
            if engine == "auto" and _keras.is_jax():
                warnings.warn(f"Training in Keras's own loop, because {attempt.reason}.", VitralWarning, stacklevel=3)
            attempt.train_keras(callbacks, chosen, keeper)
    except KeyboardInterrupt:
        if folder is not None:
            with held_interrupt():  # pressed again and again: the run is saved all the same
                _save(attempt.interrupted(), folder, keeper, replaces=replaces)
        raise
    attempt.fingerprint()  # outside the block that cannot be interrupted
    with held_interrupt():  # what was trained to the end is saved, too
        run = attempt.finished()
        if run.status == "diverged":
            warnings.warn(str(run.message), DivergenceWarning, stacklevel=3)
        if folder is not None:
            _save(run, folder, keeper, replaces=replaces)
    return run


def _save(run: Run, folder: Path, keeper: Keeper, *, replaces: bool) -> None:
    """Save a finished or interrupted run; where that fails, say so and lose nothing else."""
    try:
        if has_checkpoint(folder) and not keeper.has_written:
            raise RunFolderError(f"{str(folder)!r} is where another training keeps its checkpoints.")
        keeps = run.status == "interrupted"
        if keeps and not run.epoch and (folder / RUN_FILE).is_file():
            return  # initial weights are no reason to replace a run that was trained
        run.save(folder, overwrite=replaces, adopt=True, keep_checkpoint=keeps)  # callbacks may have written there, too
    except (VitralError, OSError) as error:
        warnings.warn(
            f"The run was not saved: {error} The trained model is in memory still; run.save(...) elsewhere keeps it.",
            VitralWarning,
            stacklevel=4,
        )


def why_keras_loop(model: Any, request: Request, callbacks: Any) -> str | None:
    """Why this training needs Keras's own loop, as the end of a sentence; None when it does not."""
    keras = _keras.import_keras()
    if keras.config.backend() != "jax":
        return f"Keras runs on the {keras.config.backend()} backend"
    if not _keras.is_jax():
        return "Keras runs JAX through nnx"
    if model.run_eagerly:
        return "the model was compiled with run_eagerly=True"
    if not model.jit_compile:
        return "the model was compiled with jit_compile=False, or has a layer that cannot be compiled"
    if not isinstance(model.optimizer, keras.optimizers.Optimizer):
        return "the model has no Keras optimizer"
    if _keras.has_distribution():
        return "a keras.distribution is set"
    if _keras.debug_limits():
        return "keras.config limits epochs or steps"
    own = _keras.overrides(model, ["fit", "evaluate", "make_train_function", "make_test_function"])
    if own:
        return f"the model has its own {own[0]}()"
    if not _keras.can_slice(request.data):
        return f"x is a {type(request.data[0]).__name__}, not arrays"
    if request.validation_data is not None and not _keras.can_slice(request.validation_data):
        return "validation_data are not arrays"
    hooked = kinds.batch_hook(_keras.callbacks_in(callbacks))
    return None if hooked is None else f"the callback {hooked} has a hook for every batch"


def _try_compiled(
    model: Any, request: Request, callbacks: Any, attempt: Attempt, chosen: tuple[Probe, ...], keeper: Keeper
) -> str | None:
    """Train in the compiled engine; the reason, when only tracing shows that it cannot be."""
    from vitral.training.compiled import SparseDataError, train_compiled
    from vitral.training.steps import UnsuitableStepError

    try:
        train_compiled(model, request, callbacks, attempt, chosen, keeper)
    except (SparseDataError, UnsuitableStepError) as reason:
        return str(reason)
    return None
