"""Run as a program on some backend: train a network that has nothing random, record it, write the numbers."""

import sys
import warnings
from typing import Any

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that this is not JAX
    from vitral import probes
    from vitral._keras import import_keras

    keras: Any = import_keras()

layers = keras.layers
RNG = np.random.default_rng(0)
DATA = {"words": RNG.integers(0, 9, (24, 5)).astype("int32"), "more": RNG.normal(size=(24, 6, 6, 1)).astype("float32")}
TARGETS = RNG.integers(0, 3, 24).astype("int32")


def network(model_class: Any = keras.Model) -> Any:
    """Pictures and words, a recurrent layer, batch normalisation, a nested model that is shared, a penalty."""
    words, more = keras.Input((5,), dtype="int32", name="words"), keras.Input((6, 6, 1), name="more")
    said = layers.LSTM(4, name="lstm")(layers.Embedding(9, 3, name="embedding")(words))
    seen = layers.Conv2D(2, 3, activation="relu", name="conv")(more)
    seen = layers.Dense(4, name="flat", kernel_regularizer="l2")(
        layers.Flatten()(layers.BatchNormalization(name="norm")(seen))
    )
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, "tanh", name="shared")], name="inner")
    both = layers.Concatenate(name="both")([inner(said), inner(seen)])
    model = model_class([words, more], layers.Dense(3, "softmax", name="out")(both))
    for variable in model.trainable_variables:
        draw = np.random.default_rng(len(variable.path)).normal(size=tuple(variable.shape)) * 0.3
        variable.assign(draw.astype("float32"))
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train(callbacks: list[Any]) -> tuple[Any, list[bytes]]:
    keras.utils.clear_session()
    keras.utils.set_random_seed(1)
    model = network()
    weights = np.linspace(0.5, 1.5, 24).astype("float32")
    model.fit(
        DATA, TARGETS, sample_weight=weights, batch_size=8, epochs=2, shuffle=False, verbose=0, callbacks=callbacks
    )
    variables = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    return model, [np.array(keras.ops.convert_to_numpy(v.value)).tobytes() for v in variables]


class OwnStep(keras.Model):
    def train_step(self, *args: Any) -> Any:
        return super().train_step(*args)


recorder = probes.Recorder("all", {k: v[:10] for k, v in DATA.items()}, TARGETS[:10], sample_weight=np.ones(10))
by_steps = probes.Recorder([probes.Gradients(unit="steps", every=2, layers=["inner"])], DATA, TARGETS)
_, watched = train([recorder, by_steps])
_, alone = train([])
found: dict[str, Any] = {"untouched": np.array([watched == alone]), "own step": ""}

for recording in (recorder.recording, by_steps.recording):
    for series in recording.series:
        place = f"{series.probe} {series.layer} {series.unit}"
        found[f"{place} at"] = series.at
        # A quantile is put by its bin, and a zero that one backend rounds is a bin of its own.
        for quantity in ("mean", "std", "norm", "min", "max", "nonfinite", "dead", "ratio"):
            if quantity in series.values:
                found[f"{place} {quantity}"] = series.values[quantity]

own = network(OwnStep)
try:
    own.fit(DATA, TARGETS, verbose=0, callbacks=[probes.Recorder(probes.Gradients(), DATA, TARGETS)])
except ValueError as error:
    found["own step"] = str(error)
np.savez(sys.argv[1], **found)
