"""Lesson 1.8: introduction to Keras. One network in three forms, what its methods return, and what goes wrong.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_8.claims import (
    claim_again,
    claim_bits,
    claim_compile,
    claim_evaluate,
    claim_few,
    claim_forms,
    claim_numpy,
    claim_save,
    claim_scale,
    claim_sigmoid,
    claim_softmax,
    claim_twice,
)
from vitral.course.lessons.lesson_1_8.inside import inside
from vitral.course.lessons.lesson_1_8.methods import methods
from vitral.course.lessons.lesson_1_8.mistakes import mistakes
from vitral.course.lessons.lesson_1_8.questions import (
    exercise_losses,
    exercise_shapes,
    exercise_small,
    predict_again,
    predict_forms,
    predict_softmax,
)
from vitral.course.lessons.lesson_1_8.race import race
from vitral.course.lessons.lesson_1_8.trainer import trainer

LIVE = {
    "trainer": trainer,
    "race": race,
    "methods": methods,
    "inside": inside,
    "mistakes": mistakes,
}
CLAIMS = {
    "forms": claim_forms,
    "numpy": claim_numpy,
    "bits": claim_bits,
    "evaluate": claim_evaluate,
    "again": claim_again,
    "compile": claim_compile,
    "save": claim_save,
    "softmax": claim_softmax,
    "twice": claim_twice,
    "sigmoid": claim_sigmoid,
    "scale": claim_scale,
    "few": claim_few,
}
PREDICTIONS = {"forms": predict_forms, "again": predict_again, "softmax": predict_softmax}
EXERCISES = {"losses": exercise_losses, "shapes": exercise_shapes, "small": exercise_small}
