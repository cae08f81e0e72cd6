"""What the lesson's pictures have in common: the line that each mistake turns, its numbers, a frame around points.

Letters: N samples, F frames.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_2.trainings import sides, trajectory
from vitral.foundations import PerceptronTraining
from vitral.views.widgets import Limits, Line

MOST_FRAMES = 80  # a player's frames, so that it is soon through


def chosen_frames(count: int, most: int = MOST_FRAMES) -> np.ndarray:
    """Which of `count` moments to show: all of them, or `most` from first to last."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def limits_of(x: np.ndarray) -> Limits:
    """A frame around points (N, 2), with a tenth of their range free on each side."""
    low, high = x.min(axis=0), x.max(axis=0)
    free = 0.1 * (high - low)
    (left, bottom), (right, top) = low - free, high + free
    return left, right, bottom, top


def class_names(words: Mapping[str, str]) -> tuple[str, str]:
    """The names of both classes, where they are no species."""
    return words["class0"], words["class1"]


def moving(
    training: PerceptronTraining, x: np.ndarray, t: np.ndarray, frames: np.ndarray, words: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of a Boundary that move: each correction's line, the one before, its point, and who is wrong then.

    Args:
        frames: (F,) the numbers of corrections made, 0 for none yet.
    """
    weights = trajectory(training)
    rows = np.array([-1, *(c.row for c in training.corrections)])
    before = weights[np.maximum(frames - 1, 0)]
    return {
        "frames": len(frames),
        "highlight": rows[frames],
        "wrong": sides(weights[frames], x, t) <= 0,
        "lines": [
            Line(w=before[:, :2], b=before[:, 2], role="neutral", name=words["before"]),
            Line(w=weights[frames, :2], b=weights[frames, 2], role="accent", name=words["now"]),
        ],
    }


def weight_items(weights: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """The numbers of a line for a Readout; weights (F, 3), the bias last."""
    return [("w₁", weights[:, 0]), ("w₂", weights[:, 1]), ("b", weights[:, 2])]
