"""A training's numbers as TensorBoard's events, without TensorFlow.

    folder         of a run                     of a sweep's variant
    .                                           epoch_loss … epoch_val_loss …, layer_… by epochs
    train          epoch_loss …, layer_… by epochs
    validation     epoch_loss …
    steps          layer_… by steps             layer_… by steps

A folder is a run in TensorBoard's sense: one colour. Metrics of a run have the folders, tags and steps that Keras's own
callback gives them (`keras.callbacks.TensorBoard`: the epoch, counted from 0), so that training and validation lie over
each other, and over what Keras has written. Of many variants each is one colour, and validation a chart of its own.

What a probe measured stands at the number of epochs (or steps) that were done, 0 being before the first: a histogram
has the tag "layer_weights/dense/kernel", a quantity "layer_weights_norm/dense/kernel". TensorBoard sorts by tag and
makes a group of what comes before the first stroke: so learning curves come first, and all layers lie side by side.
"""

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

import numpy as np

from vitral.probes import bin_edges
from vitral.probes.bins import QUANTILES
from vitral.probes.recording import Recording, Series
from vitral.probes.summary import BASIC

TRAIN, VALIDATION, STEPS = PARTS = "train", "validation", "steps"
"""Folders that events of one training go to."""

Clock = Callable[[int], float]
"""How many epochs (or steps) were done -> seconds since 1970."""

Placed = tuple[str, Any]
"""The part that an event belongs to, and the event."""


@functools.cache
def proto(name: str) -> Any:
    """One of the modules with TensorBoard's messages that tensorboardX brings; imported when somebody writes."""
    return import_module(f"tensorboardX.proto.{name}_pb2")


# ---------------------------------------------------------------- metrics


def metric_values(name: str, value: Any) -> Iterator[tuple[str, float]]:
    """(tag, number) of a metric; one with a value per class gives one for each, one that is no number none."""
    numbers = np.asarray(value)
    if numbers.dtype.kind in "biuf":
        for place in np.ndindex(numbers.shape):
            yield "/".join([f"epoch_{name}", *map(str, place)]), float(numbers[place])


def metric_events(epoch: int, logs: Mapping[str, Any], seconds: float, *, apart: bool = True) -> Iterator[Placed]:
    """The metrics of an epoch, counted from 0, at its end; `apart` puts training and validation into two folders."""
    found: dict[str, list[Any]] = {}
    for key, value in logs.items():
        part, name = "", key
        if apart:
            part, name = (VALIDATION, key[4:]) if key.startswith("val_") else (TRAIN, key)
        found.setdefault(part, []).extend(_value(tag, simple_value=n) for tag, n in metric_values(name, value))
    for part, values in found.items():
        if values:
            yield part, _event(seconds, epoch, values)


# ---------------------------------------------------------------- what probes measured


def recording_events(
    recording: Recording, clocks: Mapping[str, Clock], *, part: str = TRAIN, first_step: int = 0
) -> Iterator[Placed]:
    """Histograms and quantities of all that was measured.

    Args:
        clocks: by unit, "epochs" and "steps". part: where to put what counts in epochs.
        first_step: to be added to what counts in steps.
    """
    for one in recording.series:
        place, shift = (part, 0) if one.unit == "epochs" else (STEPS, first_step)
        for row, done in enumerate(one.at.tolist()):
            found = histogram(one, row)
            values = [] if found is None else [_value(f"layer_{one.probe}/{one.layer}", histo=found)]
            for name, measured in one.values.items():  # but quantiles: TensorBoard draws its own, out of the histogram
                number = float(measured[row])
                if name not in QUANTILES and _says_something(name, number):
                    values.append(_value(f"layer_{one.probe}_{name}/{one.layer}", simple_value=number))
            yield place, _event(clocks[one.unit](done), done + shift, values)


def _says_something(name: str, value: float) -> bool:
    """Whether to write a quantity: not that nothing is infinite or NaN, nor a share that a layer does not have."""
    if name == "nonfinite":
        return value > 0
    return name in BASIC or not math.isnan(value)


def histogram(one: Series, row: int) -> Any:
    """One histogram as TensorBoard's message: each count that there is, between the very edges of its bin.

    Bins that hold nothing are left out at both ends and are one bucket in between. As the message asks for, its first
    bucket begins at the smallest number and its last one ends at the largest.

    Returns:
        A `HistogramProto`; None where no number is finite.
    """
    used = np.flatnonzero(one.counts[row])
    if not len(used):
        return None
    edges = bin_edges()[one.first_bin :]
    after_gap = np.flatnonzero(np.diff(used) > 1) + 1
    limits = np.insert(edges[used + 1], after_gap, edges[used[after_gap]])
    counts = np.insert(one.counts[row][used].astype(np.float64), after_gap, 0)
    n = int(one.counts[row].sum())
    low, high, mean, norm = (float(one.values[name][row]) for name in ("min", "max", "mean", "norm"))
    if n < one.size:  # infinities and NaN are in no bin, but in these
        low, high = float(edges[used[0]]), float(edges[used[-1] + 1])
    return proto("summary").HistogramProto(
        min=low, max=high, num=n, sum=mean * one.size, sum_squares=norm**2, bucket_limit=limits, bucket=counts
    )


# ---------------------------------------------------------------- messages


def _value(tag: str, **value: Any) -> Any:
    return proto("summary").Summary.Value(tag=tag, **value)


def _event(seconds: float, step: int, values: list[Any]) -> Any:
    return proto("event").Event(wall_time=seconds, step=step, summary=proto("summary").Summary(value=values))


def metadata_event(seconds: float, tag: str, plugin: str, content: bytes) -> Any:
    """An event that holds nothing but what a plugin of TensorBoard reads."""
    found = proto("summary")
    data = found.SummaryMetadata.PluginData(plugin_name=plugin, content=content)
    value = found.Summary.Value(tag=tag, metadata=found.SummaryMetadata(plugin_data=data))
    return proto("event").Event(wall_time=seconds, summary=found.Summary(value=[value]))


def restart_event(seconds: float, step: int) -> Any:
    """Tells TensorBoard that a training goes on from here: what it was told of later steps counts no more."""
    log = proto("event").SessionLog
    return proto("event").Event(wall_time=seconds, step=step, session_log=log(status=log.START))
