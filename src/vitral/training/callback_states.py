"""What callbacks know, so that a training that goes on finds them as they were.

Keras's own keep what they know in plain attributes; any other callback says it itself, by `get_state()` and
`set_state(state)`, in nested plain values and arrays. Vitral's know nothing that matters to a training.
"""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from vitral import _keras
from vitral._errors import ArgumentError

_COMPARES = ("monitor", "mode", "best", "min_delta", "monitor_op")
# What Keras's own know and are told. These are made anew from a file, which says no more of them than this;
_MADE_ANEW = {
    "EarlyStopping": (
        *(*_COMPARES, "patience", "verbose", "baseline", "wait", "stopped_epoch"),
        *("restore_best_weights", "best_weights", "start_from_epoch", "best_epoch"),
    ),
    "ReduceLROnPlateau": (
        *(*_COMPARES, "factor", "min_lr", "patience", "verbose", "cooldown", "cooldown_counter", "wait"),
    ),
    "SwapEMAWeights": ("swap_on_epoch", "_ema_weights_in_model"),
    "TerminateOnNaN": ("raise_error",),
}
# these, which call functions or write files, have to be given again: where they write is for who gives them to say.
_GIVEN_AGAIN = {
    "CSVLogger": (),
    "LearningRateScheduler": (),
    "ModelCheckpoint": ("best", "_batches_seen_since_last_saving", "_last_batch_seen", "_current_epoch"),
    "RemoteMonitor": (),
}
_KNOWN: dict[str, tuple[str, ...]] = {**_MADE_ANEW, **_GIVEN_AGAIN}
_COMPARISONS = ("less", "greater")  # of keras.ops; what `monitor_op` can be


def states_of(callbacks: Any) -> list[dict[str, Any]]:
    """What each callback knows, as nested values and arrays; of one that does not say it, its class alone."""
    return [_state_of(callback) for callback in _told_apart(callbacks)]


def restore(callbacks: Any, states: list[dict[str, Any]]) -> None:
    """Let callbacks know what they knew; after their `on_train_begin`, which forgets it."""
    for callback, state in zip(_told_apart(callbacks), states, strict=True):
        if "own" in state:
            callback.set_state(state["own"])
        elif "attributes" in state:
            vars(callback).update(_attributes(state))


def check_given(callbacks: Any, states: list[dict[str, Any]]) -> Any:
    """The callbacks to go on with: those given, or where none are, Keras's own made anew.

    Raises:
        ArgumentError: they are not of the classes that there were; one was of a kind whose state was not kept; or one
            cannot be made from what was kept.
    """
    lost = [state["class"] for state in states if state.keys() == {"class"}]
    if lost:
        raise ArgumentError(
            f"callbacks must be ones that say what they know: {_listed(lost)} did not, so that the training cannot go "
            "on as it was. Give it get_state() and set_state(state), and train again."
        )
    names = [state["class"] for state in states]
    given = [_name(callback) for callback in _told_apart(callbacks)]
    if given or (callbacks is not None and not _keras.callbacks_in(callbacks)):
        if given != names:
            raise ArgumentError(
                f"callbacks must be those that the training had, in their order ({_listed(names) or 'none'}): got "
                f"{_listed(given) or 'none'}. Make them as they were made first."
            )
        return callbacks
    missing = [state["class"] for state in states if "own" in state or state["class"] not in _MADE_ANEW]
    if missing:
        raise ArgumentError(
            f"callbacks must be given again, as they were made first: the training had {_listed(names)}. "
            f"Write vitral.resume(path, callbacks=[{missing[0]}(...)]) with all of them."
        )
    known = _keras.import_keras().callbacks
    made = []
    for state in states:
        callback = getattr(known, state["class"])()
        vars(callback).update(_attributes(state))
        made.append(callback)
    return [*made, *_keras.callbacks_in(callbacks)]  # these are Vitral's own


def cut_logs(callbacks: Any, epoch: int) -> None:
    """Let files of `CSVLogger` go on after so many epochs: later lines are of epochs that will be trained again."""
    for callback in _told_apart(callbacks):
        if _name(callback) != "CSVLogger":
            continue
        callback.append, path = True, Path(callback.filename)
        if not path.is_file():
            continue
        with path.open(newline="") as file:
            rows = list(csv.reader(file, delimiter=callback.sep))
        if len(rows) > 1 and len(rows[-1]) < len(rows[0]):
            rows.pop()  # half a line
        # The lines of this training are the last ones; those of others in the same file, before it, stay.
        first = len(rows)
        while first > 1 and _is_epoch_from(rows[first - 1], epoch):
            first -= 1
        temporary = path.with_name(f".{path.name}.tmp")
        with temporary.open("w", newline="") as file:
            csv.writer(file, delimiter=callback.sep).writerows(rows[:first])
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


def _is_epoch_from(row: list[str], epoch: int) -> bool:
    return bool(row) and row[0].isdigit() and int(row[0]) >= epoch


def _told_apart(callbacks: Any) -> list[Any]:
    """The callbacks that are a user's: neither Vitral's without a state of their own, nor what `fit` adds."""
    known = _keras.import_keras().callbacks
    return [
        callback
        for callback in _keras.callbacks_in(callbacks)
        if not (type(callback).__module__.startswith("vitral.") and not hasattr(callback, "get_state"))
        and type(callback) not in (known.History, known.ProgbarLogger)
    ]


def _state_of(callback: Any) -> dict[str, Any]:
    name = _name(callback)
    if hasattr(callback, "get_state") and hasattr(callback, "set_state"):
        return {"class": name, "own": callback.get_state()}
    if type(callback).__module__.startswith("keras.src.") and name in _KNOWN:
        found = {key: _plain(vars(callback)[key]) for key in _KNOWN[name] if key in vars(callback)}
        return {"class": name, "attributes": found}
    return {"class": name}


def _plain(value: Any) -> Any:
    for name in _COMPARISONS:
        if value is getattr(_keras.import_keras().ops, name) or value is getattr(np, name):
            return {"comparison": name}
    return value


def _attributes(state: dict[str, Any]) -> dict[str, Any]:
    """What was kept, as far as it may be set: a file may say what it likes."""
    found = {}
    for name in _KNOWN.get(state["class"], ()):
        if name not in state["attributes"]:
            continue
        value = state["attributes"][name]
        if isinstance(value, dict):
            if value.get("comparison") not in _COMPARISONS:
                raise ValueError(f"{name} of {state['class']} is no comparison")
            value = getattr(_keras.import_keras().ops, value["comparison"])
        found[name] = value
    return found


def _name(callback: Any) -> str:
    return type(callback).__name__


def _listed(names: list[str]) -> str:
    return ", ".join(names)
