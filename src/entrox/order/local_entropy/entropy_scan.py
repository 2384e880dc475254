"""Result of a scan over cube sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["EntropyScan", "Verdict"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Verdict = Literal[
    "consistent_with_random", "ordered", "not_reached", "at_or_below_smallest_size", "resolved", "not_informative"
]


@dataclass(frozen=True, kw_only=True)
class EntropyScan(Result):
    """Mixing entropy of cubes of several sizes, with its null and what exceeds it.

    Entropies and the excess are means over the grid origins; the points per cube are those of the first origin. Sizes
    without information (larger than the box, or all cubes with one point) stay in the arrays with NaN and
    ``informative`` false, and do not enter the family of tests.
    """

    species: tuple[str, ...]
    totals: Ints = quantity("1", "points of each species", axes=("species",))
    size_nm: Floats = quantity("nm", "cube size", axes=("size",))
    size_asked_nm: Floats = quantity("nm", "cube size asked for", axes=("size",))
    cell_nm: Floats = quantity("nm", "edges of the cells", axes=("size", "axis"))
    informative: NDArray[np.bool_] = quantity("1", "size enters the family of tests", axes=("size",))
    n_areas: Ints = quantity("1", "occupied cubes, first origin", axes=("size",))
    n_per_area_mean: Floats = quantity("1", "points per cube, mean", axes=("size",))
    n_per_area_q05: Floats = quantity("1", "points per cube, 5 % quantile", axes=("size",))
    n_per_area_q50: Floats = quantity("1", "points per cube, median", axes=("size",))
    n_per_area_q95: Floats = quantity("1", "points per cube, 95 % quantile", axes=("size",))
    entropy_weighted: Floats = quantity("R", "entropy of cubes weighted by size", axes=("size",))
    entropy_unweighted: Floats = quantity("R", "plain mean entropy of cubes", axes=("size",))
    sd_unweighted: Floats = quantity("R", "standard deviation over cubes", axes=("size",))
    entropy_corrected: Floats = quantity("R", "weighted entropy with Grassberger's correction", axes=("size",))
    entropy_null: Floats = quantity("R", "weighted entropy of the relabeled points", axes=("size",))
    sd_null: Floats = quantity("R", "standard deviation over relabelings", axes=("size",))
    excess_information: Floats = quantity("R", "null entropy minus entropy", axes=("size",))
    excess_lower: Floats = quantity("R", "excess information, 2.5 % bootstrap limit", axes=("size",))
    excess_upper: Floats = quantity("R", "excess information, 97.5 % bootstrap limit", axes=("size",))
    excess_upper_one_sided: Floats = quantity("R", "excess information, one-sided 95 % upper limit", axes=("size",))
    excess_origin_sd: Floats = quantity("R", "excess information, standard deviation over origins", axes=("size",))
    z: Floats = quantity("1", "deviation from the null in its standard deviations", axes=("size",))
    p: Floats = quantity("1", "p value of one size", axes=("size",))
    p_adjusted: Floats = quantity("1", "p value adjusted for all sizes", axes=("size",))
    detectable_excess: Floats = quantity("R", "excess found with power 0.8", axes=("size",))
    concentration_sd: Floats = quantity("1", "observed scatter of fractions over cubes", axes=("size", "species"))
    concentration_sd_binomial: Floats = quantity("1", "scatter of fractions by counting", axes=("size", "species"))
    excess_bootstrap: Floats = quantity("R", "bootstrap replicates of the excess", axes=("replicate", "size"))
    critical_z: float = quantity("1", "quantile of the largest deviation under the null")
    entropy_bulk: float = quantity("R", "entropy of all points together")
    n_atoms: int = quantity("1", "counted points")
    n_events: int = quantity("1", "events")
    n_species: int = quantity("1", "species")
    n_origins: int = quantity("1", "grid origins")
    n_relabel: int = quantity("1", "relabelings")
    n_blocks: Ints = quantity("1", "bootstrap blocks", axes=("size",))
    block_nm: float = quantity("nm", "edge of a bootstrap block")
    interval_reliable: bool
    family_p: float = quantity("1", "p value of all sizes together")
    alpha: float = quantity("1", "level of significance")
    tolerance: float = quantity("1", "excess that counts as fully mixed, share of the bulk entropy")
    alternative: str
    null: Literal["hypergeometric", "relabeling"]
    verdict: Verdict
    notices: tuple[str, ...] = ()
