"""Lab 1 solved as in the published course: tensorflow.keras, `model.add`, the input's shape in the first Dense."""
# ruff: noqa: N802, N812 (the published course's own names)

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras import regularizers
from tensorflow.keras.layers import Dense
from tensorflow.keras.models import Sequential


def get_basic_model(input_dim, nb_classes):
    model = Sequential()
    model.add(Dense(128, activation="relu", input_shape=(input_dim,)))
    model.add(Dense(64, activation="relu"))
    model.add(Dense(32, activation="relu"))
    model.add(Dense(16, activation="relu"))
    model.add(Dense(nb_classes, activation="softmax"))
    return model


def get_L2_model(input_dim, nb_classes):
    model = Sequential()
    model.add(Dense(128, activation="relu", input_dim=input_dim, kernel_regularizer=regularizers.l2(0.001)))
    model.add(Dense(64, activation=tf.nn.relu, kernel_regularizer=regularizers.l2(0.001)))
    model.add(Dense(32, activation="relu", kernel_regularizer=regularizers.l2(0.001)))
    model.add(Dense(16, activation="relu", kernel_regularizer=regularizers.l2(0.001)))
    model.add(Dense(nb_classes, activation=tf.nn.softmax))
    return model


def get_L1L2_model(input_dim, nb_classes):
    model = Sequential()
    model.add(tf.keras.Input(shape=(input_dim,)))
    for units in (128, 64, 32, 16):
        model.add(Dense(units, activation="relu", kernel_regularizer=regularizers.l1_l2(l1=0.001, l2=0.001)))
    model.add(Dense(nb_classes, activation="softmax"))
    return model


def weighted_categorical_crossentropy(weights):
    weights = tf.constant(np.asarray(weights), dtype=tf.float32)

    def loss(y_true, y_pred):
        y_pred = tf.clip_by_value(y_pred, K.epsilon(), 1 - K.epsilon())
        return tf.reduce_mean(-tf.reduce_sum(weights * y_true * tf.math.log(y_pred), axis=-1))

    return loss
