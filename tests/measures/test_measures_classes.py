"""Counts about classes, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

import vitral.measures
from vitral._errors import DataError, ShapeError, UnknownNameError
from vitral.measures import (
    accuracy,
    confusion_difference,
    confusion_matrix,
    most_wrong,
    normalize_confusion,
    precision_recall,
)

PAIRS = hnp.arrays(np.int32, st.tuples(st.integers(1, 60), st.just(2)), elements=st.integers(0, 4))


def test_the_public_names_are_sorted():
    assert vitral.measures.__all__ == sorted(vitral.measures.__all__)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(PAIRS)
def test_counts_and_accuracy_are_scikit_learns(pairs):
    target, prediction = pairs.T
    expected = metrics.confusion_matrix(target, prediction, labels=range(5))
    np.testing.assert_array_equal(confusion_matrix(target, prediction, 5), expected)
    assert accuracy(target, prediction) == pytest.approx(metrics.accuracy_score(target, prediction))


@settings(derandomize=True, max_examples=50, deadline=None)
@given(PAIRS)
def test_precision_and_recall_are_scikit_learns(pairs):
    target, prediction = pairs.T
    expected = metrics.precision_recall_fscore_support(target, prediction, labels=range(5), zero_division=np.nan)
    precision, recall = precision_recall(confusion_matrix(target, prediction, 5))
    np.testing.assert_allclose(precision, expected[0])
    np.testing.assert_allclose(recall, expected[1])


@pytest.mark.parametrize(("by", "normalize"), [("rows", "true"), ("columns", "pred"), ("all", "all")])
@settings(derandomize=True, max_examples=40, deadline=None)
@given(pairs=PAIRS, other=PAIRS)
def test_shares_and_their_differences_are_scikit_learns(by, normalize, pairs, other):
    """But for rows and columns without a sample, which are 0 there and unknown here."""
    shares = []
    for target, prediction in (pairs.T, other.T):
        counts = confusion_matrix(target, prediction, 5)
        found = normalize_confusion(counts, by)
        theirs = metrics.confusion_matrix(target, prediction, labels=range(5), normalize=normalize)
        empty = {"rows": counts.sum(axis=1) == 0, "columns": counts.sum(axis=0) == 0, "all": np.zeros(5, bool)}[by]
        unknown = np.broadcast_to(empty[:, None] if by == "rows" else empty, (5, 5))
        np.testing.assert_array_equal(np.isnan(found), unknown)
        np.testing.assert_allclose(np.nan_to_num(found), theirs)
        shares.append(np.where(unknown, np.nan, theirs))
    difference = confusion_difference(*(confusion_matrix(*each.T, 5) for each in (pairs, other)), by)
    np.testing.assert_allclose(difference, shares[1] - shares[0], atol=1e-12)


def test_a_model_beside_itself_differs_in_nothing_however_often_it_was_asked():
    counts = np.array([[3, 1], [2, 6]])
    for by in ("rows", "columns", "all"):
        np.testing.assert_allclose(confusion_difference(counts, 7 * counts, by), np.zeros((2, 2)), atol=1e-15)
    assert normalize_confusion(counts).tolist() == [[0.75, 0.25], [0.25, 0.75]]
    precision, recall = precision_recall(counts)
    np.testing.assert_allclose(np.diagonal(normalize_confusion(counts)), recall)
    np.testing.assert_allclose(np.diagonal(normalize_confusion(counts, "columns")), precision)


def test_probabilities_count_by_their_largest():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0]])
    np.testing.assert_array_equal(confusion_matrix([1, 2], probabilities), [[0, 0, 0], [0, 1, 0], [1, 0, 0]])
    assert accuracy([1, 2], probabilities) == 0.5


def test_the_surest_mistake_comes_first():
    probabilities = np.array([[0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.05, 0.95], [0.9, 0.1]])
    target = np.array([1, 0, 0, 1, 0])  # rows 3 and 4 are right
    assert most_wrong(target, probabilities).tolist() == [1, 2, 0]
    assert most_wrong(target, probabilities, limit=1).tolist() == [1]


def test_equal_mistakes_keep_their_order():
    probabilities = np.tile([0.25, 0.75], (6, 1))
    assert most_wrong(np.zeros(6, int), probabilities).tolist() == [0, 1, 2, 3, 4, 5]


def test_nothing_gives_nothing():
    assert confusion_matrix([], np.zeros((0, 3))).shape == (3, 3)
    assert np.isnan(accuracy([], []))
    assert most_wrong([], np.zeros((0, 3))).size == 0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: confusion_matrix([0, 1], [0]), ShapeError, "target has 2 rows, prediction has 1"),
        (lambda: confusion_matrix([0, -1], [0, 0]), DataError, "whole class numbers from 0: got -1"),
        (lambda: confusion_matrix([0, 5], [0, 0], 3), DataError, "below n_classes=3: got 5"),
        (lambda: confusion_matrix([0.5], [0]), DataError, "got 0.5"),
        (lambda: confusion_matrix(["a"], [0]), DataError, "class numbers"),
        (lambda: most_wrong([0], [0]), ShapeError, r"\(N, K\)"),
        (lambda: precision_recall(np.zeros((2, 3))), ShapeError, "square"),
        (lambda: normalize_confusion(np.zeros((2, 3))), ShapeError, r"matrix must be square, .* got shape \(2, 3\)"),
        (lambda: normalize_confusion([1, 2]), ShapeError, r"matrix must be square, .* got shape \(2,\)"),
        (lambda: normalize_confusion([[1]], "row"), UnknownNameError, "by must be .* got 'row'. Did you mean 'rows'"),
        (lambda: normalize_confusion([[1]], None), UnknownNameError, "got None. .*Known: rows, columns, all"),
        (lambda: normalize_confusion([[-1, 2], [0, 1]]), DataError, "matrix must hold counts, .* got -1"),
        (lambda: normalize_confusion([[np.nan]]), DataError, "matrix must hold counts, .* got nan"),
        (lambda: normalize_confusion([["a"]]), DataError, "matrix must hold counts"),
        (
            lambda: normalize_confusion([[1, 2], [3]]),
            DataError,
            "matrix must hold counts, .* got rows of unequal length",
        ),
        (
            lambda: confusion_difference([[1]], np.eye(2)),
            ShapeError,
            "second must be of the classes of first, 1: got 2",
        ),
        (lambda: confusion_difference([[1]], [1]), ShapeError, r"second must be square, .* got shape \(1,\)"),
        (lambda: confusion_difference([[1]], [[1]], "al"), UnknownNameError, "Did you mean 'all'"),
    ],
)
def test_bad_input_is_one_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()
