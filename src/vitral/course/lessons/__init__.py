"""The lessons, a folder each: `experiment.py`, `lesson.py`, `es.md`, `en.md`."""
