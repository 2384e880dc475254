"""From one pattern to center, ellipse, profile, rings, scale and sizes, in this order."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entrox.core import ConvergenceError, InputError, Result, quantity
from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.diffraction.calibration import PixelCalibration, calibrate_pixel
from entrox.microscopy.diffraction.crystallite_size import (
    CrystalliteSize,
    LineShape,
    crystallite_size,
    disc_diameter_inverse_nm,
)
from entrox.microscopy.diffraction.geometry_fit import fit_geometry
from entrox.microscopy.diffraction.pattern import Pattern
from entrox.microscopy.diffraction.pattern_mask import beam_stop_mask
from entrox.microscopy.diffraction.radial_profile import RadialProfile, radial_profile
from entrox.microscopy.diffraction.ring_geometry import RingGeometry
from entrox.microscopy.diffraction.ring_peaks import RingPeaks, fit_ring_peaks

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PatternAnalysis", "ProfileSettings", "analyze_pattern"]


@dataclass(frozen=True)
class ProfileSettings:
    """How a pattern is analyzed.

    Parameters
    ----------
    ellipse
        Fit the ellipse of the rings.
    center_px
        Where the search for the center begins; from the symmetry of the pattern if None [px].
    beam_stop
        Look for the shadow of a beam stop and mask it.
    step_px
        Width of a ring of the profile [px].
    rings_px, range_px, background_order
        As of :func:`fit_ring_peaks`.
    reference_width_inverse_nm, reference_error_inverse_nm
        Width of the rings of a sample with large crystals, and its error [1/nm].
    shape
        Shape of the lines; the mixing of pseudo-Voigts is the fitted one.
    convergence_mrad, energy_kv
        Half angle of a convergent beam and its energy; both or none.
    """

    ellipse: bool = False
    center_px: tuple[float, float] | None = None
    beam_stop: bool = True
    step_px: float = 1.0
    rings_px: tuple[float, ...] | None = None
    range_px: tuple[float, float] | None = None
    background_order: int = 3
    reference_width_inverse_nm: float | None = None
    reference_error_inverse_nm: float = 0.0
    shape: LineShape = "gaussian"
    convergence_mrad: float | None = None
    energy_kv: float | None = None

    def __post_init__(self) -> None:
        if (self.convergence_mrad is None) != (self.energy_kv is None):
            raise InputError("give convergence_mrad and energy_kv, or neither: discs need both.")
        # fails here and not after the fits
        crystallite_size(
            1.0, self.reference_width_inverse_nm, reference_error_inverse_nm=self.reference_error_inverse_nm,
            shape=self.shape,
        )  # fmt: skip
        if self.convergence_mrad is not None and self.energy_kv is not None:
            disc_diameter_inverse_nm(self.convergence_mrad, self.energy_kv)


@dataclass(frozen=True, kw_only=True)
class PatternAnalysis(Result):
    """All that one pattern tells; ``rings`` is None where no ring rises above the background."""

    pattern: Pattern
    geometry: RingGeometry
    profile: RadialProfile
    rings: RingPeaks | None = None
    calibration: PixelCalibration | None = None
    sizes: tuple[CrystalliteSize, ...] = ()
    masked_by_beam_stop: int = quantity("1", "pixels in the shadow of a beam stop", default=0)
    warnings: tuple[str, ...] = ()


def analyze_pattern(
    pattern: Pattern, settings: ProfileSettings | None = None, *, calibrant: Atoms | None = None
) -> PatternAnalysis:
    """Analyze one pattern.

    Parameters
    ----------
    pattern
        Pattern.
    settings
        Choices.
    calibrant
        Unit cell of the substance, if the scale is to be found from its rings; it replaces the scale of the pattern.

    Raises
    ------
    InputError
        If the pattern has no center, or the calibrant does not fit its rings.
    ConvergenceError
        If the fit of the center does not end.
    """
    chosen = settings or ProfileSettings()
    geometry = fit_geometry(pattern, ellipse=chosen.ellipse, start_px=chosen.center_px)
    shadow, notes = 0, []
    if chosen.beam_stop:
        mask = beam_stop_mask(pattern.intensity, pattern.usable, geometry)
        shadow = int(mask.sum())
        if shadow:
            pattern = dataclasses.replace(pattern, usable=pattern.usable & ~mask)
            geometry = fit_geometry(pattern, ellipse=chosen.ellipse, start_px=geometry.center_px)
            notes.append(f"{shadow} pixels lie in the shadow of a beam stop and do not count.")
    profile = radial_profile(pattern, geometry, step_px=chosen.step_px)
    rings, more = _rings(profile, chosen)
    calibration = None
    if calibrant is not None:
        if rings is None:
            raise InputError(f"the pattern cannot be calibrated: {more[0]}")
        calibration = calibrate_pixel(rings, calibrant)
        pixel = calibration.pixel_per_angstrom
        pattern, profile, rings = (
            dataclasses.replace(pattern, pixel_per_angstrom=pixel, warnings=_but_scale(pattern.warnings)),
            dataclasses.replace(profile, pixel_per_angstrom=pixel),
            dataclasses.replace(rings, pixel_per_angstrom=pixel),
        )
    sizes = _sizes(rings, chosen)
    return PatternAnalysis(
        pattern=pattern,
        geometry=geometry,
        profile=profile,
        rings=rings,
        calibration=calibration,
        sizes=sizes,
        masked_by_beam_stop=shadow,
        warnings=tuple(dict.fromkeys((*pattern.warnings, *notes, *geometry.warnings, *more, *_reasons(sizes)))),
    )


def _but_scale(warnings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in warnings if "no scale in reciprocal space" not in text)


def _rings(profile: RadialProfile, settings: ProfileSettings) -> tuple[RingPeaks | None, list[str]]:
    try:
        return fit_ring_peaks(
            profile,
            rings_px=settings.rings_px,
            range_px=settings.range_px,
            background_order=settings.background_order,
        ), []
    except (InputError, ConvergenceError) as error:
        if settings.rings_px is not None:
            raise
        return None, [f"no rings were fitted: {error}"]


def _sizes(rings: RingPeaks | None, settings: ProfileSettings) -> tuple[CrystalliteSize, ...]:
    if rings is None or rings.pixel_per_angstrom is None:
        return ()
    scale = rings.pixel_per_angstrom / NANOMETER_PER_ANGSTROM
    disc = 0.0
    if settings.convergence_mrad is not None and settings.energy_kv is not None:
        disc = disc_diameter_inverse_nm(settings.convergence_mrad, settings.energy_kv)
    return tuple(
        crystallite_size(
            scale * float(width),
            settings.reference_width_inverse_nm,
            fwhm_error_inverse_nm=scale * float(error),
            reference_error_inverse_nm=settings.reference_error_inverse_nm,
            shape=settings.shape,
            mixing=rings.mixing,
            disc_inverse_nm=disc,
        )
        for width, error in zip(rings.fwhm_px, rings.fwhm_error_px, strict=True)
    )


def _reasons(sizes: tuple[CrystalliteSize, ...]) -> list[str]:
    found = [f"no size: {size.reason}" for size in sizes if size.reason]
    if any(size.size_nm is not None for size in sizes):
        found.append("sizes are lower bounds where strain or lines that overlap widen the rings too.")
    return found
