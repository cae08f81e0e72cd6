"""What makes the engine fast, held without a clock: compilations, dispatches, transfers and operations are counted."""

import dataclasses

import jax
import keras
import numpy as np
import pytest
from keras import layers

import vitral
from vitral.training import program, programs
from vitral.training.layout import Control

_EPOCHS, _ROWS, _BATCH = 10, 404, 8
_STEPS = 51
_rng = np.random.default_rng(6)
_X = _rng.normal(size=(_ROWS, 4)).astype("float32")
_Y = _rng.integers(0, 3, size=_ROWS)


def _classifier(width=6, rate=0.01, **compiled):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(width, activation="relu"), layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"], **compiled)
    return model


def _fit(model, rows=_ROWS, epochs=_EPOCHS, **options):
    options = {"validation_data": (_X[:20], _Y[:20]), "batch_size": _BATCH, "verbose": 0} | options
    return vitral.fit(model, _X[:rows], _Y[:rows], epochs=epochs, engine="compiled", **options)


def _watcher():
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)


@pytest.fixture(autouse=True)
def _nothing_kept():
    programs.clear()


@pytest.fixture
def counted():
    """A function that says how many compilations, hits and dispatches there were since it was last asked."""
    last = dataclasses.replace(programs.counts)

    def since():
        nonlocal last
        before, last = last, dataclasses.replace(programs.counts)
        names = ("compilations", "hits", "dispatches")
        return {name: getattr(last, name) - getattr(before, name) for name in names}

    return since


def test_one_compilation_for_all_epochs_batches_and_validations(counted):
    _fit(_classifier())
    assert counted()["compilations"] == 1


def test_a_second_fit_compiles_nothing(counted):
    model = _classifier()
    _fit(model)
    counted()
    _fit(model, initial_epoch=2, epochs=25)
    assert counted()["compilations"] == 0


def test_a_new_learning_rate_compiles_nothing(counted):
    model = _classifier()
    _fit(model)
    counted()
    model.optimizer.learning_rate = 0.5
    _fit(model)
    again = _classifier(rate=0.02)
    _fit(again)
    assert counted()["compilations"] == 0


def test_a_new_model_of_the_same_architecture_compiles_nothing(counted):
    _fit(_classifier())
    counted()
    _fit(_classifier())
    assert (counted() | {"dispatches": 0}) == {"compilations": 0, "hits": 1, "dispatches": 0}


def test_another_architecture_and_another_loss_are_compiled(counted):
    _fit(_classifier())
    _fit(_classifier(width=7))
    assert counted()["compilations"] == 2
    model = _classifier()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(ignore_class=1), metrics=["accuracy"])
    _fit(model)
    assert counted()["compilations"] == 1


def test_dispatches_do_not_grow_with_steps(counted):
    """With a callback on the host about one dispatch an epoch, without one fewer; never one a step."""
    model = _classifier()
    _fit(model, callbacks=[_watcher()])
    assert _EPOCHS <= counted()["dispatches"] <= 3 * _EPOCHS < _STEPS
    _fit(model)
    _fit(model)
    counted()
    _fit(model)
    assert counted()["dispatches"] <= _EPOCHS / 2


@pytest.fixture
def dispatched(monkeypatch):
    """The arguments of each dispatch; each runs with every transfer forbidden but those made before it began."""
    seen = []
    original = program.compiled_program

    def compiled_program(function, shapes):
        compiled = original(function, shapes)

        def guarded(*arguments):
            seen.append(arguments)
            placed = jax.device_put(arguments)
            with jax.transfer_guard("disallow"):
                return jax.block_until_ready(compiled(arguments[0], *placed[1:]))

        return guarded

    monkeypatch.setattr(program, "compiled_program", compiled_program)
    return seen


@pytest.mark.parametrize("is_watched", [False, True], ids=["blocks", "single epochs"])
def test_no_transfer_per_step(dispatched, is_watched):
    """A dispatch sends row numbers and a few kilobytes at most; data and state are on the device already."""
    _fit(_classifier(), callbacks=[_watcher()] if is_watched else None)
    for leaves, data, validation, *sent in dispatched:
        assert all(isinstance(a, jax.Array) for a in [*leaves, *data, *validation])
        rows, tails, *small = sent
        assert rows.dtype == tails.dtype == np.int32
        assert rows.shape[1] + tails.shape[1] == _ROWS
        assert sum(a.nbytes for a in jax.tree.leaves(small)) <= 4096
    pointers = {a.unsafe_buffer_pointer() for _, data, *_ in dispatched for a in data}
    assert len(pointers) == 2, "the data were copied between dispatches"


@pytest.mark.parametrize("rows", [100, 200, 400])
def test_steps_are_linear_in_rows_and_epochs(dispatched, rows):
    _fit(_classifier(), rows=rows, epochs=6)
    done = 0
    for arguments in dispatched:
        control = Control(*np.asarray(arguments[5]).tolist())
        done += control.n_epochs * (control.stop - control.start + control.n_tail)
    assert done == 6 * -(-rows // _BATCH)


def _n_equations(jaxpr):
    inner = [
        sub
        for eqn in jaxpr.eqns
        for value in eqn.params.values()
        for sub in (value if isinstance(value, tuple | list) else [value])
        if hasattr(sub, "eqns") or hasattr(sub, "jaxpr")
    ]
    return len(jaxpr.eqns) + sum(_n_equations(getattr(sub, "jaxpr", sub)) for sub in inner)


def test_programs_do_not_grow_with_rows_or_epochs(monkeypatch):
    """Equations of the traced program, and instructions of the compiled one."""
    sizes = []
    original = program.compiled_program

    def compiled_program(function, shapes):
        compiled = original(function, shapes)
        n_instructions = compiled.as_text().count(" = ")
        sizes.append((_n_equations(jax.make_jaxpr(function)(*shapes).jaxpr), n_instructions))
        return compiled

    monkeypatch.setattr(program, "compiled_program", compiled_program)
    for rows, epochs in [(44, 2), (404, 2), (404, 200)]:
        _fit(_classifier(), rows=rows, epochs=epochs)
    assert len(sizes) == 3
    assert sizes[0][0] == sizes[1][0] == sizes[2][0] > 100
    assert max(n for _, n in sizes) <= 1.02 * min(n for _, n in sizes)
