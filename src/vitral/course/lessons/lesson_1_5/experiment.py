"""Lesson 1.5: activation functions, their slopes, what a network learns with them, and softmax.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_5.claims_functions import (
    claim_confidently_wrong,
    claim_derivatives,
    claim_fused,
    claim_jacobian,
    claim_not_monotone,
    claim_shift,
    claim_stable,
    claim_steepest,
)
from vitral.course.lessons.lesson_1_5.claims_learning import (
    claim_confidence,
    claim_dying,
    claim_half_off,
    claim_kink_never_met,
    claim_quarter,
    claim_ranking,
    claim_same_function,
    claim_saturated_start,
    claim_self_normalising,
    claim_who_learns,
)
from vitral.course.lessons.lesson_1_5.confident import confident
from vitral.course.lessons.lesson_1_5.depth import layers
from vitral.course.lessons.lesson_1_5.overflow import overflow
from vitral.course.lessons.lesson_1_5.questions import (
    exercise_scores_for,
    exercise_sigmoid_as_tanh,
    exercise_slopes_from_outputs,
    predict_decided,
    predict_ten_layers,
    predict_times_ten,
    predict_too_fast,
    predict_twins,
    predict_where_it_ends,
)
from vitral.course.lessons.lesson_1_5.race import race
from vitral.course.lessons.lesson_1_5.scores import three_scores
from vitral.course.lessons.lesson_1_5.slopes import catalogue, compare, worked

LIVE = {
    "compare": compare,
    "worked": worked,
    "catalogue": catalogue,
    "race": race,
    "three_scores": three_scores,
    "overflow": overflow,
    "confident": confident,
    "layers": layers,
}
CLAIMS = {
    "derivatives": claim_derivatives,
    "steepest": claim_steepest,
    "not_monotone": claim_not_monotone,
    "same_function": claim_same_function,
    "quarter": claim_quarter,
    "who_learns": claim_who_learns,
    "ranking": claim_ranking,
    "jacobian": claim_jacobian,
    "shift": claim_shift,
    "stable": claim_stable,
    "fused": claim_fused,
    "confidently_wrong": claim_confidently_wrong,
    "self_normalising": claim_self_normalising,
    "half_off": claim_half_off,
    "dying": claim_dying,
    "kink_never_met": claim_kink_never_met,
    "saturated_start": claim_saturated_start,
    "confidence": claim_confidence,
}
PREDICTIONS = {
    "ten_layers": predict_ten_layers,
    "twins": predict_twins,
    "where_it_ends": predict_where_it_ends,
    "too_fast": predict_too_fast,
    "decided": predict_decided,
    "times_ten": predict_times_ten,
}
EXERCISES = {
    "slopes_from_outputs": exercise_slopes_from_outputs,
    "scores_for": exercise_scores_for,
    "sigmoid_as_tanh": exercise_sigmoid_as_tanh,
}
