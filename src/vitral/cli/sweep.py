"""`vitral sweep`: the variants of what `vitral train` would train, side by side, and what came of them."""

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vitral._checks import check_choice
from vitral._errors import ArgumentError, VitralError, VitralWarning
from vitral.cli import console
from vitral.cli.building import build_model, load_dataset, make_stopper
from vitral.cli.options import SweepOptions, read_hidden
from vitral.cli.outcome import interrupted, outcome_of, print_outcome

if TYPE_CHECKING:
    from vitral.data import Dataset
    from vitral.runs import Sweep

_TRAINING = ("batch_size", "epochs", "seed")
_SECONDS_TO_CONNECT = 10


def sweep(options: SweepOptions, *, as_json: bool, quiet: bool) -> int:
    """Train the variants that `options` name, write the sweep, print the outcome.

    Returns:
        The exit code: 0 done, 1 all diverged or not saved, 130 interrupted. Bad input raises before anything is
        trained.
    """
    messages = console.messages()
    is_silent = quiet or as_json
    found: Sweep | None = None
    try:
        with console.notes(messages), _connected(options.scheduler) as client:
            with contextlib.nullcontext() if is_silent else messages.status(f"Loading {options.data} and Keras …"):
                dataset = load_dataset(options)
                metric = _check_metric(options, dataset)
                _check_words(options, dataset)
            found = _train(options, dataset, client, is_silent=is_silent)
            if not any(result.record for result in found.results):
                raise KeyboardInterrupt
            _save(found, options)
            outcome = outcome_of(found, dataset, metric)
    except KeyboardInterrupt:
        return _say_what_was_kept(found, as_json=as_json)
    except console.NotSavedError as error:
        return console.fail(str(error), as_json=as_json)
    if as_json:
        console.print_json(outcome)
    elif quiet:
        console.output().print(str(found.path), soft_wrap=True)
    else:
        print_outcome(found, outcome)
    if found.status == "interrupted":
        messages.print(outcome["message"], soft_wrap=True)
        return console.INTERRUPTED
    if not found.count("done"):
        console.print_error(outcome["message"])
        return console.FAILED
    return console.DONE


# ---------------------------------------------------------------- the steps


@contextlib.contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """A client of the Dask scheduler that is there; None without an address.

    Raises:
        ArgumentError: no scheduler answers there, or Dask is not installed.
    """
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise ArgumentError(
            f'--scheduler must be used with Dask, which is not installed: got {address!r}. pip install "vitral[dask]"'
        ) from None
    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT)
    except (OSError, ValueError, TimeoutError) as error:
        why = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise ArgumentError(
            f"--scheduler must be the address of a Dask scheduler that answers: got {address!r} ({why}). "
            "Start one with: dask scheduler"
        ) from error
    with client:
        yield client


def _check_metric(options: SweepOptions, dataset: "Dataset") -> str:
    """What the best is best in: a metric that the variants will have measured."""
    score = "mae" if dataset.classes is None else "accuracy"
    names = ["loss", score]
    if len(dataset.validation):
        names = [f"val_{score}", "val_loss", *names]
    # Not the loss on unseen rows: it contains the penalties of l1 and l2, and would prefer the variants without.
    return names[0] if options.metric is None else check_choice("--metric", options.metric, names)


def _check_words(options: SweepOptions, dataset: "Dataset") -> None:
    """Names of Keras's must be known before anything is trained; each is tried in a network of one unit."""
    tried = replace(options.network, hidden=(1,))
    for name in ("activation", "initializer", "optimizer"):
        for value in options.over.get(name, [getattr(tried, name)]):
            build_model(replace(tried, **{name: value}), dataset)


def _train(options: SweepOptions, dataset: "Dataset", client: Any, *, is_silent: bool) -> "Sweep":
    from vitral._cache import use_compilation_cache
    from vitral.training import sweep as run

    use_compilation_cache()

    def build(**values: Any) -> Any:
        values.pop("seed", None)  # is set by then
        if "hidden" in values:
            values["hidden"] = read_hidden(str(values["hidden"]), "--over hidden")
        return build_model(replace(options.network, **values), dataset)

    def callbacks() -> list[Any]:
        stopper = make_stopper(options, dataset)
        return [] if stopper is None else [stopper]

    fixed = {name: getattr(options, name) for name in _TRAINING if name not in options.over}
    verbose = 0 if is_silent else 1 if console.messages().is_terminal else 2
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Interrupted", VitralWarning)  # it is said at the end, with what is kept
        return run(
            build,
            dataset,
            over=options.over,
            exact=options.exact,
            callbacks=callbacks,
            verbose=verbose,
            out=options.out,
            overwrite=options.overwrite and not options.resume,
            resume=options.resume,
            client=client,
            **fixed,
        )


def _save(found: "Sweep", options: SweepOptions) -> None:
    from vitral.training.interrupts import held_interrupt

    if found.path is not None:
        return
    try:
        with held_interrupt():
            found.save(options.out, overwrite=options.overwrite)
    except (VitralError, OSError) as error:
        raise console.NotSavedError(f"Training is done, but the sweep is not saved: {error}") from error


def _say_what_was_kept(found: "Sweep | None", *, as_json: bool) -> int:
    """One line after a Ctrl-C that came before or after the training itself."""
    sentence = "Interrupted before a variant had finished its first epoch: nothing was kept."
    path = None if found is None else found.path
    if found is not None and path is not None:
        sentence = interrupted(found)
    console.messages().print(sentence, soft_wrap=True)
    if as_json:
        console.print_json({"status": "interrupted", "path": None if path is None else str(path), "message": sentence})
    return console.INTERRUPTED
