"""Lesson 1.7: penalties against scikit-learn, networks against the foundations, stops by hand, panels at their ends."""

import numpy as np
import pytest

from vitral.course.lesson import lesson
from vitral.course.lessons.lesson_1_7 import (
    arriving,
    claims_capacity,
    claims_penalties,
    claims_stopping,
    costs,
    gaps,
    logistic,
    moons,
    names,
    patients,
    polynomials,
    questions,
    remedies,
    rules,
    shrinking,
    stopping,
    sweeping,
    trials,
    widths,
)
from vitral.foundations import optimizers, polynomial_features, schemes, train
from vitral.training import CancelledError, Task


@pytest.fixture(scope="module")
def swept():
    """What a sweep gives, made up: each remedy ends a little lower, Keras's loss a little higher."""
    keys = [sweeping.NONE, *((name, s) for name, each in sweeping.STRENGTHS.items() for s in each)]
    shape = sweeping.EPOCHS, len(sweeping.SEEDS)
    levels = {key: np.full(shape, 0.5 - 0.01 * k) for k, key in enumerate(keys)}
    higher = {key: each + (0.0 if key == sweeping.NONE else 0.05) for key, each in levels.items()}
    return sweeping.Swept(
        train={key: each - 0.1 for key, each in levels.items()},
        validation=levels,
        train_loss=higher,
        validation_loss=higher,
        n_variants=60,
        n_programs=3,
        seconds=1.5,
    )


@pytest.fixture
def measured(swept, monkeypatch):
    """The sweep is there already, so that its panel is tested and not the waiting."""
    monkeypatch.setattr(sweeping.sweep, "_found", [swept])


@pytest.fixture
def panel():
    """A live panel, computed."""
    opened = []

    def show(name, language="es"):
        live = lesson("1.7", language).live(name)
        opened.append(live)
        return live.wait(120)

    yield show
    for live in opened:
        live.close()


def shown(live, kind):
    """The drawings of one kind; the panel must have computed, and stay small."""
    assert live.status["state"] == "done", live.status
    assert len(repr(live.drawings).replace(" ", "")) < 60_000
    return [drawing for drawing in live.drawings if drawing["kind"] == kind]


# ---- polynomials


@pytest.mark.parametrize("lam", [1e-6, 3.0])
def test_a_penalised_polynomial_is_scikit_learns_ridge(lam):
    from sklearn.linear_model import Ridge

    x, t = polynomials.sample(20, 0.3, 5)
    a = x[:, None] ** np.arange(1, 10)
    found, theirs = polynomials.fitted(9, 20, 0.3, lam, 5), Ridge(alpha=20 * lam, solver="svd", tol=1e-12).fit(a, t)
    assert found.weights == pytest.approx(theirs.coef_, rel=1e-6, abs=1e-9)
    assert float(found.bias) == pytest.approx(theirs.intercept_, rel=1e-6)
    assert polynomials.errors(9, 20, 0.3, lam, 5)[0] == pytest.approx(np.mean((theirs.predict(a) - t) ** 2))


def test_points_lie_one_in_each_part_and_are_as_noisy_as_said():
    x, t = polynomials.sample(4000, 0.3, 0)
    assert np.array_equal(np.floor((x + 1) * 2000).astype(int), np.arange(4000))
    assert (t - np.sin(np.pi * x)).std() == pytest.approx(0.3, rel=0.05)
    assert not np.isin(polynomials.checks(0.3, 0)[0], x).any()


@pytest.mark.parametrize("axis", ["degree", "n", "noise", "lam"])
def test_the_errors_along_an_axis_are_those_of_each_polynomial(axis):
    settings = {"degree": 4, "n": 11, "noise": 0.2, "lam": 0.01}
    found = gaps.spread(axis, **settings, seeds=range(2))
    value = gaps.AXES[axis][3]
    alone = polynomials.errors(**{**settings, axis: value}, seed=1)
    assert found.shape == (len(gaps.AXES[axis]), 2, 2)
    assert found[3, 1] == pytest.approx(alone)


# ---- patients, and widths beyond their number


def test_patients_are_parted_and_on_one_scale():
    part = patients.patients(50, 3)
    assert [each.shape for each in part] == [(50, 10), (50,), (392, 10), (392,)]
    assert part.x.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert part.x.std(axis=0) == pytest.approx(1)
    assert not (part.xv[:, None] == part.x).all(axis=2).any()


def test_it_goes_through_every_point_from_n_minus_1_units_on_where_the_error_peaks():
    """The bias is free: H units are H + 1 parameters."""
    tried, found = widths.widths_for(40), widths.errors_by_width(40, 0.0, seeds=range(20))
    train, validation = np.median(found, axis=1).T
    assert tried[train < 1e-9][0] == 39
    assert tried[validation.argmax()] == 39


@pytest.mark.parametrize("lam", [0.0, 0.05])
@pytest.mark.parametrize("function", ["relu", "tanh"])
def test_errors_by_width_are_those_of_least_squares(lam, function):
    n, seed = 20, 4
    part, tried, rng = patients.patients(n, seed), widths.widths_for(20), np.random.default_rng(seed)
    w, c = rng.normal(size=(10, tried[-1])) / np.sqrt(10), rng.normal(size=tried[-1]) / 2
    f = np.tanh if function == "tanh" else (lambda z: np.maximum(z, 0))
    found = widths.errors_by_width(n, lam, function, seeds=[seed])[:, 0]
    for k, width in enumerate(tried):
        a, checks = f(part.x @ w[:, :width] + c[:width]), f(part.xv[:150] @ w[:, :width] + c[:width])
        a, checks = a - a.mean(axis=0), checks - a.mean(axis=0)
        if lam:
            v = np.linalg.solve(a.T @ a + n * lam * np.eye(width), a.T @ part.t)
        else:
            v = np.linalg.lstsq(a, part.t, rcond=3e-5)[0]
        assert found[k, 0] == pytest.approx(np.mean((a @ v - part.t) ** 2), abs=1e-9)
        assert found[k, 1] == pytest.approx(np.mean((checks @ v - part.tv[:150]) ** 2), rel=1e-5)


# ---- ridge and lasso


@pytest.mark.parametrize("n", [25, 40, 250])
def test_the_paths_are_scikit_learns(n):
    from sklearn.linear_model import Lasso, Ridge

    part = patients.patients(n, 2)
    for k in (0, 15, 30, 40):
        lam = shrinking.LAMS["ridge"][k]
        theirs = Ridge(alpha=n * lam, fit_intercept=False, solver="cholesky").fit(part.x, part.t).coef_
        assert shrinking.path("ridge", n, 2)[k] == pytest.approx(theirs, abs=1e-8)
        lam, ours = shrinking.LAMS["lasso"][k], shrinking.path("lasso", n, 2)[k]
        lasso = Lasso(alpha=lam / 2, fit_intercept=False, tol=1e-10, max_iter=200_000).fit(part.x, part.t).coef_
        assert ours == pytest.approx(lasso, abs=1e-6)
        assert np.array_equal(ours == 0, lasso == 0)


def test_errors_along_the_path_by_hand():
    part, w = patients.patients(30, 1), shrinking.path("lasso", 30, 1)
    found = shrinking.errors_along("lasso", 30, 1)
    assert found[7] == pytest.approx([np.mean((part.x @ w[7] - part.t) ** 2), np.mean((part.xv @ w[7] - part.tv) ** 2)])


def test_only_the_proximal_step_arrives_at_zeros():
    w, exact = arriving.arrival("proximal", 0.2, 0)
    assert np.array_equal(w[-1] == 0, exact == 0)
    assert (exact == 0).sum() > 2
    w, _ = arriving.arrival("l1", 0.2, 0)
    assert (w[-1] != 0).all()
    assert np.linalg.norm(w[-1] - exact) < 0.2


# ---- logistic units


@pytest.mark.parametrize(("degree", "n", "noise"), [(1, 20, 0.0), (6, 80, 0.2), (8, 20, 0.6), (8, 200, 0.0)])
def test_every_penalty_of_the_path_is_solved(degree, n, noise):
    x, t = logistic.disc(n, noise, 7)
    a, (weights, found) = polynomial_features(x, degree), logistic.along(degree, n, noise, 7)
    for lam, w in zip(logistic.LAMS[::8], weights[::8], strict=True):
        p = 1 / (1 + np.exp(-(a @ w[:-1] + w[-1])))
        slope = np.r_[a.T @ (p - t) / n + 2 * lam * w[:-1], (p - t).mean()]
        assert np.abs(slope).max() < 1e-6
    assert (np.diff(found[:, 0]) < 1e-9).all()  # less penalty, less training loss


# ---- networks on the moons


@pytest.mark.parametrize("n", [20, 25])
def test_a_network_is_what_the_foundations_train(n):
    found = moons.train(n, 0.3, 5, seeds=[2, 9], epochs=3, keep=True)
    x, t = moons.two_moons(n, 0.3, 9)
    alone = train(
        moons.network(5, 9),
        x,
        t[:, None],
        "binary_cross_entropy",
        optimizer=optimizers.Momentum(learning_rate=moons.RATE, momentum=moons.MOMENTUM),
        scheme=schemes.mini_batch(moons.BATCH, seed=9),
        epochs=3,
    )
    assert found.train[:, 1] == pytest.approx(alone.losses[1:], rel=1e-9)
    for ours, theirs in zip(found.network(3, 1).weights, alone.network.weights, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-10)


def test_the_penalty_pulls_as_its_derivative_says():
    lam = 0.3
    bare, pulled = (moons.train(10, 0.3, 4, each, epochs=1, keep=True).network(1).weights for each in (0.0, lam))
    start = moons.network(4, 0).weights
    for k, (a, b, w) in enumerate(zip(bare, pulled, start, strict=True)):
        assert b == pytest.approx(a - (moons.RATE * 2 * lam * w if k % 2 == 0 else 0), abs=1e-12)


def test_each_seed_has_points_of_its_own_and_others_to_validate_on():
    x, t = moons.two_moons(60, 0.35, 0)
    assert np.bincount(t).tolist() == [30, 30]
    assert not np.array_equal(x, moons.two_moons(60, 0.35, 1)[0])
    clean, _ = moons.two_moons(60, 0.0, 0)
    upper = clean[t == 0]
    assert np.hypot(*upper.T) == pytest.approx(1)
    assert (upper[:, 1] >= 0).all()


def test_a_training_that_nobody_wants_ends():
    task = Task()
    task.cancel()
    with pytest.raises(CancelledError):
        moons.train(task=task)


# ---- stops


def test_rules_stop_where_they_say():
    checks = np.array([1.0, 0.8, 0.6, 0.7, 0.65, 0.66, 0.67, 0.5, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9, 0.95])
    losses = np.linspace(1, 0.5, 15)
    found = rules.stops(losses, checks, rules.Settings(gl=20.0, pq=1e-6, up=2, patience=4))
    # After epoch 9 the loss is 40 % above its least; at the ends 5 and 10 it stands above its least, which is enough
    # for a PQ of next to nothing; from 5 to 10 to 15 it rises twice; 4, 5, 6 and 7 bring no less than 3.
    assert {rule: (point.stopped, point.epoch) for rule, point in found.items()} == {
        "gl": (9, 8), "pq": (5, 3), "up": (15, 8), "patience": (7, 3),
    }  # fmt: skip


def test_what_a_rule_costs_over_seeds():
    checks = np.array([[1.0, 1.0], [0.5, 0.9], [1.0, 0.8], [0.4, 0.7]])
    test = np.array([[2.0, 3.0], [1.5, 2.9], [1.2, 2.8], [1.0, 2.7]])
    found = moons.Traces(train=np.ones((4, 2)), validation=checks, test=test, weights=())
    gl = costs.outcomes(found, rules.Settings(gl=50.0))["gl"]
    assert gl.stopped.tolist() == [3, moons.EPOCHS]
    assert gl.kept.tolist() == [1, 3]
    assert gl.never == 1
    assert gl.test.tolist() == [1.5, 2.7]
    assert gl.excess == pytest.approx([25, 0])


def test_trainings_are_kept_for_a_moment():
    first = stopping.trained(20, 0.3, 2, 0.0, 5)
    assert stopping.trained(20, 0.3, 2, 0.0, 5) is first
    for seed in range(6, 6 + stopping.MOST_KEPT):
        stopping.trained(20, 0.3, 2, 0.0, seed)
    assert len(stopping._kept) == stopping.MOST_KEPT
    assert stopping.trained(20, 0.3, 2, 0.0, 5) is not first


# ---- the sweep


def test_the_sweep_is_over_each_remedy_alone():
    over = sweeping.variants()
    assert len(over) == 60
    assert all(not (each["l2"] and each["dropout"]) for each in over)
    assert {(each["l2"], each["dropout"]) for each in over} == {
        (0.0, 0.0), (1e-3, 0.0), (1e-2, 0.0), (1e-1, 0.0), (0.0, 0.2), (0.0, 0.5),
    }  # fmt: skip


def test_a_sweep_that_nobody_wants_is_over_at_once():
    task = Task()
    task.cancel()
    with pytest.raises(CancelledError):
        sweeping._sweep(task)


@pytest.mark.slow
def test_the_sweep_trains_as_fit_does_and_says_what_the_penalty_adds():
    import vitral
    from vitral import keras
    from vitral.training import keras_turn

    found, seed = sweeping.sweep.get(), 3
    x, t = moons.two_moons(sweeping.N_CHECKS, moons.NOISE, sweeping.CHECKS_SEED)
    with keras_turn():
        keras.utils.set_random_seed(seed)
        model = vitral.networks.mlp(2, 2, hidden=(32,), activation="tanh", l2=0.01)
        alone = keras.metrics.SparseCategoricalCrossentropy(name="alone")
        model.compile(keras.optimizers.Adam(sweeping.RATE), "sparse_categorical_crossentropy", metrics=[alone])
        run = vitral.fit(
            model, *sweeping.points(seed), batch_size=sweeping.BATCH, epochs=sweeping.EPOCHS, seed=seed, verbose=0,
            validation_data=(x.astype(np.float32), t),
        )  # fmt: skip
        penalty = 0.01 * sum(float((w**2).sum()) for w in model.get_weights()[::2])
    key = "l2", 0.01
    # A λ that is an argument of the program may round once where a constant does not.
    assert found.validation[key][:, seed] == pytest.approx(run.history["val_alone"], rel=1e-4)
    extra = found.validation_loss[key][-1, seed] - found.validation[key][-1, seed]
    assert extra == pytest.approx(penalty, rel=1e-3)


# ---- panels


@pytest.mark.parametrize(
    "values",
    [
        {}, {"degree": 0, "n": 4, "noise": 0.0}, {"degree": 15, "n": 4, "noise": 0.8}, {"lam": 10.0, "degree": 15},
        {"degree": 1e9, "n": -1, "noise": 9, "lam": 0, "seed": 30}, {"degree": 15, "n": 60, "noise": 0.0},
    ],
)  # fmt: skip
def test_fit(panel, values):
    live = panel("fit")
    live.set(**values)
    _, errors = shown(live, "curves")
    (note,), (readout,) = shown(live, "note"), shown(live, "readout")
    assert len(errors["series"][0]["y"]) == 16
    assert note["text"]
    assert len(readout["items"]) == 4


def test_fit_says_over_and_under(panel):
    live = panel("fit", "en")
    said = []
    for values in ({"degree": 11}, {"degree": 1, "n": 40}, {"degree": 3, "n": 40}):
        live.set(**values)
        said.append(shown(live, "note")[0])
    assert [note["tone"] for note in said] == ["warning", "warning", "good"]
    assert ["overfits" in said[0]["text"], "underfits" in said[1]["text"]] == [True, True]


@pytest.mark.parametrize("axis", gaps.AXES)
@pytest.mark.parametrize("values", [{}, {"degree": 15, "n": 5, "noise": 0.8, "lam": 10.0}, {"noise": 0.0, "n": 240}])
def test_gaps(panel, axis, values):
    live = panel("gaps")
    live.set(axis=axis, **values)
    (curves,) = shown(live, "curves")
    assert [len(series["y"]) for series in curves["series"]] == [len(gaps.AXES[axis])] * 2


@pytest.mark.parametrize(
    "values",
    [{}, {"lam": 0.1}, pytest.param({"n": 60, "function": "tanh"}, marks=pytest.mark.slow), {"n": 0, "lam": 99}],
)
def test_widths(panel, values):
    live = panel("widths")
    live.set(**values)
    (curves,), (note,) = shown(live, "curves"), shown(live, "note")
    n = {60: 60, 0: 20}.get(values.get("n"), 40)
    assert curves["marker"] == n - 1  # units; the bias is one more parameter
    assert {n - 1, n} <= set(curves["series"][0]["x"])
    assert note["tone"] == ("good" if values.get("lam") else "warning")


@pytest.mark.parametrize(
    "values",
    [
        {}, {"hidden": "2", "n": 20, "noise": 0.0}, {"epoch": 17},
        {"n": 999, "noise": 9, "lam": 9, "epoch": 1, "seed": 30},
    ],
)  # fmt: skip
def test_stopping(panel, values):
    live = panel("stopping")
    live.set(**values)
    (curves,), (boundary,), (table,) = (shown(live, kind) for kind in ("curves", "boundary", "table"))
    assert curves["marker"] == values.get("epoch", moons.EPOCHS)
    assert len(table["rows"]) == 6
    stops = [row[1] for row in table["rows"][1:5] if row[1] != "–"]
    assert sorted(series["x"][0] for series in curves["series"][2:]) == sorted(stops)
    assert len(boundary["points"]) == {"2": 20}.get(values.get("hidden"), 100 if "lam" in values else 60)


@pytest.mark.parametrize("values", [{}, {"gl": 0, "pq": 0, "up": 0, "patience": 0}, {"gl": 1e9, "pq": 99, "up": 99}])
def test_costs(panel, values):
    live = panel("costs")
    live.set(**values)
    (curves,), (table,) = shown(live, "curves"), shown(live, "table")
    assert all(len(series["x"]) == 20 for series in curves["series"])
    assert len(table["rows"]) == 6


@pytest.mark.parametrize("penalty", ["ridge", "lasso"])
@pytest.mark.parametrize("values", [{}, {"lam": 1e9, "n": 0}, {"lam": 0, "n": 999, "seed": 30}])
def test_shrinking(panel, penalty, values):
    live = panel("shrinking")
    live.set(penalty=penalty, **values)
    (bars,), (readout,) = shown(live, "bars"), shown(live, "readout")
    assert readout["items"][0][1] == sum(value == 0 for value in bars["values"])
    if values.get("lam"):
        assert readout["items"][0][1] == (10 if penalty == "lasso" else 0)


@pytest.mark.parametrize("values", [{}, {"way": "proximal", "step": 1}, {"way": "l2", "lam": 9, "step": 1e9}])
def test_arriving(panel, values):
    live = panel("arriving")
    live.set(**values)
    (curves,) = shown(live, "curves")
    distances, weights = shown(live, "table")
    assert len(curves["series"]) == len(distances["rows"]) == 3
    assert len(weights["rows"][0]) == 11


@pytest.mark.parametrize(
    "values", [{}, {"lam": 9, "degree": 1, "n": 0}, {"degree": 99, "n": 999, "noise": 9, "seed": 30}]
)
def test_logistic(panel, values):
    live = panel("logistic")
    live.set(**values)
    (boundary,), (readout,) = shown(live, "boundary"), shown(live, "readout")
    degree = {1: 1, 99: 8}.get(values.get("degree"), 6)
    assert readout["items"][0][1] == (degree + 1) * (degree + 2) // 2 - 1
    assert np.array(boundary["grid"]).min() >= 0


@pytest.mark.parametrize("which", remedies.CHOICES)
@pytest.mark.usefixtures("measured")
def test_remedies(panel, which):
    live = panel("remedies")
    live.set(which=which)
    (table,), (note,), (curves,) = shown(live, "table"), shown(live, "note"), shown(live, "curves")
    assert len(table["rows"]) == 6
    assert note["tone"] == "good"
    assert len(curves["series"]) == 4


def test_the_left_end_of_a_penalty_is_none():
    assert names.strength_of(1e-6, 1e-6) == 0
    assert names.strength_of(2e-6, 1e-6) == 2e-6
    assert np.isnan(names.drawn(np.array([1e-7, 1.0]))[0])


# ---- questions


@pytest.mark.parametrize(
    ("stops", "keeps", "say"),
    [
        ("8", "5", "right"), ("8", "10", "future"), ("8", "8", "last"), ("6", "3", "stops"), ("7", "5", "stops"),
        ("8", "3", "keeps"), ("", "5", "numbers"), ("8", "x", "numbers"), ("10", "10", "future"),
    ],
)  # fmt: skip
def test_patience_by_hand(stops, keeps, say):
    verdict = questions.exercise_patience({"stops": stops, "keeps": keeps})
    assert (verdict.right, verdict.say) == (say == "right", say)


@pytest.mark.parametrize(
    ("bare", "ridge", "lasso", "say"),
    [
        ("1.2", "0.857", "1", "right"), ("6/5", "6/7", "1,0", "right"), ("1.2", "1.09", "1", "mean"),
        ("1", "0.857", "1", "bare"), ("1.2", "0.5", "1", "ridge"), ("1.2", "0.857", "1.1", "lasso"),
        ("", "0.857", "1", "numbers"),
    ],
)  # fmt: skip
def test_one_weight_three_answers(bare, ridge, lasso, say):
    verdict = questions.exercise_shrink({"bare": bare, "ridge": ridge, "lasso": lasso})
    assert (verdict.right, verdict.say) == (say == "right", say)


def test_one_weight_by_looking_everywhere():
    w = np.linspace(0, 2, 200_001)
    error = ((questions.X[:, None] * w - questions.T[:, None]) ** 2).mean(axis=0)
    least = [w[(error + penalty).argmin()] for penalty in (0, questions.LAM * w**2, questions.LAM * np.abs(w))]
    values = questions.exercise_shrink({"bare": "1.2", "ridge": "0.857", "lasso": "1"}).values
    assert least == pytest.approx([values["bare"], values["ridge"], values["lasso"]], abs=1e-4)


@pytest.mark.parametrize(
    ("lam", "say"),
    [
        ("0.01", "right"), ("1e-3", "right"), ("0", "weak"), ("1e-5", "weak"), ("0,1", "strong"), ("1000", "strong"),
        ("-1", "number"), ("1001", "number"), ("x", "number"),
    ],
)  # fmt: skip
def test_tame_the_beast(lam, say):
    verdict = questions.exercise_tame({"lam": lam})
    assert (verdict.right, verdict.say) == (say == "right", say), verdict.values


# ---- what is claimed


def test_a_claim_that_did_not_hold_would_say_so(monkeypatch, swept):
    flat = np.ones((16, 20, 2))
    monkeypatch.setattr(claims_capacity, "over", lambda _: flat)
    assert not claims_capacity.claim_gap().holds
    assert not claims_capacity.claim_valley().holds
    monkeypatch.setattr(claims_capacity, "over_widths", lambda _: (widths.widths_for(40), np.arange(1.0, 18.0)))
    assert not claims_capacity.claim_double().holds
    assert not claims_capacity.claim_tamed().holds
    monkeypatch.setattr(claims_capacity, "network_gaps", lambda: {2: 0.1, 8: 0.2, 32: 0.4})
    assert not claims_capacity.claim_networks().holds
    falling = np.linspace(1, 0.1, 300)[:, None].repeat(20, axis=1)
    traces = moons.Traces(train=falling, validation=falling, test=falling, weights=())
    monkeypatch.setattr(claims_stopping.many, "_found", [traces])
    assert not claims_stopping.claim_early().holds
    monkeypatch.setattr(claims_penalties, "arrivals", lambda _: (np.full((10, 10), 0.5), np.zeros((10, 10))))
    assert not claims_penalties.claim_descent().holds
    assert not claims_penalties.claim_lasso().holds
    assert not claims_penalties.claim_sign().holds
    worse = np.tile([1.0, 2.0], (20, 1))
    monkeypatch.setattr(claims_penalties, "chosen_on_half", lambda _: worse)
    assert not claims_penalties.claim_ridge().holds
    assert not claims_penalties.claim_lasso_helps().holds
    monkeypatch.setattr(sweeping.sweep, "_found", [swept])
    assert not claims_penalties.claim_l2().holds  # there the strongest penalty is best
    assert not claims_penalties.claim_compared().holds  # there the best epoch is none


def test_what_the_claims_speak_of_is_held_apart():
    """λ is chosen on one half of the patients, and its error is measured on the other."""
    errors = trials.chosen_on_half("ridge")
    part, w = patients.patients(trials.PATIENTS, 0), shrinking.path("ridge", trials.PATIENTS, 0)
    half = len(part.tv) // 2
    chosen = min(w, key=lambda each: np.mean((part.xv[:half] @ each - part.tv[:half]) ** 2))
    assert errors[0, 1] == pytest.approx(np.mean((part.xv[half:] @ chosen - part.tv[half:]) ** 2))
