"""Intensity against s as a curve: what a pair distribution is made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_finite, quantity
from entrox.microscopy.diffraction.radial_profile import RadialProfile

__all__ = ["DiffractionCurve", "curve_of_profile"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DiffractionCurve(Result):
    """Points in the order of s; masked ones are left out."""

    s_per_angstrom: Floats = quantity("1/angstrom", "s", axes=("point",))
    intensity: Floats = quantity("counts", "intensity", axes=("point",))
    standard_error: Floats | None = quantity("counts", "standard error", axes=("point",), default=None)
    source: str = ""
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        s = check_finite(self.s_per_angstrom, "s_per_angstrom")
        if len(s) != len(check_finite(self.intensity, "intensity")) or len(s) < 2 or (np.diff(s) <= 0.0).any():
            raise InputError("s must rise and have as many points as intensities, at least two.")


def curve_of_profile(profile: RadialProfile, *, fewest_pixels: int = 4) -> DiffractionCurve:
    """Curve of the azimuthal means of a profile.

    Parameters
    ----------
    profile
        Profile with a scale.
    fewest_pixels
        Rings with fewer pixels are left out.

    Raises
    ------
    InputError
        If the profile has no scale.
    """
    s = profile.s_per_angstrom
    good = np.isfinite(profile.mean) & (profile.pixel_count >= fewest_pixels)
    error = profile.standard_error[good]
    return DiffractionCurve(
        s_per_angstrom=s[good],
        intensity=profile.mean[good],
        standard_error=error if np.isfinite(error).all() and (error > 0.0).all() else None,
        source=profile.source,
        warnings=profile.warnings,
    )
