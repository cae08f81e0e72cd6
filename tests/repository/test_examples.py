"""Every example in a docstring runs and gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import vitral

MODULES = [m.name for m in pkgutil.walk_packages(vitral.__path__, "vitral.") if not m.name.endswith("__main__")]
EXAMPLES = [
    pytest.param(test, id=test.name)
    for name in MODULES
    for test in doctest.DocTestFinder().find(importlib.import_module(name))
    if test.examples
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example, capsys):
    failed = doctest.DocTestRunner(verbose=False).run(example).failed
    assert not failed, capsys.readouterr().out


def test_the_front_door_has_examples():
    assert {"vitral.training.fit.fit", "vitral.data.loading.load"} <= {p.id for p in EXAMPLES}
