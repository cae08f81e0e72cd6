"""A run in words and in a notebook."""

import math
import xml.etree.ElementTree as ET

import pytest
from building import run_of

from vitral._errors import ArgumentError
from vitral.runs import is_higher_better


def made(**fields):
    return run_of(None, **fields)


def with_history(history, epochs, **fields):
    run = made(**fields)
    run.history, run.epoch = history, list(range(epochs))
    return run


def test_the_summary_knows_which_way_is_better():
    run = with_history({"accuracy": [0.5, 0.9, 0.8], "loss": [2.0, 0.5, 0.7], "val_loss": [math.nan] * 3}, 3)
    assert run.summary()["metrics"] == {
        "accuracy": {"first": 0.5, "last": 0.8, "best": 0.9, "best_epoch": 2},
        "loss": {"first": 2.0, "last": 0.7, "best": 0.5, "best_epoch": 2},
        "val_loss": {"first": pytest.approx(math.nan, nan_ok=True), "last": pytest.approx(math.nan, nan_ok=True)}
        | {"best": None, "best_epoch": None},
    }
    assert is_higher_better("val_sparse_categorical_accuracy")
    assert not is_higher_better("val_mae")


def test_rarer_validation_is_placed_at_its_epochs():
    run = with_history({"loss": [1.0] * 6, "val_loss": [3.0, 2.0]}, 6, settings={"validation_freq": 3})
    assert run.epochs_of("val_loss") == [3, 6]
    assert run.summary()["metrics"]["val_loss"]["best_epoch"] == 6
    run.settings["validation_freq"] = [2, 5]
    assert run.epochs_of("val_loss") == [2, 5]
    run.settings["validation_freq"] = 2  # an interrupt came before the validation of epoch 6
    assert run.epochs_of("val_loss") == [2, 4]
    run.settings["validation_freq"] = 6  # a setting that does not explain what is there
    assert run.epochs_of("val_loss") == [5, 6]
    with pytest.raises(ArgumentError, match="Did you mean 'val_loss'"):
        run.epochs_of("val_los")


def test_the_markup_is_well_formed_and_escaped():
    run = with_history(
        {"loss": [3.0, 2.0, 1.0], "<b>": [1.0, 1.0, 1.0]},
        3,
        status="interrupted",
        message="<script>alert(1)</script>",
        engine_reason="a & b",
    )
    markup = run._repr_html_()
    ET.fromstring(markup)
    assert "<script" not in markup
    assert "&lt;b&gt;" in markup
    assert "<svg" in markup
    assert "#000" not in markup  # the page's own colour, dark or light


@pytest.mark.parametrize("values", [[], [1.0], [math.nan, math.inf, math.nan], [1.0, 1.0], [1, 2], [[1.0], [2.0]]])
def test_any_history_can_be_looked_at(values):
    run = with_history({"loss": values}, len(values))
    ET.fromstring(run._repr_html_())
    assert "\n" not in repr(run)
    run.summary()


def test_the_one_line():
    run = with_history({"loss": [3.0, 0.123456]}, 2)
    assert repr(run) == "<Run done: 2 epochs, compiled engine, loss 0.1235>"
