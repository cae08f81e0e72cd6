"""Every optimizer, schedule and numeric precision that Keras has trains to the same bits in the compiled engine."""

import keras
import numpy as np
import pytest
from comparing import check_same, often, seldom
from keras import layers, optimizers
from keras.optimizers import schedules

_rng = np.random.default_rng(1)
_X = _rng.normal(size=(40, 5)).astype("float32")
_Y = (_X[:, :2] * 2 + 1).astype("float32")


def _regressor(optimizer, dtype=None):
    """Kernels of last axes on both sides of what a compiler unrolls, one of them long: see `rewriting`."""
    widths = {40: "tanh", 3: None, 10: None, 2: None}
    model = keras.Sequential([layers.Dense(n, activation=name, dtype=dtype) for n, name in widths.items()])
    model.compile(optimizer, "mse", metrics=["mae"])
    return model


def _assert_equal(make_optimizer, dtype=None, **arguments):
    options = {"x": _X, "y": _Y, "batch_size": 8, "epochs": 3} | arguments
    check_same(lambda: _regressor(make_optimizer(), dtype), options)


OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.05),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.05, momentum=0.8, nesterov=True, weight_decay=0.01),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "centered rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adam": lambda: optimizers.Adam(0.01, beta_1=0.8),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: optimizers.AdamW(0.01, weight_decay=0.1),
    "adamax": lambda: optimizers.Adamax(0.01),
    "nadam": lambda: optimizers.Nadam(0.01),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "adadelta": lambda: optimizers.Adadelta(1.0),
    "adafactor": lambda: optimizers.Adafactor(0.1),
    "ftrl": lambda: optimizers.Ftrl(0.1, l1_regularization_strength=0.01, beta=0.1),
    "lion": lambda: optimizers.Lion(0.005),
    "lamb": lambda: optimizers.Lamb(0.01),
    "muon": lambda: optimizers.Muon(0.01),
    "schedule-free": lambda: optimizers.ScheduleFreeAdamW(0.01, warmup_steps=3),
    "several": lambda: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.Adam(0.01), {"bias": optimizers.SGD(0.1, momentum=0.5)})
    ),
    "clipnorm": lambda: optimizers.SGD(0.1, clipnorm=0.5),
    "clipvalue": lambda: optimizers.Adam(0.01, clipvalue=0.1),
    "global clipnorm": lambda: optimizers.AdamW(0.01, global_clipnorm=0.5),
    "moving average": lambda: optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8),
    "overwriting moving average": lambda: optimizers.SGD(
        0.05, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4
    ),
    "accumulation": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=3),
    "accumulation and average": lambda: optimizers.SGD(
        0.05, momentum=0.9, gradient_accumulation_steps=2, use_ema=True, weight_decay=0.02
    ),
    "loss scale": lambda: optimizers.SGD(0.05, loss_scale_factor=8.0),
    "dynamic loss scale": lambda: optimizers.LossScaleOptimizer(
        optimizers.Adam(0.01), initial_scale=1024.0, dynamic_growth_steps=4
    ),
}


@pytest.mark.parametrize(
    "name",
    often(
        OPTIMIZERS,
        "sgd",
        "rmsprop",
        "adam",
        "adamw",
        "lamb",
        "schedule-free",
        "several",
        "global clipnorm",
        "accumulation and average",
        "dynamic loss scale",
    ),
)
def test_optimizers(name):
    _assert_equal(OPTIMIZERS[name])


class Warmup(schedules.LearningRateSchedule):
    """A schedule of one's own."""

    def __call__(self, step):
        return 0.05 * keras.ops.minimum(1.0, (keras.ops.cast(step, "float32") + 1) / 6)


SCHEDULES = {
    "exponential": lambda: schedules.ExponentialDecay(0.1, 3, 0.5, staircase=True),
    "cosine": lambda: schedules.CosineDecay(0.1, 10, alpha=0.1, warmup_target=0.2, warmup_steps=3),
    "cosine restarts": lambda: schedules.CosineDecayRestarts(0.1, 3),
    "inverse time": lambda: schedules.InverseTimeDecay(0.1, 2, 0.5),
    "piecewise": lambda: schedules.PiecewiseConstantDecay([4, 9], [0.1, 0.05, 0.01]),
    "polynomial": lambda: schedules.PolynomialDecay(0.1, 10, 0.001, power=2.0, cycle=True),
    "own": Warmup,
    "callable": lambda: lambda: 0.03,
}


@pytest.mark.parametrize("name", often(SCHEDULES, "exponential", "piecewise", "own", "callable"))
def test_learning_rate_schedules(name):
    _assert_equal(lambda: optimizers.SGD(SCHEDULES[name]()))


@pytest.mark.parametrize("dtype", seldom(["mixed_bfloat16", "bfloat16", "float16"], "bfloat16"))
def test_precision(dtype):
    _assert_equal(lambda: optimizers.Adam(0.01), dtype=dtype, validation_data=(_X[:8], _Y[:8]))


def test_loss_scaling_of_mixed_float16():
    """A scale so large that the first gradients overflow: they are skipped and the scale shrinks, as in Keras."""

    def build():
        model = _regressor(optimizers.LossScaleOptimizer(optimizers.Adam(0.01), initial_scale=2.0**24), "mixed_float16")
        assert isinstance(model.optimizer, optimizers.LossScaleOptimizer)
        return model

    check_same(build, {"x": _X, "y": _Y * 100, "batch_size": 8, "epochs": 4})


def test_quantities_at_the_edge_of_float32():
    """A diverging loss and its infinities and NaNs are Keras's, too."""
    with pytest.warns(UserWarning, match="The loss became"):
        _assert_equal(lambda: optimizers.SGD(1e6), epochs=6)


@pytest.mark.parametrize("batch_size", [1, 8])
def test_a_norm_of_all_gradients(batch_size):
    """Over one row a gradient is a product, which the compiler puts into the norm."""
    _assert_equal(lambda: optimizers.Adam(0.01, global_clipnorm=0.1), batch_size=batch_size, epochs=1)


def test_two_weights_of_different_shapes_that_meet():
    class Gained(layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 12))
            self.gain = self.add_weight(shape=(1, 12), initializer="ones")

        def call(self, x):
            return keras.ops.matmul(x, keras.ops.multiply(self.kernel, self.gain))

    def build():
        model = keras.Sequential([Gained(), layers.Dense(2)])
        model.compile(optimizers.Adam(0.01), "mse")
        return model

    check_same(build, {"x": _X, "y": _Y, "batch_size": 8, "epochs": 2})
