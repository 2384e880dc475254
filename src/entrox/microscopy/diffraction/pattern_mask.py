"""Pixels of a pattern that do not count: padding, the end of the detector, a beam stop, areas of the user.

A border of zeros is padding of a shifted or corrected picture, and its edge is soft where pixels were interpolated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_shape
from entrox.microscopy.diffraction.radial_profile import azimuthal_median
from entrox.microscopy.diffraction.ring_geometry import RingGeometry

__all__ = ["beam_stop_mask", "padding_mask", "polygon_mask"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ZERO_SHARE = 0.9
"""Share of zeros from which a row or column at the border is padding."""
SOFT_EDGE = 0.02
"""Width of the interpolated edge of padding over the shorter edge of the picture."""
FEWEST_SOFT_PX = 3
SHADOW = 0.5
"""Share of the median of its ring below which a pixel lies in the shadow of a beam stop."""
SMALLEST_SHADOW = 5e-4
"""Of the picture; smaller dark spots are texture."""
PENUMBRA_PX = 3
FIRST_RADIUS = 0.25
"""Radius, over half the shorter edge, inside of which a beam stop ends."""


def padding_mask(intensity: ArrayLike) -> Bools:
    """Return which pixels are padding: rows and columns of zeros at the border, with the soft edge beside them.

    Parameters
    ----------
    intensity
        Shape ``(rows, columns)``.

    Examples
    --------
    >>> image = np.ones((100, 100))
    >>> image[:4] = 0.0
    >>> int(padding_mask(image).all(axis=1).sum())
    7
    """
    values = np.asarray(intensity, dtype=float)
    empty = ~(values != 0.0) | np.isnan(values)
    mask = np.zeros(values.shape, dtype=bool)
    soft = max(FEWEST_SOFT_PX, round(SOFT_EDGE * min(values.shape)))
    for axis in (0, 1):
        zero_lines = empty.mean(axis=1 - axis) >= ZERO_SHARE
        if zero_lines.all():
            continue
        lines = mask if axis == 0 else mask.T
        first, last = int(np.argmin(zero_lines)), int(np.argmin(zero_lines[::-1]))
        if first:
            lines[: first + soft] = True
        if last:
            lines[-last - soft :] = True
    return mask


def polygon_mask(shape: tuple[int, int], corners_px: Sequence[ArrayLike]) -> Bools:
    """Return which pixels lie in polygons.

    Parameters
    ----------
    shape
        Rows and columns.
    corners_px
        Corners of each polygon, x right and y down, shape ``(n, 2)`` [px].

    Raises
    ------
    InputError
        If a polygon has fewer than three corners.

    Examples
    --------
    >>> int(polygon_mask((10, 10), [[(1.5, 1.5), (5.5, 1.5), (5.5, 3.5), (1.5, 3.5)]]).sum())
    8
    """
    y, x = np.indices(shape)
    inside = np.zeros(shape, dtype=bool)
    for polygon in corners_px:
        corners = check_shape(polygon, (None, 2), "corners_px")
        if len(corners) < 3:
            raise InputError(f"a polygon has at least three corners; got {len(corners)}.")
        within = np.zeros(shape, dtype=bool)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            crossed = (y0 > y) != (y1 > y)
            within ^= crossed & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        inside |= within
    return inside


def beam_stop_mask(intensity: ArrayLike, usable: ArrayLike, geometry: RingGeometry) -> Bools:
    """Return the shadow of a beam stop: a dark area that reaches from near the center to the border.

    Parameters
    ----------
    intensity, usable
        Pattern and which of its pixels count, shape ``(rows, columns)``.
    geometry
        Center of the rings.

    Returns
    -------
    numpy.ndarray
        Nothing is masked where no area below half the median of its ring goes from the inner quarter to the border.
    """
    from scipy import ndimage

    values, good = np.asarray(intensity, dtype=float), np.asarray(usable, dtype=bool)
    radius = geometry.radius_px(values.shape)
    level = azimuthal_median(values, good, radius)
    smooth = ndimage.uniform_filter(np.where(good, values, 0.0), 3)
    dark = good & (smooth < SHADOW * np.interp(radius, np.arange(len(level)), level))
    labels, count = ndimage.label(dark)
    if not count:
        return np.zeros(values.shape, dtype=bool)
    number = np.arange(1, count + 1)
    inner = ndimage.minimum(radius, labels, number) < FIRST_RADIUS * 0.5 * min(values.shape)
    edge = np.zeros(values.shape, dtype=bool)
    edge[[0, -1]], edge[:, [0, -1]] = True, True
    edge |= ndimage.binary_dilation(~good, iterations=PENUMBRA_PX)
    outer = ndimage.maximum(edge, labels, number) > 0
    large = ndimage.sum(dark, labels, number) > SMALLEST_SHADOW * values.size
    chosen = number[inner & outer & large]
    return np.asarray(ndimage.binary_dilation(np.isin(labels, chosen), iterations=PENUMBRA_PX) & good)
