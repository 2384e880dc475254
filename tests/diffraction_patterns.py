"""Patterns of rings whose truth is known, for the tests of diffraction."""

from __future__ import annotations

import numpy as np

from entrox.microscopy import Pattern, RingGeometry

RADII = (0.12, 0.20, 0.27, 0.36)
"""Of the rings, over the edge of the picture."""


def ring_picture(size, center, ratio=1.0, angle=0.0, *, counts=200.0, beam=300.0, rng=None, stretch=None):
    """Return rings on a smooth background with Poisson noise, shape (size, size).

    ``stretch`` is a matrix F of the sample: what scattered at k now scatters at F^-T k, x right and y up.
    """
    geometry = RingGeometry(center_px=np.array(center), axis_ratio=ratio, angle_deg=angle)
    x, y = geometry.offsets_px((size, size))
    if stretch is not None:
        # k of the unstrained sample is F^T k
        (a, b), (c, d) = np.asarray(stretch, dtype=float).T
        x, y = a * x + b * y, c * x + d * y
    radius = np.hypot(x, y) / size
    profile = 0.2 * np.exp(-radius / 0.15) + beam * np.exp(-0.5 * (radius / 0.01) ** 2)
    for height, place, width in zip((1.0, 0.5, 0.4, 0.2), RADII, (0.008, 0.008, 0.010, 0.012), strict=True):
        profile = profile + height * np.exp(-0.5 * ((radius - place) / width) ** 2)
    expected = counts * profile
    return expected if rng is None else rng.poisson(expected).astype(float)


def as_pattern(picture, usable=None, pixel=None):
    """Return a picture as a pattern."""
    whole = np.ones(picture.shape, dtype=bool) if usable is None else usable
    return Pattern(intensity=picture, usable=whole, pixel_per_angstrom=pixel)
