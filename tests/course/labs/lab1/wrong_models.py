"""Wrong solutions of tasks 1 to 3: (what is wrong, the hint that it has to get, the function)."""
# ruff: noqa: ARG001, ARG005, F821 (mistakes are what these are for)

from vitral import keras

L, R = keras.layers, keras.regularizers
HIDDEN = (128, 64, 32, 16)


def built(d, k, *, hidden=HIDDEN, act="relu", last="softmax", reg=lambda: None, out=lambda: None, output=True, **more):
    """The model, with what is to be wrong about it as arguments; `reg` and `out` make the kernels' penalties."""
    model = keras.Sequential([keras.Input((d,))])
    for units in hidden:
        model.add(L.Dense(units, act, kernel_regularizer=reg(), **more))
    if output:
        model.add(L.Dense(k, last, kernel_regularizer=out()))
    return model


def l2():
    return R.L2(0.001)


def both():
    return R.L1L2(l1=0.001, l2=0.001)


def with_layers_between(d, k, layer, reg=lambda: None):
    model = keras.Sequential([keras.Input((d,))])
    for units in HIDDEN:
        model.add(L.Dense(units, "relu", kernel_regularizer=reg()))
        model.add(layer())
    model.add(L.Dense(k, "softmax"))
    return model


def separate_activations(d, k, reg=lambda: None):
    model = keras.Sequential([keras.Input((d,))])
    for units in HIDDEN:
        model.add(L.Dense(units, kernel_regularizer=reg()))
        model.add(L.Activation("relu"))
    model.add(L.Dense(k, "softmax"))
    return model


def softmax_layer(d, k):
    model = built(d, k, last=None)
    model.add(L.Softmax())
    return model


def compiled(d, k, reg=lambda: None):
    model = built(d, k, reg=reg)
    model.compile("adam", "categorical_crossentropy")
    return model


def functional(d, k, reg=lambda: None):
    inputs = x = keras.Input((d,))
    for units in HIDDEN:
        x = L.Dense(units, "relu", kernel_regularizer=reg())(x)
    return keras.Model(inputs, L.Dense(k, "softmax")(x))


class Own(keras.Model):
    """A model class of a student's own."""

    def __init__(self, d=784, k=10, reg=lambda: None):
        super().__init__()
        self.all = [L.Dense(units, "relu", kernel_regularizer=reg()) for units in HIDDEN] + [L.Dense(k, "softmax")]
        self.build((None, d))

    def build(self, shape):
        for layer, size in zip(self.all, [shape[-1], *HIDDEN], strict=True):
            layer.build((None, size))
        self.built = True

    def call(self, x):
        for layer in self.all:
            x = layer(x)
        return x


def no_return(d, k):
    built(d, k)


def summary(d, k):
    return built(d, k).summary(print_fn=lambda _line, **_: None)


def raises(d, k):
    return built(d, k, hidden=[n / 0 for n in HIDDEN])


def unknown_name(d, k):
    return built(d, hidden_units, k)


def unwritten(d, k):
    raise NotImplementedError


def unbuilt(d, k, reg=lambda: None):
    hidden = [L.Dense(units, "relu", kernel_regularizer=reg()) for units in HIDDEN]
    return keras.Sequential([*hidden, L.Dense(k, "softmax")])


def one_layer_without(d, k, reg, at):
    model = keras.Sequential([keras.Input((d,))])
    for number, units in enumerate(HIDDEN):
        model.add(L.Dense(units, "relu", kernel_regularizer=None if number == at else reg()))
    model.add(L.Dense(k, "softmax"))
    return model


def last_hidden_linear(d, k):
    model = built(d, k, hidden=HIDDEN[:3], output=False)
    model.add(L.Dense(16))
    model.add(L.Dense(k, "softmax"))
    return model


def flattened(d, k):
    model = keras.Sequential([keras.Input((d,)), L.Flatten()])
    for units in HIDDEN:
        model.add(L.Dense(units, "relu"))
    model.add(L.Dense(k, "softmax"))
    return model


class OwnDense(L.Dense):
    """It only looks like Keras's."""


def own_layers(d, k):
    return keras.Sequential([keras.Input((d,)), *(OwnDense(n, "relu") for n in HIDDEN), L.Dense(k, "softmax")])


def no_bias_anywhere(d, k):
    return built(d, k, use_bias=False)


def images(d, k):
    return keras.Sequential([keras.Input((1, d)), *(L.Dense(n, "relu") for n in HIDDEN), L.Dense(k, "softmax")])


def in_two_parts(d, k):
    body = built(d, k, output=False)
    return keras.Sequential([keras.Input((d,)), body, L.Dense(k, "softmax")])


BASIC = [
    ("forgot return", "returns_none", no_return),
    ("returns the summary", "returns_none", summary),
    ("the class itself", "returns_class", lambda d, k: keras.Sequential),
    ("model and name", "returns_several", lambda d, k: (built(d, k), "basic")),
    ("a word", "no_model", lambda d, k: "Sequential"),
    ("a layer", "not_data", lambda d, k: L.Dense(k)),
    ("functional", "functional", functional),
    ("a class of its own", "subclassed", Own),
    ("compiled", "compiled", compiled),
    ("empty", "no_layers", lambda d, k: keras.Sequential([keras.Input((d,))])),
    ("activation layers", "activation_layer", separate_activations),
    ("softmax as a layer", "activation_layer", softmax_layer),
    ("ReLU as layers", "activation_layer", lambda d, k: with_layers_between(d, k, L.ReLU)),
    ("dropout", "dropout", lambda d, k: with_layers_between(d, k, lambda: L.Dropout(0.2))),
    ("batch normalization", "normalization", lambda d, k: with_layers_between(d, k, L.BatchNormalization)),
    ("flatten", "flatten", flattened),
    ("layers of its own", "other_layer", own_layers),
    ("a model inside", "other_layer", in_two_parts),
    ("no input", "no_input", unbuilt),
    ("rows of rows", "input_shape", images),
    ("sizes exchanged", "sizes_swapped", lambda d, k: built(k, d)),
    ("784 written down", "hard_coded", lambda d, k: built(784, k)),
    ("10 written down", "hard_coded", lambda d, k: built(d, 10)),
    ("another input", "input_dim", lambda d, k: built(d + 1, k)),
    ("no output layer", "no_output", lambda d, k: built(d, k, output=False)),
    ("three hidden", "too_few_layers", lambda d, k: built(d, k, hidden=(128, 64, 32))),
    ("five hidden", "too_many_layers", lambda d, k: built(d, k, hidden=(128, 64, 32, 16, 8))),
    ("the other way round", "order", lambda d, k: built(d, k, hidden=HIDDEN[::-1])),
    ("256 first", "hidden_units", lambda d, k: built(d, k, hidden=(256, 64, 32, 16))),
    ("one output", "output_units", lambda d, k: built(d, 1)),
    ("no activation", "hidden_linear", lambda d, k: built(d, k, act=None)),
    ("the last hidden is linear", "hidden_linear", last_hidden_linear),
    ("tanh", "hidden_activation", lambda d, k: built(d, k, act="tanh")),
    ("no softmax", "output_linear", lambda d, k: built(d, k, last=None)),
    ("sigmoid", "output_sigmoid", lambda d, k: built(d, k, last="sigmoid")),
    ("relu at the end", "output_activation", lambda d, k: built(d, k, last="relu")),
    ("no biases", "no_bias", no_bias_anywhere),
    ("a penalty", "penalty_unasked", lambda d, k: built(d, k, reg=l2)),
    ("a penalty on the bias", "penalty_unasked", lambda d, k: built(d, k, bias_regularizer=l2())),
    ("no parameters", "signature", lambda: built(784, 10)),
    ("one parameter", "signature", lambda d: built(d, 10)),
    ("three parameters", "signature", lambda d, k, units: built(d, k)),
    ("divides by zero", "raised", raises),
    ("a name that is none", "raised_name", unknown_name),
    ("not written", "not_written", unwritten),
]

L2 = [
    ("no penalty", "no_penalty", built),
    ("on the output only", "penalty_on_output", lambda d, k: built(d, k, out=l2)),
    ("on the output, too", "penalty_on_output", lambda d, k: built(d, k, reg=l2, out=l2)),
    ("on the bias", "bias_regularizer", lambda d, k: built(d, k, bias_regularizer=l2())),
    ("on the bias, too", "bias_regularizer", lambda d, k: built(d, k, reg=l2, bias_regularizer=l2())),
    ("on the activity", "activity_regularizer", lambda d, k: built(d, k, activity_regularizer=l2())),
    ("missing in the first", "penalty_missing", lambda d, k: one_layer_without(d, k, l2, 0)),
    ("missing in the last hidden", "penalty_missing", lambda d, k: one_layer_without(d, k, l2, 3)),
    ("0.01", "factor", lambda d, k: built(d, k, reg=lambda: R.L2(0.01))),
    ("Keras's own factor", "factor", lambda d, k: built(d, k, reg=lambda: "l2")),
    ("L1", "l1_for_l2", lambda d, k: built(d, k, reg=lambda: R.L1(0.001))),
    ("L1 by position", "l1_for_l2", lambda d, k: built(d, k, reg=lambda: R.L1L2(0.001))),
    ("both", "l1l2_for_l2", lambda d, k: built(d, k, reg=both)),
    ("nothing at all", "factor_zero", lambda d, k: built(d, k, reg=lambda: R.L1L2())),
    ("orthogonal", "other_penalty", lambda d, k: built(d, k, reg=lambda: R.OrthogonalRegularizer(0.001))),
    ("forgot return", "returns_none", no_return),
    ("compiled", "compiled", lambda d, k: compiled(d, k, l2)),
    ("functional", "functional", lambda d, k: functional(d, k, l2)),
    ("activation layers", "activation_layer", lambda d, k: separate_activations(d, k, l2)),
    ("no input", "no_input", lambda d, k: unbuilt(d, k, l2)),
    ("784 written down", "hard_coded", lambda d, k: built(784, k, reg=l2)),
    ("dropout instead", "dropout", lambda d, k: with_layers_between(d, k, lambda: L.Dropout(0.2), l2)),
    ("the other way round", "order", lambda d, k: built(d, k, hidden=HIDDEN[::-1], reg=l2)),
    ("sigmoid", "output_sigmoid", lambda d, k: built(d, k, reg=l2, last="sigmoid")),
]

L1L2 = [
    ("no penalty", "no_penalty", built),
    ("L1 alone", "l1_alone", lambda d, k: built(d, k, reg=lambda: R.L1(0.001))),
    ("L2 alone", "l2_alone", lambda d, k: built(d, k, reg=l2)),
    ("one of the two left out", "l1_alone", lambda d, k: built(d, k, reg=lambda: R.L1L2(0.001))),
    ("Keras's own factors", "factor_zero", lambda d, k: built(d, k, reg=R.L1L2)),
    ("halves", "factor", lambda d, k: built(d, k, reg=lambda: R.L1L2(0.0005, 0.0005))),
    ("L2 ten times", "factor", lambda d, k: built(d, k, reg=lambda: R.L1L2(0.001, 0.01))),
    ("on the output, too", "penalty_on_output", lambda d, k: built(d, k, reg=both, out=both)),
    ("on the output only", "penalty_on_output", lambda d, k: built(d, k, out=both)),
    ("on the bias, too", "bias_regularizer", lambda d, k: built(d, k, reg=both, bias_regularizer=both())),
    ("L1 on the activity", "activity_regularizer", lambda d, k: built(d, k, reg=l2, activity_regularizer=R.L1(1e-3))),
    ("missing in the second", "penalty_missing", lambda d, k: one_layer_without(d, k, both, 1)),
    ("compiled", "compiled", lambda d, k: compiled(d, k, both)),
    ("a class of its own", "subclassed", lambda d, k: Own(d, k, both)),
    ("forgot return", "returns_none", no_return),
    ("10 written down", "hard_coded", lambda d, k: built(d, 10, reg=both)),
    ("one parameter", "signature", lambda d: built(d, 10, reg=both)),
]
