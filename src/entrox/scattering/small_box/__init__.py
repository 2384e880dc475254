"""Fits of a small box, a cell of a crystal, to its pair distribution. Lengths in angstrom, angles in degrees."""
