"""The figures of a sweep draw what NumPy finds in its histories."""

import math

import numpy as np
import pytest
from recordings import sweep_of

from vitral._errors import ArgumentError, UnknownNameError
from vitral.views import sweep_curves, sweep_heat_map

RATES, WIDTHS, SEEDS = (0.001, 0.1, 10.0), (8, 16), (0, 1, 2, 3, 4)
NAN = math.nan


def losses(rate, width, seed):
    """Three epochs; at a rate of 10, the first two seeds of width 8 and all of width 16 diverge."""
    if rate == 10.0 and (width == 16 or seed < 2):
        return [3.0 + seed, NAN, NAN]
    return [3.0 + seed, 2.0 - 0.1 * seed + rate, 1.0 / (1 + seed) + rate * width]


ROWS = [
    (
        {"rate": rate, "width": width, "seed": seed},
        "diverged" if math.isnan(losses(rate, width, seed)[-1]) else "done",
        {"loss": losses(rate, width, seed), "accuracy": [0.1, 0.2 + 0.1 * rate % 1, 0.3 + 0.01 * seed + 0.001 * width]},
    )
    for rate in RATES
    for width in WIDTHS
    for seed in SEEDS
]
SWEEP = sweep_of(ROWS, ["rate", "width", "seed"])


def drawn(figure):
    figure.draw_without_rendering()
    return figure


def numbers_of(panel):
    return np.ma.filled(panel.images[0].get_array(), np.nan)


def labels(ticks):
    return [t.get_text() for t in ticks]


# ---------------------------------------------------------------- curves


@pytest.mark.parametrize(("band", "percents"), [("quartiles", (25, 75)), ("range", (0, 100))])
def test_curves_are_medians_and_bands(band, percents):
    panel = drawn(sweep_curves(SWEEP, "loss", "rate", band=band)).axes[0]
    for line, area, rate in zip(panel.lines, panel.collections, RATES, strict=True):
        curves = np.array([losses(rate, w, s) for w in WIDTHS for s in SEEDS])
        np.testing.assert_allclose(line.get_ydata(), np.nanmedian(curves, axis=0))
        assert list(line.get_xdata()) == [1, 2, 3]
        path = area.get_paths()[0].vertices
        for epoch in (1, 2, 3):
            ends = path[path[:, 0] == epoch, 1]
            expected = np.nanpercentile(curves[:, epoch - 1], percents)
            np.testing.assert_allclose([ends.min(), ends.max()], expected)
    legend = panel.get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["0.001", "0.1", "10 (7 of 10 diverged)"]
    assert {"quartiles": "quartiles", "range": "smallest to largest"}[band] in legend.get_title().get_text()
    assert "median" in legend.get_title().get_text()
    assert len({line.get_marker() for line in panel.lines}) == 3, "told apart without colour"


def test_what_never_trained_is_counted_and_not_drawn():
    rows = [
        ({"act": "relu"}, "done", {"loss": [2.0, 1.0]}),
        ({"act": "tanh"}, "failed", {}),
        ({"act": "tanh"}, "not run", {}),
    ]
    panel = drawn(sweep_curves(sweep_of(rows, ["act"]))).axes[0]
    assert labels(panel.get_legend().get_texts()) == ["relu", "tanh (1 of 2 failed, 1 of 2 not run)"]
    assert list(panel.lines[0].get_ydata()) == [2.0, 1.0]
    assert not len(panel.lines[1].get_ydata())
    assert "band" not in panel.get_legend().get_title().get_text()


def test_validation_that_is_rarer_stands_at_its_epochs():
    rows = [({"a": 1}, "done", {"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [3.5, 1.5]})]
    sweep = sweep_of(rows, ["a"])
    sweep.results[0].record["settings"]["validation_freq"] = 2
    assert list(sweep_curves(sweep).axes[0].lines[0].get_xdata()) == [2, 4]


def test_what_spans_much_is_logarithmic_and_what_explodes_is_cut():
    calm = [({"rate": i / 10}, "done", {"loss": [2.0, 0.01]}) for i in range(4)]
    panel = drawn(sweep_curves(sweep_of(calm, ["rate"]))).axes[0]
    assert panel.get_yscale() == "log"
    wild = drawn(sweep_curves(sweep_of([*calm, ({"rate": 9.0}, "done", {"loss": [1e20, 1e30]})], ["rate"]))).axes[0]
    assert wild.get_ylim()[1] < 1e6
    assert labels(wild.texts) == ["what is higher is cut off"]


def test_many_values_are_sampled():
    rows = [({"rate": 10.0**-i}, "done", {"loss": [1.0 + i]}) for i in range(30)]
    panel = sweep_curves(sweep_of(rows, ["rate"])).axes[0]
    assert len(panel.lines) == 10
    assert panel.lines[0].get_label() == "1e-29"
    assert panel.lines[-1].get_label() == "1"
    assert "10 of 30" in panel.get_title("left")


# ---------------------------------------------------------------- the map


def expected_map(higher=False):
    bad = -math.inf if higher else math.inf
    key = "accuracy" if higher else "loss"

    def cell(rate, width):
        rows = [r for r in ROWS if r[0]["rate"] == rate and r[0]["width"] == width]
        return np.median([bad if status == "diverged" else history[key][-1] for _, status, history in rows])

    return np.array([[cell(rate, width) for rate in RATES] for width in WIDTHS[::-1]])


def test_cells_are_medians_over_the_rest():
    figure = drawn(sweep_heat_map(SWEEP, "loss"))
    panel = figure.axes[0]
    expected = expected_map()
    np.testing.assert_allclose(numbers_of(panel), np.where(np.isfinite(expected), expected, np.nan))
    assert labels(panel.get_xticklabels()) == ["0.001", "0.1", "10"]
    assert labels(panel.get_yticklabels()) == ["16", "8"]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("rate", "width")
    texts = {t.get_position()[::-1]: t.get_text() for t in panel.texts}
    assert texts[(0, 2)] == "×"  # all diverged
    assert texts[(1, 2)].endswith("\n2/5 ×")
    best = np.unravel_index(np.argmin(expected), expected.shape)
    assert [at for at, text in texts.items() if text.startswith("★")] == [best]
    assert texts[best] == f"★ {expected[best]:.3g}"
    hatched = [(p.get_y() + 0.5, p.get_x() + 0.5) for p in panel.patches if p.get_hatch()]
    framed = [(p.get_y() + 0.5, p.get_x() + 0.5) for p in panel.patches if not p.get_hatch()]
    assert hatched == [(0, 2)]
    assert framed == [best]
    assert labels(figure.legends[0].get_texts()) == ["diverged"]
    assert panel.get_title("left") == "loss (median of 5, after the last epoch)"


def test_the_other_way_round_and_where_larger_is_better():
    panel = drawn(sweep_heat_map(SWEEP, "accuracy", x="width", y="rate")).axes[0]
    expected = expected_map(higher=True).T[::-1, ::-1]
    np.testing.assert_allclose(numbers_of(panel), np.where(np.isfinite(expected), expected, np.nan))
    texts = {t.get_position()[::-1]: t.get_text() for t in panel.texts}
    assert texts[np.unravel_index(np.argmax(expected), expected.shape)].startswith("★")


def test_the_best_epoch_instead_of_the_last():
    rows = [({"a": i, "b": j}, "done", {"loss": [1.0 + i, 5.0 + j]}) for i in range(2) for j in range(2)]
    sweep = sweep_of(rows, ["a", "b"])
    np.testing.assert_array_equal(numbers_of(sweep_heat_map(sweep, epoch="best").axes[0]), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(numbers_of(sweep_heat_map(sweep).axes[0]), [[6, 6], [5, 5]])


def test_values_of_any_kind_have_a_name():
    def swish(x):
        return x

    kinds = ["relu", None, (32, 16), True, swish, "a name that is much too long for it"]
    rows = [({"kind": k, "rate": r}, "done", {"loss": [r + i]}) for i, k in enumerate(kinds) for r in (1, 1.0, 2)]
    panel = drawn(sweep_heat_map(sweep_of(rows, ["kind", "rate"]))).axes[0]
    shown = ["relu", "None", "32×16", "True", "swish", "a name that is much too…"]
    assert labels(panel.get_xticklabels()) == shown
    assert labels(panel.get_yticklabels()) == ["2", "1"]
    np.testing.assert_allclose(numbers_of(panel), [[2.0 + i for i in range(6)], [1.0 + i for i in range(6)]])


def test_numbers_are_as_long_as_they_must_be():
    def shown(values):
        rows = [({"a": v, "b": b}, "done", {"loss": [1.0]}) for v in values for b in (0, 1)]
        return labels(sweep_heat_map(sweep_of(rows, ["a", "b"])).axes[0].get_xticklabels())

    assert shown([10 ** (-i / 3) for i in (9, 8, 7)]) == ["0.001", "0.00215", "0.00464"]
    assert shown([0.12345, 0.123456, 2.0]) == ["0.12345", "0.123456", "2"]
    assert shown([16, 1024, 65536]) == ["16", "1024", "65536"]


def test_a_cell_without_a_variant_is_told_from_one_that_diverged():
    rows = [
        ({"a": 0, "b": 0}, "done", {"loss": [1.0]}),
        ({"a": 1, "b": 0}, "failed", {}),
        ({"a": 1, "b": 1}, "diverged", {"loss": [NAN]}),
    ]
    figure = drawn(sweep_heat_map(sweep_of(rows, ["a", "b"])))
    texts = {t.get_position()[::-1]: t.get_text() for t in figure.axes[0].texts}
    assert texts == {(1, 0): "★ 1", (1, 1): "–", (0, 1): "×", (0, 0): "–"}
    patterns = {(p.get_y() + 0.5, p.get_x() + 0.5): p.get_hatch() for p in figure.axes[0].patches if p.get_hatch()}
    assert patterns[(1, 1)] == patterns[(0, 0)] != patterns[(0, 1)]
    assert labels(figure.legends[0].get_texts()) == ["diverged", "no trained variant"]


def test_a_sweep_of_which_nothing_held():
    rows = [({"a": i, "b": 0}, "diverged", {"loss": [NAN]}) for i in range(3)]
    sweep = sweep_of(rows, ["a", "b"])
    assert labels(drawn(sweep_heat_map(sweep)).axes[0].texts) == ["×"] * 3
    panel = drawn(sweep_curves(sweep, by="a")).axes[0]
    assert labels(panel.get_legend().get_texts()) == [f"{i} (1 of 1 diverged)" for i in range(3)]


def test_a_large_map_has_colours_alone():
    rows = [({"a": i, "b": j}, "done", {"loss": [1.0 + i * j]}) for i in range(40) for j in range(30)]
    panel = drawn(sweep_heat_map(sweep_of(rows, ["a", "b"]))).axes[0]
    assert labels(panel.texts) == ["★"]
    assert panel.texts[0].get_position() == (0, 0)  # the first of those that are equal
    np.testing.assert_allclose(numbers_of(panel), [[1.0 + i * j for i in range(40)] for j in range(29, -1, -1)])


# ---------------------------------------------------------------- arguments


def test_seeds_are_chosen_last():
    rows = [({"rate": r, "seed": s}, "done", {"loss": [r + s]}) for r in (1.0, 2.0) for s in (0, 1, 2)]
    sweep = sweep_of(rows, ["rate", "seed"])
    assert sweep_curves(sweep).axes[0].get_title("left") == "loss by rate"
    assert len(sweep_curves(sweep, by="seed").axes[0].lines) == 3
    panel = sweep_heat_map(sweep).axes[0]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("rate", "seed")
    only = sweep_of([({"seed": s}, "done", {"loss": [1.0]}) for s in range(3)], ["seed"])
    assert len(sweep_curves(only).axes[0].lines) == 3
    with pytest.raises(ArgumentError, match="sweep over seed alone"):
        sweep_heat_map(only)


def test_wrong_arguments_get_a_sentence():
    with pytest.raises(UnknownNameError, match="Did you mean 'accuracy'"):
        sweep_curves(SWEEP, "acuracy", "rate")
    with pytest.raises(
        UnknownNameError, match=r"by must be a name that the sweep is over: got 'rat'\. Did you mean 'rate'"
    ):
        sweep_curves(SWEEP, "loss", "rat")
    with pytest.raises(ArgumentError, match=r"by must be chosen: got a sweep over rate, width, seed\. As in by='rate'"):
        sweep_curves(SWEEP)
    with pytest.raises(ArgumentError, match="two names: got 'rate' twice"):
        sweep_heat_map(SWEEP, x="rate", y="rate")
    with pytest.raises(UnknownNameError, match="y must be a name"):
        sweep_heat_map(SWEEP, x="rate", y=3)
    with pytest.raises(UnknownNameError, match="band must be"):
        sweep_curves(SWEEP, by="rate", band="std")
    with pytest.raises(UnknownNameError, match="epoch must be"):
        sweep_heat_map(SWEEP, epoch="first")
    for draw in (sweep_curves, sweep_heat_map):
        with pytest.raises(ArgumentError, match="must be a Sweep: got list"):
            draw([])
        with pytest.raises(ArgumentError, match="without any finished epoch"):
            draw(sweep_of([({"a": 1}, "failed", {})], ["a"]))


def test_three_names_need_a_choice():
    rows = [({"a": 1, "b": 2, "c": 3}, "done", {"loss": [1.0]})]
    sweep = sweep_of(rows, ["a", "b", "c"])
    with pytest.raises(ArgumentError, match="x and y must be chosen"):
        sweep_heat_map(sweep)
    with pytest.raises(ArgumentError, match="y must be chosen"):
        sweep_heat_map(sweep, x="a")
    assert sweep_heat_map(sweep, x="a", y="c").axes[0].get_ylabel() == "c"
