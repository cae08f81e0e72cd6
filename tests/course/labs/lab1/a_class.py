"""A class of 60 for Lab 1 made of the tests' solutions: 40 right ones, in every style and form, and 20 that are not."""

import json
import re
from pathlib import Path

HERE = Path(__file__).parent
STYLES = [(HERE / f"reference_{style}.py").read_text(encoding="utf-8") for style in ("keras", "mixed", "tensorflow")]
KERAS = STYLES[0]
OK, ALL = "ok", ("T1", "T2", "T3", "T4")
EXPERIMENTS = """
get_ipython().run_line_magic("matplotlib", "inline")
history = get_basic_model(784, 10).fit(x_train, y_train, epochs=100)
print(history.history)
raise SystemExit
"""


def notebook(code, *, n):
    """The code as a notebook: a cell for each paragraph, magics, experiments that nobody is to run, figures."""
    code = code.replace("from __future__", "#")
    cells = [f"%matplotlib inline\n!pip install vitral\n# student {n}", *re.split(r"\n\n\n+", code), EXPERIMENTS]
    output = [{"output_type": "display_data", "data": {"image/png": "A" * 200_000}, "metadata": {}}]
    return json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": ["# Mi práctica\n", "Hecha en casa"]},
                *(
                    {"cell_type": "code", "metadata": {}, "outputs": output, "source": c.splitlines(keepends=True)}
                    for c in cells
                ),
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def good():
    """(file, content) of the 40."""
    for n in range(40):
        code = f"# {n}\nNUMBER = {n}\n{STYLES[n % 3]}"
        if n % 2:
            yield "lab1.ipynb", notebook(code, n=n)
        else:
            yield "lab1.py", code + "\n\nif __name__ == '__main__':\n    get_basic_model(1, 1).fit()\n"


def instead(function, body, code=KERAS):
    """The solution with another body of one function."""
    name = {"T1": "get_basic_model", "T2": "get_L2_model", "T3": "get_L1L2_model"}.get(function)
    name = name or "weighted_categorical_crossentropy"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return (
        "import os, sys, time\nimport numpy as np\n"
        + code.replace(f"def {name}(", f"def {name}_right(")
        + (f"\n\ndef {name}(*arguments):\n{lines}")
    )


def loss(formula):
    return instead("T4", "K = keras.ops\nw = K.convert_to_tensor(arguments[0])\n"
                   f"return lambda y, p: {formula}")  # fmt: skip


RIGHT = "return {name}_right(*arguments)"
# (file, content, what is not right by task); {canary}, {pid} and {other} as in small_lab
BAD = [
    ("lab1.py", "", dict.fromkeys(ALL, "missing")),
    ("lab1.py", "def get_basic_model(:\n", dict.fromkeys(ALL, "refused")),
    ("lab1.ipynb", "no notebook", dict.fromkeys(ALL, "refused")),
    ("lab1.py", KERAS.partition("def get_L1L2")[0], {"T3": "missing", "T4": "missing"}),
    ("lab1.ipynb", notebook(loss("K.sum(-K.sum(w * y * K.log(K.clip(p, 1e-7, 1)), axis=-1))"), n=1), {"T4": "wrong"}),
    ("lab1.py", loss("K.mean(-K.sum(w * y * K.log(p), axis=-1))"), {"T4": "wrong"}),
    ("lab1.py", loss("K.mean(w * keras.losses.mean_squared_error(y, p)[:, None])"), {"T4": "wrong"}),
    ("lab1.py", KERAS.replace("L2(0.001)", "L2(0.01)"), {"T2": "wrong"}),
    ("lab1.ipynb", notebook(STYLES[2].replace("l1=0.001", "l1=0.0"), n=2), {"T3": "wrong"}),
    ("lab1.py", KERAS.replace("nb_classes, activation", "nb_classes + 0, activation").replace("(128, 64", "(256, 64"),
     {"T1": "wrong", "T2": "wrong", "T3": "wrong"}),
    ("lab1.py", instead("T1", "os._exit(0)"), {"T1": "crash"}),
    ("lab1.ipynb", notebook(instead("T4", "while True: pass"), n=3), {"T4": "timeout"}),
    ("lab1.py", instead("T1", "for _ in range(200):\n    if os.fork() == 0: time.sleep(600)\ntime.sleep(600)"),
     {"T1": "crash"}),
    ("lab1.py", instead("T2", "os.kill({pid}, 9)\nos.kill(os.getppid(), 9)\nreturn get_L2_model_right(*arguments)"),
     {"T2": "?"}),
    ("lab1.py", instead("T1", "open('{other}').read()\nreturn get_basic_model_right(*arguments)"), {"T1": "wrong"}),
    ("lab1.py", instead("T4", "np.allclose = np.isclose = np.abs = lambda *a, **k: True\nreturn lambda y, p: 0.0"),
     {"T4": "wrong"}),
    ("lab1.py", instead("T4", "class E(float):\n    __eq__ = __lt__ = lambda a, b: True\nreturn lambda y, p: E(1.0)"),
     {"T4": "wrong"}),
    ("lab1.py", instead("T4", "return lambda y, p: float('nan')"), {"T4": "wrong"}),
    ("lab1.py", instead("T3", "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(4321)\n"
                        "    os._exit(0)\ntime.sleep(0.2)\nopen('{canary}', 'w').write('gone')"), {"T3": "wrong"}),
    ("lab1.py", instead("T1", "model = get_basic_model_right(*arguments)\ntype(model).count_params = lambda s: 1 / 0\n"
                        "return model"), {"T1": "wrong", "T2": "wrong", "T3": "wrong"}),
]  # fmt: skip


def write(folder, **places):
    """Write the class as Moodle gives it, a folder for each student; returns {identifier: {task: status}}."""
    expected = {}
    handed = [(file, content, {}) for file, content in good()] + BAD
    for n, (file, content, wrong) in enumerate(handed, 101):
        for place, value in places.items():
            content = content.replace(f"{{{place}}}", str(value))
        student = folder / f"Apellido{n} Nombre{n}_{n}_assignsubmission_file_"
        student.mkdir(parents=True)
        (student / file).write_text(content, encoding="utf-8")
        expected[f"Participant {n}"] = {task: wrong.get(task, OK) for task in ALL}
    return expected
