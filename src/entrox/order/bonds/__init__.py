"""Splitting of the bonds of a cage, by element and by environment. Lengths in angstrom."""
