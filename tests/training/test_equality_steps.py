"""A model's own `train_step`, `test_step`, `compute_loss` or `compute_metrics` means what it means in Keras."""

import jax
import keras
import numpy as np
import pytest
from comparing import ROWS, check_same, seldom
from keras import layers

_rng = np.random.default_rng(4)
_X = _rng.normal(size=(ROWS, 4)).astype("float32")
_Y = _rng.normal(size=(ROWS, 2)).astype("float32")
_OPTIONS = {"x": _X, "y": _Y, "batch_size": 8, "epochs": 3, "validation_data": (_X[:19], _Y[:19])}


class Net(keras.Model):
    """Two layers and dropout; the classes below give it steps of their own."""

    def __init__(self):
        super().__init__()
        self.first, self.drop, self.last = layers.Dense(5, activation="tanh"), layers.Dropout(0.2), layers.Dense(2)

    def call(self, x, training=False):
        return self.last(self.drop(self.first(x), training=training))


class SignTrained(Net):
    """A whole training step of one's own, written as Keras's guide for JAX writes it; logs named like metrics."""

    def _loss(self, trainable, non_trainable, x, y, training):
        y_pred, non_trainable = self.stateless_call(trainable, non_trainable, x, training=training)
        return keras.ops.mean(keras.ops.abs(y_pred - y)), (y_pred, non_trainable)

    def _logs(self, metrics, loss, y, y_pred):
        with keras.StatelessScope(state_mapping=list(zip(self.metrics_variables, metrics, strict=True))) as scope:
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            logs = {m.name: m.result() for m in self.metrics}
        return logs, [scope.get_current_value(v) for v in self.metrics_variables]

    def train_step(self, state, data):
        trainable, non_trainable, optimizer, metrics = state
        x, y = data[:2]
        grad = jax.value_and_grad(self._loss, has_aux=True)
        (loss, (y_pred, non_trainable)), grads = grad(trainable, non_trainable, x, y, True)
        grads = [keras.ops.sign(g) * 0.1 for g in grads]
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, grads, trainable)
        logs, metrics = self._logs(metrics, loss, y, y_pred)
        return logs, (trainable, non_trainable, optimizer, metrics)

    def test_step(self, state, data):
        trainable, non_trainable, metrics = state
        x, y = data[:2]
        loss, (y_pred, non_trainable) = self._loss(trainable, non_trainable, x, y, False)
        logs, metrics = self._logs(metrics, loss * 2, y, y_pred)
        return logs, (trainable, non_trainable, metrics)


class OtherNames(SignTrained):
    """Logs that are no metrics of the model: Keras then reports the last batch's."""

    def train_step(self, state, data):
        logs, state = super().train_step(state, data)
        return {"z_loss": logs["loss"], "a_norm": keras.ops.norm(state[0][0]), "n": keras.ops.shape(data[0])[0]}, state

    def test_step(self, state, data):
        logs, state = super().test_step(state, data)
        return {"b": logs["loss"], "a": {"deep": keras.ops.max(data[1])}}, state


class MoreLogs(Net):
    """Keras's step with one log more than there are metrics."""

    def train_step(self, state, data):
        logs, state = super().train_step(state, data)
        return {**logs, "largest": keras.ops.max(keras.ops.abs(data[0]))}, state


class OwnLoss(Net):
    """Keras's steps around a loss of one's own, with an own metric."""

    def __init__(self):
        super().__init__()
        self.penalty = keras.metrics.Mean(name="penalty")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        penalty = keras.ops.mean(keras.ops.square(y_pred)) * (2.0 if training else 1.0)
        self.penalty.update_state(penalty)
        return keras.ops.mean(keras.ops.square(y - y_pred)) + 0.1 * penalty


class OwnMetrics(Net):
    """Keras's steps around a `compute_metrics` that adds a result."""

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        results = super().compute_metrics(x, y, y_pred, sample_weight)
        return {**results, "gap": keras.ops.max(keras.ops.abs(y - y_pred))}


class OwnTest(Net):
    """Only validation has a step of its own, which may not be Keras's in any of its logs."""

    def test_step(self, state, data):
        logs, state = super().test_step(state, data)
        return {"half": logs["loss"] / 2}, state


class RandomInStep(Net):
    """A step that draws from a seed generator of the model and changes the batch (mix-up)."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(5)

    def train_step(self, state, data):
        trainable, non_trainable, optimizer, metrics = state
        with keras.StatelessScope(
            state_mapping=list(zip(self.non_trainable_variables, non_trainable, strict=True))
        ) as scope:
            share = keras.random.uniform((), seed=self.seeds.next())
        non_trainable = [scope.get_current_value(v) for v in self.non_trainable_variables]
        x, y = data[:2]
        mixed = x * share + x[::-1] * (1 - share), y * share + y[::-1] * (1 - share)
        return super().train_step((trainable, non_trainable, optimizer, metrics), mixed)


@pytest.mark.parametrize(
    "kind",
    seldom([SignTrained, OtherNames, MoreLogs, OwnLoss, OwnMetrics, OwnTest, RandomInStep], "SignTrained", "MoreLogs"),
)
def test_own_steps(kind):
    def build():
        model = kind()
        model.compile("adam", "mse", metrics=["mae"])
        return model

    check_same(build, _OPTIONS)


@pytest.mark.parametrize("kind", [OtherNames, OwnTest])
def test_own_steps_seen_by_a_callback(kind):
    """The same with single epochs, and over even batches, where all logs come from full batches."""

    def build():
        model = kind()
        model.compile("adam", "mse")
        return model

    def arguments():
        watcher = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)
        return {**_OPTIONS, "batch_size": 11, "validation_batch_size": 19, "callbacks": [watcher]}

    check_same(build, arguments)


class Adversarial(keras.Model):
    """Two optimizers in turn, the second held by the model: state Keras's fit does not carry is not ours either."""

    def __init__(self):
        super().__init__()
        self.make = layers.Dense(4)
        self.judge = layers.Dense(1)
        self.judged = keras.metrics.Mean(name="judged")

    def call(self, x):
        return self.judge(self.make(x))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        real = self.judge(x)
        value = keras.ops.mean(keras.ops.softplus(-real)) + keras.ops.mean(keras.ops.softplus(y_pred))
        self.judged.update_state(value)
        return value


def test_layers_used_twice_in_compute_loss():
    def build():
        model = Adversarial()
        model.compile("adam")
        return model

    check_same(build, {"x": _X, "batch_size": 8, "epochs": 3})
