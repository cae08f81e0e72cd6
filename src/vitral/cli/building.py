"""From options to what is trained: data, network, when to stop; `vitral train` and `vitral sweep` do it alike."""

from typing import TYPE_CHECKING, Any

from vitral._checks import check_choice
from vitral.cli.options import Network, Options
from vitral.cli.typed import options_named

if TYPE_CHECKING:
    from vitral.data import Dataset


def load_dataset(options: Options) -> "Dataset":
    """The data set of that name, or what is in the file."""
    from vitral import data

    if not options.is_file:
        return data.load(options.data)
    with options_named():
        if options.data.lower().endswith(".npz"):
            return data.from_npz(options.data, task=options.task)
        assert options.target is not None  # Options has seen to it
        return data.from_csv(
            options.data,
            target=options.target,
            task=options.task,
            delimiter=options.delimiter,
            drop=options.drop,
            categorical=options.categorical,
        )


def build_model(network: Network, dataset: "Dataset") -> Any:
    """The compiled model; its weights are drawn from Keras's generators as they are."""
    from vitral._keras import import_keras
    from vitral.networks import mlp

    keras = import_keras()
    optimizer = _make_optimizer(keras, network)
    is_classes = dataset.classes is not None
    with options_named():
        model = mlp(
            dataset.train.x.shape[1],
            len(dataset.classes) if dataset.classes is not None else dataset.train.y.shape[1],
            hidden=network.hidden,
            activation=network.activation,
            initializer=network.initializer,
            l1=network.l1,
            l2=network.l2,
            dropout=network.dropout,
            task="classification" if is_classes else "regression",
        )
    if not is_classes:
        # Targets are prices or millimetres: without this, the weights would first have to grow to their size.
        y = dataset.train.y
        model.add(keras.layers.Rescaling(scale=float(y.std()) or 1.0, offset=float(y.mean()), name="units"))
    loss, metric = ("sparse_categorical_crossentropy", "accuracy") if is_classes else ("mse", "mae")
    model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
    return model


def _make_optimizer(keras: Any, network: Network) -> Any:
    """A Keras optimizer by its name, in capitals or not, with its own learning rate or the user's."""
    wrappers = {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
    classes = {
        name.lower(): value
        for name, value in vars(keras.optimizers).items()
        if isinstance(value, type) and issubclass(value, keras.optimizers.Optimizer) and name not in wrappers
    }
    name = check_choice("--optimizer", network.optimizer.lower(), sorted(classes))
    return classes[name](**({} if network.learning_rate is None else {"learning_rate": network.learning_rate}))


def make_stopper(options: Options, dataset: "Dataset") -> Any | None:
    """Keras's early stopping, where it was asked for, by the loss on the best rows there are for it."""
    if options.early_stopping is None:
        return None
    from vitral._keras import import_keras

    return import_keras().callbacks.EarlyStopping(
        monitor="val_loss" if len(dataset.validation) else "loss",
        patience=options.early_stopping,
        restore_best_weights=True,
    )
