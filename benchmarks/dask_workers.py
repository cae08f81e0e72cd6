"""What it costs, or gains, to train a sweep on Dask workers on this machine, beside this process alone.

    python benchmarks/dask_workers.py                    both sweeps, five rounds (minutes)
    python benchmarks/dask_workers.py --quick            every row once, on hardly any data: does it run?
    python benchmarks/dask_workers.py --rounds 9 --json dask.json

Each turn is a whole sweep, everything counted: building, tracing, compiling what is not compiled yet, training, sending
out and taking in. Contenders take turns: this process (a thread a core), one worker and two workers (a thread each, on
loopback). All have trained the sweep once before, so programs are compiled and Keras is imported, as in a cluster that
stays up. That first time stands apart. (The name is not `dask`, because a script's folder comes first on its path.)
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from distributed import Client, LocalCluster

from _harness import Machine, Summary, interleave, markdown_table, significant
from _nets import BATCH, NETS, Net, make_data, shortened
from _with_keras import build as build_net
from vitral.training.sweep import sweep

_KNOWN = {net.name: net for net in NETS}
_ALONE = "this process"


@dataclass
class Row:
    """What was measured of one sweep.

    Attributes:
        rounds: by contender, seconds of the whole sweep in each round. first: of the first time.
    """

    net: Net
    n_variants: int
    rounds: dict[str, list[float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)


ROWS = (Row(_KNOWN["moons"], 64), Row(replace(_KNOWN["narrow"], epochs=2), 16))


def _builder(net: Net) -> Callable[..., Any]:
    def build(rate: float) -> Any:
        model = build_net(net)
        known = keras.optimizers
        optimizer = known.Adam(rate) if net.optimizer == "adam" else known.SGD(rate, momentum=net.momentum)
        model.compile(optimizer, "binary_crossentropy" if net.outputs == 1 else "sparse_categorical_crossentropy")
        return model

    return build


def measure(row: Row, clients: dict[str, Any], *, rounds: int, machine: Machine) -> None:
    """Fill in a row; `clients` by contender, None for this process."""
    x, y, _ = make_data(row.net)
    y = y.astype("float32")[:, None] if row.net.outputs == 1 else y.astype("int32")
    n_rates = min(4, row.n_variants)
    over = {"rate": [row.net.rate * 0.5**i for i in range(n_rates)], "seed": list(range(row.n_variants // n_rates))}
    sizes = {"over": over, "batch_size": BATCH, "epochs": row.net.epochs, "verbose": 0, "exact": True}

    def turn(name: str) -> float:
        started = time.perf_counter()
        found = sweep(_builder(row.net), x, y, client=clients[name], **sizes)
        seconds = time.perf_counter() - started
        assert found.count("done") == row.n_variants
        losses[name] = [result.history["loss"] for result in found.results]
        return seconds

    losses: dict[str, Any] = {}
    row.first = {name: turn(name) for name in clients}
    row.rounds = {name: [] for name in clients}
    for _, name in interleave(list(clients), rounds):
        row.rounds[name].append(turn(name))
        machine.note_load()
    assert all(found == losses[_ALONE] for found in losses.values()), "a worker gave other bits"


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = []
    for row in rows:
        alone = row.rounds[_ALONE]
        for name, seconds in row.rounds.items():
            ratio = Summary.of([a / b for a, b in zip(alone, seconds, strict=True)])
            summary = Summary.of(seconds)
            lines.append(
                [
                    f"{row.n_variants} × {row.net.title}, {name}",
                    f"{significant(summary.median)} ({significant(summary.low)}–{significant(summary.high)})",
                    significant(1e3 * (summary.median - Summary.of(alone).median) / row.n_variants),
                    f"{significant(ratio.median)}× ({significant(ratio.low)}–{significant(ratio.high)})",
                    significant(row.first[name]),
                ]
            )
    header = [
        "Sweep",
        "seconds (least–greatest)",
        "more, ms a variant",
        "this process / it (least–greatest)",
        "the first time, s",
    ]
    return markdown_table(header, lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nets", default=",".join(row.net.name for row in ROWS), help="which, comma-separated")
    parser.add_argument("--variants", type=int, help="how many, instead of the table's 64 and 16")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="hardly any data, one round: does it run?")
    parser.add_argument("--json", type=Path, help="write what was measured to this file")
    options = parser.parse_args(arguments)
    known = {row.net.name: row for row in ROWS}
    names = options.nets.split(",")
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"--nets must name nets: got {unknown[0]!r}. Known: {', '.join(known)}.")
    machine = Machine.here()
    rows = [
        replace(
            known[name],
            net=shortened(known[name].net) if options.quick else known[name].net,
            n_variants=options.variants or (4 if options.quick else known[name].n_variants),
            rounds={},
            first={},
        )
        for name in names
    ]
    with ExitStack() as stack:
        clients: dict[str, Any] = {_ALONE: None}
        for n in (1, 2):
            cluster = stack.enter_context(LocalCluster(n, threads_per_worker=1, dashboard_address=":0"))
            clients[f"{n} worker{'s' if n > 1 else ''}"] = stack.enter_context(Client(cluster))
        for row in rows:
            measure(row, clients, rounds=1 if options.quick else options.rounds, machine=machine)
            print(table([row]), flush=True)
    print(f"\n{table(rows)}\n\n{machine.describe()}; Keras {keras.__version__}, NumPy {np.__version__}.")
    if options.json:
        found = {"rows": [asdict(row) for row in rows], "machine": machine.as_json()}
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
