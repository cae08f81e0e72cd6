"""Trainings that hypothesis makes up are Keras's to the last bit: about 30 on every change, 200 in `make test-all`."""

import pytest
from comparing import check_same
from generated import arguments, build, specs
from hypothesis import HealthCheck, Phase, given, settings

from vitral.training import programs


def _compare(max_examples):
    """Compare so many made-up trainings; each must run in the compiled engine (`check_same` sees to it)."""
    n_compared = 0
    before = programs.counts.dispatches

    @settings(
        max_examples=max_examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(specs())
    def compare(spec):
        nonlocal n_compared
        check_same(lambda: build(spec), lambda: arguments(spec))
        n_compared += 1

    compare()
    print(f"{n_compared} trainings compared, {programs.counts.dispatches - before} dispatches of the compiled engine")
    assert n_compared >= max_examples
    assert programs.counts.dispatches - before >= n_compared


@pytest.mark.filterwarnings("ignore:batch_size is more than there are rows:vitral._errors.VitralWarning")
def test_four_generated_trainings():
    _compare(4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:batch_size is more than there are rows:vitral._errors.VitralWarning")
def test_two_hundred_generated_trainings():
    _compare(200)
