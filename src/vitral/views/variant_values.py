"""What the figures take out of a sweep: its names and their values, and one number for each variant. NumPy only."""

import math
import numbers
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vitral._checks import check_choice, nearest
from vitral._errors import ArgumentError, ShapeError, UnknownNameError
from vitral.runs import Sweep, is_higher_better

SEED = "seed"


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value of a name, and the variants that have it."""

    value: Any
    label: str
    variants: list[int]


def check_sweep(sweep: Any) -> Sweep:
    """`sweep` must be a Sweep."""
    if not isinstance(sweep, Sweep):
        raise ArgumentError(
            f"sweep must be a Sweep: got {type(sweep).__name__}. vitral.sweep makes one, vitral.open_run opens one."
        )
    return sweep


def check_metric(sweep: Sweep, metric: str | None) -> str:
    """A metric that the sweep has measured; None takes the loss, on validation rows where there are some."""
    known = [name for name in sweep.metrics if any(_is_plain(r.history.get(name, ())) for r in sweep.results)]
    if not known:
        raise ArgumentError("sweep must have measured a metric: got one without any finished epoch. See sweep.table.")
    if metric is None:
        return next((name for name in ("val_loss", "loss") if name in known), known[0])
    return check_choice("metric", metric, known)


def choose_names(sweep: Sweep, given: dict[str, str | None], held: Collection[str] = ()) -> list[str]:
    """The names that a figure is drawn over: those given by argument, the rest of the sweep's own, seeds last.

    Args:
        held: names that the figure keeps at one value, and which are not to choose from.

    Raises:
        UnknownNameError: the sweep is not over such a name.
        ArgumentError: a name twice; more names to choose from than are needed, or fewer.
    """
    for argument, name in given.items():
        if name is not None and name not in sweep.over:
            close = nearest(str(name), sweep.over)
            hint = f"Did you mean {close!r}? " if close else ""
            raise UnknownNameError(
                f"{argument} must be a name that the sweep is over: got {name!r}. {hint}Known: {', '.join(sweep.over)}."
            )
    chosen = [name for name in given.values() if name is not None]
    if len(set(chosen)) < len(chosen):
        raise ArgumentError(f"{' and '.join(given)} must be two names: got {chosen[0]!r} twice.")
    free = [name for name in sweep.over if name not in chosen and name not in held and name != SEED]
    if len(free) + len(chosen) < len(given) and SEED in sweep.over and SEED not in (*chosen, *held):
        free.append(SEED)
    missing = [argument for argument, name in given.items() if name is None]
    if len(free) < len(missing):
        raise ArgumentError(
            f"{' and '.join(given)} must be {len(given)} names: got a sweep over {', '.join(sweep.over)} alone. "
            "Draw vitral.views.sweep_curves."
        )
    if missing and len(free) > len(missing):
        raise ArgumentError(
            f"{' and '.join(missing)} must be chosen: got a sweep over {', '.join(sweep.over)}. "
            f"As in {missing[0]}={free[0]!r}."
        )
    return [name if name is not None else free.pop(0) for name in given.values()]


def values_of(sweep: Sweep, name: str) -> list[Value]:
    """The values of a name: numbers in ascending order, others as they come."""
    found: dict[str, Value] = {}
    for i, values in enumerate(sweep.variants):
        value: Any = values.get(name)
        label = label_of(value)
        key = f"{type(value).__name__} {value!r}" if not _is_number(value) else repr(float(value))
        found.setdefault(key, Value(value=value, label=label, variants=[])).variants.append(i)
    ordered = list(found.values())
    if not is_ordered(ordered):
        return ordered
    short = [min(v.label, f"{v.value:.3g}", key=len) for v in ordered]
    if len(set(short)) == len(short):  # three figures tell them apart
        ordered = [replace(v, label=label) for v, label in zip(ordered, short, strict=True)]
    return sorted(ordered, key=lambda v: v.value)


def values_in_order(argument: str, given: Any, n: int, rule: str) -> list[Value]:
    """The values of `n` rows: numbers in ascending order, others as they come; `variants` holds the row of each.

    Raises:
        ShapeError: it is no list, or of another length; the message says that `argument` must have `rule`.
    """
    try:
        plain = [v.item() if isinstance(v, np.generic) else v for v in given]
    except TypeError:  # nothing to iterate over
        raise ShapeError(f"{argument} must have {rule}, {n}: got {given!r}. Give a list.") from None
    if len(plain) != n:
        raise ShapeError(f"{argument} must have {rule}, {n}: got {len(plain)}.")
    values = [Value(value=v, label=label_of(v), variants=[i]) for i, v in enumerate(plain)]
    return sorted(values, key=lambda v: v.value) if is_ordered(values) else values


def texts_of(argument: str, given: Any) -> list[str]:
    """A list of names as texts."""
    try:
        return [str(name) for name in given]
    except TypeError:  # nothing to iterate over
        raise ArgumentError(f"{argument} must be a list of names: got {given!r}. Write [{given!r}] for one.") from None


def is_ordered(values: Sequence[Value]) -> bool:
    """Whether all of them are numbers."""
    return all(_is_number(v.value) for v in values)


def label_of(value: Any) -> str:
    """A value as an axis says it: 0.01, 1e-05, relu, 32×16."""
    if isinstance(value, bool) or not _is_number(value):
        if isinstance(value, list | tuple):
            return "×".join(label_of(v) for v in value) or "()"
        name = getattr(value, "__name__", None) or str(value)
        return name if len(name) <= 24 else f"{name[:23]}…"
    return f"{value:.6g}"


def one_of_each(sweep: Sweep, over: str | None, at: Mapping[str, Any] | None) -> tuple[str, list[Value], str]:
    """The name that a figure is drawn over, and its values with one trained variant each.

    Args:
        over: the name; None takes the only one besides "seed" and those in `at`.
        at: the values at which the other names are held. Seeds that are not among them are held at the first.

    Returns:
        name, values, and what else is held, as in "seed 0"; "" where nothing is.

    Raises:
        UnknownNameError, ArgumentError: an unknown name or value; a name that must be chosen or held; nothing trained.
    """
    if at is not None and not isinstance(at, Mapping):
        raise ArgumentError(
            f"at must be a dict of names and values: got {type(at).__name__}. As in at={{{sweep.over[0]!r}: …}}."
        )
    held = dict(at) if at is not None else {}
    for name in held:
        check_choice("at", name, sweep.over)
    (name,) = choose_names(sweep, {"over": over}, held)
    if name in held:
        raise ArgumentError(f"at must hold other names than the one that is drawn over: got {name!r}. Leave it out.")
    kept = [i for i, result in enumerate(sweep.results) if result.record]
    told = []
    for other in sweep.over:
        if other == name:
            continue
        values = [v for v in values_of(sweep, other) if set(v.variants) & set(kept)]
        if other in held:
            chosen = [v for v in values if v.value == held[other] or v.label == str(held[other])]
            if not chosen:
                raise ArgumentError(
                    f"at must hold {other!r} at a value that was trained: got {held[other]!r}. "
                    f"Known: {', '.join(v.label for v in values)}."
                )
        elif other == SEED or len(values) < 2:
            chosen = values[:1]
        else:
            raise ArgumentError(
                f"at must say at which {other!r} the figure is drawn: got a sweep over {', '.join(sweep.over)}. "
                f"As in at={{{other!r}: {values[0].value!r}}}."
            )
        if len(values) > 1:
            told.append(f"{other} {chosen[0].label}")
        kept = [i for i in kept if chosen and i in chosen[0].variants]
    found = [replace(v, variants=[i for i in v.variants if i in kept][:1]) for v in values_of(sweep, name)]
    found = [v for v in found if v.variants]
    if not found:
        raise ArgumentError("sweep must have a variant that was trained: got one without. See sweep.table.")
    return name, found, ", ".join(told)


def curve_of(sweep: Sweep, variant: int, metric: str) -> dict[int, float]:
    """Epoch, counted from 1 -> the metric's value, where it is finite; nothing of a variant that did not train."""
    values = sweep.results[variant].history.get(metric, ())
    if not sweep.results[variant].record or not _is_plain(values):
        return {}
    epochs = sweep[variant].epochs_of(metric)
    return {e: float(v) for e, v in zip(epochs, values, strict=True) if math.isfinite(v)}


def outcome_of(sweep: Sweep, variant: int, metric: str, *, best: bool) -> float:
    """A variant's number: after its last epoch, or in its best one.

    A variant that diverged is worse than any other: ∞, or −∞ where larger is better. NaN for one that has no value.
    """
    higher = is_higher_better(metric)
    if sweep.results[variant].status == "diverged":
        return -math.inf if higher else math.inf
    values = sweep.results[variant].history.get(metric, ())
    if not values or not _is_plain(values):
        return math.nan
    if not best:
        return float(values[-1])
    finite = [v for v in values if not math.isnan(v)]
    return float(max(finite) if higher else min(finite)) if finite else math.nan


def statuses(sweep: Sweep, variants: Sequence[int]) -> dict[str, int]:
    """How many of these variants came to no good, by their status."""
    found: dict[str, int] = {}
    for i in variants:
        status = sweep.results[i].status
        if status != "done":
            found[status] = found.get(status, 0) + 1
    return found


def median(outcomes: Sequence[float]) -> float:
    """The median of those that are numbers or infinite; NaN of none."""
    known = [v for v in outcomes if not math.isnan(v)]
    return float(np.median(known)) if known else math.nan


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def _is_plain(values: Sequence[Any]) -> bool:
    """Whether a metric has one number an epoch, and not one for each class."""
    return len(values) > 0 and all(isinstance(v, numbers.Real) for v in values)
