"""The benchmark counts arithmetic rightly, shares rounds out evenly, and its table has every row."""

import json
import math
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.usefixtures("benchmarks")

ROWS = ["moons", "moons-adam", "moons-watched", "narrow", "funnel", "conv", "lstm"]
COLUMNS = ["vitral", "keras-jax", "keras-jax-best", "keras-tensorflow", "torch", "sklearn"]


def products(jaxpr, times=1):
    """Operations of the matrix products and convolutions in a traced program, loops counted as often as they run."""
    total = 0
    for eqn in jaxpr.eqns:
        out = math.prod(eqn.outvars[0].aval.shape)
        if eqn.primitive.name == "dot_general":
            (contracted, _), _ = eqn.params["dimension_numbers"]
            total += 2 * out * math.prod(eqn.invars[0].aval.shape[i] for i in contracted)
        elif eqn.primitive.name == "conv_general_dilated":
            spec, kernel = eqn.params["dimension_numbers"].rhs_spec, eqn.invars[1].aval.shape
            total += 2 * out * math.prod(kernel) // kernel[spec[0]]
        inner = [p for p in eqn.params.values() if hasattr(p, "eqns") or hasattr(p, "jaxpr")]
        for sub in inner:
            total += products(getattr(sub, "jaxpr", sub), eqn.params.get("length", 1))
    return times * total


@pytest.mark.parametrize("name", ["moons", "narrow", "funnel", "conv", "lstm"])
def test_flops_are_three_times_those_of_the_traced_forward_pass(name):
    import jax

    import _nets
    import _with_keras

    net = next(n for n in _nets.NETS if n.name == name)
    x, _, _ = _nets.make_data(net)
    model = _with_keras.build(net)
    traced = jax.make_jaxpr(lambda batch: model(batch))(x[: _nets.BATCH])
    assert net.flops == 3 * products(traced.jaxpr)


def test_every_contender_has_every_place_in_a_round_once():
    from _harness import interleave

    turns = list(interleave("abcd", 4))
    rounds = [[name for r, name in turns if r == i] for i in range(4)]
    assert all(sorted(names) == list("abcd") for names in rounds)
    assert all(sorted(place) == list("abcd") for place in zip(*rounds, strict=True))


def test_data_fit_the_net_and_are_the_same_every_time(monkeypatch):
    import _nets

    monkeypatch.delenv("VITRAL_DATA", raising=False)
    for net in map(_nets.shortened, _nets.NETS):
        x, y, source = _nets.make_data(net)
        again = _nets.make_data(net)
        assert len(x) == len(y) == net.rows
        assert x.dtype == "float32"
        assert 0 <= y.min() <= y.max() < max(net.outputs, 2)
        assert (x == again[0]).all()
        assert ("random" in source) == (not net.name.startswith("moons"))


def test_a_child_answers_reports_errors_and_says_how_it_ended(benchmarks, tmp_path):
    from _harness import Child, ChildError

    script = tmp_path / "child.py"
    script.write_text(
        f"import os, sys; sys.path.insert(0, {str(benchmarks)!r})\n"
        "from _harness import serve\n"
        "def double(n): print('noise'); return 2 * n\n"
        "serve({'double': double, 'fail': lambda: 1 / 0, 'end': lambda: sys.exit('the end')})\n"
    )
    child = Child("child", sys.executable, str(script), "", {})
    try:
        assert child.ask("double", n=21) == 42
        with pytest.raises(ChildError, match="ZeroDivisionError: division by zero"):
            child.ask("fail")
        assert child.ask("double", n=1) == 2
        with pytest.raises(ChildError, match="child ended: the end"):
            child.ask("end")
    finally:
        child.close()


@pytest.mark.slow
def test_a_quick_run_fills_every_row(benchmarks, tmp_path):
    file = tmp_path / "fit.json"
    done = subprocess.run(
        [sys.executable, benchmarks / "fit.py", "--quick", "--json", file],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert "failed" not in done.stdout
    found = json.loads(file.read_text(encoding="utf-8"))
    assert [net["name"] for net in found["nets"]] == ROWS
    for net in found["nets"]:
        assert done.stdout.count(f"| {net['title']} |") == 2
        measured, missing = net["seconds_a_step"], net["missing"]
        assert sorted([*measured, *missing]) == sorted(COLUMNS)
        assert {"vitral", "keras-jax"} <= set(measured)
        assert all(len(rounds) == found["rounds"] and min(rounds) > 0 for rounds in measured.values())
        assert set(missing.values()) <= {"not installed", "has no such net", "not measured"}
