"""The README's example of a widget does as it stands there what the README says of it."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import vitral
from vitral.views.widgets import DecisionBoundary

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_the_network_is_trained_anew_with_each_point(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) if "widgets" in block)
    *lines, last = ast.parse(code).body
    assert isinstance(last, ast.Expr)  # what a notebook shows
    names = {}
    exec(compile(ast.Module(lines, type_ignores=[]), name, "exec"), names)
    widget = eval(compile(ast.Expression(last.value), name, "eval"), names).wait()
    before = np.array(widget.drawings[0]["grid"])
    assert np.mean(widget.drawings[0]["wrong"]) < 0.1
    widget.set(points=[*widget.values["points"], *([[2.0, 2.0, 1]] * 5)])
    assert widget.status["state"] == "done"
    assert np.abs(np.array(widget.drawings[0]["grid"]) - before).max() > 0.1
    widget.close()


@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_a_trained_model_is_drawn_as_it_is(name):
    assert "DecisionBoundary(x, y, predict=model)" in (ROOT / name).read_text(encoding="utf-8")
    model = vitral.networks.mlp(2, 2)
    points = np.random.default_rng(0).normal(size=(20, 2))
    widget = DecisionBoundary(points, np.arange(20) % 2, predict=model, grid=20).wait()
    share = model.predict(points, verbose=0)[:, 1]
    assert widget.status["state"] == "done"
    assert widget.drawings[0]["wrong"] == ((share > 0.5) != np.arange(20) % 2).tolist()
    widget.close()
