"""Keras's own loop, for what needs each batch on the host: the same events, the same `Run`."""

from typing import Any

import numpy as np

from vitral import _keras
from vitral.training.interrupts import held_interrupt
from vitral.training.request import Request


def train_keras(
    model: Any, request: Request, callbacks: Any, history: Any, recorder: Any = None, keeper: Any = None
) -> None:
    """Train with `keras.Model.fit`.

    On Ctrl-C the model gets back the weights of the last finished epoch, as in the compiled engine.

    Args:
        model, request, callbacks: as for the compiled engine.
        history: the engine's own `History`, which receives the record.
        recorder: a callback that measures, before any other changes something; or None.
        keeper: writes checkpoints, and restores one; or None.
    """
    keras = _keras.import_keras()
    last, again = _last_epoch(keras, keeper, recorder, request.epochs)
    first = [last] if recorder is None else [last, recorder]
    if isinstance(callbacks, keras.callbacks.CallbackList):
        for callback in (*first, history, again):
            callback.set_model(model)
            callback.set_params(callbacks.params)
        callbacks.callbacks[:] = [*first, *callbacks.callbacks, history, again]
        _keras.notice_hooks(callbacks)
    else:
        callbacks = [*first, *_keras.callbacks_in(callbacks), history, again]
    x, y, sample_weight = request.data
    epochs, initial_epoch = request.epochs, request.initial_epoch
    if keeper is not None and keeper.start is not None:
        initial_epoch = keeper.start.epoch
        epochs = initial_epoch if keeper.start.is_over else epochs
    try:
        _keras.keras_fit(
            model,
            x=x,
            y=y,
            batch_size=request.batch_size,
            epochs=epochs,
            verbose=request.verbose,
            callbacks=callbacks,
            validation_split=request.validation_split,
            validation_data=request.validation_data,
            shuffle=request.shuffle,
            class_weight=request.class_weight,
            sample_weight=sample_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=request.steps_per_epoch,
            validation_steps=request.validation_steps,
            validation_batch_size=request.validation_batch_size,
            validation_freq=request.validation_freq,
        )
    except KeyboardInterrupt:
        with held_interrupt():  # a second one waits until all is restored
            _keras.forget(model)
            last.restore(history)
            _keras.finalize(model)
        raise
    finally:
        if isinstance(callbacks, keras.callbacks.CallbackList):
            callbacks.callbacks[:] = [c for c in callbacks.callbacks if c not in (*first, history, again)]
            _keras.notice_hooks(callbacks)


def _last_epoch(keras: Any, keeper: Any, recorder: Any, n_epochs: int) -> tuple[Any, Any]:
    """Two callbacks: the first in the list keeps each epoch; the last keeps it again as other callbacks left it.

    The last also writes checkpoints, and restores one when all others have begun.
    """

    class LastEpoch(keras.callbacks.Callback):
        """Keeps a copy of all variables at each epoch's end."""

        def on_train_begin(self, logs: Any = None) -> None:
            self._kept = None, None, self._copies()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            # One assignment, so that an interrupt finds an epoch with its own values, or the one before.
            self._kept = epoch, logs, self._copies()

        def _copies(self) -> list[tuple[Any, np.ndarray]]:
            optimizer = self.model.optimizer
            variables = [*self.model.variables, *(optimizer.variables if optimizer is not None else [])]
            return [(v, np.array(_keras.to_numpy(v))) for v in variables]

        def restore(self, history: Any) -> None:
            """Give the kept values back to the variables, and see that `history` has their epoch."""
            epoch, logs, copies = getattr(self, "_kept", (None, None, []))
            for variable, value in copies:
                variable.assign(value)
            if epoch is not None and epoch not in history.epoch:
                history.on_epoch_end(epoch, logs)

    class Again(keras.callbacks.Callback):
        """Tells a `LastEpoch` and a `Keeper` that an epoch has ended."""

        def on_train_begin(self, logs: Any = None) -> None:
            if keeper is not None and keeper.start is not None:
                keeper.restore()
                self.params["epochs"] = n_epochs  # also where none is left to train
                if recorder is not None:
                    recorder.go_on(keeper.start.measured, keeper.start.steps)
                last.on_train_begin()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            last.on_epoch_end(epoch, logs)
            if keeper is not None and keeper.is_due(epoch + 1):
                measured = (None, 0) if recorder is None else (recorder.recording, recorder.steps)
                keeper.write(epoch + 1, _keras.state_of(self.model), *measured)

    last = LastEpoch()
    return last, Again()
