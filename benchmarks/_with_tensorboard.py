"""Keras on TensorFlow, with its own TensorBoard callback and without: seconds of an epoch, as one line of JSON."""

import json
import statistics
import sys
import tempfile
import time

import keras
import numpy as np
import tensorflow


def main(rows: int, rounds: int = 5) -> None:
    """Time epochs in turn; the callback writes weight histograms at every epoch's end."""
    random = np.random.default_rng(0)
    x, y = random.random((rows, 784), dtype="float32"), random.integers(10, size=rows)
    stack = [keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((784,)), *stack])
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=32, verbose=0)
    found: dict[str, list[float]] = {"without": [], "with": []}
    with tempfile.TemporaryDirectory() as folder:
        for i in range(rounds):
            for name in found:
                callbacks = []
                if name == "with":
                    callbacks = [keras.callbacks.TensorBoard(f"{folder}/{i}", histogram_freq=1, write_graph=False)]
                started = time.perf_counter()
                model.fit(x, y, batch_size=32, verbose=0, callbacks=callbacks)
                found[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in found.items()}
    print(json.dumps({**medians, "keras": keras.__version__, "tensorflow": tensorflow.__version__}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
