"""Every kind of layer trains to the same bits in the compiled engine as in `keras.Model.fit`."""

import keras
import numpy as np
import pytest
from comparing import check_equal, check_same, often, seldom, train
from keras import layers

from vitral._errors import VitralWarning

ROWS = 40  # five even batches: a smaller last one is another program, which other tests compare
_rng = np.random.default_rng(0)
_FLAT = _rng.normal(size=(ROWS, 6)).astype("float32")
_LINE = _rng.normal(size=(ROWS, 10, 4)).astype("float32")
_IMAGE = _rng.normal(size=(ROWS, 8, 8, 4)).astype("float32")
_BOX = _rng.normal(size=(ROWS, 5, 5, 5, 2)).astype("float32")
_WORDS = _rng.integers(0, 9, size=(ROWS, 7))
_CLASSES = _rng.integers(0, 3, size=ROWS)
_VALUES = _rng.normal(size=(ROWS, 2)).astype("float32")


def _classifier(*middle, optimizer="sgd"):
    """A Sequential model: the layers given, flattened, three classes."""
    model = keras.Sequential([*middle, layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _assert_equal(build, x, y=_CLASSES, **arguments):
    validation = ([a[:8] for a in x] if isinstance(x, list) else x[:8], y[:8])
    options = {"batch_size": 8, "epochs": 3, "validation_data": validation} | arguments
    check_same(build, {"x": x, "y": y, **options})


DENSE = {
    "activations": lambda: [
        layers.Dense(8, activation="relu"),
        layers.LeakyReLU(0.1),
        layers.Dense(7, activation="tanh"),
        layers.PReLU(),
        layers.Dense(6, activation="gelu"),
        layers.Dense(5, activation="selu", kernel_initializer="lecun_normal"),
        layers.Dense(5, use_bias=False, activation="sigmoid"),
        layers.Dense(5, activation="swish"),
        layers.Dense(5, activation="softplus"),
    ],
    "regularisers": lambda: [
        layers.Dense(8, kernel_regularizer="l1", bias_regularizer=keras.regularizers.L1L2(0.01, 0.02)),
        layers.Dense(6, activation="relu", kernel_regularizer=keras.regularizers.L2(0.1), activity_regularizer="l2"),
        layers.ActivityRegularization(l1=0.01, l2=0.03),
        layers.Dense(4, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.01)),
    ],
    "constraints": lambda: [
        layers.Dense(8, kernel_constraint=keras.constraints.MaxNorm(0.5), bias_constraint="non_neg"),
        layers.Dense(6, kernel_constraint=keras.constraints.UnitNorm()),
        layers.Dense(6, kernel_constraint=keras.constraints.MinMaxNorm(0.2, 0.4, rate=0.5)),
    ],
    "noise": lambda: [
        layers.Dense(8, activation="relu"),
        layers.Dropout(0.4),
        layers.GaussianNoise(0.3),
        layers.Dense(8, activation="relu"),
        layers.GaussianDropout(0.2),
        layers.AlphaDropout(0.2),
    ],
    "normalisation": lambda: [
        layers.Dense(8),
        layers.BatchNormalization(momentum=0.7),
        layers.ReLU(),
        layers.Dense(8),
        layers.LayerNormalization(),
        layers.Dense(8),
        layers.GroupNormalization(2),
        layers.UnitNormalization(),
        layers.Dense(8),
        layers.RMSNormalization(),
    ],
    "frozen": lambda: [
        layers.Dense(8, activation="relu", trainable=False),
        layers.BatchNormalization(trainable=False),
        layers.Dense(8, activation="relu"),
    ],
    "seeded dropout": lambda: [
        layers.Dropout(0.5, seed=3),
        layers.Dense(6, activation="relu"),
        layers.GaussianNoise(0.1, seed=11),
    ],
    "spectral": lambda: [
        layers.SpectralNormalization(layers.Dense(6)),
        layers.Dense(5, activation="elu"),
        layers.EinsumDense("ab,bc->ac", output_shape=4, bias_axes="c"),
    ],
}


@pytest.mark.parametrize("name", seldom(DENSE, "activations", "spectral"))
def test_dense_layers(name):
    _assert_equal(lambda: _classifier(*DENSE[name]()), _FLAT)


IMAGES = {
    "conv2d": lambda: [
        layers.Conv2D(5, 3, strides=2, activation="relu"),
        layers.BatchNormalization(),
        layers.Conv2D(6, 2, padding="same", dilation_rate=2, activation="relu"),
    ],
    "groups": lambda: [layers.Conv2D(8, 3, groups=4, activation="relu"), layers.Conv2D(4, 1, groups=2)],
    "depthwise": lambda: [
        layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
        layers.DepthwiseConv2D(3, strides=2, padding="same"),
    ],
    "separable": lambda: [layers.SeparableConv2D(6, 3, padding="same", activation="relu")],
    "transpose": lambda: [
        layers.Conv2D(3, 3, strides=2, activation="relu"),
        layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
        layers.UpSampling2D(2),
        layers.Conv2D(1, 3, strides=3),
    ],
    "pooling": lambda: [
        layers.Conv2D(6, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(6, 3, padding="same", activation="relu"),
        layers.AveragePooling2D(2, strides=1),
        layers.SpatialDropout2D(0.3),
        layers.ZeroPadding2D(1),
        layers.Cropping2D(1),
        layers.GlobalAveragePooling2D(),
    ],
    "global max": lambda: [layers.Conv2D(8, 3, padding="same"), layers.GlobalMaxPooling2D(keepdims=True)],
    "channels first": lambda: [
        layers.Permute((3, 1, 2)),
        layers.Conv2D(5, 3, data_format="channels_first", activation="relu"),
        layers.Conv2D(4, 3, strides=2, data_format="channels_first"),
    ],
}


@pytest.mark.parametrize("name", often(IMAGES, "conv2d"))
def test_image_layers(name):
    _assert_equal(lambda: _classifier(*IMAGES[name]()), _IMAGE)


LINES = {
    "conv1d": lambda: [
        layers.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="relu"),
        layers.MaxPooling1D(2),
        layers.Conv1D(4, 2, strides=2, activation="relu"),
        layers.GlobalAveragePooling1D(),
    ],
    "conv1d kinds": lambda: [
        layers.SeparableConv1D(6, 3, activation="relu"),
        layers.DepthwiseConv1D(2),
        layers.Conv1DTranspose(4, 3, strides=2),
        layers.AveragePooling1D(2),
        layers.SpatialDropout1D(0.2),
        layers.Conv1D(4, 3, groups=2),
    ],
    "lstm": lambda: [layers.LSTM(5, return_sequences=True, dropout=0.2, recurrent_dropout=0.1), layers.LSTM(4)],
    "gru": lambda: [layers.GRU(5, return_sequences=True), layers.GRU(4, reset_after=False, go_backwards=True)],
    "simple rnn": lambda: [layers.SimpleRNN(5, return_sequences=True, unroll=True), layers.SimpleRNN(4, dropout=0.3)],
    "bidirectional lstm": lambda: [layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.Dense(3)],
    "bidirectional gru": lambda: [layers.Bidirectional(layers.GRU(4), merge_mode="sum")],
    "cells": lambda: [
        layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_sequences=True),
        layers.TimeDistributed(layers.Dense(3)),
    ],
    "masking": lambda: [layers.Masking(0.0), layers.LSTM(5, return_sequences=True), layers.GRU(4)],
    "convlstm": lambda: [layers.Reshape((5, 8, 1)), layers.ConvLSTM1D(3, 2)],
    "convlstm 2d": lambda: [layers.Reshape((5, 4, 2, 1)), layers.ConvLSTM2D(3, 2, padding="same")],
}


@pytest.mark.parametrize("name", often(LINES, "gru", "simple rnn"))
def test_sequence_layers(name):
    x = _LINE
    if name == "masking":
        x = x.copy()
        x[::2, 6:] = 0
    _assert_equal(lambda: _classifier(*LINES[name]()), x)


def test_boxes():
    _assert_equal(lambda: _classifier(layers.Conv3D(4, 2, activation="relu"), layers.MaxPooling3D(2)), _BOX)


def test_stateful_lstm():
    """State carried from batch to batch is a non-trainable variable; rows are a multiple of the batch."""

    def build():
        model = keras.Sequential(
            [keras.Input(batch_shape=(4, 10, 4)), layers.LSTM(5, stateful=True), layers.Dense(3, activation="softmax")]
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    _assert_equal(build, _LINE, batch_size=4, validation_batch_size=4, shuffle=False)


def test_embedding_with_mask():
    words, recurrent = layers.Embedding, layers.LSTM
    _assert_equal(
        lambda: _classifier(
            words(9, 5, mask_zero=True), recurrent(4, return_sequences=True), layers.GlobalAveragePooling1D()
        ),
        _WORDS,
    )


@pytest.mark.slow
def test_attention():
    def build():
        words = keras.Input((7,), dtype="int32")
        where = keras.ops.arange(7)
        h = layers.Embedding(9, 6, mask_zero=True)(words) + layers.Embedding(7, 6)(where)
        attended = layers.MultiHeadAttention(2, 3, dropout=0.1)(h, h, use_causal_mask=True)
        h = layers.LayerNormalization()(layers.Add()([h, attended]))
        h = layers.GroupQueryAttention(4, 4, 2)(h, h)
        h = layers.Attention()([h, h])
        model = keras.Model(words, layers.Dense(3, activation="softmax")(layers.GlobalMaxPooling1D()(h)))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    _assert_equal(build, _WORDS)


def test_functional_with_branches_and_shared_layers():
    def build():
        one, two = keras.Input((6,)), keras.Input((6,))
        shared = layers.Dense(5, activation="tanh")
        a, b = shared(one), shared(two)
        merged = layers.Concatenate()([layers.Subtract()([a, b]), layers.Multiply()([a, b]), layers.Dot(1)([a, b])])
        model = keras.Model([one, two], layers.Dense(3, activation="softmax")(merged))
        model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    _assert_equal(build, [_FLAT, _FLAT[::-1]])


def test_nested_models():
    def build():
        inner = keras.Sequential([layers.Dense(5, activation="relu"), layers.BatchNormalization()], name="inner")
        frozen = keras.Sequential([layers.Dense(6, activation="relu"), layers.Dropout(0.2)], name="frozen")
        frozen.trainable = False
        inputs = keras.Input((6,))
        middle = keras.Model(inputs, inner(layers.Dense(4)(inputs)), name="middle")
        outer = keras.Input((6,))
        model = keras.Model(outer, layers.Dense(3, activation="softmax")(middle(frozen(outer))))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    _assert_equal(build, _FLAT)


def test_subclassed_with_its_own_losses_and_variables():
    @keras.saving.register_keras_serializable("tests")
    class Counting(layers.Layer):
        """Counts its training calls and adds a loss."""

        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, dtype="int32", name="calls")

        def call(self, x, training=False):
            if training:
                self.calls.assign_add(1)
            self.add_loss(0.01 * keras.ops.sum(keras.ops.square(self.scale - 0.5)))
            return x * self.scale

    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.count, self.drop = layers.Dense(6), Counting(), layers.Dropout(0.3)
            self.last = layers.Dense(3, activation="softmax")

        def call(self, x, training=False):
            h = self.drop(self.count(keras.ops.tanh(self.first(x))), training=training)
            self.add_loss(0.1 * keras.ops.mean(keras.ops.square(h)))
            return self.last(h)

    def build():
        model = Net()
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    _assert_equal(build, _FLAT)


@pytest.mark.parametrize("structure", seldom(["list", "dict"], "list"))
def test_several_inputs_and_outputs(structure):
    def build():
        a, b = keras.Input((6,), name="a"), keras.Input((2,), name="b")
        h = layers.Concatenate()([layers.Dense(5, activation="relu")(a), b])
        kind = layers.Dense(3, activation="softmax", name="kind")(h)
        size = layers.Dense(2, name="size")(h)
        if structure == "list":
            model = keras.Model([a, b], [kind, size])
            model.compile(
                "adam",
                ["sparse_categorical_crossentropy", "mse"],
                loss_weights=[1.0, 0.3],
                metrics=[["accuracy"], ["mae", "mse"]],
                weighted_metrics=[[], ["mae"]],
            )
        else:
            model = keras.Model({"a": a, "b": b}, {"kind": kind, "size": size})
            model.compile(
                "adam",
                {"size": "mse", "kind": "sparse_categorical_crossentropy"},
                loss_weights={"kind": 0.4, "size": 2.0},
                metrics={"kind": ["accuracy"], "size": ["mae"]},
                weighted_metrics={"size": ["mse"]},
            )
        return model

    x, y = {"a": _FLAT, "b": _VALUES * 2}, {"kind": _CLASSES, "size": _VALUES}
    if structure == "list":
        x, y = list(x.values()), list(y.values())
    check_same(build, {"x": x, "y": y, "batch_size": 8, "epochs": 3, "validation_split": 0.25})


def _normalization():
    layer = layers.Normalization()
    layer.adapt(_IMAGE)
    return layer


PREPROCESSING = {
    "rescaling": lambda: [layers.Rescaling(0.1, offset=1.0), _normalization()],
    "contrast": lambda: [layers.RandomContrast(0.3, value_range=(-3, 3)), layers.Conv2D(4, 3)],
    "brightness": lambda: [layers.RandomBrightness(0.3, value_range=(-3, 3)), layers.Conv2D(4, 3)],
    "flip": lambda: [layers.RandomFlip(), layers.Conv2D(4, 3)],
    "erasing": lambda: [layers.RandomErasing(value_range=(-3, 3)), layers.Conv2D(4, 3)],
}


@pytest.mark.parametrize("name", often(PREPROCESSING, "rescaling", "flip"))
def test_preprocessing_layers(name):
    _assert_equal(lambda: _classifier(*PREPROCESSING[name]()), _IMAGE)


@pytest.mark.parametrize("kind", often([layers.RandomRotation, layers.RandomZoom], "RandomZoom"))
def test_layers_that_keras_does_not_compile(kind):
    """Keras compiles no step of a model with such a layer, even when told to: it gets Keras's loop, and says so."""

    def build():
        model = keras.Sequential([kind(0.2), layers.Flatten(), layers.Dense(3, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    options = {"x": _IMAGE, "y": _CLASSES, "batch_size": 22, "epochs": 1}
    theirs = train(build, options, engine="keras")
    with pytest.warns(VitralWarning, match="Keras's own loop, because .* cannot be compiled"):
        ours = train(build, options, engine="vitral-keras")
    check_equal(theirs, ours)
