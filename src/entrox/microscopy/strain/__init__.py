"""Local lattice, strain and axis ratio."""
