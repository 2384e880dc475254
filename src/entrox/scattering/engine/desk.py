"""Counting of neighbors: its rules in the form of the kernels, and room for it, one for each thread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.boxes._kernels import SPARE_BINS, UNITS_PER_ANGSTROM, Desk, PairRules
from entrox.scattering.engine.padded_box import Runs
from entrox.scattering.operators.bins import Bins

__all__ = ["desk_of", "pair_rules"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def pair_rules(bins: Bins, total: bool, active: bool, lengths: Floats, base: Ints) -> PairRules:
    """How pairs enter a histogram; see :class:`~entrox.scattering.engine.boxes._kernels.PairRules`."""
    last = bins.count + 1
    bins_per_unit = 1.0 / (bins.step_angstrom * UNITS_PER_ANGSTROM)
    return PairRules(bins_per_unit, last, last + SPARE_BINS, total, active, lengths, base)


def desk_of(runs: Runs, rules: PairRules, rank: int = 0) -> Desk:
    """Empty room for the runs of a box and a reduced space."""
    longest = int(runs.length.max())
    return Desk(
        old=np.zeros(longest, dtype=np.int32),
        new=np.zeros(longest, dtype=np.int32),
        counts=np.zeros((len(rules.lengths) + 1) * rules.stride, dtype=np.int32),
        vector=np.zeros(rank),
    )
