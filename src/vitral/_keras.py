"""The only file that touches Keras's less public parts, and the place where its backend is chosen.

What Keras keeps private and the engine needs: which arrays a batch really holds, whether a first batch
must be peeked at to build metrics and loss, the lazily synchronised state behind `Callback.model`, and
the exact order of batches. Each is one short function here, so that a new Keras breaks one file.
"""

import contextlib
import functools
import importlib
import importlib.util
import json
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vitral._checks import check_choice
from vitral._errors import ArgumentError, EngineError, VitralWarning
from vitral._mapped import Cast, is_mapped

_BACKEND_MODULES = {"jax": "jax", "tensorflow": "tensorflow", "torch": "torch", "openvino": "openvino"}

State = tuple[list[Any], list[Any], list[Any], list[Any]]
"""(trainable, non-trainable, optimizer, metrics) values, as `model.train_step` takes them."""


# ---------------------------------------------------------------- the module and its backend


def choose_backend() -> None:
    """Set `KERAS_BACKEND=jax` if Keras is not imported yet and nothing the user wrote says otherwise.

    Keras writes a keras.json naming TensorFlow on its first import, even where TensorFlow is missing and that
    import fails: a keras.json whose backend is not installed is therefore no choice.
    """
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND"):
        return
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    with contextlib.suppress(OSError, ValueError, AttributeError):
        chosen = json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
        if (
            isinstance(chosen, str)
            and chosen in _BACKEND_MODULES
            and importlib.util.find_spec(_BACKEND_MODULES[chosen])
        ):
            return
    os.environ["KERAS_BACKEND"] = "jax"


@functools.cache
def import_keras() -> Any:
    """The keras module, its backend chosen by `choose_backend`; says once when that is not JAX."""
    choose_backend()
    try:
        import keras
    except (ImportError, ValueError) as error:  # the backend that somebody chose is missing, or there is none so called
        chosen = os.environ.get("KERAS_BACKEND") or "the one in keras.json"
        raise EngineError(
            f"KERAS_BACKEND must be a backend that is installed: got {chosen} ({str(error).splitlines()[0]}). "
            "Install it, or set KERAS_BACKEND=jax."
        ) from error

    if keras.config.backend() != "jax":
        warnings.warn(
            f"Keras runs on the {keras.config.backend()} backend, where Vitral trains with Keras's own loop; "
            "set KERAS_BACKEND=jax before importing keras for the compiled engine.",
            VitralWarning,
            stacklevel=3,
        )
    return keras


def is_jax() -> bool:
    """Whether Keras's backend is JAX, plain (not through flax's nnx)."""
    keras = import_keras()
    if keras.config.backend() != "jax":
        return False
    from keras.src.backend.config import is_nnx_enabled

    return not is_nnx_enabled()


def keras_fit(model: Any, **arguments: Any) -> Any:
    """Keras's own `fit`, past any replacement of `keras.Model.fit`, or the model's own where it has one."""
    keras = import_keras()
    if "fit" in overrides(model, ["fit"]):
        return model.fit(**arguments)
    return super(keras.Model, model).fit(**arguments)


def overrides(model: Any, names: list[str]) -> list[str]:
    """Those of `names` that a subclass of Keras's own model classes, or the instance, defines anew."""
    keras = import_keras()
    classes = type(model).__mro__[: type(model).__mro__.index(keras.Model)]
    own = [vars(c) for c in classes if not c.__module__.startswith("keras.src.")] + [vars(model)]
    return [name for name in names if any(name in space for space in own)]


# ---------------------------------------------------------------- arrays and batches


def can_slice(arrays: Any) -> bool:
    """Whether Keras would treat the (nested) `arrays` as arrays, not as generators or data sets."""
    import_keras()
    from keras.src.trainers.data_adapters import array_data_adapter, data_adapter

    leaves = [a for a in flatten(arrays) if a is not None]
    return not any(isinstance(a, data_adapter.DataAdapter) for a in leaves) and array_data_adapter.can_convert_arrays(
        arrays
    )


def flatten(structure: Any) -> list[Any]:
    """Leaves of a nested structure, in Keras's order."""
    import_keras()
    from keras.src import tree

    return tree.flatten(structure)


def split_validation(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """Keras's own split: the last rows become the validation part. Of mapped files nothing is read, nor cast yet."""
    import numpy as np
    from keras.src import tree
    from keras.src.trainers.data_adapters import array_slicing

    leaves = [a for a in tree.flatten(arrays) if a is not None]
    if not any(is_mapped(a) for a in leaves) or not all(isinstance(a, np.ndarray) for a in leaves):
        return array_slicing.train_validation_split(arrays, validation_split=validation_split)
    rows: Any = np.arange(leaves[0].shape[0])
    train: Any = array_slicing.train_validation_split(rows, validation_split=validation_split)[0]
    n_train = len(train)

    def cut(rows: slice) -> Any:
        return tree.map_structure(lambda a: None if a is None else a[rows], arrays)

    return cut(slice(n_train)), cut(slice(n_train, None))


def has_no_loss(model: Any) -> bool:
    """Whether it is certain that nothing would be minimised: no loss compiled or in a layer, no step of its own."""
    if model.loss is not None or not model.built or overrides(model, ["train_step", "compute_loss", "call"]):
        return False
    layers = [layer for layer in model._flatten_layers() if layer is not model]
    return not model.losses and all(
        type(layer).__module__.startswith("keras.src.") and layer.activity_regularizer is None for layer in layers
    )


def make_batches(data: tuple[Any, Any, Any], **options: Any) -> Any:
    """Keras's adapter for arrays: checks them, makes weights from class weights, decides the batch size.

    Args:
        data: (x, y, sample_weight), each nested arrays of N rows or None.
        options: batch_size, steps, shuffle, class_weight, as Keras's adapter takes them.
    """
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    x, y, sample_weight = data
    return ArrayDataAdapter(x, y, sample_weight=sample_weight, **options)


def batch_sizes(adapter: Any) -> tuple[int, int]:
    """Rows N in the adapter, rows B in a full batch."""
    return adapter._num_samples, adapter._batch_size


def adapter_arrays(adapter: Any, *, lazily: bool = False) -> Any | None:
    """The adapter's arrays as NumPy arrays of Keras's types; None where a sparse or ragged one is among them.

    With `lazily`, arrays of NumPy's that Keras casts as a whole are `Cast`s, which cast the rows that are taken.
    """
    import numpy as np
    from keras.src import tree
    from keras.src.trainers.data_adapters import array_slicing

    def convert(array: Any) -> Any:
        sliceable: Any = array_slicing.convert_to_sliceable(array, target_backend="jax")
        return sliceable.convert_to_jax_compatible(sliceable[slice(0, adapter._num_samples)])

    def convert_lazily(array: Any) -> Any:
        if type(array) not in (np.ndarray, np.memmap):
            return convert(array)
        kind = convert(np.zeros(1, array.dtype)).dtype
        return array if kind == array.dtype else Cast(array, kind)

    one = convert_lazily if lazily else convert
    arrays = tree.map_structure(lambda a: None if a is None else one(a), adapter._inputs)
    leaves = tree.flatten(arrays)
    return arrays if all(a is None or isinstance(a, np.ndarray | Cast) for a in leaves) else None


def index_batches(n_rows: int, *, batch_size: int, shuffle: Any, steps: int | None, steps_per_execution: int) -> Any:
    """Keras's epoch iterator over row numbers instead of rows: its order, draws and warnings by construction."""
    import numpy as np
    from keras.src.backend.jax.trainer import JAXEpochIterator

    return JAXEpochIterator(
        x=np.arange(n_rows, dtype="int32"),
        batch_size=batch_size,
        steps_per_epoch=steps,
        shuffle=shuffle,
        steps_per_execution=steps_per_execution,
    )


# ---------------------------------------------------------------- building


def peeks_at_batch(model: Any) -> bool:
    """Whether Keras would draw one batch before training to build the model, its metrics or its loss."""
    parts = [model._compile_metrics, model._compile_loss]
    return not all(layer.built for layer in model._flatten_layers()) or any(
        part is not None and not part.built for part in parts
    )


def symbolic_build(model: Any, batch: Any) -> None:
    """Build model, metrics, loss and optimizer from the shapes of one batch, computing nothing."""
    model._symbolic_build(data_batch=batch)


def build_optimizer(model: Any) -> None:
    """Make the optimizer's variables, where TensorFlow's training would make them in its first step."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def compile_token(model: Any) -> Any:
    """An object that is replaced each time `model.compile` is called."""
    return model._compile_config


# ---------------------------------------------------------------- state


def state_of(model: Any) -> State:
    """The values of all of a model's variables, as its `train_step` takes them."""
    return (
        [v.value for v in model.trainable_variables],
        [v.value for v in model.non_trainable_variables],
        [v.value for v in model.optimizer.variables],
        [v.value for v in model.metrics_variables],
    )


def as_state(leaves: list[Any], like: State) -> State:
    """A flat list of values as the four parts of a state, each as long as in `like`."""
    values = iter(leaves)
    trainable, non_trainable, optimizer, metrics = ([next(values) for _ in part] for part in like)
    return trainable, non_trainable, optimizer, metrics


def set_state(model: Any, state: tuple[list[Any], ...]) -> None:
    """Give a model's trainable, other and optimizer variables their values, in the order of `state_of`."""
    if len(model.optimizer.variables) < len(state[2]):
        model.optimizer.build(model.trainable_variables)
    parts = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    for variables, values in zip(parts, state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def set_metrics(model: Any, values: list[Any]) -> None:
    """Give a model's metrics, which have been built, their values."""
    for variable, value in zip(model.metrics_variables, values, strict=True):
        variable.assign(value)


def seed_state() -> Any:
    """The state of Keras's own generator of seeds as a NumPy array; None while nobody has drawn from it."""
    from keras.src.backend.common import global_state

    generator = global_state.get_global_attribute("global_seed_generator")
    return None if generator is None else to_numpy(generator.state)


def set_seed_state(state: Any) -> None:
    """Let Keras's own generator of seeds go on from `state`; with None, as if nobody had drawn from it."""
    from keras.src.backend.common import global_state
    from keras.src.random.seed_generator import global_seed_generator

    if state is None:
        global_state.set_global_attribute("global_seed_generator", None)
    else:
        global_seed_generator().state.assign(state)


def as_loss(loss: Any, argument: str) -> Any:
    """What `compile(loss=)` takes, as a `keras.losses.Loss`; the error calls it by `argument`."""
    keras = import_keras()
    from keras.src.losses.losses import LossFunctionWrapper

    if isinstance(loss, keras.losses.Loss):
        return loss
    found = loss
    if isinstance(loss, str):
        try:
            found = keras.losses.get(loss)
        except ValueError:
            known = [name for name in dir(keras.losses) if name.islower() and not name.startswith("_")]
            check_choice(argument, loss, [n for n in known if n not in ("get", "serialize", "deserialize")])
    if isinstance(found, keras.losses.Loss):
        return found
    if not callable(found) or isinstance(found, type):
        raise ArgumentError(
            f"{argument} must be a Keras loss, its name, or a function of (y_true, y_pred): got {loss!r}. "
            "See dir(keras.losses) for the names."
        )
    return LossFunctionWrapper(found, name=getattr(found, "__name__", "loss"))


def config_of(model: Any) -> dict[str, Any] | None:
    """A model with its compile settings as values that JSON knows; None where Keras cannot describe it."""
    keras = import_keras()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
        except Exception:  # a layer's own code says what it likes
            return None


def model_from(config: dict[str, Any]) -> Any:
    """The compiled model that `config_of` has described, freshly initialised."""
    return import_keras().saving.deserialize_keras_object(config, safe_mode=True)


def release(model: Any) -> None:
    """Let go of the arrays behind the model's variables, so that a program may overwrite them."""
    model._purge_model_variables(
        trainable_variables=True, non_trainable_variables=True, optimizer_variables=True, metrics_variables=True
    )


def offer(model: Any, state: State) -> None:
    """Make `state` the model's, copied to its variables only when somebody looks (`Callback.model` does)."""
    trainable, non_trainable, optimizer, metrics = state
    model._jax_state = {
        "trainable_variables": trainable,
        "non_trainable_variables": non_trainable,
        "optimizer_variables": optimizer,
        "metrics_variables": metrics,
    }
    model._jax_state_synced = False


def to_numpy(variable: Any) -> Any:
    """The value of a variable or tensor of any backend as a NumPy array."""
    keras = import_keras()
    return keras.ops.convert_to_numpy(variable.value if isinstance(variable, keras.Variable) else variable)


def offered(model: Any) -> State | None:
    """The state last offered; None if somebody looked since: the variables then hold it, perhaps changed."""
    if getattr(model, "_jax_state", None) is None or model._jax_state_synced:
        return None
    # Plain lists: what passes through a Keras attribute comes back as tracked ones.
    trainable, non_trainable, optimizer, metrics = (list(part) for part in model._jax_state.values())
    return trainable, non_trainable, optimizer, metrics


def was_looked_at(model: Any) -> bool:
    """Whether the state last offered has been brought to the variables."""
    return model._jax_state_synced


def sync(model: Any) -> None:
    """Bring an offered state to the variables."""
    model.jax_state_sync()


def settle(model: Any) -> None:
    """Bring an offered state to the variables, if nobody did, and forget the offer."""
    model.jax_state_sync()
    forget(model)


def forget(model: Any) -> None:
    """Forget an offered state: the variables are to hold something else. Other backends than JAX offer none."""
    if hasattr(model, "_jax_state"):
        model._jax_state = None


def learning_rate(model: Any, *, scheduled: bool = False) -> float | None:
    """The optimizer's learning rate, None where there is none that can be read; a schedule's only if `scheduled`."""
    keras = import_keras()
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        return None
    schedule = keras.optimizers.schedules.LearningRateSchedule
    if isinstance(getattr(optimizer, "_learning_rate", None), schedule) and not scheduled:
        return None
    try:
        return float(to_numpy(optimizer.learning_rate))
    except (TypeError, ValueError, AttributeError):
        return None


def finalize(model: Any) -> None:
    """What Keras does to the weights when training ends: an optimizer's moving average becomes the weights."""
    keras = import_keras()
    # Before the first step there is no average yet, only zeros.
    if isinstance(model.optimizer, keras.optimizers.Optimizer) and steps_taken(model):
        model.optimizer.finalize_variable_values(model.trainable_weights)
        _part(model.trainable_variables, model.optimizer.variables)


def _part(variables: list[Any], others: list[Any]) -> None:
    """See to it that no two variables hold the same JAX array, as an average and its weight do after `finalize`.

    Keras 3.15 gives a model's arrays away when it predicts, and the average would be gone with its weight.
    """
    if not is_jax():
        return
    import jax.numpy as jnp

    shared = {id(variable.value) for variable in variables}
    for variable in others:
        if id(variable.value) in shared:
            variable.assign(jnp.copy(variable.value))


# ---------------------------------------------------------------- metrics and logs


def reset_metrics(model: Any, values: list[Any]) -> list[Any]:
    """Pure form of `model.reset_metrics()`: metric values in, metric values out."""
    keras = import_keras()
    with keras.StatelessScope(state_mapping=list(zip(model.metrics_variables, values, strict=True))) as scope:
        model.reset_metrics()
    return [scope.get_current_value(v) for v in model.metrics_variables]


def metric_results(model: Any, values: list[Any]) -> dict[str, Any]:
    """Pure form of `model.get_metrics_result()`."""
    keras = import_keras()
    with keras.StatelessScope(state_mapping=list(zip(model.metrics_variables, values, strict=True))):
        return model.get_metrics_result()


def has_plain_results(model: Any) -> bool:
    """Whether every metric's result is a sum or a mean, which rounds the same inside a program as outside."""
    known = import_keras().metrics
    plain = {known.Mean.result, known.Sum.result}
    compiled = model._compile_metrics
    listed = [m for m in model.metrics if m is not compiled] + (list(compiled.metrics) if compiled is not None else [])
    return all(type(m).result in plain for m in listed)


def plain_logs(logs: Any) -> dict[str, Any]:
    """Logs as callbacks get them: flat, keys in order, numbers as floats."""
    from keras.src.utils.python_utils import pythonify_logs

    return pythonify_logs(logs)


# ---------------------------------------------------------------- callbacks and limits


def callback_list(callbacks: Any, **options: Any) -> Any:
    """Keras's `CallbackList`, or the user's own where one was given."""
    keras = import_keras()
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    return keras.callbacks.CallbackList(callbacks, **options)


def notice_hooks(callbacks: Any) -> None:
    """Let a list of callbacks that has changed find out anew which may be called from another thread."""
    callbacks._configure_async_dispatch(callbacks.callbacks)


def callbacks_in(callbacks: Any) -> list[Any]:
    """The single callbacks of fit's argument: a nested list, a `CallbackList`, one callback, or None."""
    if callbacks is None:
        return []
    return list(callbacks.callbacks) if hasattr(callbacks, "callbacks") else flatten(callbacks)


def restored_epoch(callbacks: Any) -> int | None:
    """The epoch, counted from 1, whose weights an `EarlyStopping` put back as training ended; None where none did."""
    known = import_keras().callbacks.EarlyStopping
    stoppers = [c for c in callbacks_in(callbacks) if isinstance(c, known) and c.restore_best_weights]
    kept = [c.best_epoch + 1 for c in stoppers if c.best_weights is not None]
    return kept[-1] if kept else None


def steps_taken(model: Any) -> int:
    """Steps that the optimizer has taken in all its trainings."""
    iterations = getattr(model.optimizer, "iterations", None)
    return 0 if iterations is None else int(to_numpy(iterations))


def is_default_hook(callback: Any, hook: str) -> bool:
    """Whether `hook` is Keras's empty one."""
    from keras.src import utils

    return utils.is_default(getattr(callback, hook))


def first_epoch(model: Any, initial_epoch: int) -> int:
    """Where training starts: a callback (BackupAndRestore) may have said otherwise in `on_train_begin`."""
    return model._initial_epoch or initial_epoch


def validates(model: Any, epoch: int, validation_freq: Any) -> bool:
    """Whether Keras validates after `epoch`, counted from 0."""
    return model._should_eval(epoch, validation_freq)


def has_distribution() -> bool:
    """Whether `keras.distribution` is in use."""
    return import_keras().distribution.distribution() is not None


def debug_limits() -> bool:
    """Whether `keras.config.set_max_epochs` or `set_max_steps_per_epoch` cuts every fit short."""
    from keras.src.backend import config

    return bool(config.max_epochs() or config.max_steps_per_epoch())


# ---------------------------------------------------------------- looking inside


@contextlib.contextmanager
def watching(layers: list[Any], hear: Callable[[Any, Any], None]) -> Iterator[None]:
    """While the block runs, in this thread, `hear(layer, outputs)` after each call of one of `layers`.

    Python looks `__call__` up on the class: while the block runs, each layer is of a subclass of its own class.
    Wrapping `call` instead would be heard inside what Keras computes anew on the way back (remat). One model is watched
    by one block at a time.
    """
    own, classes = threading.get_ident(), [type(layer) for layer in layers]

    def watched(cls: Any) -> Any:
        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807  (it stands where Layer's stands)
            outputs = cls.__call__(self, *args, **kwargs)
            if threading.get_ident() == own:
                hear(self, outputs)
            return outputs

        names = {"__call__": __call__, "__module__": cls.__module__, "__qualname__": cls.__qualname__}
        return type(cls.__name__, (cls,), names)

    try:
        for layer, cls in zip(layers, classes, strict=True):
            object.__setattr__(layer, "__class__", watched(cls))
        yield
    finally:
        for layer, cls in zip(layers, classes, strict=True):
            object.__setattr__(layer, "__class__", cls)


@contextlib.contextmanager
def watching_optimizer(optimizer: Any) -> Iterator[list[Any]]:
    """While the block runs, the list receives the gradients of each call of `optimizer.stateless_apply`."""
    applied, apply = [], optimizer.stateless_apply

    def heard(optimizer_variables: Any, grads: Any, trainable_variables: Any) -> Any:
        applied.append(grads)
        return apply(optimizer_variables, grads, trainable_variables)

    object.__setattr__(optimizer, "stateless_apply", heard)
    try:
        yield applied
    finally:
        object.__delattr__(optimizer, "stateless_apply")


def training_argument(model: Any) -> dict[str, bool]:
    """What to add to a call of the model in training."""
    return {"training": True} if model._call_has_training_arg else {}


def loss_of(model: Any, x: Any, y: Any, sample_weight: Any) -> Any:
    """The loss of one batch as `train_step` has it before it is scaled, on a backend with variables that change."""
    outputs = model(x, **training_argument(model))
    return model._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=sample_weight, training=True)


def loss_scale(model: Any, values: list[Any]) -> Any:
    """The factor by which the optimizer, whose variables have these `values`, multiplies the loss; None for none."""
    keras = import_keras()
    if model.optimizer.loss_scale_factor is None and not hasattr(model.optimizer, "dynamic_scale"):
        return None
    with keras.StatelessScope(state_mapping=list(zip(model.optimizer.variables, values, strict=True))):
        return model.optimizer.scale_loss(keras.ops.ones(()))


def gradients_of(model: Any, x: Any, y: Any, sample_weight: Any) -> list[Any]:
    """The gradient of the loss as `train_step` scales it, by TensorFlow's or PyTorch's own means; None for none.

    Raises:
        EngineError: Keras runs on a backend that does not train.
    """
    backend = import_keras().config.backend()
    variables = model.trainable_variables
    if backend == "tensorflow":
        tf: Any = importlib.import_module("tensorflow")
        with tf.GradientTape() as tape:
            loss = model.optimizer.scale_loss(loss_of(model, x, y, sample_weight))
        # An embedding's gradient is sparse.
        return [None if g is None else tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
    if backend == "torch":
        torch: Any = importlib.import_module("torch")
        loss = model.optimizer.scale_loss(loss_of(model, x, y, sample_weight))
        # Not loss.backward(), which would add to what the variables hold.
        return list(torch.autograd.grad(loss, [v.value for v in variables], allow_unused=True))
    raise EngineError(f"probes must be used on a backend that trains: got {backend}. Set KERAS_BACKEND=jax.")


def apply_gradients(model: Any, gradients: list[Any]) -> None:
    """One step of the model's optimizer, as `train_step` has it on TensorFlow and PyTorch."""
    with contextlib.ExitStack() as stack:
        if import_keras().config.backend() == "torch":
            stack.enter_context(importlib.import_module("torch").no_grad())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # of variables without a gradient the training itself has warned
        model.optimizer.apply(gradients, model.trainable_variables)


@contextlib.contextmanager
def in_training(model: Any) -> Iterator[None]:
    """PyTorch's modules in training mode, its modes and random generators afterwards as before; elsewhere nothing."""
    if import_keras().config.backend() != "torch":
        yield
        return
    torch: Any = importlib.import_module("torch")
    modes = [(module, module.training) for module in model.modules()]
    with torch.random.fork_rng():
        model.train()
        try:
            yield
        finally:
            for module, mode in modes:
                module.training = mode
