"""Lesson 1.7: overfitting, and four ways to prevent it."""
