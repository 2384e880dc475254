r"""Explicit alloys: every ion and every bond of a sample its own.

Cations are placed on their sublattice at random or clustered; each has its own ionization energy, each bond the energy
of its own cation at its own stretch. The mean free path follows the distortion around each cation: the variance of the
radii over the cation and its nearest neighbors on the sublattice, without the bias of a small sample, so that its mean
is that of the whole composition. Where the structure is a snapshot, lengths come from the structure.
Units: eV, angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.alloy import MeanFreePathLaw, linear_mean_free_path
from entrox.breakdown.bonds import mie_factor
from entrox.breakdown.lattice import Sample, nearest_pairs
from entrox.breakdown.settings import SampleProperties
from entrox.composition import VACANCY, Composition, Site, elements, lattice_distortion
from entrox.core import InputError, check_positive
from entrox.structure import species_on_sites

__all__ = ["ExplicitAlloy", "explicit_alloy", "snapshot_properties"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class ExplicitAlloy:
    """One arrangement of cations.

    Parameters
    ----------
    species
        Symbol on each site, shape ``(n_sites,)``.
    properties
        What the avalanche needs.
    floor_share
        Share of the cations at which the floor of the mean free path is active.
    """

    species: NDArray[np.str_]
    properties: SampleProperties
    floor_share: float


def explicit_alloy(
    composition: Composition,
    sample: Sample,
    rng: np.random.Generator,
    *,
    host_path: float,
    clustering: float = 0.0,
    mean_free_path_law: MeanFreePathLaw = linear_mean_free_path,
    mie_exponents: tuple[int, int] = (1, 2),
    bond_energies: Mapping[str, float] | None = None,
) -> ExplicitAlloy:
    """Place the cations of a composition on a sample and give every site and bond its own parameters.

    Parameters
    ----------
    composition
        From ``entrox.composition``; its site labels must be those of the sample's lattice (``A`` in the AO plane).
    sample
        The sample.
    rng
        Draws the arrangement.
    host_path
        Mean free path of the undistorted host [angstrom].
    clustering
        As for ``structure.species_on_sites``: 0 random, 1 gathered, -1 ordered.
    mean_free_path_law, mie_exponents, bond_energies
        As for ``mean_parameters``.

    Raises
    ------
    InputError
        If a label of the lattice is no cation site of the composition, a cation site holds vacancies, or a table value
        is missing.
    """
    check_positive(host_path, "mean free path of the host", "angstrom")
    distortion = lattice_distortion(composition)
    lattice = sample.lattice
    labels = sorted({label for label, kind in zip(lattice.species, lattice.kinds, strict=True) if kind == "cation"})
    if not set(labels) <= {site.label for site in composition.cation_sites}:
        raise InputError(
            f"the lattice {lattice.label} has the cation sites {labels}; {composition.formula} has "
            f"{[site.label for site in composition.cation_sites]}."
        )
    species = np.array(lattice.species, dtype="<U4")[sample.basis_site]
    local = np.zeros(len(species))
    stretch = np.ones(len(species))
    for label in labels:
        site = composition.sites[label]
        if VACANCY in site.fractions:
            raise InputError(
                f"explicit alloys need occupied cation sites; site {label} of {composition.formula} holds Va."
            )
        sites = np.flatnonzero(species == label)
        pairs = nearest_pairs(sample, sites)
        fractions = {name: float(fraction) for name, fraction in site.fractions.items()}
        names, index = species_on_sites(fractions, len(sites), rng, clustering=clustering, neighbors=pairs)
        species[sites] = np.array(names)[index]
        radii = _radii(site, names)[index]
        others = distortion.total**2 - distortion.per_site.get(label, 0.0) ** 2
        local[sites] = np.sqrt(_local_variance(radii, pairs) + max(others, 0.0))
        stretch[sites] = _site_stretch(site, names, composition)[index]
    cations = np.isin(sample.basis_site, np.flatnonzero(~lattice.is_anion))
    paths, floors = zip(*(mean_free_path_law(host_path, float(value)) for value in local), strict=True)
    return ExplicitAlloy(
        species=species,
        floor_share=float(np.mean(np.array(floors)[cations])),
        properties=_properties(
            sample, species, np.array(paths), stretch[sample.bonds[:, 0]], mie_exponents, bond_energies or {}
        ),
    )


def snapshot_properties(
    sample: Sample,
    *,
    mean_free_path: float,
    mie_exponents: tuple[int, int] = (1, 2),
    ideal_lengths: Mapping[str, float] | None = None,
    bond_energies: Mapping[str, float] | None = None,
) -> SampleProperties:
    """Parameters of a sample cut from a structure: every bond by the Mie law at its own length.

    Parameters
    ----------
    sample
        Sample of a lattice from ``planes_of_atoms`` or ``crystal_of_atoms``.
    mean_free_path
        Electron mean free path [angstrom].
    mie_exponents
        Exponents (m, n) of the Mie law.
    ideal_lengths
        Unstretched M-O length per element [angstrom]; by default the mean length of that element's bonds here.
    bond_energies
        Dissociation energies per element that replace table values [eV].
    """
    check_positive(mean_free_path, "mean_free_path", "angstrom")
    species = np.array(sample.lattice.species, dtype="<U4")[sample.basis_site]
    lengths = np.linalg.norm(sample.lattice.bond_vectors, axis=1)[sample.basis_bond]
    cations = species[sample.bonds[:, 0]]
    ideal = {symbol: float(lengths[cations == symbol].mean()) for symbol in np.unique(cations)}
    ideal.update(ideal_lengths or {})
    stretch = lengths / np.array([check_positive(ideal[symbol], f"ideal length of {symbol}-O") for symbol in cations])
    paths = np.full(len(species), mean_free_path)
    return _properties(sample, species, paths, stretch, mie_exponents, bond_energies or {})


def _properties(
    sample: Sample,
    species: NDArray[np.str_],
    path: Floats,
    stretch: Floats,
    mie_exponents: tuple[int, int],
    bond_energies: Mapping[str, float],
) -> SampleProperties:
    """Ionization energies, mean free paths and bond energies from species, paths of the cations and bond stretches."""
    symbols = [symbol for symbol in np.unique(species) if symbol != VACANCY]
    ionization = {symbol: elements.first_ionization_energy(str(symbol)).value for symbol in symbols}
    ionization[VACANCY] = max(ionization.values())
    cations = species[sample.bonds[:, 0]]
    energies = {
        symbol: bond_energies.get(str(symbol)) or elements.bond_energy_with_oxygen(str(symbol)).value
        for symbol in np.unique(cations)
    }
    # An anion takes the mean of the cations that it is bonded to.
    weight = np.bincount(sample.bonds[:, 1], minlength=len(species))
    total = np.bincount(sample.bonds[:, 1], weights=path[sample.bonds[:, 0]], minlength=len(species))
    path = np.where(weight > 0, total / np.maximum(weight, 1), path)
    return SampleProperties(
        ionization_energy=np.array([ionization[symbol] for symbol in species]),
        mean_free_path=path,
        bond_energy=np.array([energies[symbol] for symbol in cations]) * mie_factor(stretch, mie_exponents),
    )


def _radii(site: Site, names: tuple[str, ...]) -> Floats:
    return np.array([elements.shannon_radius(name, site.charges[name], site.coordination).value for name in names])


def _local_variance(radii: Floats, pairs: Ints) -> Floats:
    """Relative variance of the radii over each site and its neighbors, unbiased, shape ``(n_sites,)``."""
    n_sites = len(radii)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    relative = radii / radii.mean()
    count = 1.0 + np.bincount(both[:, 0], minlength=n_sites)
    first = relative + np.bincount(both[:, 0], weights=relative[both[:, 1]], minlength=n_sites)
    second = relative**2 + np.bincount(both[:, 0], weights=relative[both[:, 1]] ** 2, minlength=n_sites)
    return np.asarray(np.maximum(second - first**2 / count, 0.0) / np.maximum(count - 1.0, 1.0))


def _site_stretch(site: Site, names: tuple[str, ...], composition: Composition) -> Floats:
    """Length that the mean lattice gives a bond over its ideal one, per species."""
    anion = composition.anion_site
    oxygen = elements.shannon_radius("O", -2, 6).value if "O" in anion.fractions else 1.4
    radii = _radii(site, names)
    mean = float(sum(float(site.fractions[name]) * radius for name, radius in zip(names, radii, strict=True)))
    return np.asarray((mean + oxygen) / (radii + oxygen))
