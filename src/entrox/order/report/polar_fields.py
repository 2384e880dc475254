"""Measures of the order in space, taken from a few rows and frames that a pass has kept.

Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.order.correlation.correlation import correlation
from entrox.order.displacement.cages import Site
from entrox.order.domains import find_domains
from entrox.order.lattice import LatticeMap
from entrox.order.pair_distribution import partial_rdf
from entrox.order.report.polar_settings import PolarSettings
from entrox.order.tilts import octahedral_tilts

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["correlations", "domains_of", "pair_distribution", "tilts_of"]

Floats = NDArray[np.float64]


def correlations(samples: Mapping[Site, Floats], lattice_map: LatticeMap) -> dict[str, Any]:
    """Correlation of the displacements of each site, without the common mean."""
    return {"correlation": {site: correlation(rows, lattice_map, connected=True) for site, rows in samples.items()}}


def pair_distribution(frames: Sequence[Atoms], settings: PolarSettings) -> dict[str, Any]:
    """Partial pair distributions of the kept frames, of all pairs of elements."""
    return {"rdf": partial_rdf(frames, None, settings.rdf_r_max_angstrom, settings.rdf_bin_angstrom)}


def domains_of(samples: Mapping[Site, Floats], lattice_map: LatticeMap, settings: PolarSettings) -> dict[str, Any]:
    """Domains of the displacements of each site."""
    return {
        "domains": {
            site: find_domains(
                rows, lattice_map, threshold_angstrom=settings.threshold_angstrom,
                join_angle_deg=settings.join_angle_deg, min_cells=settings.min_domain_cells,
            )
            for site, rows in samples.items()
        }
    }  # fmt: skip


def tilts_of(frames: Sequence[Atoms], lattice_map: LatticeMap) -> dict[str, Any]:
    """Tilts of the octahedra of the kept frames."""
    found = octahedral_tilts(frames, lattice_map)
    return {"tilts": found, "glazer": found.glazer}
