"""Lesson 1.6: training schemes."""
