"""Every statement of every lesson, measured; every guess and every exercise has a sentence for what comes out."""

import math

import pytest
from ready import NUMBERS, TEXTS, cases, named

from vitral.course import LANGUAGES, lesson
from vitral.course.checking import check_all
from vitral.course.texts import fill

# What readers type into a field, and what nobody should.
TYPED = ("", " ", "0", "1", "-1", "0.5", "0,5", "−3", "1e400", "nan", "inf", "1/0", "abc", "ñ", "<script>", "9" * 200)


@pytest.mark.parametrize(("number", "name"), cases("claim"))
def test_a_claim_holds(number, name):
    for language in LANGUAGES:
        claim = lesson(number, language).claim(name)
        assert claim.holds, claim.measured
        assert claim.statement
        assert not {"nan", "inf", "None", "array("} & set(claim.measured.replace(",", " ").split()), claim.measured


@pytest.mark.parametrize(("number", "name"), cases("predict"))
def test_a_guess_is_measured(number, name):
    for language in LANGUAGES:
        prediction = lesson(number, language).prediction(name)
        assert prediction.reveal().wait(60)
        assert not prediction.failure
        assert prediction.answer in [option["key"] for option in prediction.options]
        assert len(prediction.options) >= 2
        assert prediction.sentence
        prediction.close()


@pytest.mark.parametrize(("number", "name"), cases("exercise"))
def test_an_exercise_has_a_sentence_for_whatever_is_typed(number, name):
    found = lesson(number, "en")
    check = found.experiment.EXERCISES[name]
    block = found.text.block("exercise", name)
    for text in TYPED:
        answers = {field: choices[0] if choices and text else text for field, (_, choices) in block.fields.items()}
        verdict = check(answers)
        for language in LANGUAGES:
            said = fill(TEXTS[number][language].block("exercise", name).words[verdict.say], verdict.values)
            assert said
            assert "nan" not in said.split()
        assert verdict.right in (True, False)
    empty = dict.fromkeys(block.fields, "")
    assert not check(empty).right


def test_all_claims_in_the_syllabus_order():
    found = list(check_all(NUMBERS[:1]))
    assert [(row.number, result.name) for row, result in found] == [
        (number, name) for number, name in named("claim") if number == NUMBERS[0]
    ]
    assert all(result.holds for _, result in found)


def test_what_a_claim_measures_is_measured_once():
    number, name = named("claim")[0]
    results = [lesson(number, language).claim(name) for language in ("en", "en", "es")]
    assert results[0] == results[1]
    assert results[0].holds == results[2].holds
    assert not math.isnan(len(results[2].measured))
