"""Pictures of weights hold the weights; curves of several runs can be told apart."""

import keras
import numpy as np
import pytest
from keras import layers

from vitral._errors import ArgumentError, ShapeError, UnknownNameError
from vitral.views import learning_curves, weight_images


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 5, 3)),
            layers.Conv2D(4, (3, 2), name="conv"),
            layers.Flatten(),
            layers.Dense(7, name="hidden"),
            layers.Dense(2, name="out"),
        ]
    )


@pytest.fixture(scope="module")
def dense():
    keras.utils.set_random_seed(0)
    inner = keras.Sequential([keras.Input((12,)), layers.Dense(5, name="first")], name="encoder")
    return keras.Sequential([keras.Input((12,)), inner, layers.Dense(12, name="second")])


class Trained:
    """What `weight_images` looks at in a Run."""

    history, recording = {}, None

    def __init__(self, model, image_shape):
        self.model, self.data = model, {"image_shape": image_shape}


def pictures(figure):
    figure.draw_without_rendering()
    return [np.ma.filled(panel.images[0].get_array(), np.nan) for panel in figure.axes if panel.images]


def test_units_are_pictures_in_the_datas_shape(dense):
    kernel = np.asarray(dense.get_layer("encoder").get_layer("first").kernel)
    for figure in (weight_images(Trained(dense, [3, 4])), weight_images(dense, "encoder/first", image_shape=(3, 4))):
        found = pictures(figure)
        assert len(found) == 5
        for unit, picture in enumerate(found):
            np.testing.assert_allclose(picture, kernel[:, unit].reshape(3, 4), rtol=1e-6)
        low, high = figure.axes[0].images[0].get_clim()
        assert low == -high == pytest.approx(-np.abs(kernel).max())
        colors = [figure.axes[0].images[0].to_rgba(v)[:3] for v in (low, 0, high)]
        assert colors[0][0] > colors[0][2]
        assert colors[2][2] > colors[2][0], "blue is positive"
        assert min(colors[1]) > 0.95, "zero is white"


def test_filters_are_pictures_with_their_channels_side_by_side(model):
    kernel = np.asarray(model.get_layer("conv").kernel)
    found = pictures(weight_images(model))
    assert len(found) == 4
    for unit, picture in enumerate(found):
        assert picture.shape == (3, 3 * 2 + 2)
        for channel in range(3):
            np.testing.assert_allclose(
                picture[:, 3 * channel : 3 * channel + 2], kernel[:, :, channel, unit], rtol=1e-6
            )
        assert np.isnan(picture[:, [2, 5]]).all()


def test_colour_images_show_their_channels(dense):
    kernel = np.asarray(dense.get_layer("second").kernel)
    found = pictures(weight_images(dense, "second", image_shape=(1, 5)))
    assert len(found) == 12
    np.testing.assert_allclose(found[3], kernel[:, 3].reshape(1, 5), rtol=1e-6)
    first = pictures(weight_images(dense, "encoder/first", image_shape=(2, 2, 3)))[0]
    expected = np.asarray(dense.get_layer("encoder").get_layer("first").kernel)[:, 0].reshape(2, 2, 3)
    np.testing.assert_allclose(first[:, 3:5], expected[:, :, 1], rtol=1e-6)


def test_what_is_no_picture_is_a_table(model):
    figure = weight_images(Trained(model, [6, 5, 3]), "hidden")
    np.testing.assert_allclose(pictures(figure)[0], np.asarray(model.get_layer("hidden").kernel), rtol=1e-6)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("unit", "input")


def test_sequences_and_words_have_pictures():
    model = keras.Sequential(
        [keras.Input((9,)), layers.Embedding(20, 6, name="words"), layers.Conv1D(3, 4, name="conv")]
    )
    assert pictures(weight_images(model))[0].shape == (20, 6)
    found = pictures(weight_images(model, "conv"))
    np.testing.assert_allclose(found[1], np.asarray(model.get_layer("conv").kernel)[:, :, 1].T, rtol=1e-6)


def test_many_units_are_sampled(dense):
    figure = weight_images(dense, "second", image_shape=(5, 1), most=3)
    assert [p.get_title("left") for p in figure.axes if p.get_title("left")] == ["0", "6", "11"]
    assert "3 of 12 units" in figure.get_suptitle()


def test_weights_that_are_none_leave_the_rest_visible(dense):
    copy = keras.models.clone_model(dense)
    kernel = np.ones((5, 12), np.float32)
    kernel[0, 0] = np.nan
    copy.get_layer("second").kernel.assign(kernel)
    figure = weight_images(copy, "second", image_shape=(5, 1))
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert np.isnan(pictures(figure)[0][0, 0])


def test_wrong_arguments_get_a_sentence(model, dense):
    with pytest.raises(UnknownNameError, match="Did you mean 'hidden'"):
        weight_images(model, "hiden")
    with pytest.raises(ShapeError, match="as many values as the layer has inputs, 12: got"):
        weight_images(dense, image_shape=(5, 5))
    for shape in (12, (12,), "3x4", (3, -4), (3.0, 4)):
        with pytest.raises(ShapeError, match="height, width"):
            weight_images(dense, image_shape=shape)
    with pytest.raises(ArgumentError, match=r"model must be a Keras model.* got dict"):
        weight_images({})
    with pytest.raises(ArgumentError, match="must have a layer with a kernel"):
        weight_images(keras.Sequential([layers.Dense(3)]))
    with pytest.raises(ArgumentError, match="most must be"):
        weight_images(dense, most=0)


# ---------------------------------------------------------------- several runs


def test_several_runs_share_the_panels():
    runs = {
        "wide": {"loss": [3.0, 1.0], "val_loss": [3.0, 2.0]},
        "deep": {"loss": [2.0, 1.5, 1.0], "accuracy": [0, 0, 1]},
    }
    for given, names in ((runs, ["wide", "deep"]), (list(runs.values()), ["run 0", "run 1"])):
        figure = learning_curves(given)
        loss, accuracy = figure.axes
        assert [line.get_label() for line in loss.lines] == [names[0], f"{names[0]}, validation", names[1]]
        assert [list(line.get_ydata()) for line in loss.lines] == [[3.0, 1.0], [3.0, 2.0], [2.0, 1.5, 1.0]]
        assert [list(line.get_ydata()) for line in accuracy.lines] == [[0, 0, 1]]
        first, held_out, second = loss.lines
        assert first.get_color() == held_out.get_color() != second.get_color()
        assert first.get_marker() != second.get_marker()
        assert first.get_linestyle() != held_out.get_linestyle()


def test_curves_refuse_what_they_cannot_draw():
    with pytest.raises(ArgumentError, match="sweep_curves"):
        learning_curves([{"loss": [1.0]}] * 13)
    with pytest.raises(ArgumentError, match="runs must be 1 to 12: got 0"):
        learning_curves([])
    with pytest.raises(ArgumentError, match="got int"):
        learning_curves(3)
    with pytest.raises(ArgumentError, match="without a single metric"):
        learning_curves([{}, {}])


def test_titles_are_read_on_a_dark_page():
    from vitral.views import style

    panel = learning_curves({"loss": [1.0]}).axes[0]
    assert panel._left_title.get_color() == style.NEUTRAL
