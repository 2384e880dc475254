r"""What a lattice mask leaves of a field of displacements: its gain, in closed form.

.. math:: k(m) = \int_{-1/2}^{1/2} e^{-q^2 / 2 \rho^2} \cos(2 \pi q m)\, dq, \qquad
          G(n) = \Big[\sum_{|m|<n} (1 - |m|/n)\, k(m)\Big]^2

A mask of Gaussians of radius :math:`\rho` around every spot is a spatial average of the displacements with the kernel
k along each axis; G is the slope of recovered against true displacements in random domains of n x n cells. Radii are
in reciprocal-lattice units of the cell of A.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity

__all__ = ["DOMAIN_CELLS", "MaskGain", "domain_cells_of_gain", "mask_gain", "mask_gain_curve"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DOMAIN_CELLS = (1, 2, 4, 8, 16)
"""Edges of the domains for which a gain is printed."""
LARGEST_CELLS = 100_000


@dataclass(frozen=True, kw_only=True)
class MaskGain(Result):
    """Gain by the edge of the domains; the two edges are those below which it falls under one half and 0.9.

    They are None where even single cells keep more.
    """

    radius_rlu: float = quantity("1", "radius of the mask in reciprocal-lattice units")
    domain_cells: Ints = quantity("cells", "edge of the domains", axes=("size",))
    gain: Floats = quantity("1", "slope of recovered against true displacement", axes=("size",))
    half_gain_cells: float | None = quantity("cells", "edge of the domains with a gain of one half")
    ninety_gain_cells: float | None = quantity("cells", "edge of the domains with a gain of 0.9")


def mask_gain(radius: float, domain_cells: ArrayLike = 1) -> Floats:
    """Gain of a lattice mask for random square domains.

    Parameters
    ----------
    radius
        Radius of the Gaussians [reciprocal-lattice units].
    domain_cells
        Edges n of the domains, whole numbers of cells, any shape; one for independent cells.

    Returns
    -------
    ndarray
        Gains, in the shape of ``domain_cells``.

    Raises
    ------
    InputError
        If the radius is not positive, or an edge no whole number >= 1.

    Examples
    --------
    >>> mask_gain(0.2, [1, 6]).round(3).tolist()
    [0.245, 0.826]
    """
    rho = check_positive(radius, "radius")
    sizes = np.asarray(domain_cells)
    if sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise InputError(f"domain_cells must be whole numbers >= 1; got {sizes.tolist()}.")
    return np.asarray(np.vectorize(lambda n: _gain(rho, int(n)), otypes=[float])(sizes), dtype=float)


def _gain(rho: float, n: int) -> float:
    """Gain of domains of n x n cells: the mean of the transfer over the spectrum of a block of n cells."""
    # the mask is narrow for small radii, the spectrum of a block for large ones: both need their nodes
    count = 64 + 8 * n
    nodes, weights = np.polynomial.legendre.leggauss(min(count, 256))
    end = min(0.5, 12.0 * rho)
    pieces = max(1, math.ceil(count / 256))
    edges = np.linspace(0.0, end, pieces + 1)
    q = (0.5 * (edges[1:] + edges[:-1])[:, None] + 0.5 * np.diff(edges)[:, None] * nodes).ravel()
    w = (0.5 * np.diff(edges)[:, None] * weights).ravel()
    spectrum = (np.sin(np.pi * n * q) / np.sin(np.pi * q)) ** 2 / n
    return float(2.0 * (w * np.exp(-0.5 * (q / rho) ** 2)) @ spectrum) ** 2


def domain_cells_of_gain(radius: float, gain: float) -> float | None:
    """Edge of the domains below which the gain falls under a level, by straight lines between whole edges.

    Parameters
    ----------
    radius
        Radius of the mask [reciprocal-lattice units].
    gain
        The level, between 0 and 1.

    Returns
    -------
    float or None
        Edge [cells]; None if single cells keep more than that.

    Raises
    ------
    InputError
        If the level is not between 0 and 1, or is reached by no domain of fewer than 100,000 cells.
    """
    rho = check_positive(radius, "radius")
    if not 0.0 < gain < 1.0:
        raise InputError(f"gain must be between 0 and 1; got {gain:g}.")
    low, high = 0, 1
    while _gain(rho, high) < gain:
        low, high = high, 2 * high
        if high > LARGEST_CELLS:
            raise InputError(f"radius {rho:g} is too small: no domain of {LARGEST_CELLS} cells has a gain of {gain:g}.")
    if high == 1:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _gain(rho, middle) < gain else (low, middle)
    below, above = _gain(rho, low), _gain(rho, high)
    return low + (gain - below) / (above - below)


def mask_gain_curve(radius: float, domain_cells: Sequence[int] = DOMAIN_CELLS) -> MaskGain:
    """Gain of a lattice mask by the edge of the domains, and where it falls below one half and 0.9.

    Parameters
    ----------
    radius
        Radius of the mask [reciprocal-lattice units].
    domain_cells
        Edges of the domains.

    Raises
    ------
    InputError
        As :func:`mask_gain`.
    """
    sizes = np.array([check_integer(n, "domain_cells", low=1) for n in domain_cells], dtype=np.int64)
    return MaskGain(
        radius_rlu=float(radius),
        domain_cells=sizes,
        gain=mask_gain(radius, sizes),
        half_gain_cells=domain_cells_of_gain(radius, 0.5),
        ninety_gain_cells=domain_cells_of_gain(radius, 0.9),
    )
