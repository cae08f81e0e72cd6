"""Numbers about results, in plain NumPy: what was got right, confused, how far off, where, and when to stop."""

from vitral.measures.classes import (
    accuracy,
    confusion_difference,
    confusion_matrix,
    most_wrong,
    normalize_confusion,
    precision_recall,
)
from vitral.measures.residuals import ResidualStatistics, largest_residuals, residual_statistics
from vitral.measures.stopping import (
    GeneralizationLoss,
    Patience,
    ProgressQuotient,
    StoppingPoint,
    SuccessiveIncreases,
    Trace,
    generalization_loss,
    stopping_points,
    trace_of,
    training_progress,
)

__all__ = [
    "GeneralizationLoss",
    "Patience",
    "ProgressQuotient",
    "ResidualStatistics",
    "StoppingPoint",
    "SuccessiveIncreases",
    "Trace",
    "accuracy",
    "confusion_difference",
    "confusion_matrix",
    "generalization_loss",
    "largest_residuals",
    "most_wrong",
    "normalize_confusion",
    "precision_recall",
    "residual_statistics",
    "stopping_points",
    "trace_of",
    "training_progress",
]
