"""What streaming costs: epochs on a memory-mapped file beside epochs on the same rows in memory, and peak memory.

    python benchmarks/stream.py                       784-128-10, 60,000 rows, batch 32 and 128, nine rounds
    python benchmarks/stream.py --quick               hardly any data, one round: does it run?
    python benchmarks/stream.py --folder /mnt/disk    where the file of 600,000 rows (1.9 GB) is to lie

Contenders are compiled once and train again and again, taking turns; the file lies in the system's page cache, except
for the one that is "cold": its pages are dropped before each turn. Keras trains on the same file. For peak memory, each
training is a process of its own, whose memory the system counts: all that is resident, pages of the mapped file
included, and what is anonymous, which only the process itself can give back (sampled every 5 ms).
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np

from _harness import Machine, Summary, interleave, markdown_table, significant

_INPUTS, _CLASSES = 784, 10
_ROWS, _TIMES = 60_000, 10
_BATCHES = (32, 128)
_MIB = 1 << 20


# ---------------------------------------------------------------- data


def write_rows(file: Path, n_rows: int, block: int = 10_000) -> None:
    """MNIST-like rows float32 (N, 784): a blurred blob for each class, some noise, most of it zero; class i mod 10."""
    random = np.random.default_rng(0)
    blobs = random.random((_CLASSES, _INPUTS)) ** 3
    out: Any = np.lib.format.open_memmap(file, mode="w+", dtype="float32", shape=(n_rows, _INPUTS))
    for start in range(0, n_rows, block):
        rows = np.arange(start, min(start + block, n_rows))
        noise = random.random((len(rows), _INPUTS), dtype="float32")
        out[rows[0] : rows[-1] + 1] = np.clip(blobs[rows % _CLASSES] + 0.5 * noise - 0.5, 0, 1)
    out.flush()


def labels(n_rows: int) -> np.ndarray:
    """Class numbers int32 (N,)."""
    return (np.arange(n_rows) % _CLASSES).astype("int32")


def drop_cached(file: Path) -> None:
    """Have the system forget a file's pages, so that they are read from the disk again."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def make_model() -> Any:
    """784-128-10, SGD."""
    import keras

    keras.utils.set_random_seed(0)
    stack = [keras.layers.Dense(128, "relu"), keras.layers.Dense(_CLASSES, "softmax")]
    model = keras.Sequential([keras.Input((_INPUTS,)), *stack])
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    return model


# ---------------------------------------------------------------- speed


@dataclass
class Speeds:
    """Seconds of an epoch at one batch size, by contender, round by round.

    Attributes:
        rounds: by the clock. work: of processors, all threads together, which neighbours disturb less.
    """

    batch: int
    rounds: dict[str, list[float]] = field(default_factory=dict)
    work: dict[str, list[float]] = field(default_factory=dict)

    def share(self, name: str) -> Summary:
        """Throughput of a contender as a share of that in memory, round by round."""
        pairs = zip(self.rounds["memory"], self.rounds[name], strict=True)
        return Summary.of([a / b for a, b in pairs])

    def more_work(self) -> Summary:
        """By which share streaming keeps processors longer busy, round by round."""
        pairs = zip(self.work["memory"], self.work["streamed"], strict=True)
        return Summary.of([b / a - 1 for a, b in pairs])


def make_training(x: np.ndarray, batch: int, epochs: int) -> Any:
    """A compiled training that can be run again and again."""
    from vitral.training.attempt import Attempt
    from vitral.training.compiled import prepare
    from vitral.training.interrupts import held_interrupt
    from vitral.training.program import build_program
    from vitral.training.request import make_request

    model, y = make_model(), labels(len(x))
    request, _ = make_request(x, y, None, batch_size=batch, epochs=epochs, verbose=0)
    attempt = Attempt(model, request, dataset=None, callbacks=None, seed=0)
    with held_interrupt() as interrupt:
        training = prepare(model, request, None, attempt.history, interrupt)
        training.compile(build_program, attempt.timing)
    attempt.fingerprint()  # the data are hashed beside a fit, once: not beside these epochs
    return training


def measure_speeds(file: Path, n_rows: int, batch: int, *, rounds: int, epochs: int, machine: Machine) -> Speeds:
    """Let the contenders take turns."""
    from vitral._mapped import give_back
    from vitral.training.streaming import Stream

    mapped = np.load(file, mmap_mode="r")[:n_rows]
    memory, streamed = (make_training(x, batch, epochs) for x in (np.array(mapped), mapped))
    cold = make_training(mapped, batch, 1)  # the second epoch would find the file in the page cache
    assert [isinstance(t.feeds[0], Stream) for t in (memory, streamed, cold)] == [False, True, True]
    model, y = make_model(), labels(n_rows)
    trains: dict[str, Callable[[], Any]] = {
        "memory": memory.run,
        "streamed": streamed.run,
        "cold": cold.run,
        "keras": lambda: model.fit(mapped, y, batch_size=batch, epochs=1, verbose=0),
    }
    for train in (*trains.values(), memory.run):
        train()
    found = Speeds(batch, {name: [] for name in trains}, {name: [] for name in trains})
    for _, name in interleave(list(trains), rounds):
        n_epochs = epochs if name in ("memory", "streamed") else 1
        if name == "cold":
            give_back(mapped)  # of what a process has mapped, the system forgets nothing
            drop_cached(file)
        started, worked = time.perf_counter(), time.process_time()
        trains[name]()
        found.rounds[name].append((time.perf_counter() - started) / n_epochs)
        found.work[name].append((time.process_time() - worked) / n_epochs)
        if name == "cold":
            mapped.sum()  # all of it is in the page cache again
        machine.note_load()
    return found


# ---------------------------------------------------------------- memory


def memory_of(what: str) -> int:
    """Bytes that the system counts of this process: VmHWM, the most that was resident; RssAnon, RssFile at present."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return 1024 * int(next(line.split()[1] for line in lines if line.startswith(f"{what}:")))


@contextlib.contextmanager
def watched(every: float = 0.005) -> Iterator[dict[str, int]]:
    """While the block runs, the most that was anonymous at one of the looks; filled in when it ends."""
    most, is_over = {"anonymous": memory_of("RssAnon")}, threading.Event()

    def look() -> None:
        while not is_over.wait(every):
            most["anonymous"] = max(most["anonymous"], memory_of("RssAnon"))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        is_over.set()
        thread.join()


def peak_here(file: Path, n_rows: int, mode: str) -> dict[str, int]:
    """Train an epoch in this process, in "memory" or "streamed"; bytes at the peak, and before."""
    import vitral

    model = make_model()
    vitral.fit(model, np.zeros((256, _INPUTS), "float32"), labels(256), batch_size=128, verbose=0)
    before = {"before": memory_of("VmHWM"), "anonymous before": memory_of("RssAnon")}
    with watched() as most:
        x = np.load(file, mmap_mode="r")[:n_rows]
        if mode == "memory":
            x = np.array(x)
        run = vitral.fit(model, x, labels(n_rows), batch_size=128, verbose=0, seed=0)
    assert ("in chunks" in run.engine_reason) == (mode == "streamed"), run.engine_reason
    return {**before, "peak": memory_of("VmHWM"), **most}


def peak_of(file: Path, n_rows: int, mode: str) -> dict[str, int]:
    """The same, in a process of its own."""
    command = [sys.executable, __file__, "--only-peak", mode, "--rows", str(n_rows), "--file", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


# ---------------------------------------------------------------- what is shown


def speed_table(speeds: list[Speeds]) -> str:
    """Milliseconds of an epoch, and throughput as a share of that in memory."""
    rows = []
    for found in speeds:
        times = [significant(1e3 * Summary.of(found.rounds[n]).median) for n in ("memory", "streamed", "cold", "keras")]
        shares = [found.share(name) for name in ("streamed", "cold")]
        shown = [f"{100 * s.median:.0f} % ({100 * s.low:.0f}–{100 * s.high:.0f})" for s in [*shares, found.more_work()]]
        rows.append([str(found.batch), *times, *shown])
    header = ["Batch", "in memory, ms", "streamed", "streamed, cold", "Keras, same file"]
    return markdown_table([*header, "throughput, streamed (least–greatest)", "cold", "more processor time"], rows)


def peak_table(peaks: dict[str, dict[str, int]]) -> str:
    """Peak memory by rows, in MiB."""
    rows = []
    for name, found in peaks.items():
        mode, n_rows = name.split()
        size = int(n_rows) * _INPUTS * 4
        values = [size, found["peak"], found["anonymous"], found["anonymous"] - found["anonymous before"]]
        rows.append([f"{'in memory' if mode == 'memory' else mode}, {int(n_rows):,} rows", *map(_mebibytes, values)])
    return markdown_table(["Training", "file, MiB", "peak resident", "peak anonymous", "of it, training"], rows)


def _mebibytes(n: int) -> str:
    return f"{n / _MIB:,.0f}"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9, help="how often each contender's turn comes (default: 9)")
    parser.add_argument("--folder", type=Path, help="where the file is to lie (default: the system's, for what passes)")
    parser.add_argument("--quick", action="store_true", help="hardly any data, one round: figures mean nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to FILE")
    for name, kind in (("--only-peak", str), ("--rows", int), ("--file", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1: got {options.rounds}")
    if options.only_peak:
        print(json.dumps(peak_here(options.file, options.rows, options.only_peak)))
        return 0
    n_rows, times, rounds, epochs = (22_000, 2, 1, 1) if options.quick else (_ROWS, _TIMES, options.rounds, 2)
    machine = Machine.here()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        file = Path(folder) / "rows.npy"
        write_rows(file, times * n_rows)
        sizes = n_rows, times * n_rows
        peaks = {f"{mode} {n}": peak_of(file, n, mode) for mode in ("streamed", "memory") for n in sizes}
        print(f"Peak memory of one epoch of 784-128-10, batch 128, MiB:\n\n{peak_table(peaks)}\n", flush=True)
        np.load(file, mmap_mode="r")[:n_rows].sum()
        speeds = [
            measure_speeds(file, n_rows, batch, rounds=rounds, epochs=epochs, machine=machine) for batch in _BATCHES
        ]
    print(f"An epoch of {n_rows:,} rows of 784-128-10, median of {rounds} rounds:\n\n{speed_table(speeds)}\n")
    import keras

    print(f"{machine.describe()}; Keras {keras.__version__}.")
    if options.quick:
        print("A quick run shows that everything runs; its figures mean nothing.")
    if options.json:
        found = {"peaks": peaks, "speeds": [asdict(s) for s in speeds], "machine": machine.as_json()}
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
