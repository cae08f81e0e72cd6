"""Lesson 1.2: Rosenblatt's rule, how many mistakes it makes, when it never ends; and a sigmoid unit beside it.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_2.claims_perceptron import (
    claim_bound,
    claim_order,
    claim_points,
    claim_rate,
    claim_sepals,
    claim_sklearn,
    claim_starts,
    claim_worse,
    claim_xor,
)
from vitral.course.lessons.lesson_1_2.claims_sigmoid import (
    claim_convex,
    claim_large_rate,
    claim_margin,
    claim_norm,
    claim_restless,
)
from vitral.course.lessons.lesson_1_2.cycle import cycle
from vitral.course.lessons.lesson_1_2.descent import margins, sigmoid
from vitral.course.lessons.lesson_1_2.mistakes import bound, iris
from vitral.course.lessons.lesson_1_2.questions import (
    exercise_first,
    exercise_limit,
    exercise_slow,
    predict_large,
    predict_points,
    predict_rate,
    predict_xor,
)
from vitral.course.lessons.lesson_1_2.rule import turning, worked

LIVE = {
    "turning": turning,
    "worked": worked,
    "bound": bound,
    "iris": iris,
    "cycle": cycle,
    "sigmoid": sigmoid,
    "margins": margins,
}
CLAIMS = {
    "bound": claim_bound,
    "points": claim_points,
    "sklearn": claim_sklearn,
    "rate": claim_rate,
    "order": claim_order,
    "sepals": claim_sepals,
    "worse": claim_worse,
    "xor": claim_xor,
    "starts": claim_starts,
    "convex": claim_convex,
    "large-rate": claim_large_rate,
    "restless": claim_restless,
    "margin": claim_margin,
    "norm": claim_norm,
}
PREDICTIONS = {"points": predict_points, "rate": predict_rate, "xor": predict_xor, "large": predict_large}
EXERCISES = {"first": exercise_first, "slow": exercise_slow, "limit": exercise_limit}
