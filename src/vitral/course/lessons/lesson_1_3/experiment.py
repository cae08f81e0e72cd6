"""Lesson 1.3: the multilayer perceptron. What layers of units can represent, what training finds of it, and the counts.

What the text names, by its names.
"""

from vitral.course.lessons.lesson_1_3.claims_drawing import (
    claim_count,
    claim_folds,
    claim_linear,
    claim_pieces,
    claim_random,
    claim_regions,
    claim_symmetry,
)
from vitral.course.lessons.lesson_1_3.claims_training import (
    claim_circles,
    claim_deep,
    claim_hidden,
    claim_stuck,
    claim_universal,
    claim_width,
    claim_xor,
)
from vitral.course.lessons.lesson_1_3.counting import count
from vitral.course.lessons.lesson_1_3.folds import folds
from vitral.course.lessons.lesson_1_3.forward import forward
from vitral.course.lessons.lesson_1_3.hidden import hidden
from vitral.course.lessons.lesson_1_3.playground import playground
from vitral.course.lessons.lesson_1_3.questions import (
    exercise_count,
    exercise_fold,
    exercise_xor,
    predict_circles,
    predict_linear,
    predict_pieces,
    predict_xor,
)
from vitral.course.lessons.lesson_1_3.waves import waves

LIVE = {
    "playground": playground,
    "forward": forward,
    "hidden": hidden,
    "count": count,
    "waves": waves,
    "folds": folds,
}
CLAIMS = {
    "circles": claim_circles,
    "hidden": claim_hidden,
    "count": claim_count,
    "linear": claim_linear,
    "width": claim_width,
    "universal": claim_universal,
    "pieces": claim_pieces,
    "folds": claim_folds,
    "random": claim_random,
    "regions": claim_regions,
    "symmetry": claim_symmetry,
    "xor": claim_xor,
    "stuck": claim_stuck,
    "deep": claim_deep,
}
PREDICTIONS = {
    "circles": predict_circles,
    "linear": predict_linear,
    "pieces": predict_pieces,
    "xor": predict_xor,
}
EXERCISES = {"count": exercise_count, "xor": exercise_xor, "fold": exercise_fold}
