"""The gradient check finds what is wrong and lets pass what is right, whatever the size of the numbers."""

import numpy as np
import pytest

from vitral._errors import ArgumentError, ShapeError
from vitral.foundations import differences, gradcheck


def nothing(_):
    return 0.0


def test_differences_of_functions_whose_slopes_are_known():
    a, b = np.array([[0.3, -1.2], [2.0, 0.0]]), np.array([0.5])
    found = differences(lambda arrays: np.sin(arrays[0]).sum() * np.exp(arrays[1][0]), [a, b])
    np.testing.assert_allclose(found[0], np.cos(a) * np.exp(0.5), rtol=1e-8)
    np.testing.assert_allclose(found[1], np.sin(a).sum() * np.exp(0.5), rtol=1e-8)


def test_the_arrays_are_not_written_to():
    a = np.array([1.0, 2.0])
    a.flags.writeable = False
    gradcheck(lambda arrays: (arrays[0] ** 2).sum(), [a], [2 * a])
    assert a.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_right_gradients_pass_at_every_scale(scale, size):
    a = scale * np.random.default_rng(0).normal(0, 1, 20)
    (worst,) = gradcheck(lambda arrays: size * (arrays[0] ** 2).sum(), [a], [2 * size * a])
    assert worst.error < 1e-7


def test_zero_gradients_are_no_error_and_a_wrong_zero_is():
    def function(arrays):
        return np.sum(arrays[0]) + 0 * np.sum(arrays[1])

    right = gradcheck(function, [np.ones(2), np.ones(3)], [np.ones(2), np.zeros(3)])
    assert max(worst.error for worst in right) < 1e-7
    wrong = gradcheck(function, [np.ones(2), np.ones(3)], [np.ones(2), np.array([0, 1e-3, 0])])
    assert wrong[0].error < 1e-7
    assert wrong[1].error > 0.1
    assert wrong[1].where == (1,)
    assert gradcheck(nothing, [np.ones(2)], [np.zeros(2)])[0].error == 0


def test_the_worst_entry_is_named():
    a = np.arange(1.0, 7.0).reshape(2, 3)
    claimed = 2 * a
    claimed[1, 2] *= 1.001
    claimed[0, 1] *= 1.01
    (worst,) = gradcheck(lambda arrays: (arrays[0] ** 2).sum(), [a], [claimed])
    assert worst.where == (0, 1)
    assert worst.error == pytest.approx(0.01 / 1.01, rel=1e-4)
    assert worst.gradient == 4.04
    assert worst.numeric == pytest.approx(4)


def test_nan_is_the_worst_of_all():
    (worst,) = gradcheck(lambda arrays: arrays[0].sum(), [np.ones(3)], [np.array([2.0, np.nan, 1.0])])
    assert worst.where == (1,)
    assert np.isnan(worst.error)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: gradcheck(nothing, [np.ones(2)], [np.ones(3)]), ShapeError, "gradients must have the shapes"),
        (lambda: gradcheck(nothing, [np.ones(2)], []), ShapeError, "one gradient for each array"),
        (lambda: gradcheck(nothing, [np.ones(0)], [np.ones(0)]), ShapeError, "none of them empty"),
        (lambda: differences(nothing, [np.ones(2)], step=0), ArgumentError, "step must be"),
    ],
)
def test_bad_arguments_are_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()
