"""Lesson 1.1: from the neuron to the threshold unit, and what one unit can and cannot decide."""
