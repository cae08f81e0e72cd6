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
        bad = _first_bad_epoch(run)
        when = spent if bad is None else f"in epoch {bad:,} of {len(run.epoch):,}"
        return f"Training diverged {when}: the loss stopped being a finite number."
    if evaluation is None or not evaluation.n:
        outcome = _last_loss(run)
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


def _first_bad_epoch(run: Run) -> int | None:
    """The first epoch, counted from 1, whose loss is NaN or infinite."""
    losses = run.history.get("loss", [])
    return next((e + 1 for e, loss in zip(run.epoch, losses, strict=False) if not np.isfinite(loss)), None)


def _last_loss(run: Run) -> str:
    """The last loss measured, with the part it is of and its epoch where weights of another one were kept."""
    metrics = run.summary()["metrics"]
    for name, part in (("val_loss", "Validation"), ("loss", "Training")):
        if name in metrics:
            last = run.epochs_of(name)[-1]
            measured = f" in epoch {last:,}" if _kept_epoch(run) or last != run.epoch[-1] + 1 else ""
            return f"{part} loss {number(metrics[name]['last'])}{measured}"
    return "Trained"


def _kept_epoch(run: Run) -> int | None:
    """The epoch, counted from 1, whose weights were put back at the end; None where the last epoch's were kept."""
    kept = run.settings.get("restored_epoch")
    return kept if isinstance(kept, int) and run.epoch and kept != run.epoch[-1] + 1 else None


def _spent(run: Run) -> str:
    n, planned = len(run.epoch), run.settings.get("epochs")
    epochs = f"{n:,} epoch{'' if n == 1 else 's'}"
    if run.status == "interrupted" and isinstance(planned, int) and planned > n:
        return f"when stopped by hand after {n:,} of {planned:,} epochs and {duration(run.seconds)}"
    kept = _kept_epoch(run)
    return f"after {epochs} in {duration(run.seconds)}{f', with the weights of epoch {kept:,}' if kept else ''}"


def _residual(evaluation: Evaluation, name: str) -> float:
    return (evaluation.residuals or {}).get(name, float("nan"))
