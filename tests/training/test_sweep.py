"""Every variant of a sweep is its solo training, to the last bit."""

import gc
import os
import signal
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from comparing import seldom
from keras import layers

import vitral
from vitral._errors import ArgumentError, DivergenceWarning, RunFolderError, VitralWarning
from vitral.runs import Sweep

RNG = np.random.default_rng(0)
X = RNG.standard_normal((44, 6)).astype("float32")
Y = X[:, :3].argmax(1)


def build(rate=0.1, width=8, l2=0.0, dropout=0.0, activation="relu", scale=1.0, momentum=0.0, beta=0.9, adam=False):
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(
                width,
                activation,
                kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
                kernel_initializer=keras.initializers.VarianceScaling(scale),
            ),
            layers.Dropout(dropout),
            layers.Dense(3, "softmax"),
        ]
    )
    optimizer = keras.optimizers.Adam(rate, beta_1=beta) if adam else keras.optimizers.SGD(rate, momentum)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def bits(variables):
    return [np.asarray(v.value).tobytes() for v in variables]


def check_solo(sweep, build, x=X, y=Y, **arguments):
    """Each variant against its own `fit`."""
    for number, values in enumerate(sweep.variants):
        own = {n: v for n, v in values.items() if n in ("batch_size", "epochs", "shuffle")}
        seed = values.get("seed", arguments.get("seed"))
        keras.utils.set_random_seed(seed)
        model = build(**{n: v for n, v in values.items() if n not in (*own, "seed")})
        solo = vitral.fit(model, x, y, verbose=0, **{**arguments, **own, "seed": seed})
        run = sweep[number]
        assert repr(run.history) == repr(solo.history), values  # by digits: NaN is itself
        assert run.status == solo.status
        assert run.seed == seed
        assert bits(run.model.trainable_variables) == bits(model.trainable_variables), values
        assert bits(run.model.optimizer.variables) == bits(model.optimizer.variables), values


OVER = {
    "rates and seeds": {"rate": [0.1, 0.01, 0.3], "seed": [0, 1]},
    "penalties": {"l2": [0.1, 0.01, 0.003], "seed": [3]},
    "dropout": {"dropout": [0.0, 0.2, 0.5], "seed": [3]},
    "momentum": {"momentum": [0.0, 0.5, 0.9], "seed": [3]},
    "Adam's beta": {"beta": [0.9, 0.8, 0.99], "adam": [True], "seed": [3]},
    "initial scale": {"scale": [0.1, 1.0, 3.0], "seed": [3]},
    "widths and activations": {"width": [4, 8], "activation": ["relu", "tanh"], "seed": [3]},
    "batch sizes": {"batch_size": [8, 11, "all"], "seed": [3]},
}
N_GROUPS = {"dropout": 2, "momentum": 2, "widths and activations": 4, "batch sizes": 3}


_LONG = ("penalties", "initial scale", "widths and activations", "dropout", "Adam's beta", "momentum")


@pytest.mark.parametrize("name", seldom(OVER, *_LONG))
def test_every_variant_is_its_solo_training(name):
    arguments = {"epochs": 3, "batch_size": 8, "validation_data": (X[:9], Y[:9])}
    sweep = vitral.sweep(build, X, Y, over=OVER[name], verbose=0, **arguments)
    assert [r.status for r in sweep.results] == ["done"] * len(sweep), [r.message for r in sweep.results]
    assert len(sweep.groups) == N_GROUPS.get(name, 1), sweep.groups
    check_solo(sweep, build, **arguments)


def test_early_stopping_and_plateaus_act_on_each_variant_alone():
    def callbacks():
        return [
            keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=0.05, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=1, min_delta=0.1),
        ]

    over = {"rate": [1e-4, 0.5, 3.0]}
    sweep = vitral.sweep(build, X, Y, over=over, seed=1, epochs=12, batch_size=8, callbacks=callbacks(), verbose=0)
    lengths = [len(run.history["loss"]) for run in sweep]
    assert len(set(lengths)) > 1, lengths
    for number, values in enumerate(over["rate"]):
        keras.utils.set_random_seed(1)
        model = build(values)
        solo = vitral.fit(model, X, Y, 8, 12, 0, callbacks(), seed=1)
        assert sweep[number].history == solo.history
        assert bits(sweep[number].model.trainable_variables) == bits(model.trainable_variables)


def test_a_variant_that_diverges_is_marked_with_its_epoch_and_touches_no_other():
    def linear(rate):
        model = keras.Sequential([keras.Input((6,)), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(rate), "mse")
        return model

    y = X[:, :1]
    sweep = vitral.sweep(linear, X, y, over={"rate": [0.1, 1e9, 0.01]}, seed=0, epochs=9, batch_size=8, verbose=0)
    assert [r.status for r in sweep.results] == ["done", "diverged", "done"]
    losses = sweep.results[1].history["loss"]
    first = next(e for e, loss in enumerate(losses, 1) if not np.isfinite(loss))
    assert sweep.table["diverged_epoch"].isna().tolist() == [True, False, True]
    assert sweep.table["diverged_epoch"][1] == first
    with pytest.warns(DivergenceWarning):
        check_solo(sweep, linear, X, y, seed=0, epochs=9, batch_size=8)


def test_data_may_depend_on_a_variant_and_are_made_once():
    made = []

    def data(noise):
        made.append(noise)
        rng = np.random.default_rng(7)
        return X + noise * rng.standard_normal(X.shape).astype("float32"), Y

    over = {"noise": [0.0, 1.0], "seed": [0, 1]}
    sweep = vitral.sweep(build, data, over=over, epochs=2, batch_size=8, verbose=0)
    assert made == [0.0, 1.0]
    assert len(sweep.groups) == 1
    for number, values in enumerate(sweep.variants):
        keras.utils.set_random_seed(values["seed"])
        model = build()
        x, y = data(values["noise"])
        solo = vitral.fit(model, x, y, 8, 2, 0, seed=values["seed"])
        assert sweep[number].history == solo.history
        assert sweep[number].data["sha256"] == solo.data["sha256"]


def test_a_number_in_a_closure_counts_without_being_declared():
    def own(weight):
        model = keras.Sequential([keras.Input((6,)), layers.Dense(3)])
        model.compile("sgd", lambda y, p: weight * keras.ops.sum(keras.ops.abs(p)) / 100 + 0.0 * keras.ops.sum(y))
        return model

    sweep = vitral.sweep(own, X, Y, over={"weight": [1.0, 2.5, 0.3]}, seed=2, epochs=2, batch_size=8, verbose=0)
    assert len(sweep.groups) == 1
    (number,) = [n for n in sweep.groups[0].lifted if list(n.values.values()) == [1.0, 2.5, np.float32(0.3).item()]]
    assert number.n_places >= 1
    for n, values in enumerate(sweep.variants):
        keras.utils.set_random_seed(2)
        solo = vitral.fit(own(**values), X, Y, 8, 2, 0, seed=2)
        # A factor that stands beside another is one of the few whose lifting may cost a rounding.
        np.testing.assert_allclose(sweep[n].history["loss"], solo.history["loss"], rtol=3e-7)


def test_a_variant_that_cannot_be_built_is_marked_and_the_rest_run():
    sweep = vitral.sweep(build, X, Y, over={"width": [4, -1, 8]}, seed=0, epochs=1, batch_size=8, verbose=0)
    assert [r.status for r in sweep.results] == ["done", "failed", "done"]
    assert "units" in sweep.results[1].message
    assert sweep.table["status"].tolist() == ["done", "failed", "done"]
    with pytest.raises(ArgumentError, match="'failed'"):
        sweep[1]
    assert len(list(sweep)) == 2


def test_where_all_fail_the_first_error_is_said():
    with pytest.raises(ArgumentError, match=r"all 2 failed, the first \(width=4\) in build with ZeroDivisionError"):
        vitral.sweep(lambda width: width // 0, X, Y, over={"width": [4, 5]}, verbose=0)


def test_the_callers_generators_stay_where_they_were():
    np.random.seed(5)
    expected = np.random.RandomState(5).rand()
    vitral.sweep(build, X, Y, over={"seed": [0, 1]}, epochs=1, verbose=0)
    assert np.random.rand() == expected


def test_the_table_and_the_best():
    over = {"rate": [1e-5, 0.3], "seed": [0, 1]}
    sweep = vitral.sweep(build, X, Y, over=over, epochs=4, batch_size=8, verbose=0)
    table = sweep.table
    assert list(table.columns[:4]) == ["rate", "seed", "status", "epochs"]
    assert table["loss"].tolist() == [run.history["loss"][-1] for run in sweep]
    best = sweep.best_number("loss")
    assert best == int(np.argmin([min(run.history["loss"]) for run in sweep]))
    assert sweep.best("accuracy").history["accuracy"] == sweep[sweep.best_number("accuracy")].history["accuracy"]
    assert "4 done" in repr(sweep)
    assert "<table" in sweep._repr_html_()


def test_models_of_ones_own_code_are_put_together_by_building_them_again():
    class Own(keras.Model):
        def __init__(self, width):
            super().__init__()
            self.first, self.last = layers.Dense(width, "relu"), layers.Dense(3, "softmax")

        def call(self, x):
            return self.last(self.first(x))

    def own(width):
        model = Own(width)
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    sweep = vitral.sweep(own, X, Y, over={"width": [4, 5]}, seed=1, epochs=1, batch_size=8, verbose=0)
    check_solo(sweep, own, seed=1, epochs=1, batch_size=8)


def test_a_sweep_is_saved_and_opened_again(tmp_path):
    over = {"rate": [0.1, 1e-3], "width": [4, -1]}
    sweep = vitral.sweep(build, X, Y, over=over, seed=3, epochs=2, batch_size=8, verbose=0, out=tmp_path / "sweep")
    again = vitral.open_run(tmp_path / "sweep")
    assert again.table.drop(columns="seconds").equals(sweep.table.drop(columns="seconds"))
    assert [g.variants for g in again.groups] == [g.variants for g in sweep.groups]
    assert repr(again) == repr(sweep)
    for number in (0, 2):
        ours, theirs = again[number], sweep[number]
        assert ours.history == theirs.history
        assert bits(ours.model.variables) == bits(theirs.model.variables)
        assert bits(ours.model.optimizer.variables) == bits(theirs.model.optimizer.variables)
        assert ours.model.predict(X, verbose=0).tobytes() == theirs.model.predict(X, verbose=0).tobytes()
    assert again.save(tmp_path / "copy") == vitral.open_run(tmp_path / "copy").path
    (tmp_path / "sweep" / "variant-000000.safetensors").write_bytes(b"damaged" * 10)
    with pytest.raises(RunFolderError, match="damaged"):
        vitral.open_run(tmp_path / "sweep")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_short_numbers_are_saved_with_their_bits(tmp_path, dtype):
    def build(rate):
        layers = [keras.Input((4,)), keras.layers.Dense(3, "softmax", dtype=dtype)]
        model = keras.Sequential(layers)
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
        return model

    x, y = np.eye(4, dtype="float32"), np.arange(4) % 3
    sweep = vitral.sweep(build, x, y, over={"rate": [0.1, 0.2]}, seed=3, batch_size=4, verbose=0, out=tmp_path / "a")
    again = vitral.open_run(tmp_path / "a")[1].model
    assert again.layers[0].kernel.dtype == dtype
    assert bits(again.variables) == bits(sweep[1].model.variables)
    assert bits(again.optimizer.variables) == bits(sweep[1].model.optimizer.variables)


def test_ctrl_c_keeps_what_was_finished():
    def stop(epoch, _logs):
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    def callbacks():
        return [keras.callbacks.LambdaCallback(on_epoch_end=stop)]

    over = [{"epochs": 1}, {"epochs": 1}, {"epochs": 500, "callbacks": callbacks}, {"epochs": 1}]
    with pytest.warns(VitralWarning, match="Interrupted"):
        sweep = vitral.sweep(build, X, Y, over=over, seed=0, batch_size=8, verbose=0)
    assert sweep.status == "interrupted"
    assert [r.status for r in sweep.results[:2]] == ["done", "done"]
    assert sweep.results[2].status == "interrupted"
    assert len(sweep[2].history["loss"]) < 500


def test_ctrl_c_again_and_again_keeps_what_was_finished_too(tmp_path, monkeypatch):
    """The second and the third come while the sweep waits for its threads, the fourth while it is saved."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    pressed = []

    def press():
        pressed.append(signal.getsignal(signal.SIGINT))
        os.kill(os.getpid(), signal.SIGINT)

    def stop(epoch, _logs):
        if epoch == 0:
            press()
            deadline = time.monotonic() + 20
            while signal.getsignal(signal.SIGINT) is signal.default_int_handler and time.monotonic() < deadline:
                time.sleep(0.01)  # until the first was heard
            press()
            press()

    save = Sweep.save

    def pressed_and_saved(*arguments, **options):
        press()
        return save(*arguments, **options)

    monkeypatch.setattr(Sweep, "save", pressed_and_saved)
    stopper = keras.callbacks.LambdaCallback(on_epoch_end=stop)
    over = [{"epochs": 1}, {"epochs": 1}, {"epochs": 500, "callbacks": lambda: [stopper]}]
    with pytest.warns(VitralWarning, match="Interrupted: 2 of 3 variants"):
        sweep = vitral.sweep(build, X, Y, over=over, seed=0, batch_size=8, verbose=0, out=tmp_path / "sweep")
    assert len(pressed) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert [r.status for r in sweep.results] == ["done", "done", "interrupted"]
    assert 1 <= len(sweep[2].history["loss"]) < 500
    saved = vitral.open_run(tmp_path / "sweep")
    assert saved.status == "interrupted"
    assert bits(saved[0].model.weights) == bits(sweep[0].model.weights)
    assert len(list((tmp_path / "tmp").iterdir())) == 1
    del sweep, saved
    gc.collect()
    assert not list((tmp_path / "tmp").iterdir())


def test_ctrl_c_too_late_to_break_anything_off_loses_nothing(tmp_path, monkeypatch):
    save = Sweep.save

    def pressed_and_saved(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return save(*arguments, **options)

    monkeypatch.setattr(Sweep, "save", pressed_and_saved)
    with pytest.warns(VitralWarning, match="Interrupted: 1 of 1 variants are finished"):
        sweep = vitral.sweep(build, X, Y, over={"rate": [0.1]}, seed=0, batch_size=8, verbose=0, out=tmp_path / "s")
    assert (sweep.status, sweep.path) == ("done", tmp_path / "s")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"over": {}}, "got an empty dict"),
        ({"over": []}, "got an empty list"),
        ({"over": {"rate": 0.1}}, "over\\['rate'\\] must be a list of values: got 0.1"),
        ({"over": {"rate": []}}, "at least one value"),
        ({"over": {"raet": [1]}}, "Did you mean 'rate'"),
        ({"over": 3}, "a dict of lists or a list of dicts: got int"),
        ({"over": [3]}, "a dict for each variant: got int"),
        ({"over": {1: [3]}}, "names as keys: got 1"),
        ({"over": {"seed": [-1]}}, r"over\['seed'\] must be"),
        ({"over": {"seed": [2**32]}}, "below 2\\*\\*32"),
        ({"over": {"epochs": [0]}}, "epochs must be"),
        ({"over": {"rate": [0.1]}, "exact": "yes"}, "exact must be"),
        ({"over": {"rate": [0.1]}, "build": 3}, "build must be a function"),
        ({"over": {"rate": range(1001), "width": range(1001)}}, "at most 1,000,000"),
    ],
)
def test_bad_input_is_one_sentence(arguments, said):
    function = arguments.pop("build", build)
    with pytest.raises(ArgumentError, match=said) as caught:
        vitral.sweep(function, X, Y, verbose=0, **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_readmes_example_runs_as_it_stands_there(capsys):
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    code = text.split("## Many variants")[1].split("```python\n")[1].split("```")[0]
    names = {"vitral": vitral}
    exec(code, names)
    assert len(names["sweep"]) == 8
    assert len(names["sweep"].groups) == 2, "one program for each width"
    assert names["best"].model.predict(vitral.load("digits").test.x, verbose=0).shape[1] == 10
    assert "diverged_epoch" in capsys.readouterr().out
