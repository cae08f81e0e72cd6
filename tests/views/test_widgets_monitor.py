"""The monitor: what it shows is what the training told, what a reader presses is what the training does."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest
from widget_page import close_widget, open_widget, state_of

import vitral
from vitral._errors import ArgumentError
from vitral.training.worker import Channel
from vitral.views.widgets import TrainingMonitor

SECONDS = 60.0


def made(rate=0.05):
    """A small network with dropout, so that a lost or an additional random number would change its weights."""
    keras = vitral.keras
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(6, activation="tanh"), layers.Dropout(0.3), layers.Dense(3, "softmax")]
    )
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def iris():
    return vitral.load("iris")


def until(is_so):
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.005)


def is_paused_at(monitor, epoch):
    return lambda: monitor.state == "paused" and monitor.epoch == epoch


def watched(iris, model, epochs=20, **arguments):
    monitor = TrainingMonitor()
    monitor.watch(
        lambda callbacks: vitral.fit(model, iris, epochs=epochs, verbose=0, seed=3, callbacks=callbacks), **arguments
    )
    return monitor


@pytest.fixture(scope="module")
def plain(iris):
    """The same training without a monitor."""
    model = made()
    return vitral.fit(model, iris, epochs=20, verbose=0, seed=3)


def test_undisturbed_it_is_the_training_without_a_monitor(iris, plain):
    model = made()
    monitor = watched(iris, model).wait()
    assert (monitor.state, monitor.epoch) == ("done", 20)
    assert monitor.run.engine == "compiled"
    assert monitor.run.history == plain.history
    for got, expected in zip(model.get_weights(), plain.model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, expected)
    told = monitor.training["curves"]
    assert sorted(told) == sorted(plain.history)
    assert told["val_loss"][0] == list(range(1, 21))
    np.testing.assert_allclose(told["val_loss"][1], plain.history["val_loss"], rtol=1e-5)
    monitor.close()


def test_a_pause_holds_a_step_is_one_epoch_and_others_may_train_meanwhile(iris, plain):
    model = made()
    monitor = watched(iris, model, paused=True)
    until(is_paused_at(monitor, 0))
    before = model.get_weights()
    monitor.step()
    until(is_paused_at(monitor, 1))
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))  # up to date during a pause
    for epoch in (2, 3):
        monitor.step()
        until(is_paused_at(monitor, epoch))
    time.sleep(0.3)
    assert monitor.epoch == 3
    other = TrainingMonitor()  # its turn comes while the first is paused, and it draws from the same generators
    other.watch(lambda c: vitral.fit(made(), iris, epochs=4, verbose=0, seed=9, callbacks=c))
    assert other.wait(SECONDS).state == "done"
    assert monitor.epoch == 3
    monitor.play()
    assert monitor.wait(SECONDS).state == "done"
    assert monitor.run.engine == "compiled"
    for got, expected in zip(model.get_weights(), plain.model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, expected)
    monitor.close()
    other.close()


def test_paused_trainings_leave_the_worker_to_others(iris):
    monitors = [watched(iris, made(), paused=True) for _ in range(3)]  # more than the worker has threads
    until(lambda: all(m.state == "paused" for m in monitors))
    done = threading.Event()
    Channel().submit(lambda _: done.set(), then=lambda _: None, failed=lambda _: None)
    assert done.wait(5)
    for monitor in monitors:
        monitor.close()
        assert monitor.wait(SECONDS)._task.is_finished


def test_stop_ends_early_and_keeps_what_was_learnt(iris, plain):
    model = made()
    monitor = watched(iris, model, paused=True)
    until(is_paused_at(monitor, 0))
    for epoch in (1, 2):
        monitor.step()
        until(is_paused_at(monitor, epoch))
    monitor.stop()
    assert monitor.wait(SECONDS).state == "stopped"
    assert monitor.run.history == {name: values[:2] for name, values in plain.history.items()}
    monitor.close()


def test_stop_before_the_first_epoch_trains_nothing(iris):
    model = made()
    monitor = watched(iris, model, paused=True)
    until(is_paused_at(monitor, 0))
    before = model.get_weights()
    monitor.stop()
    assert monitor.wait(SECONDS).state == "stopped"
    assert monitor.run is None
    for got, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, expected)
    monitor.close()


def test_stop_ends_a_training_that_runs(iris):
    monitor = watched(iris, made(), epochs=1_000_000)
    until(lambda: monitor.epoch > 5)
    monitor.stop()
    assert monitor.wait(SECONDS).state == "stopped"
    assert 5 < len(monitor.run.history["loss"]) < 1_000_000
    monitor.close()


def test_what_is_watched_next_ends_what_was_watched(iris):
    monitor = watched(iris, made(), epochs=1_000_000)
    until(lambda: monitor.epoch > 2)
    first = monitor._task
    monitor.watch(lambda c: vitral.fit(made(), iris, epochs=3, verbose=0, seed=1, callbacks=c))
    assert first.wait(SECONDS)
    assert monitor.wait(SECONDS).state == "done"
    assert monitor.epoch == monitor.training["epochs"] == 3
    assert len(monitor.run.history["loss"]) == 3
    monitor.close()


def test_messages_are_few_however_fast_the_epochs_are(iris):
    monitor, told = TrainingMonitor(), []
    monitor.observe(lambda change: told.append(len(change["new"]["curves"].get("loss", [[]])[0])), "training")
    began = time.monotonic()
    monitor.watch(lambda c: vitral.fit(made(), iris, epochs=2000, verbose=0, seed=1, callbacks=c))
    assert monitor.wait(SECONDS).state == "done"
    assert len(told) <= 15 * (time.monotonic() - began) + 4
    assert max(told) <= 601  # and none is long
    numbers, values = monitor.training["curves"]["loss"]
    assert numbers[0] == 1
    assert numbers[-1] == 2000
    assert abs(values[-1] - monitor.run.history["loss"][-1]) < 1e-5
    monitor.close()


@pytest.mark.filterwarnings("ignore::vitral._errors.DivergenceWarning")
@pytest.mark.parametrize(("language", "word"), [("en", "smaller learning rate"), ("es", "tasa de aprendizaje")])
def test_divergence_is_a_sentence(iris, language, word):
    keras = vitral.keras
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e6), "mse")
    x, y = iris.train.x, np.asarray(iris.train.y, dtype="float32")
    monitor = TrainingMonitor(language=language)
    monitor.watch(lambda c: vitral.fit(model, x, y, epochs=12, verbose=0, seed=1, callbacks=c))
    assert monitor.wait(SECONDS).state == "diverged"
    first = next(i for i, v in enumerate(monitor.run.history["loss"]) if not np.isfinite(v))
    assert word in monitor.training["message"]
    assert f" {first + 1}" in monitor.training["message"]
    assert monitor.training["curves"]["loss"][1][first] is None
    monitor.close()


def test_errors_become_sentences(iris, caplog):
    monitor = TrainingMonitor(language="es")
    monitor.watch(lambda c: vitral.fit(made(), iris, epochs=0, callbacks=c))
    assert monitor.wait(SECONDS).state == "failed"
    assert "epochs must" in monitor.training["message"]

    def break_down(_callbacks):
        raise RuntimeError("no disk")

    monitor.watch(break_down)
    assert monitor.wait(SECONDS).state == "failed"
    assert monitor.training["message"] == "El entrenamiento ha fallado. (RuntimeError)"
    assert "no disk" in caplog.text
    monitor.watch(lambda _: vitral.fit(made(), iris, epochs=1, verbose=0))
    assert monitor.wait(SECONDS).state == "failed"
    assert "hand its callbacks on" in monitor.training["message"]
    monitor.close()


def test_buttons_do_nothing_where_nothing_is_watched():
    monitor = TrainingMonitor()
    for press in (monitor.play, monitor.pause, monitor.step, monitor.stop):
        press()
    monitor.command = {"do": "close", "serial": 1}  # what a browser sends is not trusted
    assert (monitor.state, monitor.epoch, monitor.run) == ("idle", 0, None)
    monitor.close()


def test_one_that_is_closed_stops_training(iris):
    monitor = watched(iris, made(), epochs=1_000_000)
    until(lambda: monitor.epoch > 2)
    task = monitor._task
    monitor.close()
    assert task.wait(SECONDS)


def test_one_that_is_over_leaves_nothing_behind(iris):
    monitor = watched(iris, made(), epochs=2).wait()
    gone = weakref.ref(monitor)
    monitor.close()
    del monitor
    gc.collect()
    assert gone() is None


# ---------------------------------------------------------------- in the browser


def show_news(page, monitor):
    page.evaluate("news => window.take(news)", {"training": state_of(monitor)["training"]})


def press(page, monitor, name):
    """Press a button, and give Python what the browser sent."""
    page.get_by_role("button", name=name, exact=True).click()
    what, value = page.evaluate("window.sent.at(-1)")
    assert what == "command"
    monitor.command = value


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 800])
def test_a_reader_steps_plays_and_reads_the_curves(browser, iris, width):
    monitor = watched(iris, made(), epochs=12, paused=True)
    until(is_paused_at(monitor, 0))
    page = open_widget(browser, monitor, is_live=False, width=width)
    for epoch in (1, 2, 3):
        press(page, monitor, "One epoch")
        until(is_paused_at(monitor, epoch))
        show_news(page, monitor)
        assert page.locator(".v-monitor output").inner_text() == f"Epoch {epoch} of 12"
    assert page.locator(".v-left").inner_text() == "Paused"
    press(page, monitor, "Play")
    monitor.wait(SECONDS)
    show_news(page, monitor)
    assert page.locator(".v-left").inner_text() == "Done"
    assert page.get_by_role("button", name="Stop").is_disabled()
    page.locator(".v-chart").focus()
    page.keyboard.press("End")
    said = page.locator(".v-chart [aria-live]").inner_text()
    last = {name: values[-1] for name, values in monitor.run.history.items()}
    assert said.startswith("epoch 12, training ")
    shown = [float(part.split()[-1]) for part in said.split(", ")[1:]]
    np.testing.assert_allclose(shown, [last["loss"], last["val_loss"]], rtol=1e-3)
    page.get_by_label("Metric").select_option("accuracy")
    page.locator(".v-chart").focus()
    page.keyboard.press("Home")
    page.keyboard.press("End")
    said = page.locator(".v-chart [aria-live]").inner_text()
    shown = [float(part.split()[-1]) for part in said.split(", ")[1:]]
    np.testing.assert_allclose(shown, [last["accuracy"], last["val_accuracy"]], rtol=1e-3)
    assert page.locator(".v-legend").inner_text().split() == ["training", "validation"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    close_widget(page)
    monitor.close()


@pytest.mark.browser
def test_a_reader_stops(browser, iris):
    monitor = watched(iris, made(), epochs=1_000_000)
    until(lambda: monitor.epoch > 3)
    page = open_widget(browser, monitor, is_live=False)
    show_news(page, monitor)
    assert page.locator(".v-left").inner_text().endswith("left")
    press(page, monitor, "Pause")
    until(lambda: monitor.state == "paused")
    show_news(page, monitor)
    press(page, monitor, "Stop")
    assert monitor.wait(SECONDS).state == "stopped"
    show_news(page, monitor)
    assert page.locator(".v-left").inner_text() == "Stopped."
    close_widget(page)
    monitor.close()


@pytest.mark.browser
def test_what_went_wrong_is_said_in_the_page(browser):
    monitor = TrainingMonitor()

    def refuse(_callbacks):
        raise ArgumentError("x must be numbers: got words. Encode them.")

    monitor.watch(refuse).wait()
    page = open_widget(browser, monitor, is_live=False)
    assert page.get_by_text("x must be numbers: got words. Encode them.").is_visible()
    close_widget(page)
    monitor.close()
