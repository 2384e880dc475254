"""Slow drift of a scan, as far as the image shows it: rows of atoms off the one lattice that fits them all.

The linear part of a drift is an affine distortion, and cannot be told from strain; see
:func:`entrox.microscopy.scan.affine_fit.fit_affine`. Displacements are free of both to first order. In px.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.scan.affine_fit import fit_affine
from entrox.microscopy.scan.row_weights import slow_and_fast
from entrox.microscopy.strain.lattice_strain import usable_columns

__all__ = ["ScanDrift", "scan_drift"]

Floats = NDArray[np.float64]

FEWEST_IN_BAND = 5


@dataclass(frozen=True, kw_only=True)
class ScanDrift(Result):
    """Mean deviation of the columns from their lattice in bands across the slow axis, one period wide.

    ``rms_px`` has the error of the means taken off and is zero where nothing is left.
    """

    slow_px: Floats = quantity("px", "middle of the band along the slow axis", axes=("band",))
    deviation_px: Floats = quantity("px", "mean deviation, x right and y up", axes=("band", "component"))
    error_px: Floats = quantity("px", "standard error of the mean", axes=("band", "component"))
    rms_px: Floats = quantity("px", "root mean square deviation of the bands, errors taken off", axes=("component",))
    fast_axis: str


def scan_drift(fit: ColumnFit, sublattices: Sublattices, *, site: str = "A", fast_axis: str = "x") -> ScanDrift:
    """Deviation of the columns of a cation from their lattice, band by band.

    Parameters
    ----------
    fit
        Fitted columns.
    sublattices
        Kinds and cells of the same columns.
    site
        ``"A"`` or ``"B"``.
    fast_axis
        Axis along which the beam scans a row.

    Raises
    ------
    InputError
        If an option is unknown, or the columns fix no lattice.
    """
    slow = slow_and_fast(fast_axis)[0]
    lattice = fit_affine(fit, sublattices, site=site)
    used = usable_columns(fit, sublattices, site)
    place = fit.position_px[used]
    ideal = sublattices.cell[used] @ (lattice.basis_px * np.array([1.0, -1.0])) + lattice.origin_px
    away = (place - ideal) * np.array([1.0, -1.0])
    period = float(lattice.length_px.mean())
    band = np.floor((place[:, slow] - place[:, slow].min()) / period).astype(np.int64)
    counts = np.bincount(band)
    means = np.stack([np.bincount(band, away[:, k]) for k in range(2)], axis=1) / np.maximum(counts, 1)[:, None]
    within = np.sqrt(((away - means[band]) ** 2).sum(axis=0) / max(len(away) - len(counts), 1))
    # bands at the corners of a turned crystal hold too few columns to say anything
    kept = np.flatnonzero(counts >= FEWEST_IN_BAND)
    errors = within / np.sqrt(counts[kept, None])
    share = counts[kept, None] / counts[kept].sum()
    return ScanDrift(
        slow_px=np.bincount(band, place[:, slow])[kept] / counts[kept], deviation_px=means[kept], error_px=errors,
        rms_px=np.sqrt(np.maximum((share * (means[kept] ** 2 - errors**2)).sum(axis=0), 0.0)), fast_axis=fast_axis,
    )  # fmt: skip
