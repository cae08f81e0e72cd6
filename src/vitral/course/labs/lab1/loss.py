"""Task 4: the class-weighted cross-entropy, judged by recomputing it, and each usual mistake, in NumPy.

    L = −1/N Σ_n Σ_k  w_k y_nk log p_nk        p clipped to [ε, 1 − ε], ε = 1e-7 as in Keras

A wrong answer is compared with what each mistake would have given on the same numbers: a hint is given only where one
of them explains all that came. Letters: N rows, K classes.
"""

from collections.abc import Callable

import numpy as np

from vitral.course.labs.lab import Answer, Call, Verdict
from vitral.course.labs.troubles import trouble_verdict

EPSILON = 1e-7
FUNCTION = "weighted_categorical_crossentropy"
_TOLERANCE = 1e-3  # three decimals
# Classes of ready-made losses, Keras's and Vitral's: where a function is asked for, not even the right value counts.
_READY_MADE = (
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "FocalCategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "WeightedCategoricalCrossentropy",
)

Loss = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def draw(rng: np.random.Generator) -> list[Call]:
    """Four calls, the smallest first, to be read in a hint; zeros in the third, shares for classes in the last."""
    calls = []
    for n, k in ((2, 3), (int(rng.integers(20, 40)), int(rng.integers(5, 9)))):
        calls.append(_call(_weights(rng, k), _one_hot(rng, n, k), _softmax(rng, n, k)))
    n, k = 5, 4
    y, p = _one_hot(rng, n, k), _softmax(rng, n, k)
    true = y[0].argmax(), y[1].argmax()
    p[0, true[0]] = 0  # sure of another class
    p[0] /= p[0].sum()
    p[1] = y[1]  # sure, and right
    p[2, (y[2].argmax() + 1) % k] = 0
    p[2] /= p[2].sum()
    calls.append(_call(_weights(rng, k), y, p))
    n, k = int(rng.integers(6, 12)), 4
    calls.append(_call(_weights(rng, k), _softmax(rng, n, k), _softmax(rng, n, k)))
    return calls


def judge(calls: list[Call], answers: list[Answer]) -> Verdict:
    """The verdict on what came of the calls of `draw`."""
    for call, answer in zip(calls, answers, strict=True):
        verdict = trouble_verdict(call, answer, _text(_expected(call)))
        if verdict is not None:
            return verdict
    arrays = [_as_array(answer) for answer in answers]
    wrong = [
        number
        for number, (call, got) in enumerate(zip(calls, arrays, strict=True))
        if got is None or got.size != 1 or not abs(float(got.reshape(())) - _expected(call)) < _TOLERANCE
    ]
    if not wrong and answers[0].kind not in _READY_MADE:
        return Verdict(is_right=True)
    at = wrong[0] if wrong else 0
    hint, values = _hint(answers[0].kind, calls, arrays, wrong)
    got = arrays[at]
    shown = answers[at].kind if got is None else _text(got)
    return Verdict(
        is_right=False, hint=hint, values=values, call=calls[at], expected=_text(_expected(calls[at])), got=shown
    )


# ---------------------------------------------------------------- the loss, and what mistakes make of it


def _clip(p: np.ndarray, epsilon: float = EPSILON) -> np.ndarray:
    return np.clip(p, epsilon, 1 - epsilon)


def _entries(w: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """(N, K) the terms of the sum, with their sign."""
    return -w * y * np.log(_clip(p))


def _right(w: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return _entries(w, y, p).sum(axis=1).mean()


def _with_binary_part(w: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return (-w * (y * np.log(_clip(p)) + (1 - y) * np.log(_clip(1 - p)))).sum(axis=1).mean()


def _log_softmax(p: np.ndarray) -> np.ndarray:
    return p - np.log(np.exp(p).sum(axis=1, keepdims=True))


def _weights_of(classes: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda w: w[classes.argmax(axis=1)]


def _unweighted(_w: np.ndarray, y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return _cross_entropy(y, p).mean()


def _without_truth(w: np.ndarray, _y: np.ndarray, p: np.ndarray) -> np.ndarray:
    return -(w * np.log(_clip(p))).sum(axis=1).mean()


def _cross_entropy(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """(N,) without weights."""
    return -(y * np.log(_clip(p))).sum(axis=1)


MISTAKES: tuple[tuple[str, Loss], ...] = (
    ("minus", lambda w, y, p: -_right(w, y, p)),
    ("sum_for_mean", lambda w, y, p: _entries(w, y, p).sum()),
    ("mean_over_classes", lambda w, y, p: _entries(w, y, p).mean()),
    ("mean_over_classes", lambda w, y, p: _entries(w, y, p).mean(axis=1).sum()),
    ("unweighted", _unweighted),
    ("log_base", lambda w, y, p: _right(w, y, p) / np.log(10)),
    ("log_base", lambda w, y, p: _right(w, y, p) / np.log(2)),
    ("weights_in_log", lambda w, y, p: -(y * np.log(_clip(w * p))).sum(axis=1).mean()),
    ("weights_in_log", lambda w, y, p: -(y * np.log(w * _clip(p))).sum(axis=1).mean()),
    ("weights_in_log", lambda w, y, p: _cross_entropy(y, w * p / (w * p).sum(axis=1, keepdims=True)).mean()),
    ("weights_twice", lambda w, y, p: _right(w**2, y, p)),
    ("weights_twice", lambda w, y, p: -(w * y * np.log(_clip(w * p))).sum(axis=1).mean()),
    ("weights_inverted", lambda w, y, p: _right(1 / w, y, p)),
    ("weights_summed", lambda w, y, p: w.sum() * _cross_entropy(y, p).mean()),
    ("weights_summed", lambda w, y, p: w.mean() * _cross_entropy(y, p).mean()),
    ("weights_scaled", lambda w, y, p: _right(w / w.sum(), y, p)),
    ("weights_scaled", lambda w, y, p: _right(w / w.mean(), y, p)),
    ("weights_scaled", lambda w, y, p: _right(w / w.max(), y, p)),
    ("weights_scaled", lambda w, y, p: _entries(w, y, p).sum() / (w * y).sum()),
    ("weights_of_predicted", lambda w, y, p: (_weights_of(p)(w) * _cross_entropy(y, p)).mean()),
    ("weights_of_largest", lambda w, y, p: (_weights_of(y)(w) * _cross_entropy(y, p)).mean()),
    ("largest_only", lambda w, y, p: _right(w, np.eye(y.shape[1])[y.argmax(axis=1)], p)),
    ("swapped", lambda w, y, p: _right(w, p, y)),
    ("without_truth", _without_truth),
    ("without_log", lambda w, y, p: -(w * y * _clip(p)).sum(axis=1).mean()),
    ("without_log", lambda w, y, p: (w * y * _clip(p)).sum(axis=1).mean()),
    ("binary", _with_binary_part),
    ("binary", lambda w, y, p: _with_binary_part(w, y, p) / y.shape[1]),
    ("from_logits", lambda w, y, p: -(w * y * _log_softmax(p)).sum(axis=1).mean()),
    ("squares", lambda w, y, p: (w * (y - p) ** 2).sum(axis=1).mean()),
    ("squares", lambda w, y, p: (w * (y - p) ** 2).mean()),
    *(
        ("epsilon", lambda w, y, p, e=e: -(w * y * np.log(_clip(p, e))).sum(axis=1).mean())
        for e in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, float(np.finfo(np.float32).eps), 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16)
    ),
    # What Keras would have averaged by itself, where the statement asks for one number.
    ("per_row", lambda w, y, p: _entries(w, y, p).sum(axis=1)),
    ("per_class", lambda w, y, p: _entries(w, y, p).mean(axis=0)),
    ("per_class", lambda w, y, p: _entries(w, y, p).sum(axis=0)),
    ("per_entry", _entries),
)
"""(hint, what the mistake gives): in this order, the first that explains every finite answer is named."""


def _hint(kind: str, calls: list[Call], got: list[np.ndarray | None], wrong: list[int]) -> tuple[str, dict[str, str]]:
    if kind in _READY_MADE:
        return "loss_object", {"kind": kind}
    if any(array is None for array in got):
        return "not_a_number", {}
    arrays = [array for array in got if array is not None]
    is_finite = [bool(np.isfinite(array).all()) for array in arrays]
    if not any(is_finite):
        return "never_finite", {}
    if not all(is_finite) and all(not is_finite[number] for number in wrong):
        return "clip", {}
    checked = [(_parts(call), array) for call, array, is_good in zip(calls, arrays, is_finite, strict=True) if is_good]
    for hint, mistake in MISTAKES:
        if all(_same(mistake(*parts), array) for parts, array in checked):
            return hint, {}
    for _, mistake in MISTAKES:  # and the sign, which is told first
        if all(_same(-mistake(*parts), array) for parts, array in checked):
            return "minus", {}
    first = arrays[wrong[0]]
    return ("shape", {"shape": str(first.shape)}) if first.size != 1 else ("unknown_value", {})


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    one = np.asarray(one)
    if one.shape != other.shape and not one.size == other.size == 1:
        return False
    return bool(np.allclose(one.reshape(other.shape), other, rtol=1e-3, atol=5e-4))


# ---------------------------------------------------------------- numbers


def _parts(call: Call) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (K,), classes (N, K), probabilities (N, K) of a call, in double precision."""
    assert call.then is not None
    w, y, p = (np.asarray(array, np.float64) for array in (call.arguments[0], *call.then))
    return w, y, p


def _expected(call: Call) -> float:
    return float(_right(*_parts(call)))


def _as_array(answer: Answer) -> np.ndarray | None:
    """The answer as an array of numbers; None where it is something else."""
    if isinstance(answer.value, bool | str) or not isinstance(answer.value, int | float | list | np.ndarray):
        return None
    try:
        array = np.asarray(answer.value)
        return array.astype(np.float64) if array.dtype.kind in "iuf" and array.size else None
    except (ValueError, TypeError):
        return None


def _text(value: float | np.ndarray) -> str:
    value = np.asarray(value)
    if value.size == 1:
        return f"{float(value.reshape(())):.4f}"
    return f"{value.shape}: {np.array2string(value.ravel()[:6], precision=4, separator=', ')}"


def _weights(rng: np.random.Generator, k: int) -> np.ndarray:
    """(K,) none of them 1, no two alike: each class is told from the others."""
    return (rng.permutation(np.linspace(0.3, 2.7, k)) + rng.uniform(0.02, 0.15, k)).astype(np.float32)


def _one_hot(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """(N, K) of as many classes as there can be."""
    return np.eye(k, dtype=np.float32)[rng.permutation(np.arange(n) % k)]


def _softmax(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    e = np.exp(rng.normal(0, 1.2, (n, k)))
    return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)


def _call(w: np.ndarray, y: np.ndarray, p: np.ndarray) -> Call:
    return Call(function=FUNCTION, arguments=(w,), then=(y, p))
