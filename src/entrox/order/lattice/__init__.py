"""Which atom sits on which site of a perovskite, and which sites are neighbors. Lengths in angstrom."""

from entrox.order.lattice.fit import fit_lattice, refit_lattice
from entrox.order.lattice.lattice_map import LatticeMap

__all__ = ["LatticeMap", "fit_lattice", "refit_lattice"]
