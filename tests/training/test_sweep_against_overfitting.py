"""What is done against overfitting, swept: each variant has the weights of plain `keras.Model.fit`, and all strengths
of a remedy are one compiled program."""

import keras
import numpy as np
import pytest
from comparing import seldom
from keras import layers, regularizers

import vitral
from vitral._errors import ArgumentError, UnknownNameError

RNG = np.random.default_rng(0)
X = RNG.standard_normal((44, 6)).astype("float32")
Y = (X[:, :3] + 0.5 * RNG.standard_normal((44, 3))).argmax(1)
VALIDATION = X[:11] + 0.1, Y[:11]


def network(*middle, rate=0.1, **dense):
    hidden = layers.Dense(8, "relu", **dense)
    model = keras.Sequential([keras.Input((6,)), hidden, *middle, layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    return model


def plain():
    return network()


def all_at_once(l1, l2, drop, limit, noise):
    return network(
        layers.GaussianNoise(noise),
        layers.Dropout(drop),
        kernel_regularizer=regularizers.L1L2(l1, l2),
        kernel_constraint=keras.constraints.MaxNorm(limit),
    )


REMEDIES = {
    "all at once": (all_at_once, [{"l1": 0.01, "l2": 0.003, "drop": 0.2, "limit": 1.0, "noise": 0.1},
                                  {"l1": 0.001, "l2": 0.1, "drop": 0.5, "limit": 2.0, "noise": 0.4}]),
    "L1": (lambda l1: network(kernel_regularizer=regularizers.L1(l1)), {"l1": [0.1, 0.01, 0.001]}),
    "L2": (lambda l2: network(kernel_regularizer=regularizers.L2(l2)), {"l2": [0.1, 0.01, 0.001]}),
    "L1 and L2": (
        lambda l1, l2: network(kernel_regularizer=regularizers.L1L2(l1, l2)), {"l1": [0.1, 0.01], "l2": [0.02, 0.003]}
    ),
    "dropout": (lambda drop: network(layers.Dropout(drop)), {"drop": [0.2, 0.35, 0.5]}),
    "max-norm": (lambda limit: network(kernel_constraint=keras.constraints.MaxNorm(limit)), {"limit": [0.5, 1.0, 2.0]}),
    "noise": (lambda noise: network(layers.GaussianNoise(noise)), {"noise": [0.1, 0.5, 1.0]}),
}  # fmt: skip


def check_plain_keras(run, build, x=X, y=Y, *, epochs=3, callbacks=None):
    """A variant against Keras itself: its weights to the last bit, its history to the last digits."""
    keras.utils.set_random_seed(3)
    model = build()
    keras.utils.set_random_seed(3)
    history = keras.Model.fit(
        model, x, y, batch_size=8, epochs=epochs, verbose=0, validation_data=VALIDATION, callbacks=callbacks
    )
    for ours, theirs in zip(run.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert run.history.keys() == history.history.keys()
    for name, values in history.history.items():  # a sum of two penalties may round otherwise
        np.testing.assert_allclose(run.history[name], values, rtol=3e-7, err_msg=name)


@pytest.mark.parametrize("name", seldom(REMEDIES, *(name for name in REMEDIES if name != "all at once")))
def test_every_strength_is_keras_s_training_and_all_are_one_program(name):
    build, over = REMEDIES[name]
    sweep = vitral.sweep(build, X, Y, 8, 3, 0, over=over, seed=3, validation_data=VALIDATION)
    assert sweep.count("done") == len(sweep) > 1
    assert len(sweep.groups) == 1
    for number in range(1, len(sweep)):  # those whose numbers took the place of the first's
        check_plain_keras(sweep[number], lambda number=number: build(**sweep.variants[number]))


@pytest.mark.slow
def test_a_strength_of_zero_is_another_program():
    """Keras leaves the penalty out then."""
    build, _ = REMEDIES["L1 and L2"]
    over = {"l1": [0.0, 0.01], "l2": [0.0, 0.1]}
    sweep = vitral.sweep(build, X, Y, 8, 3, 0, over=over, seed=3, validation_data=VALIDATION)
    assert len(sweep.groups) == 4
    check_plain_keras(sweep[0], plain)


@pytest.mark.slow
def test_the_amount_of_data_is_a_value_of_the_data_function():
    """Another number of rows is another program."""

    def rows(n):
        return X[:n], Y[:n]

    sweep = vitral.sweep(plain, rows, None, 8, 3, 0, over={"n": [44, 20]}, seed=3, validation_data=VALIDATION)
    assert [len(group.variants) for group in sweep.groups] == [1, 1]
    assert "shapes" in sweep.groups[1].reason
    check_plain_keras(sweep[1], plain, *rows(20))
    assert sweep.table["n"].tolist() == [44, 20]


def stoppers(patience, restore=False):
    return [keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=restore)]


def test_patience_is_a_value_of_the_function_that_makes_callbacks():
    def build():
        return network(rate=1.0)

    over = {"patience": [1, 4], "restore": [False, True]}
    sweep = vitral.sweep(
        build, X, Y, 8, 60, 0, over=over, callbacks=stoppers, seed=3, validation_data=VALIDATION
    )  # fmt: skip
    assert len(sweep.groups) == 1
    lengths = [len(run.history["loss"]) for run in sweep]
    assert lengths[0] == lengths[1] < lengths[2] == lengths[3] < 60
    check_plain_keras(sweep[3], build, epochs=60, callbacks=stoppers(4, restore=True))
    best = int(np.argmin(sweep[3].history["val_loss"]))
    assert sweep.table["patience"].tolist() == [1, 1, 4, 4]
    # What was put back is what a training that is as long as that has at its end.
    short = vitral.sweep(
        build, X, Y, 8, best + 1, 0, over={"seed": [3]}, validation_data=VALIDATION
    )  # fmt: skip
    for ours, theirs in zip(sweep[3].model.get_weights(), short[0].model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_callbacks_may_be_made_of_a_seed_and_of_epochs():
    made = []

    def callbacks(seed, epochs):
        made.append((seed, epochs))
        return []

    over = [{"seed": 1, "epochs": 1}, {"seed": 2, "epochs": 1}, {"seed": 3, "epochs": 1, "callbacks": list}]
    sweep = vitral.sweep(plain, X, Y, 8, over=over, callbacks=callbacks, verbose=0)
    assert sweep.count("done") == 3
    assert made == [(1, 1), (2, 1)]


def test_what_the_function_of_the_callbacks_does_not_name_is_refused():
    arguments = {"verbose": 0, "seed": 0}
    with pytest.raises(UnknownNameError, match=r"of callbacks .* got 'patienc'.* Did you mean 'patience'"):
        vitral.sweep(plain, X, Y, over={"patienc": [1]}, callbacks=stoppers, **arguments)
    with pytest.raises(UnknownNameError, match="got 'patience', which none of them takes"):
        vitral.sweep(plain, X, Y, over={"patience": [1]}, callbacks=stoppers(1), **arguments)
    with pytest.raises(ArgumentError, match="which callbacks takes by its place alone"):
        vitral.sweep(plain, X, Y, over={"patience": [1]}, callbacks=lambda patience, /: [patience], **arguments)

    def broken(patience):
        raise ValueError(f"{patience} is no patience")

    with pytest.raises(ArgumentError, match=r"in callbacks with ValueError.* Call callbacks\(patience=1\) alone"):
        vitral.sweep(plain, X, Y, over={"patience": [1]}, callbacks=broken, **arguments)
