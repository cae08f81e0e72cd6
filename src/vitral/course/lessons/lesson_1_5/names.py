"""Activations as a reader names and chooses them: names, formulas in a table, menus, and the two that were chosen."""

from collections.abc import Mapping
from typing import Any

from vitral.course.lessons.lesson_1_5.functions import BY_NAME, FORMULAS
from vitral.foundations.activations import Elementwise
from vitral.views.widgets import Menu

ROLES = ("a", "b")  # colours of the first and of the second
# What the field calls them, in both languages; sigmoid, identity and step have words of their own.
NAMES = {
    "tanh": "tanh", "softsign": "softsign", "relu": "ReLU", "leaky_relu": "leaky ReLU",
    "elu": "ELU", "selu": "SELU", "softplus": "softplus", "swish": "swish", "gelu": "GELU", "gelu_tanh": "GELU (tanh)",
}  # fmt: skip


def name_of(f: Elementwise, words: Mapping[str, str]) -> str:
    """An activation's name for a reader."""
    return NAMES.get(f.name) or words[f.name]


def formula_of(f: Elementwise) -> str:
    """Its formula, which a narrow column may break between its cases only."""
    return unbroken(FORMULAS[f.name].replace(",  ", "\n")).replace("\n", ", ")


def unbroken(text: str) -> str:
    """The same text, which no narrow column breaks."""
    return text.replace(" ", "\u00a0")


def menu(name: str, value: str, words: Mapping[str, str]) -> Menu:
    """A menu of all elementwise activations, but for the approximation of GELU, which looks like GELU."""
    options = tuple((f.name, name_of(f, words)) for f in BY_NAME.values() if f.name != "gelu_tanh")
    return Menu(name=name, label=words[name], value=value, options=options)


def chosen(values: Mapping[str, Any]) -> list[Elementwise]:
    """The two activations of the menus `first` and `second`; one where both are the same."""
    return [BY_NAME[name] for name in dict.fromkeys((values["first"], values["second"]))]
