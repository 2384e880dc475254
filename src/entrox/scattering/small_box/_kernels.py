"""Compiled kernel of the small box: Gaussian peaks of all pairs on a grid of distances."""

from __future__ import annotations

import numpy as np
from numba import njit

WIDTHS = 6.5
"""A peak is drawn this many widths to each side: beyond, it is below 1e-9 of its height."""
LEAST_VARIANCE = 1e-4
"""Peaks that U, delta1 and delta2 would make narrower than 0.01 angstrom are drawn with that width."""


@njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
def along(tensors, site, x, y, z):
    """Quadratic form of the symmetric tensor of a site."""
    value = tensors[site, 0, 0] * x * x + tensors[site, 1, 1] * y * y + tensors[site, 2, 2] * z * z
    return value + 2.0 * (tensors[site, 0, 1] * x * y + tensors[site, 0, 2] * x * z + tensors[site, 1, 2] * y * z)


@njit(cache=True, nogil=True)
def add_peaks(pairs, shifts, amplitudes, positions, lattice, tensors, sharpening, step, in_r, out):
    """Add the peaks of the pairs to ``out`` at step, 2 step, ...; return the smallest variance met [angstrom^2].

    A pair joins atom ``pairs[p, 0]`` to the image of ``pairs[p, 1]`` in the cell ``shifts[p]``. ``sharpening`` is
    delta1, delta2, Qbroad. With ``in_r`` the peaks are Gaussians of R(r), else of R(r)/r.
    """
    count = out.shape[0]
    least = 1e300
    top = count * step
    for p in range(pairs.shape[0]):
        i, j = pairs[p, 0], pairs[p, 1]
        f0 = positions[j, 0] - positions[i, 0] + shifts[p, 0]
        f1 = positions[j, 1] - positions[i, 1] + shifts[p, 1]
        f2 = positions[j, 2] - positions[i, 2] + shifts[p, 2]
        x = f0 * lattice[0, 0] + f1 * lattice[1, 0] + f2 * lattice[2, 0]
        y = f0 * lattice[0, 1] + f1 * lattice[1, 1] + f2 * lattice[2, 1]
        z = f0 * lattice[0, 2] + f1 * lattice[1, 2] + f2 * lattice[2, 2]
        r = np.sqrt(x * x + y * y + z * z)
        variance = along(tensors, i, x, y, z) + along(tensors, j, x, y, z)
        variance /= r * r
        variance *= 1.0 - sharpening[0] / r - sharpening[1] / (r * r) + (sharpening[2] * r) ** 2
        if r < top and variance < least:
            least = variance
        variance = max(variance, LEAST_VARIANCE)
        width = np.sqrt(variance)
        if r - WIDTHS * width > top:
            continue
        height = amplitudes[p] / (np.sqrt(2.0 * np.pi) * width)
        if not in_r:
            height /= r
        low = max(int(np.ceil((r - WIDTHS * width) / step)) - 1, 0)
        high = min(int(np.floor((r + WIDTHS * width) / step)) - 1, count - 1)
        middle = min(max(int(np.round(r / step)) - 1, low), high)
        # From the middle outward exp(-x^2/2) follows by two products per point.
        away = (middle + 1) * step - r
        peak = height * np.exp(-0.5 * away * away / variance)
        bend = np.exp(-step * step / variance)
        value = peak
        ratio = np.exp(-0.5 * step * (step + 2.0 * away) / variance)
        for k in range(middle, high + 1):
            out[k] += value
            value *= ratio
            ratio *= bend
        ratio = np.exp(-0.5 * step * (step - 2.0 * away) / variance)
        value = peak * ratio
        ratio *= bend
        for k in range(middle - 1, low - 1, -1):
            out[k] += value
            value *= ratio
            ratio *= bend
    return least
