"""What fixes a program's shape, and what one dispatch of it shall do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vitral.training.plan import EpochPlan


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The sizes that fix a program's shape, besides those of the model and the data.

    Attributes:
        batch: rows of a full batch, B.
        full: most full steps in an epoch, S.
        tail: rows of the smaller last batch, 0 for none.
        val_batch, val_tail: the same for validation.
        block: most epochs in one dispatch.
        halts: stop at the first batch whose loss is not finite (Keras's TerminateOnNaN).
    """

    batch: int
    full: int
    tail: int
    val_batch: int = 0
    val_tail: int = 0
    block: int = 1
    halts: bool = False

    def fill(self, plans: Sequence[EpochPlan]) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of full batches (block, full × batch) and of smaller last ones (block, tail), 0 for the rest."""
        rows = np.zeros((self.block, self.full * self.batch), "int32")
        tails = np.zeros((self.block, self.tail), "int32")
        for e, plan in enumerate(plans):
            rows[e, : len(plan.rows)] = plan.rows
            tails[e, : len(plan.tail)] = plan.tail
        return rows, tails


class Control(NamedTuple):
    """What one dispatch shall do; becomes one small integer array."""

    fresh: bool = True  # an epoch begins here: metrics are reset
    n_epochs: int = 1
    start: int = 0  # first full step
    stop: int = 0  # one past the last full step
    n_tail: int = 0  # 1: the smaller last batch too
    val_fresh: bool = True  # a validation begins here: its metrics are reset
    val_start: int = 0  # first full validation step, in an epoch that validates
    val_stop: int = 0  # one past its last
    n_val_tail: int = 0  # 1: its smaller last batch too
