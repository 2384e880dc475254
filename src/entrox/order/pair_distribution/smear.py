"""Gaussian widths given to the distances of a histogram. Lengths in angstrom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

__all__ = ["smear_shells"]

Floats = NDArray[np.float64]


def smear_shells(edges: Floats, partials: Floats, sigma: Floats) -> Floats:
    """Pair distributions whose distances are spread by Gaussians.

    Parameters
    ----------
    edges
        Edges of even bins from zero [angstrom], shape ``(n_bins + 1,)``.
    partials
        g on the bins, shape ``(n_pairs, n_bins)``.
    sigma
        Standard deviation of a distance in each bin [angstrom], shape ``(n_bins,)``.

    Returns
    -------
    numpy.ndarray
        Shape of ``partials``. R/r = 4 pi r rho g is what is spread, as that of a Gaussian displacement is; beyond the
        last bin g counts as one.

    Notes
    -----
    T. Proffen and S. J. L. Billinge, J. Appl. Cryst. 32, 572 (1999).
    """
    r = 0.5 * (edges[:-1] + edges[1:])
    # what is spread is the deviation from the mean density, which itself stays even
    deviation = r * (partials - 1.0)
    below = ndtr((edges[:, None] - r) / sigma)
    # a Gaussian that reaches below zero comes back with the sign of an odd function
    mirrored = ndtr((edges[:, None] + r) / sigma)
    kernel = np.diff(below, axis=0) - np.diff(mirrored, axis=0)
    return np.asarray(1.0 + deviation @ kernel.T / r)
