"""Directions of vectors: local phases with their chance levels, probabilities, stereograms."""
