"""What a sweep leaves behind: many variants of one training, side by side.

The numbers of all variants are in memory, their weights in files, one for each variant, so that a sweep takes the
memory of the variants at work. `sweep[i]` puts variant i together again, as the `Run` that its training alone would
have given.
"""

import html
import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitral._checks import check_choice, check_int
from vitral._errors import ArgumentError, RunFolderError
from vitral.losses.registry import register as register_losses
from vitral.runs import sweep_store
from vitral.runs.metrics import is_higher_better
from vitral.runs.run import Run
from vitral.runs.variants import STATUSES, Group, VariantFiles, VariantResult


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The best epoch of a variant in some metric. `epoch` is counted from 1.

    Example:
        >>> Ranked(variant=3, epoch=12, value=0.97).variant
        3
    """

    variant: int
    epoch: int
    value: float


class Sweep:
    """Many variants of one training. Made by `vitral.sweep`.

    Attributes:
        over: the names that vary. variants: one dict of values for each variant, in their order.
        results: what came of each. groups: which share a program, and what was found to vary.
        status: "done" | "interrupted". seconds: all of it; compile_seconds: of those, spent compiling.
        files: the trained variables and recordings of each. path: the folder that holds the sweep, once it was saved.

    Example:
        >>> import numpy as np
        >>> import vitral
        >>> from vitral import keras
        >>> def build(rate):
        ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        ...     model.compile(keras.optimizers.SGD(rate), "mse")
        ...     return model
        >>> sweep = vitral.sweep(build, np.ones((8, 2)), np.ones((8, 1)), over={"rate": [0.01, 0.1]}, verbose=0)
        >>> sweep.table[["rate", "status"]].to_dict("list"), len(sweep.groups)
        ({'rate': [0.01, 0.1], 'status': ['done', 'done']}, 1)
        >>> sweep.best("loss").epoch
        [0]
    """

    def __init__(
        self,
        *,
        over: list[str],
        results: list[VariantResult],
        groups: list[Group],
        status: str,
        seconds: float,
        compile_seconds: float,
        files: VariantFiles,
        rebuild: Callable[[int], Any] | None = None,
        path: Path | None = None,
    ):
        self.over, self.results, self.groups = over, results, groups
        self.status, self.seconds, self.compile_seconds = status, seconds, compile_seconds
        self.files, self._rebuild, self.path = files, rebuild, path

    @property
    def variants(self) -> list[dict[str, Any]]:
        """The values of each variant."""
        return [result.values for result in self.results]

    # ------------------------------------------------------------ numbers

    @property
    def metrics(self) -> list[str]:
        """The metrics that at least one variant has measured."""
        return list(dict.fromkeys(name for result in self.results for name in result.history))

    @property
    def table(self) -> Any:
        """One row for each variant: its values, its status, and each metric after its last epoch.

        Returns:
            A pandas DataFrame, indexed by the variants' numbers. `epochs` counts those that were run;
            `diverged_epoch` is the first, counted from 1, whose loss was not finite.
        """
        import pandas as pd

        rows = []
        for result in self.results:
            last = {name: values[-1] for name, values in result.history.items() if values}
            rows.append(
                {
                    **result.values,
                    "status": result.status,
                    "epochs": len(result.record.get("epoch", ())),
                    **{name: last.get(name, math.nan) for name in self.metrics},
                    "diverged_epoch": result.diverged_epoch,
                    "seconds": result.record.get("seconds", math.nan),
                }
            )
        table = pd.DataFrame(rows)
        table["diverged_epoch"] = table["diverged_epoch"].astype("Int64")
        table.index.name = "variant"
        return table

    def ranking(self, metric: str) -> list[Ranked]:
        """The variants by their best epoch, the best first; of two that are equal, the earlier one.

        Accuracy and its like are best where they are large, losses and errors where they are small. Variants that
        diverged count with the epochs before; those without a finite value are left out.
        """
        check_choice("metric", metric, self.metrics)
        sign = -1.0 if is_higher_better(metric) else 1.0
        found = []
        for number, result in enumerate(self.results):
            values = result.history.get(metric, ()) if result.record else ()
            finite = [(sign * v, i) for i, v in enumerate(values) if isinstance(v, float) and math.isfinite(v)]
            if finite:
                found.append((min(finite)[0], number, min(finite)[1]))
        return [
            Ranked(variant=number, epoch=self[number].epochs_of(metric)[place], value=sign * value)
            for value, number, place in sorted(found)
        ]

    def best_number(self, metric: str) -> int:
        """The number of the variant that comes first in the `ranking`.

        Raises:
            UnknownNameError: no variant has measured such a metric.
            ArgumentError: none has a finite value of it.
        """
        ranking = self.ranking(metric)
        if not ranking:
            raise ArgumentError(f"metric must have a finite value in some variant: {metric!r} has none. See .table.")
        return ranking[0].variant

    def best(self, metric: str) -> Run:
        """The run of the best variant; `ranking` says how it is chosen."""
        return self[self.best_number(metric)]

    # ------------------------------------------------------------ runs

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[Run]:
        return (self[number] for number in range(len(self)) if self.results[number].record)

    def __getitem__(self, number: int) -> Run:
        """The run of a variant, with its trained model.

        Raises:
            ArgumentError: there is no such variant, or it has no run.
            RunFolderError: when its model or recording is first asked for, and cannot be read or put together.
        """
        number = check_int("number", number, remedy="Ask for one variant at a time; a sweep can be looped over.")
        if not -len(self) <= number < len(self):
            raise ArgumentError(
                f"number must be from 0 to {len(self) - 1}: got {number}. Variants are counted from 0; -1 is the last."
            )
        number %= len(self)
        result = self.results[number]
        if not result.record:
            raise ArgumentError(
                f"number must be that of a variant that was trained: {number} is {result.status!r}. "
                f"{result.message or 'See .table.'}"
            ) from result.error
        return Run(
            history=result.history,
            evaluation_source=result.source,
            make_recording=lambda: self.files.read_recording(number),
            make_model=lambda: self._put_together(number),
            **result.record,
        )

    def _put_together(self, number: int) -> Any:
        from vitral import _keras

        model = self._describe_or_rebuild(number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = self.files.read(number)
            try:
                _keras.set_state(model, state)
            except (ValueError, TypeError, AttributeError) as error:  # no optimizer, where it is another model
                raise RunFolderError(
                    f"the variables of variant {number} must be those of its model: they are not ({error}). "
                    "Train it again."
                ) from error
        return model

    def _describe_or_rebuild(self, number: int) -> Any:
        """The untrained model of a variant: from its description, or by the build function while that is at hand."""
        from vitral import _keras

        config = self.results[number].config
        if config is not None:
            register_losses()
            try:
                return _keras.model_from(config)
            except Exception as error:  # code of one's own, which Keras does not run from a description
                why = f": {error}"
        else:
            why = ""
        if self._rebuild is None:
            raise RunFolderError(
                f"the model of variant {number} must be one that Keras can describe, to be opened again: it is not{why}"
                ". Build it with the sweep's build function and load its weights."
            )
        return self._rebuild(number)

    def save(self, path: Any, overwrite: bool = False, *, adopt: bool = False, keep_checkpoint: bool = False) -> Path:
        """Write the sweep as a folder, which `vitral.open_run` opens; it appears whole or not at all.

        Args:
            path: a new or empty folder. overwrite: with True, a folder that holds a run or a sweep is replaced.
            adopt: with True, a folder that holds other things takes in the sweep beside them.
            keep_checkpoint: with True, a checkpoint in the folder stays: it is this sweep's, which is not finished.

        Returns:
            The absolute path, also kept as `sweep.path`.

        Raises:
            RunFolderError: the folder cannot be written. Nothing is left behind.
        """
        fields = {name: getattr(self, name) for name in ("over", "status", "seconds", "compile_seconds")}
        self.path = sweep_store.save(
            fields, self.results, self.groups, self.files, path, overwrite=overwrite, adopt=adopt
        )
        return self.path

    def to_tensorboard(self, directory: Any, most: int = 20, overwrite: bool = False) -> Path:
        """Write variants as event files, to be compared with `tensorboard --logdir DIRECTORY`.

        Each is one TensorBoard run, named by its number and values ("007-rate=0.1,seed=3"): one colour, with the
        scalars `epoch_loss`, `epoch_val_loss` …, and what probes measured as `Run.to_tensorboard` writes it. Its values
        are its hyperparameters: the HParams tab shows all in a table, with the metrics after the last epoch.

        Of more than `most` variants a sample is written, always the same. The best comes first (by the accuracy on
        validation rows, else by their mean absolute error or loss, else by those on training rows). Then, again and
        again, the variant whose values have been taken least often, so that every value comes in; among equals the one
        that lies farthest in the table from those taken.
        Variants that never trained are left out.

        Args:
            directory: a folder, made if need be. Writing the same sweep again replaces what was written before.
            most: how many variants at most.
            overwrite: with True, events that Vitral wrote there of another training are replaced, too.

        Returns:
            The absolute path of the folder.

        Raises:
            ArgumentError: there are events of another training, or no variant was trained.
            RunFolderError: the folder cannot be written.

        Example:
            >>> import tempfile
            >>> import numpy as np, vitral
            >>> from vitral import keras
            >>> x, y = np.eye(4), np.arange(4)
            >>> def build(rate):
            ...     model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, "softmax")])
            ...     model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
            ...     return model
            >>> sweep = vitral.sweep(build, x, y, over={"rate": [0.1, 0.3, 0.5]}, seed=0, epochs=2, verbose=0)
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     sorted(path.name for path in sweep.to_tensorboard(folder, most=2).iterdir())
            ['000-rate=0.1', '002-rate=0.5']
        """
        from vitral.runs.tensorboard import write_sweep

        return write_sweep(self, directory, most, overwrite=overwrite)[0]

    # ------------------------------------------------------------ looking at it

    def count(self, status: str) -> int:
        """How many variants have this status."""
        check_choice("status", status, STATUSES)
        return sum(result.status == status for result in self.results)

    def __repr__(self) -> str:
        counted = ", ".join(f"{n} {status}" for status in STATUSES if (n := self.count(status)))
        groups = f"{len(self.groups)} {'program' if len(self.groups) == 1 else 'programs'}"
        return f"<Sweep over {', '.join(self.over)}: {counted}; {groups}, {self.seconds:.3g} s>"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>{self.table.to_html(max_rows=20, border=0)}"
