"""Figures of overfitting and its remedies draw what NumPy finds in the numbers they are given."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers
from matplotlib.colors import to_rgb
from recordings import sweep_of

import vitral
from vitral._errors import ArgumentError, DataError, ShapeError, UnknownNameError
from vitral.views import (
    confusion,
    learning_curves,
    style,
    sweep_curves,
    sweep_heat_map,
    validation_curve,
    weight_histograms,
    weight_path,
)

RNG = np.random.default_rng(0)
LAMBDAS = [0, 1e-3, 1e-2, 1e-1, 1]
TRUE = np.array([0.8, -0.5, 0.05, 0.3])
PATH = np.sign(TRUE) * np.maximum(np.abs(TRUE) - np.array(LAMBDAS)[:, None], 0)  # soft thresholds
ARRAYS = {"no penalty": RNG.normal(0, 0.3, (40, 30)), "L2": RNG.normal(0, 0.1, (40, 30)), "L1": RNG.normal(0, 0.1, 900)}
ARRAYS["L1"][:600] = 1e-5
COUNTS = np.array([[8, 2, 0], [1, 9, 0], [0, 1, 999]])
OTHER = np.array([[6, 4, 0], [1, 9, 0], [0, 500, 500]])


def drawn(figure):
    figure.draw_without_rendering()
    return figure


def texts(panel):
    return [text.get_text() for text in panel.texts]


def line(panel, label):
    (found,) = (line for line in panel.lines if line.get_label() == label)
    return found


# ---------------------------------------------------------------- confusion


def test_rows_add_up_to_a_hundred_and_rare_mistakes_are_told():
    panel = drawn(confusion(COUNTS, by="rows")).axes[0]
    assert texts(panel) == ["80", "20", "10", "90", "0.1", ">99"]
    assert panel.get_title("left") == "% of each true class"
    assert texts(confusion(COUNTS, by="columns").axes[0])[-1] == "100"
    assert confusion(COUNTS, by="all", title="wide").axes[0].get_title("left") == "wide\n% of all samples"


def test_right_is_blue_wrong_is_orange_and_the_ink_is_read_on_both():
    panel = drawn(confusion(COUNTS)).axes[0]
    drawing = panel.images[0]
    colors = drawing.to_rgba(drawing.get_array())
    for (i, j), count in np.ndenumerate(COUNTS):
        red, _, blue, opacity = colors[i, j]
        assert (opacity == 0) == (count == 0), "an empty cell shows the page"
        assert not count or (blue > red) == (i == j)
    for text in panel.texts:
        j, i = text.get_position()
        assert contrast(to_rgb(text.get_color()), colors[i, j][:3]) > 4.5


def contrast(one, other):
    """WCAG's."""

    def luminance(color):
        return np.dot(
            [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color], [0.2126, 0.7152, 0.0722]
        )

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_a_difference_is_in_percentage_points_about_a_white_zero():
    panel = drawn(confusion(COUNTS, against=OTHER)).axes[0]
    assert texts(panel) == ["+20", "−20", "0", "0", "−50", "+50"]
    drawing = panel.images[0]
    np.testing.assert_allclose(drawing.get_array()[0], [20, -20, 0])
    assert drawing.get_clim()[0] == -drawing.get_clim()[1] == pytest.approx(-49.9)
    more, less, none = (drawing.to_rgba(value)[:3] for value in (20, -20, 0))
    assert more[2] > more[0]
    assert less[0] > less[2]
    assert min(none) > 0.95


def test_a_class_without_a_sample_has_no_difference():
    figure = drawn(confusion([[0, 0], [1, 3]], against=[[2, 2], [2, 2]]))
    assert texts(figure.axes[0]) == ["−25", "+25"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no sample"]


def test_counts_are_whole_and_names_keep_their_dollars():
    names = ["$0–$50", "$50–$100", "$\\bad{$"]
    panel = drawn(confusion(COUNTS.astype(float), names, title="$a_b$")).axes[0]
    assert texts(panel) == ["8", "2", "1", "9", "1", "999"]
    assert shown(panel.get_xticklabels()) == shown(panel.get_yticklabels()) == names
    assert shown([panel._left_title]) == ["$a_b$"]


def test_a_run_or_a_variant_may_be_called_anything():
    run = {"loss": [2.0, 1.0]}
    legend = drawn(learning_curves({"_a": run, "$\\bad{$": run})).axes[0].get_legend()
    assert shown(legend.get_texts()) == [" _a", "$\\bad{$"]
    rows = [({"$x$": x, "y": y}, "done", run) for x in ("_a", "$\\bad{$") for y in (1, 2)]
    sweep = sweep_of(rows, ["$x$", "y"])
    legend = drawn(sweep_curves(sweep, by="$x$")).axes[0].get_legend()
    assert shown([*legend.get_texts(), legend.get_title()]) == [
        " _a",
        "$\\bad{$",
        "$x$\nline: median, band: quartiles",
    ]
    panel = drawn(sweep_heat_map(sweep, x="$x$", y="y")).axes[0]
    assert shown([*panel.get_xticklabels(), panel.xaxis.label]) == ["_a", "$\\bad{$", "$x$"]


def shown(labels):
    """What Matplotlib draws of texts, none of which it reads as mathematics."""
    found = [text._preprocess_math(text.get_text()) for text in labels]
    assert not any(is_math for _, is_math in found)
    return [text for text, _ in found]


def test_many_classes_have_colours_alone():
    figure = drawn(confusion(np.eye(30, dtype=int), against=np.ones((30, 30), int)))
    assert not texts(figure.axes[0])
    assert figure.axes[1].get_ylabel() == "percentage points"


# ---------------------------------------------------------------- training against validation


def test_lines_are_medians_bands_quartiles_and_the_star_is_the_best():
    train, held_out = RNG.uniform(0.1, 0.2, (5, 20)), RNG.uniform(0.2, 0.4, (5, 20))
    order = [4, 0, 3, 1, 2]  # given in any order, drawn in that of the axis
    figure = validation_curve(train[order], held_out[order], np.arange(1, 6)[order], over="degree", metric="MSE")
    panel = drawn(figure).axes[0]
    for label, table in (("training", train), ("validation", held_out)):
        np.testing.assert_allclose(line(panel, label).get_ydata(), np.median(table, axis=1))
        assert list(line(panel, label).get_xdata()) == [1, 2, 3, 4, 5]
    for area, table in zip(panel.collections, (train, held_out), strict=False):
        path = area.get_paths()[0].vertices
        for place, row in enumerate(table, start=1):
            ends = path[path[:, 0] == place, 1]
            np.testing.assert_allclose([ends.min(), ends.max()], np.percentile(row, (25, 75)))
    best = int(np.median(held_out, axis=1).argmin())
    star = next(one for one in panel.lines if one.get_marker() == "*")
    assert star.get_xdata()[0] == best + 1
    assert star.get_ydata()[0] == np.median(held_out[best])
    gap = np.median(held_out[best]) - np.median(train[best])
    assert star.get_label().endswith(f"gap there: {gap:.3g}")
    assert panel.get_title("left") == f"MSE over degree: best at {best + 1}"
    assert panel.get_legend().get_title().get_text() == "line: median of 20\nband: quartiles"


def test_a_sweep_is_drawn_over_its_name_with_its_seeds_in_the_band():
    rows = [
        (
            {"l2": l2, "seed": seed},
            "done",
            {"loss": [3.0, l2 + seed], "val_loss": [2.5 - seed, abs(l2 - 0.1) + seed + 1]},
        )
        for l2 in (1.0, 0.1, 0.0, 0.001)
        for seed in range(3)
    ]
    panel = drawn(validation_curve(sweep_of(rows, ["l2", "seed"]))).axes[0]
    np.testing.assert_allclose(line(panel, "training").get_ydata(), [1, 1.001, 1.1, 2])
    np.testing.assert_allclose(line(panel, "validation").get_ydata(), [2.1, 2.099, 2, 2.9])
    assert panel.get_title("left") == "loss over l2: best at 0.1"
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["0", "0.001", "0.1", "1"]
    assert panel.get_xlabel() == "l2, logarithmic"
    best = drawn(validation_curve(sweep_of(rows, ["l2", "seed"]), epoch="best")).axes[0]
    np.testing.assert_allclose(line(best, "training").get_ydata()[2:], [3.0, 3.0], err_msg="the same epoch's")
    np.testing.assert_allclose(line(best, "validation").get_ydata()[2:], [1.0, 1.5])


def test_accuracy_is_best_where_it_is_large():
    panel = validation_curve([0.7, 0.9, 1.0], [0.6, 0.88, 0.8], ["S", "M", "L"], metric="accuracy", over="size").axes[0]
    assert panel.get_title("left") == "accuracy over size: best at M"
    assert next(one for one in panel.lines if one.get_marker() == "*").get_label() == "best: 0.88\ngap there: 0.02"
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["S", "M", "L"]


def test_what_diverged_counts_as_worse_than_any_number():
    rows = [
        ({"rate": rate, "seed": seed}, "diverged" if rate > seed else "done", {"loss": [1.0], "val_loss": [2.0 + rate]})
        for rate in (0, 1, 2)
        for seed in range(3)
    ]
    panel = drawn(validation_curve(sweep_of(rows, ["rate", "seed"]))).axes[0]
    shown = np.ma.masked_invalid(line(panel, "validation").get_ydata())
    assert list(shown.mask) == [False, False, True]
    assert list(line(panel, "most diverged").get_xdata()) == [2]


def test_errors_that_explode_or_vanish_are_cut_off_and_told():
    panel = drawn(validation_curve([0.1, 0.05, 1e-28], [0.2, 0.1, 1e9])).axes[0]
    assert panel.get_yscale() == "log"
    low, high = panel.get_ylim()
    assert 1e-5 < low < 0.05
    assert 0.2 < high < 1e3
    assert panel.get_legend().get_title().get_text() == "cut off above 1e+02\ncut off below 0.0001"


def test_what_is_missing_has_no_cross_and_nothing_at_all_has_a_word():
    missing, diverged = ([0.5, lost] for lost in (np.nan, np.inf))
    for held_out, marks in ((missing, []), (diverged, ["most diverged"])):
        panel = drawn(validation_curve([0.1, 0.2], held_out)).axes[0]
        assert [one.get_label() for one in panel.lines if one.get_label() == "most diverged"] == marks
        assert not texts(panel)
    panel = drawn(validation_curve([np.nan], [np.nan], over="$a_b$ $c", metric="<i>$y")).axes[0]
    assert texts(panel) == ["no number was measured"]
    assert shown([panel.xaxis.label, panel._left_title]) == ["$a_b$ $c", "<i>$y over $a_b$ $c"]


# ---------------------------------------------------------------- the path


def test_a_weight_ends_in_a_ring_where_it_comes_to_zero():
    panel = drawn(weight_path(PATH[::-1], LAMBDAS[::-1], names=["a", "b", "c", "d"])).axes[0]
    for name, weight in zip("abcd", PATH.T, strict=True):
        shown = np.ma.getdata(line(panel, name).get_ydata())
        np.testing.assert_allclose(shown, weight)
    ring = line(panel, "zero from here on")
    assert list(ring.get_ydata()) == [0, 0]
    np.testing.assert_allclose(ring.get_xdata(), [-1, 0], atol=1e-12)
    assert [text.get_text() for text in panel.get_legend().get_texts()] == ["a", "d", "c", "b", "zero from here on"]
    top = panel.child_axes[0]
    assert [tick.get_text() for tick in top.get_xticklabels()] == ["4", "4", "4", "3", "0"]
    assert top.get_xlabel() == "of 4 weights, not zero"


def test_the_largest_weights_have_names_and_the_rest_are_grey():
    weights = np.linspace(0, 1, 60).reshape(1, 20, 3) * np.array([1, 0.5]).reshape(2, 1, 1)
    panel = drawn(weight_path(weights, [0.1, 1.0], most=2, names=[f"x{i}" for i in range(20)])).axes[0]
    named = [one.get_label() for one in panel.lines if not one.get_label().startswith("_")]
    assert named == ["x19 → 2", "x19 → 1"]
    (others,) = panel.collections
    assert (others.get_label(), len(others.get_paths())) == ("58 more", 58)


def test_exactly_zero_is_zero_at_any_nearness_and_all_names_are_in_the_legend():
    panel = drawn(weight_path([[1.0, 2.0], [0.0, 1.0], [0.0, 0.5]], [0, 1, 10], near=0, names=["_a", "$b$"])).axes[0]
    assert [tick.get_text() for tick in panel.child_axes[0].get_xticklabels()] == ["2", "1", "1"]
    assert len(line(panel, "zero from here on").get_xdata()) == 1
    assert shown(panel.get_legend().get_texts()) == ["$b$", " _a", "zero from here on"]
    first, other = drawn(weight_histograms({"_a": ARRAYS["L2"], "$b$": np.array([0.5, 0.5, 2, 2])}, near=0.5)).axes
    assert shown([other._left_title]) == ["$b$\n50 % within ±0.5"]
    assert shown(first.figure.legends[0].get_texts()) == [" _a"]


def tiny(rate, l1=0.0):
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(3, name="hidden"), layers.Dense(1, name="out", use_bias=False)]
    )
    model.compile(keras.optimizers.SGD(rate + l1), "mse")
    return model


@pytest.fixture(scope="module")
def sweep():
    over = {"l1": [0.0, 0.1], "rate": [0.2, 0.3], "seed": [5, 6]}
    return vitral.sweep(tiny, np.eye(3), np.ones((3, 1)), over=over, verbose=0)


def test_a_sweep_gives_the_weights_of_one_layer_and_one_seed(sweep):
    kernels = [np.asarray(sweep[i].model.get_layer("out").kernel) for i in (2, 6)]  # a rate of 0.3, the first seed
    panel = drawn(weight_path(sweep, layer="out", over="l1", at={"rate": 0.3}, near=0)).axes[0]
    for i in range(3):
        np.testing.assert_allclose(line(panel, str(i)).get_ydata(), [k[i, 0] for k in kernels])
    assert panel.get_title("left") == "weights of out over l1 (rate 0.3, seed 5)"
    figure = drawn(weight_histograms(sweep, "out", over="l1", at={"rate": 0.3, "seed": 6}))
    assert [panel.get_title("left").split("\n")[0] for panel in figure.axes] == ["l1 0", "l1 0.1"]
    assert figure.get_suptitle() == "Weights of out, rate 0.3, seed 6"


def nameless(units, l1):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units), layers.Dense(2), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1 + l1), "mse")
    return model


def test_layers_without_a_name_are_found_by_their_place():
    over = {"units": [3, 4], "l1": [0.0, 0.1]}
    sweep = vitral.sweep(nameless, np.eye(3), np.ones((3, 1)), over=over, verbose=0)
    models = [sweep[i].model for i in range(4)]
    first, second, last = (layer.name for layer in models[0].layers)
    assert second not in [layer.name for layer in models[1].layers]
    panel = drawn(weight_path(sweep, layer=last, over="l1", at={"units": 3})).axes[0]
    kernels = [np.asarray(model.layers[2].kernel) for model in models]
    for i in range(2):
        np.testing.assert_allclose(line(panel, str(i)).get_ydata(), [kernels[0][i, 0], kernels[1][i, 0]])
    figure = drawn(weight_histograms(sweep, second, over="units", at={"l1": 0.1}, log=False))
    assert [panel.patches[0].get_data().values.sum() for panel in figure.axes] == [6, 8]
    with pytest.raises(ShapeError, match=r"one shape .* got \(3, 3\) at units 3 and \(3, 4\) at 4"):
        weight_path(sweep, over="units", at={"l1": 0.0})
    with pytest.raises(UnknownNameError, match=f"Known: {first}, {second}, {last}"):
        weight_path(sweep, layer="hidden", over="l1", at={"units": 3})


# ---------------------------------------------------------------- histograms


@pytest.mark.parametrize("axis", ["linear", "signed", "magnitude"])
def test_all_panels_have_one_axis_and_numpys_counts(axis):
    figure = drawn(weight_histograms(ARRAYS, axis=axis, log=False))
    first, *others = figure.axes
    filled = [panel.patches[0].get_data() for panel in figure.axes]
    assert [data.values.sum() for data in filled] == [1200, 1200, 900]
    assert all((data.edges == filled[0].edges).all() for data in filled)
    for panel in others:
        outline = panel.patches[-1].get_data().values
        np.testing.assert_array_equal(outline, filled[0].values)
        assert panel.get_xlim() == first.get_xlim()
    if axis == "linear":
        for array, data in zip(ARRAYS.values(), filled, strict=True):
            np.testing.assert_array_equal(data.values, np.histogram(array, data.edges)[0])
        middle = len(filled[0].values) // 2
        assert filled[0].edges[middle] == -filled[0].edges[middle + 1], "a bin about zero"


def test_each_panel_tells_what_is_near_zero_and_the_counts_choose_their_scale():
    figure = drawn(weight_histograms(ARRAYS))
    titles = [panel.get_title("left") for panel in figure.axes]
    shares = [100 * (np.abs(array) <= 0.001).mean() for array in ARRAYS.values()]
    assert titles[2] == f"L1\n{shares[2]:.0f} % within ±0.001"
    assert shares[2] > 66
    assert figure.axes[0].get_yscale() == "log", "six hundred in one bin"
    assert weight_histograms({"a": ARRAYS["L2"], "b": ARRAYS["L2"]}).axes[0].get_yscale() == "linear"


def test_models_runs_and_arrays_stand_side_by_side(sweep):
    run, model = sweep[0], tiny(0.1)
    figure = drawn(weight_histograms([run, model, np.array([0.1, np.nan, np.inf])]))
    sizes = [panel.patches[0].get_data().values for panel in figure.axes]
    assert [np.where(values > 0.5, values, 0).sum() for values in sizes] == [9, 9, 1]
    assert texts(figure.axes[2]) == ["2 NaN or ∞"]


# ---------------------------------------------------------------- all of them


FIGURES = {
    "confusion": lambda: confusion(COUNTS, ["T-shirt/top", "cat", "ankle boot"], by="rows", title="equal weights"),
    "difference": lambda: confusion([[0, 0], [1, 3]], ["a", "b"], against=[[2, 2], [2, 2]], title="a long title of it"),
    "over widths": lambda: validation_curve(
        np.ones((11, 3)), 1 + RNG.uniform(0, 90, (11, 3)), [0, *2 ** np.arange(10)], over="width"
    ),
    "over λ": lambda: validation_curve(
        np.ones(9), np.arange(9) + 2.0, [0, 1e-5, 1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 1, 100], over="λ"
    ),
    "path": lambda: weight_path(RNG.normal(0, 1, (30, 40, 5)), [0, *10 ** np.linspace(-4, 1, 29)]),
    "histograms": lambda: weight_histograms({**ARRAYS, "a very long name of a training that": ARRAYS["L2"]}),
    "histograms, signed": lambda: weight_histograms(ARRAYS, axis="signed"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another_and_all_are_read_on_every_page(name):
    figure = drawn(FIGURES[name]())
    shown = [*([figure._suptitle] if figure._suptitle else ()), *(t for one in figure.legends for t in one.get_texts())]
    assert figure.get_facecolor()[3] == 0
    for panel in [*figure.axes, *(child for axes in figure.axes for child in axes.child_axes)]:
        assert panel not in figure.axes or panel.get_facecolor()[3] == 0
        shown += panel.texts if panel.images == [] else []  # those in cells have their cells' ink
        shown += [panel._left_title, *(panel.get_legend().get_texts() if panel.get_legend() else ())]
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            shown += [axis.label, *(t.label2 if t.label2.get_visible() else t.label1
                                    for t in axis.get_major_ticks() if low <= t.get_loc() <= high)]  # fmt: skip
    boxes = [(text, text.get_window_extent()) for text in shown if text.get_visible() and text.get_text().strip()]
    assert len(boxes) > 5
    for text, box in boxes:
        assert to_rgb(text.get_color()) == to_rgb(style.NEUTRAL)
        assert min(box.x0, box.y0, figure.bbox.width - box.x1, figure.bbox.height - box.y1) > -1, text
    for (text, box), (other, second) in itertools.combinations(boxes, 2):
        width = min(box.x1, second.x1) - max(box.x0, second.x0)
        height = min(box.y1, second.y1) - max(box.y0, second.y0)
        assert width < 1 or height < 1, (text, other)


# ---------------------------------------------------------------- arguments


def test_wrong_arguments_get_a_sentence(sweep):
    for wrong, error, match in (
        (lambda: confusion(COUNTS, by="row"), UnknownNameError, "Did you mean 'rows'"),
        (lambda: confusion(COUNTS, against=[[1]]), ShapeError, r"same shape as matrix, \(3, 3\): got \(1, 1\)"),
        (lambda: confusion(COUNTS, against=-OTHER), DataError, "against must hold counts, from 0: got -6"),
        (lambda: confusion([[1, np.nan], [1, 1]], against=np.eye(2)), DataError, "matrix must hold counts"),
        (lambda: confusion([[1, 2], [3]]), DataError, "matrix must hold counts, .* got rows of unequal length. Make"),
        (lambda: confusion(COUNTS, against=[["a"]]), DataError, "against must hold counts"),
        (lambda: confusion(COUNTS, 5), ArgumentError, "classes must be a list of names: got 5"),
        (lambda: validation_curve([1, 2]), ShapeError, "validation must be numbers.* got NoneType"),
        (lambda: validation_curve([1, 2], [1]), ShapeError, "as many numbers as train"),
        (lambda: validation_curve([1, 2], [1, 2], [0]), ShapeError, "a value for each row of train, 2: got 1"),
        (lambda: validation_curve([1, 2], [1, 2], x=5), ShapeError, "x must have a value .* got 5. Give a list"),
        (lambda: weight_path(PATH, 0.1), ShapeError, "penalties must have one λ .* got 0.1. Give a list"),
        (lambda: weight_path(PATH), ShapeError, "penalties must have one λ .* got None"),
        (lambda: weight_path(PATH, LAMBDAS, names=5), ArgumentError, "names must be a list of names: got 5"),
        (lambda: weight_path(PATH, LAMBDAS, layer="out"), ArgumentError, "layer must be left out with arrays"),
        (lambda: weight_path(PATH, LAMBDAS, at={"seed": 0}), ArgumentError, "at must be left out with arrays"),
        (lambda: weight_path(sweep, over="l1", at=["rate"]), ArgumentError, "at must be a dict of names .* got list"),
        (lambda: validation_curve("abc", [1, 2]), ShapeError, r"train must be numbers.* got str\. Or give a Sweep"),
        (lambda: validation_curve([1], [1], band="std"), UnknownNameError, "band must be"),
        (lambda: validation_curve(sweep, over="l1"), ArgumentError, "on training and on validation rows"),
        (lambda: validation_curve(sweep, [1.0]), ArgumentError, "validation must be left out with a sweep"),
        (lambda: weight_path(PATH, [1]), ShapeError, "one λ per row of weights, 5: got 1"),
        (lambda: weight_path([1.0], [1]), ShapeError, r"weights must be an array \(P, ...\)"),
        (lambda: weight_path(PATH, [-1, 0, 1, 2, 3]), ArgumentError, "penalties must be numbers from 0: got -1, 0"),
        (lambda: weight_path(PATH, list("abcde")), ArgumentError, "penalties must be numbers from 0: got a, b"),
        (lambda: weight_path(PATH, LAMBDAS, names=["a"]), ShapeError, "one per weight, 4, or per input, 4: got 1"),
        (lambda: weight_path(PATH, LAMBDAS, most=0), ArgumentError, "most must be"),
        (lambda: weight_path(sweep, over="l1"), ArgumentError, r"As in at=\{'rate': 0.2\}"),
        (lambda: weight_path(sweep, over="l1", at={"rate": 9}), ArgumentError, "got 9. Known: 0.2, 0.3"),
        (lambda: weight_path(sweep, over="l1", at={"rat": 2}), UnknownNameError, "Did you mean 'rate'"),
        (lambda: weight_path(sweep, over="l1", at={"l1": 0.1, "rate": 0.2}), ArgumentError, "other names than the one"),
        (lambda: weight_path(sweep, [0, 1]), ArgumentError, "penalties must be left out with a sweep"),
        (lambda: weight_path(sweep, layer="in", at={"rate": 0.2}), UnknownNameError, "Known: hidden, out"),
        (lambda: weight_histograms({}), ArgumentError, "models must be 1 to 12: got 0"),
        (lambda: weight_histograms({"a": "b"}), ArgumentError, r"models\['a'\] must be a Run"),
        (lambda: weight_histograms(None), ArgumentError, "models must be a Run, .* got NoneType"),
        (lambda: weight_histograms({"a": None}), ArgumentError, r"models\['a'\] must be a Run, .* got NoneType"),
        (lambda: weight_histograms([0.1, 0.2]), ArgumentError, r"models\[0\] must be a Run, .* got float"),
        (lambda: weight_histograms({1: PATH, "1": PATH}), ArgumentError, r"names of their own: got \[1, '1'\]"),
        (lambda: weight_histograms(ARRAYS, "out"), ArgumentError, "layer must be left out with arrays"),
        (lambda: weight_histograms(ARRAYS, over="l1"), ArgumentError, "over must be left out without a sweep"),
        (lambda: weight_histograms(ARRAYS, at={"seed": 0}), ArgumentError, "at must be left out without a sweep"),
        (lambda: weight_histograms(ARRAYS, axis="log"), UnknownNameError, "axis must be"),
        (lambda: weight_histograms(ARRAYS, log=1), ArgumentError, "log must be None, True or False: got 1"),
        (lambda: weight_histograms(ARRAYS, near=-1), ArgumentError, "near must be"),
    ):
        with pytest.raises(error, match=match):
            wrong()
