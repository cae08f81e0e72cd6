"""What grading a class costs: submissions of Lab 1, each in a sandbox of its own, and what of it is importing.

    python benchmarks/grade.py                            60 students, --jobs 2 (minutes)
    python benchmarks/grade.py --students 12 --jobs 4

The class is made of the tests' reference solutions: in plain Keras, mixed with NumPy, and in TensorFlow's style; where
TensorFlow is installed it is used, else Keras stands in for it. Seconds of processor are those of a submission's
processes: on a busy machine they say more than the clock does. The imports are measured in processes of their own.
"""

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _harness import Machine, Summary, markdown_table
from vitral.course.labs.grading.sandbox import environment

_SOLUTIONS = Path(__file__).parents[1] / "tests" / "course" / "labs" / "lab1"
_STYLES = ("keras", "mixed", "tensorflow")
_IMPORTS = {
    "NumPy": "import numpy",
    "Keras on JAX": "import keras",
    "TensorFlow": "import tensorflow.keras",
}


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    machine = Machine.here()
    machine.note_load()
    rows = [[f"import: {name}", *_seconds(times)] for name, times in _imports(options.rounds).items()]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder) / "class"
        work.mkdir()
        for n in range(options.students):
            code = (_SOLUTIONS / f"reference_{_STYLES[n % 3]}.py").read_text(encoding="utf-8")
            (work / f"student{n:03}.py").write_text(f"# {n}\n{code}", encoding="utf-8")
        machine.note_load()
        clock = _graded(work, options.jobs)
        machine.note_load()
        again = _graded(work, options.jobs)
        kept = [json.loads(file.read_bytes()) for file in Path(folder).glob("grades-feedback/.results/*.json")]
        for style, name in enumerate(_STYLES):
            those = [row["cpu_seconds"] for row in kept if int(row["name"][-3:]) % 3 == style]
            rows += [[f"a submission: {name}", "", f"{Summary.of(those).median:.2f}"]] if those else []
        processor = sum(row["cpu_seconds"] for row in kept)
        each = [f"{seconds / options.students:.2f}" for seconds in (clock, processor)]
        rows.append(["the class, for each student", *each])
        rows.append(["the class", f"{clock:.1f}", f"{processor:.1f}"])
        rows.append(["the class again, unchanged", f"{again:.1f}", ""])
        assert (Path(folder) / "grades.csv").read_text(encoding="utf-8-sig").count(",4,ok,") == options.students
    print(
        f"Lab 1, {options.students} students, --jobs {options.jobs}, seconds. Imports: medians of {options.rounds}.\n",
        markdown_table(["", "by the clock", "of processor"], rows),
        f"\nMachine: {machine.describe()}.",
        sep="\n",
    )
    return 0


def _graded(work: Path, jobs: int) -> float:
    """Seconds by the clock that grading the class takes."""
    command = [sys.executable, "-m", "vitral", "lab", "grade", "1", str(work)]
    return _measured([*command, "--csv", str(work.parent / "grades.csv"), "--jobs", str(jobs)], dict(os.environ))[0]


def _imports(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """What an import takes in a process like a submission's, Python's own start included."""
    imports = dict(_IMPORTS)
    if importlib.util.find_spec("tensorflow") is None:
        del imports["TensorFlow"]
    backends = {name: "tensorflow" if "TensorFlow" in name else "jax" for name in imports}
    return {
        name: [_measured([sys.executable, "-I", "-c", code], environment(backends[name])) for _ in range(rounds)]
        for name, code in imports.items()
    }


def _measured(command: list[str], variables: dict[str, str]) -> tuple[float, float]:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
    clock, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _seconds(times: list[tuple[float, float]]) -> list[str]:
    return [f"{Summary.of(list(column)).median:.2f}" for column in zip(*times, strict=True)]


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--students", type=int, default=60, help="how many (default 60)")
    parser.add_argument("--jobs", type=int, default=2, help="submissions side by side (default 2)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each import is measured (default 3)")
    options = parser.parse_args(arguments)
    for name in ("students", "jobs", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1: got {getattr(options, name)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
