"""TensorBoard's own reader, and small things for it to read."""

import keras
import numpy as np
from keras import layers
from tensorboard.backend.event_processing.event_accumulator import STORE_EVERYTHING_SIZE_GUIDANCE, EventAccumulator

from vitral.probes import bin_edges
from vitral.probes.recording import Series

RNG = np.random.default_rng(0)
X = RNG.standard_normal((44, 6)).astype("float32")
Y = X[:, :3].argmax(1)


def network(rate=0.1):
    """6-8-3, from the same weights each time."""
    keras.utils.set_random_seed(3)
    stack = [layers.Dense(8, "relu", name="hidden"), layers.Dense(3, "softmax", name="out")]
    model = keras.Sequential([keras.Input((6,)), *stack])
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def read(folder):
    """Everything that is in a folder's event files."""
    return EventAccumulator(str(folder), size_guidance=STORE_EVERYTHING_SIZE_GUIDANCE).Reload()


def points(folder, tag):
    """Step -> value."""
    found = read(folder).Scalars(tag)
    assert len({event.step for event in found}) == len(found), "two points at one step"
    return {event.step: event.value for event in found}


def check_counts(event, values):
    """The counts of a histogram are NumPy's, between the edges that TensorBoard takes for it."""
    found, values = event.histogram_value, np.asarray(values, np.float32).ravel()
    assert (found.min, found.max, found.num) == (values.min(), values.max(), values.size)
    edges = [found.min, *found.bucket_limit[:-1], found.max]
    assert found.bucket == np.histogram(values, edges)[0].tolist()


def files_in(folder):
    """Name -> content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def series(values, *, unit="epochs", at=(0,)):
    """What a probe would have measured of an array, each time the same."""
    x = np.asarray(values, np.float32)
    finite = x[np.isfinite(x)].astype(float)
    counts = np.histogram(finite, bin_edges())[0]
    used = np.flatnonzero(counts)
    first, last = (used[0], used[-1]) if len(used) else (0, -1)
    with np.errstate(all="ignore"):
        found = {"min": x.min(), "max": x.max(), "mean": x.mean(), "norm": np.sqrt((x.astype(float) ** 2).sum())}
    found["nonfinite"] = len(x) - len(finite)
    return Series(
        probe="weights",
        layer="dense/kernel",
        unit=unit,
        size=len(x),
        at=np.array(at),
        values={name: np.full(len(at), float(value)) for name, value in found.items()},
        first_bin=int(first),
        counts=np.tile(counts[first : last + 1], (len(at), 1)),
    )
