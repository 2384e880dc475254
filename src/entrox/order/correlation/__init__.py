"""Correlation of vectors in space and its length."""
