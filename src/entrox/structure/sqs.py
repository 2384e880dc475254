r"""Special quasirandom occupation: pair statistics of a finite box as near as possible to those of the random alloy.

The sum over shells and pairs of species of the squared Warren-Cowley parameters

.. math:: \alpha^{s}_{ij} = 1 - \frac{P^{s}_{ij}}{x_i x_j}

is made small by exchanges of sites at fixed numbers, first hot, then cold. A. Zunger et al., Phys. Rev. Lett. 65, 353
(1990); J. M. Cowley, Phys. Rev. 77, 669 (1950).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.structure import _kernels
from entrox.structure.site_shells import SiteShells

__all__ = ["QuasirandomSites", "pair_counts", "quasirandom_sites", "warren_cowley"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TEMPERATURES = 40
COOLING = 1e-4
FROZEN = 1e-300
"""Temperature at which no exchange that costs anything is taken."""


@dataclass(frozen=True, kw_only=True)
class QuasirandomSites(Result):
    """Species on the sites of one sublattice and how near their pairs are to chance."""

    names: tuple[str, ...]
    species: Ints = quantity("1", "index of the species", axes=("site",))
    radii_angstrom: Floats = quantity("angstrom", "distance of a shell", axes=("shell",))
    warren_cowley: Floats = quantity("1", "Warren-Cowley parameter", axes=("shell", "species", "neighbor species"))
    objective: float = quantity("1", "sum of the squared Warren-Cowley parameters")
    start_objective: float = quantity("1", "the same sum of the random start")


def pair_counts(species: Ints, n_species: int, shells: SiteShells) -> Floats:
    """Numbers of ordered pairs by shell and species, shape ``(n_shells, n_species, n_species)``."""
    counts = np.zeros((len(shells.radii_angstrom), n_species, n_species))
    np.add.at(counts, (shells.shell, species[shells.site], species[shells.other]), 1.0)
    return counts


def warren_cowley(species: Ints, n_species: int, shells: SiteShells) -> Floats:
    r"""Warren-Cowley parameters by shell and pair of species: 0 random, 1 no such pair, negative where pairs gather.

    Parameters
    ----------
    species
        Index of the species on each site, shape ``(n_sites,)``.
    n_species
        Number of species.
    shells
        Neighbors of the sublattice.

    Returns
    -------
    Floats
        Shape ``(n_shells, n_species, n_species)``; NaN for a species without sites and a shell without pairs.
    """
    counts = pair_counts(species, n_species, shells)
    target = _random_counts(species, n_species, shells)
    return np.where(target > 0, 1.0 - counts / np.where(target > 0, target, 1.0), np.nan)


def quasirandom_sites(
    counts: Mapping[str, int], shells: SiteShells, rng: np.random.Generator, *, sweeps: int = 400
) -> QuasirandomSites:
    """Distribute species over the sites of one sublattice with pairs as near to random as can be found.

    Parameters
    ----------
    counts
        Number of sites of each species; they fill the sublattice.
    shells
        Neighbors of the sublattice.
    rng
        Source of randomness.
    sweeps
        Attempted exchanges per site, over all temperatures.

    Raises
    ------
    InputError
        If the counts do not add up to the number of sites.
    """
    n_sites = len(shells.start) - 1
    check_integer(sweeps, "sweeps", low=1)
    if sum(counts.values()) != n_sites:
        raise InputError(f"The counts must add up to the {n_sites} sites; got {dict(counts)}.")
    n_species = len(counts)
    species = np.repeat(np.arange(n_species), list(counts.values())).astype(np.int64)
    rng.shuffle(species)
    pairs = pair_counts(species, n_species, shells)
    target = _random_counts(species, n_species, shells)
    weight = np.where(target > 0, 1.0 / np.where(target > 0, target, 1.0) ** 2, 0.0)
    start = float((weight * (pairs - target) ** 2).sum())
    # One exchange moves the sum by about its share per site: a start hotter than that forgets, a colder one is stuck.
    heat = max(start, 1e-12) / n_sites
    temperatures = np.append(heat * np.geomspace(1.0, COOLING, TEMPERATURES - 1), FROZEN)
    steps = max(1, sweeps * n_sites // TEMPERATURES)
    _kernels.anneal_pairs(
        species, shells.start, shells.other, shells.shell, pairs, target, weight, temperatures, steps, 1e-14, rng
    )
    alpha = warren_cowley(species, n_species, shells)
    return QuasirandomSites(
        names=tuple(counts),
        species=species,
        radii_angstrom=shells.radii_angstrom,
        warren_cowley=alpha,
        objective=float(np.nansum(alpha**2)),
        start_objective=start,
    )


def _random_counts(species: Ints, n_species: int, shells: SiteShells) -> Floats:
    """Return the numbers of ordered pairs that chance gives at this composition."""
    share = np.bincount(species, minlength=n_species) / len(species)
    per_shell = np.bincount(shells.shell, minlength=len(shells.radii_angstrom))
    return per_shell[:, None, None] * np.outer(share, share)[None]
