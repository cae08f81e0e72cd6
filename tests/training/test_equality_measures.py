"""Losses, metrics and weights: the History of the compiled engine is Keras's to the last bit."""

import keras
import numpy as np
import pytest
from comparing import ROWS, check_same, often
from keras import layers, losses, metrics

_rng = np.random.default_rng(2)
_X = _rng.normal(size=(ROWS, 5)).astype("float32")
_BINARY = (_X[:, :1] + 0.3 * _rng.normal(size=(ROWS, 1)) > 0).astype("float32")
_CLASSES = _rng.integers(0, 3, size=ROWS)
_ONE_HOT = np.eye(3, dtype="float32")[_CLASSES]
_VALUES = _rng.normal(size=(ROWS, 2)).astype("float32")
_POSITIVE = np.abs(_VALUES)
_WEIGHTS = _rng.uniform(0, 2, size=ROWS).astype("float32")


def _model(outputs, activation, **compiled):
    model = keras.Sequential([layers.Dense(6, activation="tanh"), layers.Dense(outputs, activation=activation)])
    model.compile("adam", **compiled)
    return model


def _assert_equal(build, y, **arguments):
    options = {"x": _X, "y": y, "batch_size": 8, "epochs": 3, "validation_data": (_X[:16], y[:16])} | arguments
    check_same(build, options)


SIGNED = np.where(_BINARY > 0, 1, -1).astype("float32")
# (name, loss, targets, activation)
LOSSES = [
    ("mae", "mae", _VALUES, None),
    ("mape", "mape", _POSITIVE + 1, None),
    ("msle", "msle", _POSITIVE, "softplus"),
    ("huber", lambda: losses.Huber(0.7), _VALUES, None),
    ("log_cosh", "log_cosh", _VALUES, None),
    ("cosine", lambda: losses.CosineSimilarity(), _VALUES, None),
    ("poisson", "poisson", _POSITIVE, "softplus"),
    ("binary", lambda: losses.BinaryCrossentropy(label_smoothing=0.1), _BINARY, "sigmoid"),
    ("binary logits", lambda: losses.BinaryCrossentropy(from_logits=True), _BINARY, None),
    ("binary focal", "binary_focal_crossentropy", _BINARY, "sigmoid"),
    ("categorical", lambda: losses.CategoricalCrossentropy(label_smoothing=0.1), _ONE_HOT, "softmax"),
    ("categorical focal", "categorical_focal_crossentropy", _ONE_HOT, "softmax"),
    ("generalized", lambda: losses.CategoricalGeneralizedCrossEntropy(0.4), _CLASSES, "softmax"),
    ("sparse", lambda: losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), _CLASSES, None),
    ("kl", "kl_divergence", _ONE_HOT, "softmax"),
    ("hinge", "hinge", SIGNED, "tanh"),
    ("squared hinge", "squared_hinge", SIGNED, None),
    ("categorical hinge", "categorical_hinge", _ONE_HOT, "softmax"),
    ("dice", "dice", _ONE_HOT, "softmax"),
    ("tversky", lambda: losses.Tversky(0.3, 0.7), _ONE_HOT, "softmax"),
    ("circle", lambda: losses.Circle(), _CLASSES, None),
    ("sum", lambda: losses.MeanSquaredError(reduction="sum"), _VALUES, None),
    ("mean with sample weight", lambda: losses.MeanSquaredError("mean_with_sample_weight"), _VALUES, None),
    ("function", lambda: lambda y, p: keras.ops.mean(keras.ops.abs(y - p) ** 1.5, axis=-1), _VALUES, None),
]


@pytest.mark.parametrize(
    "case",
    often(LOSSES, "mape", "cosine", "binary", "categorical", "sparse", "sum", "mean with sample weight", "function"),
)
def test_losses(case):
    _, loss, y, activation = case
    _assert_equal(
        lambda: _model(y.shape[1] if y.ndim > 1 else 3, activation, loss=loss if isinstance(loss, str) else loss()),
        y,
        validation_data=None,
        epochs=2,
        sample_weight=_WEIGHTS,
    )


@keras.saving.register_keras_serializable("tests")
class LargestError(metrics.Metric):
    """A metric of one's own, with a variable of its own shape."""

    def __init__(self, name="largest", **options):
        super().__init__(name=name, **options)
        self.seen = self.add_variable((2,), "zeros", name="seen")
        self.n = self.add_variable((), "zeros", dtype="int32", name="n")

    def update_state(self, y_true, y_pred, sample_weight=None):
        errors = keras.ops.max(keras.ops.abs(keras.ops.cast(y_true, "float32") - y_pred), axis=0)
        self.seen.assign(keras.ops.maximum(self.seen, errors))
        self.n.assign_add(1)

    def result(self):
        return keras.ops.sum(self.seen) / keras.ops.cast(self.n, "float32")


def share_above(_, y_pred):
    """A metric that is a function."""
    return keras.ops.mean(keras.ops.cast(y_pred > 0.4, "float32"), axis=-1)


METRICS = {
    "binary": (
        _BINARY,
        lambda: {"outputs": 1, "activation": "sigmoid", "loss": "binary_crossentropy"},
        lambda: [
            "accuracy",
            "AUC",
            metrics.AUC(curve="PR", num_thresholds=20, name="pr"),
            metrics.Precision(0.4),
            metrics.Recall(),
            metrics.TruePositives(),
            metrics.FalseNegatives(),
            metrics.PrecisionAtRecall(0.5),
            metrics.SensitivityAtSpecificity(0.5),
            metrics.BinaryIoU([0, 1]),
            metrics.F1Score(threshold=0.5, average="micro"),
            "binary_crossentropy",
            share_above,
        ],
    ),
    "classes": (
        _CLASSES,
        lambda: {"outputs": 3, "activation": "softmax", "loss": "sparse_categorical_crossentropy"},
        lambda: [
            "acc",
            "sparse_categorical_crossentropy",
            metrics.SparseTopKCategoricalAccuracy(2),
            metrics.MeanIoU(3, sparse_y_pred=False),
            metrics.IoU(3, [0, 2], sparse_y_pred=False),
        ],
    ),
    "one-hot": (
        _ONE_HOT,
        lambda: {"outputs": 3, "activation": "softmax", "loss": "categorical_crossentropy"},
        lambda: [
            "accuracy",
            metrics.F1Score(),
            metrics.FBetaScore("macro", beta=2.0),
            metrics.TopKCategoricalAccuracy(2),
            metrics.OneHotMeanIoU(3),
            metrics.AUC(multi_label=True, num_thresholds=30),
            metrics.CategoricalHinge(),
            metrics.KLDivergence(),
        ],
    ),
    "values": (
        _VALUES,
        lambda: {"outputs": 2, "activation": None, "loss": "mse"},
        lambda: [
            "mae",
            "mse",
            metrics.RootMeanSquaredError(),
            metrics.R2Score(),
            metrics.CosineSimilarity(),
            metrics.LogCoshError(),
            metrics.PearsonCorrelation(),
            metrics.ConcordanceCorrelation(),
            LargestError(),
        ],
    ),
}


@pytest.mark.parametrize("is_watched", [False, True], ids=["blocks", "single epochs"])
@pytest.mark.parametrize("name", often(METRICS, "classes"))
def test_metrics(name, is_watched):
    y, model, listed = METRICS[name]

    def arguments():
        watcher = [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: None)] if is_watched else None
        validation = (_X[:16], y[:16], _WEIGHTS[:16])
        return {
            "x": _X,
            "y": y,
            "batch_size": 8,
            "epochs": 3,
            "sample_weight": _WEIGHTS,
            "validation_data": validation,
            "callbacks": watcher,
        }

    weighted = [metrics.MeanMetricWrapper(share_above, name="weighted_share")]
    if name == "values":
        weighted = ["mse", metrics.R2Score(name="weighted_r2")]
    check_same(lambda: _model(**model(), metrics=listed(), weighted_metrics=list(weighted)), arguments)


def test_a_metric_that_gives_several_results():
    class Extremes(metrics.Metric):
        def __init__(self, name="extremes"):
            super().__init__(name=name)
            self.low = self.add_variable((), "zeros", name="low")
            self.high = self.add_variable((), "zeros", name="high")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.low.assign(keras.ops.minimum(self.low, keras.ops.min(y_pred)))
            self.high.assign(keras.ops.maximum(self.high, keras.ops.max(y_pred)))

        def result(self):
            return {"low": self.low + 0.0, "high": self.high + 0.0}

    _assert_equal(lambda: _model(2, None, loss="mse", metrics=[Extremes()]), _VALUES)


WEIGHTS = {
    "sample_weight": {"sample_weight": _WEIGHTS},
    "class_weight": {"class_weight": {0: 1.0, 1: 2.5, 2: 0.5}},
    "validation with weights": {"validation_data": (_X[:20], _CLASSES[:20], _WEIGHTS[:20])},
    "split with weights": {"sample_weight": _WEIGHTS, "validation_split": 0.3, "validation_data": None},
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights(name):
    def build():
        return _model(
            3,
            "softmax",
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            weighted_metrics=["accuracy", "sparse_categorical_crossentropy"],
        )

    _assert_equal(build, _CLASSES, **WEIGHTS[name])


def test_weights_of_time_steps():
    x = _rng.normal(size=(ROWS, 6, 3)).astype("float32")
    y = _rng.integers(0, 3, size=(ROWS, 6))
    weights = _rng.uniform(size=(ROWS, 6)).astype("float32")

    def build():
        model = keras.Sequential([layers.SimpleRNN(4, return_sequences=True), layers.Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"], metrics=["accuracy"])
        return model

    options = {"x": x, "y": y, "sample_weight": weights, "batch_size": 8, "epochs": 3}
    check_same(build, {**options, "validation_data": (x[:8], y[:8], weights[:8])})


def test_weights_of_several_outputs():
    def build():
        inputs = keras.Input((5,))
        h = layers.Dense(4, activation="relu")(inputs)
        model = keras.Model(
            inputs, {"kind": layers.Dense(3, activation="softmax")(h), "size": layers.Dense(2, name="size")(h)}
        )
        model.compile(
            "sgd",
            {"kind": "sparse_categorical_crossentropy", "size": "mae"},
            weighted_metrics={"kind": ["accuracy"], "size": ["mse", metrics.R2Score()]},
        )
        return model

    y = {"kind": _CLASSES, "size": _VALUES}
    weights = {"kind": _WEIGHTS, "size": _WEIGHTS[::-1].copy()}
    first = {k: v[:10] for k, v in y.items()}
    validation = (_X[:10], first, {k: v[:10] for k, v in weights.items()})
    options = {"x": _X, "y": y, "sample_weight": weights, "validation_data": validation}
    check_same(build, {**options, "batch_size": 8, "epochs": 3})
