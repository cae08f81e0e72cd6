"""A sweep uses all devices that JAX shows, and no bit depends on which: two parts of a processor stand for two GPUs."""

import os
import subprocess
import sys

import pytest

_BEGIN = """
import collections
import jax, keras, numpy as np
import vitral
from vitral.training import lockstep, program

assert len(jax.devices()) == 2
rng = np.random.default_rng(0)
x = rng.standard_normal((44, 6)).astype("float32")
y = x[:, :3].argmax(1)

def build(rate, l2):
    L2 = keras.regularizers.L2(l2)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, "relu", kernel_regularizer=L2, name="a")])
    model.add(keras.layers.Dropout(0.25, name="b"))
    model.add(keras.layers.Dense(3, "softmax", name="c"))
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

used = collections.Counter()
dispatch = program.Program.dispatch

def counted(self, model, arrays, plan, tails, control, validates, state):
    (device,) = set().union(*(array.devices() for array in [*state[0], *jax.tree.leaves(arrays)]))
    used[device.id] += 1
    return dispatch(self, model, arrays, plan, tails, control, validates, state)

program.Program.dispatch = counted
sizes = dict(epochs=2, batch_size=8, verbose=0, validation_split=0.25)
over = {"rate": [0.1], "l2": [0.1, 0.01, 0.003]}
"""

_EXACT = """
sweep = vitral.sweep(build, x, y, over=over, seed=3, probes="all", **sizes)
assert [r.status for r in sweep.results] == ["done"] * 3, [r.message for r in sweep.results]
assert set(used) == {0, 1}, used
assert len(sweep.groups) == 1
used.clear()
with jax.default_device(jax.devices()[1]):
    one = vitral.sweep(build, x, y, over=over, seed=3, probes="all", **sizes)
assert set(used) == {1}, "somebody has chosen"
for number in range(3):
    assert one[number].history == sweep[number].history, number
    assert one[number].recording.to_frame().equals(sweep[number].recording.to_frame())
    for ours, theirs in zip(sweep.files.read(number), one.files.read(number), strict=True):
        assert [a.tobytes() for a in ours] == [a.tobytes() for a in theirs]
print("same")
"""

_OTHER = """
teams = []
run = lockstep.Lockstep.run

def watched(self):
    teams.append(len(self._trainings))
    run(self)
    (device,) = set().union(*(array.devices() for array in self._slices.leaves))
    used[device.id] += 1

lockstep.Lockstep.run = watched
over = {"rate": [0.1], "l2": [0.1], "seed": range(34)}
many = vitral.sweep(build, x, y, over=over, exact=False, **sizes)
assert [r.status for r in many.results] == ["done"] * 34, [r.message for r in many.results]
assert sorted(teams) == [2, 16, 16], teams
assert set(used) == {0, 1}, used
print("same")
"""


def check(code):
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2", "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", _BEGIN + code],
        capture_output=True,
        text=True,
        timeout=600,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "same"


def test_both_devices_train_and_the_bits_are_those_of_a_chosen_one():
    check(_EXACT)


@pytest.mark.slow
def test_teams_are_on_one_device_each():
    check(_OTHER)
