"""TensorBoard while training goes on: a Keras callback that writes at each epoch's end, without TensorFlow.

    vitral.fit(model, x, y, epochs=50, callbacks=[vitral.TensorBoard("logs/first")])
    $ tensorboard --logdir logs

What is written, and under which names, is that of `run.to_tensorboard` (see `vitral.runs.tensorboard_events`).
"""

import functools
import os
import secrets
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitral import _keras
from vitral._errors import ArgumentError, VitralWarning
from vitral.probes.recording import Recording
from vitral.runs.tensorboard_events import STEPS, TRAIN, VALIDATION, Clock, metric_events, recording_events
from vitral.runs.tensorboard_files import EventFiles, check_directory, check_free, failing_as_folder, remove

if TYPE_CHECKING:
    TensorBoard: Any


def __getattr__(name: str) -> Any:
    if name != "TensorBoard":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return tensorboard_class()


@functools.cache
def tensorboard_class() -> Any:
    """`vitral.TensorBoard`, made when first asked for: it is a Keras class."""
    keras = _keras.import_keras()

    class TensorBoard(keras.callbacks.Callback):
        """Write event files while `vitral.fit` or `model.fit` trains, on any backend; each epoch shows at once.

        Scalars are named and counted as by Keras's own callback ("epoch_loss" in the TensorBoard runs "train" and
        "validation", epochs from 0), the learning rate among them. Histograms and quantities come from `probes`, which
        are measured on the rows given; without, from those that `vitral.fit(probes=...)` measures.

        A training that starts at its first epoch wants a folder without events, so that no curve is drawn twice. One
        that goes on (`initial_epoch`) continues what is there.

        Args:
            directory: a folder, made if need be; `tensorboard --logdir` takes it, or the folder above.
            probes: "all", a probe, or a list of probes; None for those of `vitral.fit`.
            x, y, sample_weight: the rows to measure on, as `fit` takes them; 100 to 200 tell enough.
            overwrite: with True, events that Vitral wrote in the folder of another training are replaced.

        Raises:
            ArgumentError: at once for bad arguments; when training starts, for events of another training.
            RunFolderError: the folder cannot be written.

        Example:
            >>> import tempfile
            >>> import numpy as np, vitral
            >>> from vitral import keras
            >>> x, y = np.eye(4), np.arange(4)
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax")])
            >>> model.compile("sgd", "sparse_categorical_crossentropy")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     board = vitral.TensorBoard(folder, vitral.probes.Weights(), x, y)
            ...     history = model.fit(x, y, epochs=2, validation_data=(x, y), callbacks=[board], verbose=0)
            ...     sorted(path.name for path in board.directory.iterdir())
            ['train', 'validation']
        """

        def __init__(
            self,
            directory: Any,
            probes: Any = None,
            x: Any = None,
            y: Any = None,
            *,
            sample_weight: Any = None,
            overwrite: bool = False,
        ) -> None:
            super().__init__()
            if probes is None and not (x is None and y is None and sample_weight is None):
                raise ArgumentError('probes must say what to measure on x: got None. Write probes="all".')
            self.directory: Path = check_directory(directory)
            self._overwrite = overwrite
            self._files: EventFiles | None = None
            self._early: list[Recording] = []  # measured before it is known at which epoch training starts
            self._is_open = False
            self._first_step = 0
            self._recorder = None
            if probes is not None:
                from vitral.probes import Recorder  # a Keras class

                self._recorder = Recorder(probes, x, y, sample_weight=sample_weight)
                self._recorder.listeners.append(self._write)
                for hook in ("on_train_batch_begin", "on_train_batch_end"):
                    if hook in vars(self._recorder):  # only probes that count in steps want them: they cost
                        setattr(self, hook, vars(self._recorder)[hook])

        def set_model(self, model: Any) -> None:
            super().set_model(model)
            if self._recorder is not None:
                self._recorder.set_model(model)

        def set_params(self, params: Any) -> None:
            super().set_params(params)
            if self._recorder is not None:
                self._recorder.set_params(params)

        def on_train_begin(self, logs: Any = None) -> None:
            self._is_open, self._files, self._early = False, None, []
            if self._recorder is not None:
                self._recorder.on_train_begin()

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if not self._is_open:
                self._open(epoch)
            if self._recorder is not None:
                self._recorder.on_epoch_begin(epoch)

        def on_recording(self, part: Recording) -> None:
            """Take what the engine measured, unless this callback has probes of its own."""
            if self._recorder is None:
                self._write(part)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if self._recorder is not None:
                self._recorder.on_epoch_end(epoch)
            logs = dict(logs or {})
            rate = _keras.learning_rate(self.model, scheduled=True)
            if rate is not None:
                logs.setdefault("learning_rate", rate)
            self._do(lambda files: files.add(metric_events(epoch, logs, time.time())))
            self._do(EventFiles.flush)

        def on_train_end(self, logs: Any = None) -> None:
            self._do(EventFiles.flush)

        def __deepcopy__(self, memo: Any) -> Any:
            raise ArgumentError(
                "vitral.TensorBoard writes one training: got several of them. "
                "After a sweep, write its variants with sweep.to_tensorboard(directory)."
            )

        def _open(self, epoch: int) -> None:
            """Begin new files: those of a training from its first epoch, or of one that goes on."""
            self._is_open = True
            mark, restarts = secrets.token_hex(6), None
            n_steps = (self.params or {}).get("steps")
            self._first_step = epoch * n_steps if isinstance(n_steps, int) else 0
            if epoch == 0:
                with failing_as_folder(self.directory):
                    remove(check_free(self.directory, mark, overwrite=self._overwrite), self.directory)
            else:
                restarts = {TRAIN: epoch, VALIDATION: epoch, STEPS: self._first_step}
            self._files = EventFiles(self.directory, mark, time.time(), restarts)
            while self._early:
                self._write(self._early.pop(0))

        def _write(self, part: Recording) -> None:
            if not self._is_open:
                self._early.append(part)
                return
            now = time.time()
            clocks: dict[str, Clock] = dict.fromkeys(("epochs", "steps"), lambda _: now)
            self._do(lambda files: files.add(recording_events(part, clocks, first_step=self._first_step)))

        def _do(self, action: Callable[[EventFiles], None]) -> None:
            """Write; a full disk ends the writing, with a warning, and not the training."""
            if self._files is None:
                return
            try:
                action(self._files)
            except OSError as error:
                self._files = None
                why = os.strerror(error.errno) if error.errno else str(error)
                warnings.warn(
                    f"Events for TensorBoard cannot be written any more in {str(self.directory)!r}: {why}. "
                    "Training goes on without.",
                    VitralWarning,
                    stacklevel=2,
                )

    TensorBoard.__module__, TensorBoard.__qualname__ = __name__, "TensorBoard"
    return TensorBoard
