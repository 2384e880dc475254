r"""Lattice distortion from the mismatch of the ionic radii that share a site.

Pure functions of arrays and nouns. Distortions are fractions, not percent; radii in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.composition.radii import comparable_radii_of_site, radii_of_site
from entrox.composition.sites import Composition, Site
from entrox.composition.tables import VACANCY
from entrox.core.checks import check_finite, check_site_fractions
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = ["LatticeDistortion", "lattice_distortion", "mean_radius_of_site", "site_distortion"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LatticeDistortion(Result):
    """Distortion of every cation site and their root sum of squares."""

    per_site: dict[str, float]
    total: float = quantity("1", "lattice distortion")
    warnings: tuple[str, ...] = ()


def site_distortion(fractions: ArrayLike, radii: ArrayLike) -> Floats:
    r"""Relative spread of the radii on one site.

    .. math:: \delta = \sqrt{\sum_i c_i (1 - r_i/\bar r)^2}, \qquad \bar r = \sum_i c_i r_i

    Parameters
    ----------
    fractions
        Site fractions, shape ``(..., n_species)``, each row summing to one; vacancies have no radius and are left out
        beforehand.
    radii
        Ionic radii [angstrom], shape ``(n_species,)`` or ``(..., n_species)``.

    Returns
    -------
    ndarray
        Distortion, dimensionless, shape ``(...)``.

    Raises
    ------
    InputError
        If the fractions do not sum to one or a radius is not > 0.

    Examples
    --------
    Ba, Na and Sm in coordination 12 of Ba0.4Na0.3Sm0.3TiO3:

    >>> round(float(site_distortion([0.4, 0.3, 0.3], [1.61, 1.39, 1.24])), 4)
    0.1087
    """
    weights = check_site_fractions([fractions], "fractions")[0]
    sizes = check_finite(radii, "radii")
    if (sizes <= 0.0).any():
        raise InputError(f"radii must be > 0 angstrom; got {sizes.min():g}.")
    if sizes.shape[-1:] != weights.shape[-1:]:
        raise InputError(f"radii must have {weights.shape[-1]} values along the last axis; got shape {sizes.shape}.")
    mean = (weights * sizes).sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt((weights * (1.0 - sizes / mean) ** 2).sum(axis=-1)))[()]


def lattice_distortion(composition: Composition, *, radii: Mapping[str, float] | None = None) -> LatticeDistortion:
    r"""Lattice distortion of the cation sites and the total :math:`\delta = \sqrt{\sum_s \delta_s^2}`.

    Parameters
    ----------
    composition
        Species on sites; the coordination of the site chooses the radius (12 and 6 in perovskites). Where an ion of
        the site has none for it, all of them are taken in the highest coordination that they have in common.
    radii
        The user's own radii [angstrom] by symbol.

    Returns
    -------
    LatticeDistortion
        Fractions, not percent. Vacancies have no radius: the spread is taken over the occupied part of a site.
        The warnings name radii that Shannon lists as calculated or estimated, and sites whose radii are of another
        coordination. Only if the ions of a site have no coordination in common are coordinations mixed; the warning
        then says that the distortion of the site is not meaningful.

    Raises
    ------
    InputError
        If a radius is unknown.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> round(lattice_distortion(parse_formula("Ba0.4Na0.3Sm0.3TiO3").at()).total, 4)
    0.1087
    """
    per_site: dict[str, float] = {}
    warnings: list[str] = []
    for site in composition.cation_sites:
        found, notes = comparable_radii_of_site(site, radii)
        warnings += notes
        occupied = float(sum(site.fractions[symbol] for symbol in found))
        shares = [float(site.fractions[symbol]) / occupied for symbol in found] if occupied else []
        sizes = [datum.value for datum in found.values()]
        per_site[site.label] = float(site_distortion(shares, sizes)) if len(sizes) > 1 else 0.0
    total = float(np.sqrt(sum(value**2 for value in per_site.values())))
    return LatticeDistortion(per_site=per_site, total=total, warnings=tuple(dict.fromkeys(warnings)))


def mean_radius_of_site(
    site: Site, *, coordination: int | None = None, radii: Mapping[str, float] | None = None
) -> float:
    """Mean ionic radius of the species on a site [angstrom], vacancies left out.

    Parameters
    ----------
    site
        The site.
    coordination
        Coordination for the radii; that of the site if None.
    radii
        The user's own radii [angstrom] by symbol.
    """
    found = radii_of_site(site.fractions, site.charges, coordination or site.coordination, radii)
    occupied = float(1 - site.fractions.get(VACANCY, 0))
    return sum(float(site.fractions[symbol]) * datum.value for symbol, datum in found.items()) / occupied
