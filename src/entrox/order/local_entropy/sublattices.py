r"""Mixing entropy of crystals whose species keep to their sublattices, counted sublattice by sublattice.

Cations and anions never mix, nor do the A and B sites of a perovskite: one multinomial over all atoms would count an
entropy that no configuration has. Unit: R; the normalization is part of each name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.composition.entropy import configurational_entropy, mixing_entropy_of_site
from entrox.composition.ionic_charges import is_anion
from entrox.core import InputError, Result, check_positive, nearest_names, quantity
from entrox.order.point_set import PointSet

__all__ = ["Sublattice", "SublatticeEntropy", "sublattice_entropy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sublattice:
    """One sublattice of a crystal.

    Parameters
    ----------
    species
        Species that share it.
    sites
        Sites per formula unit, m_s.
    anion
        Whether it is left out of the entropy per cation; by default if all of its species are common anions.
    """

    species: tuple[str, ...]
    sites: float
    anion: bool | None = None

    @property
    def holds_anions(self) -> bool:
        """Whether it is left out of the entropy per cation."""
        return all(is_anion(name) for name in self.species) if self.anion is None else self.anion


@dataclass(frozen=True, kw_only=True)
class SublatticeEntropy(Result):
    r"""Mixing entropy of counted atoms in every normalization; conventions differ, so each number says its own.

    ``per_site`` is :math:`S_s = -\sum_i x_{si} \ln x_{si}`; ``per_cation`` :math:`\sum_\mathrm{cation} m_s S_s /
    \sum_\mathrm{cation} m_s`; ``per_formula_unit`` :math:`\sum_s m_s S_s`; ``per_atom`` that over :math:`\sum_s m_s`;
    ``entropy_metric`` the number of sublattices times ``per_atom``.
    """

    sublattices: tuple[str, ...]
    species: tuple[tuple[str, ...], ...]
    holds_anions: tuple[bool, ...]
    sites: Floats = quantity("1", "sites per formula unit", axes=("sublattice",))
    n_atoms: Ints = quantity("1", "counted atoms", axes=("sublattice",))
    fractions: dict[str, dict[str, float]]
    per_site: Floats = quantity("R", "mixing entropy per site of the sublattice", axes=("sublattice",))
    per_cation: float | None = quantity("R", "mixing entropy per cation site")
    per_formula_unit: float = quantity("R", "mixing entropy per formula unit")
    per_atom: float = quantity("R", "mixing entropy per site of all sublattices")
    entropy_metric: float = quantity("R", "entropy metric, number of sublattices times entropy per atom")
    definition: str
    notices: tuple[str, ...] = ()


def sublattice_entropy(
    points: PointSet, sublattices: Mapping[str, Sublattice | tuple[Sequence[str], float]]
) -> SublatticeEntropy:
    """Mixing entropy of each sublattice from the atoms counted on it, and their sums.

    Parameters
    ----------
    points
        Labeled points; only the numbers of each species matter.
    sublattices
        Name of each sublattice: its species and sites per formula unit, as :class:`Sublattice` or a pair.

    Returns
    -------
    SublatticeEntropy
        Entropies [R] with the definition of the metric.

    Raises
    ------
    InputError
        If a species is unknown, on two sublattices, or without sublattice, or a sublattice has no atoms.

    Notes
    -----
    Fractions come from the atoms of the sublattice alone; site numbers are those given, never those counted: an atom
    probe loses anions by an amount that depends on the field.
    """
    chosen = {name: _sublattice(name, value) for name, value in sublattices.items()}
    _check_assignment(points, chosen)
    totals = dict(zip(points.species, points.totals.tolist(), strict=True))
    fractions: dict[str, dict[str, float]] = {}
    for name, sublattice in chosen.items():
        counted = sum(totals[item] for item in sublattice.species)
        if counted == 0:
            raise InputError(f"sublattice {name!r} ({', '.join(sublattice.species)}) has no atoms; leave it out.")
        fractions[name] = {item: totals[item] / counted for item in sublattice.species}
    shares = [list(value.values()) for value in fractions.values()]
    sites = np.array([value.sites for value in chosen.values()])
    cation = np.array([not value.holds_anions for value in chosen.values()])
    per_formula_unit = float(configurational_entropy(shares, sites))
    per_cation = None
    if cation.any():
        of_cations = [share for share, kept in zip(shares, cation, strict=True) if kept]
        per_cation = float(configurational_entropy(of_cations, sites[cation])) / float(sites[cation].sum())
    per_atom = per_formula_unit / float(sites.sum())
    return SublatticeEntropy(
        sublattices=tuple(chosen),
        species=tuple(value.species for value in chosen.values()),
        holds_anions=tuple(value.holds_anions for value in chosen.values()),
        sites=sites,
        n_atoms=np.array([sum(totals[item] for item in value.species) for value in chosen.values()]),
        fractions=fractions,
        per_site=np.array([float(mixing_entropy_of_site(share)) for share in shares]),
        per_cation=per_cation,
        per_formula_unit=per_formula_unit,
        per_atom=per_atom,
        entropy_metric=len(chosen) * per_atom,
        definition="EM = L S_at: number of sublattices times the entropy per site of all sublattices",
    )


def _sublattice(name: str, value: Sublattice | tuple[Sequence[str], float]) -> Sublattice:
    """Return the checked sublattice."""
    if not isinstance(value, Sublattice):
        species, sites = value
        value = Sublattice((species,) if isinstance(species, str) else tuple(species), float(sites))
    if not value.species:
        raise InputError(f"sublattice {name!r} has no species.")
    check_positive(value.sites, f"sites of sublattice {name!r}")
    return value


def _check_assignment(points: PointSet, sublattices: Mapping[str, Sublattice]) -> None:
    """Raise unless every species is on exactly one sublattice."""
    if not sublattices:
        raise InputError("sublattices must name at least one, for example {'cation': (('Mg', 'Ni'), 1)}.")
    named = [item for value in sublattices.values() for item in value.species]
    for item in named:
        if item not in points.species:
            raise InputError(f"{item!r} is no species of the points; {nearest_names(item, points.species)}")
    twice = sorted({item for item in named if named.count(item) > 1})
    if twice:
        raise InputError(
            f"{', '.join(twice)} on more than one sublattice: without positions of the sites it cannot be told which "
            "atom is where. Use different names for the atoms of each site."
        )
    missing = [item for item in points.species if item not in named]
    if missing:
        raise InputError(f"every species needs a sublattice; {', '.join(missing)} has none.")
