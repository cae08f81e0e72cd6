"""Numbers about results, in plain NumPy: what was got right, what was confused, how far off, and where."""

from vitral.measures.classes import accuracy, confusion_matrix, most_wrong, precision_recall
from vitral.measures.residuals import ResidualStatistics, largest_residuals, residual_statistics

__all__ = [
    "ResidualStatistics",
    "accuracy",
    "confusion_matrix",
    "largest_residuals",
    "most_wrong",
    "precision_recall",
    "residual_statistics",
]
