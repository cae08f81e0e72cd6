"""What the colours mean on this page, how weights, units and activations are named, and what lights them up.

Layers of units are counted from 0, the inputs; the weights of layer l come from layer l - 1.
"""

from collections.abc import Mapping

Part = tuple[str, str]  # a piece of a line, and its role
Mark = list[str | int]  # what lights up a unit, a weight or a bias

ACTIVATION, DELTA, GRADIENT, LOSS = "c", "d", "accent", "wrong"

SLOPED = ("sigmoid", "tanh", "relu")  # the activations that experiments compare
NAMES = {"tanh": "tanh", "relu": "ReLU"}  # in both languages; the others have words of their own

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def subscript(number: int) -> str:
    """₁₂ for 12."""
    return str(number).translate(_SUBSCRIPTS)


def named(letter: str, layer: int, *units: int) -> str:
    """z₁⁽¹⁾, δ⁽²⁾, w₂₁⁽¹⁾, of units counted from 0."""
    return f"{letter}{''.join(subscript(i + 1) for i in units)}⁽{str(layer).translate(_SUPERSCRIPTS)}⁾"


def name_of(activation: str, words: Mapping[str, str]) -> str:
    """What a reader calls an activation."""
    return NAMES.get(activation) or words[activation]


def unit(layer: int, i: int) -> Mark:
    """What lights up unit i of a layer."""
    return ["unit", layer, i]


def edge(layer: int, i: int, j: int) -> Mark:
    """What lights up the weight from unit i to unit j of a layer, l from 1."""
    return ["weight", layer - 1, i, j]


def bias(layer: int, j: int) -> Mark:
    """What lights up the bias of unit j of a layer, l from 1."""
    return ["bias", layer - 1, j]
