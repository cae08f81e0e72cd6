"""`networks.mlp` against Keras models written by hand, the parameter formula, and the penalties' definition."""

import itertools

import numpy as np
import pytest

from vitral._errors import ArgumentError, UnknownNameError
from vitral._keras import import_keras
from vitral.networks import mlp

keras = import_keras()


def n_parameters(sizes, batch_normalization=False):
    """The textbook count: a weight per pair of units and a bias per unit (four numbers with normalisation)."""
    pairs = sum(a * b for a, b in itertools.pairwise(sizes))
    hidden = sum(sizes[1:-1]) * (4 if batch_normalization else 1)
    return pairs + hidden + sizes[-1]


@pytest.mark.parametrize(
    ("inputs", "hidden", "outputs", "known"),
    [
        (784, (128, 64, 32, 16), 10, 111_514),
        (2, (8,), 2, 42),
        (784, (10,) * 7, 10, 8_620),
        (64, (), 10, 650),
    ],
)
def test_parameters_are_counted_by_the_formula(inputs, hidden, outputs, known):
    model = mlp(inputs, outputs, hidden=hidden)
    assert model.built
    assert not model.compiled
    assert model.count_params() == known == n_parameters((inputs, *hidden, outputs))


def test_batch_normalization_replaces_each_hidden_bias_by_its_four_vectors():
    model = mlp(20, 3, hidden=(8, 4), batch_normalization=True)
    assert model.count_params() == n_parameters((20, 8, 4, 3), batch_normalization=True)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Dense", "BatchNormalization", "Activation"] * 2 + ["Dense"]


@pytest.mark.parametrize(("task", "last"), [("classification", "softmax"), ("regression", "linear")])
def test_same_outputs_as_the_model_written_by_hand(task, last):
    keras.utils.set_random_seed(3)
    ours = mlp(5, 3, hidden=(7, 4), activation="tanh", initializer="he_normal", task=task)
    keras.utils.set_random_seed(3)
    byhand = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(7, "tanh", kernel_initializer="he_normal"),
            keras.layers.Dense(4, "tanh", kernel_initializer="he_normal"),
            keras.layers.Dense(3, last, kernel_initializer="he_normal"),
        ]
    )
    x = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    out = np.asarray(ours(x))
    assert out.shape == (6, 3)
    np.testing.assert_array_equal(out, np.asarray(byhand(x)))
    if task == "classification":
        np.testing.assert_allclose(out.sum(axis=1), 1, rtol=1e-6)


def test_a_seed_gives_the_same_network_and_another_seed_another():
    def kernels(seed):
        keras.utils.set_random_seed(seed)
        return [np.asarray(w) for w in mlp(4, 2, hidden=(4, 4)).trainable_weights if w.path.endswith("kernel")]

    first, again, other = kernels(1), kernels(1), kernels(2)
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


def test_penalties_are_l1_and_l2_of_every_kernel_and_of_no_bias():
    keras.utils.set_random_seed(0)
    model = mlp(4, 2, hidden=(5, 3), l1=0.01, l2=0.1)
    for layer in model.layers:
        layer.bias.assign(np.full(layer.bias.shape, 7.0))
    kernels = [np.asarray(layer.kernel, dtype="float64") for layer in model.layers]
    expected = sum(0.01 * np.abs(k).sum() + 0.1 * (k**2).sum() for k in kernels)
    assert len(model.losses) == 3
    np.testing.assert_allclose(float(sum(model.losses)), expected, rtol=1e-6)
    assert mlp(4, 2).losses == []


def test_dropout_after_every_hidden_layer_and_only_while_training():
    model = mlp(4, 2, hidden=(50, 50), dropout=0.5)
    assert [layer.name for layer in model.layers] == ["hidden_1", "dropout_1", "hidden_2", "dropout_2", "output"]
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(np.asarray(model(x)), np.asarray(model(x)))
    assert not np.array_equal(np.asarray(model(x, training=True)), np.asarray(model(x, training=True)))


def test_one_initializer_object_starts_equal_layers_differently():
    model = mlp(6, 6, hidden=(6, 6), initializer=keras.initializers.RandomNormal(stddev=0.5))
    first, second, third = (np.asarray(layer.kernel) for layer in model.layers)
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


def test_an_activation_may_be_a_function():
    model = mlp(3, 2, hidden=(4,), activation=keras.ops.sin)
    hidden = model.get_layer("hidden_1")
    x = np.ones((1, 3), "float32")
    expected = np.sin(x @ np.asarray(hidden.kernel) + np.asarray(hidden.bias))
    np.testing.assert_allclose(np.asarray(hidden(x)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("jit_compile", "options"), [(True, {"dropout": 0.2, "batch_normalization": True}), (False, {})]
)
def test_trains_compiled_and_not(jit_compile, options):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int32")
    model = mlp(4, 2, hidden=(8,), l2=1e-3, **options)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile)
    losses = model.fit(x, y, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_every_name_that_the_check_lets_pass_builds():
    from vitral.networks import multilayer

    for name in multilayer._public_names(keras.activations, multilayer._NO_ACTIVATION):
        assert mlp(3, 2, hidden=(4,), activation=name).output_shape == (None, 2)
    for name in multilayer._public_names(keras.initializers, multilayer._NO_INITIALIZER):
        assert mlp(3, 2, hidden=(4,), initializer=name).output_shape == (None, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"activation": "rely"}, ["activation", "'rely'", "Did you mean 'relu'?", "tanh"]),
        ({"initializer": "glorot"}, ["initializer", "'glorot'", "Did you mean 'glorot_", "he_normal"]),
        ({"task": "regresion"}, ["task", "Did you mean 'regression'?"]),
    ],
)
def test_an_unknown_name_is_told_the_nearest(arguments, words):
    with pytest.raises(UnknownNameError) as error:
        mlp(4, 2, **arguments)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"inputs": 0}, ["inputs must be a whole number of at least 1: got 0"]),
        ({"inputs": 2.5}, ["inputs", "2.5"]),
        ({"outputs": 1}, ["outputs must be at least 2 for classification", "got 1", "regression"]),
        ({"hidden": 64}, ["hidden must be a sequence", "got 64"]),
        ({"hidden": "64"}, ["hidden must be a sequence", "got '64'"]),
        ({"hidden": (64, 0)}, ["hidden[1]", "got 0"]),
        ({"hidden": (True,)}, ["hidden[0]", "got True"]),
        ({"dropout": 1}, ["dropout", "below 1", "got 1"]),
        ({"l1": -1}, ["l1", "at least 0", "got -1"]),
        ({"l2": float("nan")}, ["l2", "finite", "got nan"]),
        ({"activation": 3}, ["activation", "got 3"]),
        ({"initializer": None}, ["initializer", "got None"]),
    ],
)
def test_bad_arguments_are_refused_in_a_sentence(arguments, words):
    with pytest.raises(ArgumentError) as error:
        mlp(**{"inputs": 4, "outputs": 2, **arguments})
    for word in words:
        assert word in str(error.value)
