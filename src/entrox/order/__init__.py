"""What atoms do locally: how mixed, how ordered, from an atom probe, a simulation box or a crystal.

Units: lengths in nm for local entropy and short-range order (as in atom-probe work); entropies in R per mole of
counted atoms, which is k_B per atom.
"""

from entrox.order.block_frequency import BlockFrequency, block_frequency
from entrox.order.detection import smear_points, thin_points
from entrox.order.local_entropy import (
    BlockEntropy,
    EntropyScan,
    MaximalEntropyUnit,
    NeighborhoodEntropy,
    Sublattice,
    SublatticeEntropy,
    block_entropy,
    bulk_entropy,
    detectable_effect,
    entropy_estimate,
    entropy_in_unit,
    expected_entropy,
    limited_area_entropy,
    maximal_entropy_unit,
    neighborhood_entropy,
    null_entropy,
    sublattice_entropy,
)
from entrox.order.neighbor_distances import NeighborDistances, neighbor_distances
from entrox.order.point_set import PointSet
from entrox.order.short_range_order import PairOrder, pair_order

__all__ = [
    "BlockEntropy",
    "BlockFrequency",
    "EntropyScan",
    "MaximalEntropyUnit",
    "NeighborDistances",
    "NeighborhoodEntropy",
    "PairOrder",
    "PointSet",
    "Sublattice",
    "SublatticeEntropy",
    "block_entropy",
    "block_frequency",
    "bulk_entropy",
    "detectable_effect",
    "entropy_estimate",
    "entropy_in_unit",
    "expected_entropy",
    "limited_area_entropy",
    "maximal_entropy_unit",
    "neighbor_distances",
    "neighborhood_entropy",
    "null_entropy",
    "pair_order",
    "smear_points",
    "sublattice_entropy",
    "thin_points",
]
