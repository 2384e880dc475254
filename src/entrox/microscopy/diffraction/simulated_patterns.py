r"""Patterns whose truth is known: rings of a powder, the halo of a glass, scans over both.

Kinematic, from the pair sum of Debye for atoms and from the structure factors for powders:

.. math:: I(s) = \sum_{ij} f_i f_j \frac{\sin(2 \pi s r_{ij})}{2 \pi s r_{ij}}

Counts are those of a Poisson process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.electron_factors import electron_form_factors
from entrox.core import InputError, check_all_positive, check_positive
from entrox.microscopy.diffraction.pattern import Pattern
from entrox.microscopy.diffraction.ring_geometry import RingGeometry
from entrox.microscopy.diffraction.ring_peaks import pseudo_voigt
from entrox.microscopy.diffraction.ring_set import ring_set

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PatternSettings", "debye_curve", "powder_curve", "simulate_pattern", "simulate_scan"]

Floats = NDArray[np.float64]

BIN_ANGSTROM = 0.002
S_ROWS = 64


@dataclass(frozen=True)
class PatternSettings:
    """Camera of a simulated pattern.

    Parameters
    ----------
    size_px
        Edge of the picture.
    pixel_per_angstrom
        Edge of a pixel [1/angstrom].
    center_px
        Center of the rings, x right and y down; the middle if None [px].
    axis_ratio, angle_deg
        Ellipse of the rings.
    electrons
        Electrons on the picture.
    beam_share, beam_fwhm_px
        Share of the direct beam in them, and its width; none at 0.
    """

    size_px: int = 512
    pixel_per_angstrom: float = 0.005
    center_px: tuple[float, float] | None = None
    axis_ratio: float = 1.0
    angle_deg: float = 0.0
    electrons: float = 3e7
    beam_share: float = 0.2
    beam_fwhm_px: float = 5.0

    def __post_init__(self) -> None:
        check_all_positive(
            [self.size_px, self.pixel_per_angstrom, self.electrons, self.axis_ratio, self.beam_fwhm_px],
            "size, pixel, electrons, axis_ratio and beam_fwhm_px",
        )
        if not 0.0 <= self.beam_share < 1.0:
            raise InputError(f"beam_share must be in [0, 1); got {self.beam_share:g}.")

    @property
    def geometry(self) -> RingGeometry:
        """Center and ellipse of the rings."""
        middle = 0.5 * (self.size_px - 1)
        return RingGeometry(
            center_px=np.array(self.center_px or (middle, middle)), axis_ratio=self.axis_ratio, angle_deg=self.angle_deg
        )


def powder_curve(
    crystal: Atoms,
    s_per_angstrom: ArrayLike,
    *,
    fwhm_per_angstrom: float,
    mixing: float = 0.5,
    thermal_square_angstrom: float = 0.01,
    diffuse: float = 0.5,
) -> Floats:
    """Intensity of a powder per solid angle, in units of the mean square form factor at s = 0.

    Parameters
    ----------
    crystal
        Unit cell.
    s_per_angstrom
        Shape ``(n,)``.
    fwhm_per_angstrom
        Width of all rings [1/angstrom].
    mixing
        Share of the Lorentzian.
    thermal_square_angstrom
        Mean square displacement of one component [angstrom^2].
    diffuse
        Smooth scattering, as a factor to that of single atoms.
    """
    s = np.asarray(s_per_angstrom, dtype=float)
    width = check_positive(fwhm_per_angstrom, "fwhm_per_angstrom", "1/angstrom")
    rings = ring_set(crystal, float(s.max()) + width)
    symbols = crystal.get_chemical_symbols()
    factors = electron_form_factors(symbols, np.append(s, 0.0))
    atomic = (factors**2).mean(axis=0)
    # light of a ring per circumference; the scale makes the first rings as high as the smooth part is there
    height = rings.intensity / rings.s_per_angstrom
    height *= np.exp(-thermal_square_angstrom * (2.0 * np.pi * rings.s_per_angstrom) ** 2) / height.max()
    shapes = pseudo_voigt((s[:, None] - rings.s_per_angstrom) / width, mixing)
    return np.asarray(diffuse * atomic[:-1] / atomic[-1] + 0.1 * shapes @ height)


def debye_curve(atoms: Atoms, s_per_angstrom: ArrayLike, factors: str = "lobato") -> Floats:
    """Intensity of a cluster of atoms by the sum over all pairs, shape ``(n,)`` [angstrom^2].

    Parameters
    ----------
    atoms
        Cluster; its cell is not repeated.
    s_per_angstrom
        Shape ``(n,)``.
    factors
        Source of the form factors.
    """
    s = np.atleast_1d(np.asarray(s_per_angstrom, dtype=float))
    symbols = np.array(atoms.get_chemical_symbols())
    names = sorted(set(symbols))
    form = dict(zip(names, electron_form_factors(names, s, factors), strict=True))
    places = {name: atoms.positions[symbols == name] for name in names}
    total = np.zeros(len(s))
    for a, first in enumerate(names):
        total += len(places[first]) * form[first] ** 2
        for second in names[a:]:
            far, count = _distances(places[first], places[second], same=first == second)
            total += 2.0 * form[first] * form[second] * _pair_sum(s, far, count)
    return total


def _distances(first: Floats, second: Floats, *, same: bool) -> tuple[Floats, Floats]:
    """Mean distance and number of the pairs of each bin that has some."""
    from scipy.spatial.distance import cdist, pdist

    far = pdist(first) if same else cdist(first, second).ravel()
    place = (far / BIN_ANGSTROM).astype(np.intp)
    count = np.bincount(place)
    full = np.flatnonzero(count)
    return np.bincount(place, far)[full] / count[full], count[full].astype(float)


def _pair_sum(s: Floats, far: Floats, count: Floats) -> Floats:
    found = np.empty(len(s))
    for first in range(0, len(s), S_ROWS):
        rows = slice(first, first + S_ROWS)
        # sinc of NumPy is sin(pi x)/(pi x)
        found[rows] = np.sinc(2.0 * s[rows, None] * far) @ count
    return found


def simulate_pattern(
    s_per_angstrom: ArrayLike, intensity: ArrayLike, settings: PatternSettings, rng: np.random.Generator
) -> Pattern:
    """Draw a pattern of a curve of intensity against s.

    Parameters
    ----------
    s_per_angstrom, intensity
        Curve, s rising, shape ``(n,)``; beyond its ends the intensity stays.
    settings
        Camera.
    rng
        Draws the electrons.
    """
    expected = _expected(np.asarray(s_per_angstrom, dtype=float), np.asarray(intensity, dtype=float), settings)
    return Pattern(
        intensity=rng.poisson(expected).astype(float),
        usable=np.ones(expected.shape, dtype=bool),
        pixel_per_angstrom=settings.pixel_per_angstrom,
        source="simulated",
    )


def _expected(s: Floats, intensity: Floats, settings: PatternSettings) -> Floats:
    radius = settings.geometry.radius_px((settings.size_px, settings.size_px))
    rings = np.interp(radius * settings.pixel_per_angstrom, s, intensity)
    rings *= (1.0 - settings.beam_share) * settings.electrons / rings.sum()
    if settings.beam_share == 0.0:
        return np.asarray(rings)
    x, y = RingGeometry(center_px=settings.geometry.center_px).offsets_px(radius.shape)
    beam = np.exp(-4.0 * np.log(2.0) * (x**2 + y**2) / settings.beam_fwhm_px**2)
    return np.asarray(rings + settings.beam_share * settings.electrons * beam / beam.sum())


def simulate_scan(
    crystal_share: ArrayLike,
    rng: np.random.Generator,
    *,
    size_px: int = 64,
    ring_px: float = 18.0,
    ring_fwhm_px: float = 5.0,
    spots: int = 6,
    electrons: float = 2e4,
    drift_px: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.uint16]:
    """Draw a scan of patterns: a ring where the sample is glass, spots on it where it is crystal.

    Parameters
    ----------
    crystal_share
        Share of the ring that is in spots at each scan point, shape ``(rows, columns)``.
    rng
        Draws directions of the spots and electrons.
    size_px
        Edge of a pattern.
    ring_px, ring_fwhm_px
        Radius and width of the ring [px].
    spots
        Spots of a crystal, even: Friedel pairs.
    electrons
        Electrons in a pattern.
    drift_px
        Movement of the center over the scan, along its columns and along its rows, in x [px].

    Returns
    -------
    numpy.ndarray
        Counts, shape ``(rows, columns, size, size)``.
    """
    share = np.asarray(crystal_share, dtype=float)
    counts = np.zeros((*share.shape, size_px, size_px), dtype=np.uint16)
    y, x = np.indices((size_px, size_px), dtype=float)
    middle = 0.5 * (size_px - 1)
    rows, columns = share.shape
    for i, j in np.ndindex(*share.shape):
        shift = drift_px[0] * (j / max(columns - 1, 1) - 0.5) + drift_px[1] * (i / max(rows - 1, 1) - 0.5)
        dx, dy = x - middle - shift, middle - y
        radius = np.hypot(dx, dy)
        ring = pseudo_voigt((radius - ring_px) / ring_fwhm_px, 0.0)
        turn = rng.uniform(0.0, 2.0 * np.pi)
        angles = turn + 2.0 * np.pi * np.arange(spots) / spots
        spot = sum(
            np.exp(-4.0 * np.log(2.0) * ((dx - ring_px * np.cos(a)) ** 2 + (dy - ring_px * np.sin(a)) ** 2)
                   / ring_fwhm_px**2)
            for a in angles
        )  # fmt: skip
        beam = pseudo_voigt(radius / ring_fwhm_px, 0.0)
        picture = 0.5 * np.exp(-radius / ring_px) / 200.0 + 0.3 * beam / beam.sum()
        picture += 0.7 * ((1.0 - share[i, j]) * ring / ring.sum() + share[i, j] * spot / np.sum(spot))
        counts[i, j] = rng.poisson(electrons * picture / picture.sum())
    return counts
