"""Runs: what a training leaves behind, saved and opened again."""

from vitral._digest import digest
from vitral.runs.environment import versions
from vitral.runs.evaluation import Evaluation, EvaluationSource
from vitral.runs.listing import RunSummary, list_runs
from vitral.runs.metrics import is_higher_better, main_metric
from vitral.runs.opening import open_one, open_run
from vitral.runs.recording import Recording
from vitral.runs.run import Run
from vitral.runs.sweep import Ranked, Sweep
from vitral.runs.variants import Group, Number, VariantFiles, VariantResult, plain_fields

__all__ = [
    "Evaluation",
    "EvaluationSource",
    "Group",
    "Number",
    "Ranked",
    "Recording",
    "Run",
    "RunSummary",
    "Sweep",
    "VariantFiles",
    "VariantResult",
    "digest",
    "is_higher_better",
    "list_runs",
    "main_metric",
    "open_one",
    "open_run",
    "plain_fields",
    "versions",
]
