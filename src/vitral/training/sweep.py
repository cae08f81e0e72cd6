"""`vitral.sweep`: one network in many variants."""

import contextlib
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vitral import _keras
from vitral._digest import digest
from vitral._errors import ArgumentError, VitralError, VitralWarning
from vitral.data import Dataset
from vitral.probes import Probe, check_probes
from vitral.runs import Sweep
from vitral.runs.sweep_checkpoint import SweepKeeper
from vitral.training.checks import check_backend, read_out
from vitral.training.interrupts import held_interrupt
from vitral.training.variants import Variant, makes_callbacks, read_variants


def sweep(
    build: Callable[..., Any],
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
    over: Mapping[str, Any] | list[Mapping[str, Any]],
    probes: Any = None,
    seed: int | None = None,
    exact: bool | None = None,
    out: str | os.PathLike | None = None,
    overwrite: bool = False,
    resume: bool = False,
    client: Any = None,
) -> Sweep:
    """Train one network in many variants; each gets the weights of its own `vitral.fit`.

    Variants whose traced steps differ in numbers alone (a rate, a penalty, a number in a loss of one's own) share one
    compiled program; that is found by comparing, nothing is declared. They train side by side, one a core, in turn on
    the devices that JAX shows (unless `jax.default_device` has chosen one), and have the bits of their solo trainings,
    but for this: a few numbers cost a rounding when they become inputs, about 1e-7 a step. They are factors that stand
    beside another factor (a rescaling, AdamW's decay, n * mean / 7 in a loss) and exponents; `sweep.groups` says which
    numbers were lifted.

    Args:
        build: a function that returns a new compiled `keras.Model`, with layers and an optimizer of its own (layers
            that are frozen in all variants may be shared); it is called with the values that its signature names.
        x: inputs, (N, ...), or a `vitral.Dataset`, as `fit` takes them; or a function of the values that its signature
            names, which returns a `Dataset`, or x, or (x, y), or (x, y, sample_weight).
        y, batch_size, epochs, …, validation_freq: as `fit` takes them, for all variants.
        callbacks: a list of Keras callbacks, each variant getting copies; or a function that returns one, of the values
            that its signature names (for `**more` it gets none):
            `lambda patience: [keras.callbacks.EarlyStopping(patience=patience)]`.
        over: what varies: name -> list of values, for all combinations (V of them, the first name slowest), or a list
            with a dict for each variant. A training argument goes to the training, any other name to `build`, to the
            data function and to that of the callbacks. "seed" is set before a model is built and again before it is
            trained, and passed on to who names it.
        probes: what to measure inside each network meanwhile, as `fit` takes it; `sweep[i].recording` has it.
        seed: for all variants, where `over` names none.
        exact: with True every variant has the bits of its solo training, as said above. With False, variants go in
            step, 16 to a program (on a processor those of up to 20,000 weights without convolutions and recurrent
            layers): faster for tiny networks, and off by float32's rounding at first, by more where a training is
            chaotic. None: True on processors, False on accelerators.
        out: a new folder for the sweep, where each variant is kept as it finishes; None writes nothing.
        overwrite: `out` may hold a run or a sweep, which stays there until this one takes its place.
        resume: with True, `out` is the folder of the same sweep that was broken off: the variants that were finished
            are taken from there, and the others trained. Each must have a seed.
        client: a `dask.distributed.Client`, whose workers then train the variants, some at a time in one thread: so
            workers of few threads are best. They need the same versions as this process, and get copies of `build`,
            the data (once) and the callbacks. What they give is kept as it comes. A worker that dies costs the time of
            what it was at; a variant that fails on three is marked "failed". Where `over` has no "seed" and `seed` is
            None, each worker draws its own. Where x is a function, runs have no `evaluation`. `compile_seconds` adds up
            over workers. None: this process trains.

    Returns:
        The `Sweep`. A variant whose build, data or training raises is marked "failed", and the rest is run. On Ctrl-C
        the variants that were finished are kept, and the sweep's status is "interrupted"; pressed again and again, too.

    Raises:
        ArgumentError, DataError, ShapeError, UnknownNameError: bad input; also when every variant fails.

    Example:
        >>> import vitral
        >>> data = vitral.load("iris")
        >>> def build(rate):
        ...     model = vitral.networks.mlp(4, 3)
        ...     model.compile(vitral.keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        ...     return model
        >>> sweep = vitral.sweep(build, data, epochs=2, verbose=0, over={"rate": [0.1, 0.01], "seed": range(2)})
        >>> len(sweep), len(sweep.groups), sweep.count("done")
        (4, 1, 4)
    """
    check_backend()
    if exact is not None and not isinstance(exact, bool):
        raise ArgumentError(f"exact must be None, True or False: got {exact!r}. Leave it out for the default.")
    chosen = () if probes is None else check_probes(probes)
    if not isinstance(resume, bool):
        raise ArgumentError(f"resume must be True or False: got {resume!r}. Write resume=True to go on.")
    if resume and overwrite:
        raise ArgumentError(
            "overwrite must stand without resume: got both. A sweep that goes on replaces what is in its folder anyway."
        )
    if resume and out is None:
        raise ArgumentError("resume must go with a folder: got resume=True and out=None. Name the sweep's folder.")
    folder = Path(out).expanduser().absolute() if resume and out is not None else read_out(out, overwrite=overwrite)
    if client is not None:
        from vitral.training.distributed import check_client

        check_client(client)
    data = x if callable(x) and not isinstance(x, Dataset) else None
    variants = read_variants(over, build, data, callbacks, seed=seed)
    arguments = {
        "validation_data": validation_data,
        "batch_size": batch_size,
        "epochs": epochs,
        "validation_split": validation_split,
        "shuffle": shuffle,
        "class_weight": class_weight,
        "initial_epoch": initial_epoch,
        "steps_per_epoch": steps_per_epoch,
        "validation_steps": validation_steps,
        "validation_batch_size": validation_batch_size,
        "validation_freq": validation_freq,
        "callbacks": callbacks,
        "sample_weight": sample_weight,
    }
    from vitral.training.sweeping import Sweeping, is_exact_here

    if resume and any(variant.seed is None for variant in variants):
        raise ArgumentError(
            "seed must be given for a sweep to be resumed: got a variant without, whose numbers depend on those "
            "before. Write seed=0, or a seed in over."
        )
    given = build, x, y, data, arguments, variants, verbose, chosen
    if client is None:
        sweeping = Sweeping(*given, is_exact_here() if exact is None else exact)
    else:
        from vitral.training.distributed import Distributed

        sweeping = Distributed(client, *given, exact)
    keeper = None
    if folder is not None:
        asked = _asked(x, y, data, variants, arguments, exact=exact, chosen=chosen)
        keeper = SweepKeeper(folder, asked, resume=resume)
    try:
        with held_interrupt() as interrupt:
            if keeper is not None:
                sweeping.keep_in(keeper)
            found = sweeping.run(interrupt)
            if folder is not None and any(result.record for result in found.results):
                _save(found, folder, replaces=resume or overwrite)
            try:
                interrupt.check()  # pressed too late to break anything off, or once more
                was_pressed = found.status == "interrupted"
            except KeyboardInterrupt:
                was_pressed = True
    finally:
        if keeper is not None:
            keeper.close()
    if keeper is not None and keeper.trouble is not None and found.path is None:
        warnings.warn(f"Variants were not kept as they finished: {keeper.trouble}.", VitralWarning, stacklevel=2)
    if was_pressed:
        n_finished = found.count("done") + found.count("diverged")
        warnings.warn(f"Interrupted: {n_finished} of {len(found)} variants are finished.", VitralWarning, stacklevel=2)
    return found


def _save(found: Sweep, folder: Path, *, replaces: bool) -> None:
    """Save a sweep; where that fails, say so and lose nothing else."""
    try:
        found.save(folder, overwrite=replaces, adopt=True, keep_checkpoint=found.status == "interrupted")
    except (VitralError, OSError) as error:
        warnings.warn(
            f"The sweep was not saved: {error} It is in memory still; sweep.save(...) elsewhere keeps it.",
            VitralWarning,
            stacklevel=3,
        )


def _asked(
    x: Any,
    y: Any,
    data: Callable[..., Any] | None,
    variants: list[Variant],
    arguments: dict[str, Any],
    *,
    exact: bool | None,
    chosen: tuple[Probe, ...],
) -> dict[str, Any]:
    """What tells a sweep from another, as far as plain values and the data say it."""
    large = ("callbacks", "validation_data", "sample_weight")
    found: dict[str, Any] = {name: value for name, value in arguments.items() if name not in large}
    listed = [] if makes_callbacks(arguments["callbacks"]) else _keras.callbacks_in(arguments["callbacks"])
    found["callbacks"] = [type(callback).__name__ for callback in listed]
    for name in large[1:]:
        with contextlib.suppress(Exception):  # of data that no digest is known of
            given = arguments[name]
            found[name] = given.digest if isinstance(given, Dataset) else digest(given)
    found |= {"values": [variant.values for variant in variants], "seed": [variant.seed for variant in variants]}
    found |= {"exact": exact, "probes": [repr(probe) for probe in chosen], "data": None}
    if data is None:
        with contextlib.suppress(Exception):  # of data that no digest is known of
            found["data"] = x.digest if isinstance(x, Dataset) else digest((x, y))
    return found
