"""Lesson 1.3: the multilayer perceptron."""
