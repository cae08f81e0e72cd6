"""The chain rule on one point, live and line by line: ∂L/∂p · ∂p/∂z = p - t, and the same slope by differences."""

from collections.abc import Mapping
from typing import Any

from vitral.course.numbers import fixed, num, signed
from vitral.foundations import losses
from vitral.foundations.activations import sigmoid
from vitral.training import Task
from vitral.views.widgets import Drawing, Menu, Panel, Slider, Steps


def chain(words: Mapping[str, str], language: str) -> Panel:
    """One point through the chain rule, line by line, and the same slope by differences."""

    def compute(values: dict[str, Any], _task: Task) -> list[Drawing]:
        x, t, w, b = values["x"], int(values["t"]), values["w"], values["b"]
        z = w * x + b
        p = float(sigmoid.value(z))
        q = float(sigmoid.value(-z))  # 1 - p, with all its digits

        def loss(weight: float) -> float:
            at = weight * x + b
            return float(losses.sigmoid_cross_entropy.value([at], [t]))

        h = 1e-5
        numeric = (loss(w + h) - loss(w - h)) / (2 * h)
        outer = -1 / p if t else 1 / q
        lines = [
            [(f"z = w x + b = {num(w, 4)} · {signed(x, 4)} + {signed(b, 4)} = {fixed(z, 4)}", "")],
            [("p = σ(z) = ", ""), (fixed(p, 6), "accent")],
            [(f"L = {'−ln p' if t else '−ln(1 − p)'} = {fixed(loss(w), 6)}", "")],
            [("∂L/∂p = (p − t) / (p (1 − p)) = ", ""), (num(outer), "a")],
            [("∂p/∂z = p (1 − p) = ", ""), (num(p * q), "b")],
            [
                ("∂L/∂z = ", ""),
                (num(outer, 5), "a"),
                (" · ", ""),
                (num(p * q, 5), "b"),
                (" = p − t = ", ""),
                (fixed(outer * p * q, 6), "accent"),
            ],
            [(f"∂L/∂w = (p − t) x = {fixed((p - t) * x, 6)},  ∂L/∂b = p − t = {fixed(p - t, 6)}", "")],
            [(f"[L(w + 0.00001) − L(w − 0.00001)] / 0.00002 = {fixed(numeric, 6)}", "")],
        ]
        return [Steps(title=words["title"], lines=lines, frames=len(lines), wide=True, alt=words["alt"])]

    return Panel(
        compute,
        controls=[
            Slider(name="x", label="x", value=2.0, low=-3, high=3, step=0.1),
            Menu(name="t", label="t", value="0", options=(("0", "0"), ("1", "1"))),
            Slider(name="w", label="w", value=1.1, low=-5, high=5, step=0.1),
            Slider(name="b", label="b", value=0.0, low=-5, high=5, step=0.1),
        ],
        language=language,
        label=words["label"],
        player={"start": "last"},
    )
