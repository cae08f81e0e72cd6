"""Vitral's optimum and scikit-learn's, live: the same problem, other steps, the same weights.

Both minimise ½‖w‖² + C Σ L over the weights, which is the mean loss with a penalty of λ = 1/(C N).

Letters: N samples, D inputs, K outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from vitral.course.lessons.lesson_ref.data import all_measurements, flowers, tumours
from vitral.foundations import LogisticUnit, SoftmaxRegression
from vitral.training import Task
from vitral.views.widgets import Curves, Drawing, Menu, Panel, Readout, Series, Slider, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Peers:
    """Two optima of one problem: weights (D+1,) or (D+1, K), biases last, their losses, and the steps they took."""

    ours: np.ndarray
    theirs: np.ndarray
    our_loss: float
    their_loss: float
    our_epochs: int
    their_epochs: int


@cache
def compare_with_sklearn(data: str, c: float, tolerance: float = 1e-9) -> Peers:
    """Fit with the penalty ½‖w‖² against C times the sum of the losses; `data` is "radius", "all" or "iris"."""
    from sklearn.linear_model import LogisticRegression

    x, t = _problem(data)
    theirs = LogisticRegression(C=c, tol=1e-10, max_iter=20_000).fit(x, t)
    settings = {"l2": 1 / (c * len(x)), "epochs": 6000, "accelerate": True, "tolerance": tolerance}
    found = np.vstack([theirs.coef_.T, theirs.intercept_])  # (D+1, K), or K = 1 for two classes
    if data == "iris":
        trained = SoftmaxRegression(**settings).fit(x, t)
        their_loss = trained.model.loss(found, x, t)
        ours = trained.weights[-1]
        # A number added to all biases changes nothing; scikit-learn's have sum 0.
        ours = np.vstack([ours[:-1], ours[-1] - ours[-1].mean()])
    else:
        trained = LogisticUnit(**settings).fit(x, t)
        found = found[:, 0]
        their_loss, ours = trained.unit.loss(found, x, t), trained.weights[-1]
    return Peers(
        ours=ours,
        theirs=found,
        our_loss=float(trained.losses[-1]),
        their_loss=their_loss,
        our_epochs=len(trained.losses) - 1,
        their_epochs=int(theirs.n_iter_[0]),
    )


def _problem(data: str) -> tuple[np.ndarray, np.ndarray]:
    if data == "radius":
        return tumours().z_score, tumours().malignant
    return all_measurements() if data == "all" else flowers()


def peers(words: Mapping[str, str], language: str) -> Panel:
    """Vitral's optimum and scikit-learn's, side by side."""

    def compute(values: dict[str, Any], task: Task) -> list[Drawing]:
        task.check()
        found = compare_with_sklearn(values["data"], values["c"], 1e-7)
        ours, theirs = found.ours.ravel(), found.theirs.ravel()
        ends = np.array([min(theirs.min(), 0.0), max(theirs.max(), 0.0)]) * 1.1
        return [
            Table(
                columns=["", "L", words["epochs"]],
                rows=[
                    ["vitral", found.our_loss, found.our_epochs],
                    ["scikit-learn", found.their_loss, found.their_epochs],
                ],
                roles=["a", "b"],
                digits=9,
                alt=words["table_alt"],
            ),
            Readout(
                items=[
                    (words["apart"], float(np.abs(ours - theirs).max())),
                    (words["loss_apart"], found.our_loss - found.their_loss),
                ],
                digits=2,
            ),
            Curves(
                title=words["title"],
                alt=words["alt"],
                series=[
                    Series(x=ends, y=ends, name=words["equal"], role="neutral"),
                    Series(x=theirs, y=ours, name=words["weight"], role="a", dots=True),
                ],
                x_label="scikit-learn",
                y_label="vitral",
                wide=True,
            ),
        ]

    options = (("radius", words["radius"]), ("all", words["all"]), ("iris", words["iris"]))
    return Panel(
        compute,
        controls=[
            Menu(name="data", label=words["data"], value="all", options=options, structural=True),
            Slider(name="c", label="C", value=1.0, low=0.001, high=1, step=0.1, log=True, structural=True),
        ],
        language=language,
        label=words["label"],
    )
