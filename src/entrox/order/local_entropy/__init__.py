"""Mixing entropy at every length scale, told apart from counting noise.

Units: lengths nm, entropies in R per mole of counted points, always >= 0.
"""

from entrox.order.local_entropy.blocks import BlockEntropy, block_entropy
from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.local_entropy.entropy_units import entropy_in_unit
from entrox.order.local_entropy.estimators import bulk_entropy, entropy_estimate, expected_entropy
from entrox.order.local_entropy.maximal_unit import MaximalEntropyUnit, maximal_entropy_unit
from entrox.order.local_entropy.neighborhoods import NeighborhoodEntropy, neighborhood_entropy
from entrox.order.local_entropy.null import null_entropy
from entrox.order.local_entropy.power import detectable_effect
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.local_entropy.sublattices import Sublattice, SublatticeEntropy, sublattice_entropy

__all__ = [
    "BlockEntropy",
    "EntropyScan",
    "MaximalEntropyUnit",
    "NeighborhoodEntropy",
    "Sublattice",
    "SublatticeEntropy",
    "block_entropy",
    "bulk_entropy",
    "detectable_effect",
    "entropy_estimate",
    "entropy_in_unit",
    "expected_entropy",
    "limited_area_entropy",
    "maximal_entropy_unit",
    "neighborhood_entropy",
    "null_entropy",
    "sublattice_entropy",
]
