"""Data sets that come with scikit-learn: its bunch of arrays as a `Content`."""

from typing import Any

from vitral.data.entry import Content


def bundled(bunch: Any) -> Content:
    """What one of `sklearn.datasets.load_…` returned; where it names classes, they are the labels'."""
    names = bunch.get("target_names")
    return Content(
        x=bunch.data,
        y=bunch.target,
        classes=None if names is None else tuple(str(name) for name in names),
        feature_names=tuple(str(name) for name in bunch.feature_names),
    )
