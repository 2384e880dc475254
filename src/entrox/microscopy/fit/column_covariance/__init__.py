"""Covariance of columns that share a background and overlap."""
