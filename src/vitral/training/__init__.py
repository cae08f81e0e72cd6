"""The training room: Keras's training, compiled into programs that run whole epochs, and the worker for live pages."""

from vitral.training.fit import fit
from vitral.training.live import fit_live, watch
from vitral.training.resume import resume, resume_known
from vitral.training.sweep import sweep
from vitral.training.worker import CancelledError, Channel, Task, keras_turn, others_may_work

__all__ = [
    "CancelledError",
    "Channel",
    "Task",
    "fit",
    "fit_live",
    "keras_turn",
    "others_may_work",
    "resume",
    "resume_known",
    "sweep",
    "watch",
]
