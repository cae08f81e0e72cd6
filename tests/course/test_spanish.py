"""Each text is in its own language, as far as a machine can tell: nothing untranslated, Spanish marks in place."""

import re

import pytest
from ready import NUMBERS, TEXTS, markdown_of, without_code, words_of_one_language

from vitral.course import ROWS
from vitral.course.texts import Block
from vitral.views.widgets.words import words_in

ENGLISH = {
    "the", "of", "with", "which", "that", "this", "these", "is", "are", "was", "were", "from", "have", "has", "when",
    "where", "each", "every", "how", "what",
}  # fmt: skip
SPANISH = {
    "el", "la", "los", "las", "del", "que", "con", "una", "unos", "unas", "es", "son", "está", "están", "para", "por",
    "como", "cuando", "donde", "cada", "qué",
}  # fmt: skip
# Formulas, addresses, names of works, fields of sentences.
NO_PROSE = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$|\]\(\S+?\)|\*[^*\n]+\*|\{[^{}\n]*\}", re.DOTALL)


def labels(text):
    """(where, text) of everything that stands apart from prose: titles, words of blocks, statements, sentences."""
    yield "title", text.title
    for section in text.sections:
        yield section.key, section.heading
        for part in section.parts:
            if isinstance(part, Block):
                at = f"{part.kind} {part.name}"
                yield from ((f"{at} {key}", word) for key, word in part.words.items())
                yield from ((f"{at} {name}", label) for name, (label, _) in part.fields.items())
                yield from ((f"{at} {field}", getattr(part, field)) for field in ("text", "measured", "more"))


def prose(text):
    """What is written to be read, without formulas, code, names of works and addresses."""
    sections = [s for s in text.sections if s.key != "references"]
    everything = "\n".join([text.title, *(s.heading for s in sections), *(markdown_of(s) for s in sections)])
    blocks = [b for s in sections for b in s.parts if isinstance(b, Block)]
    everything += "\n" + "\n".join([*(b.measured for b in blocks), *(w for b in blocks for w in b.words.values())])
    return re.sub(
        r"\$\$.*?\$\$|\$[^$\n]+\$|\]\(\S+?\)|\*[^*\n]+\*|\{[^{}\n]*\}", " ", without_code(everything), flags=re.DOTALL
    )


@pytest.fixture(params=NUMBERS)
def number(request):
    return request.param


def test_no_label_is_the_same_in_both_languages(number):
    spanish, english = dict(labels(TEXTS[number]["es"])), dict(labels(TEXTS[number]["en"]))
    same = {at: text for at, text in spanish.items() if text == english.get(at)}
    assert {at: text for at, text in same.items() if words_of_one_language(re.sub(r"\$.*?\$", "", text))} == {}


@pytest.mark.parametrize(("language", "others"), [("es", ENGLISH), ("en", SPANISH)])
def test_no_sentence_is_in_the_other_language(number, language, others):
    found = {}
    for word in re.findall(r"[^\W\d_]+", prose(TEXTS[number][language])):
        if word in others:
            found[word] = found.get(word, 0) + 1
    assert sum(found.values()) <= 2, found  # a name, as in Grace y el perceptrón


def test_spanish_questions_and_exclamations_open(number):
    text = prose(TEXTS[number]["es"])
    assert text.count("¿") == text.count("?")
    assert text.count("¡") == len(re.findall(r"(?<=[^\W\d_])!(?!=)", text))


def test_numbers_have_a_decimal_point(number):
    for language in ("es", "en"):
        text = prose(TEXTS[number][language])
        assert re.findall(r"(?<![\d(,;])\b0,\d+", text) == []


def test_spanish_is_spelt_with_its_accents(number):
    """Words that are always wrong without their accent."""
    bare = "funcion|tambien|segun|despues|minimo|maximo|numero|perceptron|neuronas? artifical|epocas?|asi|mas de|aqui"
    assert re.findall(rf"\b(?:{bare})\b", prose(TEXTS[number]["es"])) == []


def test_the_syllabus_is_in_both_languages():
    for row in ROWS:
        assert row.line["es"] != row.line["en"]
        assert all(row.title.values())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Learning rate", ["Learning", "rate"]),
        ("errors: {n}", ["errors"]),
        ("tanh, ReLU and XOR", []),
        ('Dense(10)  +  "sparse_categorical_crossentropy"', []),
        ("model.predict(x[:4]).argmax(axis=1)", []),
        ("model.fit(x, y) trains", ["trains"]),
        ("The sum (of all weights)", ["The", "weights"]),
        ("∂L/∂w₁₁, z = 3.5", []),
    ],
)
def test_what_counts_as_a_word_of_one_language(text, words):
    found = words_of_one_language(text)
    assert [word for word in found if word not in ("sum", "all")] == words


def test_the_widgets_own_words():
    spanish, english = words_in("es"), words_in("en")
    assert spanish.keys() == english.keys()
    assert {key for key in spanish if spanish[key] == english[key] and words_of_one_language(spanish[key])} == set()
