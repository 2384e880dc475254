"""Atomic columns of an image, from nothing but the image: its periods, then the peaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, check_positive, check_shape, quantity
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.image_spots import find_spots, period_vectors
from entrox.microscopy.lattice.peak_search import find_peaks, peak_heights, touched, without_gaps

__all__ = ["Columns", "columns_at", "find_columns"]

Floats = NDArray[np.float64]

MISSING_SHARE = 0.1
"""Share of pixels without a value in the patch of a column from which the column is refused."""


@dataclass(frozen=True, kw_only=True)
class Columns(Result):
    """Columns that were found, to a few tenths of a pixel; the fit makes them sharp.

    ``period_px`` are the two shortest independent periods of the image (those of one kind of column, unless the two
    kinds look alike), the one nearest to +x first; ``period_vectors_px`` the vectors.
    """

    position_px: Floats = quantity("px", "position of the column, x right and y down", axes=("column", "component"))
    peak: Floats = quantity("counts", "height above the surrounding of the column", axes=("column",))
    saturated: NDArray[np.bool_] = quantity("1", "column with saturated pixels", axes=("column",))
    period_px: Floats = quantity("px", "periods of the image", axes=("axis",))
    period_vectors_px: Floats = quantity("px", "periods as vectors, x right and y down", axes=("axis", "component"))
    spots: Floats = quantity(
        "1/px, 1/px, 1", "strongest spots of the transform: frequency x, y, and ratio to background",
        axes=("spot", "value"),
    )  # fmt: skip
    dark: bool = False
    n_refused: int = quantity("1", "columns refused: too many pixels without a value", default=0)
    pixel_size_angstrom: float | None = quantity("angstrom", "edge of a pixel", default=None)
    warnings: tuple[str, ...] = ()


def find_columns(
    micrograph: Micrograph, *, period_px: float | None = None, minimum_separation: float = 0.3, dark: bool = False
) -> Columns:
    """Find the columns of an image.

    The strongest spots of the Fourier transform give the periods; a Laplacian of a Gaussian of 0.13 of the shorter
    period then shows each column as a peak, whose place a parabola gives to a few tenths of a pixel. Peaks count that
    stand out of the noise and reach 0.4 of the middle height of the second set of as many peaks as there are cells.

    Parameters
    ----------
    micrograph
        The image. Pixels without a value are bridged; columns with more than a tenth of them are refused.
    period_px
        Shorter period of one kind of column [px], to choose among the periods of the image; measured if None.
    minimum_separation
        Smallest distance of two columns, in units of the shorter period; of two closer peaks the higher one stays.
    dark
        Columns are dark on a bright ground, as in annular bright field.

    Returns
    -------
    Columns
        From the top of the image to its bottom.

    Raises
    ------
    InputError
        If the image is too small, empty, or has no periods (with the table of spots).
    """
    period_px = None if period_px is None else check_positive(period_px, "period_px", "px")
    check_in_range(minimum_separation, "minimum_separation", low=0.05, high=0.65)
    image, gaps = _prepared(micrograph, dark)
    spots = find_spots(image)
    periods = period_vectors(spots, period_px)
    shortest = float(np.linalg.norm(periods, axis=1).min())
    cells = image.size / abs(float(np.linalg.det(periods)))
    position = find_peaks(image, shortest, minimum_separation * shortest, cells)
    refused = _share(gaps, position, 0.25 * shortest) > MISSING_SHARE
    position = position[~refused]
    if len(position) < 4:
        raise InputError(
            f"found {len(position)} columns with periods {np.linalg.norm(periods, axis=1).round(1)} px; at least 4 are "
            "needed. If the columns are dark, say so."
        )
    return _described(micrograph, image, position, periods, spots, dark, int(refused.sum()))


def columns_at(
    micrograph: Micrograph, position_px: ArrayLike, *, period_px: float | None = None, dark: bool = False
) -> Columns:
    """Columns at given places, instead of :func:`find_columns`.

    Parameters
    ----------
    micrograph
        The image.
    position_px
        Places, x right and y down [px], shape ``(n, 2)``; their order is kept.
    period_px, dark
        As for :func:`find_columns`.

    Raises
    ------
    InputError
        If a place is outside the image, fewer than four are given, or the image has no periods.
    """
    position = check_shape(position_px, (None, 2), "position_px")
    rows, columns = micrograph.intensity.shape
    inside = (position > -0.5).all(axis=1) & (position < np.array([columns, rows]) - 0.5).all(axis=1)
    if not inside.all() or len(position) < 4:
        raise InputError(
            f"position_px must hold at least 4 places inside the image of {columns} x {rows} px; got {len(position)}, "
            f"{int((~inside).sum())} of them outside. Places are x (column), y (row), from 0."
        )
    image, gaps = _prepared(micrograph, dark)
    spots = find_spots(image)
    periods = period_vectors(spots, period_px)
    refused = _share(gaps, position, 0.25 * float(np.linalg.norm(periods, axis=1).min())) > MISSING_SHARE
    return _described(micrograph, image, position[~refused], periods, spots, dark, int(refused.sum()))


def _prepared(micrograph: Micrograph, dark: bool) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Image with bright columns and bridged gaps, and where the gaps are."""
    intensity = micrograph.intensity
    if min(intensity.shape) < 32:
        raise InputError(f"an image must have at least 32 x 32 px to show a lattice; got {intensity.shape}.")
    gaps = ~np.isfinite(intensity)
    if gaps.mean() > 0.9:
        raise InputError(f"{gaps.mean():.0%} of the pixels have no value; at least a tenth must have one.")
    # one scale for all images: single precision holds seven digits, and a large offset would use them up
    middle = float(np.mean(intensity, where=~gaps))
    spread = float(np.std(intensity, where=~gaps))
    if spread == 0.0:
        raise InputError("the image is the same everywhere: it shows no columns.")
    image = ((intensity - middle) / (-spread if dark else spread)).astype(np.float32)
    return (without_gaps(image, gaps) if gaps.any() else image), gaps


def _share(gaps: NDArray[np.bool_], position: Floats, radius: float) -> Floats:
    """Share of pixels without a value around each column."""
    if not gaps.any():
        return np.zeros(len(position))
    return touched(gaps, position, radius)


def _described(
    micrograph: Micrograph, image: NDArray[np.float32], position: Floats, periods: Floats, spots: Floats, dark: bool,
    refused: int,
) -> Columns:  # fmt: skip
    lengths = np.linalg.norm(periods, axis=1)
    shortest = float(lengths.min())
    saturated = np.zeros(len(position), dtype=bool)
    if micrograph.saturated is not None and micrograph.saturated.any():
        saturated = touched(micrograph.saturated, position, 0.15 * shortest) > 0
    scale = float(np.nanstd(micrograph.intensity))
    warnings = list(micrograph.warnings)
    if refused:
        warnings.append(f"{refused} columns refused: more than {MISSING_SHARE:.0%} of their pixels have no value.")
    if saturated.any():
        warnings.append(f"{int(saturated.sum())} columns have saturated pixels and are flagged.")
    return Columns(
        position_px=position,
        peak=peak_heights(image, position, shortest) * scale,
        saturated=saturated,
        period_px=lengths,
        period_vectors_px=periods,
        spots=spots[:, :3],
        dark=dark,
        n_refused=refused,
        pixel_size_angstrom=micrograph.pixel_size_angstrom,
        warnings=tuple(warnings),
    )
