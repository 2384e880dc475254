"""Conductivity of a partly broken sample: Kirchhoff's law on the network of bonds.

A conducting bond has unit conductance. An intact one conducts in proportion to the excited electrons at its ends, at
most ``contrast`` of a broken one; the contrast is an assumption that moves the curve's foot, not its jump.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import spsolve

from entrox.breakdown.enhancement import network_laplacian
from entrox.breakdown.lattice import Sample

__all__ = ["network_conductivity"]

Floats = NDArray[np.float64]


def network_conductivity(sample: Sample, broken: NDArray[np.int64], densities: Floats, contrast: float = 1e-6) -> float:
    """Conductance between the electrodes over that of the fully broken sample [1].

    Parameters
    ----------
    sample
        The sample.
    broken
        Indices of the conducting bonds.
    densities
        Excited-electron density of each ion, shape ``(n_sites,)`` [e/angstrom^2].
    contrast
        Conductance of an intact bond with one electron per square angstrom at each end.
    """
    intact = contrast * densities[sample.bonds].mean(axis=1)
    conductance = np.minimum(intact, contrast * 1e3)
    conductance[broken] = 1.0
    return _conductance(sample, conductance) / _broken_conductance(sample)


@lru_cache(maxsize=4)
def _broken_conductance(sample: Sample) -> float:
    """Conductance of the fully broken sample, the same for all its states."""
    return _conductance(sample, np.ones(len(sample.bonds)))


def _conductance(sample: Sample, conductance: Floats) -> float:
    """Current from the top to the bottom electrode at unit voltage."""
    laplacian = network_laplacian(sample, conductance).tocsr()
    fixed = sample.touches_bottom | sample.touches_top
    potential = np.where(sample.touches_top & ~sample.touches_bottom, 1.0, 0.0)
    bonded = np.bincount(sample.bonds.ravel(), minlength=len(fixed)) > 0
    free = np.flatnonzero(~fixed & bonded)
    held = np.flatnonzero(fixed)
    potential[free] = spsolve(laplacian[free][:, free].tocsc(), -laplacian[free][:, held] @ potential[held])
    return float(potential @ (laplacian @ potential))
