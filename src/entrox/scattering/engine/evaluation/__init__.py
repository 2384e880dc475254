"""Evaluation of moves."""
