"""Measured functions: files, forms, conversions, limits, lengths and weights of a sample."""
