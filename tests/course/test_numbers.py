"""Numbers as lessons write them, and as readers type them."""

import numpy as np
import pytest

from vitral.course.numbers import brought_in, fixed, num, number_in, numbers_in, signed, tiny, vector, whole_in


@pytest.mark.parametrize(
    ("value", "text"), [(2, "2"), (0.5, "0.5"), (-3.0, "−3"), (-0.0, "0"), (1 / 3, "0.333333"), (1e-7, "1e−07")]
)
def test_a_number_has_a_true_minus_sign_and_no_negative_zero(value, text):
    assert num(value) == num(np.float64(value)) == text


def test_digits_are_significant():
    assert num(13.66, 3) == "13.7"
    assert signed(-0.08716, digits=3) == "(−0.0872)"
    assert vector([1 / 3, 2], digits=2) == "(0.33, 2)"


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(0.5, 2, "0.50"), (-3, 2, "−3.00"), (-0.004, 2, "0.00"), (2.5e-7, 6, "0.000000")]
)
def test_decimals_are_as_many_as_asked_for(value, decimals, text):
    assert fixed(value, decimals) == fixed(np.float64(value), decimals) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3.2e-6, "3·10⁻⁶"), (9.6e-8, "1·10⁻⁷"), (-2e-15, "−2·10⁻¹⁵"), (0.5, "5·10⁻¹"), (0.0, "0")]
)
def test_a_rounding_is_said_by_its_power_of_ten(value, text):
    assert tiny(value) == tiny(np.float64(value)) == text


def test_only_negative_numbers_stand_in_brackets():
    assert [signed(v) for v in (-1, -0.0, 0, 1)] == ["(−1)", "0", "0", "1"]


def test_a_vector_of_any_length():
    assert vector(np.array([0, -1, 2.5])) == "(0, −1, 2.5)"
    assert vector([]) == "()"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" 0.5 ", 0.5),
        ("0,5", 0.5),
        ("−3", -3),
        ("-3", -3),
        ("1e-4", 1e-4),
        ("3/4", 0.75),
        ("−1/2", -0.5),
        ("3 / 4", 0.75),
        (".5", 0.5),
        ("2.", 2),
        ("1,386", 1.386),
        ("0,120", 0.12),
        ("+2E1", 20),
    ],
)
def test_numbers_as_readers_type_them(text, value):
    assert number_in(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "nan",
        "inf",
        "1e400",
        "1/0",
        "1/2/3",
        "1,000.5",
        "1 2",
        "1,000",
        "-12,500",
        "1,000,000",
        "1_0",
        "0x1",
        "١",
        "3/",
        "/4",
    ],
)
def test_what_is_no_finite_number(text):
    assert number_in(text) is None


def test_all_fields_or_none():
    assert numbers_in(["1", "−0,5", "3/4"]).tolist() == [1, -0.5, 0.75]
    assert numbers_in(["1", "", "2"]) is None
    assert numbers_in([num(-0.25), num(8)]).tolist() == [-0.25, 8]


@pytest.mark.parametrize(
    "text", ["2410", " 2410 ", "2 410", "2.410", "2,410", "2'410", "2’410", "2\u00a0410", "2\u202f410", "02410"]
)
def test_whole_numbers_as_readers_type_them(text):
    assert whole_in(text) == 2410


def test_thousands_of_thousands():
    assert whole_in("1.234.567") == whole_in("1 234 567") == 1234567
    assert [whole_in(text) for text in ("0", "7", "100")] == [0, 7, 100]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mil",
        "241.0",
        "241,0",
        "24.10",
        "2410.0",
        "-5",
        "−5",
        "1e3",
        "0.500",
        "1.234,567",
        "1234.567",
        "2 41 0",
        "²",
    ],
)
def test_what_is_no_whole_number(text):
    assert whole_in(text) is None


def test_numbers_are_brought_in_and_one_is_told():
    found, was_beyond = brought_in([np.array([[1.0, -7.0]]), np.array(2.0)], 5)
    assert [each.tolist() for each in found] == [[[1, -5]], 2]
    assert was_beyond
    assert not brought_in([np.array([5.0, -5.0])], 5)[1]
    assert brought_in([], 5) == ([], False)
