r"""From composition to the parameters of the avalanche: the alloy of mean parameters.

A mixed site acts through three numbers: the smallest ionization energy present, a mean free path shortened by the
lattice distortion, and the mean bond energy reduced by the Mie law at the strain of the distorted site. The laws are
inferred from published drops, named, and replaceable. Diatomic gas-phase M-O dissociation energies stand for the bond
energies: they rank the bonds, they are not lattice energies.
Units: angstrom, eV; distortions as fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from entrox.breakdown.bonds import mie_factor
from entrox.breakdown.lattice import IonLattice
from entrox.composition import VACANCY, Composition, Datum, Site, charge_warnings, elements, lattice_distortion
from entrox.core import InputError, Result, check_in_range, check_positive, quantity

__all__ = [
    "CALIBRATED_BOX",
    "MeanFreePathLaw",
    "MeanParameters",
    "given_parameters",
    "host_mean_free_path",
    "linear_mean_free_path",
    "mean_parameters",
    "plane_parameters",
]

MeanFreePathLaw = Callable[[float, float], tuple[float, bool]]
"""(host mean free path [angstrom], lattice distortion) -> (mean free path [angstrom], whether a floor is active)."""

DISTORTION_SLOPE = 7.29
"""Relative loss of mean free path per unit distortion, inferred from the published drops."""
MEAN_FREE_PATH_FLOOR = 1.0
"""Shortest mean free path [angstrom]; the linear law would reach zero at a distortion of 13.7 %."""
LARGE_DISTORTION = 0.15
"""Beyond it the linear law has long reached its floor: an ordered compound read as a mixture."""
CALIBRATED_BOX = {"ionization_energy": (4.0, 10.0), "mean_free_path": (4.0, 16.0), "bond_energy": (2.0, 10.0)}
"""Range of the published map [eV], [angstrom], [eV]; outside it a field is extrapolated."""
PUBLISHED_BOND_ENERGIES = {"Ba": 5.85, "Ti": 6.93}
"""Rounded host energies used in the published work [eV]; the exact ones are 5.825 and 6.908 eV."""
HOST_MEAN_FREE_PATHS = {
    "BaTiO3": (16.0, 10.0, 25.0),
    "perovskite": (16.0, 10.0, 25.0),
    "simple oxide": (5.0, 2.0, 10.0),
}
"""Assumed mean free path and its plausible range [angstrom] where the user gives none."""


@dataclass(frozen=True, kw_only=True)
class MeanParameters(Result):
    """What the avalanche needs to know about a material.

    ``composition`` is kept for explicit alloys; ``overridden`` names the values that the user gave instead of the
    tables.
    """

    material: str
    plane: str
    ionization_energy: float = quantity("eV", "smallest ionization energy in the plane")
    anion_ionization_energy: float = quantity("eV", "ionization energy of the anion")
    bond_energy: float = quantity("eV", "mean bond energy, reduced by the strain of the site")
    mean_free_path: float = quantity("angstrom", "electron mean free path")
    host_mean_free_path: float = quantity("angstrom", "mean free path without distortion")
    host_mean_free_path_range: tuple[float, float] = quantity(
        "angstrom", "plausible range of the host's mean free path"
    )
    lattice_distortion: float = quantity("1", "total lattice distortion")
    site_distortion: float = quantity("1", "distortion of the site in the plane")
    warnings: tuple[str, ...] = ()
    mean_free_path_range: tuple[float, float] | None = quantity(
        "angstrom", "mean free path at the ends of the host's plausible range", default=None
    )
    composition: Composition | None = None
    overridden: tuple[str, ...] = ()


def linear_mean_free_path(
    host: float, distortion: float, *, slope: float = DISTORTION_SLOPE, floor: float = MEAN_FREE_PATH_FLOOR
) -> tuple[float, bool]:
    """Mean free path that falls linearly with the lattice distortion, not below a floor.

    Parameters
    ----------
    host
        Mean free path of the undistorted host [angstrom], > 0.
    distortion
        Total lattice distortion as a fraction, >= 0.
    slope
        Relative loss per unit distortion.
    floor
        Smallest value [angstrom]; 0 < floor.

    Returns
    -------
    tuple
        Mean free path [angstrom], and whether the floor is active.
    """
    check_positive(host, "mean free path of the host", "angstrom")
    check_in_range(distortion, "distortion", low=0.0, high=1.0)
    floor = min(check_positive(floor, "mean free path floor", "angstrom"), host)
    linear = host * (1.0 - slope * distortion)
    return max(linear, floor), linear < floor


def host_mean_free_path(composition: Composition) -> tuple[float, float, float]:
    """Return the assumed mean free path of a class of hosts, its lower and upper end [angstrom]."""
    return HOST_MEAN_FREE_PATHS["perovskite" if composition.prototype == "perovskite" else "simple oxide"]


def mean_parameters(
    composition: Composition,
    *,
    plane: str = "AO",
    host_path: float | None = None,
    mean_free_path_law: MeanFreePathLaw = linear_mean_free_path,
    mie_exponents: tuple[int, int] = (1, 2),
    ionization_energy: float | None = None,
    bond_energy: float | None = None,
    bond_energies: Mapping[str, float] | None = None,
) -> MeanParameters:
    """Mean parameters of a composition in one of its planes.

    Parameters
    ----------
    composition
        From ``entrox.composition``.
    plane
        ``"AO"``, the plane of the first cation site, which breaks first in perovskites, or ``"BO2"``.
    host_path
        Mean free path of the undistorted host [angstrom]; None takes the assumed one of its class and says so.
    mean_free_path_law
        How distortion shortens it.
    mie_exponents
        Exponents (m, n) of the Mie law.
    ionization_energy, bond_energy
        Values to use instead of the tables [eV]; a given bond energy is taken as it is, without strain.
    bond_energies
        Dissociation energies per element that replace table values [eV], for example ``PUBLISHED_BOND_ENERGIES``.

    Raises
    ------
    InputError
        If a value is not positive, the plane does not exist, the anion is not oxygen and no bond energy is given, or
        an element has no table value; the message says how to pass one's own.
    """
    site = _plane_site(composition, plane)
    anion = _anion(composition, bond_energy)
    distortion = lattice_distortion(composition)
    site_distortion = distortion.per_site.get(site.label, 0.0)
    given = {"ionization_energy": ionization_energy, "bond_energy": bond_energy}
    warnings = [*composition.warnings, *distortion.warnings, *charge_warnings(composition)]
    if site_distortion > LARGE_DISTORTION:
        warnings.append(
            f"large_distortion: {100 * site_distortion:.0f} % on site {site.label}; species of such different size "
            "order rather than mix, and the laws of the mixed site do not hold"
        )
    if composition.prototype != "perovskite":
        warnings.append(
            f"model plane: {composition.prototype} has no plane of its own here; the square plane of the calibration "
            "stands for it. Give a structure file and Miller indices for its real planes."
        )
    cations = [species for species in site.fractions if species != VACANCY]
    if ionization_energy is None:
        ionization_energy = min(elements.first_ionization_energy(species).value for species in cations)
    check_positive(ionization_energy, "ionization_energy", "eV")
    if bond_energy is None:
        mean, notes = _mean_bond_energy(site, bond_energies or {})
        bond_energy = mean * float(mie_factor(1.0 + site_distortion, mie_exponents))
        warnings.extend(notes)
    check_positive(bond_energy, "bond_energy", "eV")
    assumed, low, high = host_mean_free_path(composition)
    if host_path is not None:
        low = high = host_path
    else:
        host_path = assumed
        warnings.append(
            f"mean free path of the host assumed: {assumed:g} angstrom, plausible {low:g}-{high:g} angstrom"
        )
    check_positive(host_path, "mean_free_path", "angstrom")
    path, floor_active = mean_free_path_law(host_path, distortion.total)
    # The law may have a floor: the ends of the range follow from the law, not from scaling.
    ends = mean_free_path_law(low, distortion.total)[0], mean_free_path_law(high, distortion.total)[0]
    if floor_active:
        warnings.append(
            f"mean_free_path_floor: the distortion of {100 * distortion.total:.2f} % would shorten the mean free path "
            f"below {path:g} angstrom; that floor is used"
        )
    warnings.extend(_box_warnings(ionization_energy, path, bond_energy))
    return MeanParameters(
        material=composition.formula,
        plane=plane,
        ionization_energy=ionization_energy,
        anion_ionization_energy=elements.first_ionization_energy(anion).value,
        bond_energy=bond_energy,
        mean_free_path=path,
        host_mean_free_path=host_path,
        host_mean_free_path_range=(low, high),
        lattice_distortion=distortion.total,
        site_distortion=site_distortion,
        warnings=tuple(dict.fromkeys(warnings)),
        mean_free_path_range=ends,
        composition=composition,
        overridden=tuple(name for name, value in given.items() if value is not None),
    )


def given_parameters(
    ionization_energy: float, mean_free_path: float, bond_energy: float, *, plane: str = "AO", material: str = "model"
) -> MeanParameters:
    """Parameters given as numbers: a point of a map, with oxygen as the anion.

    Parameters
    ----------
    ionization_energy, mean_free_path, bond_energy
        [eV], [angstrom], [eV].
    plane, material
        Names.
    """
    return MeanParameters(
        material=material,
        plane=plane,
        ionization_energy=check_positive(ionization_energy, "ionization_energy", "eV"),
        anion_ionization_energy=elements.first_ionization_energy("O").value,
        bond_energy=check_positive(bond_energy, "bond_energy", "eV"),
        mean_free_path=check_positive(mean_free_path, "mean_free_path", "angstrom"),
        host_mean_free_path=mean_free_path,
        host_mean_free_path_range=(mean_free_path, mean_free_path),
        lattice_distortion=0.0,
        site_distortion=0.0,
        warnings=tuple(_box_warnings(ionization_energy, mean_free_path, bond_energy)),
    )


def plane_parameters(
    plane: IonLattice,
    *,
    mean_free_path: float,
    ionization_energy: float | None = None,
    bond_energy: float | None = None,
) -> MeanParameters:
    """Mean parameters of a plane cut from a crystal: smallest ionization energy, mean bond energy of its bonds.

    Parameters
    ----------
    plane
        From ``planes_of_atoms``.
    mean_free_path
        Electron mean free path [angstrom].
    ionization_energy, bond_energy
        Values to use instead of the tables [eV].

    Raises
    ------
    InputError
        If an element has no table value, or an anion is not oxygen and no bond energy is given.
    """
    given = {"ionization_energy": ionization_energy, "bond_energy": bond_energy}
    overridden = tuple(name for name, value in given.items() if value is not None)
    cations = sorted({plane.species[index] for index in plane.bonds[:, 0]})
    anions = {plane.species[index] for index in np.flatnonzero(plane.is_anion)}
    warnings: list[str] = []
    if ionization_energy is None:
        ionization_energy = min(elements.first_ionization_energy(species).value for species in cations)
    if bond_energy is None:
        if anions != {"O"}:
            raise InputError(
                f"bond energies are known for M-O only; the plane holds the anions {sorted(anions)}. Give bond_energy."
            )
        data = {symbol: elements.bond_energy_with_oxygen(symbol) for symbol in cations}
        warnings.extend(_status_note(symbol, datum) for symbol, datum in data.items() if datum.status.startswith("C"))
        bond_energy = float(np.mean([data[plane.species[cation]].value for cation in plane.bonds[:, 0]]))
    check_positive(mean_free_path, "mean_free_path", "angstrom")
    warnings.extend(_box_warnings(ionization_energy, mean_free_path, bond_energy))
    return MeanParameters(
        material="".join(sorted(set(plane.species))),
        plane=plane.label,
        ionization_energy=check_positive(ionization_energy, "ionization_energy", "eV"),
        anion_ionization_energy=min(elements.first_ionization_energy(anion).value for anion in anions),
        bond_energy=check_positive(bond_energy, "bond_energy", "eV"),
        mean_free_path=mean_free_path,
        host_mean_free_path=mean_free_path,
        host_mean_free_path_range=(mean_free_path, mean_free_path),
        lattice_distortion=0.0,
        site_distortion=0.0,
        warnings=tuple(warnings),
        overridden=overridden,
    )


def _plane_site(composition: Composition, plane: str) -> Site:
    sites = composition.cation_sites
    order = {"AO": 0, "BO2": 1}
    if plane not in order:
        raise InputError(f"plane must be 'AO' or 'BO2'; got {plane!r}. Other planes need a structure.")
    if order[plane] >= len(sites):
        raise InputError(f"{composition.formula} ({composition.prototype}) has one cation site: use plane 'AO'.")
    return sites[order[plane]]


def _anion(composition: Composition, bond_energy: float | None) -> str:
    """Return the anion with the smallest ionization energy; bond energies are tabulated for oxygen alone."""
    anions = [s for s in composition.anion_site.fractions if s != VACANCY]
    if anions != ["O"] and bond_energy is None:
        raise InputError(
            f"bond energies are known for M-O only; {composition.formula} holds the anions {anions}. Give bond_energy "
            "(--bond-energy-ev)."
        )
    return min(anions, key=lambda symbol: elements.first_ionization_energy(symbol).value)


def _mean_bond_energy(site: Site, given: Mapping[str, float]) -> tuple[float, list[str]]:
    """Fraction-weighted dissociation energy of the bonds of a site [eV] and notes on values of low status."""
    total, weight, notes = 0.0, 0.0, []
    for species, fraction in site.fractions.items():
        if species == VACANCY:
            continue
        if species in given:
            energy = check_positive(given[species], f"bond energy of {species}-O", "eV")
        else:
            datum = elements.bond_energy_with_oxygen(species)
            energy = datum.value
            if datum.status.startswith("C"):
                notes.append(_status_note(species, datum))
        total += float(fraction) * energy
        weight += float(fraction)
    return total / weight, notes


def _status_note(symbol: str, datum: Datum) -> str:
    return f"bond energy of {symbol}-O ({datum.value:.3f} eV) has status C: a starting value, not checked"


def _box_warnings(ionization_energy: float, mean_free_path: float, bond_energy: float) -> list[str]:
    values = {"ionization_energy": ionization_energy, "mean_free_path": mean_free_path, "bond_energy": bond_energy}
    units = {"ionization_energy": "eV", "mean_free_path": "angstrom", "bond_energy": "eV"}
    outside = [
        f"{name.replace('_', ' ')} {values[name]:.3g} {units[name]} (calibrated {low:g}-{high:g})"
        for name, (low, high) in CALIBRATED_BOX.items()
        if not low - 1e-9 <= values[name] <= high + 1e-9
    ]
    return [f"extrapolated: {', '.join(outside)}"] if outside else []
