"""Cells and made data for the tests of small-box fits."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from ase.build import bulk

from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.sample import Sample
from entrox.scattering.small_box.fit import fit_small_box


def cubic_perovskite(a: float, cations: str = "SrTi") -> Atoms:
    """Five atoms: A in the middle, B at the corners."""
    places = [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]]
    return Atoms(cations + "O3", scaled_positions=places, cell=[a] * 3, pbc=True)


def polar_perovskite(a: float, c: float, titanium: float = 0.54, apex: float = 0.11, equator: float = 0.62) -> Atoms:
    """P4mm with lead at the origin."""
    places = [[0, 0, 0], [0.5, 0.5, titanium], [0.5, 0.5, apex], [0.5, 0.0, equator], [0.0, 0.5, equator]]
    return Atoms("PbTiO3", scaled_positions=places, cell=[a, a, c], pbc=True)


def nickel(a: float = 3.52) -> Atoms:
    """Four atoms of fcc nickel."""
    return bulk("Ni", "fcc", a=a, cubic=True)


def made_data(
    atoms: Atoms, start: dict[str, float], r: np.ndarray, sample: Sample | None = None, **settings: Any
) -> CorrelationData:
    """G_pdf of a cell with fixed numbers at the distances r."""
    blank = CorrelationData(x=r, y=np.ones_like(r), form="G_pdf")
    found = fit_small_box(
        blank, atoms, sample, free=(), start=start, r_min_angstrom=float(r[0]), r_max_angstrom=float(r[-1]), **settings
    )
    return CorrelationData(x=found.r, y=found.calculated, form="G_pdf")
