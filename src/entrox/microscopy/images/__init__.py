"""Micrographs: reading and writing them, and filters."""
