"""What helps against overfitting, and what would more data do? Twenty-eight small trainings answer, in seconds.

    python examples/overfitting.py                   the figure goes to runs/overfitting
    python examples/overfitting.py --out FOLDER --quick

A network of 64 tanh units learns two moons that overlap, from 20 points and from 200, with one remedy at a time: L1, L2
or both on its weights, dropout, a limit to the norm of each unit's weights, or noise on its inputs. Each trains with
two seeds, of its points too.

What one sees, in remedies.png, is the cross-entropy on 400 points to validate on, at the end, penalties not counted.
With 20 points, each remedy makes it better; with 200, where there is less to mend, none makes it much better, and
what was right for 20 is too much. The remedy that is best is chosen on those 400 points; the last lines say what it is
worth on 2,000 others.
"""

import argparse
from pathlib import Path

import numpy as np

import vitral
from vitral import keras

OFF = {"l1": 1e-12, "l2": 1e-12, "drop": 1e-9, "limit": 1e9, "noise": 1e-9}
"""Numbers that do nothing. At 0, Keras would leave the penalty or the layer out, and each remedy be a program of its
own; so all of them share one, for each number of points."""

REMEDIES = {
    "none": {},
    "L1 0.01": {"l1": 0.01},
    "L2 0.01": {"l2": 0.01},
    "L1 + L2": {"l1": 0.003, "l2": 0.003},
    "dropout 0.2": {"drop": 0.2},
    "max-norm 1": {"limit": 1.0},
    "noise 0.1": {"noise": 0.1},
}


def points(rows, seed):
    """So many points, x (N, 2) and their classes, by their seed."""
    data = vitral.load("moons", n=rows, noise=0.35, seed=seed, validation=0, test=0)
    return data.train.x, data.train.y


def build(remedy):
    """A compiled network with that remedy."""
    given = OFF | REMEDIES[remedy]
    hidden = keras.layers.Dense(
        64,
        "tanh",
        kernel_regularizer=keras.regularizers.L1L2(given["l1"], given["l2"]),
        kernel_constraint=keras.constraints.MaxNorm(given["limit"]),
    )
    noise, drop = keras.layers.GaussianNoise(given["noise"]), keras.layers.Dropout(given["drop"])
    model = keras.Sequential([keras.Input((2,)), noise, hidden, drop, keras.layers.Dense(2, "softmax")])
    alone = keras.metrics.SparseCategoricalCrossentropy(name="cross_entropy")  # the loss has the penalty in it
    model.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy", metrics=[alone])
    return model


def cross_entropy(model, x, y):
    """Its mean over the points, penalties apart."""
    p = keras.ops.convert_to_numpy(model(x))
    return float(-np.log(p[np.arange(len(y)), y]).mean())


def main(out, over, epochs):
    """Train, print, draw; the file is in the folder `out` then."""
    checks, others = points(400, 1000), points(2000, 2000)
    sweep = vitral.sweep(build, points, batch_size=20, epochs=epochs, over=over, validation_data=checks)
    print(sweep)
    at_end = sweep.table.groupby(["remedy", "rows"], sort=False)["val_cross_entropy"].mean().unstack()
    print(at_end.round(3))
    for rows, best in at_end.idxmin().items():
        for remedy in ("none", best):
            numbers = [n for n, v in enumerate(sweep.variants) if (v["remedy"], v["rows"]) == (remedy, rows)]
            found = np.mean([cross_entropy(sweep[number].model, *others) for number in numbers])
            print(f"{rows} points, {remedy}: {found:.3f} on others")
    figure = vitral.views.sweep_heat_map(sweep, "val_cross_entropy", x="rows", y="remedy")
    out.mkdir(parents=True, exist_ok=True)
    figure.savefig(out / "remedies.png", dpi=90)
    print(out / "remedies.png")


OVER = {"remedy": list(REMEDIES), "rows": [20, 200], "seed": [0, 1]}
QUICK = {"remedy": ["none", "L2 0.01"], "rows": [20], "seed": [0, 1]}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/overfitting"), help="folder of the figure")
    parser.add_argument("--quick", action="store_true", help="four variants, hardly trained: does it run?")
    options = parser.parse_args()
    main(options.out, QUICK if options.quick else OVER, 2 if options.quick else 100)
