"""A run in one plain sentence, and what to hold it against."""

from typing import Any

import numpy as np

from vitral.measures import accuracy, residual_statistics
from vitral.runs import Evaluation, Run

_THINGS = {"digits": "digits", "mnist": "digits", "fashion_mnist": "garments", "iris": "flowers", "wine": "wines"}
_PARTS = {"test": "unseen", "validation": "held-out", "train": "training"}


def verdict(run: Run, evaluation: Evaluation | None) -> str:
    """What came of it: how much was right (or how far off), of what, after how long."""
    spent = _spent(run)
    if run.status == "diverged":
        return f"Training diverged {spent}: the loss stopped being a number."
    if evaluation is None or not evaluation.n:
        loss = run.summary()["metrics"].get("val_loss") or run.summary()["metrics"].get("loss")
        outcome = f"Loss {number(loss['last'])}" if loss else "Trained"
    elif evaluation.task == "classification":
        share = accuracy(evaluation.target, evaluation.prediction)
        outcome = f"{percent(share)} of {things(run, evaluation)} right"
    elif evaluation.target is None:
        outcome = f"Off by {number(_residual(evaluation, 'rmse'))} (RMSE) on {things(run, evaluation)}"
    else:
        outcome = f"Off by {number(_residual(evaluation, 'mae'))} on average over {things(run, evaluation)}"
    return f"{outcome} {spent}."


def baseline(evaluation: Evaluation | None) -> str | None:
    """What no network at all would reach on the same rows."""
    if evaluation is None or evaluation.target is None or not evaluation.n:
        return None
    if evaluation.task == "classification":
        share = np.bincount(evaluation.target).max() / evaluation.n
        return f"Always answering with the commonest class would get {percent(share)}."
    mean = np.full(evaluation.target.shape, evaluation.target.mean(dtype=np.float64))
    off = residual_statistics(evaluation.target, mean).mae
    return f"Always answering with their mean would be off by {number(off)}."


def things(run: Run, evaluation: Evaluation) -> str:
    """«360 unseen digits»."""
    noun = _THINGS.get(str(run.data.get("name")), "examples")
    if evaluation.n == 1:
        noun = noun.removesuffix("s")
    return f"{evaluation.n:,} {_PARTS.get(evaluation.part, evaluation.part)} {noun}"


def percent(share: float) -> str:
    """A share with one decimal; never rounded up to all or down to nothing."""
    shown = f"{100 * share:.1f}"
    if shown == "100.0" and share < 1:
        shown = "99.9"
    if shown == "0.0" and share > 0:
        shown = "0.1"
    return f"{shown.removesuffix('.0')}%"


def number(value: Any) -> str:
    """Four figures, without a tail of zeros; a dash for nothing."""
    if not isinstance(value, int | float | np.number):
        return "–"
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e15 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """«1.3 s», «2 min 5 s», «3 h 20 min»."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _spent(run: Run) -> str:
    n, planned = len(run.epoch), run.settings.get("epochs")
    epochs = f"{n:,} epoch{'' if n == 1 else 's'}"
    if run.status == "interrupted" and isinstance(planned, int) and planned > n:
        return f"when stopped by hand after {n:,} of {planned:,} epochs and {duration(run.seconds)}"
    return f"after {epochs} in {duration(run.seconds)}"


def _residual(evaluation: Evaluation, name: str) -> float:
    return (evaluation.residuals or {}).get(name, float("nan"))
