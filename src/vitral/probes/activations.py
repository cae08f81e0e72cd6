"""What each layer puts out on the probe batch, and two ways in which a unit stops learning.

A *dead* unit puts out zero for every row of the batch, at every position: behind a ReLU no gradient reaches it. A
*saturated* output of a bounded activation f is within 1 % of a limit, where f's slope has all but gone:

    |a − middle| > 0.99 · half the range           tanh: |a| > 0.99     sigmoid: a < 0.005 or a > 0.995
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from vitral._keras import import_keras
from vitral.probes import bins
from vitral.probes.probe import Look, Probe

_LIMITS = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "sparse_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "sparsemax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu6": (0.0, 6.0),
}
_NEAR = 0.99


@dataclass(frozen=True, kw_only=True)
class Activations(Probe):
    """The output of every layer, by the layer's call ("dense", a shared layer's second call "dense (2)").

    Computed as in training: dropout drops, batch normalisation normalises by the batch. A sequence is measured at all
    its positions; of several outputs, the second is "lstm[1]". Layers that only move numbers (Flatten, Reshape,
    Permute) are left out.

    Besides what every probe tells: `dead`, the share of dead units, a unit being an entry of the channel axis; and
    `saturated`, the share of outputs that are saturated, NaN for a layer whose activation has no two limits.

    Example:
        >>> import vitral
        >>> vitral.probes.Activations(layers=["hidden_1"]).extras
        ('dead', 'saturated')
    """

    name: ClassVar[str] = "activations"
    needs: ClassVar[frozenset[str]] = frozenset({"activations"})
    extras: ClassVar[tuple[str, ...]] = ("dead", "saturated")

    def values(self, look: Look) -> dict[str, Any]:
        return look.activations

    def extra(self, look: Look, key: str, xp: Any) -> list[Any]:
        output, layer = look.activations[key], look.sources[key]
        axis = channel_axis(layer, output.ndim)
        others = tuple(a for a in range(output.ndim) if a != axis)
        dead = xp.mean(xp.all(bins.is_zero(output, xp), axis=others).astype(xp.float32))
        limits = limits_of(layer)
        if limits is None:
            return [dead, xp.float32("nan")]
        low, high = limits
        far = xp.abs(output - xp.float32((low + high) / 2)) > xp.float32(_NEAR * (high - low) / 2)
        return [dead, xp.mean(far.astype(xp.float32))]


def channel_axis(layer: Any, n_axes: int) -> int | None:
    """The axis of an output (B, …) along which its units lie; None where there is but one unit."""
    if n_axes < 2:
        return None
    # What carries pictures on without saying how they lie, an activation say, is taken to be as the user's default.
    layout = getattr(layer, "data_format", None)
    if layout is None and n_axes > 3:
        layout = import_keras().config.image_data_format()
    return 1 if layout == "channels_first" and n_axes > 2 else n_axes - 1


def limits_of(layer: Any) -> tuple[float, float] | None:
    """The two limits of a layer's output; None where it has none or they are not known."""
    keras = import_keras()
    if isinstance(layer, keras.layers.Softmax):
        return _LIMITS["softmax"]
    function = getattr(layer, "activation", None)
    known = (name for name in _LIMITS if function is not None and function is getattr(keras.activations, name, None))
    name = next(known, None)
    return None if name is None else _LIMITS[name]
