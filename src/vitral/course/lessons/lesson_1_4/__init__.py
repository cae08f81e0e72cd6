"""Lesson 1.4: backpropagation."""
