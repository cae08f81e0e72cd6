"""Activation functions, each with its derivative: a catalogue of values.

    sigmoid.value(z)    sigmoid.derivative(z)    sigmoid.pull_back(z, upstream)    sigmoid.active()

All are computed in float64 and stay finite and silent for |z| up to 1e4 and beyond. Those with a number in them are
made anew with another: `LeakyReLU(slope=0.01)`. Nothing but softmax mixes the units of a layer.
"""

from vitral._checks import check_choice
from vitral.foundations.activations.activation import Activation, Elementwise
from vitral.foundations.activations.gated import GELU, GELUTanh, Swish
from vitral.foundations.activations.plain import Identity, Step
from vitral.foundations.activations.rectifiers import ELU, SELU, LeakyReLU, ReLU, Softplus
from vitral.foundations.activations.sigmoidal import Sigmoid, Softsign, Tanh
from vitral.foundations.activations.softmax import Softmax

__all__ = [
    "ALL",
    "ELU",
    "GELU",
    "SELU",
    "Activation",
    "Elementwise",
    "GELUTanh",
    "Identity",
    "LeakyReLU",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Step",
    "Swish",
    "Tanh",
    "elu",
    "gelu",
    "gelu_tanh",
    "get",
    "identity",
    "leaky_relu",
    "relu",
    "selu",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "swish",
    "tanh",
]

identity = Identity()
step = Step()
sigmoid = Sigmoid()
tanh = Tanh()
softsign = Softsign()
relu = ReLU()
leaky_relu = LeakyReLU()
elu = ELU()
selu = SELU()
softplus = Softplus()
swish = Swish()
gelu = GELU()
gelu_tanh = GELUTanh()
softmax = Softmax()

ALL: tuple[Activation, ...] = (
    *(identity, step, sigmoid, tanh, softsign),
    *(relu, leaky_relu, elu, selu, softplus),
    *(swish, gelu, gelu_tanh, softmax),
)


def get(activation: str | Activation) -> Activation:
    """The activation of that name; an `Activation` itself is returned as it is.

    Raises:
        UnknownNameError: no such name; the message lists the known ones and the nearest.

    >>> get("tanh").derivative_formula
    "\\\\tanh'(z) = 1 - \\\\tanh^2(z)"
    """
    if isinstance(activation, Activation):
        return activation
    known = {a.name: a for a in ALL}
    return known[check_choice("activation", activation, known)]
