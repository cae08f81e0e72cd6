"""Lesson 1.1: what it shows and claims, against truth tables by hand, brute force and known counts."""

import json
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from vitral.course import lesson
from vitral.course.lessons.lesson_1_1 import counting, experiment, proof, questions, units
from vitral.course.truth_tables import truth_rows
from vitral.foundations import Certificate, ThresholdUnit
from vitral.views.widgets import Menu, Panel, Slider, Switch


@pytest.fixture(scope="module", params=["es", "en"])
def shown(request):
    return lesson("1.1", request.param)


def computed(panel: Panel) -> Panel:
    panel.wait()
    assert panel.status["state"] == "done", panel.status
    assert len(json.dumps(panel.drawings, separators=(",", ":"))) < 60_000
    return panel


def by_kind(panel: Panel, kind: str) -> list[dict]:
    return [drawing for drawing in panel.drawings if drawing["kind"] == kind]


# ---- functions and units


@pytest.mark.parametrize("d", [2, 3])
def test_units_and_certificates_agree_with_a_search_over_whole_weights(d):
    """Small whole weights are enough for up to three inputs (Muroga, 1971): what they miss has a certificate."""
    grid = np.array(list(product(range(-2, 3), repeat=d)))
    sums = grid @ truth_rows(d).T
    found = {tuple((s > theta).astype(int)) for s in sums for theta in np.arange(-6.5, 7)}
    for column in product((0, 1), repeat=2**d):
        answer = units.unit_for(column)
        assert isinstance(answer, ThresholdUnit) == (column in found)
        if isinstance(answer, ThresholdUnit):
            assert tuple(answer.predict(truth_rows(d))) == column
        else:
            assert answer.check(truth_rows(d), column)


def test_counts_are_those_of_the_encyclopedia_of_sequences():
    """A000609: Boolean functions of n inputs that are threshold functions."""
    assert [counting.count_computable(d) for d in (1, 2, 3, 4)] == [(4, 4), (14, 16), (104, 256), (1882, 65536)]


@pytest.mark.parametrize(("d", "n_classes"), [(1, 2), (2, 4), (3, 14), (4, 222)])
def test_classes_cover_every_function_once(d, n_classes):
    """A000370: classes under permutation and negation of inputs and negation of the output."""
    sizes = [size for _, size in counting.npn_classes(d)]
    assert len(sizes) == n_classes
    assert sum(sizes) == 2 ** (2**d)


def test_the_certificate_of_xor_in_exact_fractions():
    found = units.unit_for((0, 1, 1, 0))
    assert isinstance(found, Certificate)
    shares = [Fraction(float(m)) for m in found.multipliers]
    ones = [sum(shares[i] * int(truth_rows(2)[i, j]) for i in (1, 2)) for j in (0, 1)]
    zeros = [sum(shares[i] * int(truth_rows(2)[i, j]) for i in (0, 3)) for j in (0, 1)]
    assert ones == zeros == [Fraction(1, 2), Fraction(1, 2)]
    assert shares[1] + shares[2] == shares[0] + shares[3] == 1


def test_certificate_lines_add_up_to_a_contradiction():
    lines = proof.certificate_lines(units.unit_for((0, 1, 1, 0)), np.array([0, 1, 1, 0]))
    text = ["".join(part for part, _ in line) for line in lines]
    assert text[1] == "(0, 1) → 1:   0.5 × ( w₂ > θ )"
    assert text[3] == "(1, 1) → 0:   0.5 × ( w₁ + w₂ ≤ θ )"
    assert text[4:6] == ["Σ 0.5w₁ + 0.5w₂ > θ", "Σ 0.5w₁ + 0.5w₂ ≤ θ"]
    assert text[-1].endswith("0 > 0")


@pytest.mark.parametrize("d", [2, 3, 5])
def test_parity_network_tells_odd_from_even(d):
    made = units.parity_network(d)
    assert len(made.hidden) == d
    assert made.predict(truth_rows(d)).tolist() == [bin(n).count("1") % 2 for n in range(2**d)]


def test_table_network_computes_a_function_of_four_inputs():
    column = np.random.default_rng(0).integers(0, 2, 16)
    assert units.table_network(column.tolist()).predict(truth_rows(4)).tolist() == column.tolist()


def test_half_planes_are_what_the_unit_says():
    made = units.unit_of([1.0, -2.0], 0.3)
    grid = units.half_planes(made, (-1.0, 1.0, -2.0, 2.0), grid=5)
    assert grid[0, 4] == 1  # x₁ = 1, x₂ = −2: 5 > 0.3
    assert grid[4, 0] == 0  # x₁ = −1, x₂ = 2: −5
    assert grid.shape == (5, 5)


# ---- live panels


@pytest.mark.parametrize("name", list(experiment.LIVE))
def test_panel_computes_at_first_and_at_the_ends_of_every_control(name):
    panel = computed(lesson("1.1", "es").live(name))
    for control in panel._controls.values():
        first = panel.values[control.name]
        ends: list = []
        if isinstance(control, Slider):
            ends = [-1e9, 1e9]  # brought to its ends
        elif isinstance(control, Menu):
            ends = [key for key, _ in control.options]
        elif isinstance(control, Switch):
            ends = [True, False]
        for value in ends:
            computed(panel.set(**{control.name: value}))
        panel.set(**{control.name: first})


def test_unit_panel_with_all_numbers_zero():
    panel = lesson("1.1", "en").live("unit").wait()
    computed(panel.set(w1=0.0, w2=0.0, theta=0.0))


@pytest.mark.parametrize(
    ("name", "value", "panel_name"), [("function", "maybe", "unit"), ("w1", "NaN", "unit"), ("f00", 1, "certificate")]
)
def test_hostile_values_are_refused_in_words(name, value, panel_name):
    panel = lesson("1.1", "en").live(panel_name).wait()
    panel.set(**{name: value})
    assert panel.status["state"] == "failed"
    assert name in panel.status["message"]


def test_unit_panel_says_when_all_rows_are_right(shown):
    panel = computed(shown.live("unit"))
    computed(panel.set(function="nand", w1=-1.0, w2=-1.0, theta=-1.5))
    assert by_kind(panel, "note")[0]["tone"] == "good"
    assert [row[-1] for row in by_kind(panel, "table")[0]["rows"]] == [True] * 4
    computed(panel.set(function="xor"))
    assert [row[-1] for row in by_kind(panel, "table")[0]["rows"]] == [False, True, True, True]
    assert by_kind(panel, "note")[0]["text"] == shown.block("live", "unit").words["three"]


def test_certificate_panel_answers_all_sixteen_functions():
    panel = computed(lesson("1.1", "en").live("certificate"))
    tones = {}
    for column in product((False, True), repeat=4):
        computed(panel.set(**dict(zip(("f00", "f01", "f10", "f11"), column, strict=True))))
        tones[column] = by_kind(panel, "note")[0]["tone"]
    refused = [column for column, tone in tones.items() if tone == "warning"]
    assert refused == [(False, True, True, False), (True, False, False, True)]


@pytest.mark.parametrize("column", [(0, 1, 1, 0), (1, 0, 0, 1)])
def test_the_diagonals_pass_through_the_points_of_their_class(column):
    panel = lesson("1.1", "en").live("certificate").wait()
    computed(panel.set(**dict(zip(("f00", "f01", "f10", "f11"), map(bool, column), strict=True))))
    for line in by_kind(panel, "boundary")[0]["lines"]:
        label = int(line["role"][-1])
        points = truth_rows(2)[np.array(column) == label]
        assert np.allclose(points @ line["w"] + line["b"], 0)


def test_cinema_panel_lights_the_case_of_today():
    panel = computed(lesson("1.1", "en").live("cinema"))
    table = by_kind(panel, "table")[0]
    assert table["rows"][table["lit"][0]] == [1, 0, 1, 1.0, 1]
    computed(panel.set(theta=2.0))
    assert by_kind(panel, "steps")[0]["lines"][0][-1][0].startswith("y = 0")


def test_scale_panel_changes_numbers_but_no_answer():
    panel = computed(lesson("1.1", "en").live("scale"))

    def answers() -> list[int]:
        return [row[-1] for row in by_kind(panel, "table")[0]["rows"]]

    first = answers()
    computed(panel.set(factor=8.0))
    items = {item[0]: item[1] for item in by_kind(panel, "readout")[0]["items"]}
    assert answers() == first
    assert items["‖w‖"] == pytest.approx(8)
    assert items["θ"] == pytest.approx(6)


@pytest.mark.parametrize(("angle", "theta"), [(60, 0.5), (90, 0.0), (180, 1.0), (300, -0.6), (235, -0.8)])
def test_scale_panel_never_contradicts_itself(angle, theta):
    """Where a row is on the line, or as near to it as rounding hides, the sum says what the unit answers."""
    panel = computed(lesson("1.1", "en").live("scale"))
    for factor in (0.1, 0.7, 10.0):
        computed(panel.set(angle=angle, theta=theta, factor=factor))
        table, boundary = by_kind(panel, "table")[0], by_kind(panel, "boundary")[0]
        assert [">" in row[2] for row in table["rows"]] == [row[3] == 1 for row in table["rows"]]
        foot = boundary["points"][4]
        assert np.allclose(np.dot(foot, boundary["lines"][0]["w"]) + boundary["lines"][0]["b"], 0, atol=1e-5)
        assert boundary["labels"][4] == 0
        on_line = [np.cos(np.deg2rad(angle)) * a + np.sin(np.deg2rad(angle)) * b for a, b in truth_rows(2)]
        assert all(row[3] == 0 for row, z in zip(table["rows"], on_line, strict=True) if abs(z - theta) < 1e-9)


def test_network_panel_passes_the_four_rows():
    panel = computed(lesson("1.1", "en").live("network"))
    rows = by_kind(panel, "table")[0]["rows"]
    assert [row[-1] for row in rows] == [0, 1, 1, 0]
    assert by_kind(panel, "network")[0]["lit"][0] == [["unit", 1, 1]]  # nothing comes in, NAND fires
    hidden = by_kind(panel, "boundary")[1]["points"]
    assert hidden[1] == hidden[2] == [1, 1]


# ---- predictions


@pytest.mark.parametrize("name", list(experiment.PREDICTIONS))
def test_prediction_reveals_one_of_its_options(shown, name):
    assert experiment.PREDICTIONS[name]().answer in shown.block("predict", name).words


# ---- exercises


@pytest.mark.parametrize(
    ("w1", "w2", "theta", "right", "say"),
    [
        ("1", "-1", "0.5", True, "right"),
        ("30", "-0.5", "29,7", True, "right"),
        ("1", "0", "0", False, "row"),
        ("1", "-1", "1", False, "tie"),
        ("-1", "1", "0.5", False, "row"),
        ("", "1", "0", False, "number"),
        ("1", "1", "inf", False, "number"),
    ],
)
def test_rule_exercise(shown, w1, w2, theta, right, say):
    verdict = questions.exercise_rule({"w1": w1, "w2": w2, "theta": theta})
    assert (verdict.right, verdict.say) == (right, say)
    assert shown.exercise("rule").answer(w1=w1, w2=w2, theta=theta)["right"] is right


def test_rule_exercise_names_the_row_that_fails():
    verdict = questions.exercise_rule({"w1": "1", "w2": "0", "theta": "0"})
    assert verdict.values["row"] == "(1, 1)"
    assert (verdict.values["z"], verdict.values["y"], verdict.values["wanted"], verdict.values["right"]) == (
        "1",
        1,
        0,
        3,
    )


@pytest.mark.parametrize(
    ("weights", "theta", "right", "say"),
    [
        (("1", "1", "1"), "1.5", True, "right"),
        (("2", "3", "4"), "4.5", True, "right"),
        (("1", "1", "1"), "1", True, "right"),
        (("1", "1", "1"), "2", False, "tie"),
        (("5", "1", "1"), "1.5", False, "row"),
        (("x", "1", "1"), "1.5", False, "number"),
    ],
)
def test_majority_exercise(shown, weights, theta, right, say):
    answers = {"w1": weights[0], "w2": weights[1], "w3": weights[2], "theta": theta}
    verdict = questions.exercise_majority(answers)
    assert (verdict.right, verdict.say) == (right, say)
    assert shown.exercise("majority").answer(**answers)["right"] is right


def test_xor_exercise_against_gates_by_hand(shown):
    gates = {
        "AND": lambda a, b: a & b,
        "OR": lambda a, b: a | b,
        "NAND": lambda a, b: 1 - (a & b),
        "NOR": lambda a, b: 1 - (a | b),
    }
    rights = 0
    for first, second, last in product(gates, repeat=3):
        column = [gates[last](gates[first](a, b), gates[second](a, b)) for a, b in product((0, 1), repeat=2)]
        verdict = questions.exercise_xor({"first": first, "second": second, "last": last})
        assert verdict.right == (column == [0, 1, 1, 0])
        assert verdict.say in shown.block("exercise", "xor").words
        rights += verdict.right
    assert rights == 4
    assert questions.exercise_xor({"first": "", "second": "OR", "last": "AND"}).say == "choose"
    assert shown.exercise("xor").answer(first="NOR", second="AND", last="NOR")["right"] is True
