"""Residual statistics, against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from vitral._errors import ShapeError
from vitral.measures import largest_residuals, residual_statistics


@pytest.mark.parametrize("shape", [(40,), (40, 1), (40, 7)])
def test_statistics_are_scikit_learns(shape):
    rng = np.random.default_rng(3)
    target = rng.normal(5, 3, shape)
    prediction = target + rng.normal(0.4, 1, shape)
    found = residual_statistics(target, prediction)
    assert found.n == 40
    assert found.mae == pytest.approx(metrics.mean_absolute_error(target, prediction))
    assert found.rmse == pytest.approx(np.sqrt(metrics.mean_squared_error(target, prediction)))
    assert found.r2 == pytest.approx(metrics.r2_score(target, prediction))
    assert found.bias == pytest.approx(0.4, abs=0.4)


def test_columns_that_do_not_vary_say_nothing_about_r2():
    target = np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]])  # as the margin of every picture
    assert residual_statistics(target, target).r2 == 1.0
    assert np.isnan(residual_statistics(np.zeros(3), np.ones(3)).r2)


def test_the_furthest_off_comes_first():
    target, prediction = np.zeros((4, 2)), np.array([[1, 1], [0, 3], [np.nan, 0], [0, 0]])
    assert largest_residuals(target, prediction).tolist() == [2, 1, 0, 3]
    assert largest_residuals(target, prediction, limit=2).tolist() == [2, 1]


def test_nothing_gives_nothing():
    assert np.isnan(residual_statistics([], []).mae)
    assert largest_residuals([], []).size == 0


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="one row per row"):
        residual_statistics([1, 2], [1])
    with pytest.raises(ShapeError, match="shape of target"):
        residual_statistics(np.zeros((2, 2)), np.zeros((2, 3)))
