"""Lesson 1.7: overfitting. When a network memorises instead of learning, and four ways to prevent it.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_7.arriving import arriving
from vitral.course.lessons.lesson_1_7.claims_capacity import (
    claim_data,
    claim_double,
    claim_gap,
    claim_nested,
    claim_networks,
    claim_noise,
    claim_tamed,
    claim_valley,
)
from vitral.course.lessons.lesson_1_7.claims_penalties import (
    claim_compared,
    claim_descent,
    claim_dropout,
    claim_l2,
    claim_lasso,
    claim_lasso_helps,
    claim_logistic,
    claim_reported,
    claim_ridge,
    claim_shrinks,
    claim_sign,
)
from vitral.course.lessons.lesson_1_7.claims_stopping import (
    claim_early,
    claim_minima,
    claim_ridge_like,
    claim_rules,
    claim_test,
)
from vitral.course.lessons.lesson_1_7.costs import costs
from vitral.course.lessons.lesson_1_7.fitting import fit
from vitral.course.lessons.lesson_1_7.gaps import gaps
from vitral.course.lessons.lesson_1_7.logistic import logistic
from vitral.course.lessons.lesson_1_7.questions import (
    exercise_patience,
    exercise_shrink,
    exercise_tame,
    predict_degree,
    predict_double,
    predict_rise,
    predict_zeros,
)
from vitral.course.lessons.lesson_1_7.remedies import remedies
from vitral.course.lessons.lesson_1_7.shrinking import shrinking
from vitral.course.lessons.lesson_1_7.stopping import stopping
from vitral.course.lessons.lesson_1_7.widths import widths

LIVE = {
    "fit": fit,
    "gaps": gaps,
    "widths": widths,
    "stopping": stopping,
    "costs": costs,
    "shrinking": shrinking,
    "arriving": arriving,
    "logistic": logistic,
    "remedies": remedies,
}
CLAIMS = {
    "nested": claim_nested,
    "gap": claim_gap,
    "valley": claim_valley,
    "data": claim_data,
    "noise": claim_noise,
    "double": claim_double,
    "tamed": claim_tamed,
    "networks": claim_networks,
    "early": claim_early,
    "test": claim_test,
    "minima": claim_minima,
    "rules": claim_rules,
    "ridge-like": claim_ridge_like,
    "descent": claim_descent,
    "shrinks": claim_shrinks,
    "ridge": claim_ridge,
    "lasso": claim_lasso,
    "sign": claim_sign,
    "lasso-helps": claim_lasso_helps,
    "logistic": claim_logistic,
    "l2": claim_l2,
    "reported": claim_reported,
    "dropout": claim_dropout,
    "compared": claim_compared,
}
PREDICTIONS = {
    "degree": predict_degree,
    "double": predict_double,
    "rise": predict_rise,
    "zeros": predict_zeros,
}
EXERCISES = {"patience": exercise_patience, "shrink": exercise_shrink, "tame": exercise_tame}
