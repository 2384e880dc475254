"""Atom-probe tomography: ion clouds, ranges, spectra and the local mixing entropy.

Units: lengths nm, mass-to-charge ratios Da, entropies in R per mole of counted atoms, always >= 0.
"""

from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_table import MassRange, RangeTable

__all__ = ["Ions", "MassRange", "RangeTable"]
