"""The reading on logistic classification: from odds over the likelihood to the optimum, or to none.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_ref.chain import chain
from vitral.course.lessons.lesson_ref.claims_likelihood import (
    claim_coin,
    claim_odds_ratio,
    claim_same_thing,
    claim_underflow,
)
from vitral.course.lessons.lesson_ref.claims_loss import (
    claim_balance,
    claim_convex,
    claim_gradient,
    claim_not_convex,
    claim_rate_limit,
    claim_two_step_dance,
)
from vitral.course.lessons.lesson_ref.claims_optimum import (
    claim_at_infinity,
    claim_reaches_sklearn,
    claim_same_form,
    claim_softmax_of_two,
    claim_without_penalty,
)
from vitral.course.lessons.lesson_ref.convexity import segments
from vitral.course.lessons.lesson_ref.descent import descent
from vitral.course.lessons.lesson_ref.infinite import infinite
from vitral.course.lessons.lesson_ref.likelihood import four, underflow
from vitral.course.lessons.lesson_ref.odds import fit_by_hand, odds
from vitral.course.lessons.lesson_ref.peers import peers
from vitral.course.lessons.lesson_ref.questions import (
    exercise_good_enough,
    exercise_hump,
    exercise_three_points,
    predict_one_more,
    predict_ten_times,
    predict_too_long,
    predict_until_zero,
)
from vitral.course.lessons.lesson_ref.species import species
from vitral.course.lessons.lesson_ref.surprise import surprise

LIVE = {
    "fit_by_hand": fit_by_hand,
    "odds": odds,
    "four": four,
    "underflow": underflow,
    "surprise": surprise,
    "chain": chain,
    "segments": segments,
    "descent": descent,
    "species": species,
    "peers": peers,
    "infinite": infinite,
}
CLAIMS = {
    "odds_ratio": claim_odds_ratio,
    "underflow": claim_underflow,
    "same_thing": claim_same_thing,
    "coin": claim_coin,
    "gradient": claim_gradient,
    "balance": claim_balance,
    "convex": claim_convex,
    "not_convex": claim_not_convex,
    "rate_limit": claim_rate_limit,
    "two_step_dance": claim_two_step_dance,
    "softmax_of_two": claim_softmax_of_two,
    "same_form": claim_same_form,
    "reaches_sklearn": claim_reaches_sklearn,
    "without_penalty": claim_without_penalty,
    "at_infinity": claim_at_infinity,
}
PREDICTIONS = {
    "one_more": predict_one_more,
    "until_zero": predict_until_zero,
    "too_long": predict_too_long,
    "ten_times": predict_ten_times,
}
EXERCISES = {
    "three_points": exercise_three_points,
    "good_enough": exercise_good_enough,
    "hump": exercise_hump,
}
