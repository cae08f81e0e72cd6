"""Lesson 1.1: what one threshold unit decides, why it cannot decide XOR, and how rare what it can is.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_1.claims import (
    claim_any,
    claim_bias,
    claim_counts,
    claim_distance,
    claim_gates,
    claim_majority,
    claim_network,
    claim_scale,
    claim_search,
    claim_xor,
)
from vitral.course.lessons.lesson_1_1.counting import lottery
from vitral.course.lessons.lesson_1_1.layers import network
from vitral.course.lessons.lesson_1_1.proof import certificate
from vitral.course.lessons.lesson_1_1.questions import (
    exercise_majority,
    exercise_rule,
    exercise_xor,
    predict_four,
    predict_sixteen,
)
from vitral.course.lessons.lesson_1_1.sums import cinema, scale, unit

LIVE = {
    "unit": unit,
    "cinema": cinema,
    "scale": scale,
    "certificate": certificate,
    "network": network,
    "lottery": lottery,
}
CLAIMS = {
    "gates": claim_gates,
    "bias": claim_bias,
    "scale": claim_scale,
    "distance": claim_distance,
    "xor": claim_xor,
    "search": claim_search,
    "network": claim_network,
    "any": claim_any,
    "counts": claim_counts,
    "majority": claim_majority,
}
PREDICTIONS = {"sixteen": predict_sixteen, "four": predict_four}
EXERCISES = {"rule": exercise_rule, "majority": exercise_majority, "xor": exercise_xor}
