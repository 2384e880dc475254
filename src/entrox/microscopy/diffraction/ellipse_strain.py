r"""Strain from the ellipse into which it turns a ring.

A sample stretched by F scatters at :math:`F^{-T} k` what it scattered at k: rings shrink along the stretch. Relative to
the pattern of the unstrained sample the distortion of the lenses drops out, and with the mean radii both strains in the
plane follow, not their difference alone. A glass is no lattice: the strain of its first ring is that of the distances
behind it, which need not be that of the sample. Strains as components, x right and y up as displayed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.microscopy.diffraction.ring_geometry import RingGeometry, stretch_of
from entrox.microscopy.diffraction.ring_peaks import RingPeaks

__all__ = ["EllipseStrain", "ellipse_strain"]

Floats = NDArray[np.float64]

LARGEST_CHANGE = 0.15
SAME_SCALE = 0.01
"""Relative change of a radius up to which two rings are taken as the same."""


@dataclass(frozen=True, kw_only=True)
class EllipseStrain(Result):
    """Strain in the plane of the picture against the reference, and its principal values.

    The error of the principal values holds counting noise and the scatter between rings, not multiple scattering or a
    change of the camera length between the patterns; with one ring the latter cannot even be suspected.
    """

    strain: Floats = quantity("1", "strain in the plane, x right and y up", axes=("component", "other"))
    strain_parallel: float = quantity("1", "larger principal strain")
    strain_perpendicular: float = quantity("1", "smaller principal strain")
    error: float = quantity("1", "standard error of a principal strain")
    angle_deg: float = quantity("deg", "direction of the larger strain")
    mean_radius_ratio: float = quantity("1", "mean radius of the rings over that of the reference")
    n_rings: int = quantity("1", "rings that were compared")
    warnings: tuple[str, ...] = ()


def ellipse_strain(
    geometry: RingGeometry, rings: RingPeaks, reference_geometry: RingGeometry, reference_rings: RingPeaks
) -> EllipseStrain:
    """Strain of a pattern against that of the unstrained sample.

    Parameters
    ----------
    geometry, rings
        Ellipse and rings of the strained pattern.
    reference_geometry, reference_rings
        Those of the unstrained pattern, at the same camera length.

    Raises
    ------
    InputError
        If a geometry has no fitted ellipse, no ring is in both patterns, or their scales differ.
    """
    for item, name in ((geometry, "geometry"), (reference_geometry, "reference_geometry")):
        if item.axis_ratio_error is None:
            raise InputError(f"{name} must have a fitted ellipse: fit_geometry(pattern, ellipse=True).")
    scales = (rings.pixel_per_angstrom, reference_rings.pixel_per_angstrom)
    if scales[0] is not None and scales[1] is not None and abs(scales[0] / scales[1] - 1.0) > SAME_SCALE:
        raise InputError(
            f"the pixels of the two patterns differ: {scales[0]:.5g} and {scales[1]:.5g} 1/angstrom. Both must be "
            "taken at one camera length."
        )
    ratio, ratio_error, count = _radius_ratio(rings, reference_rings)
    metric = _squared(geometry) / ratio**2
    root = _power(_squared(reference_geometry), 0.5)
    inverse = np.linalg.inv(root)
    # the symmetric F with F M F = M', M the metric of the reference
    stretch = inverse @ _power(root @ metric @ root, 0.5) @ inverse
    strain = stretch - np.eye(2)
    values, directions = np.linalg.eigh(strain)
    shape_error = 0.5 * math.hypot(geometry.axis_ratio_error or 0.0, reference_geometry.axis_ratio_error or 0.0)
    along = directions[:, 1]
    warnings: tuple[str, ...] = ()
    if count == 1:
        warnings = ("one ring: a change of the camera length looks like strain in both directions.",)
    return EllipseStrain(
        strain=strain,
        strain_parallel=float(values[1]),
        strain_perpendicular=float(values[0]),
        error=math.hypot(shape_error, ratio_error),
        angle_deg=float(np.degrees(np.arctan2(along[1], along[0])) % 180.0),
        mean_radius_ratio=ratio,
        n_rings=count,
        warnings=warnings,
    )


def _squared(geometry: RingGeometry) -> Floats:
    stretch = stretch_of(geometry.axis_ratio, geometry.angle_deg)
    return np.asarray(stretch @ stretch)


def _power(matrix: Floats, exponent: float) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * values**exponent @ vectors.T)


def _radius_ratio(rings: RingPeaks, reference: RingPeaks) -> tuple[float, float, int]:
    """Weighted mean of the ratios of the radii of rings in both patterns, its error and their number."""
    ratios, errors = [], []
    for radius, error in zip(rings.radius_px, rings.radius_error_px, strict=True):
        change = np.abs(np.log(radius / reference.radius_px))
        near = int(np.argmin(change))
        back = int(np.argmin(np.abs(np.log(rings.radius_px / reference.radius_px[near]))))
        if change[near] < LARGEST_CHANGE and rings.radius_px[back] == radius:
            ratios.append(radius / reference.radius_px[near])
            errors.append(math.hypot(error / radius, reference.radius_error_px[near] / reference.radius_px[near]))
    if not ratios:
        raise InputError("no ring of the pattern is near one of the reference; were both taken at one camera length?")
    found, weight = np.array(ratios), 1.0 / np.maximum(errors, 1e-9) ** 2
    mean = float((weight * found).sum() / weight.sum())
    error = float(weight.sum() ** -0.5)
    if len(found) > 1:
        chi2 = float((weight * (found - mean) ** 2).sum()) / (len(found) - 1)
        error *= math.sqrt(max(chi2, 1.0))
    return mean, error, len(found)
