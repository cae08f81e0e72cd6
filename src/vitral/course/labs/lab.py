"""What a lab is: tasks, each with the calls that are made of a student's function, and a judge of what came back.

Three things are kept apart, so that a teacher may run code that nobody trusts. A `Call` says what to compute, in plain
data, and is all that a student's process learns. An `Answer` is what came back, in plain data again. A task's `judge`
compares the two where the student's code never runs, and works out for itself what should have come. The same calls
and the same judge serve a student who checks a notebook and a teacher who grades a class.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# What calls and answers are made of: None, bool, int, float, str, lists of these, NumPy arrays of numbers, `ModelData`.
Data = Any


@dataclass(frozen=True, kw_only=True)
class Call:
    """One thing to compute with what a student wrote.

    `function` is called with `arguments`. Where `then` is given, the function has to return a function, which is called
    with the arguments of `then` (a loss that a builder of losses returned), and its value is the answer.
    """

    function: str
    arguments: tuple[Data, ...] = ()
    then: tuple[Data, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class ModelData:
    """A Keras model as data: what it is, its layers in order, and its weights.

    `kind` is "Sequential", "Functional" or "subclassed"; each layer is a mapping of "class", "name" and those of its
    settings that a lab may ask about (units, activation, regularizers as mappings, rates); `is_compiled` and
    `n_parameters` are Keras's; `weights` are the arrays in Keras's order.
    """

    kind: str
    layers: list[dict[str, Data]]
    is_compiled: bool
    n_parameters: int
    input_shape: list[int | None]
    weights: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one call gave: `value`, or what went wrong.

    `trouble` is None, or "missing" (no such function), "not callable" (the function returned something that cannot be
    called, and the call had a `then`), "raised", "not data" (a value that is no data), "timeout", "crash" or "refused";
    `message` is one line about it, in the words of Python, and `kind` the type of what was returned or raised.
    `printed` is the beginning of what was printed on the way, where a grader ran it.
    """

    value: Data = None
    trouble: str | None = None
    message: str = ""
    kind: str = ""
    printed: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a judge found of one task.

    `hint` is a key of the lab's hints ("" where there is nothing to say), `values` what its sentence has places for;
    `call` is the first call whose answer was wrong, `expected` and `got` are what should have come of it and what
    came, as short texts.
    """

    is_right: bool
    hint: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    call: Call | None = None
    expected: str = ""
    got: str = ""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task of a lab.

    `name` is "T1", "T2" ...; `function` what the student has to write; `title` by language. `draw` makes the calls,
    other ones for each generator; `judge` has one answer for each of these calls.
    """

    name: str
    function: str
    title: dict[str, str]
    draw: Callable[[np.random.Generator], list[Call]]
    judge: Callable[[list[Call], list[Answer]], Verdict]
    points: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Lab:
    """One lab: `number` ("1"), its tasks, the folder with its texts and starter, and how its submissions are run.

    `backend` is the Keras backend in a grader's process, "jax" or "tensorflow"; it is the latter where a submission
    imports TensorFlow and it is installed. `seconds` is how long one task may take there, its imports not counted.
    """

    number: str
    title: dict[str, str]
    tasks: tuple[Task, ...]
    folder: Path
    backend: str = "jax"
    seconds: float = 20.0
