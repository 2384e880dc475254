r"""Powder pattern of a box of atoms, crystal, glass or a mosaic of both, from its distances.

.. math:: \frac{I(Q)}{N} = \sum_i c_i f_i^2 + \langle f \rangle^2 \frac{1}{Q}
    \sum_{i \le j} w_{ij}(Q) \int_0^R D_{ij}(r) \, \gamma(r) \sin(Qr) \, dr, \qquad
    \gamma = 1 - \frac{3 r}{2 R} + \frac{r^3}{2 R^3}

with :math:`\gamma` the share of the distances r that fit into a sphere of the diameter R: the pattern is that of
spherical grains of this size without their small-angle scattering, and lines of a perfect crystal are about 7/R wide.
Q = 4 pi sin(theta)/lambda. Units: angstrom, 1/angstrom, degrees; intensities in squared electrons per atom (squared fm,
squared angstrom for the other probes).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, check_positive, quantity
from entrox.order.pair_distribution.partial import partial_rdf
from entrox.order.pair_distribution.waves import composition_of, watched_frames, wave_sums
from entrox.order.pair_distribution.weights import pair_weights, scattering_strengths

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["COPPER_K_ALPHA_ANGSTROM", "PowderPattern", "powder_pattern"]

Floats = NDArray[np.float64]

COPPER_K_ALPHA_ANGSTROM = 1.5418
STEP_ANGSTROM = 0.002
"""Between the lines of a perfect crystal thousands of shells cancel; their places must be that sharp."""


@dataclass(frozen=True, kw_only=True)
class PowderPattern(Result):
    """Powder pattern; ``self_scattering`` is what atoms without any order would give."""

    probe: str
    wavelength_angstrom: float = quantity("angstrom", "wavelength")
    two_theta_deg: Floats = quantity("deg", "scattering angle", axes=("point",))
    q_per_angstrom: Floats = quantity("1/angstrom", "momentum transfer", axes=("point",))
    intensity: Floats = quantity("squared length or electrons per atom", "scattered intensity", axes=("point",))
    self_scattering: Floats = quantity("squared length or electrons per atom", "sum of single atoms", axes=("point",))
    r_max_angstrom: float = quantity("angstrom", "longest distance counted")
    warnings: tuple[str, ...] = ()


def powder_pattern(
    frames: Iterable[Atoms] | Atoms,
    two_theta_deg: ArrayLike,
    wavelength_angstrom: float = COPPER_K_ALPHA_ANGSTROM,
    r_max_angstrom: float = 40.0,
    *,
    probe: str = "xray",
    lorentz_polarization: bool = True,
    factors: str = "lobato",
) -> PowderPattern:
    """Powder pattern of periodic boxes.

    Parameters
    ----------
    frames
        One or many frames of one composition.
    two_theta_deg
        Scattering angles, shape ``(n,)``, in (0, 180).
    wavelength_angstrom
        Wavelength; that of copper K alpha by default.
    r_max_angstrom
        Longest distance: the diameter of the grains. Images of a small box are counted.
    probe
        ``"xray"``, ``"neutron"`` or ``"electron"``.
    lorentz_polarization
        Multiply by the Lorentz factor of a powder and, for x-rays, by that of an unpolarized beam.
    factors
        Electron form factors.

    Raises
    ------
    InputError
        If an angle or another number is out of range.

    Examples
    --------
    >>> from ase.build import bulk
    >>> angle = np.arange(40.0, 48.0, 0.05)
    >>> found = powder_pattern(bulk("Ni", cubic=True), angle)
    >>> round(float(angle[found.intensity.argmax()]), 1)
    44.4
    """
    angle = np.atleast_1d(check_finite(two_theta_deg, "two_theta_deg"))
    if angle.ndim != 1 or (angle <= 0.0).any() or (angle >= 180.0).any():
        raise InputError("two_theta_deg must lie between 0 and 180 degrees, in one row.")
    wavelength = check_positive(wavelength_angstrom, "wavelength_angstrom", "angstrom")
    longest = check_positive(r_max_angstrom, "r_max_angstrom", "angstrom")
    q = 4.0 * np.pi * np.sin(np.radians(0.5 * angle)) / wavelength
    noticed: dict[str, float] = {}
    partials = partial_rdf(watched_frames(frames, noticed), None, longest, STEP_ANGSTROM)
    elements, fractions, places = composition_of(partials.pairs, noticed)
    strengths = scattering_strengths(probe, elements, q, factors=factors)
    r = np.array(partials.r_angstrom)
    waves = 4.0 * np.pi * partials.density_per_angstrom3 * r * (partials.g - 1.0) * _sphere(r / longest)
    order = (pair_weights(strengths, fractions, places) * wave_sums(r, STEP_ANGSTROM, waves, q)).sum(axis=0) / q
    single = fractions @ strengths**2
    factor = _lorentz_polarization(angle, probe) if lorentz_polarization else np.ones(len(angle))
    return PowderPattern(
        probe=probe,
        wavelength_angstrom=wavelength,
        two_theta_deg=angle,
        q_per_angstrom=q,
        intensity=factor * (single + (fractions @ strengths) ** 2 * order),
        self_scattering=factor * single,
        r_max_angstrom=longest,
        warnings=partials.warnings,
    )


def _sphere(x: Floats) -> Floats:
    """Share of distances within a sphere, x in diameters."""
    return np.where(x < 1.0, 1.0 - 1.5 * x + 0.5 * x**3, 0.0)


def _lorentz_polarization(two_theta_deg: Floats, probe: str) -> Floats:
    half = np.radians(0.5 * two_theta_deg)
    polarization = 0.5 * (1.0 + np.cos(2.0 * half) ** 2) if probe == "xray" else 1.0
    return np.asarray(polarization / (np.sin(half) ** 2 * np.cos(half)))
