"""Filters of images, on request only: a low-pass, and a mask around the spots of the lattice.

A mask averages the displacements of neighboring cells; :mod:`entrox.microscopy.controls.mask_gain` says what it leaves.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_in_range, check_positive, check_shape
from entrox.microscopy.images.micrograph import Micrograph

__all__ = ["lattice_mask", "low_pass"]

Floats = NDArray[np.float64]

SOFTNESS = 0.1
LEAST_CONTRAST = 0.1
"""Share of the contrast of the image below which a filtered one shows no columns."""
"""Half the width of the edge of a low-pass, in units of its cut."""


def low_pass(micrograph: Micrograph, per_angstrom: float | None = None, *, per_px: float | None = None) -> Micrograph:
    """Cut the high frequencies off.

    Parameters
    ----------
    micrograph
        Image.
    per_angstrom
        Cut [1/angstrom].
    per_px
        Cut [1/px], for an image without the size of a pixel; one of the two.

    Returns
    -------
    Micrograph
        Whole image; beyond its border the mirrored image was taken.

    Raises
    ------
    InputError
        If the cut is missing, given twice, not below half a period per pixel, or below the
        spots of the lattice, or the size of the pixel is unknown.

    Notes
    -----
    The transfer falls from one to zero as half a cosine from 0.9 to 1.1 of the cut, so that the image does not ring.
    """
    if (per_angstrom is None) == (per_px is None):
        raise InputError("give the cut of the low-pass as per_angstrom or as per_px, one of the two.")
    if per_angstrom is not None:
        if micrograph.pixel_size_angstrom is None:
            raise InputError("per_angstrom needs the size of a pixel, which this image lacks: give it, or use per_px.")
        cut = check_positive(per_angstrom, "per_angstrom", "1/angstrom") * micrograph.pixel_size_angstrom
    else:
        cut = check_positive(per_px if per_px is not None else 0.0, "per_px", "1/px")
    if cut * (1.0 - SOFTNESS) >= np.sqrt(0.5):
        raise InputError(f"the cut is {cut:.3g} 1/px, beyond all frequencies of the image (0.5 along its axes).")
    values, missing = _filled(micrograph)
    # far enough for the response of the filter to die away
    pad = min(int(np.ceil(6.0 / cut)), *values.shape)
    padded = np.pad(values, pad, mode="symmetric")
    frequency = np.hypot(*_frequencies(padded.shape))
    position = np.clip((frequency / cut - 1.0 + SOFTNESS) / (2.0 * SOFTNESS), 0.0, 1.0)
    smooth = _filtered(padded, 0.5 * (1.0 + np.cos(np.pi * position)))[pad:-pad, pad:-pad]
    if smooth.std() < LEAST_CONTRAST * values.std():
        raise InputError(
            f"the cut of {cut:.3g} 1/px leaves nothing of the columns: their first spots lie beyond it. Take a "
            "larger cut, above one over the distance of two columns."
        )
    remark = f"filtered: low-pass at {cut:.4g} 1/px; noise is correlated"
    return _replaced(micrograph, smooth, missing, remark)


def lattice_mask(
    micrograph: Micrograph, basis: ArrayLike, radius_rlu: float, *, border_cells: float | None = None
) -> Micrograph:
    """Keep what lies around the spots of a lattice.

    Parameters
    ----------
    micrograph
        Image.
    basis
        Periods of one kind of cation, rows a1 and a2, x right and y down [px] (``Sublattices.basis_px``).
    radius_rlu
        Radius of the Gaussian around every spot [reciprocal-lattice units]; where masks overlap the larger counts.
    border_cells
        Cells at the border that are thrown away, because the filter looked beyond it there; 1 / radius by default.

    Returns
    -------
    Micrograph
        Image of the same shape, NaN in the border.

    Raises
    ------
    InputError
        If the basis is no lattice, or the image has nothing inside the border.
    """
    rows = check_shape(basis, (2, 2), "basis")
    radius = check_positive(radius_rlu, "radius_rlu")
    if abs(np.linalg.det(rows)) < 1e-6 * (rows**2).sum():
        raise InputError(f"basis must be two periods in different directions; got {rows.tolist()}.")
    cells = 1.0 / radius if border_cells is None else check_in_range(border_cells, "border_cells", low=0.0)
    border = int(np.ceil(cells * np.linalg.norm(rows, axis=1).max()))
    values, missing = _filled(micrograph)
    if 2 * border >= min(values.shape):
        raise InputError(
            f"a mask of radius {radius:g} spoils {cells:.3g} cells ({border} px) along every border, and nothing is "
            f"left of {values.shape[1]} x {values.shape[0]} px. Take a larger radius, or no mask."
        )
    # the mean is taken off, so that zeros beyond the border are no step of the background
    mean = float(values.mean())
    pad = int(np.ceil(np.linalg.norm(rows, axis=1).max() / radius))
    padded = np.pad(values - mean, pad)
    qy, qx = _frequencies(padded.shape)
    away = [qx * x + qy * y for x, y in rows]
    square = sum((q - np.round(q)) ** 2 for q in away)
    smooth = _filtered(padded, np.exp(-0.5 * np.asarray(square) / radius**2))[pad:-pad, pad:-pad] + mean
    edge = np.ones(values.shape, dtype=bool)
    edge[border : values.shape[0] - border, border : values.shape[1] - border] = False
    remark = f"filtered: lattice mask of radius {radius:g} averages displacements; {border} px of border thrown away"
    return _replaced(micrograph, smooth, missing | edge, remark)


def _filled(micrograph: Micrograph) -> tuple[Floats, NDArray[np.bool_]]:
    """Pixels with the median where they have no value, and where that was."""
    missing = ~np.isfinite(micrograph.intensity)
    if missing.all():
        raise InputError("no pixel of the image has a value.")
    return np.where(missing, np.median(micrograph.intensity[~missing]), micrograph.intensity), missing


def _frequencies(shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Frequencies of the transform of a real image along y and x [1/px]."""
    along_y, along_x = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    return along_y[:, None].astype(float), along_x[None, :].astype(float)


def _filtered(values: Floats, transfer: Floats) -> Floats:
    from scipy import fft

    return np.asarray(fft.irfft2(fft.rfft2(values) * transfer, s=values.shape))


def _replaced(micrograph: Micrograph, values: Floats, missing: NDArray[np.bool_], remark: str) -> Micrograph:
    remarks: tuple[str, ...] = (remark,)
    if not np.isfinite(micrograph.intensity).all():
        remarks += ("filled: pixels without a value counted as the median in the filter",)
    return dataclasses.replace(
        micrograph, intensity=np.where(missing, np.nan, values), warnings=micrograph.warnings + remarks
    )
