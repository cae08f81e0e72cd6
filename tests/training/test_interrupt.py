"""Ctrl-C: the model keeps the weights of the last finished epoch, the run is saved, KeyboardInterrupt goes on.

The truth is one uninterrupted `keras.Model.fit` of the same model, its variables noted at every epoch's end.
"""

import gc
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import vitral
from vitral._errors import VitralWarning
from vitral.training import compiled
from vitral.training.interrupts import held_interrupt
from vitral.training.program import Program

EPOCHS, SEED = 6, 11
X = np.random.default_rng(1).normal(size=(44, 5)).astype("float32")
Y = np.sin(X[:, :1]) + X[:, 1:2]
UNSEEN = (X[::-1][:20].copy(), Y[::-1][:20].copy())


def network(optimizer: Any = None) -> Any:
    """Weights, moving averages, seed-generator states and optimizer slots: all of it must go back."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(6, "tanh"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer or keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def arguments(**more: Any) -> dict[str, Any]:
    return {"x": X, "y": Y, "batch_size": 8, "epochs": EPOCHS, "verbose": 0, **more}


def state(model: Any) -> list[np.ndarray]:
    variables = [*model.trainable_variables, *model.non_trainable_variables, *model.optimizer.variables]
    return [np.array(v.value) for v in variables]


def warm_network() -> Any:
    """One that was trained before: a further training traces and draws nothing extra."""
    model = network()
    keras.utils.set_random_seed(SEED)
    keras.Model.fit(model, **arguments(epochs=1))
    return model


def put_back(model: Any, values: list[np.ndarray]) -> None:
    variables = [*model.trainable_variables, *model.non_trainable_variables, *model.optimizer.variables]
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@cache
def truth(build: Callable[[], Any] = network) -> list[list[np.ndarray]]:
    """The state before training and after each epoch, by Keras."""
    model = build()
    states: list[list[np.ndarray]] = []

    class Note(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            states.append(state(self.model))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            states.append(state(self.model))

    keras.utils.set_random_seed(SEED)
    keras.Model.fit(model, **arguments(callbacks=[Note()]))
    return states


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


class At(keras.callbacks.Callback):
    """Calls `act` in one hook, at one epoch."""

    def __init__(self, hook: str, epoch: int, act: Callable[[], None]) -> None:
        super().__init__()

        def run(number: int = 0, *_: Any, **__: Any) -> None:
            if number == epoch or hook in ("on_train_begin", "on_test_end"):
                act()

        setattr(self, hook, run)


def press() -> None:
    """Ctrl-C, as the system delivers it."""
    signal.raise_signal(signal.SIGINT)


def give_up() -> None:
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def _handler_is_given_back() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def check_interrupted(model: Any, folder: Path, epochs: int | None = None) -> int:
    """The folder's record, the model and the truth agree; returns how many epochs were finished."""
    run = vitral.open_run(folder)
    n = len(run.epoch)
    assert run.status == "interrupted"
    assert run.epoch == list(range(n))
    assert all(len(values) == n for values in run.history.values())
    assert same(state(model), truth()[n])
    assert run.message is not None
    kept = f"the weights of epoch {n}" if n else "the weights it started with"
    assert f"{n} finished epoch{'' if n == 1 else 's'}" in run.message
    assert kept in run.message
    assert epochs is None or n == epochs
    return n


# ---------------------------------------------------------------- in callbacks


@pytest.mark.parametrize(
    ("hook", "epoch", "act", "finished"),
    [
        ("on_train_begin", 0, press, 0),
        ("on_epoch_begin", 0, give_up, 0),
        ("on_epoch_begin", 2, press, 2),
        ("on_epoch_end", 0, press, 1),
        ("on_epoch_end", 2, give_up, 3),
        ("on_epoch_end", EPOCHS - 1, press, EPOCHS),
    ],
)
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_in_a_callback(
    engine: str, hook: str, epoch: int, act: Callable[[], None], finished: int, tmp_path: Path
) -> None:
    model = network()
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, **arguments(callbacks=[At(hook, epoch, act)]), seed=SEED, engine=engine, out=tmp_path / "run")
    check_interrupted(model, tmp_path / "run", finished)


def test_in_a_batch(tmp_path: Path) -> None:
    """Within an epoch in Keras's loop, which a batch hook needs."""
    model = network()

    class Break(keras.callbacks.Callback):
        n_batches = 0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.n_batches += 1
            if self.n_batches == 15:
                press()

    with pytest.warns(VitralWarning, match="Break has a hook for every batch"), pytest.raises(KeyboardInterrupt):
        vitral.fit(model, **arguments(callbacks=[Break()]), seed=SEED, out=tmp_path / "run")
    check_interrupted(model, tmp_path / "run", 2)


# ---------------------------------------------------------------- while a program runs


@pytest.fixture
def press_at_dispatch(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Presses Ctrl-C while the n-th program runs, `times` times; what is returned is [dispatches so far, n]."""

    def install(n: int = 0, times: int = 1) -> list[int]:
        count = [0, n]
        dispatch = Program.dispatch

        def pressed(self: Program, *args: Any) -> Any:
            count[0] += 1
            if count[0] == count[1]:
                for _ in range(times):
                    press()
            return dispatch(self, *args)

        monkeypatch.setattr(Program, "dispatch", pressed)
        return count

    return install


class Look(keras.callbacks.Callback):
    """Reads the weights, so that epochs go one by one and the state moves to and fro."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.get_weights()


class Watch(Look):
    """Also hears of validation."""

    def on_test_begin(self, logs: Any = None) -> None:
        pass


@pytest.mark.parametrize("seconds", [1.0, 1e-9], ids=["whole", "pieces"])
@pytest.mark.parametrize("validation", [None, UNSEEN], ids=["plain", "validated"])
@pytest.mark.parametrize("callback", [None, Look, Watch])
def test_while_a_program_runs(
    callback: Any,
    validation: Any,
    seconds: float,
    press_at_dispatch: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever dispatch is interrupted: blocks of epochs, single ones, pieces, validation."""
    monkeypatch.setattr(compiled, "_SECONDS_A_DISPATCH", seconds)
    count, finished, model = press_at_dispatch(), [], warm_network()
    start = state(model)
    for n in [1, *range(1, 14)]:  # the first time, the program's speed is not known yet; after 14 it repeats itself
        put_back(model, start)
        count[:] = [0, n]
        more = {"callbacks": [callback()] if callback else None, "validation_data": validation}
        try:
            vitral.fit(model, **arguments(**more), seed=SEED, engine="compiled")
        except KeyboardInterrupt:
            finished.append(len(model.history.epoch))
            assert model.history.epoch == list(range(finished[-1]))
            assert same(state(model), truth(warm_network)[finished[-1]])
        else:
            assert count[0] < n
            break
    assert finished == sorted(finished)
    assert finished[-1] > 0


class PressAtLine:
    """Presses Ctrl-C before the n-th line that runs in the engine, or in the parts of Keras that it calls."""

    FILES = ("/vitral/training/", "/vitral/_keras.py", "/keras/src/backend/jax/trainer.py", "/keras/src/callbacks/")

    def __init__(self, n: int) -> None:
        self.n, self.n_lines, self.place = n, 0, ""

    def __enter__(self) -> "PressAtLine":
        self._previous = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._previous)

    def _call(self, frame: Any, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename.replace(os.sep, "/")
        return self._line if any(part in name for part in self.FILES) else None

    def _line(self, frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            self.n_lines += 1
            if self.n_lines == self.n:
                self.place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                press()
        return self._line


@pytest.mark.parametrize("rounds", [25, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["block", "validated", "pieces"])
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_at_any_line(engine: str, kind: str, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it comes, the record and the weights agree, and the model can be trained again."""
    callback, validation, seconds = {
        "block": (None, None, 1.0),
        "validated": (Look, UNSEEN, 1.0),
        "pieces": (Watch, UNSEEN, 1e-9),
    }[kind]
    monkeypatch.setattr(compiled, "_SECONDS_A_DISPATCH", seconds)
    model = warm_network()
    start = state(model)

    def train() -> None:
        put_back(model, start)
        model.history = None
        more = {"callbacks": [callback()] if callback else None, "validation_data": validation}
        vitral.fit(model, **arguments(**more), seed=SEED, engine=engine)

    train()  # so that nothing is traced below
    with PressAtLine(0) as whole:
        train()
    assert same(state(model), truth(warm_network)[EPOCHS])
    finished, wrong = set(), []
    for i in range(rounds):
        at = PressAtLine(1 + (2 * i + 1) * whole.n_lines // (2 * rounds))
        with at, pytest.raises(KeyboardInterrupt):
            train()
        n = n_finished(model)
        finished.add(n)
        if not same(state(model), truth(warm_network)[n]):
            wrong.append((at.place, n))
    assert wrong == []
    assert len(finished) > 1


def n_finished(model: Any) -> int:
    """Epochs in the record; none before training has begun."""
    return len(getattr(getattr(model, "history", None), "epoch", []))


def test_at_random_moments() -> None:
    """A real signal from a thread, while tracing too; the truth is another training of as many epochs."""
    moments, finished = random.Random(2), []
    vitral.fit(network(), **arguments(epochs=2))
    for round_number in range(10):
        model = network()
        callbacks = [Look()] if round_number % 2 else None
        timer = threading.Timer(moments.uniform(0.02, 0.6), os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            vitral.fit(model, **arguments(epochs=10**7, shuffle=False, callbacks=callbacks), seed=SEED)
        timer.join()
        finished.append(n_finished(model))
        other = network()
        if finished[-1]:
            vitral.fit(other, **arguments(epochs=finished[-1], shuffle=False), seed=SEED)
            assert same(state(other), state(model))
        else:
            assert same([w.numpy() for w in other.weights], [w.numpy() for w in model.weights])
    assert max(finished) > 50


@pytest.mark.parametrize("epochs", [1, 3])
def test_an_interrupt_that_is_swallowed_comes_back(epochs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras and JAX have places, while tracing, where an exception vanishes (a bare `except:`, a weak reference).

    An interrupt that comes there has to be felt all the same.
    """
    from keras.src.models import functional

    pressed = []

    def swallow(*_: Any, **__: Any) -> None:
        try:
            if not pressed:
                pressed.append(True)
                press()
        except BaseException:
            return

    monkeypatch.setattr(functional.Functional, "_maybe_warn_inputs_struct_mismatch", swallow)
    model = network()
    before = state(model)[:6]
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, **arguments(epochs=epochs))
    assert pressed
    assert same(state(model)[:6], before)


CHILD = """
import os, signal, sys, json
import numpy as np, keras, vitral

def network():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dropout(0.2),
                              keras.layers.Dense(1)])
    model.compile("adam", "mse")
    return model

def look(epoch, logs):
    model.get_weights()

x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
y = x[:, :1]
for n in range(int(sys.argv[2])):
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=look)] if n % 2 else None
    model, folder = network(), os.path.join(sys.argv[1], str(n))
    print("go", flush=True)
    try:
        vitral.fit(model, x, y, batch_size=8, epochs=10**7, verbose=0, seed=1, callbacks=callbacks, out=folder)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    run, other = vitral.open_run(folder), network()
    if run.epoch:
        vitral.fit(other, x, y, batch_size=8, epochs=len(run.epoch), verbose=0, seed=1)
    same = all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights()))
    saved = all(np.array_equal(a, b) for a, b in zip(model.get_weights(), run.model.get_weights()))
    print(json.dumps([run.status, len(run.epoch), same, saved]), flush=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)
print("last", flush=True)
vitral.fit(network(), x, y, epochs=10**7, verbose=0)
"""


def test_a_process_of_its_own(tmp_path: Path) -> None:
    """Real Ctrl-Cs from outside at random moments, compiling included; then one that ends the process."""
    moments, rounds = random.Random(4), 3
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), str(rounds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"KERAS_BACKEND": "jax"},
    )
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        for n in range(rounds):
            assert child.stdout.readline() == "go\n", child.stderr.read()
            time.sleep(0.3 + moments.uniform(0, 1.0) + (n == 0))
            child.send_signal(signal.SIGINT)
            line = child.stdout.readline()
            assert line, child.stderr.read()
            status, _, same_weights, same_saved = json.loads(line)
            assert (status, same_weights, same_saved) == ("interrupted", True, True)
        assert child.stdout.readline() == "last\n"
        time.sleep(1)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=30)
        assert child.returncode == -signal.SIGINT
        assert errors.rstrip().endswith("KeyboardInterrupt")
    finally:
        child.kill()
        child.wait()


# ---------------------------------------------------------------- promptly


ROWS = np.zeros((100_000, 16), "float32")


def seconds_to_stop(**more: Any) -> tuple[float, Any]:
    """How long after Ctrl-C a training of one endless epoch ends; and the model."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(1024), keras.layers.Dense(1024), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((16,)), *layers])
    model.compile("sgd", "mse")
    pressed: list[float] = []

    def press_later() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(1.5, press_later)

    class Start(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            timer.start()

    try:
        with pytest.raises(KeyboardInterrupt):
            vitral.fit(model, verbose=0, callbacks=[Start()], engine="compiled", batch_size=1, shuffle=False, **more)
        stopped = time.perf_counter()
    finally:
        timer.cancel()
    return stopped - pressed[0], model


def test_a_long_epoch_is_left_promptly() -> None:
    """A minute of steps."""
    seconds, model = seconds_to_stop(x=ROWS, y=ROWS[:, :1])
    assert seconds < 2.5
    assert model.history.epoch == []
    assert not model.layers[0].bias.numpy().any()


def test_a_long_validation_is_left_promptly() -> None:
    """Half a minute of it after an epoch of 64 steps, which is finished."""
    seconds, model = seconds_to_stop(x=ROWS[:64], y=ROWS[:64, :1], validation_data=(ROWS, ROWS[:, :1]))
    assert seconds < 2.5
    assert model.history.epoch == [0]
    assert list(model.history.history) == ["loss"]


# ---------------------------------------------------------------- afterwards


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_training_goes_on_where_it_was_left(engine: str) -> None:
    """Interrupted after two epochs and continued from there: the weights of a training in one go."""
    whole = network()
    keras.utils.set_random_seed(SEED)
    keras.Model.fit(whole, **arguments(shuffle=False))
    model = network()
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(
            model, **arguments(shuffle=False, callbacks=[At("on_epoch_begin", 2, press)]), seed=SEED, engine=engine
        )
    run = vitral.fit(model, **arguments(shuffle=False, initial_epoch=2), engine=engine)
    assert run.epoch == [2, 3, 4, 5]
    assert same(state(model), state(whole))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_moving_average_becomes_the_weights(engine: str) -> None:
    """What Keras does at a training's end, it also does when that end is Ctrl-C."""
    expected, model = (
        network(keras.optimizers.SGD(0.01, use_ema=True)),
        network(keras.optimizers.SGD(0.01, use_ema=True)),
    )
    keras.utils.set_random_seed(SEED)
    keras.Model.fit(expected, **arguments(epochs=2))
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, **arguments(callbacks=[At("on_epoch_begin", 2, press)]), seed=SEED, engine=engine)
    assert same(state(model), state(expected))


def test_the_folder_holds_the_model(tmp_path: Path) -> None:
    model = network()
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(
            model,
            **arguments(validation_data=UNSEEN, callbacks=[At("on_epoch_end", 1, press)]),
            seed=SEED,
            out=tmp_path / "run",
        )
    run = vitral.open_run(tmp_path / "run")
    assert run.evaluation is not None
    assert run.evaluation.part == "validation"
    np.testing.assert_array_equal(run.model.predict(X, verbose=0), model.predict(X, verbose=0))
    assert sorted(f.name for f in tmp_path.iterdir()) == ["run"]


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(network(), **arguments(callbacks=[At("on_epoch_end", 1, press)]))
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- handlers and threads


def test_a_handler_of_ones_own_is_called() -> None:
    """One that does not raise: training goes on to its end, with nothing changed."""
    calls: list[int] = []

    def handler(number: int, _: Any) -> None:
        calls.append(number)

    previous = signal.signal(signal.SIGINT, handler)
    try:
        model = network()
        run = vitral.fit(model, **arguments(callbacks=[At("on_epoch_end", 2, press)]), seed=SEED)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, previous)
    assert (calls, run.status, len(run.epoch)) == ([signal.SIGINT], "done", EPOCHS)
    assert same(state(model), truth()[EPOCHS])


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_handler_that_a_callback_installs_stays(engine: str) -> None:
    """The usual way to stop gracefully."""
    model = network()

    def stop(*_: Any) -> None:
        model.stop_training = True

    previous = signal.getsignal(signal.SIGINT)
    install = At("on_train_begin", 0, lambda: signal.signal(signal.SIGINT, stop) and None)
    try:
        run = vitral.fit(model, **arguments(callbacks=[install, At("on_epoch_end", 1, press)]), engine=engine)
        assert signal.getsignal(signal.SIGINT) is stop
    finally:
        signal.signal(signal.SIGINT, previous)
    assert (run.status, len(run.epoch)) == ("done", 2)


def test_a_context_that_an_interrupt_left_half_way_changes_nothing_later() -> None:
    """What is thrown away with a traceback must not touch the handler."""
    before = signal.getsignal(signal.SIGINT)
    with held_interrupt() as held:
        inner = held.let_through()
        inner.__enter__()
    del inner
    gc.collect()
    held.hold()
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_what_callbacks_did_at_an_epochs_end_stays(engine: str) -> None:
    model = network()

    def halve() -> None:
        model.optimizer.learning_rate = 0.125

    with pytest.raises(KeyboardInterrupt):
        vitral.fit(
            model,
            **arguments(callbacks=[At("on_epoch_end", 1, halve), At("on_epoch_begin", 2, press)]),
            engine=engine,
        )
    assert float(model.optimizer.learning_rate) == 0.125


def test_a_signal_that_is_ignored_stays_so(press_at_dispatch: Any) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        press_at_dispatch(1)
        run = vitral.fit(network(), **arguments(), seed=SEED)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, previous)
    assert run.status == "done"


def test_in_another_thread() -> None:
    """Signals belong to the main thread; training elsewhere leaves them alone and gives the same weights."""
    model, runs = network(), []

    def work() -> None:
        runs.append(vitral.fit(model, **arguments(), seed=SEED))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert runs[0].status == "done"
    assert same(state(model), truth()[EPOCHS])


@pytest.mark.parametrize("end", ["done", "error"])
def test_the_handler_is_given_back(end: str) -> None:
    def fail() -> None:
        raise RuntimeError("a callback's own")

    def handler(*_: Any) -> None:
        """Does nothing."""

    previous = signal.signal(signal.SIGINT, handler)
    try:
        if end == "error":
            with pytest.raises(RuntimeError, match="a callback's own"):
                vitral.fit(network(), **arguments(callbacks=[At("on_epoch_end", 1, fail)]))
        else:
            vitral.fit(network(), **arguments())
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, previous)


def test_pressed_twice(tmp_path: Path, press_at_dispatch: Any) -> None:
    """A second Ctrl-C while the first waits for the program's end is the same wish."""
    model = network()
    press_at_dispatch(2, times=2)
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, **arguments(), seed=SEED, out=tmp_path / "run")
    check_interrupted(model, tmp_path / "run")


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin"])
@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_moving_average_of_nothing_does_not_become_the_weights(engine: str, hook: str) -> None:
    """Keras itself would write zeros."""
    model = network(keras.optimizers.SGD(0.01, use_ema=True))
    weights = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        vitral.fit(model, **arguments(callbacks=[At(hook, 0, press)]), engine=engine)
    assert same(model.get_weights(), weights)
