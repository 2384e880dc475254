r"""Matrices from the histogram to G_keen(r) or F(Q) (x-rays: g - 1 or S - 1).

.. math:: G_k = \frac{h_k V}{N^2 v_k} - \langle b \rangle^2, \qquad
    F(Q) = \rho_0 \sum_k v_k G_k \frac{\sin Q r_k}{Q r_k} \Big/ j_0(Q \, dr / 2)

A histogram holds means over bins, which weakens a wave of wavelength 2 pi/Q by j_0 = sin(u)/u, u = Q dr/2 (2 % at
Q = 35, dr = 0.02); the division gives it back. Units: angstrom, 1/angstrom, h in fm^2 or pairs, G and F in barn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.data.sample import Sample
from entrox.scattering.data.weights import pair_weights
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.termination import bin_factor, q_integral, termination_matrix

__all__ = ["base_matrix"]

Floats = NDArray[np.float64]

SMALLEST_R_ANGSTROM = 1e-6


def base_matrix(
    x: Floats,
    bins: Bins,
    sample: Sample,
    n_atoms: int,
    *,
    real: bool,
    qmax: float | None,
    window: str,
    damping: Floats,
    split: bool,
) -> tuple[Floats, Floats]:
    """M and m0 of G_keen or F.

    Parameters
    ----------
    x
        Points, shape ``(n,)``.
    bins
        Bins of the histogram.
    sample, n_atoms
        Composition and density of the box, and its atoms.
    real
        Whether x is r.
    qmax, window
        End of the integral behind data of r.
    damping
        Resolution at each bin, shape ``(n_bins,)``.
    split
        Whether the histogram is one per pair, else the total of neutrons.

    Returns
    -------
    matrix, constant
        Shapes ``(n, n_channels n_bins)`` and ``(n,)``.
    """
    per_count = 1.0 / (sample.number_density * n_atoms * bins.volumes_angstrom3)
    if sample.probe == "xray":
        seen = _xray_real(x, bins, sample, qmax, window) if real else _xray_reciprocal(x, bins, sample)
        seen = seen * damping
        fractions = sample.fractions
        orders = [(2.0 if a == b else 1.0) / (fractions[a] * fractions[b]) for a, b in sample.pairs]
        blocks = [order * part * per_count for order, part in zip(orders, seen, strict=True)]
        return np.concatenate(blocks, axis=1), -seen.sum(axis=(0, 2))
    seen = (_real(x, bins, qmax, window) if real else _reciprocal(x, bins, sample.number_density)) * damping
    total = seen * per_count / 100.0
    constant = -sample.mean_length_squared * seen.sum(axis=1)
    if not split:
        return total, constant
    products = [2.0 * sample.lengths_fm[one] * sample.lengths_fm[two] for one, two in sample.pairs]
    return np.concatenate([product * total for product in products], axis=1), constant


def _real(r: Floats, bins: Bins, qmax: float | None, window: str) -> Floats:
    """Matrix from G_keen in the bins to G_keen at r, shape ``(n, n_bins)``."""
    centers = bins.centers_angstrom
    if qmax is not None:
        # At r = 0 both D and its divisor vanish.
        at = np.maximum(r, SMALLEST_R_ANGSTROM)
        return termination_matrix(at, bins, qmax, window) * centers / at[:, None]
    place = np.clip(r / bins.step_angstrom - 1.0, 0.0, bins.count - 1.0)
    left = np.minimum(place.astype(int), bins.count - 2)
    matrix = np.zeros((len(r), bins.count))
    rows = np.arange(len(r))
    matrix[rows, left] = 1.0 - (place - left)
    matrix[rows, left + 1] = place - left
    return matrix


def _reciprocal(q: Floats, bins: Bins, density: float) -> Floats:
    """Matrix from G_keen in the bins to F at Q, shape ``(n, n_bins)``."""
    waves = np.sinc(q[:, None] * bins.centers_angstrom / np.pi) / bin_factor(q, bins)[:, None]
    return np.asarray(density * bins.volumes_angstrom3 * waves)


def _xray_reciprocal(q: Floats, bins: Bins, sample: Sample) -> Floats:
    """Matrix from each g_ij - 1 to S - 1 at Q, shape ``(n_pairs, n, n_bins)``."""
    return np.asarray(pair_weights(sample, q)[:, :, None] * _reciprocal(q, bins, sample.number_density))


def _xray_real(r: Floats, bins: Bins, sample: Sample, qmax: float | None, window: str) -> Floats:
    """Matrix from each g_ij - 1 to g - 1 at r, through Q: shape ``(n_pairs, n, n_bins)``."""
    assert qmax is not None
    q, weights = q_integral(qmax, float(r.max()) + bins.radius_angstrom, window)
    at = np.maximum(r, SMALLEST_R_ANGSTROM)
    back = np.sin(at[:, None] * q) * (q * weights) / (2.0 * np.pi**2 * sample.number_density * at[:, None])
    forward = _reciprocal(q, bins, sample.number_density)
    return np.stack([(back * weight) @ forward for weight in pair_weights(sample, q)])
