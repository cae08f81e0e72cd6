"""Rosenblatt's rule on points that a reader places, live: the line that each mistake turns, and the sums behind it.

    if s·(w·x + b) ≤ 0:   w ← w + η s x,   b ← b + η s          (Rosenblatt, 1958)

with s = +1 for a row of class 1, -1 for one of class 0.

Letters: N samples, S presentations.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_1_2.pictures import MOST_FRAMES, class_names, moving, weight_items
from vitral.course.lessons.lesson_1_2.trainings import is_separable, sides, trajectory
from vitral.course.numbers import num, signed, vector
from vitral.foundations import Perceptron, novikoff_bound
from vitral.training import Task
from vitral.views.widgets import Boundary, Button, Drawing, Hidden, Line, Note, Panel, Readout, Slider, Steps

# Where the first panel starts: two groups that a line can separate, with room for more points.
FIRST_POINTS = (
    (-2.5, -2.0, 1), (1.5, -1.5, 0), (-2.5, 0.0, 1), (-0.5, 3.0, 1), (2.0, 2.5, 0), (-3.0, 1.5, 1),
    (2.5, 3.0, 0), (-1.5, 2.5, 1), (-1.5, -3.0, 0), (-2.5, -1.0, 1), (1.5, -2.5, 0), (0.5, -0.5, 0),
)  # fmt: skip
WORKED_POINTS = ((2, 1, 1), (1, 3, 0), (3, 1, 1), (-1, 1, 0))


def turning(words: Mapping[str, str], language: str) -> Panel:
    """Points that a reader clicks in and out, and the line that each mistake turns."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = read_points(values["points"])
        picture = _clicked(x, t, words)
        if len(set(t.tolist())) < 2:
            return [Boundary(**picture), Note(text=words["both"], tone="warning")]
        order = np.random.default_rng(values["order"]).permutation(len(x)) if values["order"] else np.arange(len(x))
        training = Perceptron(order=order.tolist(), max_epochs=200).fit(x, t)
        task.check()
        frames = np.arange(min(training.n_mistakes + 1, MOST_FRAMES))
        separable = training.converged or is_separable(x, t)
        limit, n = str(int(novikoff_bound(x, t).mistakes)) if separable else "∞", training.n_mistakes
        cut = "" if n < MOST_FRAMES else " " + words["cut"].format(n=MOST_FRAMES - 1)
        if training.converged:
            in_all, note = str(n), Note(text=words["done"].format(n=n) + cut, tone="good", wide=True)
        elif separable:
            in_all, note = f"> {n}", Note(text=words["long"].format(n=n) + cut, wide=True)
        else:
            in_all, note = "∞", Note(text=words["never"], tone="warning", wide=True)
        weights = trajectory(training)[frames]
        items = [(words["mistakes"], frames), (words["in_all"], in_all), (words["bound"], limit)]
        corrections = training.corrections[: len(frames) - 1]
        return [
            Boundary(**picture, **moving(training, x, t, frames, words)),
            Steps(
                title=words["steps"],
                alt=words["steps_alt"],
                frames=len(frames),
                lines=[_start_line(weights[0]), *(_sum_line(c.before, x[c.row], t[c.row], 1.0) for c in corrections)],
            ),
            Readout(items=[*items, *weight_items(weights)], frames=len(frames), wide=True),
            note,
        ]

    return Panel(
        compute,
        controls=[
            Hidden(name="points", value=[list(p) for p in FIRST_POINTS]),
            Button(name="order", label=words["order"], hint=words["order_hint"]),
            Button(name="again", label=words["again"], resets=("points", "order")),
        ],
        language=language,
        label=words["label"],
        player={"fps": 2, "start": "last", "autoplay": True},
    )


def worked(words: Mapping[str, str], language: str) -> Panel:
    """The rule with whole numbers, a line for each point that is presented."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        x, t = read_points(values["points"], decimals=0, bound=4)
        picture = _clicked(x, t, words)
        if not len(x):
            return [Boundary(**picture), Note(text=words["none"], tone="warning")]
        start = np.array([values["w1"], values["w2"], values["b"]], dtype=np.float64)
        lines, weights, rows = worked_lines(x, t, start, values["rate"], words)
        task.check()
        return [
            Boundary(
                **picture,
                frames=len(lines),
                highlight=rows,
                wrong=sides(weights, x, t) <= 0,
                lines=[Line(w=weights[:, :2], b=weights[:, 2])],
            ),
            Steps(title=words["title"], lines=lines, frames=len(lines), alt=words["steps_alt"]),
        ]

    return Panel(
        compute,
        controls=[
            Hidden(name="points", value=[list(p) for p in WORKED_POINTS]),
            Slider(name="rate", label=words["rate"], value=1.0, low=0.5, high=4.0, step=0.5),
            Slider(name="w1", label=words["w1"], value=0, low=-3, high=3, step=1),
            Slider(name="w2", label=words["w2"], value=0, low=-3, high=3, step=1),
            Slider(name="b", label=words["b"], value=0, low=-3, high=3, step=1),
        ],
        language=language,
        label=words["label"],
        player={"fps": 1, "start": 2},  # so far the text has worked it out
    )


def read_points(value: Any, *, decimals: int = 1, bound: float = 10.0) -> tuple[np.ndarray, np.ndarray]:
    """What a reader has clicked, rounded: x (N, 2) and classes (N,), without what is no point."""
    rows = [p for p in value if isinstance(p, list | tuple) and len(p) == 3 and not any(isinstance(v, list) for v in p)]
    rows = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return np.round(np.clip(rows[:, :2], -bound, bound), decimals), (rows[:, 2] > 0.5).astype(np.int64)


def worked_lines(
    x: np.ndarray, t: np.ndarray, start: np.ndarray, rate: float, words: Mapping[str, str], most: int = 24
) -> tuple[list[list[tuple[str, str]]], np.ndarray, np.ndarray]:
    """The calculation in words: a line for each presentation, the weights after it (S, 3) and the row presented (S,).

    The first line shows the start; at most `most` lines, until a whole pass without a mistake.
    """
    w, lines, weights, rows, clean = start, [_start_line(start)], [start], [-1], 0
    for number in range(most - 1):
        row = number % len(x)
        s, inputs = (1 if t[row] else -1), np.append(x[row], 1.0)
        z = float(w @ inputs)
        sum_text = " + ".join(f"{signed(a)}·{signed(v)}" for a, v in zip(w[:2], x[row], strict=True))
        line = [(f"x = {vector(x[row])}, s = {'+1' if s > 0 else '−1'}", f"class{t[row]}")]
        line.append((f":  z = {sum_text} + {signed(w[2])} = {num(z)}  →  ", ""))
        if s * z > 0:
            line.append((words["fine"], "right"))
            clean += 1
        else:
            line += [(words["mistake"], "wrong"), (":  ", ""), *_sum_line(w, x[row], t[row], rate)]
            w, clean = w + rate * s * inputs, 0
        lines.append(line)
        weights.append(w)
        rows.append(row)
        if clean == len(x):
            lines[-1].append((f".  {words['finished']}", "right"))
            break
    return lines, np.array(weights), np.array(rows)


def _clicked(x: np.ndarray, t: np.ndarray, words: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a Boundary whose points a reader changes."""
    return {
        "points": x,
        "labels": t,
        "limits": (-4.0, 4.0, -4.0, 4.0),
        "edits": "points",
        "classes": class_names(words),
        "alt": words["alt"],
    }


def _start_line(weights: np.ndarray) -> list[tuple[str, str]]:
    return [(f"(w₁, w₂, b) = {vector(weights)}", "accent")]


def _sum_line(w: np.ndarray, x: np.ndarray, label: int, rate: float) -> list[tuple[str, str]]:
    """A correction in numbers: w + η s x = what comes out."""
    s, inputs = (1 if label else -1), np.append(x, 1.0)
    step = "" if rate == 1 else f"{num(rate)}·"
    return [
        (f"{vector(w)} {'+' if s > 0 else '−'} {step}", ""),
        (vector(inputs), f"class{int(label)}"),
        (" = ", ""),
        (vector(w + rate * s * inputs), "accent"),
    ]
