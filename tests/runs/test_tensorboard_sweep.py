"""A sweep for TensorBoard: which variants, and what its HParams tab finds of them."""

import math

import numpy as np
import pytest
from building import run_of
from reading_events import X, Y, files_in, network, points
from tensorboard import context
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

import vitral
from vitral._errors import ArgumentError
from vitral.runs import Sweep, VariantFiles, VariantResult
from vitral.runs.tensorboard_variants import sample


@pytest.fixture(scope="module", autouse=True)
def _kept_programs(compilation_cache):
    return compilation_cache


@pytest.fixture(scope="module")
def sweep():
    def build(rate):
        return network(rate)

    over = {"rate": [0.01, 0.1, 1.0], "seed": [0, 1]}
    return vitral.sweep(build, X, Y, over=over, epochs=3, validation_data=(X[:9], Y[:9]), verbose=0)


def hyperparameters(folder):
    """What TensorBoard's HParams tab asks its server for: the experiment, and a group for each trial."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(folder))
    plugin = backend_context.Context(base_plugin.TBContext(multiplexer=multiplexer, data_provider=provider))
    request = api_pb2.ListSessionGroupsRequest(slice_size=1000, allowed_statuses=api_pb2.Status.values())
    here = context.RequestContext()
    experiment = plugin.experiment_from_metadata(here, "", True, plugin.hparams_metadata(here, ""), None)
    groups = list_session_groups.Handler(here, plugin, "", request).run().session_groups
    return experiment, {group.name: group for group in groups}


def test_every_variant_with_its_values_and_metrics(sweep, tmp_path):
    logs = sweep.to_tensorboard(tmp_path / "logs")
    experiment, groups = hyperparameters(logs)
    assert {info.name for info in experiment.hparam_infos} == {"rate", "seed"}
    assert len(groups) == len(sweep) == 6
    table = sweep.table
    for number, values in enumerate(sweep.variants):
        group = groups[f"{number:03d}-rate={values['rate']:g},seed={values['seed']}"]
        assert group.hparams["rate"].number_value == values["rate"]
        metrics = {m.name.tag.removeprefix("epoch_"): m.value for m in group.metric_values}
        assert metrics == {name: table[name][number] for name in sweep.metrics}
        assert group.sessions[0].status == api_pb2.STATUS_SUCCESS
        assert points(logs / group.name, "epoch_val_loss") == dict(enumerate(sweep.results[number].history["val_loss"]))


def test_a_sample_is_of_all_values_and_has_the_best(sweep, tmp_path):
    logs = sweep.to_tensorboard(tmp_path, most=4)
    chosen = [int(path.name[:3]) for path in sorted(logs.iterdir())]
    assert len(chosen) == 4
    assert sweep.best_number("val_accuracy") in chosen
    for name, values in (("rate", 3), ("seed", 2)):
        assert len({sweep.variants[number][name] for number in chosen}) == values
    sweep.to_tensorboard(tmp_path, most=2)
    fewer = [int(path.name[:3]) for path in sorted(logs.iterdir())]
    assert len(fewer) == 2
    assert set(fewer) < set(chosen)


def test_a_sweep_that_was_saved_replaces_itself(sweep, tmp_path):
    logs = sweep.to_tensorboard(tmp_path / "logs", most=3)
    first = files_in(logs)
    vitral.open_run(sweep.save(tmp_path / "saved")).to_tensorboard(logs, most=3)
    assert files_in(logs) == first


def made_sweep(variants, losses, statuses=None):
    """A sweep as it would be, without its training."""
    record = {
        name: getattr(run_of(None, epoch=[0]), name)
        for name in ("epoch", "params", "engine", "engine_reason", "settings", "backend", "versions", "data")
    }
    record |= {"started": "2026-03-01T12:00:00+00:00", "seconds": 1.0}
    results = [
        VariantResult(
            values=values,
            status=status,
            record={} if status == "failed" else record,
            history={} if status == "failed" else {"loss": [loss]},
        )
        for values, loss, status in zip(variants, losses, statuses or ["done"] * len(losses), strict=True)
    ]
    over = list(dict.fromkeys(name for values in variants for name in values))
    files = VariantFiles()
    for number in range(len(results)):
        files.write(number, ([], [], []))
    facts = {"groups": [], "status": "done", "seconds": 1.0, "compile_seconds": 0.0, "files": files}
    return Sweep(over=over, results=results, **facts)


def test_samples_are_spread():
    line = made_sweep([{"rate": i / 100} for i in range(100)], [abs(i - 40.5) for i in range(100)])
    taken = sample(line, 5)
    assert 40 in taken
    assert {0, 99} <= set(taken)
    assert max(np.diff(taken)) <= 40
    grid = [{"a": a, "b": b, "seed": s} for a in range(8) for b in "xyzw" for s in range(4)]
    numbers = sample(made_sweep(grid, np.random.default_rng(1).random(128).tolist()), 16)
    for name, n in (("a", 2), ("b", 4), ("seed", 4)):
        times = [sum(grid[i][name] == value for i in numbers) for value in {v[name] for v in grid}]
        assert set(times) <= {n - 1, n, n + 1}, (name, times)


def test_failed_and_diverged_variants(tmp_path):
    rates = [{"rate": 0.1}, {"rate": "auto"}, {"rate": None}, {"width": 3}]
    sweep = made_sweep(rates, [1.0, math.nan, 0.0, 2.0], ["done", "diverged", "failed", "interrupted"])
    logs = sweep.to_tensorboard(tmp_path)
    _, groups = hyperparameters(logs)
    statuses = {name: group.sessions[0].status for name, group in groups.items()}
    wanted = {"000-rate=0.1": "SUCCESS", "001-rate=auto": "FAILURE", "003-width=3": "UNKNOWN"}
    assert statuses == {name: api_pb2.Status.Value(f"STATUS_{status}") for name, status in wanted.items()}
    assert groups["000-rate=0.1"].hparams["rate"].string_value == "0.1"  # beside "auto" it is a word
    with pytest.raises(ArgumentError, match="sweep must have a variant that was trained"):
        made_sweep(rates[:1], [0.0], ["failed"]).to_tensorboard(tmp_path / "none")


def test_names_are_such_that_every_file_system_takes_them(tmp_path):
    values = [{"name": "a/b:c*?"}, {"name": "ñ" * 300}, {"name": max}]
    logs = made_sweep(values, [1.0, 2.0, 3.0]).to_tensorboard(tmp_path)
    names = sorted(path.name for path in logs.iterdir())
    assert names[0] == "000-name=a_b_c_"
    assert names[1].startswith("001-name=ñññ")
    assert names[2] == "002-name=max"


@pytest.mark.parametrize("most", [0, 1.5, "all"])
def test_how_many_at_most_is_a_whole_number(sweep, tmp_path, most):
    with pytest.raises(ArgumentError, match="most must be a whole number of at least 1"):
        sweep.to_tensorboard(tmp_path / "logs", most)
    assert not (tmp_path / "logs").exists()
