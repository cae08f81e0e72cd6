"""Grading a class: the students' code computes in a sandbox, and is judged where it never runs."""
