"""Runs: what a training leaves behind, saved and opened again."""

from vitral._digest import digest
from vitral.runs.environment import versions
from vitral.runs.evaluation import Evaluation, EvaluationSource
from vitral.runs.listing import RunSummary, list_runs
from vitral.runs.opening import open_run
from vitral.runs.run import Run, is_higher_better

__all__ = [
    "Evaluation",
    "EvaluationSource",
    "Run",
    "RunSummary",
    "digest",
    "is_higher_better",
    "list_runs",
    "open_run",
    "versions",
]
