"""Lab 1 solved in plain Keras."""
# ruff: noqa: N802 (the published course's own names)

from vitral import keras

HIDDEN = (128, 64, 32, 16)


def _classifier(input_dim, nb_classes, penalty):
    hidden = [keras.layers.Dense(n, activation="relu", kernel_regularizer=penalty()) for n in HIDDEN]
    return keras.Sequential([keras.Input((input_dim,)), *hidden, keras.layers.Dense(nb_classes, activation="softmax")])


def get_basic_model(input_dim, nb_classes):
    return _classifier(input_dim, nb_classes, lambda: None)


def get_L2_model(input_dim, nb_classes):
    return _classifier(input_dim, nb_classes, lambda: keras.regularizers.L2(0.001))


def get_L1L2_model(input_dim, nb_classes):
    return _classifier(input_dim, nb_classes, lambda: keras.regularizers.L1L2(l1=0.001, l2=0.001))


def weighted_categorical_crossentropy(weights):
    weights = keras.ops.convert_to_tensor(weights, dtype="float32")

    def loss(y_true, y_pred):
        epsilon = keras.config.epsilon()
        p = keras.ops.clip(y_pred, epsilon, 1 - epsilon)
        return -keras.ops.mean(keras.ops.sum(weights * y_true * keras.ops.log(p), axis=-1))

    return loss
