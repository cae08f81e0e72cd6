"""Splits: a partition of the rows, each class in its share, seeded, and nobody else's random state touched."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vitral.data
from vitral._errors import ArgumentError, DataError
from vitral.data.split import choose_rows, split_rows

SHARES = st.sampled_from([0.0, 0.05, 0.2, 0.33, 0.45])
PROFILE = settings(derandomize=True, database=None, deadline=None, max_examples=60)


@PROFILE
@given(st.lists(st.integers(0, 4), min_size=12, max_size=80), SHARES, SHARES, st.integers(0, 2**32 - 1), st.booleans())
def test_the_parts_are_a_seeded_partition_of_the_rows(labels, validation, test, seed, stratified):
    rows = np.arange(len(labels)) * 3  # row numbers need not be 0 … N-1
    numbers = np.repeat(labels, 3) if stratified else None
    parts = split_rows(rows, numbers, validation=validation, test=test, seed=seed)
    assert sorted(np.concatenate(parts)) == rows.tolist()
    for part, share in ((parts.validation, validation), (parts.test, test)):
        assert (len(part) > 0) == (share > 0)
        assert abs(len(part) - share * len(rows)) <= 1
    again = split_rows(rows, numbers, validation=validation, test=test, seed=seed)
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))


@PROFILE
@given(st.lists(st.integers(10, 60), min_size=2, max_size=5), st.integers(0, 10**6))
def test_each_class_gives_its_share_to_within_a_row_per_draw(sizes, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    parts = split_rows(np.arange(len(labels)), labels, validation=0.2, test=0.2, seed=seed)
    for k, size in enumerate(sizes):
        assert abs((labels[parts.test] == k).sum() - size * len(parts.test) / len(labels)) <= 1
        assert abs((labels[parts.validation] == k).sum() - size * len(parts.validation) / len(labels)) <= 2


def test_the_test_part_does_not_depend_on_the_share_of_validation():
    labels = np.arange(90) % 3
    first, second = (split_rows(np.arange(90), labels, validation=v, test=0.2, seed=1) for v in (0.0, 0.3))
    assert np.array_equal(first.test, second.test)
    assert not np.array_equal(first.test, split_rows(np.arange(90), labels, validation=0.0, test=0.2, seed=2).test)


def test_the_only_row_of_a_class_is_trained_on():
    labels = np.array([0] * 40 + [1] * 40 + [2])
    for seed in range(20):
        parts = split_rows(np.arange(81), labels, validation=0.2, test=0.2, seed=seed)
        assert 80 in parts.train
        assert set(labels[parts.test]) == set(labels[parts.validation]) == {0, 1}


def test_more_classes_than_rows_to_hold_out_is_a_plain_draw():
    labels = np.arange(60) % 30
    parts = split_rows(np.arange(60), labels, validation=0.1, test=0.1, seed=0)
    assert [len(part) for part in parts] == [48, 6, 6]


def test_rows_keep_their_order_when_none_are_held_out():
    parts = split_rows(np.arange(9), np.arange(9) % 2, validation=0, test=0, seed=5)
    assert parts.train.tolist() == list(range(9))


def test_too_few_rows_are_refused():
    with pytest.raises(DataError, match="must have a row for each part: got 2 rows"):
        split_rows(np.arange(2), None, validation=0.2, test=0.2, seed=0)


def test_a_subset_keeps_the_classes_shares():
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    rows = choose_rows(1000, labels, n=100, seed=4)
    assert np.bincount(labels[rows]).tolist() == [60, 30, 10]
    assert len(set(rows)) == 100
    assert choose_rows(5, None, n=5, seed=0).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ArgumentError, match="n must be at most the number of rows, 5: got 6"):
        choose_rows(5, None, n=6, seed=0)


def test_global_random_states_are_neither_read_nor_changed():
    np.random.seed(7)
    random.seed(7)
    before, python = np.random.get_state()[1].copy(), random.getstate()
    first = [vitral.data.load(name, n=60).digest for name in ("digits", "moons", "circles", "xor", "sine", "blobs")]
    assert np.array_equal(np.random.get_state()[1], before)
    assert random.getstate() == python
    np.random.seed(8)
    second = [vitral.data.load(name, n=60).digest for name in ("digits", "moons", "circles", "xor", "sine", "blobs")]
    assert first == second
