r"""Density of directions on the sphere in stereographic projection, one for random directions.

The pole is +z and :math:`\theta` the angle from it; the equator is the circle R = 1:

.. math:: R = \tan\frac\theta2 \ \text{(equal angle)}, \qquad R = \sqrt2 \sin\frac\theta2 \ \text{(equal area)}

with the solid angles :math:`4/(1 + R^2)^2` and 2 per area. The lower half is a second panel, seen through the equator
(R from |z|), or folded onto the upper one by d -> -d where only axes matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, check_integer, quantity
from entrox.order.phases.vector_field import vector_field

if TYPE_CHECKING:
    from entrox.order.phases.vector_field import Field

__all__ = ["Projection", "StereographicDensity", "stereographic_density", "stereographic_points"]

Floats = NDArray[np.float64]
Projection = Literal["equal_area", "equal_angle"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
STRIPS = 32
"""Parts of a bin, each with eight Gauss points, for the solid angle of bins that the rim cuts."""


@dataclass(frozen=True, kw_only=True)
class StereographicDensity(Result):
    """Density of directions over that of random ones; NaN outside the circle.

    The first panel is the upper half, or everything folded where ``axial``; the second the lower half.
    """

    edges: Floats = quantity("1", "edges of the bins along both axes of the map", axes=("edge",))
    density: Floats = quantity("1", "density over that of random directions", axes=("panel", "x", "y"))
    counts: NDArray[np.int64] = quantity("1", "directions", axes=("panel", "x", "y"))
    solid_angle: Floats = quantity("sr", "solid angle of the bin", axes=("x", "y"))
    projection: Projection
    axial: bool
    n_directions: int = quantity("1", "directions in the map")


def stereographic_points(directions: ArrayLike, projection: Projection = "equal_area") -> Floats:
    """Places of directions on the map of their half sphere.

    Parameters
    ----------
    directions
        Vectors of any length, shape ``(..., 3)``; those of length 0 give NaN.
    projection
        ``"equal_area"`` or ``"equal_angle"``.

    Returns
    -------
    ndarray
        Shape ``(..., 2)``, inside the unit circle.

    Examples
    --------
    >>> stereographic_points([1.0, 0.0, 1.0], "equal_angle").round(4)
    array([0.4142, 0.    ])
    """
    if projection not in ("equal_area", "equal_angle"):
        raise InputError(f"projection must be equal_area or equal_angle; got {projection!r}.")
    vectors = np.asarray(directions, dtype=float)
    if vectors.shape[-1:] != (3,):
        raise InputError(f"directions must have shape (..., 3); got {vectors.shape}.")
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
        # R over sin(theta), written so that the pole does no harm
        height = 1.0 + np.abs(unit[..., 2:])
        return np.asarray(unit[..., :2] / (height if projection == "equal_angle" else np.sqrt(height)))


def stereographic_density(
    d: Field,
    projection: Projection = "equal_area",
    bins: int = 40,
    *,
    axial: bool = False,
    threshold_angstrom: float = 0.0,
    axes: ArrayLike | None = None,
) -> StereographicDensity:
    """Count the directions of displacements on a square grid over the map.

    Parameters
    ----------
    d
        Displacements, or an array as in :func:`entrox.order.phases.vector_field.vector_field`.
    projection
        ``"equal_area"`` or ``"equal_angle"``.
    bins
        Number of bins across the circle.
    axial
        Whether d and -d are the same.
    threshold_angstrom
        Shorter vectors are left out.
    axes
        Rows: the directions of x, y and the pole; by default the pseudo-cubic axes.

    Raises
    ------
    InputError
        If an option is out of range, the vectors are those of an image, or none is long enough.
    """
    field = vector_field(d, axes)
    if field.dimension != 3:
        raise InputError("a stereographic map needs three components; for an image count the angles in the plane.")
    count = check_integer(bins, "bins", low=2)
    least = check_in_range(threshold_angstrom, "threshold_angstrom", low=0.0, unit="angstrom")
    vectors = field.vectors.reshape(-1, 3)
    length = np.linalg.norm(vectors, axis=1)
    with np.errstate(invalid="ignore"):
        vectors = vectors[(length >= least) & (length > 0.0)]
    if not len(vectors):
        raise InputError(f"no vector is {least:g} angstrom long; lower threshold_angstrom.")
    edges = np.linspace(-1.0, 1.0, count + 1)
    lower = vectors[:, 2] < 0.0
    panels = [np.where(lower[:, None], -vectors, vectors)] if axial else [vectors[~lower], vectors[lower]]
    places = [stereographic_points(panel, projection) for panel in panels]
    counts = np.stack([np.histogram2d(p[:, 0], p[:, 1], (edges, edges))[0] for p in places])
    solid = _solid_angles(edges, projection)
    expected = len(vectors) * solid / (2.0 * np.pi * len(panels))
    with np.errstate(invalid="ignore", divide="ignore"):
        density = np.where(solid > 1e-12, counts / expected, np.nan)
    return StereographicDensity(
        edges=edges,
        density=density,
        counts=counts.astype(np.int64),
        solid_angle=solid,
        projection=projection,
        axial=axial,
        n_directions=len(vectors),
    )


def _solid_angles(edges: Floats, projection: Projection) -> Floats:
    """Solid angle of the part of each bin inside the circle [sr], shape ``(n, n)``."""
    cuts = np.concatenate([np.linspace(a, b, STRIPS, endpoint=False) for a, b in pairwise(edges)])
    half = (edges[1] - edges[0]) / STRIPS / 2.0
    x = (cuts[:, None] + half * (1.0 + NODES)).ravel()
    top = np.sqrt(np.maximum(1.0 - x**2, 0.0))[:, None]
    y = np.clip(edges, -top, top)
    if projection == "equal_area":
        inner = 2.0 * y
    else:
        # integral of 4 / (s^2 + y^2)^2 over y
        s = np.sqrt(1.0 + x**2)[:, None]
        inner = 2.0 * y / (s**2 * (s**2 + y**2)) + 2.0 * np.arctan(y / s) / s**3
    strips = np.diff(inner, axis=1) * np.tile(half * WEIGHTS, len(cuts))[:, None]
    return np.asarray(strips.reshape(len(edges) - 1, -1, len(edges) - 1).sum(axis=1))
