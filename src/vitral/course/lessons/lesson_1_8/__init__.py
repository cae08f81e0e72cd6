"""Lesson 1.8: introduction to Keras."""
