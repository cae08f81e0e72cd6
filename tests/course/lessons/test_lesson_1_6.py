"""Lesson 1.6: gradients by backpropagation, noise by enumeration, bounds by eigenvalues, clocks by counting."""

import threading
from itertools import combinations

import numpy as np
import pytest

from vitral.course import shared
from vitral.course.lesson import lesson
from vitral.course.lessons.lesson_1_6 import (
    claims_noise,
    clock,
    floor,
    flowers,
    noise,
    paths,
    questions,
    rates,
    scale,
    stacked,
    sweeping,
    trials,
    two_weights,
    walking,
    worked,
)
from vitral.foundations import MLP, backprop, optimizers, schemes, train
from vitral.training import CancelledError, Task

UNIT, HIDDEN = two_weights.unit(), two_weights.hidden()


@pytest.fixture(scope="module")
def swept():
    """What the sweep gives, from NumPy: another generator, the same networks, schemes, rates and epochs; few seeds."""
    losses = {}
    for size in sweeping.SIZES.values():
        found = stacked.train_stack(size, sweeping.RATES, epochs=sweeping.EPOCHS, seeds=range(4)).losses[1:]
        losses |= {(size, rate): found[:, q] for q, rate in enumerate(sweeping.RATES)}
    return sweeping.Swept(losses=losses, n_variants=24, n_programs=3, seconds=1.5)


@pytest.fixture
def measured(swept, monkeypatch):
    """The long measurements are there already, so that panels and questions are tested and not the waiting."""
    most = dict(zip(rates.SIZES, (0.3, 1.0, 3.2, 3.2, 3.2), strict=True))
    losses = {size: np.where(rate < rates.RATES, 5.0, 0.1)[:, None].repeat(4, axis=1) for size, rate in most.items()}
    monkeypatch.setattr(sweeping.sweep, "_found", [swept])
    monkeypatch.setattr(rates.grid, "_found", [losses])


@pytest.fixture
def panel():
    """A live panel, computed."""
    opened = []

    def show(name, language="es"):
        live = lesson("1.6", language).live(name)
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


# ---- two weights, whose loss is drawn


def as_network(name, w):
    """The network of two weights as the foundations write it, biases at 0."""
    if name == "unit":
        return MLP(weights=(np.reshape(w, (2, 1)), np.zeros(1)), activations=("identity",))
    return MLP(
        weights=(np.reshape(w[0], (1, 1)), np.zeros(1), np.reshape(w[1], (1, 1)), np.zeros(1)),
        activations=("tanh", "identity"),
    )


@pytest.mark.parametrize("name", ["unit", "hidden"])
@pytest.mark.parametrize("w", [(0.3, -0.7), (-1.2, 2.0), (0.0, 0.0)])
def test_loss_and_gradients_are_those_of_backpropagation(name, w):
    model, network = two_weights.MODELS[name](), as_network(name, np.array(w))
    result = backprop(network, model.x, model.t[:, None], "mse")
    assert float(model.loss(np.array(w))) == pytest.approx(result.loss, rel=1e-12)
    assert model.gradient(np.array(w)) == pytest.approx(np.concatenate([g.ravel() for g in result.gradients[::2]]))
    row = backprop(network, model.x[7:8], model.t[7:8, None], "mse")
    alone = model.gradients(np.array(w), model.x[7], model.t[7])
    assert alone == pytest.approx(np.concatenate([g.ravel() for g in row.gradients[::2]]))


def test_the_data_are_all_flowers_standardised():
    x, y = flowers.flowers()
    assert x.shape == (150, 4)
    assert np.bincount(y).tolist() == [50, 50, 50]
    assert x.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert x.std(axis=0) == pytest.approx(1, abs=1e-6)
    assert np.bincount((UNIT.t > 0).astype(int)).tolist() == [50, 50]


@pytest.mark.parametrize("size", [None, 1, 7, 50])
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_a_walk_is_one_step_after_another(size, decay):
    walked = walking.walk(HIDDEN, size, 0.05, epochs=2, seeds=[3, 8], decay=decay)
    for s, seed in enumerate([3, 8]):
        scheme = schemes.batch() if size is None else schemes.mini_batch(size, seed=seed)
        w, places = np.array(HIDDEN.start), [HIDDEN.start]
        for epoch in range(2):
            for rows in scheme.epoch(150, epoch):
                gradients = [HIDDEN.gradients(w, HIDDEN.x[n], HIDDEN.t[n]) for n in rows]
                w = w - 0.05 / (1 + decay * epoch) * np.mean(gradients, axis=0)
                places.append(w)
        assert walked.places[:, s] == pytest.approx(np.array(places), abs=1e-12)
    assert walked.rows[-1] == 300
    assert np.array_equal(walked.after(np.array([0, 299, 300]))[-1], walked.places[-1])
    assert np.array_equal(walked.after(np.array([0]))[0], walked.places[0])


def test_a_walk_that_is_lost_says_so():
    assert np.isinf(walking.walk(UNIT, None, 0.6, epochs=400).places[-1]).all()
    assert np.isfinite(walking.walk(UNIT, None, 0.5, epochs=400).places).all()


# ---- many networks at once


@pytest.mark.parametrize("size", [None, 1, 16])
def test_a_stack_is_what_each_network_would_learn_alone(size):
    x, y = flowers.flowers()
    many = stacked.train_stack(size, [0.02, 0.1], epochs=2, seeds=[4, 9])
    for q, rate in enumerate((0.02, 0.1)):
        scheme = schemes.batch() if size is None else schemes.mini_batch(size, seed=9)
        sgd = optimizers.SGD(learning_rate=rate)
        alone = train(
            stacked.network(9), x, np.eye(3)[y], "categorical_cross_entropy", optimizer=sgd, scheme=scheme, epochs=2
        )
        assert many.losses[:, q, 1] == pytest.approx(alone.losses, rel=1e-9)
        for ours, theirs in zip(many.weights, alone.network.weights, strict=True):
            assert ours[q, 1].ravel() == pytest.approx(theirs.ravel(), abs=1e-9)


@pytest.mark.parametrize("size", [15, 50, 150])
def test_adding_up_is_averaging_at_a_larger_rate(size):
    added = stacked.train_stack(size, [0.002], epochs=3, seeds=range(2), is_sum=True)
    averaged = stacked.train_stack(size, [0.002 * size], epochs=3, seeds=range(2))
    assert added.losses == pytest.approx(averaged.losses, rel=1e-9)


def test_the_hand_made_epoch_by_hand():
    after = {size: [step.after for step in worked.epoch_by_hand(worked.T, size, 0.1)] for size in (4, 2, 1)}
    assert after[4] == pytest.approx([0.5])
    assert after[2] == pytest.approx([0.8, 0.84])
    assert after[1] == pytest.approx([0.4, 1.28, 1.224, 1.1792])
    (added,) = worked.epoch_by_hand(worked.T, 4, 0.1, is_sum=True)
    assert added.gradients == pytest.approx((-4, -12, -2, -2))
    assert added.after == pytest.approx(2.0)


# ---- noise


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_the_variance_is_that_over_all_subsets(size):
    g = np.random.default_rng(size).normal(size=(6, 2))
    means = np.array([g[list(rows)].mean(axis=0) for rows in combinations(range(6), size)])
    everyone = ((means - g.mean(axis=0)) ** 2).sum(axis=1).mean()
    single = ((g - g.mean(axis=0)) ** 2).sum(axis=1).mean()
    assert everyone == pytest.approx(single * noise.variance_of(size, 6), abs=1e-12)
    assert noise.variance_of(size, 6, replacement=True) == pytest.approx(1 / size)


def test_measured_noise_follows_the_rows():
    g = noise.row_gradients(UNIT, 3)
    orders = noise.orders(100, 5)
    assert np.array_equal(np.sort(orders, axis=1), np.tile(np.arange(100), (noise.DRAWS, 1)))
    found = noise.means_so_far(g, orders)
    assert found[3, 6] == pytest.approx(g[orders[3, :7]].mean(axis=0))
    assert np.abs(found[:, -1] - g.mean(axis=0)).max() < 1e-12


def test_the_largest_rate_of_a_bowl_is_its_bound():
    x = UNIT.x
    sharpest = np.linalg.svd(x, compute_uv=False)[0] ** 2 * 2 / len(x)  # of 2 XᵀX / N
    assert trials.steepest_curvature() == pytest.approx(sharpest)
    assert trials.largest_batch_rate() == pytest.approx(2 / sharpest, rel=0.005)


def test_the_least_loss_has_no_gradient():
    best = np.linalg.lstsq(UNIT.x, UNIT.t, rcond=None)[0]
    assert UNIT.gradient(best) == pytest.approx([0, 0], abs=1e-12)
    assert floor.least_loss() == pytest.approx(float(UNIT.loss(best)))
    assert floor.excess(None, 0.3, epochs=300, seeds=[0])[-1] == pytest.approx([0], abs=1e-9)
    assert np.isinf(floor.excess(None, 0.7, epochs=200, seeds=[0])[-1]).all()


# ---- rates, epochs, updates, time


def test_the_largest_rate_that_works():
    losses = np.full((len(rates.RATES), 10), 5.0)
    assert rates.largest(losses) is None
    losses[2:6, :9] = 0.1
    losses[6, :8] = 0.1
    assert rates.largest(losses, 0.2, 0.9) == pytest.approx(rates.RATES[5])
    assert rates.largest(losses, 0.2, 0.8) == pytest.approx(rates.RATES[6])
    assert rates.largest(losses, 0.05, 0.5) is None


@pytest.mark.parametrize(("size", "at_once"), [(1, 1), (15, 4), (15, 15), (40, 15), (150, 150), (150, 7)])
def test_ticks_are_counted(size, at_once):
    updates = ticks = 0
    for rows in schemes.mini_batch(size).epoch(150):
        updates += 1
        ticks += len(range(0, size, at_once))
        assert len(rows) <= size
    assert clock.epoch_length("updates", size) == updates
    assert clock.epoch_length("ticks", size, at_once) == ticks
    assert clock.epoch_length("epochs", size) == 1


def test_a_step_takes_time():
    assert 0 < clock.epoch_length("seconds", 150) < 1000  # milliseconds


def test_epochs_to_a_goal():
    losses = {
        (B, rate): np.array([[0.5, 0.5], [0.1, 0.5], [0.05, 0.3]]) for B in (1, 15, 150) for rate in sweeping.RATES
    }
    losses[15, 0.3] = losses[15, 0.3] / 10
    found = sweeping.Swept(losses=losses, n_variants=2, n_programs=1, seconds=0.0)
    assert found.epochs_to(0.2, 1, 0.3).tolist() == [2, np.inf]
    assert found.best_rate(0.2, 15) == 0.3
    assert found.best_rate(1e-9, 15) == 3.0  # where none arrives the greatest
    assert clock.winner_of(clock.lengths_to(found, 0.09, "epochs")) == 15
    assert clock.winner_of(clock.lengths_to(found, 1e-9, "epochs")) is None


def test_three_clocks_have_three_winners(swept):
    assert [clock.winner_of(clock.lengths_to(swept, 0.1, "ticks", P)) for P in (1, 15, 150)] == [1, 15, 150]
    assert clock.winner_of(clock.lengths_to(swept, 0.1, "updates")) == 150


# ---- what is measured once


def test_a_shared_measurement_is_made_once_for_all_who_wait():
    calls, begun, go = [], threading.Event(), threading.Event()

    def measure(task):
        calls.append(task)
        begun.set()
        assert go.wait(20)
        task.check()
        return "found"

    once, answers = shared.Shared(measure), []
    threads = [threading.Thread(target=lambda: answers.append(once.get(Task()))) for _ in range(3)]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join(20)
    assert answers == ["found"] * 3
    assert len(calls) == 1
    assert once.get() == "found"


def test_it_goes_on_for_the_next_reader_when_the_first_leaves(monkeypatch):
    monkeypatch.setattr(shared, "PATIENCE", 0.2)
    second_waits, heard = threading.Event(), []
    first, second = Task(), Task(on_progress=heard.append)

    def measure(task):
        first.cancel()
        task.check()  # for a moment it goes on for nobody
        assert second_waits.wait(20)
        threading.Event().wait(0.4)  # longer than anybody's patience
        task.report(0.5)
        return 7

    once, left = shared.Shared(measure), []

    def leaver():
        with pytest.raises(CancelledError):
            once.get(first)
        left.append(True)

    def stayer():
        left.append(once.get(second))

    threads = [threading.Thread(target=each) for each in (leaver, stayer)]
    threads[0].start()
    while not first.is_cancelled:
        pass
    threads[1].start()
    while second not in once._waiting:
        pass
    second_waits.set()
    for thread in threads:
        thread.join(20)
    assert sorted(map(int, left)) == [1, 7]
    assert heard == [0.5]


def test_it_is_dropped_when_nobody_wants_it_and_made_again_for_who_comes(monkeypatch):
    monkeypatch.setattr(shared, "PATIENCE", 0.05)
    calls = []

    def measure(task):
        calls.append(1)
        if len(calls) == 1:
            wanted.cancel()
            threading.Event().wait(0.2)
            task.check()
        return len(calls)

    wanted, once = Task(), shared.Shared(measure)
    with pytest.raises(CancelledError):
        once.get(wanted)
    assert once.get(Task()) == 2
    assert once._waiting == []


def test_half_of_it_is_not_kept_for_who_comes_once_it_was_dropped(monkeypatch):
    monkeypatch.setattr(shared, "PATIENCE", -1.0)
    dropped, calls, answers = threading.Event(), [], []
    first, second = Task(), Task()

    def measure(task):
        calls.append(task)
        if len(calls) > 1:
            return "whole"
        first.cancel()
        with pytest.raises(CancelledError):
            task.check()  # as a sweep catches what its build function raises, and goes on without the variant
        dropped.set()
        while second not in once._waiting:
            pass
        assert task.is_cancelled
        return "half"

    def reader():
        assert dropped.wait(20)
        answers.append(once.get(second))

    once, thread = shared.Shared(measure), threading.Thread(target=reader)
    thread.start()
    with pytest.raises(CancelledError):
        once.get(first)
    thread.join(20)
    assert answers == ["whole"]
    assert len(calls) == 2


def test_an_error_reaches_who_asked_and_is_not_kept():
    trouble = [ZeroDivisionError()]

    def measure(task):
        task.report(0.5)
        if trouble:
            raise trouble.pop()
        return 0.5

    once = shared.Shared(measure)
    with pytest.raises(ZeroDivisionError):
        once.get()
    assert once.get() == 0.5


def test_a_sweep_that_nobody_wants_is_over_at_once():
    task = Task()
    task.cancel()
    with pytest.raises(CancelledError):
        sweeping._sweep(task)


@pytest.mark.slow
def test_a_sweep_that_is_cancelled_on_its_way_ends():
    task = Task(on_progress=lambda _: task.cancel())
    with pytest.raises(CancelledError):
        sweeping._sweep(task)


@pytest.mark.slow
def test_the_sweep_trains_as_fit_does():
    from vitral import fit, keras
    from vitral.training import keras_turn

    found = sweeping.sweep.get()
    x, y = flowers.flowers()
    x = x.astype(np.float32)
    with keras_turn():
        keras.utils.set_random_seed(2)
        layers = [keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(3, activation="softmax")]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile(keras.optimizers.SGD(0.3), "sparse_categorical_crossentropy")
        run = fit(
            model, x, y, batch_size=15, epochs=sweeping.EPOCHS, validation_data=(x, y), seed=2, verbose=0
        )  # fmt: skip
    assert found.losses[15, 0.3][:, 2].tolist() == run.history["val_loss"]
    assert (found.n_variants, found.n_programs) == (120, 3)


# ---- panels


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"model": "unit", "rate": 0.6, "start": [0.5, 0.5]},
        {"rate": 1e9, "epochs": 1e9, "size": "2", "seed": 30},
        {"rate": 0, "epochs": 0, "size": "50", "start": [1e9, -1e9]},
        {"start": [[1.0], 2.0]},
        {"start": [1.0]},
    ],
)
def test_paths(panel, values):
    live = panel("paths")
    live.set(**values)
    (surface,), (curves,), (readout,) = (shown(live, kind) for kind in ("surface", "curves", "readout"))
    assert [len(path["points"]) for path in surface["paths"]] == [surface["frames"]] * 3
    assert curves["frames"] == readout["frames"] == surface["frames"] <= paths.MOST_FRAMES
    batch, mini, online = (item[1][-1] for item in readout["items"])
    assert batch < mini < online


def test_paths_start_where_the_reader_clicks_and_say_when_they_are_lost(panel):
    live = panel("paths", "en")
    live.set(start=[0.5, -0.25], rate=0.02)
    assert all(path["points"][0] == [0.5, -0.25] for path in shown(live, "surface")[0]["paths"])
    assert shown(live, "note") == []
    live.set(model="unit", rate=0.7, epochs=20)
    (note,) = shown(live, "note")
    assert note["tone"] == "warning"
    assert "one by one" in note["text"]
    live.set(model="hidden", start=[0.62, 1.86], rate=0.1, epochs=8)  # the minimum: whoever hovers there is not lost
    assert shown(live, "note") == []


def test_paths_refuse_a_start_that_is_none(panel):
    live = panel("paths")
    live.set(start=["<script>", 1.0])
    assert live.status["state"] == "failed"
    live.set(start=[])
    assert live.status["state"] == "done"


@pytest.mark.parametrize("values", [{}, {"size": "2", "rate": 9, "is_sum": True}, {"size": "1", "t2": -5, "t4": 1e9}])
def test_worked(panel, values):
    live = panel("worked")
    live.set(**values)
    (steps,), (readout,) = shown(live, "steps"), shown(live, "readout")
    size = int(values.get("size", 4))
    assert steps["frames"] == len(steps["lines"]) == 4 + 4 // size
    assert readout["items"][0][1] == 4 // size


@pytest.mark.parametrize("values", [{}, {"rate": 99, "epochs": 99}, {"rate": -1, "epochs": 0}])
def test_scale(panel, values):
    live = panel("scale")
    live.set(**values)
    (curves,) = shown(live, "curves")
    mean, added = curves["series"]
    assert mean["y"][0] == added["y"][0]  # one row: its gradient is the mean and the sum
    assert np.isfinite(mean["y"] + added["y"]).all()


def test_scale_counts_from_the_start():
    before, after = scale.losses_after(0.001, 1, is_sum=False)
    assert before.shape == after.shape == (5, 5)
    assert np.ptp(before, axis=0).max() == 0
    assert (after < before).all()


@pytest.mark.parametrize("values", [{}, {"size": 100, "epochs": 60, "seed": 3}, {"size": -4, "epochs": -1}])
def test_noise(panel, values):
    live = panel("noise")
    live.set(**values)
    cloud, variance = shown(live, "curves")
    assert len(cloud["series"][0]["x"]) == noise.SHOWN
    dots, finite, simple = variance["series"]
    assert np.all(np.diff(dots["y"]) < 0)
    assert finite["y"][0] == pytest.approx(simple["y"][0])
    (readout,) = shown(live, "readout")
    assert (readout["items"][1][1] == 0) == (values.get("size") == 100)


@pytest.mark.parametrize("values", [{}, {"rate": 9, "decay": 9, "size": "50"}, {"rate": 0, "decay": -1, "size": "2"}])
def test_floor(panel, values):
    live = panel("floor")
    live.set(**values)
    (curves,), (table,) = shown(live, "curves"), shown(live, "table")
    assert [row[0] for row in table["rows"]] == [series["name"] for series in curves["series"]]
    assert bool(shown(live, "note")) == (values.get("rate") == 9)


@pytest.mark.parametrize("values", [{}, {"rate": "best", "goal": 0}, {"rate": "3", "goal": 9}])
@pytest.mark.usefixtures("measured")
def test_race(panel, values):
    live = panel("race")
    live.set(**values)
    (curves,), (table,) = shown(live, "curves"), shown(live, "table")
    assert len(curves["series"]) == len(table["rows"]) == 3
    assert all(len(series["x"]) == sweeping.EPOCHS for series in curves["series"])


@pytest.mark.parametrize("axis", clock.AXES)
@pytest.mark.parametrize("values", [{}, {"at_once": 1e9, "goal": 0}, {"at_once": 0, "goal": 9}])
@pytest.mark.usefixtures("measured")
def test_clock(panel, axis, values):
    live = panel("clock")
    live.set(axis=axis, **values)
    (curves,), (note,), (table,) = (shown(live, kind) for kind in ("curves", "note", "table"))
    at_once = {0: 1, 1e9: 150}.get(values.get("at_once"), 15)
    ends = [series["x"][-1] for series in curves["series"]]
    lengths = [sweeping.EPOCHS * clock.epoch_length(axis, size, at_once) for size in (150, 15, 1)]
    assert ends == pytest.approx(lengths, rel=1e-5)
    assert note["text"]
    assert len(table["rows"]) == 3


@pytest.mark.usefixtures("measured")
def test_the_clock_says_who_wins(panel):
    live = panel("clock", "en")
    said = []
    for values in ({"axis": "epochs"}, {"axis": "updates"}, {"axis": "ticks", "at_once": 15}):
        live.set(**values)
        said.append(shown(live, "note")[0]["text"].split(": ")[1])
    assert said == ["one by one.", "full batch.", "mini-batches of 15."]


@pytest.mark.parametrize(
    "values", [{}, {"step": "sum"}, {"share": 1e9, "goal": -1}, {"share": 0, "goal": 9, "step": "sum"}]
)
@pytest.mark.usefixtures("measured")
def test_rates(panel, values):
    live = panel("rates")
    live.set(**values)
    losses, largest = shown(live, "curves")
    (table,) = shown(live, "table")
    assert len(losses["series"]) == len(table["rows"]) == 5
    assert bool(shown(live, "note")) == (not largest["series"])


# ---- questions


@pytest.mark.parametrize(
    ("updates", "last", "say"),
    [
        ("160", "8", "right"), ("32", "8", "epoch"), ("155", "8", "rest"), ("100", "8", "updates"),
        ("160", "0", "last"), ("160", "32", "last"), ("", "8", "numbers"), ("160", "x", "numbers"),
    ],
)  # fmt: skip
def test_counting_steps(updates, last, say):
    verdict = questions.exercise_count({"updates": updates, "last": last})
    assert (verdict.right, verdict.say) == (say == "right", say)


@pytest.mark.parametrize(
    ("size", "say"),
    [("51", "right"), ("50", "few"), ("10", "few"), ("52", "many"), ("99", "many"), ("100", "replacement")]
    + [(text, "number") for text in ("", "0", "101", "-3", "5.5")],
)
def test_a_tenth_of_the_noise(size, say):
    verdict = questions.exercise_noise({"size": size})
    assert (verdict.right, verdict.say) == (say == "right", say)


@pytest.mark.parametrize(
    ("size", "rate", "epochs", "say"),
    [
        ("15", "1", "10", "right"), ("30", "1,5", "10", "right"), ("15", "2", "8", "right"),
        ("15", "0.01", "10", "slow"), ("150", "3", "10", "slow"), ("15", "60", "10", "wild"),
        ("1", "0.1", "5", "updates"), ("50", "1", "30", "epochs"), ("0", "1", "5", "numbers"),
        ("15", "-1", "5", "numbers"), ("15", "1", "0", "numbers"), ("15", "1e9", "5", "numbers"),
        ("x", "1", "5", "numbers"), ("151", "1", "5", "numbers"),
    ],
)  # fmt: skip
def test_on_a_budget(size, rate, epochs, say):
    verdict = questions.exercise_budget({"size": size, "rate": rate, "epochs": epochs})
    assert (verdict.right, verdict.say) == (say == "right", say), verdict.values


@pytest.mark.parametrize("ask", [questions.predict_epochs, questions.predict_noise, questions.predict_rates])
@pytest.mark.usefixtures("measured")
def test_the_answer_is_one_of_the_options(ask):
    revealed = ask()
    name = ask.__name__.removeprefix("predict_")
    assert revealed.answer in lesson("1.6").text.block("predict", name).words


# ---- what is claimed


def test_a_claim_that_did_not_hold_would_say_so(monkeypatch):
    monkeypatch.setattr(claims_noise, "xor_solved", lambda: {1: 90, 4: 80})
    assert not claims_noise.claim_minima().holds
    monkeypatch.setattr(claims_noise, "noise_measured", lambda: np.full(100, 1.0))
    assert not claims_noise.claim_noise().holds
    assert not claims_noise.claim_half().holds
