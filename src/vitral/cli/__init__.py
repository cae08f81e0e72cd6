"""The command `vitral`: train on data by name or path, list runs, write a run's report.

This room reads what was typed, calls the library and prints; everything heavy is imported inside the commands, so
that help and lists are there at once.
"""

from vitral.cli.app import main

__all__ = ["main"]
