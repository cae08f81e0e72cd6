"""What is known of a metric by its name: which direction is better, and which metric to judge by."""

from collections.abc import Iterable

_HIGHER = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "dice", "sensitivity", "specificity")
_USUAL = ("val_accuracy", "val_mae", "val_loss", "accuracy", "mae", "loss")


def is_higher_better(metric: str) -> bool:
    """Whether a larger value of a metric of this name is the better one.

    Example:
        >>> is_higher_better("val_accuracy"), is_higher_better("val_loss")
        (True, False)
    """
    return any(word in metric.lower() for word in _HIGHER)


def main_metric(names: Iterable[str]) -> str | None:
    """The metric to judge a training by: on unseen rows if there were any, and without penalties on weights.

    Example:
        >>> main_metric(["loss", "val_loss", "accuracy", "val_accuracy"])
        'val_accuracy'
    """
    known = list(names)
    return next((name for name in (*_USUAL, *known) if name in known), None)
