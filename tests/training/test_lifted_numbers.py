"""Numbers of Keras's layers, losses and optimizers as inputs: which keep the bits that they have as literals."""

import jax
import keras
import numpy as np
import pytest
from keras import layers, losses, optimizers, regularizers

from vitral import _keras
from vitral.training.compare import compare
from vitral.training.layout import Layout
from vitral.training.program import shapes_of
from vitral.training.steps import trace_steps

RNG = np.random.default_rng(0)
X = RNG.standard_normal((16, 6)).astype("float32")
CLASSES = RNG.integers(0, 3, 16)
ONE_HOT = np.eye(3, dtype="float32")[CLASSES]


def network(*middle, optimizer="sgd", loss="categorical_crossentropy", **dense):
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, **({"activation": "relu"} | dense)), *middle, layers.Dense(3, "softmax")]
    )
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def optimizer(name, argument, **more):
    return lambda n: network(optimizer=getattr(optimizers, name)(0.01, **{argument: n}, **more))


def loss(function):
    return lambda n: network(loss=function(n))


NUMBERS = {
    "L1": lambda n: network(kernel_regularizer=regularizers.L1(n)),
    "L2": lambda n: network(kernel_regularizer=regularizers.L2(n)),
    "L2 of the bias": lambda n: network(bias_regularizer=regularizers.L2(n)),
    "L1 of activities": lambda n: network(activity_regularizer=regularizers.L1(n)),
    "orthogonal": lambda n: network(kernel_regularizer=regularizers.OrthogonalRegularizer(n)),
    "dropout": lambda n: network(layers.Dropout(n)),
    "noise": lambda n: network(layers.GaussianNoise(n)),
    "Gaussian dropout": lambda n: network(layers.GaussianDropout(n)),
    "alpha dropout": lambda n: network(layers.AlphaDropout(n)),
    "leaky slope": lambda n: network(layers.LeakyReLU(n), activation=None),
    "ELU's alpha": lambda n: network(layers.ELU(n), activation=None),
    "a ceiling": lambda n: network(layers.ReLU(max_value=n), activation=None),
    "a threshold": lambda n: network(layers.ReLU(threshold=n), activation=None),
    "batch norm's momentum": lambda n: network(layers.BatchNormalization(momentum=n)),
    "batch norm's epsilon": lambda n: network(layers.BatchNormalization(epsilon=n)),
    "layer norm's epsilon": lambda n: network(layers.LayerNormalization(epsilon=n)),
    "a scale": lambda n: network(layers.Rescaling(n, 0.1)),
    "an offset": lambda n: network(layers.Rescaling(2.0, n)),
    "max norm": lambda n: network(kernel_constraint=keras.constraints.MaxNorm(n)),
    "momentum": optimizer("SGD", "momentum"),
    "Nesterov's momentum": optimizer("SGD", "momentum", nesterov=True),
    "Adam's beta 1": optimizer("Adam", "beta_1"),
    "Adam's beta 2": optimizer("Adam", "beta_2"),
    "Adam's epsilon": optimizer("Adam", "epsilon"),
    "RMSprop's rho": optimizer("RMSprop", "rho"),
    "weight decay": optimizer("AdamW", "weight_decay"),
    "norm clipping": optimizer("SGD", "clipnorm"),
    "value clipping": optimizer("SGD", "clipvalue"),
    "global clipping": optimizer("Adam", "global_clipnorm"),
    "EMA": optimizer("SGD", "ema_momentum", use_ema=True),
    "label smoothing": loss(lambda n: losses.CategoricalCrossentropy(label_smoothing=n)),
    "Huber's delta": loss(lambda n: losses.Huber(n)),
    "focal gamma": loss(lambda n: losses.CategoricalFocalCrossentropy(gamma=n)),
    "a number in a closure": loss(lambda n: lambda y, p: n * keras.ops.mean((y - p) ** 2) / 7),
    "a temperature": lambda n: network(layers.Lambda(lambda x: keras.ops.tanh(x / n))),
    "an exponent": loss(lambda n: lambda y, p: keras.ops.mean(keras.ops.abs(y - p) ** n)),
}
# What the compiler folds into another number while it knows both, and cannot while it does not.
ROUNDED = {
    "a scale": 1e-7,
    "weight decay": 1e-7,
    "a number in a closure": 1e-7,
    "an exponent": 1e-9,
    "norm clipping": 1e-9,  # with AVX-512 alone
}


def step_of(model):
    _keras.symbolic_build(model, (X, ONE_HOT))
    data = (X, ONE_HOT)
    layout = Layout(batch=16, full=1, tail=0)
    return trace_steps(model, layout, shapes_of(_keras.state_of(model)), shapes_of(data), None).train


def steps_of(name, n):
    keras.utils.set_random_seed(0)
    model = NUMBERS[name](n)
    return model, step_of(model)


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_a_lifted_number_keeps_its_bits(name):
    values = (0.3, 0.7)
    (_, first), (model, step) = (steps_of(name, n) for n in values)
    places, reason = compare(first.traced, step.traced)
    assert reason is None
    assert places
    leaves = jax.tree.leaves(_keras.state_of(model))
    plain = jax.jit(lambda leaves: step(leaves, (X, ONE_HOT), []))
    worst = 0.0
    _, expected = plain(leaves)
    first.lift(places)
    step.lift(places)
    lifted = jax.jit(lambda leaves, numbers: first(leaves, (X, ONE_HOT), numbers))
    _, found = lifted(leaves, step.numbers)
    for a, b in zip(found, expected, strict=True):
        a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
        worst = max(worst, float(np.max(np.abs(a - b) / np.maximum(1, np.abs(b)), initial=0.0)))
    assert worst <= ROUNDED.get(name, 0.0), f"{name}: {worst:.2g}"
