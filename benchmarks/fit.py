"""How fast `vitral.fit` is, beside Keras on JAX and on TensorFlow, PyTorch and scikit-learn, on this machine.

    python benchmarks/fit.py                      all nets, five rounds (minutes)
    python benchmarks/fit.py --quick              every row once, on hardly any data: does it run?
    python benchmarks/fit.py --nets narrow,conv --rounds 9 --json fit.json

Each framework has a process of its own; contenders take turns within every round; every training starts from the
same weights; by how much the first training is longer than the second (building, tracing, compiling) stands apart. A
framework that is not installed is a column that says so: `--python-torch` and `--python-tensorflow` name interpreters
that have it.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from _harness import Child, ChildError, Machine, Summary, interleave, markdown_table, significant
from _nets import BATCH, NETS, Net, make_data, shortened

_STEPS_PER_EXECUTION = (8, 32, 128)


@dataclass(frozen=True)
class Contender:
    """A column of the table, and what its framework's child is asked to make."""

    key: str
    title: str
    framework: str
    options: dict[str, str] = field(default_factory=dict)


CONTENDERS = (
    Contender("vitral", "vitral.fit", "jax", {"engine": "vitral"}),
    Contender("keras-jax", "Keras, JAX", "jax", {"engine": "keras"}),
    Contender("keras-jax-best", "Keras, JAX, best steps", "jax", {"engine": "keras"}),
    Contender("keras-tensorflow", "Keras, TensorFlow", "tensorflow", {"engine": "keras"}),
    Contender("torch", "PyTorch loop", "torch"),
    Contender("sklearn", "scikit-learn", "sklearn"),
)
_ENVIRONMENTS = {
    "jax": {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    "tensorflow": {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    "torch": {"CUDA_VISIBLE_DEVICES": ""},
    "sklearn": {},
}


@dataclass
class Row:
    """What was measured of one net.

    Attributes:
        rounds: per contender, seconds of a step in each round.
        compile_seconds: per contender, by how much its first training is longer than its second: building, compiling.
        missing: per contender that has no figure, why.
        best_steps: the steps_per_execution that suited Keras best in a quick trial.
        peaks: float32 operations a second of JAX's matrix product, measured between rounds.
    """

    net: Net
    data: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    compile_seconds: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    best_steps: int | None = None
    peaks: list[float] = field(default_factory=list)

    def ratio(self, slow: str, fast: str = "vitral") -> Summary | None:
        """Time of `slow` over time of `fast`, round by round; None where one has no figure."""
        if slow not in self.rounds or fast not in self.rounds:
            return None
        return Summary.of([a / b for a, b in zip(self.rounds[slow], self.rounds[fast], strict=True)])

    def share_of_peak(self, key: str, peak: float) -> float | None:
        """Share of the matrix-product peak that a contender reaches."""
        if key not in self.rounds:
            return None
        return self.net.flops / Summary.of(self.rounds[key]).median / peak


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark that the command line asks for, and print its tables."""
    options = _parse(arguments)
    machine, versions, rows = Machine.here(), {}, []
    children, absent = _start_children(options, versions)
    try:
        for net in options.nets:
            _say(f"{net.name}: preparing")
            rows.append(_measure(net, children, absent, machine, options))
    finally:
        for child in children.values():
            child.close()
    print(render(rows, machine, versions, options))
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, machine, versions, options), indent=1), encoding="utf-8")
    # Without Vitral's own figure there is no benchmark.
    return 0 if all("vitral" in row.rounds for row in rows) else 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [net.name for net in NETS]
    parser.add_argument("--nets", default=",".join(names), help=f"which, of {', '.join(names)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender's turn comes (default: 5)")
    parser.add_argument("--seconds", type=float, default=0.3, help="a turn repeats its training this long at least")
    parser.add_argument("--quick", action="store_true", help="one round on hardly any data: figures mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to FILE")
    parser.add_argument("--python-tensorflow", default=sys.executable, metavar="PATH", help="interpreter with it")
    parser.add_argument("--python-torch", default=sys.executable, metavar="PATH", help="interpreter with it")
    options = parser.parse_args(arguments)
    asked = [name.strip() for name in options.nets.split(",")]
    unknown = [name for name in asked if name not in names]
    if unknown:
        parser.error(f"--nets must be among {', '.join(names)}: got {unknown[0]!r}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1: got {options.rounds}")
    options.nets = [net for net in NETS if net.name in asked]
    if options.quick:
        options.rounds, options.seconds = 1, 0.0
        options.nets = [shortened(net) for net in options.nets]
    return options


def _start_children(options: argparse.Namespace, versions: dict[str, str]) -> tuple[dict[str, Child], dict[str, str]]:
    """One child for each framework that is there; why not, for each that is not."""
    pythons = {"tensorflow": options.python_tensorflow, "torch": options.python_torch}
    children, absent = {}, {}
    for framework, environment in _ENVIRONMENTS.items():
        python = pythons.get(framework, sys.executable)
        child = Child(framework, python, "_contenders.py", framework, environment)
        try:
            versions |= child.ask("hello")
            children[framework] = child
        except ChildError as error:
            child.close()
            is_absent = "ModuleNotFoundError" in str(error)
            absent[framework] = "not installed" if is_absent else f"failed: {error}"
    return children, absent


# ---------------------------------------------------------------- one net


def _measure(
    net: Net, children: dict[str, Child], absent: dict[str, str], machine: Machine, options: argparse.Namespace
) -> Row:
    x, y, source = make_data(net)
    row = Row(net, source)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "data.npz")
        np.savez(file, x=x, y=y)
        for contender in CONTENDERS:
            why_not = absent.get(contender.framework) or _unsuitable(contender, net)
            if why_not is None:
                why_not = _prepare(contender, row, children[contender.framework], file, options)
            if why_not is not None:
                row.missing[contender.key] = why_not
    by_key = {c.key: c for c in CONTENDERS if c.key not in row.missing}
    for r, key in interleave(list(by_key), options.rounds):
        if key not in by_key:
            continue
        _say(f"{net.name}: round {r + 1} of {options.rounds}, {key}")
        machine.note_load()
        try:
            if key == "vitral":
                row.peaks.append(children["jax"].ask("peak", seconds=options.seconds))
            seconds = children[by_key[key].framework].ask("run", key=key, at_least=options.seconds)
        except ChildError as error:
            row.missing[key] = f"failed: {error}"
            row.rounds.pop(key, None)
            del by_key[key]
            continue
        row.rounds.setdefault(key, []).append(seconds)
    for child in children.values():
        child.ask("forget")
    return row


def _unsuitable(contender: Contender, net: Net) -> str | None:
    if contender.framework == "sklearn" and net.kind != "mlp":
        return "has no such net"
    if net.is_watched and contender.key not in ("vitral", "keras-jax"):
        return "not measured"
    return None


def _prepare(contender: Contender, row: Row, child: Child, file: str, options: argparse.Namespace) -> str | None:
    """Have the child build and first train a contender; why not, if it fails."""
    net = row.net

    def prepare(key: str, **more: Any) -> float:
        return child.ask("prepare", key=key, net=asdict(net), data=file, options={**contender.options, **more})

    try:
        if contender.key != "keras-jax-best":
            row.compile_seconds[contender.key] = prepare(contender.key)
            return None
        choices = sorted({min(n, net.n_steps) for n in (*_STEPS_PER_EXECUTION, net.n_steps)})
        if options.quick:
            choices = choices[:1]
        tried = {}
        for n in choices:
            prepare(f"trial-{n}", steps_per_execution=n)
            tried[n] = child.ask("run", key=f"trial-{n}", at_least=options.seconds)
            child.ask("forget", keys=[f"trial-{n}"])
        row.best_steps = min(tried, key=tried.__getitem__)
        row.compile_seconds[contender.key] = prepare(contender.key, steps_per_execution=row.best_steps)
    except ChildError as error:
        return f"failed: {error}"
    return None


# ---------------------------------------------------------------- what is shown


def render(rows: list[Row], machine: Machine, versions: dict[str, str], options: argparse.Namespace) -> str:
    """The tables and their legend, as Markdown."""
    peak = max(p for row in rows for p in row.peaks)
    times = [[row.net.title, *[_cell(row, c.key) for c in CONTENDERS], _ratio(row), _wanted(row.net)] for row in rows]
    details = [
        [
            row.net.title,
            f"{row.net.rows} × {row.net.epochs}",
            row.data,
            f"{row.net.flops / 1e6:.3g}",
            _percent(row.share_of_peak("vitral", peak)),
            _percent(row.share_of_peak("keras-jax", peak)),
            _seconds(row.compile_seconds.get("vitral")),
            _seconds(row.compile_seconds.get("keras-jax")),
        ]
        for row in rows
    ]
    header = ["Net", "rows × epochs", "data", "MFLOP a step", "vitral, of peak", "Keras, of peak"]
    lines = [
        f"Microseconds a step, batch {BATCH}; median of {options.rounds} interleaved rounds; compilation apart.",
        "",
        markdown_table(["Net", *[c.title for c in CONTENDERS], "Keras on JAX / vitral", "wanted"], times),
        "",
        "In brackets: the best `steps_per_execution`; least and greatest ratio of a round.",
        "",
        markdown_table([*header, "vitral compiles", "Keras compiles"], details),
        "",
        f"Peak: {peak / 1e9:.0f} GFLOP/s, JAX's float32 product of two 1024 × 1024 matrices, best in this run. "
        "A step counts three times its forward matrix products.",
        f"Machine: {machine.describe()}.",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) + ".",
    ]
    failed = {f"- {c.title}, {row.net.name}: {why}" for row in rows for c in CONTENDERS
              if (why := row.missing.get(c.key, "")).startswith("failed")}  # fmt: skip
    if failed:
        lines += ["", *sorted(failed)]
    if options.quick:
        lines += ["", "A quick run shows that everything runs; its figures mean nothing."]
    return "\n".join(lines)


def _cell(row: Row, key: str) -> str:
    if key in row.missing:
        return "failed" if row.missing[key].startswith("failed") else row.missing[key]
    shown = significant(Summary.of(row.rounds[key]).median * 1e6)
    return f"{shown} ({row.best_steps})" if key == "keras-jax-best" else shown


def _ratio(row: Row) -> str:
    ratio = row.ratio("keras-jax")
    if ratio is None:
        return "–"
    return f"**{significant(ratio.median)}×** ({significant(ratio.low)}–{significant(ratio.high)})"


def _wanted(net: Net) -> str:
    return "–" if net.at_least is None else f"{net.at_least:g}× (aim {net.aim:g}×)"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2g} %"


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.2f} s"


def as_json(rows: list[Row], machine: Machine, versions: dict[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """Everything that was measured, round by round."""
    return {
        "batch": BATCH,
        "rounds": options.rounds,
        "quick": options.quick,
        "machine": machine.as_json(),
        "versions": versions,
        "nets": [
            {
                **asdict(row.net),
                "data": row.data,
                "flops_a_step": row.net.flops,
                "seconds_a_step": row.rounds,
                "compile_seconds": row.compile_seconds,
                "missing": row.missing,
                "best_steps_per_execution": row.best_steps,
                "peak_flops_a_second": row.peaks,
                "keras_over_vitral": asdict(ratio) if (ratio := row.ratio("keras-jax")) else None,
            }
            for row in rows
        ],
    }


def _say(text: str) -> None:
    """Progress, for whoever watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif os.environ.get("VITRAL_BENCH_LOG"):
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
