"""Lab 1, the customized loss function: a classifier, the same with penalties, a class-weighted cross-entropy."""

from pathlib import Path

from vitral.course.labs.lab import Lab, Task
from vitral.course.labs.lab1 import loss, models

LAB = Lab(
    number="1",
    title={"es": "Función de pérdida a medida", "en": "Customized loss function"},
    tasks=(
        Task(
            name="T1",
            function="get_basic_model",
            title={"es": "Un clasificador con cuatro capas ocultas", "en": "A classifier with four hidden layers"},
            draw=models.drawing("get_basic_model"),
            judge=models.judging(l1=0.0, l2=0.0),
        ),
        Task(
            name="T2",
            function="get_L2_model",
            title={"es": "El mismo, con penalización L2", "en": "The same, with an L2 penalty"},
            draw=models.drawing("get_L2_model"),
            judge=models.judging(l1=0.0, l2=0.001),
        ),
        Task(
            name="T3",
            function="get_L1L2_model",
            title={"es": "El mismo, con penalizaciones L1 y L2", "en": "The same, with L1 and L2 penalties"},
            draw=models.drawing("get_L1L2_model"),
            judge=models.judging(l1=0.001, l2=0.001),
        ),
        Task(
            name="T4",
            function="weighted_categorical_crossentropy",
            title={"es": "La entropía cruzada ponderada por clases", "en": "The class-weighted cross-entropy"},
            draw=loss.draw,
            judge=loss.judge,
        ),
    ),
    folder=Path(__file__).parent,
)
