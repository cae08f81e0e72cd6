"""The README and the examples on TensorFlow and PyTorch: all of it runs, with the very weights of plain `model.fit`.

Each backend has a process of its own. It runs with this interpreter where the backend is installed, else with the one
that VITRAL_TENSORFLOW_PYTHON or VITRAL_TORCH_PYTHON names, into which Vitral's dependencies were installed, too.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n|```python\n(.*?)```", README, flags=re.DOTALL | re.MULTILINE)

CHILD = """
import json, re, sys
import matplotlib; matplotlib.use("Agg")
import numpy as np

backend, blocks = sys.argv[1], json.loads(sys.stdin.read())
names, found = {}, {}

def bits(model):
    return [np.array(vitral.keras.ops.convert_to_numpy(v.value)).tobytes() for v in model.weights]

def plain(model, epochs, callbacks=()):
    data = names["data"]
    validation = (data.validation.x, data.validation.y)
    super(type(model), model).fit(data.train.x, data.train.y, epochs=epochs, verbose=0,
                                  validation_data=validation, callbacks=list(callbacks))

def fresh():
    vitral.keras.utils.set_random_seed(0)
    model = vitral.networks.mlp(64, 10)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

for title, code in blocks:
    if title == "Many machines":
        from distributed import LocalCluster

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
        code = code.replace(re.search('tcp://[^"]+', code).group(), cluster.scheduler_address)
        alone = names["sweep"]
    try:
        exec(compile(code, title, "exec"), names)
    except names["vitral"].VitralError as error:  # what can be resumed is JAX's alone
        assert "vitral.resume(" in code and "random generators cannot be kept" in str(error), error
    vitral = names["vitral"]
    set_seed = vitral.keras.utils.set_random_seed
    if title == "In three lines":
        twin = fresh()
        set_seed(0)
        plain(twin, 20)
        found[title] = bits(names["model"]) == bits(twin) and names["run"].engine == "keras"
    elif title == "Many variants":
        same = []
        for number in (0, 5):
            values = names["sweep"].variants[number]
            set_seed(values["seed"])
            model = names["build"](values["rate"], values["width"])
            set_seed(values["seed"])
            stop = vitral.keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
            plain(model, 5, [stop])
            same.append(bits(model) == bits(names["sweep"][number].model))
        found[title] = same == [True, True]
    elif title == "Many machines":
        found[title] = all(bits(one.model) == bits(other.model) for one, other in zip(names["sweep"], alone))
        names["client"].close()
        cluster.close()
    elif title == "Looking inside" and title not in found:
        set_seed(0)
        plain(twin, 10)
        found[title] = bits(names["model"]) == bits(twin) and len(names["counts"]) > 0
    else:
        found[title] = True
found["backend"] = vitral.keras.config.backend()
print("\\n" + json.dumps(found))
"""


def blocks():
    """(section, code) of each block of Python, in their order."""
    found, title = [], ""
    for heading, code in BLOCKS:
        if heading:
            title = heading
        else:
            found.append((title, code))
    return found


def interpreter(backend):
    """Who runs a backend here."""
    named = os.environ.get(f"VITRAL_{backend.upper()}_PYTHON")
    if named is None and importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed, and VITRAL_{backend.upper()}_PYTHON names no interpreter that has it")
    return named or sys.executable


def run(backend, folder, arguments, text=None):
    """What a process of that backend prints."""
    environment = os.environ | {
        "KERAS_BACKEND": backend,
        "PYTHONPATH": str(ROOT / "src"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "MPLBACKEND": "Agg",
    }
    done = subprocess.run(
        [interpreter(backend), *arguments],
        input=text,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_every_block_is_run_elsewhere():
    titles = [title for title, _ in blocks()]
    assert {"In three lines", "Many variants", "Many machines", "Looking inside", "TensorBoard"} <= set(titles)
    assert README.count("```python") == len(titles)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_the_readme_and_its_weights(backend, tmp_path):
    found = json.loads(run(backend, tmp_path, ["-c", CHILD, backend], json.dumps(blocks())).strip().splitlines()[-1])
    assert found.pop("backend") == backend
    assert found == {title: True for title, _ in blocks()}
    assert (tmp_path / "runs/digits/report.html").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_every_example(backend, script, tmp_path):
    said = run(backend, tmp_path, [str(script), "--quick", "--out", str(tmp_path / "figures")])
    assert "4 done" in said
    assert list((tmp_path / "figures").glob("*.png"))
