"""The report of a run: one HTML file that needs nothing else, on any screen and on paper."""

from vitral.report.page import write_report

__all__ = ["write_report"]
