"""Descriptors of a block: many compositions whose species have the same sites and charges, as arrays.

Names and units as in ``composition_descriptors``: entropies in R, distortions as fractions, charges in e.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entrox.composition.distortion import site_distortion
from entrox.composition.family import _vectorised
from entrox.composition.mapping import FrozenDict
from entrox.composition.measures import MEASURES, DescriptorSettings
from entrox.composition.radii import comparable_radii_of_site
from entrox.composition.sites import Composition, Site
from entrox.composition.tables import VACANCY
from entrox.core.block_measure import BlockMeasure
from entrox.core.errors import InputError

__all__ = ["BLOCK_MEASURES", "CompositionBlock", "block_descriptors", "block_site_distortion"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_SPECIES = 30
"""Species of a site whose presence fits into one whole number."""


@dataclass(frozen=True)
class CompositionBlock:
    """Many compositions of the same sites.

    Parameters
    ----------
    template
        A composition that holds every species of the block on its site with its charge.
    fractions
        Site fractions by label, shape ``(n, n_species)``, columns in the order of the template's site; each row sums
        to one. A site that is left out is as in the template.

    Raises
    ------
    InputError
        If the sites or shapes do not fit, or a site has more than 30 species.
    """

    template: Composition
    fractions: Mapping[str, Floats]

    def __post_init__(self) -> None:
        lengths = {len(rows) for rows in self.fractions.values()}
        if len(lengths) != 1 or not set(self.fractions) <= set(self.template.sites):
            got = ", ".join(f"{label}: {rows.shape}" for label, rows in self.fractions.items())
            raise InputError(f"a block needs rows of equal number for sites of {list(self.template.sites)}; got {got}.")
        filled, length = {}, lengths.pop()
        for label, site in self.template.sites.items():
            shape = (length, len(site.fractions))
            own = np.array([float(part) for part in site.fractions.values()])
            rows = self.fractions.get(label, np.broadcast_to(own, shape))
            if rows.shape != shape or shape[1] > MOST_SPECIES:
                raise InputError(f"site {label} needs rows of shape {shape}, at most {MOST_SPECIES} species.")
            filled[label] = rows
        object.__setattr__(self, "fractions", filled)

    def __len__(self) -> int:
        return len(next(iter(self.fractions.values())))

    def without_vacancies(self, label: str) -> tuple[tuple[str, ...], Floats]:
        """Return the species of a site and their shares of its occupied part, shape ``(n, n_species)``."""
        names = tuple(self.template.sites[label].fractions)
        kept = [index for index, name in enumerate(names) if name != VACANCY]
        rows = self.fractions[label][:, kept]
        total = rows.sum(axis=1, keepdims=True)
        shares = np.divide(rows, total, out=np.full(rows.shape, np.nan), where=total > 0)
        return tuple(names[index] for index in kept), shares


def block_site_distortion(block: CompositionBlock, label: str, radii: Mapping[str, float] | None = None) -> Floats:
    """Distortion of one cation site of each composition, as :func:`site_distortion`, shape ``(n,)``.

    The coordination in which radii are compared follows from the species that are present, so it differs from
    composition to composition of a block.
    """
    names, shares = block.without_vacancies(label)
    present = shares > 0.0
    codes = present @ (1 << np.arange(len(names), dtype=np.int64))
    unique, members = np.unique(codes, return_inverse=True)
    own = FrozenDict(radii or {})
    site = block.template.sites[label]
    sizes = np.array([_radii_of_present(site, int(code), own) for code in unique])[members.ravel()]
    if np.isnan(shares).any():
        raise InputError(f"site {label} is entirely vacant in some composition of the block; it has no radius.")
    return np.asarray(site_distortion(shares, sizes))


@lru_cache(maxsize=65_536)
def _radii_of_present(site: Site, code: int, own: FrozenDict[str, float]) -> tuple[float, ...]:
    """Radii of all species of a site in the coordination that those present have in common; 1 where absent."""
    names = [name for name in site.fractions if name != VACANCY]
    present = [name for place, name in enumerate(names) if code >> place & 1]
    part = Site(
        label=site.label,
        multiplicity=site.multiplicity,
        fractions=FrozenDict({name: site.fractions[name] for name in present}),
        coordination=site.coordination,
        charges=FrozenDict({name: site.charges[name] for name in present}),
    )
    found, _ = comparable_radii_of_site(part, own)
    return tuple(found[name].value if name in found else 1.0 for name in names)


def block_descriptors(block: CompositionBlock, *, radii: Mapping[str, float] | None = None) -> dict[str, Floats]:
    """Descriptors of many compositions at once, equal to those of each composition to rounding.

    Parameters
    ----------
    block
        The compositions.
    radii
        The user's own radii [angstrom] by symbol.

    Returns
    -------
    dict
        The descriptors of ``composition_descriptors``, arrays of shape ``(n,)``; NaN where a quantity is not defined.
        Electronegativities are NaN where any species of the block has none, present or not.

    Examples
    --------
    >>> from entrox.composition import parse_formula
    >>> block = CompositionBlock(parse_formula("Ba0.5Sr0.5TiO3").at(), {"A": np.array([[1.0, 0.0], [0.5, 0.5]])})
    >>> block_descriptors(block)["entropy_per_formula_unit_r"].round(3).tolist()
    [0.0, 0.693]
    """
    template = block.template
    ordered = {label: _vacancy_last(site, block.fractions[label]) for label, site in template.sites.items()}
    species = [name for site in template.sites.values() for name in site.fractions if name != VACANCY]
    scaled = np.concatenate([
        float(site.multiplicity) * block.fractions[label][:, [name != VACANCY for name in site.fractions]]
        for label, site in template.sites.items()
    ], axis=1).T  # fmt: skip
    found = _vectorised(template, ordered, radii or {}, scaled, species)
    total: Floats = np.zeros(len(block))
    for site in template.cation_sites:
        distortion = block_site_distortion(block, site.label, radii)
        found[f"lattice_distortion_{site.label.lower()}"] = distortion
        total = total + distortion**2
    found["lattice_distortion"] = np.sqrt(total)
    return found


def _vacancy_last(site: Site, rows: Floats) -> Floats:
    """Return the columns with the vacancy at the end, as the descriptors of a family expect it."""
    order = sorted(range(len(site.fractions)), key=lambda index: list(site.fractions)[index] == VACANCY)
    return np.asarray(rows[:, order])


def _evaluate(block: CompositionBlock, settings: DescriptorSettings) -> dict[str, Floats]:
    return block_descriptors(block, radii=settings.radii_angstrom)


BLOCK_MEASURES: tuple[BlockMeasure, ...] = (
    BlockMeasure(
        measure="descriptors",
        quantities=tuple(declared.name for declared in MEASURES[0].quantities),
        evaluate=_evaluate,
        settings=DescriptorSettings,
    ),
)
