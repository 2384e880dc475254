"""Displacements of columns with their errors, and what follows from them."""
