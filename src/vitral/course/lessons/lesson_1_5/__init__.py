"""Lesson 1.5: activation functions."""
