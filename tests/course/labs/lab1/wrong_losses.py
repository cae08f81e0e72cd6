"""Wrong solutions of task 4: (what is wrong, the hint that it has to get, the function)."""
# ruff: noqa: ARG001, ARG005, F821 (mistakes are what these are for)

import numpy as np

from vitral import keras

K = keras.ops
EPS = 1e-7


def clip(p, epsilon=EPS):
    return K.clip(p, epsilon, 1 - epsilon)


def loss_of(formula):
    """The builder of a loss from a formula of (weights, y, p)."""

    def build(weights):
        w = K.convert_to_tensor(weights)
        return lambda y_true, y_pred: formula(w, y_true, y_pred)

    return build


def rows(w, y, p):
    return -K.sum(w * y * K.log(clip(p)), axis=-1)


def no_inner_return(weights):
    def loss(y, p):
        rows(weights, y, p)

    return loss


def no_outer_return(weights):
    def loss(y, p):
        return K.mean(rows(weights, y, p))


def called_inside(weights):
    def loss(y, p):
        return K.mean(rows(weights, y, p))

    return loss(np.eye(3), np.eye(3))


def three_at_once(weights, y_true, y_pred):
    return K.mean(rows(weights, y_true, y_pred))


def inner_takes_one(weights):
    def loss(y_pred):
        return K.mean(y_pred)

    return loss


def inner_takes_three(weights):
    def loss(y_true, y_pred, weights):
        return K.mean(rows(weights, y_true, y_pred))

    return loss


def unknown_name(weights):
    def loss(y, p):
        return K.mean(rows(class_weights, y, p))

    return loss


def by_row_weight(w, y, p):
    """The weight of the class that was predicted."""
    return K.mean(K.take(w, K.argmax(p, axis=-1)) * rows(1.0, y, p))


def by_true_class(w, y, p):
    return K.mean(K.take(w, K.argmax(y, axis=-1)) * rows(1.0, y, p))


def one_hot_first(w, y, p):
    return K.mean(rows(w, K.one_hot(K.argmax(y, axis=-1), y.shape[-1]), p))


def keras_weighted_prediction(w, y, p):
    return K.mean(keras.losses.categorical_crossentropy(y, w * p))


def binary(w, y, p):
    p = clip(p)
    return -K.mean(K.sum(w * (y * K.log(p) + (1 - y) * K.log(1 - p)), axis=-1))


WRONG = [
    ("no minus", "minus", loss_of(lambda w, y, p: -K.mean(rows(w, y, p)))),
    ("no minus, and a sum", "minus", loss_of(lambda w, y, p: -K.sum(rows(w, y, p)))),
    ("sum for mean", "sum_for_mean", loss_of(lambda w, y, p: K.sum(rows(w, y, p)))),
    ("mean over classes, too", "mean_over_classes", loss_of(lambda w, y, p: -K.mean(w * y * K.log(clip(p))))),
    ("no clip", "clip", loss_of(lambda w, y, p: -K.mean(K.sum(w * y * K.log(p), axis=-1)))),
    ("logarithm of minus p", "never_finite", loss_of(lambda w, y, p: K.mean(K.sum(w * y * K.log(-p), axis=-1)))),
    ("unweighted", "unweighted", loss_of(lambda w, y, p: K.mean(rows(1.0, y, p)))),
    ("Keras's function", "unweighted", loss_of(lambda w, y, p: K.mean(keras.losses.categorical_crossentropy(y, p)))),
    ("a Keras loss", "loss_object", lambda weights: keras.losses.CategoricalCrossentropy()),
    ("the Keras loss's class", "returns_class", lambda weights: keras.losses.CategoricalCrossentropy),
    ("log10", "log_base", loss_of(lambda w, y, p: K.mean(-K.sum(w * y * K.log10(clip(p)), axis=-1)))),
    ("log2", "log_base", loss_of(lambda w, y, p: K.mean(-K.sum(w * y * K.log2(clip(p)), axis=-1)))),
    ("weights on y_pred", "weights_in_log", loss_of(lambda w, y, p: K.mean(rows(1.0, y, w * p)))),
    ("weights after the clip", "weights_in_log", loss_of(lambda w, y, p: -K.mean(K.sum(y * K.log(w * clip(p)), -1)))),
    ("weights on Keras's y_pred", "weights_in_log", loss_of(keras_weighted_prediction)),
    ("weights twice", "weights_twice", loss_of(lambda w, y, p: K.mean(rows(w * w, y, p)))),
    ("divided by the weights", "weights_inverted", loss_of(lambda w, y, p: K.mean(rows(1 / w, y, p)))),
    ("sum of weights", "weights_summed", loss_of(lambda w, y, p: K.sum(w) * K.mean(rows(1.0, y, p)))),
    ("mean of weights", "weights_summed", loss_of(lambda w, y, p: K.mean(w) * K.mean(rows(1.0, y, p)))),
    ("weights add up to 1", "weights_scaled", loss_of(lambda w, y, p: K.mean(rows(w / K.sum(w), y, p)))),
    ("a weighted mean", "weights_scaled", loss_of(lambda w, y, p: K.sum(rows(w, y, p)) / K.sum(w * y))),
    ("weight of the prediction", "weights_of_predicted", loss_of(by_row_weight)),
    ("weight of the largest", "weights_of_largest", loss_of(by_true_class)),
    ("only the largest", "largest_only", loss_of(one_hot_first)),
    ("exchanged", "swapped", loss_of(lambda w, y, p: K.mean(rows(w, p, y)))),
    ("no truth", "without_truth", loss_of(lambda w, y, p: -K.mean(K.sum(w * K.log(clip(p)), axis=-1)))),
    ("no logarithm", "without_log", loss_of(lambda w, y, p: -K.mean(K.sum(w * y * p, axis=-1)))),
    ("binary", "binary", loss_of(binary)),
    ("softmax again", "from_logits", loss_of(lambda w, y, p: -K.mean(K.sum(w * y * K.log_softmax(p), axis=-1)))),
    ("squares", "squares", loss_of(lambda w, y, p: K.mean(w * (y - p) ** 2))),
    ("epsilon 1e-8", "epsilon", loss_of(lambda w, y, p: -K.mean(K.sum(w * y * K.log(clip(p, 1e-8)), axis=-1)))),
    ("epsilon 1e-3", "epsilon", loss_of(lambda w, y, p: -K.mean(K.sum(w * y * K.log(clip(p, 1e-3)), axis=-1)))),
    ("a loss for each row", "per_row", loss_of(rows)),
    ("a loss for each class", "per_class", loss_of(lambda w, y, p: -K.mean(w * y * K.log(clip(p)), axis=0))),
    ("the terms", "per_entry", loss_of(lambda w, y, p: -w * y * K.log(clip(p)))),
    ("an axis left", "shape", loss_of(lambda w, y, p: K.mean(y - w * p, axis=0))),
    ("square root", "unknown_value", loss_of(lambda w, y, p: K.sqrt(K.mean(rows(w, y, p))))),
    ("a word", "not_a_number", loss_of(lambda w, y, p: f"{K.mean(rows(w, y, p))}")),
    ("no inner return", "returns_none", no_inner_return),
    ("no outer return", "returns_none", no_outer_return),
    ("called inside", "not_callable", called_inside),
    ("three at once", "signature", three_at_once),
    ("inner takes one", "inner_signature", inner_takes_one),
    ("inner takes three", "inner_signature", inner_takes_three),
    ("a name that is none", "raised_name", unknown_name),
    ("divides by zero", "raised", lambda weights: 1 / 0),
]
