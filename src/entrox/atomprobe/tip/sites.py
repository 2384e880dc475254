"""Sites of a simulated tip, and where in the box material is. Lengths in nm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.tip.settings import DensitySettings, SiteSettings
from entrox.core import InputError

__all__ = ["TipSites", "build_sites", "material_density", "pole_survival"]

Floats = NDArray[np.float64]
LARGEST_SITES = 100_000_000

FACE_CENTERED = np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]])
BODY_CENTERED = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
ANION_SHIFT = np.array([0.5, 0.0, 0.0])


@dataclass(frozen=True, eq=False)
class TipSites:
    """Sites before any loss.

    Parameters
    ----------
    positions_nm
        Positions, shape ``(n, 3)``.
    corner
        Whether a site is the corner of its cubic cell, shape ``(n,)``; False for points without lattice.
    anion
        Whether a site belongs to the anions, shape ``(n,)``.
    """

    positions_nm: Floats
    corner: NDArray[np.bool_]
    anion: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.positions_nm)

    def take(self, kept: NDArray[np.bool_]) -> TipSites:
        """Return the chosen sites."""
        return TipSites(positions_nm=self.positions_nm[kept], corner=self.corner[kept], anion=self.anion[kept])


def build_sites(settings: SiteSettings, box_nm: tuple[float, float, float], rng: np.random.Generator) -> TipSites:
    """Fill a box with the sites of a lattice, or with Poisson points.

    Parameters
    ----------
    settings
        Kind of sites.
    box_nm
        Edges of the box; the lattice starts in the origin with its axes along the edges.
    rng
        Source of randomness of the Poisson points.

    Raises
    ------
    InputError
        If there would be more than 1e8 sites, or none.
    """
    box = np.array(box_nm)
    volume = float(box.prod())
    if settings.density_per_nm3 is not None:
        _check_number(settings.density_per_nm3 * volume)
        n = int(rng.poisson(settings.density_per_nm3 * volume))
        flat = np.zeros(n, dtype=bool)
        return TipSites(positions_nm=rng.random((n, 3)) * box, corner=flat, anion=flat.copy())
    assert settings.lattice_parameter_nm is not None
    basis = BODY_CENTERED if settings.kind == "bcc" else FACE_CENTERED
    anion = np.zeros(len(basis), dtype=bool)
    if settings.kind == "rock-salt":
        basis = np.concatenate([basis, (basis + ANION_SHIFT) % 1.0])
        anion = np.repeat([False, True], len(FACE_CENTERED))
    corner = np.arange(len(basis)) % (len(BODY_CENTERED) if settings.kind == "bcc" else len(FACE_CENTERED)) == 0
    edge = settings.lattice_parameter_nm
    _check_number(len(basis) * volume / edge**3)
    cells = np.indices(tuple(np.ceil(box / edge - 1e-9).astype(int))).reshape(3, -1).T
    positions = ((cells[:, None, :] + basis) * edge).reshape(-1, 3)
    inside = (positions < box - 1e-9 * edge).all(axis=1)
    return TipSites(
        positions_nm=positions[inside],
        corner=np.tile(corner, len(cells))[inside],
        anion=np.tile(anion, len(cells))[inside],
    )


def _check_number(expected: float) -> None:
    if not 1.0 <= expected <= LARGEST_SITES:
        raise InputError(
            f"the box would hold {expected:.3g} sites; allowed are 1 to {LARGEST_SITES:.0e}. Change tip.box_nm or the "
            "density of the sites."
        )


def material_density(settings: DensitySettings, positions_nm: Floats) -> Floats:
    """Share of the sites that are filled: 1 in the material, 0 in pores and between particles.

    Parameters
    ----------
    settings
        Particles and pores.
    positions_nm
        Positions, shape ``(n, 3)``.

    Returns
    -------
    ndarray
        Shape ``(n,)``.
    """
    filled = np.full(len(positions_nm), not settings.spheres)
    for sphere in settings.spheres:
        filled |= _within(positions_nm, sphere.center_nm, sphere.radius_nm)
    for pore in settings.pores:
        filled &= ~_within(positions_nm, pore.center_nm, pore.radius_nm)
    return filled.astype(np.float64)


def _within(positions: Floats, center: tuple[float, float, float], radius: float) -> NDArray[np.bool_]:
    return np.asarray(((positions - np.array(center)) ** 2).sum(axis=1) <= radius**2)


def pole_survival(settings: DensitySettings, species: tuple[str, ...], positions_nm: Floats) -> Floats | None:
    """Share of the ions of each species that poles leave, shape ``(n, n_species)``; None without poles."""
    if not settings.poles:
        return None
    survival = np.ones((len(positions_nm), len(species)))
    for pole in settings.poles:
        distance2 = ((positions_nm[:, :2] - np.array(pole.center_nm)) ** 2).sum(axis=1)
        profile = np.exp(-0.5 * distance2 / pole.radius_nm**2)
        for index, name in enumerate(species):
            lost = 1.0 - pole.density_factor * pole.species_factors.get(name, 1.0)
            survival[:, index] *= 1.0 - lost * profile
    return survival
