"""Index plans: which rows make which batch, drawn exactly when and as Keras draws them.

Keras shuffles with `np.random.permutation` on the host, once per epoch after `on_epoch_begin`, and once more before
the first epoch when it peeks at a batch to build model, metrics or loss. Whoever draws the same gets the same batches.
"""

import itertools
import threading
from typing import Any, NamedTuple

import numpy as np

from vitral import _keras

# Held by whoever draws from NumPy's global generator while trainings with generators of their own run beside.
global_random = threading.RLock()


class EpochPlan(NamedTuple):
    """Row numbers of one epoch's batches.

    Attributes:
        rows: (n_full × B,) int32, the full batches one after another.
        tail: (R,) int32, the smaller last batch; empty for none.
        n_full: full batches.
    """

    rows: np.ndarray
    tail: np.ndarray
    n_full: int


class Planner:
    """Draws one `EpochPlan` after another.

    The common case (whole epochs, shuffled or not) costs one permutation. A fixed number of steps per epoch and
    shuffling within batches go through Keras's own epoch iterator over row numbers, so that its rules need no copy.

    Keras draws from NumPy's global generator. Of many trainings at once, each draws from one of its own, which starts
    where `own_random` found the global one.
    """

    def __init__(
        self, *, n_rows: int, batch_size: int, shuffle: bool | str, steps: int | None, steps_per_execution: int
    ) -> None:
        self.n_rows = n_rows
        self.batch = batch_size
        self.full, self.tail = divmod(n_rows, batch_size)
        self.n_batches = steps or self.full + (self.tail > 0)
        self._shuffle, self._steps, self._steps_per_execution = shuffle, steps, steps_per_execution
        self._order = np.arange(n_rows, dtype="int32")
        self.random: Any = np.random
        self._iterator = None
        if steps is not None or shuffle == "batch":
            self._iterator = _keras.index_batches(
                n_rows,
                batch_size=batch_size,
                shuffle=shuffle,
                steps=steps,
                steps_per_execution=steps_per_execution,
            )

    @property
    def is_uniform(self) -> bool:
        """Whether all epochs have the same number and sizes of batches; with a fixed number of steps they differ."""
        return self._steps is None

    def peek(self) -> None:
        """Draw what Keras draws when it looks at a first batch."""
        if self._iterator is not None:
            for _, _, iterator in self._iterator:
                next(iterator)
                break
        elif self._shuffle:
            self.random.permutation(self.n_rows)

    def own_random(self) -> None:
        """From now on draw from a generator of one's own, which goes on where the global one is now."""
        self.random = np.random.RandomState()
        self.random.set_state(np.random.get_state())

    def begin(self) -> None:
        """Start over after `peek`, as Keras does before the first epoch in any case."""
        if self._iterator is not None:
            self._iterator.reset()

    def draw(self) -> EpochPlan:
        """The next epoch's batches."""
        if self._iterator is None:
            order = self._order
            if self._shuffle:
                order = self.random.permutation(self.n_rows).astype("int32")
            cut = self.full * self.batch
            return EpochPlan(order[:cut], order[cut:], self.full)
        if self.random is np.random:
            return self._draw_from(self._iterator)
        with global_random:
            global_state = np.random.get_state()
            np.random.set_state(self.random.get_state())
            try:
                return self._draw_from(self._iterator)
            finally:
                self.random.set_state(np.random.get_state())
                np.random.set_state(global_state)

    def _draw_from(self, iterator: Any) -> EpochPlan:
        """An epoch's batches out of Keras's own iterator, which draws from the global generator."""
        batches: list[np.ndarray] = []
        with iterator.catch_stop_iteration():
            for _, _, rest in iterator:
                batches.append(np.asarray(next(rest)))
                batches += [np.asarray(b) for b in itertools.islice(rest, self._steps_per_execution - 1)]
        full = [b for b in batches if len(b) == self.batch]
        tail = next((b for b in batches if len(b) < self.batch), self._order[:0])
        rows = np.concatenate(full) if full else self._order[:0]
        return EpochPlan(rows.astype("int32"), tail.astype("int32"), len(full))


class ValidationPlan(NamedTuple):
    """How many batches of which size one validation takes, rows in their order.

    Attributes:
        batch: rows of a full batch.
        n_full: full batches.
        tail: rows of the smaller last batch, 0 for none.
    """

    batch: int
    n_full: int
    tail: int

    def in_order(self) -> EpochPlan:
        """The rows of its batches."""
        rows = np.arange(self.n_full * self.batch + self.tail, dtype="int32")
        return EpochPlan(rows[: self.n_full * self.batch], rows[self.n_full * self.batch :], self.n_full)


def plan_validation(*, n_rows: int, batch_size: int, steps: int | None, steps_per_execution: int) -> ValidationPlan:
    """Keras's validation batches: all of them, or the first `steps`, rounded up to whole executions."""
    full, tail = divmod(n_rows, batch_size)
    if steps is None:
        return ValidationPlan(batch_size, full, tail)
    planner = Planner(
        n_rows=n_rows, batch_size=batch_size, shuffle=False, steps=steps, steps_per_execution=steps_per_execution
    )
    planner.begin()
    epoch = planner.draw()
    return ValidationPlan(batch_size, epoch.n_full, len(epoch.tail))
