"""Whether the image shows the zone axis that was named, and how far apart its columns are.

A perovskite along [001] repeats one kind of cation on a square, a by a; along [110] on a rectangle, a by a/sqrt(2).
"""

from __future__ import annotations

import numpy as np

from entrox.core import InputError
from entrox.microscopy.lattice.column_lattice import LatticeIndex
from entrox.microscopy.lattice.columns import Columns

__all__ = ["ZONE_AXES", "check_view", "spacing_says"]

ZONE_AXES = ("001", "110")
SQUARE_LIMIT = 1.2
"""Aspect ratio between 1 of [001] and 1.41 of [110]: their geometric middle."""
LARGEST_ASPECT = 1.6
SMALLEST_ANGLE = 78.0
SPACING = {"001": ((2.35, 3.25), (3.4, 4.6)), "110": ((1.65, 2.3), (2.4, 3.25))}
"""Distance of nearest columns [angstrom] if both cations are seen, and if only one is, for lattice constants of
perovskites from 3.4 to 4.6."""


def check_view(columns: Columns, index: LatticeIndex, zone_axis: str) -> None:
    """Raise :class:`InputError` unless the lattice of the columns is that of the zone axis."""
    if zone_axis not in ZONE_AXES:
        raise InputError(f"zone_axis must be '001' or '110'; got {zone_axis!r}.")
    short, long = np.sort(np.linalg.norm(index.basis_px, axis=1))
    ratio, square = index.aspect_ratio, index.aspect_ratio < SQUARE_LIMIT
    if index.angle_deg < SMALLEST_ANGLE or ratio > LARGEST_ASPECT:
        raise InputError(
            f"the columns form neither a square nor a rectangle of 1 : 1.41: steps of {short:.1f} and {long:.1f} px at "
            f"{index.angle_deg:.0f} deg. Only [001] and [110] views of perovskites are known."
        )
    if square != (zone_axis == "001"):
        aspect = ratio if square else 2.0 * short / long
        raise InputError(
            f"zone axis [{zone_axis}] does not fit the image: the periods of one cation have the aspect ratio "
            f"{max(aspect, 1 / aspect):.2f}, but [001] has 1.00 and [110] has 1.41. Take zone axis "
            f"{'001' if square else '110'}."
        )
    places = abs(float(np.linalg.det(columns.period_vectors_px)) / float(np.linalg.det(index.basis_px)))
    if columns.dark and places > 3.0:
        raise InputError(
            f"the dark columns have {places:.1f} places in each period, so columns of oxygen are among them. Take the "
            "positions of the cations from the dark field image of the same area."
        )


def spacing_says(columns: Columns, index: LatticeIndex, zone_axis: str) -> tuple[bool, str] | None:
    """Whether the distance of columns shows two kinds of cations; None if it does not tell."""
    if columns.pixel_size_angstrom is None:
        return None
    spacing = float(np.linalg.norm(index.basis_px, axis=1).min()) * columns.pixel_size_angstrom
    both, one = SPACING[zone_axis]
    if both[0] <= spacing <= both[1]:
        return True, f"columns are {spacing:.2f} angstrom apart, as A and B are"
    if one[0] <= spacing <= one[1]:
        return False, f"columns are {spacing:.2f} angstrom apart, as those of one cation are"
    return None
