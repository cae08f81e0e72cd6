"""What looking inside costs: training with all probes at epoch ends, beside the same training without, on this machine.

    python benchmarks/probes.py                   784-128-10, 1,875 steps an epoch, 30 pairs
    python benchmarks/probes.py --quick           hardly any data, two pairs: does it run?
    python benchmarks/probes.py --python-tensorflow PYTHON    also Keras with its TensorBoard callback

Both trainings are compiled once and go on and on; in every pair each runs a few epochs, in turn. What probes cost is
the median of the pairs' ratios, less one, with a 95 % interval of that median (from the order of the pairs, binomial).
"""

import argparse
import json
import math
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from _harness import Machine
from _nets import NETS, make_data
from vitral.probes import check_probes
from vitral.training.attempt import Attempt
from vitral.training.compiled import CompiledTraining, prepare
from vitral.training.interrupts import held_interrupt
from vitral.training.program import build_program
from vitral.training.request import make_request

_BATCH, _ROWS, _EPOCHS = 32, 60_000, 4
_FOLDER = Path(__file__).parent


def make_training(x: np.ndarray, y: np.ndarray, probes: Any) -> CompiledTraining:
    """A compiled training of 784-128-10 that can be run again and again, with probes or without."""
    keras.utils.set_random_seed(0)
    stack = [keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input(x.shape[1:]), *stack])
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    request, _ = make_request(x, y, None, batch_size=_BATCH, epochs=_EPOCHS, verbose=0)
    attempt = Attempt(model, request, dataset=None, callbacks=None, seed=0)
    with held_interrupt() as interrupt:
        chosen = () if probes is None else check_probes(probes)
        training = prepare(model, request, None, attempt.history, interrupt, chosen=chosen)
        training.compile(build_program, attempt.timing)
    return training


def seconds_of(training: CompiledTraining) -> tuple[float, float]:
    """An epoch of a run of a few: by the clock, and of processors, which neighbours disturb less."""
    started, worked = time.perf_counter(), time.process_time()
    training.run()
    if training.meters is not None:
        training.meters.recording()  # until all that was measured is taken apart
    return (time.perf_counter() - started) / _EPOCHS, (time.process_time() - worked) / _EPOCHS


def median_with_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and a 95 % interval of it: the k-th value from either end, k by the binomial distribution."""
    ordered, n = sorted(values), len(values)
    total, k = 0.0, 0
    while total + math.comb(n, k) / 2**n <= 0.025:
        total += math.comb(n, k) / 2**n
        k += 1
    low, high = ordered[max(k - 1, 0)], ordered[min(n - k, n - 1)]
    return float(np.median(ordered)), low, high


def measure(n_pairs: int, rows: int, machine: Machine) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Seconds of an epoch without probes and with them, by the clock and of processors, pair by pair."""
    net = next(net for net in NETS if net.name == "narrow")
    x, y, _ = make_data(type(net)(**{**vars(net), "rows": rows}))
    plain, probed = (make_training(x, y.astype("int32"), probes) for probes in (None, "all"))
    for training in (plain, probed, plain, probed):
        seconds_of(training)
    pairs = []
    for i in range(n_pairs):
        order = (plain, probed) if i % 2 == 0 else (probed, plain)
        found = {id(training): seconds_of(training) for training in order}
        pairs.append((found[id(plain)], found[id(probed)]))
        machine.note_load()
    return pairs


def tensorboard(python: str, rows: int) -> dict[str, float]:
    """Seconds of an epoch of Keras on TensorFlow, without its TensorBoard callback and with it, in another process."""
    command = [python, str(_FOLDER / "_with_tensorboard.py"), str(rows)]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--quick", action="store_true", help="hardly any data, two pairs: does it run?")
    parser.add_argument("--python-tensorflow", help="an interpreter that has Keras and TensorFlow")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    options = parser.parse_args(arguments)
    rows = 640 if options.quick else _ROWS
    machine = Machine.here()
    pairs = measure(2 if options.quick else options.pairs, rows, machine)
    print(f"784-128-10 SGD, {-(-rows // _BATCH):,} steps an epoch, all probes at epoch ends, {len(pairs)} pairs:")
    costs = {}
    for kind, name in enumerate(("by the clock", "of processors")):
        ratio, low, high = median_with_interval([probed[kind] / plain[kind] for plain, probed in pairs])
        costs[name] = ratio - 1, low - 1, high - 1
        plain_ms = 1e3 * float(np.median([plain[kind] for plain, _ in pairs]))
        print(
            f"an epoch takes {plain_ms:.1f} ms {name}, with probes {100 * (ratio - 1):+.2f} % "
            f"({plain_ms * (ratio - 1):+.2f} ms); 95 % interval {100 * (low - 1):+.2f} % to {100 * (high - 1):+.2f} %."
        )
    found: dict[str, Any] = {"pairs": pairs, "costs": costs}
    if options.python_tensorflow:
        found["tensorboard"] = theirs = tensorboard(options.python_tensorflow, rows)
        seconds = theirs["with"] - theirs["without"]
        print(
            f"Keras {theirs['keras']} on TensorFlow {theirs['tensorflow']}: {1e3 * theirs['without']:.0f} ms, with its "
            f"TensorBoard callback {100 * seconds / theirs['without']:+.1f} % ({1e3 * seconds:+.0f} ms)."
        )
    print(f"{machine.describe()}; Keras {keras.__version__}.")
    if options.json:
        options.json.write_text(json.dumps({**found, "machine": machine.as_json()}, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
