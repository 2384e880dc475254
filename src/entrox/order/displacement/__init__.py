"""Displacements of cations from their cages, frame by frame, and projected along a zone axis. Lengths in angstrom."""
