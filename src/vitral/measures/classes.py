"""How well classes were told apart.

Everything a confusion matrix C knows, C[i, j] = number of samples of class i taken for class j:

    accuracy = trace(C) / sum(C)     precision[k] = C[k, k] / sum(C[:, k])     recall[k] = C[k, k] / sum(C[k, :])

Letters: N samples, K classes.
"""

from typing import Any

import numpy as np

from vitral._checks import check_choice, check_int
from vitral._errors import DataError, ShapeError

NORMALIZATIONS = ("rows", "columns", "all")


def confusion_matrix(target: Any, prediction: Any, n_classes: int | None = None) -> np.ndarray:
    """Count how often each class was taken for each.

    Args:
        target: (N,) true class numbers, from 0.
        prediction: (N,) predicted class numbers, or (N, K) probabilities, of which the largest counts.
        n_classes: K; None takes the number of columns, else the largest class number seen plus one.

    Returns:
        (K, K) int64: a row for each true class, a column for each predicted one.

    Example:
        >>> from vitral.measures import confusion_matrix
        >>> confusion_matrix([0, 0, 1], [0, 1, 1])
        array([[1, 1],
               [0, 1]])
    """
    target = _class_numbers("target", target)
    prediction = np.asarray(prediction)
    if n_classes is None:
        seen = max(
            target.max(initial=-1),
            -1 if prediction.ndim == 2 else _class_numbers("prediction", prediction).max(initial=-1),
        )
        n_classes = max(prediction.shape[1], int(seen) + 1) if prediction.ndim == 2 else int(seen) + 1
    n_classes = check_int("n_classes", n_classes, minimum=0)
    prediction = _class_numbers("prediction", _predicted(prediction))
    _check_same_rows(target, prediction)
    for name, labels in (("target", target), ("prediction", prediction)):
        if labels.size and labels.max() >= n_classes:
            raise DataError(f"{name} must be class numbers below n_classes={n_classes}: got {labels.max()}.")
    pairs = np.bincount(target * n_classes + prediction, minlength=n_classes * n_classes)
    return pairs.reshape(n_classes, n_classes)


def accuracy(target: Any, prediction: Any) -> float:
    """Share of samples whose class was found; NaN when there are none. Arguments as in `confusion_matrix`.

    Example:
        >>> from vitral.measures import accuracy
        >>> accuracy([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
        1.0
    """
    target = _class_numbers("target", target)
    prediction = _class_numbers("prediction", _predicted(np.asarray(prediction)))
    _check_same_rows(target, prediction)
    return float(np.mean(target == prediction)) if target.size else float("nan")


def precision_recall(matrix: Any) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall of each class, from a confusion matrix.

    Args:
        matrix: (K, K), a row for each true class.

    Returns:
        Two float64 (K,). NaN where a class was never predicted (precision) or never occurred (recall):
        an unknown share is not a share of zero.

    Raises:
        ShapeError, DataError: no square matrix; no counts.

    Example:
        >>> from vitral.measures import precision_recall
        >>> precision_recall([[1, 1], [0, 2]])
        (array([1.        , 0.66666667]), array([0.5, 1. ]))
    """
    matrix = check_counts("matrix", matrix)
    right = np.diagonal(matrix)
    with np.errstate(invalid="ignore"):
        return right / matrix.sum(axis=0), right / matrix.sum(axis=1)


def normalize_confusion(matrix: Any, by: str = "rows") -> np.ndarray:
    """A confusion matrix as shares.

    Args:
        matrix: (K, K) counts, a row for each true class.
        by: "rows", of each true class (the diagonal is the recall); "columns", of each predicted one (the precision);
            "all", of all samples.

    Returns:
        float64 (K, K). NaN in rows or columns without a sample: an unknown share is not a share of zero.

    Raises:
        ShapeError, DataError, UnknownNameError: no square matrix; no counts; another `by`.

    Example:
        >>> from vitral.measures import normalize_confusion
        >>> normalize_confusion([[3, 1], [0, 4]]).tolist()
        [[0.75, 0.25], [0.0, 1.0]]
    """
    matrix = check_counts("matrix", matrix)
    axis = {"rows": 1, "columns": 0, "all": None}[check_choice("by", by, NORMALIZATIONS)]
    with np.errstate(invalid="ignore"):
        return matrix / matrix.sum(axis=axis, keepdims=True)


def confusion_difference(first: Any, second: Any, by: str = "rows") -> np.ndarray:
    """What a second model does otherwise than a first: its shares minus the first's.

    Args:
        first, second: (K, K) counts. They need not be of equally many samples.
        by: as in `normalize_confusion`.

    Returns:
        float64 (K, K): positive where the second puts more. On the diagonal that is better, elsewhere worse.

    Raises:
        ShapeError, DataError, UnknownNameError: matrices that are not square, or of different classes; no counts;
            another `by`.

    Example:
        >>> from vitral.measures import confusion_difference
        >>> confusion_difference([[2, 2], [0, 4]], [[3, 1], [1, 3]]).tolist()
        [[0.25, -0.25], [0.25, -0.25]]
    """
    first, second = check_counts("first", first), check_counts("second", second)
    if first.shape != second.shape:
        raise ShapeError(f"second must be of the classes of first, {len(first)}: got {len(second)}. Count both alike.")
    return normalize_confusion(second, by) - normalize_confusion(first, by)


def most_wrong(target: Any, probabilities: Any, limit: int = 24) -> np.ndarray:
    """The samples that were most confidently taken for another class.

    Args:
        target: (N,) true class numbers.
        probabilities: (N, K).
        limit: how many at most.

    Returns:
        (≤ limit,) int64 row numbers of wrong samples, the surest mistake first; equals keep their order.

    Example:
        >>> from vitral.measures import most_wrong
        >>> most_wrong([0, 0, 1], [[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
        array([2, 1])
    """
    target = _class_numbers("target", target)
    probabilities = np.asarray(probabilities)
    if probabilities.ndim != 2:
        raise ShapeError(f"probabilities must be of shape (N, K): got shape {probabilities.shape}.")
    _check_same_rows(target, probabilities)
    limit = check_int("limit", limit, minimum=0)
    if not target.size:
        return np.empty(0, np.int64)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != target)
    sureness = probabilities[wrong].max(axis=1)
    return wrong[np.argsort(-sureness, kind="stable")][:limit]


def check_counts(name: str, matrix: Any) -> np.ndarray:
    """A confusion matrix as float64 (K, K); it must be square, and hold finite numbers from 0."""
    try:
        matrix = np.asarray(matrix, dtype=np.float64)
    except (TypeError, ValueError) as error:
        shown = "rows of unequal length" if "inhomogeneous" in str(error) else error
        raise DataError(f"{name} must hold counts, (K, K): got {shown}. Make it with confusion_matrix.") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"{name} must be square, (K, K): got shape {matrix.shape}. Make it with confusion_matrix.")
    if not (np.isfinite(matrix) & (matrix >= 0)).all():
        wrong = matrix[~(np.isfinite(matrix) & (matrix >= 0))][0]
        raise DataError(f"{name} must hold counts, from 0: got {wrong:g}. Make it with confusion_matrix.")
    return matrix


def _predicted(prediction: np.ndarray) -> np.ndarray:
    if prediction.ndim == 2:
        return prediction.argmax(axis=1) if len(prediction) else np.empty(0, np.int64)
    return prediction


def _class_numbers(name: str, labels: Any) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ShapeError(f"{name} must be of shape (N,): got shape {labels.shape}.")
    if not labels.size:
        return np.empty(0, np.int64)
    if labels.dtype.kind not in "iub" or labels.min() < 0:
        shown = labels.min() if labels.dtype.kind in "iuf" else labels.dtype
        raise DataError(f"{name} must hold whole class numbers from 0: got {shown}.")
    return labels.astype(np.int64)


def _check_same_rows(target: np.ndarray, prediction: np.ndarray) -> None:
    if len(target) != len(prediction):
        raise ShapeError(
            f"prediction must have one row per row of target: target has {len(target)} rows, "
            f"prediction has {len(prediction)}."
        )
