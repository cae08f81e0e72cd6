"""What a training leaves behind.

A `Run` holds the history (it stands where Keras's `History` stood), the trained model and everything needed to say, a
year later, what was done: settings, seed, versions, a fingerprint of the data, predictions on unseen rows. It can be
saved as a folder that any language reads (JSON, safetensors, Keras's own model file) and opened again without Keras.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vitral._checks import check_choice
from vitral._digest import digest
from vitral._errors import RunFolderError
from vitral.data import Standardizer
from vitral.runs import store
from vitral.runs.evaluation import Evaluation, EvaluationSource, evaluate, values_of
from vitral.runs.metrics import is_higher_better
from vitral.runs.recording import Recording

STATUSES = ("done", "interrupted", "diverged")


class Run:
    """One training: its history, its model and its circumstances. Made by `vitral.fit` and `vitral.open_run`.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse", metrics=["mae"])
        >>> run = vitral.fit(model, np.ones((8, 2)), np.ones((8, 1)), epochs=2, verbose=0, seed=0)
        >>> run.status, run.engine, run.epoch, sorted(run.history)
        ('done', 'compiled', [0, 1], ['loss', 'mae'])
    """

    def __init__(
        self,
        *,
        history: dict[str, list[Any]],
        epoch: list[int],
        params: dict[str, Any],
        engine: str,
        engine_reason: str,
        settings: dict[str, Any],
        backend: str,
        versions: dict[str, str],
        data: dict[str, Any],
        started: str,
        seconds: float,
        compile_seconds: float = 0.0,
        seed: int | None = None,
        status: str = "done",
        message: str | None = None,
        model: Any = None,
        make_model: Callable[[], Any] | None = None,
        evaluation_source: EvaluationSource | None = None,
        path: Path | None = None,
        recording: Recording | None = None,
        make_recording: Callable[[], Recording | None] | None = None,
    ):
        """Keep what training hands over.

        Args:
            history: metric name -> one value per epoch in which it was measured, as in Keras.
            epoch: numbers of the epochs run, from 0; params: as Keras's `History` has them.
            engine: "compiled" | "keras"; engine_reason: why that one.
            settings: the training arguments, as values that JSON knows.
            backend, versions: Keras's backend; versions by package name.
            data: name, task, rows, shapes, classes, image_shape, sha256: whatever is known, as values that JSON knows.
            started: ISO 8601, UTC; seconds: of training; compile_seconds: those of them spent compiling.
            seed: what `seed=` was; None when the generators were left as they were.
            status: "done" | "interrupted" | "diverged"; message: a sentence on the last two.
            model: the trained model; None where a folder holds it, or where `make_model` makes it when first asked.
            evaluation_source: the rows to ask the model about when the run is saved or reported on.
            path: the folder that holds the run.
            recording: what probes measured; None where there were none, or where `make_recording` reads it when first
                asked.
        """
        self.history, self.epoch, self.params = history, epoch, params
        self.engine, self.engine_reason = engine, engine_reason
        self.status, self.message = check_choice("status", status, STATUSES), message
        self.settings, self.seed = settings, seed
        self.backend, self.versions, self.data = backend, versions, data
        self.started, self.seconds, self.compile_seconds = started, seconds, compile_seconds
        self.path = path
        self._recording, self._make_recording = recording, make_recording
        self._model, self._make_model = model, make_model
        self._source = evaluation_source
        self._evaluation: Evaluation | None = None
        self._evaluated_weights: str | None = None
        self._record: dict[str, Any] | None = None  # what run.json says, once there is one

    # ------------------------------------------------------------ the model and what it says

    @property
    def model(self) -> Any:
        """The trained Keras model; read from the run's folder when first asked for."""
        if self._model is None and self._make_model is not None:
            self._model = self._make_model()
        if self._model is None and self.path is not None and self._record is not None:
            self._model = store.load_model(self.path, self._record)
        return self._model

    @property
    def recording(self) -> Recording | None:
        """What probes measured; None where there were none. That of a sweep's variant is read when first asked for.

        Raises:
            RunFolderError: the file that holds it is damaged, or was replaced.
        """
        if self._make_recording is not None:
            self.recording = self._make_recording()
        return self._recording

    @recording.setter
    def recording(self, recording: Recording | None) -> None:
        self._recording, self._make_recording = recording, None

    @property
    def evaluation_source(self) -> EvaluationSource | None:
        """The rows that `evaluation` asks the model about; None where there are none, or no longer."""
        return self._source

    @property
    def evaluation(self) -> Evaluation | None:
        """Predictions on the best unseen rows (test, else validation, else training); None where there are none.

        Computed when first asked for, and again only if the model has been trained further since.
        """
        if self._source is None or self.model is None:
            return self._evaluation
        weights = digest(values_of(self._model.weights))
        if self._evaluated_weights != weights:
            self._evaluation, self._evaluated_weights = evaluate(self._model, self._source), weights
        return self._evaluation

    # ------------------------------------------------------------ numbers

    def epochs_of(self, metric: str) -> list[int]:
        """The epochs, counted from 1, in which `metric` was measured (validation may be rarer than epochs)."""
        check_choice("metric", metric, self.history)
        values, epochs = self.history[metric], [e + 1 for e in self.epoch]
        if len(values) == len(epochs):
            return epochs
        frequency = self.settings.get("validation_freq", 1)
        if isinstance(frequency, int) and frequency > 0:
            measured = [e for e in epochs if e % frequency == 0]
        else:
            measured = [e for e in epochs if isinstance(frequency, list | tuple) and e in frequency]
        # An interrupt may have come before the last of them.
        return measured[: len(values)] if len(measured) >= len(values) else epochs[-len(values) :]

    def summary(self) -> dict[str, Any]:
        """The run in numbers: status, engine, epochs, seconds, and per metric its first, last and best value.

        `best` is the largest where larger is better (accuracy, AUC, recall …), else the smallest; `best_epoch`
        counts from 1. Both are None where no value is finite.
        """
        metrics = {}
        for name, values in self.history.items():
            numbers = [v for v in values if isinstance(v, int | float | np.floating | np.integer)]
            if not numbers or len(numbers) != len(values):
                continue  # a metric with a value per class has no single best
            place = _best_place(numbers, higher=is_higher_better(name))
            metrics[name] = {
                "first": float(numbers[0]),
                "last": float(numbers[-1]),
                "best": None if place is None else float(numbers[place]),
                "best_epoch": None if place is None else self.epochs_of(name)[place],
            }
        evaluation = self._evaluation
        return {
            "status": self.status,
            "engine": self.engine,
            "epochs": len(self.epoch),
            "seconds": self.seconds,
            "metrics": metrics,
            "evaluation": None
            if evaluation is None
            else {"part": evaluation.part, "n": evaluation.n, **(evaluation.residuals or {}), **evaluation.scores},
        }

    # ------------------------------------------------------------ looking at it

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {m['last']:.4g}" for k, m in self.summary()["metrics"].items())
        where = f", at {str(self.path)!r}" if self.path else ""
        return (
            f"<Run {self.status}: {len(self.epoch)} epochs, {self.engine} engine{', ' + last if last else ''}{where}>"
        )

    def _repr_html_(self) -> str:
        from vitral.runs.markup import run_html

        return run_html(self)

    # ------------------------------------------------------------ new rows

    def prepare(self, x: Any) -> np.ndarray:
        """New rows as the network was given its own: on the scale of the training part, where that was standardised.

        Args:
            x: (N, ...) in the data's own units, columns in the order of `run.data["feature_names"]`.

        Returns:
            float32, the shape of `x`.

        Raises:
            ShapeError: rows of another length.
            RunFolderError: what the run's record says of the scale cannot be used.
        """
        scales = self.data.get("standardizer")
        if scales is None:
            return np.asarray(x, dtype=np.float32)
        try:
            standardizer = Standardizer(mean=scales["mean"], scale=scales["scale"])
        except (TypeError, KeyError, ValueError) as error:
            raise RunFolderError(
                "the run's record must hold a mean and a scale for each column: got others. Standardise x by hand."
            ) from error
        return standardizer.apply(x)

    # ------------------------------------------------------------ saving

    def save(self, path: Any, overwrite: bool = False, *, adopt: bool = False, keep_checkpoint: bool = False) -> Path:
        """Write the run as a folder: `run.json`, `model.keras`, `arrays.safetensors`.

        The folder appears whole or not at all. The model's variables keep their bits.

        Args:
            path: a new or empty folder.
            overwrite: with True, a folder that holds a run is replaced in one step; files in it that are not
                Vitral's stay.
            adopt: with True, a folder that holds other things takes in the run beside them.
            keep_checkpoint: with True, a checkpoint in the folder stays: it is this run's, which is not finished.

        Returns:
            The absolute path, also kept as `run.path`.

        Raises:
            RunFolderError: the folder cannot be written. Nothing is left behind.
        """
        self.path, self._record = store.save(
            self, path, overwrite=overwrite, adopt=adopt, keep_checkpoint=keep_checkpoint
        )
        return self.path

    def to_tensorboard(self, directory: Any, overwrite: bool = False) -> Path:
        """Write the run as event files, to be looked at with `tensorboard --logdir DIRECTORY`.

        Metrics become the scalars `epoch_loss`, `epoch_accuracy` … of two TensorBoard runs, "train" and "validation",
        as Keras's own callback names and counts them (epochs from 0), so that their curves overlay. What probes
        measured becomes histograms ("layer_weights/dense/kernel"; tabs Histograms and Distributions) and scalars
        ("layer_gradients_norm/dense/kernel"), at the number of epochs done. The counts of a histogram are those of the
        recording, bin by bin; of a long series the Histograms tab shows 51. Measurements by steps are a TensorBoard run
        of their own, "steps".

        Args:
            directory: a folder, made if need be. Writing the same run again replaces what was written before.
            overwrite: with True, events that Vitral wrote there of another training are replaced, too.

        Returns:
            The absolute path of the folder.

        Raises:
            ArgumentError: there are events of another training.
            RunFolderError: the folder cannot be written.

        Example:
            >>> import tempfile
            >>> import numpy as np, vitral
            >>> from vitral import keras
            >>> x, y = np.eye(4), np.arange(4)
            >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax")])
            >>> model.compile("sgd", "sparse_categorical_crossentropy")
            >>> run = vitral.fit(model, x, y, epochs=2, validation_data=(x, y), verbose=0, seed=0)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     sorted(path.name for path in run.to_tensorboard(folder).iterdir())
            ['train', 'validation']
        """
        from vitral.runs.tensorboard import write_run

        return write_run(self, directory, overwrite=overwrite)


def _best_place(values: list[Any], *, higher: bool) -> int | None:
    finite = [(float(v) if higher else -float(v), -i) for i, v in enumerate(values) if math.isfinite(v)]
    return -max(finite)[1] if finite else None
