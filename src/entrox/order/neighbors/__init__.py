"""Neighbors of points by compiled cell lists, in any cell."""
