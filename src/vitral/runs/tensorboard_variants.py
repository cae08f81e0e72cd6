"""Variants of a sweep for TensorBoard: which of them, under which names, with which hyperparameters.

TensorBoard's HParams tab wants three messages in each variant's folder: what varies and what is measured (the same in
all), the variant's own values, and how it ended (tensorboard/plugins/hparams/plugin_data.proto).
"""

import math
import numbers
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vitral.runs.metrics import main_metric
from vitral.runs.tensorboard_events import Placed, metadata_event, metric_values, proto

if TYPE_CHECKING:
    from vitral.runs.sweep import Sweep

_MOST_LISTED = 12  # values of a number to choose from; of more, TensorBoard asks for a range
_LONGEST = 120  # bytes of a folder's name: the path has to stay below what file systems allow


# ---------------------------------------------------------------- which


def sample(sweep: "Sweep", most: int) -> list[int]:
    """At most so many of the variants that were trained, in the table's order.

    The best comes first. Then, again and again, the variant whose values have been taken least often, so that each
    value comes in; among equals the one that lies farthest in the table from all that were taken; among equals the
    first.
    """
    left = [i for i, result in enumerate(sweep.results) if result.record and result.history]
    if len(left) <= most:
        return left
    texts = [[f"{name}={value!r}" for name, value in values.items()] for values in sweep.variants]
    times: Counter[str] = Counter()
    far = {i: len(sweep) for i in left}
    taken: list[int] = []
    while len(taken) < most:
        best = _best(sweep) if not taken else None
        next_one = best if best in far else min(far, key=lambda i: (sum(times[t] for t in texts[i]), -far[i], i))
        del far[next_one]
        times.update(texts[next_one])
        taken.append(next_one)
        far = {i: min(distance, abs(i - next_one)) for i, distance in far.items()}
    return sorted(taken)


def _best(sweep: "Sweep") -> int | None:
    """The best by the metric that the listing and the report choose, too; None where it is nowhere finite."""
    metric = main_metric(sweep.metrics)
    ranking = [] if metric is None else sweep.ranking(metric)
    return ranking[0].variant if ranking else None


def folder_names(sweep: "Sweep", chosen: Sequence[int]) -> list[str]:
    """For each variant its number and its values, in letters that any file system and TensorBoard's filter take."""
    names = []
    for number in chosen:
        said = ",".join(f"{name}={_to_text(value)}" for name, value in sweep.variants[number].items())
        safe = re.sub(r"[^\w.,=+-]+", "_", f"{number:03d}-{said}")
        names.append(safe.encode()[:_LONGEST].decode(errors="ignore"))
    return names


# ---------------------------------------------------------------- hyperparameters


def hyperparameter_events(
    sweep: "Sweep", chosen: Sequence[int], number: int, began: float, seconds: float
) -> Iterator[Placed]:
    """The three messages of variant `number`; `chosen` are all that are written."""
    data = proto("plugin_hparams")
    result = sweep.results[number]
    kinds = {name: _kind([v[name] for v in (sweep.variants[i] for i in chosen) if name in v]) for name in sweep.over}
    start = data.SessionStartInfo(start_time_secs=began)
    for name, value in result.values.items():
        field, convert = kinds[name]
        setattr(start.hparams[name], field, convert(value))
    status = {"done": "STATUS_SUCCESS", "diverged": "STATUS_FAILURE"}.get(result.status, "STATUS_UNKNOWN")
    end = data.SessionEndInfo(status=proto("api").Status.Value(status), end_time_secs=began + seconds)
    messages = {
        "experiment": {"experiment": _experiment(sweep, chosen, kinds)},
        "session_start_info": {"session_start_info": start},
        "session_end_info": {"session_end_info": end},
    }
    for tag, message in messages.items():
        content = data.HParamsPluginData(version=0, **message).SerializeToString()
        yield "", metadata_event(began, f"_hparams_/{tag}", "hparams", content)


def _experiment(sweep: "Sweep", chosen: Sequence[int], kinds: dict[str, Any]) -> Any:
    """What varies, with its values or their range, and which metrics there are."""
    api = proto("api")
    experiment = api.Experiment()
    for name, (field, convert) in kinds.items():
        found = list(dict.fromkeys(convert(v[name]) for v in (sweep.variants[i] for i in chosen) if name in v))
        kind = {"number_value": "FLOAT64", "bool_value": "BOOL", "string_value": "STRING"}[field]
        info = api.HParamInfo(name=name, type=api.DataType.Value(f"DATA_TYPE_{kind}"))
        if kind == "FLOAT64" and len(found) > _MOST_LISTED:
            info.domain_interval.min_value, info.domain_interval.max_value = min(found), max(found)
        else:
            info.domain_discrete.extend(sorted(found) if kind == "FLOAT64" else found)
        experiment.hparam_infos.append(info)
    # The table is wider than the page: what tells of unseen rows comes first.
    for name in sorted(sweep.metrics, key=lambda name: not name.startswith("val_")):
        last = next(r.history[name][-1] for r in sweep.results if r.history.get(name))
        for tag, _ in metric_values(name, last):
            shown = api.MetricInfo(name=api.MetricName(tag=tag), display_name=tag.removeprefix("epoch_"))
            experiment.metric_infos.append(shown)
    return experiment


def _kind(values: Sequence[Any]) -> tuple[str, Any]:
    """The field of a message that holds all of `values`, and what makes one of it: a number, a truth, else text."""
    if values and all(isinstance(v, bool) for v in values):
        return "bool_value", bool
    if values and all(isinstance(v, numbers.Real) and not isinstance(v, bool) and math.isfinite(v) for v in values):
        return "number_value", float
    return "string_value", _to_text


def _to_text(value: Any) -> str:
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return f"{float(value):.6g}"
    return value if isinstance(value, str) else getattr(value, "__name__", None) or str(value)
