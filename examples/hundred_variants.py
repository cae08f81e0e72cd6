"""How large may the first weights be, and how large the steps? A hundred trainings answer, in a few minutes.

    python examples/hundred_variants.py                   the figures go to runs/hundred_variants
    python examples/hundred_variants.py --out FOLDER --quick

A network of eight hidden layers of tanh learns the handwritten digits, in all combinations of 5 learning rates, 5
scales of the initial weights and 4 seeds. Initial weights have the variance scale / (inputs of the unit), so that
scale 1 hands a signal on about as large as it came (LeCun et al., 1998; Glorot & Bengio, 2010).

What one sees, in three figures:

    rate_and_scale.png      the loss on validation rows. Guessing ten classes has the loss ln 10 = 2.30. Below it are
                            the pairs that learn. The smallest scale stays there at every rate: it does not even begin.
                            The largest rate ends far above: its steps overshoot.
    gradient_best.png       the gradients in the best network: much the same in the first layers as in the last.
    gradient_vanishing.png  the same rate and seed, but the smallest scale. From the output backwards the gradient
                            shrinks, to a thousandth and less, and with it the steps of the first layers: it vanishes.
"""

import argparse
from pathlib import Path

import vitral
from vitral import keras

OVER = {"rate": [0.004, 0.02, 0.1, 0.5, 2.5], "scale": [0.1, 0.3, 1.0, 3.0, 10.0], "seed": range(4)}
QUICK = {"rate": [0.02, 0.1], "scale": [0.1, 1.0], "seed": [0]}


def build(rate, scale):
    initializer = keras.initializers.VarianceScaling(scale, mode="fan_in")
    model = vitral.networks.mlp(64, 10, hidden=[32] * 8, activation="tanh", initializer=initializer)
    model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def main(out, over, epochs):
    """Train, print, draw; the three files are in the folder `out` then."""
    sweep = vitral.sweep(build, vitral.load("digits"), epochs=epochs, over=over, probes=vitral.probes.Gradients())
    print(sweep)
    for group in sweep.groups:
        print(f"program {group.number}: {len(group.variants)} variants {group.reason or ''}".rstrip())
    table = sweep.table
    print(table.sort_values("val_loss").head(5)[["rate", "scale", "seed", "val_loss", "val_accuracy"]])
    print(table.groupby(["rate", "scale"])["val_accuracy"].median().unstack().round(2))

    best = sweep.best_number("val_loss")
    vanishing = sweep.variants.index({**sweep.variants[best], "scale": min(over["scale"])})
    figures = {
        "rate_and_scale": vitral.views.sweep_heat_map(sweep, "val_loss", x="rate", y="scale"),
        "gradient_best": vitral.views.gradient_flow(sweep[best]),
        "gradient_vanishing": vitral.views.gradient_flow(sweep[vanishing]),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(out / f"{name}.png", dpi=90)
        print(out / f"{name}.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("runs/hundred_variants"), help="folder of the figures")
    parser.add_argument("--quick", action="store_true", help="four variants, hardly trained: does it run?")
    options = parser.parse_args()
    main(options.out, QUICK if options.quick else OVER, 2 if options.quick else 15)
