"""Lesson 1.2: training the perceptron."""
