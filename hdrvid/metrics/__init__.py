"""Scores: pure functions of arrays."""
