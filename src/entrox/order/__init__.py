"""What atoms do locally: how mixed, how ordered, from an atom probe, a simulation box or a crystal.

Units: lengths in nm for local entropy and short-range order (as in atom-probe work); entropies in R per mole of
counted atoms, which is k_B per atom.
"""

from entrox.order.point_set import PointSet

__all__ = ["PointSet"]
