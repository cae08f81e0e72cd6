"""Lab 1: reference solutions get full marks, each wrong one is told what is wrong with it, and nothing else."""

import importlib
import inspect
import warnings
from itertools import pairwise

import numpy as np
import pytest
import wrong_losses
import wrong_models

from vitral import keras
from vitral.course.labs.catalogue import find_lab
from vitral.course.labs.feedback import Feedback, hints_of
from vitral.course.labs.lab import Answer, Call, ModelData
from vitral.course.labs.lab1 import loss, models
from vitral.course.labs.performing import perform

LAB = find_lab("1")
TASKS = {task.name: task for task in LAB.tasks}
WRONG = {
    "T1": wrong_models.BASIC,
    "T2": wrong_models.L2,
    "T3": wrong_models.L1L2,
    "T4": wrong_losses.WRONG,
}


def verdict_of(task, function, seed=0):
    """What the judge says of a function; Keras's own warnings about it are no fault."""
    if inspect.isfunction(function):
        function.__qualname__ = task.function  # as the student's is called, in what Python says about its parameters
    calls = task.draw(np.random.default_rng(seed))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answers = [perform({task.function: function}, call) for call in calls]
    return task.judge(calls, answers)


def cases():
    """Every wrong solution: the first for its hint on every change, the others with the slow tests."""
    for name, wrong in WRONG.items():
        seen = set()
        for what, hint, function in wrong:
            marks = [pytest.mark.slow] if hint in seen else []
            seen.add(hint)
            yield pytest.param(name, hint, function, id=f"{name} {what}", marks=marks)


@pytest.mark.parametrize("solution", ["reference_keras", "reference_mixed"])
@pytest.mark.parametrize("name", TASKS)
def test_reference_solutions_are_right(solution, name):
    module = importlib.import_module(solution)
    verdict = verdict_of(TASKS[name], getattr(module, TASKS[name].function))
    assert verdict.is_right, verdict


@pytest.mark.slow
@pytest.mark.parametrize("solution", ["reference_keras", "reference_mixed"])
def test_reference_solutions_are_right_on_many_drawn_inputs(solution):
    module = importlib.import_module(solution)
    for name, times in (("T1", 2), ("T2", 2), ("T3", 2), ("T4", 60)):
        for seed in range(times):
            assert verdict_of(TASKS[name], getattr(module, TASKS[name].function), seed).is_right, (name, seed)


@pytest.mark.parametrize(("name", "hint", "function"), list(cases()))
def test_a_wrong_solution_gets_its_hint(name, hint, function):
    verdict = verdict_of(TASKS[name], function)
    assert not verdict.is_right
    assert verdict.hint == hint, verdict
    for language in ("es", "en"):
        text = str(Feedback(lab=LAB, task=TASKS[name], verdict=verdict, language=language))
        assert "{" not in text.replace("{}", ""), text
        assert len(text) < 2500


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_losss_hints_do_not_depend_on_what_was_drawn(seed):
    for what, hint, function in wrong_losses.WRONG:
        assert verdict_of(TASKS["T4"], function, seed).hint == hint, what


def test_there_are_at_least_twelve_wrong_ones_for_each_task():
    assert all(len(wrong) >= 12 for wrong in WRONG.values())


def test_every_hint_of_the_lab_is_tried():
    tried = {hint for wrong in WRONG.values() for _, hint, _ in wrong}
    own = hints_of(LAB.folder).keys() - hints_of(LAB.folder.parent).keys()
    # What a model can hardly have by accident is tried with made-up data, below.
    assert own - tried == {"parameters"}
    assert tried <= hints_of(LAB.folder).keys()


# ---------------------------------------------------------------- against independent truths


def test_the_number_of_parameters_is_the_published_one():
    assert models.n_parameters(784, 10) == 111_514
    reference = importlib.import_module("reference_keras")
    assert reference.get_basic_model(784, 10).count_params() == 111_514
    assert reference.get_basic_model(37, 4).count_params() == models.n_parameters(37, 4)


def test_the_expected_loss_is_kerass_where_all_weights_are_equal():
    rng = np.random.default_rng(3)
    for call in TASKS["T4"].draw(rng):
        y, p = call.then
        ones = np.ones(y.shape[1])
        ours = loss._right(ones, *np.asarray((y, p), np.float64))
        assert ours == pytest.approx(float(np.mean(keras.losses.categorical_crossentropy(y, p))), rel=1e-5)


def test_the_expected_loss_by_hand():
    """Two rows, of classes 1 and 3, and their weights: (2·ln 4 + 5·ln 2) / 2."""
    w, y = np.array([1.0, 2.0, 5.0]), np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    p = np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    assert loss._right(w, y, p) == pytest.approx((2 * np.log(4) + 5 * np.log(2)) / 2)
    zero = loss._right(np.ones(2), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert zero == pytest.approx(-np.log(1e-7))


def test_inputs_are_fresh_and_zeros_are_among_them():
    draws = [[np.concatenate([c.arguments[0], *(a.ravel() for a in c.then)]) for c in TASKS["T4"].draw(g)]
             for g in map(np.random.default_rng, range(3))]  # fmt: skip
    assert not any(a.shape == b.shape and np.array_equal(a, b) for a, b in zip(*draws[:2], strict=True))
    for draw in draws:
        assert any((numbers == 0).any() for numbers in draw)
    for seed in range(20):
        for call in TASKS["T4"].draw(np.random.default_rng(seed)):
            y, p = call.then
            assert np.allclose(y.sum(axis=1), 1, atol=1e-6)
            assert np.allclose(p.sum(axis=1), 1, atol=1e-6)
            assert (call.arguments[0] > 0).all()
        truly = TASKS["T4"].draw(np.random.default_rng(seed))[2]
        assert ((truly.then[0] == 1) & (truly.then[1] == 0)).any(), "a true class without any probability"
    sizes = {call.arguments for seed in range(5) for call in TASKS["T1"].draw(np.random.default_rng(seed))}
    assert len(sizes) == 11
    assert (784, 10) in sizes


@pytest.mark.parametrize(("error", "is_right"), [(0.0, True), (4e-4, True), (-9e-4, True), (2e-3, False)])
def test_three_decimals_are_asked_for(error, is_right):
    calls = TASKS["T4"].draw(np.random.default_rng(0))
    answers = [Answer(value=loss._expected(call) + error, kind="function") for call in calls]
    assert TASKS["T4"].judge(calls, answers).is_right == is_right


# ---------------------------------------------------------------- answers that no honest student gives


def right_answer(call, **changed):
    d, k = call.arguments
    sizes = [d, *models.HIDDEN, k]
    layers = [
        {"class": "Dense", "name": f"d{n}", "units": n, "activation": "relu" if n != k else "softmax", "use_bias": True}
        for n in sizes[1:]
    ]
    weights = [a for n, m in pairwise(sizes) for a in (np.zeros((n, m)), np.zeros(m))]
    data = {"kind": "Sequential", "layers": layers, "is_compiled": False, "n_parameters": models.n_parameters(d, k),
            "input_shape": [None, d], "weights": weights}  # fmt: skip
    return Answer(value=ModelData(**(data | changed)), kind="Sequential")


def test_a_model_as_data_is_judged_without_keras():
    calls = TASKS["T1"].draw(np.random.default_rng(5))
    assert TASKS["T1"].judge(calls, [right_answer(call) for call in calls]).is_right


@pytest.mark.parametrize(
    "changed",
    [
        {"n_parameters": 3},
        {"weights": []},
        {"weights": [np.zeros((2, 2))] * 10},
    ],
)
def test_what_does_not_add_up_is_not_right(changed):
    calls = TASKS["T1"].draw(np.random.default_rng(5))
    verdict = TASKS["T1"].judge(calls, [right_answer(call, **changed) for call in calls])
    assert (verdict.is_right, verdict.hint) == (False, "parameters")


@pytest.mark.parametrize("name", ["T1", "T2", "T3", "T4"])
@pytest.mark.parametrize(
    "value",
    [
        None, True, 7, float("nan"), "x" * 10_000, [], [[1, 2], [3]], np.zeros((0, 3)), np.array(["a"]), [None],
        ModelData(kind="Sequential", layers=[{}], is_compiled=False, n_parameters=0, input_shape=[]),
        ModelData(kind="Sequential", layers=[{"class": "Dense"}], is_compiled=False, n_parameters=0, input_shape=[]),
        ModelData(
            kind="Sequential", is_compiled=False, n_parameters=0, input_shape=[None, "784"],
            layers=[{"class": "Dense", "units": [1], "activation": None, "kernel_regularizer": "l2"}] * 5,
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_judge_survives_any_data(name, value):
    task = TASKS[name]
    calls = task.draw(np.random.default_rng(0))
    verdict = task.judge(calls, [Answer(value=value, kind="`what`\x1b[2J")] * len(calls))
    assert not verdict.is_right
    text = str(Feedback(lab=LAB, task=task, verdict=verdict, language="es"))
    assert "\x1b" not in text
    assert len(text) < 2500


@pytest.mark.parametrize("trouble", ["missing", "timeout", "crash", "refused", "not data", "raised"])
def test_every_trouble_has_its_words(trouble):
    task = TASKS["T4"]
    calls = task.draw(np.random.default_rng(0))
    answers = [Answer(trouble=trouble, message="TypeError: no", kind="TypeError")] * len(calls)
    verdict = task.judge(calls, answers)
    assert verdict.hint == trouble.replace(" ", "_")
    assert verdict.call == Call(function=task.function, arguments=calls[0].arguments, then=calls[0].then)
