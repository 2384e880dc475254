"""Strain of the surroundings of each atom between two frames, its noise, and what homogeneous strain alone gives.

Units: angstrom, degrees; strains and gradients are pure numbers.
"""

from entrox.order.strain.affine import AffinePart, affine_part
from entrox.order.strain.atomic_strain import AtomicStrain, atomic_strain
from entrox.order.strain.noise_floor import NoiseFloor, noise_of_frames, strain_noise
from entrox.order.strain.paired_frames import PairedFrames, paired_frames
from entrox.order.strain.strain_measures import StrainMeasures, strain_measures

__all__ = [
    "AffinePart",
    "AtomicStrain",
    "NoiseFloor",
    "PairedFrames",
    "StrainMeasures",
    "affine_part",
    "atomic_strain",
    "noise_of_frames",
    "paired_frames",
    "strain_measures",
    "strain_noise",
]
