"""What the figures of a recording draw is what NumPy finds in the arrays that were measured."""

import dataclasses
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from recordings import recording_of, series_of, sweep_of, vanishing

from vitral._errors import ArgumentError, UnknownNameError
from vitral.probes.recording import Recording
from vitral.views import gradient_flow, histograms_before_after, ridge, saturation_map, style
from vitral.views.histograms import axis_for, ridges_of

RNG = np.random.default_rng(1)
SWEEP = sweep_of([({"rate": 1.0}, "done", {"loss": [1.0]})], ["rate"])
NORMAL = [RNG.normal(0, s, (50, 40)).astype(np.float32) for s in (0.1, 0.2, 0.5)]


def drawn(figure):
    figure.draw_without_rendering()
    return figure


def heights_of(panel):
    """(R, W) how high each ridge stands above its base, back to front, without the points where it begins and ends."""
    rows = []
    for area in panel.collections:
        path = area.get_paths()[0].vertices
        base = path[:, 1].min()
        x = np.unique(path[:, 0])
        top = np.array([path[path[:, 0] == place, 1].max() for place in x])
        rows.append(top[1:-1] - base)
    return np.array(rows)


def share(heights):
    return heights / heights.max()


# ---------------------------------------------------------------- axes


@pytest.mark.parametrize("kind", ["signed", "magnitude", "linear"])
def test_counts_on_an_axis_are_numpys(kind):
    series = series_of("weights", "a/kernel", NORMAL)
    axis = axis_for([series], kind)
    counts = axis.counts(series)
    assert counts.sum(axis=1).tolist() == [2000] * 3
    outer = np.concatenate([[0], axis._outer])
    for array, row in zip(NORMAL, counts, strict=True):
        up = np.histogram(array[array >= 0], outer)[0]
        down = np.histogram(-array[array < 0], outer)[0]
        if kind == "magnitude":
            expected = up + down
        else:
            expected = np.concatenate([down[:0:-1], [up[0] + down[0]], up[1:]])
        np.testing.assert_array_equal(row, expected)
    assert len(axis.edges) == counts.shape[1] + 1


@pytest.mark.parametrize("kind", ["signed", "magnitude", "linear"])
def test_a_value_lies_in_the_bin_that_counts_it(kind):
    axis = axis_for([series_of("weights", "a/kernel", NORMAL)], kind)
    for value in [0.3, 0.004, 0.0, *([] if kind == "magnitude" else [-0.3, -0.07])]:
        one = series_of("weights", "a/kernel", [np.array([value])])
        place = axis.counts(one)[0].argmax()
        assert axis.edges[place] <= axis.place(value) <= axis.edges[place + 1]


def test_an_area_on_a_linear_axis_is_a_count():
    series = series_of("weights", "a/kernel", NORMAL)
    axis = axis_for([series], "linear")
    areas = axis.heights(axis.counts(series)) * np.diff(axis.edges)
    np.testing.assert_allclose(areas.sum(axis=1), 2000)
    assert axis.edges[-1] >= np.abs(NORMAL[-1]).max()


@pytest.mark.parametrize(
    "array", [np.zeros(9), np.full(9, 3.0), np.full(9, 1e-30), np.full(9, -1e30), np.full(9, np.nan)]
)
@pytest.mark.parametrize("kind", ["signed", "magnitude", "linear"])
def test_any_numbers_have_an_axis(array, kind):
    recording = Recording([series_of("weights", "a/kernel", [array, array])])
    drawn(ridge(recording, axis=kind))
    drawn(histograms_before_after(recording, axis=kind))


# ---------------------------------------------------------------- ridges


def test_ridges_are_as_high_as_the_counts():
    recording = recording_of({"a": NORMAL, "b": NORMAL[::-1]}, "weights")
    for axis in ("signed", "magnitude", "linear"):
        figure = drawn(ridge(recording, axis=axis))
        assert [p.get_title("left") for p in figure.axes] == ["a/kernel", "b/kernel"]
        found_axis = axis_for(recording.series, axis)
        for panel, series in zip(figure.axes, recording.series, strict=True):
            expected = found_axis.counts(series) / (np.diff(found_axis.edges) if axis == "linear" else 1)
            np.testing.assert_allclose(share(heights_of(panel)), share(expected), atol=1e-9)
            assert [t.get_text() for t in panel.get_yticklabels()] == ["0", "1", "2"]
            bases = [area.get_paths()[0].vertices[:, 1].min() for area in panel.collections]
            assert list(panel.get_yticks()) == bases == [2, 1, 0], "the first is at the back, the last in front"
            assert [area.get_zorder() for area in panel.collections] == [0, 1, 2]
        assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


def test_ticks_stand_where_their_values_are():
    panel = drawn(ridge(recording_of({"a": NORMAL}, "weights"), axis="signed")).axes[0]
    axis = axis_for(recording_of({"a": NORMAL}, "weights").series, "signed")
    ticks = dict(zip((t.get_text() for t in panel.get_xticklabels()), panel.get_xticks(), strict=True))
    assert ticks["≈0"] == 0
    assert ticks["0.1"] == axis.place(0.1) == -ticks["−0.1"]


def test_a_ridge_colour_goes_from_dark_to_bright():
    panel = drawn(ridge(recording_of({"a": NORMAL}, "weights"))).axes[0]
    brightness = [np.dot(to_rgb(area.get_facecolor()[0][:3]), [0.2126, 0.7152, 0.0722]) for area in panel.collections]
    assert brightness == sorted(brightness)


def test_most_zeros_are_told_and_not_drawn():
    relu = [np.maximum(RNG.normal(0.0, 1, 1000), 0) for _ in range(2)]
    recording = Recording([series_of("activations", "dense", relu)])
    panel = drawn(ridge(recording, "activations")).axes[0]
    axis = axis_for(recording.series, "magnitude")
    shown = [t.get_text() for t in panel.texts]
    near = [float((a < axis._outer[0]).mean()) for a in relu]
    assert shown == [f"{100 * v:.0f} %" for v in near]
    assert heights_of(panel)[:, 0].tolist() == [0, 0]
    np.testing.assert_allclose(
        share(heights_of(panel)[:, 1:]), share(axis.counts(recording.series[0])[:, 1:]), atol=1e-9
    )
    assert panel.get_xlabel() == "|activation|, logarithmic"


def test_numbers_that_are_none_are_counted_in_words():
    bad = NORMAL[0].copy()
    bad[:2, :5] = np.nan
    figure = drawn(ridge(recording_of({"a": [NORMAL[0], bad]}, "weights")))
    assert [t.get_text() for t in figure.axes[0].texts] == ["10 NaN or ∞"]


def test_long_trainings_and_deep_networks_are_sampled():
    one = series_of("weights", "a", [NORMAL[0][:4]] * 301)
    recording = Recording([dataclasses.replace(one, layer=f"layer_{i}/kernel") for i in range(30)])
    figure = ridge(recording)
    titles = [p.get_title("left") for p in figure.axes]
    assert len(titles) == 12
    assert (titles[0], titles[-1]) == ("layer_0/kernel", "layer_29/kernel")
    assert "12 of 30" in figure.get_suptitle()
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["0", "100", "200", "300"]
    assert len(figure.axes[0].collections) <= 25


def test_which_layers_are_drawn():
    arrays = [NORMAL[0], NORMAL[1]]
    recording = Recording([series_of("weights", f"dense/{n}", arrays) for n in ("kernel", "bias")])
    assert [p.get_title("left") for p in ridge(recording).axes] == ["dense/kernel"]
    assert len(ridge(recording, layer="dense").axes) == 2
    assert [p.get_title("left") for p in ridge(recording, layer=["dense/bias"]).axes] == ["dense/bias"]
    only = Recording([series_of("weights", "dense/bias", arrays)])
    assert [p.get_title("left") for p in ridge(only).axes] == ["dense/bias"]


def test_a_few_huge_weights_do_not_hide_the_rest():
    huge = NORMAL[0].copy()
    huge[0, :3] = 1e5
    panel = drawn(ridge(recording_of({"a": [NORMAL[0], huge]}, "weights"))).axes[0]
    assert panel.get_xlabel() == "weight, logarithmic from 0 outwards"
    assert drawn(ridge(recording_of({"a": NORMAL}, "weights"))).axes[0].get_xlabel() == "weight"


def test_before_and_after_are_the_histograms():
    recording = recording_of({"a": NORMAL, "b": NORMAL[::-1]}, "weights")
    figure = drawn(histograms_before_after(recording, axis="signed", after=1))
    axis = axis_for(recording.series, "signed")
    for row, series in enumerate(recording.series):
        before, after = figure.axes[2 * row : 2 * row + 2]
        counts = axis.counts(series)
        for panel, expected in ((before, counts[0]), (after, counts[1])):
            heights, edges, _ = panel.patches[0].get_data()
            np.testing.assert_array_equal(heights, expected)
            np.testing.assert_array_equal(edges, axis.edges)
        outline = after.patches[-1]
        np.testing.assert_array_equal(outline.get_data()[0], counts[0])
        assert outline.get_linestyle() != "-"
        assert before.get_ylim() == after.get_ylim()
    assert figure.axes[1].get_title("left") == "a/kernel, after 1 epoch"
    with pytest.raises(ArgumentError, match=r"after must be .* got 7\. Known: 0, 1, 2\."):
        histograms_before_after(recording, after=7)
    with pytest.raises(ArgumentError, match="before must be"):
        histograms_before_after(recording, before=True)


# ---------------------------------------------------------------- gradient flow


def cells(panel):
    return np.ma.filled(panel.images[0].get_array(), np.nan)


def test_the_flow_is_the_root_mean_square_of_each_layer():
    arrays = vanishing()
    biases = {name: [a[0] * 3 for a in found] for name, found in arrays.items()}
    both = [recording_of(arrays), recording_of(biases, kernel="bias")]
    recording = Recording([s for pair in zip(*(r.series for r in both), strict=True) for s in pair])
    figure = drawn(gradient_flow(recording))
    left, right = figure.axes[:2]
    everything = [
        [np.concatenate([k.ravel(), b.ravel()]) for k, b in zip(arrays[n], biases[n], strict=True)] for n in arrays
    ]
    expected = np.array([[np.sqrt((a**2).mean()) for a in row] for row in everything])
    np.testing.assert_allclose(cells(left), expected, rtol=1e-9)
    assert [t.get_text() for t in left.get_yticklabels()] == list(arrays)
    assert left.get_ylim()[0] > left.get_ylim()[1], "the first layer is on top"
    for line, epoch in zip(right.lines, range(3), strict=True):
        np.testing.assert_allclose(line.get_xdata(), expected[:, epoch])
        assert line.get_label() == str(epoch)
    assert len({line.get_marker() for line in right.lines}) == 3
    assert right.get_xscale() == "log"
    times = expected[-1, -1] / expected[0, -1]
    assert f"{float(f'{times:.2g}'):,g} times smaller" in " ".join(right.get_title("left").split())
    norms = cells(gradient_flow(recording, size="norm").axes[0])
    np.testing.assert_allclose(norms, [[np.sqrt((a**2).sum()) for a in row] for row in everything], rtol=1e-9)


def test_no_gradient_and_no_number_are_hatched():
    zero, bad = np.zeros(5), np.array([1.0, np.inf])
    recording = Recording(
        [
            series_of("gradients", "a/kernel", [np.ones(5), zero]),
            series_of("gradients", "b/kernel", [np.ones(2), bad]),
        ]
    )
    figure = drawn(gradient_flow(recording))
    panel = figure.axes[0]
    assert np.isnan(cells(panel)).tolist() == [[False, True], [False, True]]
    marked = {(p.get_y() + 0.5, p.get_x() + 0.5): p.get_hatch() for p in panel.patches}
    assert set(marked) == {(0, 1), (1, 1)}
    assert marked[(0, 1)] != marked[(1, 1)]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["exactly 0", "NaN or ∞"]
    assert "NaN or infinite" in figure.axes[1].get_title("left")


@pytest.mark.parametrize(
    ("gradients", "words"),
    [
        ([1.0, 1.1], "about as large as the last's after 1 epoch"),
        ([10.0, 1.0], "10 times larger than"),
        ([1e-9, 1.0], "10⁹ times smaller"),
        ([0.0, 1.0], "first layer's gradient is exactly 0"),
        ([1.0], "The layer's gradient is 1 after"),
    ],
)
def test_the_flow_in_words(gradients, words):
    recording = recording_of({f"l{i}": [np.array([g])] for i, g in enumerate(gradients)}, at=[1])
    assert words in " ".join(drawn(gradient_flow(recording)).axes[1].get_title("left").split())


def test_probes_of_different_pace_share_a_figure():
    often = [np.full(3, 1.0 + i) for i in range(5)]
    rare = [np.full(3, 10.0), np.full(3, 20.0)]
    recording = Recording(
        [series_of("gradients", "a/kernel", often), series_of("gradients", "b/kernel", rare, at=[0, 3])]
    )
    np.testing.assert_allclose(cells(gradient_flow(recording).axes[0]), [[1, 2, 3, 4, 5], [10, 10, 10, 20, 20]])
    steps = series_of("gradients", "c/kernel", rare, at=[0, 3], unit="steps")
    with pytest.raises(ArgumentError, match="one unit"):
        gradient_flow(Recording([*recording.series, steps]))
    figure = gradient_flow(Recording([*recording.series, steps]), layer="c")
    assert figure.axes[0].get_xlabel() == "steps done"


# ---------------------------------------------------------------- saturation


def activations(saturated, dead):
    n = len(dead)
    return {"saturated": np.full(n, np.nan) if saturated is None else saturated, "dead": dead}


def test_the_map_is_the_shares():
    arrays = [np.ones(4)] * 2
    recording = Recording(
        [
            series_of("activations", "hidden", arrays, **activations(None, [0.25, 0.75])),
            series_of("activations", "out", arrays, **activations([0.1, 0.999], [0.0, 0.0])),
        ]
    )
    figure = drawn(saturation_map(recording))
    saturated, dead = figure.axes[:2]
    np.testing.assert_array_equal(cells(saturated), [[np.nan, np.nan], [0.1, 0.999]])
    np.testing.assert_array_equal(cells(dead), [[0.25, 0.75], [0, 0]])
    assert [t.get_text() for t in saturated.texts] == ["no limits", "10", "100"]
    assert [t.get_text() for t in dead.texts] == ["25", "75", "0", "0"]
    assert saturated.images[0].get_clim() == dead.images[0].get_clim() == (0, 1)
    assert [t.get_text() for t in saturated.get_yticklabels()] == ["hidden", "out"]
    assert len(saturation_map(recording, share="dead").axes) == 2  # and the scale
    assert len(saturation_map(recording, layer="hidden").axes) == 2
    with pytest.raises(ArgumentError, match="no two limits"):
        saturation_map(recording, layer="hidden", share="saturated")


def test_the_map_of_a_long_training_tells_its_end():
    dead = np.linspace(0, 0.5, 40)
    recording = Recording([series_of("activations", "a", [np.ones(4)] * 40, **activations(None, dead))])
    panel = drawn(saturation_map(recording)).axes[0]
    assert [t.get_text() for t in panel.texts] == ["50 %"]


def test_outputs_that_are_none_have_no_share():
    bad = np.array([1.0, np.nan])
    recording = Recording([series_of("activations", "a", [np.ones(2), bad], **activations([0.5, 0.0], [0.0, 0.0]))])
    figure = drawn(saturation_map(recording))
    assert np.isnan(cells(figure.axes[0])).tolist() == [[False, True]]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["NaN or ∞"]


# ---------------------------------------------------------------- arguments


class Thing:
    def __init__(self, recording):
        self.recording = recording


def test_what_has_a_recording_is_taken():
    recording = recording_of(vanishing())
    for given in (recording, Thing(recording)):
        assert gradient_flow(given).axes[0].get_title("left") == "Gradient of each layer"


@pytest.mark.parametrize("draw", [ridge, gradient_flow, saturation_map, histograms_before_after])
def test_what_is_no_recording_is_refused(draw):
    with pytest.raises(ArgumentError, match=re.escape('vitral.fit(..., probes="all")')):
        draw(Thing(None))
    with pytest.raises(ArgumentError, match="got dict"):
        draw({})
    with pytest.raises(ArgumentError, match="whole sweep"):
        draw(SWEEP)


def test_wrong_names_say_which_there_are():
    recording = recording_of(vanishing())
    with pytest.raises(UnknownNameError, match="Did you mean 'gradients'"):
        ridge(recording, "gradient")
    with pytest.raises(ArgumentError, match=r"Add vitral.probes.Weights\(\)"):
        ridge(recording)
    with pytest.raises(ArgumentError, match=r"Add vitral.probes.Activations\(\)"):
        saturation_map(recording)
    with pytest.raises(UnknownNameError, match="Did you mean 'layer_1"):
        gradient_flow(recording, "layr_1")
    with pytest.raises(UnknownNameError, match="axis must be"):
        ridge(recording, "gradients", axis="log")
    with pytest.raises(UnknownNameError, match="size must be"):
        gradient_flow(recording, size="max")
    with pytest.raises(UnknownNameError, match="share must be"):
        saturation_map(recording, share="alive")
    for layer in (3, [], [3]):
        with pytest.raises(UnknownNameError, match="layer must be the name"):
            ridge(recording, "gradients", layer)
    empty = Recording([series_of("gradients", "a/kernel", [np.ones(2)])])
    empty.series[0].__dict__.update(at=np.zeros(0, int), counts=np.zeros((0, 1019), int))
    with pytest.raises(ArgumentError, match="Train for an epoch first"):
        gradient_flow(empty)


def test_ridges_for_pages_are_the_same_heights():
    series = series_of("weights", "a/kernel", NORMAL)
    axis = axis_for([series], "signed")
    found = ridges_of(series, axis, 12)
    np.testing.assert_allclose(found.heights, share(axis.counts(series).astype(float)))
    assert found.zeros is None


def test_colours_are_viridis():
    from matplotlib import colormaps

    shares = np.linspace(0, 1, 101)
    np.testing.assert_allclose(style.sequential_rgb(shares), colormaps["viridis"](shares)[:, :3] * 255, atol=5)


@pytest.mark.parametrize("at", [[0], [0, 1], [3], list(range(101)), list(range(0, 2001, 7)), [5, 100, 10_000]])
def test_round_places_are_few(at):
    places = style.round_places(at, 8)
    assert 1 <= len(places) <= 8
    assert places == sorted(set(places))
    if at == list(range(101)):
        assert [at[i] for i in places] == [0, 20, 40, 60, 80, 100]
