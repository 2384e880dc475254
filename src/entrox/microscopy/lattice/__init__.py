"""Columns of an image, their lattice, and which of them is which."""
