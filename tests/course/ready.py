"""The lessons that are ready, and what the tests over all of them read from their texts."""

import re
from collections import Counter
from string import Formatter

import pytest

from vitral.course import LANGUAGES, lesson, ready_rows
from vitral.course.texts import Block, Prose

# Words that are the same in both languages: names of functions, tables, species and people.
SAME = {
    "and", "elu", "exp", "gelu", "log", "nand", "nor", "not", "or", "relu", "setosa", "softmax", "softplus", "swish",
    "tanh", "versicolor", "virginica", "xnor", "xor", "max", "min", "error", "total", "adam", "sgd", "xavier",
    "selu", "softsign", "leaky", "tanh²", "float", "nan", "logit", "odds", "nats", "vitral", "scikit", "learn",
    "backpropagation", "central", "keras", "numpy", "rmsprop", "none",
}  # fmt: skip

NUMBERS = [row.number for row in ready_rows()]
TEXTS = {number: {language: lesson(number, language).text for language in LANGUAGES} for number in NUMBERS}


def named(kind):
    """(lesson, name) of every block of a kind, in the lessons' order."""
    return [(number, block.name) for number in NUMBERS for block in TEXTS[number]["en"].blocks(kind)]


LONG = {("1.6", "same-rate"), ("1.8", "trainer")}
LONG |= {("1.7", name) for name in ("l2", "reported", "dropout", "compared", "remedies")}
"""What trains long, or waits for a sweep of sixty networks, which `test_lesson_1_7` makes up on every change."""


def cases(kind):
    """The same, for a parametrised test; those that take long are slow."""
    return [pytest.param(*each, marks=[pytest.mark.slow] * (each in LONG)) for each in named(kind)]


def markdown_of(section):
    """What stands under a heading as Markdown: prose, questions, tasks, explanations and solutions."""
    parts = []
    for part in section.parts:
        parts += [part.text] if isinstance(part, Prose) else [part.text, part.more]
    return "\n\n".join(p for p in parts if p)


def code_blocks(text):
    """The source of every ```python block, in order."""
    return re.findall(r"^(?:```|~~~)python\n(.*?)^(?:```|~~~)", text, flags=re.DOTALL | re.MULTILINE)


def without_code(text):
    """Markdown without fenced and inline code."""
    return re.sub(r"(```|~~~).*?\1|`[^`\n]*`", "", text, flags=re.DOTALL)


def formulas(text):
    """(displayed, inline) formulas, without the words and the spaces in them."""
    displayed, inline = [], []

    def take(into):
        def found(match):
            bare = re.sub(r"\\(?:text|textrm|textit|mathrm)\{[^{}]*\}", "", match[1])
            into.append(re.sub(r"\s+", "", bare))
            return ""

        return found

    text = re.sub(r"\$\$(.+?)\$\$", take(displayed), without_code(text), flags=re.DOTALL)
    re.sub(r"\$([^$\n]+?)\$", take(inline), text)
    return displayed, inline


def links(text):
    """Where the text's links lead."""
    return re.findall(r"\]\((\S+?)\)|<(https?://\S+?)>", text)


def fields_of(sentence):
    """The names between braces of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def shape(block: Block):
    """What has to be the same in every language."""
    return {
        "kind": block.kind,
        "name": block.name,
        "words": {key: fields_of(word) for key, word in block.words.items()},
        "fields": {name: len(choices) for name, (_, choices) in block.fields.items()},
        "measured": fields_of(block.measured),
        "has text": bool(block.text),
        "has more": bool(block.more),
    }


def differences(a, b):
    """What one list has more of than the other, both ways."""
    a, b = Counter(a), Counter(b)
    return {"only Spanish": list((a - b).elements()), "only English": list((b - a).elements())}


def words_of_one_language(text):
    """The words of a label that should not be the same in Spanish and English."""
    text = re.sub(r"\{.*?\}", "", text)
    # Python: what is in quotes, calls, attributes, names with an underscore.
    code = r"\"[^\"]*\"|[A-Za-z_][\w.]*\((?:[^()]|\([^()]*\))*\)?|\w+(?:\.[A-Za-z_]\w*)+|[A-Za-z]+_\w+"
    text = re.sub(code, "", text)
    return [word for word in re.findall(r"[^\W\d_₀-₉]{3,}", text) if word.lower() not in SAME]
