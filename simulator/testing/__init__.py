"""Theorems in anybody's test suite: a pytest plugin."""
