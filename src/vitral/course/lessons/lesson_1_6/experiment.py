"""Lesson 1.6: training schemes. How many rows to look at before a step, and what that does to rate, noise and time.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_6.claims_noise import (
    claim_agree,
    claim_converges,
    claim_floor,
    claim_half,
    claim_linear,
    claim_mean,
    claim_minima,
    claim_noise,
    claim_order,
    claim_sum,
)
from vitral.course.lessons.lesson_1_6.claims_rates import (
    claim_best_rate,
    claim_bound,
    claim_epochs,
    claim_falls,
    claim_rises,
    claim_same_rate,
    claim_step,
    claim_ticks,
    claim_updates,
)
from vitral.course.lessons.lesson_1_6.clock import clock
from vitral.course.lessons.lesson_1_6.floor import floor
from vitral.course.lessons.lesson_1_6.noise import noise
from vitral.course.lessons.lesson_1_6.paths import paths
from vitral.course.lessons.lesson_1_6.questions import (
    exercise_budget,
    exercise_count,
    exercise_noise,
    predict_epochs,
    predict_minima,
    predict_noise,
    predict_rates,
)
from vitral.course.lessons.lesson_1_6.race import race
from vitral.course.lessons.lesson_1_6.rates import rates
from vitral.course.lessons.lesson_1_6.scale import scale
from vitral.course.lessons.lesson_1_6.worked import worked

LIVE = {
    "paths": paths,
    "worked": worked,
    "scale": scale,
    "noise": noise,
    "race": race,
    "clock": clock,
    "rates": rates,
    "floor": floor,
}
CLAIMS = {
    "mean": claim_mean,
    "sum": claim_sum,
    "linear": claim_linear,
    "noise": claim_noise,
    "half": claim_half,
    "agree": claim_agree,
    "same-rate": claim_same_rate,
    "best-rate": claim_best_rate,
    "epochs": claim_epochs,
    "updates": claim_updates,
    "ticks": claim_ticks,
    "step": claim_step,
    "rises": claim_rises,
    "falls": claim_falls,
    "bound": claim_bound,
    "floor": claim_floor,
    "converges": claim_converges,
    "order": claim_order,
    "minima": claim_minima,
}
PREDICTIONS = {
    "epochs": predict_epochs,
    "noise": predict_noise,
    "rates": predict_rates,
    "minima": predict_minima,
}
EXERCISES = {"count": exercise_count, "noise": exercise_noise, "budget": exercise_budget}
