"""Lesson 1.4: backpropagation, number by number; how to check it, what it costs, and what gradients do to a network.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_4.chain import chain
from vitral.course.lessons.lesson_1_4.claims_checking import claim_bugs, claim_order, claim_silent, claim_step
from vitral.course.lessons.lesson_1_4.claims_gradient import (
    claim_cost,
    claim_differences,
    claim_finite,
    claim_fused,
    claim_jax,
    claim_paths,
)
from vitral.course.lessons.lesson_1_4.claims_learning import (
    claim_dead,
    claim_depth,
    claim_descent,
    claim_equal,
    claim_rate,
    claim_zeros,
)
from vitral.course.lessons.lesson_1_4.cost import cost
from vitral.course.lessons.lesson_1_4.depth import depth
from vitral.course.lessons.lesson_1_4.differences import check
from vitral.course.lessons.lesson_1_4.programs import bugs
from vitral.course.lessons.lesson_1_4.questions import (
    exercise_delta,
    exercise_programs,
    exercise_zero,
    predict_cost,
    predict_h,
    predict_paths,
    predict_rate,
    predict_silent,
    predict_zeros,
)
from vitral.course.lessons.lesson_1_4.routes import paths
from vitral.course.lessons.lesson_1_4.step import step
from vitral.course.lessons.lesson_1_4.symmetry import symmetry
from vitral.course.lessons.lesson_1_4.trace import trace
from vitral.course.lessons.lesson_1_4.worked import worked

LIVE = {
    "trace": trace,
    "chain": chain,
    "worked": worked,
    "paths": paths,
    "check": check,
    "bugs": bugs,
    "cost": cost,
    "step": step,
    "symmetry": symmetry,
    "depth": depth,
}
CLAIMS = {
    "differences": claim_differences,
    "jax": claim_jax,
    "fused": claim_fused,
    "paths": claim_paths,
    "cost": claim_cost,
    "finite": claim_finite,
    "step": claim_step,
    "order": claim_order,
    "bugs": claim_bugs,
    "silent": claim_silent,
    "descent": claim_descent,
    "rate": claim_rate,
    "zeros": claim_zeros,
    "equal": claim_equal,
    "dead": claim_dead,
    "depth": claim_depth,
}
PREDICTIONS = {
    "paths": predict_paths,
    "h": predict_h,
    "cost": predict_cost,
    "rate": predict_rate,
    "zeros": predict_zeros,
    "silent": predict_silent,
}
EXERCISES = {"delta": exercise_delta, "zero": exercise_zero, "programs": exercise_programs}
