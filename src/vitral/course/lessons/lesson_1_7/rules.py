"""The stopping rules of this page, with the settings that a reader can change; `vitral.measures` has what they say.

Letters: E epochs, k epochs of a strip.
"""

from dataclasses import dataclass

import numpy as np

from vitral.measures import (
    GeneralizationLoss,
    Patience,
    ProgressQuotient,
    StoppingPoint,
    SuccessiveIncreases,
    stopping_points,
)

RULES = ("gl", "pq", "up", "patience")
ROLES = {"gl": "a", "pq": "b", "up": "c", "patience": "d"}
STRIP = 5


@dataclass(frozen=True, kw_only=True)
class Settings:
    """α of GL in percent, α of PQ, strips of UP, epochs of patience."""

    gl: float = 10.0
    pq: float = 1.0
    up: int = 3
    patience: int = 15


def stops(losses: np.ndarray, checks: np.ndarray, settings: Settings) -> dict[str, StoppingPoint]:
    """What each rule does with one trace: its epochs count from 1, `stopped` is None where it never stops.

    Args:
        losses, checks: (E,), training and validation loss of each epoch.
    """
    rules = (
        GeneralizationLoss(settings.gl),
        ProgressQuotient(settings.pq, strip=STRIP),
        SuccessiveIncreases(settings.up, strip=STRIP),
        Patience(settings.patience),
    )
    points = stopping_points({"loss": losses, "val_loss": checks}, rules)
    return dict(zip(RULES, points, strict=True))
