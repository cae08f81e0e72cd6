"""Every example in a docstring runs and gives what it says, and every public name has one."""

import doctest
import importlib
import inspect
import pkgutil
import types

import pytest

import vitral

MODULES = [m.name for m in pkgutil.walk_packages(vitral.__path__, "vitral.") if not m.name.endswith("__main__")]
ROOMS = [
    *("", ".course", ".data", ".foundations", ".foundations.activations", ".foundations.initializers"),
    *(".foundations.losses", ".foundations.optimizers", ".foundations.schemes", ".losses", ".measures", ".networks"),
    *(".probes", ".report", ".runs", ".training", ".views", ".views.style", ".views.widgets"),
]
"""Where there are names to use from outside; `web` and `cli` are the command's."""


def names_of(room):
    """The public names of a room; of a module without a list of them, those that it defines."""
    module = importlib.import_module(f"vitral{room}")
    own = (name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
    return module, getattr(module, "__all__", None) or sorted(name for name in own if not name.startswith("_"))


PUBLIC = [(f"vitral{room}.{name}", getattr(module, name)) for room in ROOMS for module, names in [names_of(room)]
          for name in names]  # fmt: skip


def examples_of(value, name=None):
    """The examples of a module or a class by their places; of a class that is made when it is asked for, too."""
    home = value if isinstance(value, types.ModuleType) else importlib.import_module(value.__module__)
    return {test.name: test for test in doctest.DocTestFinder().find(value, name, home) if test.examples}


def place_of(value):
    return f"{value.__module__}.{value.__qualname__}"


CLASSES = {place_of(value): value for _, value in PUBLIC if inspect.isclass(value)}
EXAMPLES = {place: test for name in MODULES for place, test in examples_of(importlib.import_module(name)).items()}
for _place, _value in CLASSES.items():
    if _value.__module__.startswith("vitral"):
        EXAMPLES |= examples_of(_value, _place)


def is_exempt(value):
    """What needs no example of its own, and why."""
    return (
        isinstance(value, types.ModuleType)  # its names have theirs
        or (inspect.isclass(value) and issubclass(value, Exception | Warning))  # is raised, not called
        or isinstance(value, types.GenericAlias)  # another name for a type
        or not callable(value)  # a number, a text, a tuple
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name, capsys):
    failed = doctest.DocTestRunner(verbose=False).run(EXAMPLES[name]).failed
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize(("name", "value"), PUBLIC, ids=[name for name, _ in PUBLIC])
def test_public_names_are_documented(name, value):
    """By an example that is among those that run; an object that a catalogue holds, by its class's."""
    if isinstance(value, types.ModuleType) or inspect.isclass(value) or inspect.isroutine(value):
        assert (inspect.getdoc(value) or "").strip(), f"{name} has no docstring"
    if is_exempt(value):
        return
    one = inspect.unwrap(value) if inspect.isclass(value) or inspect.isroutine(inspect.unwrap(value)) else type(value)
    assert place_of(one) in EXAMPLES, f"{name} has no example: add one to the docstring of {place_of(one)}"


@pytest.mark.parametrize("name", CLASSES)
def test_methods_of_public_classes_are_documented(name):
    """A docstring of the base counts; what another package calls, as Keras its hooks, that package documents."""
    bases = inspect.getmro(CLASSES[name])
    theirs = {attribute for base in bases if not base.__module__.startswith("vitral") for attribute in vars(base)}
    without = [
        member.name
        for member in inspect.classify_class_attrs(CLASSES[name])
        if member.kind in ("method", "class method", "static method", "property")
        and not member.name.startswith("_")
        and member.name not in theirs
        and not inspect.getdoc(getattr(CLASSES[name], member.name))
    ]
    assert not without, f"{name} has no docstring for {', '.join(without)}"


def test_the_front_door_has_examples():
    assert {
        "vitral.training.fit.fit",
        "vitral.data.loading.load",
        "vitral.probes.Recorder",
        "vitral.training.tensorboard.TensorBoard",
    } <= set(EXAMPLES)
    assert len(PUBLIC) > 180
