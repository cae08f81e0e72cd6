"""Keras's callbacks in the compiled engine: which of them need what.

Epoch-level callbacks run on the host after each epoch. A few need nothing from the model and can be told of many
epochs at once. Keras's own that hook batches without needing them are recognised; any other batch hook needs Keras's
loop, which gives each batch to the host.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from vitral import _keras
from vitral.training.interrupts import held_interrupt

_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


@cache
def history_class() -> type:
    """`keras.callbacks.History` that never touches the model: Keras's own synchronises all weights every epoch."""
    keras = _keras.import_keras()

    class History(keras.callbacks.History):
        """The record of a training: `.history`, `.epoch`, `.params`."""

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            with held_interrupt():  # an epoch is in all lists or in none
                self.epoch.append(epoch)
                for key, value in (logs or {}).items():
                    self.history.setdefault(key, []).append(value)

        def on_epochs(self, epochs: range, logs: dict[str, list[Any]]) -> None:
            """Several epochs at once: name -> the values of those that have one."""
            with held_interrupt():
                self.epoch.extend(epochs)
                for key in sorted(logs):
                    self.history.setdefault(key, []).extend(logs[key])

    return History


def batch_hook(callbacks: Iterable[Any]) -> str | None:
    """The first callback, by name, with a batch hook that truly needs the host; None when there is none."""
    for callback in callbacks:
        hooks = [h for h in _BATCH_HOOKS if not _keras.is_default_hook(callback, h)]
        if any(not _is_harmless(callback, hook) for hook in hooks):
            return type(callback).__name__
    return None


def _is_harmless(callback: Any, hook: str) -> bool:
    """Whether the hook is one of Keras's own that does nothing here, or that the engine stands in for."""
    if hook in vars(callback):
        return False
    known = _keras.import_keras().callbacks
    defined = getattr(type(callback), hook)
    if defined is getattr(known.TerminateOnNaN, hook) and isinstance(callback, known.TerminateOnNaN):
        return True
    if isinstance(callback, known.ProgbarLogger):
        return defined is getattr(known.ProgbarLogger, hook)
    savers = [
        getattr(known, n) for n in ("ModelCheckpoint", "BackupAndRestore", "OrbaxCheckpoint") if hasattr(known, n)
    ]
    return any(defined is getattr(saver, hook) for saver in savers) and callback.save_freq == "epoch"


def watches_validation(callbacks: Iterable[Any]) -> bool:
    """Whether a callback must be called before and after each validation (SwapEMAWeights is one)."""
    progress = _keras.import_keras().callbacks.ProgbarLogger
    return any(
        not (_keras.is_default_hook(c, "on_test_begin") and _keras.is_default_hook(c, "on_test_end"))
        for c in callbacks
        if type(c) is not progress
    )


def are_passive(callbacks: Iterable[Any]) -> bool:
    """Whether all callbacks can be told of several epochs afterwards: they change nothing and only write.

    Vitral's own may say so of themselves, as the one that watches for `stop` does.
    """
    known = _keras.import_keras().callbacks
    kinds = (history_class(), known.CSVLogger, known.TerminateOnNaN)
    return all(type(c) in kinds or vars(type(c)).get("is_passive") is True for c in callbacks)


def look_only_through_model(callbacks: Iterable[Any]) -> bool:
    """Whether all callbacks reach the model through `Callback.model`, which brings its weights up to date.

    Keras's own do; a user's may hold the model by another name, and then finds the weights there at each epoch's end.
    """
    return all(is_keras_own(c) for c in callbacks)


def is_keras_own(callback: Any) -> bool:
    """Whether a callback is Keras's or Vitral's own, and runs no code of a user's."""
    runs_others = isinstance(callback, _keras.import_keras().callbacks.LambdaCallback)
    return type(callback).__module__.startswith(("keras.src.", "vitral.")) and not runs_others


def nan_stoppers(callbacks: Iterable[Any]) -> list[Any]:
    """The `TerminateOnNaN`s: the program itself stops at the bad batch, then they are called with it."""
    return [c for c in callbacks if isinstance(c, _keras.import_keras().callbacks.TerminateOnNaN)]
