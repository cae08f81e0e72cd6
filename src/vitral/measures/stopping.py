"""When to stop a training: Prechelt's criteria (Neural Networks: Tricks of the Trade, 1998), beside plain patience.

With the validation error Eva(t) after epoch t, its lowest so far Eopt(t), and a training strip of k epochs that ends at
t, a multiple of k, with the training errors Etr of its epochs:

    GL(t) = 100 (Eva(t) / Eopt(t) - 1)                    generalisation loss, in percent
    P(t)  = 1000 (mean of Etr / least of Etr - 1)         progress in the strip, in thousandths

    GL a        stops after the first epoch with GL(t) > a
    PQ a        stops after the first strip with GL(t) / P(t) > a
    UP s        stops after the s-th strip in a row at whose end Eva is larger than at the end of the one before
    patience n  stops after n validations in a row without a new lowest Eva

One recorded trace answers for all of them, because a rule does not change the training before it stops it. Each would
keep the weights of its lowest Eva until then. Letters: E epochs, counted from 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitral._checks import check_choice, check_int, check_number
from vitral._errors import ArgumentError, DataError, ShapeError


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Errors by epoch, in ascending order. NaN has become infinity: no error is worse.

    Example:
        >>> from vitral.measures import trace_of
        >>> trace_of({"loss": [3.0, 2.0], "val_loss": [3.5, float("nan")]}).validation
        {1: 3.5, 2: inf}
    """

    train: dict[int, float]
    validation: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class StoppingPoint:
    """Where a rule would have stopped.

    Attributes:
        rule: the rule. stopped: the epoch after which it stops; None: it does not, within the trace.
        epoch: of the weights that it would keep. error: their validation error.

    Example:
        >>> from vitral.measures import GeneralizationLoss, stopping_points
        >>> stopping_points({"loss": [3, 2, 1], "val_loss": [1.0, 2.0, 0.5]}, [GeneralizationLoss(50)])[0].error
        1.0
    """

    rule: Any
    stopped: int | None
    epoch: int
    error: float


@dataclass(frozen=True)
class GeneralizationLoss:
    """GL: stop once the validation error is `alpha` percent above its lowest.

    Example:
        >>> from vitral.measures import GeneralizationLoss
        >>> str(GeneralizationLoss(5))
        'GL 5'
    """

    alpha: float = 5.0

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, minimum=0)

    def __str__(self) -> str:
        return f"GL {self.alpha:g}"

    def stops_after(self, trace: Trace) -> int | None:
        """The epoch; None where it never comes."""
        losses = _generalization_losses(trace)
        return next((t for t, loss in losses.items() if loss > self.alpha), None)


@dataclass(frozen=True)
class ProgressQuotient:
    """PQ: stop once the generalisation loss is more than `alpha` times the progress in the last `strip` epochs.

    Example:
        >>> from vitral.measures import ProgressQuotient
        >>> str(ProgressQuotient(0.75))
        'PQ 0.75'
    """

    alpha: float = 0.75
    strip: int = 5

    def __post_init__(self) -> None:
        check_number("alpha", self.alpha, minimum=0)
        check_int("strip", self.strip, minimum=1)

    def __str__(self) -> str:
        return f"PQ {self.alpha:g}"

    def stops_after(self, trace: Trace) -> int | None:
        """The epoch; None where it never comes."""
        losses = _generalization_losses(trace)
        for t in _strip_ends(trace, self.strip):
            progress = _progress([trace.train[i] for i in range(t - self.strip + 1, t + 1)])
            if losses[t] == math.inf or (losses[t] > 0 and (progress == 0 or losses[t] / progress > self.alpha)):
                return t
        return None


@dataclass(frozen=True)
class SuccessiveIncreases:
    """UP: stop once the validation error has risen over `strips` strips of `strip` epochs in a row, however little.

    Example:
        >>> from vitral.measures import SuccessiveIncreases
        >>> str(SuccessiveIncreases(3))
        'UP 3'
    """

    strips: int = 3
    strip: int = 5

    def __post_init__(self) -> None:
        check_int("strips", self.strips, minimum=1)
        check_int("strip", self.strip, minimum=1)

    def __str__(self) -> str:
        return f"UP {self.strips}"

    def stops_after(self, trace: Trace) -> int | None:
        """The epoch; None where it never comes."""
        rises = 0
        for t in _strip_ends(trace, self.strip):
            before = trace.validation.get(t - self.strip)
            rises = rises + 1 if before is not None and trace.validation[t] > before else 0
            if rises == self.strips:
                return t
        return None


@dataclass(frozen=True)
class Patience:
    """Stop after so many validations in a row without a lowest error, as Keras's `EarlyStopping` does.

    Example:
        >>> from vitral.measures import Patience
        >>> str(Patience(10))
        'patience 10'
    """

    patience: int = 10

    def __post_init__(self) -> None:
        check_int("patience", self.patience, minimum=1)

    def __str__(self) -> str:
        return f"patience {self.patience}"

    def stops_after(self, trace: Trace) -> int | None:
        """The epoch; None where it never comes."""
        best, waited = math.inf, 0
        for t, error in trace.validation.items():
            waited = 0 if error < best else waited + 1
            best = min(best, error)
            if waited == self.patience:
                return t
        return None


RULES = (GeneralizationLoss(5), ProgressQuotient(0.75), SuccessiveIncreases(3), Patience(10))


def stopping_points(
    run: Any, rules: Sequence[Any] = RULES, *, train: str = "loss", validation: str = "val_loss"
) -> list[StoppingPoint]:
    """Where each rule would have stopped a training, and what it would have kept.

    Train to the end, once, without any stopping; then ask all rules.

    Args:
        run: a Run, Keras's History, or a dict of lists as either holds; one number an epoch. Where a Run has validated
            in some epochs only, rules look at those; PQ and UP need one at the end of each strip.
        rules: `GeneralizationLoss`, `ProgressQuotient`, `SuccessiveIncreases`, `Patience`; `str` gives a short name.
        train, validation: the errors' names. Small is good: of an accuracy there is no such rule.

    Returns:
        One `StoppingPoint` for each rule, in their order. One that does not stop keeps the best epoch of all.

    Raises:
        ArgumentError, UnknownNameError: no history, no such error in it, no rule.
        DataError: errors below zero, for GL and PQ, which compare them by their ratio.
        ShapeError: lists of different lengths that say no epochs; a strip without a validation at its end.

    Example:
        >>> from vitral.measures import GeneralizationLoss, Patience, SuccessiveIncreases, stopping_points
        >>> history = {"loss": [5, 4, 3, 2, 1], "val_loss": [4.0, 3.0, 3.3, 3.6, 2.9]}
        >>> rules = [GeneralizationLoss(15), SuccessiveIncreases(2, strip=1), Patience(3)]
        >>> for point in stopping_points(history, rules):
        ...     print(point.rule, "stops after", point.stopped, "and keeps epoch", point.epoch, "with", point.error)
        GL 15 stops after 4 and keeps epoch 2 with 3.0
        UP 2 stops after 4 and keeps epoch 2 with 3.0
        patience 3 stops after None and keeps epoch 5 with 2.9
    """
    trace = trace_of(run, train=train, validation=validation)
    found = []
    for rule in rules:
        if not hasattr(rule, "stops_after"):
            raise ArgumentError(
                f"rules must be such as GeneralizationLoss or Patience: got {rule!r}. Write rules=[Patience(10)]."
            )
        stopped = rule.stops_after(trace)
        seen = {t: error for t, error in trace.validation.items() if stopped is None or t <= stopped}
        epoch = min(seen, key=lambda t: seen[t])  # the first of equals
        found.append(StoppingPoint(rule=rule, stopped=stopped, epoch=epoch, error=seen[epoch]))
    return found


def generalization_loss(validation: Any) -> np.ndarray:
    """GL(t) in percent: how far the validation error is above its lowest so far.

    Args:
        validation: (E,) errors of at least 0.

    Returns:
        float64 (E,): 0 wherever a new lowest error was reached, infinite above an error of 0 and for NaN.

    Example:
        >>> from vitral.measures import generalization_loss
        >>> generalization_loss([2.0, 1.0, 1.5]).tolist()
        [0.0, 0.0, 50.0]
    """
    trace = Trace(train={}, validation=_by_epoch("validation", validation))
    return np.array(list(_generalization_losses(trace).values()))


def training_progress(train: Any, strip: int = 5) -> np.ndarray:
    """P(t) in thousandths: how far the mean training error of the last `strip` epochs is above their least.

    Large while the error falls or jumps, near 0 once it hardly moves.

    Args:
        train: (E,) errors of at least 0. strip: k.

    Returns:
        float64 (E,), NaN before epoch k. PQ reads it at multiples of k.

    Example:
        >>> from vitral.measures import training_progress
        >>> training_progress([3.0, 1.0, 1.0], strip=2).tolist()
        [nan, 1000.0, 0.0]
    """
    strip = check_int("strip", strip, minimum=1)
    errors = list(_by_epoch("train", train).values())
    _check_ratio("train", errors)
    ends = range(strip, len(errors) + 1)
    return np.array([math.nan] * min(strip - 1, len(errors)) + [_progress(errors[t - strip : t]) for t in ends])


def trace_of(run: Any, *, train: str = "loss", validation: str = "val_loss") -> Trace:
    """The errors of a training by epoch. Arguments as in `stopping_points`.

    Example:
        >>> from vitral.measures import trace_of
        >>> trace_of({"loss": [3.0, 2.0], "val_loss": [3.5, 2.5]}).train
        {1: 3.0, 2: 2.0}
    """
    history = getattr(run, "history", run)
    if not isinstance(history, Mapping):
        raise ArgumentError(f"run must be a Run, Keras's History or a dict of lists: got {type(run).__name__}.")
    for argument, name in (("train", train), ("validation", validation)):
        check_choice(argument, name, history)
    if hasattr(run, "epochs_of"):
        epochs = {name: run.epochs_of(name) for name in (train, validation)}
    else:
        if len(history[train]) != len(history[validation]):
            raise ShapeError(
                f"{validation} must have one number an epoch, as {train}: got {len(history[validation])} for "
                f"{len(history[train])}. Give the Run, which knows the epochs."
            )
        epochs = dict.fromkeys((train, validation), range(1, len(history[train]) + 1))
    found = [_by_epoch(name, history[name], epochs[name]) for name in (train, validation)]
    if not found[1]:
        raise ArgumentError(f"{validation} must have at least one number: got none. Train for an epoch first.")
    return Trace(train=found[0], validation=found[1])


# ---------------------------------------------------------------- parts


def _by_epoch(name: str, values: Any, epochs: Sequence[int] | None = None) -> dict[int, float]:
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise ShapeError(f"{name} must be one number an epoch, (E,): got shape {array.shape}.")
    array = np.where(np.isnan(array), np.inf, array)
    return dict(zip(epochs or range(1, len(array) + 1), array.tolist(), strict=True))


def _check_ratio(name: str, errors: Sequence[float]) -> None:
    if any(error < 0 for error in errors):
        raise DataError(
            f"{name} must be errors of at least 0 for GL and PQ, which divide them: got {min(errors):g}. "
            "Use SuccessiveIncreases or Patience, or another error."
        )


def _generalization_losses(trace: Trace) -> dict[int, float]:
    _check_ratio("validation", list(trace.validation.values()))
    best, found = math.inf, {}
    for t, error in trace.validation.items():
        best = min(best, error)
        found[t] = 0.0 if error == best < math.inf else math.inf if best in (0, math.inf) else 100 * (error / best - 1)
    return found


def _progress(errors: Sequence[float]) -> float:
    """P of one strip; 0 where nothing moves, infinite where the least error is 0 or something was not finite."""
    least, mean = min(errors), sum(errors) / len(errors)
    if mean == least < math.inf:
        return 0.0
    return 1000 * (mean / least - 1) if least > 0 and mean < math.inf else math.inf


def _strip_ends(trace: Trace, strip: int) -> list[int]:
    """Epochs that end a strip of which every training error is known."""
    ends = [t for t in trace.train if t % strip == 0 and all(i in trace.train for i in range(t - strip + 1, t))]
    missing = [t for t in ends if t not in trace.validation]
    if missing:
        raise ShapeError(
            f"validation must be measured at the end of each strip of {strip} epochs: got none after epoch "
            f"{missing[0]}. Validate every {strip} epochs or more often, or use another strip."
        )
    return ends
