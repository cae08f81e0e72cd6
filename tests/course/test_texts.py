"""The Markdown of lessons: what its rules give, and what is refused."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitral.course.texts import Block, Prose, TextError, fill, parse

WHOLE = """# Title

## One {#one}
Some *prose* with $x^2$.

```python
# a comment, no title
x = 1
```
More prose.

```live panel
rate: Learning rate: η
a.b-c_1: a word
```

## Two {#two}
```predict guess
What comes?
On two lines.
- a: This: one
- b: That one
= It was {n:.1f},
= and {m}.
---
Because $x$.

And so.
```
```exercise ask
Give `w`.
? w: weight w
? kind: which [one | two, or | three]
! right: Yes, {w}
! wrong: No
---
~~~python
w = 1
~~~
```

## Three {#three}
```claim holds
It holds.
= {n} times
```
"""


def test_a_whole_text():
    text = parse(WHOLE, "es")
    assert (text.language, text.title) == ("es", "Title")
    assert [(s.key, s.heading) for s in text.sections] == [("one", "One"), ("two", "Two"), ("three", "Three")]
    prose, live = text.section("one").parts
    assert prose == Prose("Some *prose* with $x^2$.\n\n```python\n# a comment, no title\nx = 1\n```\nMore prose.")
    assert live.words == {"rate": "Learning rate: η", "a.b-c_1": "a word"}
    guess = text.block("predict", "guess")
    assert guess.text == "What comes?\nOn two lines."
    assert list(guess.words.items()) == [("a", "This: one"), ("b", "That one")]
    assert guess.measured == "It was {n:.1f}, and {m}."
    assert guess.more == "Because $x$.\n\nAnd so."
    ask = text.block("exercise", "ask")
    assert ask.fields == {"w": ("weight w", ()), "kind": ("which", ("one", "two, or", "three"))}
    assert ask.words == {"right": "Yes, {w}", "wrong": "No"}
    assert ask.more == "~~~python\nw = 1\n~~~"
    assert text.block("claim", "holds") == Block(kind="claim", name="holds", text="It holds.", measured="{n} times")
    assert [b.name for b in text.blocks("claim")] == ["holds"]


def changed(old, new):
    assert old in WHOLE
    return WHOLE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "a text must have a title and sections"),
        ("## One {#one}\nProse.\n", "a text must have a title and sections"),
        ("# Title\nProse.\n", "text must stand in a section"),
        (changed("## One {#one}", "## One"), "a heading must end with its key"),
        (changed("{#one}", "{#One}"), "a heading must end with its key"),
        (changed("{#two}", "{#one}"), "each section must have a name of its own: got 'one' twice"),
        (
            changed("```live panel", "```liev panel"),
            "a block must be one of live, predict, exercise, claim: got 'liev'",
        ),
        (changed("```live panel", "```live"), "a block live must have a name of small letters: got ''"),
        (changed("```live panel", "```live Panel"), "a block live must have a name of small letters: got 'Panel'"),
        (changed("rate: Learning", "Learning"), "live panel must have `key: word` lines only"),
        (changed("a.b-c_1:", "rate:"), "each key of live panel must come once: got 'rate' twice"),
        (changed("- b: That", "- a: That"), "each key of predict guess must come once: got 'a' twice"),
        (changed("= It was {n:.1f},\n= and {m}.\n", ""), "predict guess must have a sentence"),
        (changed("- a: This: one\n- b: That one\n", ""), "predict guess must have options"),
        (changed("What comes?\nOn two lines.\n", ""), "predict guess must have a question"),
        (changed("? w: weight w\n? kind: which [one | two, or | three]\n", ""), "exercise ask must have a field"),
        (changed("! right: Yes, {w}\n! wrong: No\n", ""), "exercise ask must have what to say"),
        (changed("Give `w`.\n", ""), "exercise ask must have a task"),
        (changed("It holds.\n", ""), "claim holds must have a statement"),
        (changed("= {n} times\n", ""), "claim holds must have a sentence"),
        (
            WHOLE + "```claim holds\nIt.\n= {n}\n```\n",
            "must have a name of its own: got 'holds' twice",
        ),
        (WHOLE + "```python\nx = 1\n", "a block must be closed by ```: got '```python'"),
    ],
)
def test_what_breaks_the_rules_is_refused(source, said):
    with pytest.raises(TextError) as caught:
        parse(source)
    assert said in str(caught.value)


def test_what_is_not_there_is_named():
    text = parse(WHOLE, "es")
    with pytest.raises(TextError, match="the es text must have a block ```claim other"):
        text.block("claim", "other")
    with pytest.raises(TextError, match=r"the es text must have a section \{#other\}"):
        text.section("other")


@pytest.mark.parametrize(
    ("sentence", "values", "shown"),
    [
        ("{n} of {m:.2f}", {"n": 3, "m": 0.125, "more": 1}, "3 of 0.12"),
        ("no names", {}, "no names"),
        ("{a} {b:.1f} {c}", {"a": -3, "b": -0.25, "c": "x-y"}, "−3 −0.2 x-y"),
        ("{{braces}}", {}, "{braces}"),
    ],
)
def test_sentences_are_filled(sentence, values, shown):
    assert fill(sentence, values) == shown


@pytest.mark.parametrize(
    ("sentence", "values"), [("{n}", {}), ("{n:.2f}", {"n": "three"}), ("{n", {"n": 1}), ("{0}", {"n": 1})]
)
def test_values_that_do_not_fit_are_named(sentence, values):
    with pytest.raises(TextError, match="must fit it"):
        fill(sentence, values)


words = st.text(string.ascii_letters + "áéíóúñ ¿?«»0123456789.,;:()", min_size=1, max_size=12).map(str.strip)
words = words.filter(bool)
keys = st.text(string.ascii_lowercase, min_size=1, max_size=8)


@given(title=words, headings=st.dictionaries(keys, words, min_size=1, max_size=4), prose=words)
def test_any_text_comes_back_as_it_was_written(title, headings, prose):
    source = f"# {title}\n" + "".join(f"\n## {heading} {{#{key}}}\n{prose}\n" for key, heading in headings.items())
    text = parse(source)
    assert text.title == title
    assert {s.key: s.heading for s in text.sections} == headings
    assert all(s.parts == (Prose(prose),) for s in text.sections)


@given(name=keys, options=st.dictionaries(keys, words, min_size=1), question=words, said=words, more=words)
def test_any_block_comes_back_as_it_was_written(name, options, question, said, more):
    lines = [question, *(f"- {key}: {word}" for key, word in options.items()), f"= {said}", "---", more]
    block = parse(f"# T\n## H {{#h}}\n```predict {name}\n" + "\n".join(lines) + "\n```\n").block("predict", name)
    assert dict(block.words) == options
    assert (block.text, block.measured, block.more) == (question, said, more)
