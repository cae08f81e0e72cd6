"""Processes that are killed with kill -9 at a moment nobody chose, and what they do until then.

    python kills.py train FOLDER     trains into FOLDER, or goes on with what is there; prints the digest of all it has
    python kills.py save A B TARGET  saves the runs A and B by turns over TARGET, for ever
    python kills.py sweep FOLDER     the same as train, for a sweep

Each prints "ready" when there is something to kill, and "tick" whenever it begins to keep something.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

EPOCHS = 24


def train(folder):
    import vitral
    from vitral import keras
    from vitral.runs.checkpoint import CheckpointWriter, has_checkpoint

    _tick(CheckpointWriter, "write")
    print("ready", flush=True)
    if has_checkpoint(Path(folder)) or Path(folder, "run.json").exists():
        run = vitral.resume(folder, verbose=0)
    else:
        keras.utils.set_random_seed(3)
        x, y = _data()
        model = keras.Sequential(
            [keras.Input((6,)), keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.2), keras.layers.Dense(1)]
        )
        model.compile("adam", "mse")
        calm = keras.callbacks.ReduceLROnPlateau("val_loss", patience=1, min_lr=1e-5)
        every = {"batch_size": 4, "validation_split": 0.2, "verbose": 0, "callbacks": [calm]}
        run = vitral.fit(model, x, y, epochs=EPOCHS, out=folder, checkpoint_every=1, **every)
    print(_digest(run.model, run.history), flush=True)


def sweep(folder):
    import vitral
    from vitral import keras
    from vitral.runs.checkpoint import has_checkpoint
    from vitral.runs.sweep_checkpoint import SweepKeeper

    _tick(SweepKeeper, "keep")

    def build(rate, width):
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(width, "tanh"), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(rate), "mse")
        return model

    print("ready", flush=True)
    folder = Path(folder)
    if (folder / "run.json").exists():
        found = vitral.open_run(folder)
    else:
        over = {"width": [2, 3], "rate": [0.01, 0.02, 0.03], "seed": [0, 1]}
        resume = has_checkpoint(folder)
        found = vitral.sweep(build, *_data(), over=over, epochs=2, verbose=0, out=folder, resume=resume)
    digests = [_digest(run.model, run.history) for run in found]
    print(len(digests), *digests, flush=True)


def save(first, second, target):
    import vitral

    print("ready", flush=True)
    while True:
        for path in (first, second):
            vitral.open_run(path).save(target, overwrite=True)


def _tick(kind, name):
    method = getattr(kind, name)

    def told(self, *arguments):
        print("tick", flush=True)
        return method(self, *arguments)

    setattr(kind, name, told)


def _data():
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6)).astype("float32")
    return x, (x[:, :1] * x[:, 1:2]).astype("float32")


def _digest(model, history):
    import numpy as np

    from vitral._digest import digest

    variables = [np.asarray(v.value) for v in (*model.variables, *model.optimizer.variables)]
    return digest([variables, {name: np.asarray(values) for name, values in history.items()}])


def start(*arguments):
    """A process that does as the words say; it has said "ready"."""
    process = subprocess.Popen(
        [sys.executable, __file__, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    line = process.stdout.readline().strip()
    assert line == "ready", process.stderr.read()
    return process


def kill_at(process, ticks, seconds):
    """Kill it so many seconds after a tick: what it printed last, or None where it was killed."""
    seen = 0
    while seen < ticks and (line := process.stdout.readline()):
        if line.strip() != "tick":
            break
        seen += 1
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    _, err = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), err
    return process.returncode == -signal.SIGKILL


def finish(process):
    """Let it come to its end: what it printed last."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out.strip().splitlines()[-1]


def moments(n, seed):
    """So many (ticks, seconds) to kill at."""
    drawn = random.Random(seed)
    return [(drawn.randint(1, 4), drawn.choice([0.0, drawn.uniform(0, 0.05)])) for _ in range(n)]


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    {"train": train, "save": save, "sweep": sweep}[what](*words)
