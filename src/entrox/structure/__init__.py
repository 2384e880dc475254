"""Crystals, the occupation of their sites, and the readers of structures and trajectories.

Structures are always ``ase.Atoms``; lengths in angstrom.
"""

from entrox.structure.arrangements import build_arrangements
from entrox.structure.aurivillius import build_bismuth_titanate
from entrox.structure.deepmd_npy import deepmd_systems, read_deepmd_npy
from entrox.structure.extended_xyz import read_extended_xyz
from entrox.structure.frames import FRAME_FORMS, frame_form, read_frames
from entrox.structure.glasses import build_amorphous_start
from entrox.structure.lammps_data import read_lammps_data
from entrox.structure.lammps_dump import read_lammps_dump
from entrox.structure.mosaic import build_mosaic
from entrox.structure.notices import StructureNotice
from entrox.structure.occupation import occupy_sites, site_counts, species_on_sites, unlike_fraction
from entrox.structure.perovskite import build_perovskite
from entrox.structure.rmc6f import read_rmc6f, write_rmc6f
from entrox.structure.site_shells import SiteShells, site_shells
from entrox.structure.sqs import QuasirandomSites, quasirandom_sites

__all__ = [
    "FRAME_FORMS",
    "QuasirandomSites",
    "SiteShells",
    "StructureNotice",
    "build_amorphous_start",
    "build_arrangements",
    "build_bismuth_titanate",
    "build_mosaic",
    "build_perovskite",
    "deepmd_systems",
    "frame_form",
    "occupy_sites",
    "quasirandom_sites",
    "read_deepmd_npy",
    "read_extended_xyz",
    "read_frames",
    "read_lammps_data",
    "read_lammps_dump",
    "read_rmc6f",
    "site_counts",
    "site_shells",
    "species_on_sites",
    "unlike_fraction",
    "write_rmc6f",
]
