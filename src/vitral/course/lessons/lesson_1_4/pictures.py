"""A small network drawn twice: forward, to edit, and beside it what flows back through it."""

from collections.abc import Mapping

from vitral.course.lessons.lesson_1_4.telling import Trace
from vitral.foundations import MLP
from vitral.views.widgets import Drawing, Network


def both_ways(network: MLP, told: Trace, words: Mapping[str, str]) -> list[Drawing]:
    """Weights and answers in the first, derivatives and deltas in the second, as far as each frame knows them.

    A bias's derivative is the delta of its unit, and stands there already.
    """
    sizes = [len(network.weights[0]), *(b.size for b in network.weights[1::2])]
    names = [words["layer_in"], *[words["layer_hidden"]] * (len(sizes) - 2), words["layer_out"]]

    def units(letter: str) -> list[list[str]]:
        inputs = [f"x{'₁₂₃'[i]}" for i in range(sizes[0])]
        return [inputs, *([f"{letter}{'₁₂₃'[i]}" for i in range(n)] for n in sizes[1:-1]), [letter]]

    forward = Network(
        title=words["forward"],
        alt=words["forward_alt"],
        names=names,
        units=units("a"),
        frames=len(told.lines),
        lit=told.lit,
        weights=network.weights[::2],
        biases=network.weights[1::2],
        activations=told.activations,
        edits_weights="weights",
        edits_biases="biases",
        edits_inputs="x",
    )
    back = Network(
        title=words["back"],
        alt=words["back_alt"],
        names=names,
        units=units("δ"),
        frames=len(told.lines),
        lit=told.lit,
        weights=told.weight_gradients,
        activations=told.deltas,
        gradients=True,
    )
    return [forward, back]
