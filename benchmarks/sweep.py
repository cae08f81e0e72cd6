"""How fast many variants train with `vitral.sweep`, beside one `keras.Model.fit` after another on JAX, on this machine.

    python benchmarks/sweep.py                    all nets, five rounds (minutes)
    python benchmarks/sweep.py --quick            every row once, on hardly any data: does it run?
    python benchmarks/sweep.py --nets moons --variants 256 --rounds 9 --json sweep.json
    python benchmarks/sweep.py --compile          also how long a sweep compiles for 256 variants and for one

Variants of one net differ in learning rate and seed. Compared is the time of a step of one variant with programs warm:
Keras's model trains again and again; the sweep's variants are built and compiled once, and its threads and programs
train them all again and again. What building, tracing and compiling add stands apart: the seconds of a whole sweep
against those of whole fits, and how long a sweep compiles, in processes of their own.
"""

import argparse
import inspect
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np

from _harness import Machine, Summary, interleave, markdown_table, significant
from _nets import BATCH, NETS, Net, make_data, shortened
from _with_keras import build as build_net
from vitral.training.interrupts import held_interrupt
from vitral.training.lockstep import Lockstep
from vitral.training.sweep import sweep
from vitral.training.sweeping import Sweeping
from vitral.training.variants import TRAINING_ARGUMENTS, read_variants

_KNOWN = {net.name: net for net in NETS}
_WIDE = replace(_KNOWN["funnel"], name="wide", title="784-128-10 SGD", hidden=(128,), momentum=0.0)
_EXACT, _IN_STEP = "exact", "exact=False"
_SAMPLED = 3  # Keras fits that are timed whole, of all variants


@dataclass
class Row:
    """What was measured of one net.

    Attributes:
        wanted: by mode, the ratio to reach at least, and the one aimed at.
        rounds: by contender, seconds of a step of one variant in each round.
        whole: by contender, seconds of everything for all variants.
    """

    net: Net
    n_variants: int
    wanted: dict[str, tuple[float, float]]
    rounds: dict[str, list[float]] = field(default_factory=dict)
    whole: dict[str, float] = field(default_factory=dict)

    def ratio(self, mode: str) -> Summary:
        """Keras's time over the sweep's, round by round."""
        return Summary.of([a / b for a, b in zip(self.rounds["keras"], self.rounds[mode], strict=True)])


ROWS = (
    Row(_KNOWN["moons"], 64, {_EXACT: (60, 90), _IN_STEP: (150, 250)}),
    Row(_KNOWN["narrow"], 64, {_EXACT: (8, 12), _IN_STEP: (14, 20)}),
    Row(_WIDE, 16, {_EXACT: (4, 6)}),
    Row(_KNOWN["funnel"], 16, {_EXACT: (5, 7)}),
)


class Warm(Sweeping):
    """A sweep that builds and compiles, and then trains as often as it is asked."""

    def _train_all(self, n_threads: int, interrupt: held_interrupt) -> None:
        room = threading.Semaphore(len(self._variants))
        self._n_threads, self._width = n_threads, self.width
        self._ready = [(team, self._compile(team, self.width)) for team in self._teams(self._jobs(room), self.width)]

    def train(self) -> None:
        """All variants, side by side, as `vitral.sweep` trains them."""
        with ThreadPoolExecutor(self._n_threads) as pool:
            list(pool.map(self._train_one, self._ready))

    def _train_one(self, ready: Any) -> None:
        team, program = ready
        if len(team) > 1:
            Lockstep([job.training for job in team], program, self._width).run()
        else:
            team[0].training.run()


def _builder(net: Net) -> Callable[..., Any]:
    def build(rate: float) -> Any:
        model = build_net(net)
        known = keras.optimizers
        optimizer = known.Adam(rate) if net.optimizer == "adam" else known.SGD(rate, momentum=net.momentum)
        model.compile(optimizer, "binary_crossentropy" if net.outputs == 1 else "sparse_categorical_crossentropy")
        return model

    return build


def _data(net: Net) -> tuple[np.ndarray, np.ndarray]:
    x, y, _ = make_data(net)
    return x, y.astype("float32")[:, None] if net.outputs == 1 else y.astype("int32")


def _over(net: Net, n_variants: int) -> dict[str, list[Any]]:
    n_rates = min(4, n_variants)
    return {"rate": [net.rate * 0.5**i for i in range(n_rates)], "seed": list(range(n_variants // n_rates))}


def measure(row: Row, *, rounds: int, machine: Machine) -> None:
    """Fill in a row."""
    net, (x, y), build = row.net, _data(row.net), _builder(row.net)
    over, sizes = _over(net, row.n_variants), {"batch_size": BATCH, "epochs": net.epochs}

    row.whole["keras"] = _seconds(lambda: [_fit_whole(build, x, y, net, sizes) for _ in range(_SAMPLED)])
    row.whole["keras"] *= row.n_variants / _SAMPLED
    trains: dict[str, Callable[[], Any]] = {}
    for mode in row.wanted:
        exact = mode == _EXACT
        row.whole[mode] = _seconds(lambda exact=exact: sweep(build, x, y, over=over, verbose=0, exact=exact, **sizes))
        warm = Warm(build, x, y, None, arguments_of(**sizes), read_variants(over, build, None, seed=None), 0, (), exact)
        with held_interrupt() as interrupt:
            warm.run(interrupt)
        warm.train()
        trains[mode] = warm.train
    model = build(net.rate)
    keras_epochs = max(1, net.epochs // 5)
    trains["keras"] = lambda: model.fit(x, y, batch_size=BATCH, epochs=keras_epochs, verbose=0)
    trains["keras"]()
    n_steps = dict.fromkeys(row.wanted, row.n_variants * net.epochs * net.n_steps) | {
        "keras": keras_epochs * net.n_steps
    }
    row.rounds = {name: [] for name in trains}
    for _, name in interleave(list(trains), rounds):
        row.rounds[name].append(_seconds(trains[name]) / n_steps[name])
        machine.note_load()


def arguments_of(**given: Any) -> dict[str, Any]:
    """The training arguments of a sweep as `vitral.sweep` hands them on, with its defaults."""
    known = inspect.signature(sweep).parameters
    return {name: given.get(name, known[name].default) for name in TRAINING_ARGUMENTS}


def _fit_whole(build: Callable[..., Any], x: Any, y: Any, net: Net, sizes: dict[str, Any]) -> None:
    keras.utils.set_random_seed(0)
    build(net.rate).fit(x, y, verbose=0, **sizes)


def _seconds(function: Callable[[], Any]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def compile_seconds(net: str, n_variants: int) -> float:
    """How long a sweep of so many variants compiles, in a process of its own."""
    command = [sys.executable, __file__, "--nets", net, "--only-compile", str(n_variants)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(found.stdout)


def _only_compile(row: Row, n_variants: int) -> float:
    x, y = _data(shortened(row.net))
    over = _over(row.net, n_variants)
    return sweep(_builder(row.net), x, y, over=over, verbose=0, batch_size=BATCH).compile_seconds


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = []
    for row in rows:
        for mode, (at_least, aim) in row.wanted.items():
            ratio = row.ratio(mode)
            lines.append(
                [
                    f"{row.n_variants} × {row.net.title}, {mode}",
                    *(significant(1e6 * Summary.of(row.rounds[name]).median) for name in (mode, "keras")),
                    f"{significant(ratio.median)}× ({significant(ratio.low)}–{significant(ratio.high)})",
                    f"{at_least:g}×, {aim:g}×",
                    f"{row.whole['keras'] / row.whole[mode]:.2g}×",
                ]
            )
    header = ["Variants", "sweep, µs", "Keras, µs", "Keras / sweep (least–greatest)", "at least, aim", "all counted"]
    return markdown_table(header, lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nets", default=",".join(row.net.name for row in ROWS), help="which, comma-separated")
    parser.add_argument("--variants", type=int, help="how many, instead of the table's 64 and 16")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="hardly any data, one round: does it run?")
    parser.add_argument("--compile", action="store_true", help="also how long 256 variants compile, against one")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    parser.add_argument("--only-compile", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    known = {row.net.name: row for row in ROWS}
    names = options.nets.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"--nets must name nets: got {unknown[0]!r}. Known: {', '.join(known)}.")
    if options.only_compile:
        print(_only_compile(known[names[0]], options.only_compile))
        return 0
    machine = Machine.here()
    rows = [
        replace(
            known[name],
            net=shortened(known[name].net) if options.quick else known[name].net,
            n_variants=options.variants or (4 if options.quick else known[name].n_variants),
            rounds={},
            whole={},
        )
        for name in names
    ]
    for row in rows:
        measure(row, rounds=1 if options.quick else options.rounds, machine=machine)
        print(table([row]), flush=True)
    print(f"\n{table(rows)}\n\n{machine.describe()}; Keras {keras.__version__}.")
    compiled = {}
    if options.compile:
        compiled = {n: [compile_seconds("moons", n) for _ in range(3)] for n in (1, 256)}
        one, many = (Summary.of(compiled[n]).median for n in (1, 256))
        print(f"Compiling for 256 variants against one: {many:.2f} s against {one:.2f} s, {many / one:.2f}×.")
    if options.json:
        found = {"rows": [asdict(row) for row in rows], "compile": compiled, "machine": machine.as_json()}
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
