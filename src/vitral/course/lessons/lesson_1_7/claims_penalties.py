"""What lesson 1.7 claims of penalties and of dropout, measured."""

import numpy as np

from vitral.course.claims import Measured
from vitral.course.lessons.lesson_1_7.arriving import NEAR
from vitral.course.lessons.lesson_1_7.logistic import LAMS
from vitral.course.lessons.lesson_1_7.names import lam_told
from vitral.course.lessons.lesson_1_7.shrinking import LAMS as PATH_LAMS
from vitral.course.lessons.lesson_1_7.sweeping import NONE, sweep
from vitral.course.lessons.lesson_1_7.sweeping import SEEDS as SWEPT_SEEDS
from vitral.course.lessons.lesson_1_7.trials import (
    ARRIVAL_LAM,
    SEEDS,
    arrivals,
    chosen_on_half,
    logistic_losses,
    shrunk,
    weakest_and_best,
)
from vitral.course.numbers import tiny


def claim_descent() -> Measured:
    """Gradient descent arrives at ridge's closed form."""
    weights, exact = arrivals("l2")
    gap = float(np.abs(weights - exact).max())
    return Measured(holds=gap < 1e-9, values={"gap": tiny(gap), "n": len(weights), "lam": ARRIVAL_LAM})


def claim_shrinks() -> Measured:
    """The stronger the penalty, the shorter the weights and the greater the training error, always; none is 0."""
    errors, weights = shrunk("ridge")
    norms = np.linalg.norm(weights, axis=2)
    always = bool((np.diff(norms, axis=1) < 0).all() and (np.diff(errors[:, :, 0], axis=1) > 0).all())
    zeros = int((weights == 0).sum())
    return Measured(
        holds=always and zeros == 0,
        values={"first": float(np.median(norms[:, 0])), "last": float(np.median(norms[:, -1])), "zeros": zeros,
                "lam": PATH_LAMS["ridge"][-1], "n": len(SEEDS)},
    )  # fmt: skip


def claim_ridge() -> Measured:
    """Ridge lowers the error on patients who had no say in choosing λ."""
    errors = chosen_on_half("ridge")
    better, (bare, kept) = int((errors[:, 1] < errors[:, 0]).sum()), np.median(errors, axis=0)
    return Measured(holds=better >= 16, values={"bare": bare, "kept": kept, "better": better, "n": len(SEEDS)})


def claim_l2() -> Measured:
    """In a network, too: a little L2 lowers the validation loss at the end."""
    found = sweep.get()
    some, much = ("l2", 1e-3), ("l2", 1e-1)
    better = int((found.validation[some][-1] < found.validation[NONE][-1]).sum())
    medians = {name: float(np.median(found.validation[key][-1])) for name, key in
               (("none", NONE), ("some", some), ("more", ("l2", 1e-2)), ("much", much))}  # fmt: skip
    holds = better >= 8 and medians["some"] < medians["none"] < medians["much"]
    return Measured(holds=holds, values={**medians, "better": better, "n": len(SWEPT_SEEDS)})


def claim_reported() -> Measured:
    """The val_loss that Keras reports contains the penalty: its order is not that of the losses alone."""
    found, key, other = sweep.get(), ("l2", 1e-2), ("l2", 1e-3)
    extra = found.validation_loss[key][-1] - found.validation[key][-1]
    alone, reported = (float(np.median(each[key][-1])) for each in (found.validation, found.validation_loss))
    apart = [float(np.median(each[key][-1]) - np.median(each[other][-1]))
             for each in (found.validation, found.validation_loss)]  # fmt: skip
    same = bool(np.allclose(found.validation[NONE], found.validation_loss[NONE], atol=1e-6))
    return Measured(
        holds=bool(extra.min() > 0.01) and same and apart[1] > 2 * apart[0],
        values={"alone": alone, "reported": reported, "apart": apart[0], "seeming": apart[1]},
    )


def claim_lasso() -> Measured:
    """The lasso makes weights exactly 0, and the proximal step makes the same ones."""
    weights, exact = arrivals("proximal")
    zeros = (exact == 0).sum(axis=1)
    same, gap = bool(((weights == 0) == (exact == 0)).all()), float(np.abs(weights - exact).max())
    return Measured(
        holds=same and gap < 1e-6 and zeros.mean() > 1,
        values={"zeros": float(zeros.mean()), "gap": tiny(gap), "n": len(weights), "lam": ARRIVAL_LAM},
    )


def claim_sign() -> Measured:
    """Plain descent with L1 makes none of them 0: it trembles around it."""
    weights, exact = arrivals("l1")
    should, size = exact == 0, np.abs(weights)
    zeros, near = int((weights == 0).sum()), int((size[should] < NEAR).sum())
    return Measured(
        holds=zeros == 0 and float(size[should].max()) < 0.1,
        values={"zeros": zeros, "should": int(should.sum()), "near": near, "typical": float(np.median(size[should])),
                "most": float(size[should].max())},
    )  # fmt: skip


def claim_lasso_helps() -> Measured:
    """The lasso lowers the error about as far as ridge; here no farther."""
    lasso, ridge = (chosen_on_half(penalty) for penalty in ("lasso", "ridge"))
    better = int((lasso[:, 1] < lasso[:, 0]).sum())
    kept = [float(np.median(each[:, 1])) for each in (lasso, ridge)]
    return Measured(
        holds=better >= 16 and abs(kept[0] / kept[1] - 1) < 0.1,
        values={"lasso": kept[0], "ridge": kept[1], "better": better, "n": len(SEEDS)},
    )


def claim_logistic() -> Measured:
    """With all products up to degree 6, some λ lowers the validation loss and the errors of the logistic unit."""
    found, (weakest, best) = logistic_losses(), weakest_and_best()
    medians, better = np.median(found, axis=0), int((found[:, best, 2] < found[:, weakest, 2]).sum())
    return Measured(
        holds=better >= 18 and medians[best, 3] < medians[weakest, 3],
        values={
            "weak": medians[weakest, 2], "strong": medians[best, 2], "lam": lam_told(LAMS[best]), "better": better,
            "n": len(SEEDS), "errors": 100 * medians[weakest, 3], "fewer": 100 * medians[best, 3],
        },
    )  # fmt: skip


def claim_dropout() -> Measured:
    """Dropout lowers the validation loss, and raises the training loss that is reported."""
    found, some = sweep.get(), ("dropout", 0.2)
    better = int((found.validation[some][-1] < found.validation[NONE][-1]).sum())
    medians = {
        name: float(np.median(each[key][-1]))
        for name, each, key in (
            ("none", found.validation, NONE), ("some", found.validation, some),
            ("half", found.validation, ("dropout", 0.5)), ("train_none", found.train, NONE),
            ("train_some", found.train, some),
        )
    }  # fmt: skip
    holds = better >= 8 and medians["train_some"] > medians["train_none"]
    return Measured(holds=holds, values={**medians, "better": better, "n": len(SWEPT_SEEDS)})


def claim_compared() -> Measured:
    """Here keeping the best epoch does no worse than the best penalty and the best dropout trained to the end."""
    found = sweep.get()
    early = float(np.median(found.validation[NONE].min(axis=0)))
    ends = {remedy: float(np.median(found.validation[remedy, found.best(remedy)][-1])) for remedy in ("l2", "dropout")}
    return Measured(
        holds=early <= min(ends.values()),
        values={"early": early, **ends, "lam": f"{found.best('l2'):g}", "share": 100 * found.best("dropout")},
    )
