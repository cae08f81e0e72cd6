"""What a live widget can show: plain values that say *what* is drawn; the browser's half says how.

Each drawing is a frozen record of numbers and words. `payload()` gives it as JSON; `js/<kind>.js` draws it. A drawing
that changes over time carries one value per frame in the fields that say so, and the widget's player walks through
them. `edits` names the value of the widget that a reader changes by touching the drawing.

Letters: N samples, D inputs, K outputs, L layers, F frames, S steps, G grid points a side.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

# A layer of a network with more units than these is drawn as its first ones and a number.
MOST_UNITS, FIRST_UNITS = 16, 12

# What colours mean, in the whole course; the style sheet gives each a colour, and a dash or a shape besides.
ROLES = (
    "train", "validation", "positive", "negative", "class0", "class1", "class2", "accent", "neutral", "right", "wrong",
    "a", "b", "c", "d",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Base: `title` stands above, `alt` says to a screen reader what there is to see.

    Example:
        >>> from vitral.views.widgets import Note
        >>> Note(text="Two moons", title="Data").payload()["title"]
        'Data'
    """

    kind: ClassVar[str] = ""
    title: str = ""
    alt: str = ""
    wide: bool = False  # takes the whole width instead of sharing a row
    frames: int = 0  # F, where the drawing changes over time

    def payload(self) -> dict[str, Any]:
        """The drawing as JSON: NaN and infinity become null, arrays lists of numbers of six digits."""
        return {"kind": self.kind, **{f.name: plain(getattr(self, f.name)) for f in fields(self)}}


@dataclass(frozen=True, kw_only=True)
class Line:
    """The straight line w·x + b = 0 in a plane; F of each for a line that moves.

    Example:
        >>> Line(w=[1.0, 1.0], b=-1.5, name="AND").role
        'accent'
    """

    w: Any  # (2,) or (F, 2)
    b: Any  # () or (F,)
    role: str = "accent"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Boundary(Drawing):
    """Data points in a plane, over what a model says of every place in it.

    With `edits`, a click adds a point of the class chosen below the drawing and a click on a point removes it: the
    value of that name is a list of [x, y, class].

    Example:
        >>> and_line = Line(w=[1.0, 1.0], b=-1.5)
        >>> drawn = Boundary(points=[[0, 0], [1, 1]], labels=[0, 1], limits=(-1, 2, -1, 2), lines=[and_line])
        >>> drawn.payload()["lines"][0]["b"]
        -1.5
    """

    kind: ClassVar[str] = "boundary"
    points: Any = ()  # (N, 2)
    labels: Any = ()  # (N,) class numbers from 0
    limits: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0)  # x from, x to, y from, y to
    grid: Any = None  # (G, G) or (F, G, G): share of class 1 from 0 to 1; row 0 is the lowest y
    regions: Any = None  # (G, G) or (F, G, G) class numbers, for K > 2; row 0 is the lowest y
    lines: Sequence[Line] = ()
    highlight: Any = None  # index of a point, or (F,) of them, -1 for none
    wrong: Any = None  # (N,) booleans or (F, N): points on the wrong side
    x_label: str = "x₁"
    y_label: str = "x₂"
    classes: Sequence[str] = ("0", "1")
    edits: str = ""


@dataclass(frozen=True, kw_only=True)
class Path:
    """A trajectory over a surface: S places, one after another.

    Example:
        >>> Path(points=[[0.0, 0.0], [0.5, 0.1]], name="SGD").role
        'a'
    """

    points: Any  # (S, 2)
    name: str = ""
    role: str = "a"


@dataclass(frozen=True, kw_only=True)
class Surface(Drawing):
    """A loss over two parameters, as level lines and shade, with trajectories. Frame f shows steps 0 to f.

    Example:
        >>> way = Path(points=[[1.0, 1.0], [0.5, 0.2]], name="SGD")
        >>> Surface(grid=np.eye(3), paths=[way], frames=2).payload()["paths"][0]["name"]
        'SGD'
    """

    kind: ClassVar[str] = "surface"
    grid: Any = ()  # (G, G); row 0 is the lowest y
    limits: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0)
    paths: Sequence[Path] = ()
    log: bool = False  # shade and levels by the logarithm
    x_label: str = "w₁"
    y_label: str = "w₂"
    edits: str = ""  # a click gives [x, y]: a place to start from


@dataclass(frozen=True, kw_only=True)
class Network(Drawing):
    """Units and connections: width and colour of a line are size and sign of its weight.

    `layers` has L + 1 lists of units, inputs first. A weight or an input is edited by touching it: the values named
    by `edits_weights` (list of matrices), `edits_biases` (list of vectors) and `edits_inputs` (vector) change.

    Example:
        >>> Network(weights=[np.ones((2, 3)), np.ones((3, 1))], names=["in", "hidden", "out"]).payload()["sizes"]
        [2, 3, 1]
    """

    kind: ClassVar[str] = "network"
    weights: Sequence[Any] = ()  # L arrays (D_in, D_out), or (F, D_in, D_out)
    biases: Sequence[Any] = ()  # L arrays (D_out,), or (F, D_out)
    activations: Sequence[Any] = ()  # L + 1 arrays of units, or (F, units): shown inside the units
    names: Sequence[str] = ()  # of the L + 1 layers
    units: Sequence[Sequence[str]] = ()  # a short name for each unit of each layer
    lit: Any = None  # F lists of what to light up: ["unit", layer, i] or ["weight", layer, i, j]
    gradients: bool = False  # whether the numbers are derivatives: ∂L/∂w on the lines, δ in the units
    edits_weights: str = ""
    edits_biases: str = ""
    edits_inputs: str = ""

    def payload(self) -> dict[str, Any]:
        """The drawing as JSON: of a wide layer the first units, and in `sizes` how many there are of each."""
        sizes = _layer_sizes(self.weights) or [len(names) for names in self.units]
        shown = [n if n <= MOST_UNITS else FIRST_UNITS for n in sizes]
        weights = [
            np.asarray(w)[..., :n_in, :n_out] for w, n_in, n_out in zip(self.weights, shown, shown[1:], strict=False)
        ]
        biases = [None if b is None else np.asarray(b)[..., :n] for b, n in zip(self.biases, shown[1:], strict=False)]
        activations = [np.asarray(a)[..., :n] for a, n in zip(self.activations, shown, strict=False)]
        cut = {"weights": weights, "biases": biases, "activations": activations, "sizes": sizes}
        return {**super().payload(), **{name: plain(value) for name, value in cut.items()}}


@dataclass(frozen=True, kw_only=True)
class Series:
    """One curve or cloud: S points.

    Example:
        >>> Series(x=[1, 2, 3], y=[0.9, 0.5, 0.3], name="loss", role="train").name
        'loss'
    """

    x: Any  # (S,)
    y: Any  # (S,)
    name: str = ""
    role: str = "a"
    dots: bool = False  # points instead of a line
    low: Any = None  # (S,): with high, a band around the line
    high: Any = None


@dataclass(frozen=True, kw_only=True)
class Curves(Drawing):
    """Lines over one x axis. `marker` is an x that stands out, (F,) of them with a player.

    Example:
        >>> loss = Series(x=[1, 2], y=[0.9, float("nan")], name="loss")
        >>> Curves(series=[loss], x_label="epoch").payload()["series"][0]["y"]  # NaN is no JSON
        [0.9, None]
    """

    kind: ClassVar[str] = "curves"
    series: Sequence[Series] = ()
    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    marker: Any = None
    limits: tuple[float, float, float, float] | None = None
    level: float | None = None  # a horizontal line, as a bound
    level_name: str = ""
    edits: str = ""  # a click or drag gives an x


@dataclass(frozen=True, kw_only=True)
class Bars(Drawing):
    """A bar for each name, (K,) or (F, K) values, from 0.

    Example:
        >>> Bars(names=["cat", "dog"], values=[0.2, 0.8]).payload()["values"]
        [0.2, 0.8]
    """

    kind: ClassVar[str] = "bars"
    names: Sequence[str] = ()
    values: Any = ()
    roles: Sequence[str] = ()  # one for each bar, or none
    limits: tuple[float, float] | None = None
    digits: int = 3


@dataclass(frozen=True, kw_only=True)
class Heat(Drawing):
    """A matrix as coloured cells with their numbers: blue above 0, orange below. (R, C) or (F, R, C).

    Example:
        >>> Heat(values=[[1.0, -2.0]], columns=["w₁", "w₂"]).payload()["values"]
        [[1.0, -2.0]]
    """

    kind: ClassVar[str] = "heat"
    values: Any = ()
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    digits: int = 2


@dataclass(frozen=True, kw_only=True)
class Table(Drawing):
    """Rows of words and numbers. With a player, row `lit[f]` stands out, and rows after it are hidden if `grows`.

    Example:
        >>> Table(columns=["x", "right"], rows=[[1.0, True]]).payload()["rows"]
        [[1.0, True]]
    """

    kind: ClassVar[str] = "table"
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()  # text, numbers, booleans (drawn as ✓ and ✗); a cell may be (F,) of them
    roles: Sequence[str] = ()  # one for each row, or none
    lit: Any = None  # (F,) row numbers
    grows: bool = False
    digits: int = 4


@dataclass(frozen=True, kw_only=True)
class Readout(Drawing):
    """A few numbers to read at a glance: (name, value) or (name, value, role); a value may be (F,).

    Example:
        >>> Readout(items=[("loss", 0.123456789)]).payload()["items"]
        [['loss', 0.123457]]
    """

    kind: ClassVar[str] = "readout"
    items: Sequence[tuple[Any, ...]] = ()
    digits: int = 4


@dataclass(frozen=True, kw_only=True)
class Steps(Drawing):
    """Lines of a calculation, one to a frame: each line is a list of (text, role or ""), worked with its numbers.

    Example:
        >>> Steps(lines=[[("z = 2 · 3 + 1 = ", ""), ("7", "accent")]]).payload()["grows"]
        True
    """

    kind: ClassVar[str] = "steps"
    lines: Sequence[Sequence[tuple[str, str]]] = ()
    grows: bool = True  # lines so far; otherwise the frame's line alone


@dataclass(frozen=True, kw_only=True)
class Note(Drawing):
    """A sentence about what has just happened: tone is info, good, or warning (NaN, nothing to separate, …).

    Example:
        >>> Note(text="The loss is no longer a number.", tone="warning").payload()["tone"]
        'warning'
    """

    kind: ClassVar[str] = "note"
    text: str = ""
    tone: str = "info"


def _layer_sizes(weights: Sequence[Any]) -> list[int]:
    """Units of each layer, inputs first: from L arrays (D_in, D_out) or (F, D_in, D_out)."""
    shapes = [np.shape(w)[-2:] for w in weights]
    return [shapes[0][0], *(n_out for _, n_out in shapes)] if shapes else []


def plain(value: Any) -> Any:
    """`value` as JSON can say it; floats keep six significant digits."""
    if isinstance(value, Drawing):
        return value.payload()
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, np.ndarray | np.generic) or type(value).__module__.startswith("jax"):
        value = np.asarray(value).tolist()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | range):
        return [plain(v) for v in value]
    return value
