"""Result of the entropy of neighborhoods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["NeighborhoodEntropy", "Weight"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Weight = Literal["atom", "count"]


@dataclass(frozen=True, kw_only=True)
class NeighborhoodEntropy(Result):
    """Mixing entropy around every atom, with its null and what exceeds it; one entry per radius.

    Radii without information (every area one atom, or all atoms) stay with NaN and ``informative`` false. The null is
    exact where every event carries one counted atom; else it is the mean of the relabelings, NaN without them.
    """

    species: tuple[str, ...]
    totals: Ints = quantity("1", "points of each species", axes=("species",))
    radius_nm: Floats = quantity("nm", "radius; for nearest neighbors the mean distance of the last", axes=("radius",))
    neighbors_k: int | None = quantity("1", "nearest neighbors of an area; None for spheres")
    informative: NDArray[np.bool_] = quantity("1", "radius enters the family of tests", axes=("radius",))
    n_centers: Ints = quantity("1", "atoms that are centers of an area", axes=("radius",))
    n_isolated: Ints = quantity("1", "atoms without neighbors", axes=("radius",))
    n_per_area_mean: Floats = quantity("1", "points per area, mean", axes=("radius",))
    n_per_area_q05: Floats = quantity("1", "points per area, 5 % quantile", axes=("radius",))
    n_per_area_q50: Floats = quantity("1", "points per area, median", axes=("radius",))
    n_per_area_q95: Floats = quantity("1", "points per area, 95 % quantile", axes=("radius",))
    entropy: Floats = quantity("R", "entropy of neighborhoods", axes=("radius",))
    entropy_sd: Floats = quantity("R", "standard deviation over centers", axes=("radius",))
    entropy_corrected: Floats = quantity("R", "entropy with Grassberger's correction", axes=("radius",))
    entropy_null: Floats = quantity("R", "entropy of the relabeled points", axes=("radius",))
    sd_null: Floats = quantity("R", "standard deviation over relabelings", axes=("radius",))
    excess_information: Floats = quantity("R", "null entropy minus entropy", axes=("radius",))
    z: Floats = quantity("1", "deviation from the null in its standard deviations", axes=("radius",))
    p: Floats = quantity("1", "p value of one radius", axes=("radius",))
    p_adjusted: Floats = quantity("1", "p value adjusted for all radii", axes=("radius",))
    family_p: float = quantity("1", "p value of all radii together")
    entropy_bulk: float = quantity("R", "entropy of all points together")
    n_atoms: int = quantity("1", "counted points")
    n_relabel: int = quantity("1", "relabelings")
    margin_nm: float = quantity("nm", "distance to an open face below which an atom is no center")
    include_center: bool
    weight: str
    alternative: str
    entropy_per_atom: Floats | None = quantity("R", "entropy around each atom", axes=("radius", "atom"))
    n_per_atom: NDArray[np.int32] | None = quantity("1", "points around each atom", axes=("radius", "atom"))
    notices: tuple[str, ...] = ()
