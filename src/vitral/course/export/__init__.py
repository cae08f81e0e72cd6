"""A lesson to take along: one HTML file that needs no network and no Python, or a notebook for Jupyter and Colab."""

from vitral.course.export.html import build_page
from vitral.course.export.ipynb import build_notebook

__all__ = ["build_notebook", "build_page"]
