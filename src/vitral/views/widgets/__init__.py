"""Live widgets, the same in Jupyter, Colab and marimo.

`Panel` is a live experiment: controls, drawings, and a function between them that runs in the background. What it draws
are the values in `drawings`. `DecisionBoundary` and `LossSurface` are panels ready made.
"""

from vitral.views.widgets.base import Widget
from vitral.views.widgets.checks import Limits, places_of
from vitral.views.widgets.controls import Button, Control, Hidden, Menu, Slider, Switch
from vitral.views.widgets.decision import DecisionBoundary
from vitral.views.widgets.drawings import (
    Bars,
    Boundary,
    Curves,
    Drawing,
    Heat,
    Line,
    Network,
    Note,
    Path,
    Readout,
    Series,
    Steps,
    Surface,
    Table,
)
from vitral.views.widgets.monitor import TrainingMonitor
from vitral.views.widgets.networks import NetworkView
from vitral.views.widgets.panel import Panel, explained
from vitral.views.widgets.questions import Exercise, Prediction
from vitral.views.widgets.surfaces import LossSurface

__all__ = [
    "Bars",
    "Boundary",
    "Button",
    "Control",
    "Curves",
    "DecisionBoundary",
    "Drawing",
    "Exercise",
    "Heat",
    "Hidden",
    "Limits",
    "Line",
    "LossSurface",
    "Menu",
    "Network",
    "NetworkView",
    "Note",
    "Panel",
    "Path",
    "Prediction",
    "Readout",
    "Series",
    "Slider",
    "Steps",
    "Surface",
    "Switch",
    "Table",
    "TrainingMonitor",
    "Widget",
    "explained",
    "places_of",
]
