"""A sweep on a Dask cluster is the sweep of one process: a real scheduler, real workers, and some that are killed."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

import vitral
from vitral._errors import ArgumentError, VitralWarning
from vitral.cli import main
from vitral.training import distributed as room
from vitral.training.apart import keep_dask_apart
from vitral.training.distributed import cut
from vitral.training.units import _Turns, describe_process
from vitral.training.variants import read_variants

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)
X = RNG.standard_normal((44, 6)).astype("float32")
Y = X[:, :3].argmax(1)
SIZES = {"epochs": 2, "batch_size": 8, "verbose": 0}


@pytest.fixture(scope="module")
def cluster(request, tmp_path_factory):
    """A scheduler and two workers, processes of their own, which find programs that were compiled before."""
    import jax
    from distributed import LocalCluster

    request.getfixturevalue("compilation_cache")
    options = {
        "JAX_COMPILATION_CACHE_DIR": jax.config.jax_compilation_cache_dir,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
        "JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES": "none",
    }
    folder = tmp_path_factory.mktemp("dask")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in options.items():
            patch.setenv(name, value)
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            local_directory=str(folder),
        ) as found:
            yield found


@pytest.fixture
def client(cluster):
    from distributed import Client

    with Client(cluster) as found:
        yield found


def make_build():
    """A build function that travels with its code, as one in a notebook does."""

    def build(rate=0.1, width=8, l2=0.0, then=None):
        if then is not None:
            then()
        model = keras.Sequential(
            [
                keras.Input((6,)),
                layers.Dense(width, "relu", kernel_regularizer=keras.regularizers.L2(l2) if l2 else None),
                layers.Dense(3, "softmax"),
            ]
        )
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


def check_same(there, here):
    """Every variant to the last bit, and all that a sweep says of them."""
    assert [r.status for r in there.results] == [r.status for r in here.results], [r.message for r in there.results]
    for number, result in enumerate(here.results):
        ours = there.results[number]
        assert repr(ours.history) == repr(result.history)
        assert (ours.config is None) == (result.config is None)
        assert ours.record.get("data") == result.record.get("data")
        assert ours.message == result.message
        if result.record:
            for part, own in zip(there.files.read(number), here.files.read(number), strict=True):
                assert [a.tobytes() for a in part] == [a.tobytes() for a in own], number
    columns = [c for c in here.table.columns if c != "seconds"]
    assert there.table[columns].equals(here.table[columns])


def test_a_sweep_on_workers_is_that_of_one_process(client, tmp_path):
    over = {"width": [4, -1, 8], "l2": [0.1, 0.01]}
    sizes = {**SIZES, "validation_split": 0.25, "seed": 3}
    here = vitral.sweep(make_build(), X, Y, over=over, **sizes)
    there = vitral.sweep(make_build(), X, Y, over=over, client=client, out=tmp_path / "sweep", **sizes)
    check_same(there, here)
    assert there.groups == here.groups
    assert there.status == "done"
    best = there.best("val_loss")
    assert best.model.predict(X, verbose=0).tobytes() == here.best("val_loss").model.predict(X, verbose=0).tobytes()
    assert best.evaluation.part == "validation"
    assert isinstance(there.results[2].error, ValueError), "what build has raised comes back as it was"
    check_same(vitral.open_run(tmp_path / "sweep"), here)


def test_a_worker_that_is_killed_costs_its_unit_alone(client, tmp_path):
    """A real SIGKILL, in the middle of a training, once."""
    mark = tmp_path / "killed"

    def end(epoch, _logs):
        if epoch == 1 and not mark.exists():
            mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)

    def callbacks():
        return [keras.callbacks.LambdaCallback(on_epoch_end=end)]

    over = [{"rate": 0.1, "epochs": 3, "callbacks": callbacks}, *({"rate": rate} for rate in (0.03, 0.01, 0.003))]
    there = vitral.sweep(make_build(), X, Y, over=over, seed=1, client=client, **SIZES)
    assert int(mark.read_text()) != os.getpid()
    assert [r.status for r in there.results] == ["done"] * 4
    check_same(there, vitral.sweep(make_build(), X, Y, over=over, seed=1, **SIZES))


@pytest.mark.slow
def test_what_kills_three_workers_is_marked_and_the_rest_of_its_unit_run(client, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "cut", lambda numbers, *_: [numbers])
    deaths = tmp_path / "deaths"
    deaths.mkdir()

    def end():
        (deaths / str(os.getpid())).touch()
        os._exit(3)

    over = [{"rate": 0.1}, {"rate": 0.03, "then": end}, {"rate": 0.01}, {"rate": 0.003}]
    there = vitral.sweep(make_build(), X, Y, over=over, seed=1, client=client, **SIZES)
    assert len(list(deaths.iterdir())) == 3
    assert [r.status for r in there.results] == ["done", "failed", "done", "done"]
    assert re.fullmatch(r"It has failed on 3 workers\. The process .* has died: .*\.", there.results[1].message)
    here = vitral.sweep(make_build(), X, Y, over=[over[0], *over[2:]], seed=1, **SIZES)
    for ours, theirs in zip((0, 2, 3), range(3), strict=True):
        assert there[ours].history == here[theirs].history


@pytest.mark.slow
def test_beside_what_kills_workers_nobody_else_is_blamed(tmp_path):
    """One worker with two threads: the innocent and the killer die together, once."""
    from distributed import Client, LocalCluster

    def end():
        time.sleep(2)
        os._exit(3)

    def wait():
        time.sleep(4)

    over = [{"rate": 0.1, "then": end}, {"rate": 0.01, "then": wait}, {"rate": 0.03, "then": end}, {"rate": 0.003}]
    with (
        LocalCluster(1, threads_per_worker=2, dashboard_address=":0", local_directory=str(tmp_path)) as cluster,
        Client(cluster) as client,
    ):
        there = vitral.sweep(make_build(), X, Y, over=over, seed=1, client=client, **SIZES)
    assert [r.status for r in there.results] == ["failed", "done", "failed", "done"]


def test_ctrl_c_keeps_what_has_come_back(client, tmp_path):
    """Pressed while one variant sleeps on a worker, when another has come back."""
    begun, saw = tmp_path / "begun", []

    def wait():
        begun.touch()
        time.sleep(5)

    class Watched(room.Distributed):
        def _keep(self, given):
            super()._keep(given)
            saw.extend(given.trained)

    def press():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (saw and begun.exists()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    over = [{"rate": 0.1}, {"rate": 0.03, "then": wait}, *({"rate": 0.01, "then": wait} for _ in range(6))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "Distributed", Watched)
        presser = threading.Thread(target=press)
        presser.start()
        with pytest.warns(VitralWarning, match=r"Interrupted: \d of 8 variants"):
            there = vitral.sweep(make_build(), X, Y, over=over, seed=0, client=client, **SIZES)
        presser.join()
    assert there.status == "interrupted"
    assert there.results[0].status == "done"
    assert there.count("not run") >= 5
    assert there[0].model.predict(X, verbose=0).shape == (44, 3)


def test_data_that_a_function_makes_are_made_by_the_workers(client):
    here = os.getpid()

    def data(noise):
        assert os.getpid() != here
        return X + np.float32(noise), Y

    there = vitral.sweep(make_build(), data, over={"noise": [0.0, 1.0]}, seed=0, client=client, **SIZES)
    assert [r.status for r in there.results] == ["done", "done"]
    solo = vitral.sweep(make_build(), X + np.float32(1), Y, over={"rate": [0.1]}, seed=0, **SIZES)
    assert there[1].history == solo[0].history


def test_a_worker_with_other_versions_is_refused(client, monkeypatch):
    found = describe_process()
    monkeypatch.setattr(room, "describe_process", lambda: {**found, "must": {**found["must"], "jax": "0.0.1"}})
    with pytest.raises(ArgumentError, match=r"client must have workers like this .*: jax is .* on tcp.*, 0\.0\.1 here"):
        vitral.sweep(make_build(), X, Y, over={"rate": [0.1]}, client=client, **SIZES)


def test_a_build_function_that_workers_cannot_open_is_refused(client, monkeypatch, tmp_path):
    (tmp_path / "only_here_now.py").write_text("def build(rate): ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here_now

    with pytest.raises(ArgumentError, match=r"that workers can open them: ModuleNotFoundError .*only_here_now"):
        vitral.sweep(only_here_now.build, X, Y, over={"rate": [0.1]}, client=client, **SIZES)


@pytest.mark.slow
def test_where_the_scheduler_dies_what_has_come_back_is_kept(tmp_path):
    """With a scheduler and a worker as they are started by hand."""
    from distributed import Client

    file, saw = tmp_path / "scheduler.json", []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begin = [sys.executable, "-m", "dask"]
    scheduler = subprocess.Popen([*begin, "scheduler", "--port", "0", "--scheduler-file", str(file)], **quiet)
    worker = subprocess.Popen(
        [*begin, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"], cwd=tmp_path, **quiet
    )

    class Watched(room.Distributed):
        def _keep(self, given):
            super()._keep(given)
            saw.extend(given.trained)
            scheduler.kill()

    def wait():
        time.sleep(60)

    try:
        with pytest.MonkeyPatch.context() as patch, Client(scheduler_file=str(file), timeout=60) as client:
            patch.setattr(room, "Distributed", Watched)
            client._timeout = 3  # to connect again
            over = [{"rate": 0.1}, {"rate": 0.01, "then": wait}]
            with pytest.warns(VitralWarning) as caught:
                there = vitral.sweep(make_build(), X, Y, over=over, seed=0, client=client, **SIZES)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    said = [str(warning.message) for warning in caught]
    assert said == ["The scheduler is gone: what has come back is kept.", "Interrupted: 1 of 2 variants are finished."]
    assert saw == [0]
    assert there.status == "interrupted"
    assert [r.status for r in there.results] == ["done", "not run"]


@pytest.mark.slow
def test_probes_and_teams_in_step_work_there_too(client):
    over = {"rate": [0.1, 0.01], "seed": list(range(9))}
    sizes = {**SIZES, "exact": False, "probes": "all"}
    here = vitral.sweep(make_build(), X, Y, over=over, **sizes)
    there = vitral.sweep(make_build(), X, Y, over=over, client=client, **sizes)
    assert there.count("done") == 18
    for ours, theirs in zip(there, here, strict=True):
        np.testing.assert_allclose(ours.history["loss"], theirs.history["loss"], rtol=1e-5)
        assert len(ours.recording.to_frame()) == len(theirs.recording.to_frame())


@pytest.mark.slow
def test_the_readmes_lines_run(cluster):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code, names = text.split("## Many machines")[1].split("```python\n")[1].split("```")[0], {"vitral": vitral}
    exec(text.split("## Many variants")[1].split("```python\n")[1].split("```")[0], names)
    address = re.search(r'"(tcp://[^"]+)"', code).group(1)
    alone = names["sweep"]
    exec(code.replace(address, cluster.scheduler_address), names)
    with names["client"]:
        assert [run.history for run in names["sweep"]] == [run.history for run in alone]


# ---------------------------------------------------------------- without a cluster


def test_dasks_threads_draw_no_number_that_a_layer_would_have_drawn():
    import random

    from dask.sizeof import sizeof

    random.seed(0)
    expected = random.random()
    keep_dask_apart()
    random.seed(0)
    sizeof(list(range(1000)))  # samples it, as it does with every long message
    assert random.random() == expected


def test_units_are_neighbours_and_several_to_a_thread():
    assert cut(list(range(100)), 2, 1) == [list(range(at, min(at + 12, 100))) for at in range(0, 100, 12)]
    assert cut([0, 1, 2], 8, 1) == [[0], [1], [2]]
    assert max(map(len, cut(list(range(10_000)), 2, 1))) == 16
    assert [len(unit) for unit in cut(list(range(40)), 8, 16)] == [16, 16, 8]


def test_who_is_alone_is_alone():
    turns, inside, most = _Turns(), [], []

    def go(alone):
        with turns.taken(alone=alone):
            inside.append(alone)
            time.sleep(0.01)
            most.append((alone, len(inside)))
            inside.remove(alone)

    threads = [threading.Thread(target=go, args=(n % 3 == 0,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 12
    assert all(n == 1 for alone, n in most if alone)


def test_who_dies_with_the_last_copy_of_the_work_has_failed_and_who_waited_for_it_has_not(monkeypatch):
    """What comes back where a worker's death took the scattered work along: futures that are cancelled."""
    variants = read_variants({"rate": [0.1, 0.01]}, make_build(), None, seed=0)
    given = make_build(), X, Y, None, {"epochs": 1}, variants, 0, (), True
    sweeping = room.Distributed(SimpleNamespace(status="running"), *given)
    waiting, begun = room._Unit(numbers=[0]), room._Unit(numbers=[1])
    monkeypatch.setattr(sweeping, "_was_begun", lambda unit: unit.numbers == [1])

    class Lost:
        status, release = "cancelled", staticmethod(lambda: None)

    def lose(unit):
        future = Lost()
        sweeping._out[future] = unit
        sweeping._take(future, Exception("cancelled"))
        return sweeping._to_send.pop(0) if sweeping._to_send else None

    for _ in range(5):
        assert lose(waiting) is waiting
    for failures in (1, 2):
        begun = lose(begun)
        assert (begun.numbers, begun.failures) == ([1], failures)
    assert lose(begun) is None
    assert [r.status for r in sweeping._results] == ["not run", "failed"]
    assert "has died" in sweeping._results[1].message


def test_what_is_no_client_is_refused(monkeypatch):
    with pytest.raises(ArgumentError, match=r"client must be a dask\.distributed\.Client: got str"):
        vitral.sweep(make_build(), X, Y, over={"rate": [0.1]}, client="tcp://127.0.0.1:8786")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ArgumentError, match=r"Dask is not installed\. Install it with: pip install"):
        vitral.sweep(make_build(), X, Y, over={"rate": [0.1]}, client=3)


def test_what_cannot_be_sent_is_refused(client):
    held = threading.Lock()

    def build(rate):
        with held:
            return make_build()(rate)

    with pytest.raises(ArgumentError, match=r"that workers can be sent copies: pickling raised TypeError"):
        vitral.sweep(build, X, Y, over={"rate": [0.1]}, client=client, **SIZES)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "an address with a port: got ''"),
        ("localhost", "an address with a port"),
        ("tcp://localhost:port", "an address with a port"),
        ("mail://127.0.0.1:8786", r"the address of a Dask scheduler that answers: .* \(unknown address scheme 'mail'"),
        ("tcp://127.0.0.1:1", r"the address of a Dask scheduler that answers: got 'tcp://127.0.0.1:1' \("),
    ],
)
def test_an_address_where_no_scheduler_is(address, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vitral.cli.sweep._SECONDS_TO_CONNECT", 0.3)
    assert main(["sweep", "iris", "--over", "rate=0.1", "--scheduler", address]) == 2
    err = capsys.readouterr().err
    assert re.match(rf"Error: --scheduler must be {said}", err), err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_command_trains_on_a_scheduler(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("vitral._cache.use_compilation_cache", lambda: None)
    typed = ["sweep", "iris", "--hidden", "4", "--epochs", "2", "--over", "seed=0:3", "--quiet", "--out"]
    assert main([*typed, "there", "--scheduler", cluster.scheduler_address]) == 0
    assert main([*typed, "here"]) == 0
    check_same(vitral.open_run("there"), vitral.open_run("here"))
