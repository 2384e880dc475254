"""A space: every composition of a host with given dopants whose site fractions are multiples of 1/d.

The candidates are numbered and made in blocks, so that a space of any size is streamed in bounded memory. Charge
balance is decided in whole numbers. Counts are in units of 1/d of a site; charges in units of e.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core.checks import check_integer
from entrox.core.errors import InputError, nearest_names
from entrox.design.grid import Counts, Indices, SiteGrid, grid_rows

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["Space", "build_space"]

DEFAULT_DENOMINATOR = 24
LARGEST_DENOMINATOR = 1_000
BLOCK = 65_536
TABLE_ROWS = 1 << 18
"""A site with at most this many rows is tabulated once; a larger one is made block by block."""


@dataclass(frozen=True)
class Space:
    """All compositions of some sites on a grid of site fractions.

    Parameters
    ----------
    sites
        The sublattices that are shared; sites that hold one species only may be given too.
    denominator
        Site fractions are multiples of one over this number.
    other_charge
        Charge of everything that is not in ``sites`` [e per formula unit], for example -6 for three oxygen ions.
    prototype
        Structure prototype, for the compositions.
    """

    sites: tuple[SiteGrid, ...]
    denominator: int = DEFAULT_DENOMINATOR
    other_charge: Fraction = Fraction(0)
    prototype: str = "perovskite"
    tail: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        check_integer(self.denominator, "denominator", low=1, high=LARGEST_DENOMINATOR)
        if not self.sites:
            raise InputError("a space needs at least one site.")

    @property
    def species(self) -> tuple[tuple[str, str], ...]:
        """Columns of the blocks: (label of the site, species)."""
        return tuple((site.label, name) for site in self.sites for name in site.species)

    def count(self) -> int:
        r"""Candidates before the charge filter, :math:`\prod_s \binom{d + n_s - 1}{n_s - 1}`."""
        return math.prod(site.count(self.denominator) for site in self.sites)

    def blocks(self, *, balanced: bool = True, size: int = BLOCK) -> Iterator[Counts]:
        """Yield the candidates in a fixed order, in blocks.

        Parameters
        ----------
        balanced
            Only candidates whose charges sum to exactly zero.
        size
            Candidates looked at per block; memory is proportional to it.

        Yields
        ------
        numpy.ndarray
            Shape ``(n, len(species))``, ``n <= size``, counts in units of 1/denominator of a site; empty blocks are
            left out.

        Raises
        ------
        InputError
            If the space is too large to be numbered (2^63 candidates).
        """
        total, check = self.count(), check_integer(size, "size", low=1)
        if total > np.iinfo(np.int64).max:
            raise InputError(
                f"the space has {total:.3g} candidates, more than can be numbered. Use fewer dopants per site or a "
                "coarser grid."
            )
        weights, target = self._whole_charges()
        sources = [
            _SiteRows.of(site, self.denominator, weight) for site, weight in zip(self.sites, weights, strict=True)
        ]
        for start in range(0, total, check):
            block = _block(sources, np.arange(start, min(start + check, total)), target if balanced else None)
            if len(block):
                yield block

    def _whole_charges(self) -> tuple[list[NDArray[np.int64]], int]:
        """Charges and the charge to balance, multiplied by a common factor that makes all of them whole numbers."""
        charges = [[site.multiplicity * charge / self.denominator for charge in site.charges] for site in self.sites]
        factor = math.lcm(self.other_charge.denominator, *(item.denominator for part in charges for item in part))
        weights = [np.array([int(item * factor) for item in part], dtype=np.int64) for part in charges]
        return weights, -int(self.other_charge * factor)

    def formula(self, counts: Sequence[int] | Counts) -> str:
        """Return the formula of one row of a block; fractions are exact, species without amount are left out."""
        text, position = "", 0
        for site in self.sites:
            for name in site.species:
                amount = site.multiplicity * Fraction(int(counts[position]), self.denominator)
                position += 1
                text += "" if not amount else name if amount == 1 else f"{name}({amount})"
        return text + self.tail

    def composition(self, counts: Sequence[int] | Counts) -> Composition:
        """Return the composition of one row of a block, with the sites and charges of this space."""
        from entrox.composition import parse_formula

        site_of = {name: label for label, name in self.species}
        charges = {name: charge for site in self.sites for name, charge in zip(site.species, site.charges, strict=True)}
        present = {name for (_, name), count in zip(self.species, counts, strict=True) if count and name != "Va"}
        return parse_formula(self.formula(counts)).at(
            prototype=self.prototype,
            site_of={name: site_of[name] for name in present},
            charges={name: charges[name] for name in present},
        )


@dataclass(frozen=True)
class _SiteRows:
    """Rows of one site by number, with their charge in whole units; tabulated where the site is small."""

    parts: int
    denominator: int
    total: int
    weights: NDArray[np.int64]
    table: Counts | None
    charges: NDArray[np.int64] | None

    @classmethod
    def of(cls, site: SiteGrid, denominator: int, weights: NDArray[np.int64]) -> _SiteRows:
        total, parts = site.count(denominator), len(site.species)
        table = grid_rows(np.arange(total), parts, denominator) if total <= TABLE_ROWS else None
        charges = None if table is None else table.astype(np.int64) @ weights
        return cls(parts, denominator, total, weights, table, charges)

    def rows(self, indices: Indices) -> Counts:
        return grid_rows(indices, self.parts, self.denominator) if self.table is None else self.table[indices]


def _block(sources: Sequence[_SiteRows], numbers: Indices, target: int | None) -> Counts:
    """Return the candidates ``numbers``, last site fastest; only those of charge ``target`` if one is given."""
    digits: list[Indices] = []
    rest = numbers
    for source in reversed(sources):
        rest, digit = np.divmod(rest, source.total)
        digits.insert(0, digit)
    made = {place: source.rows(digits[place]) for place, source in enumerate(sources) if source.table is None}
    if target is None:
        kept = np.arange(len(numbers))
    else:
        charge = np.zeros(len(numbers), dtype=np.int64)
        for place, source in enumerate(sources):
            charge += (
                made[place].astype(np.int64) @ source.weights
                if source.charges is None
                else source.charges[digits[place]]
            )
        kept = np.flatnonzero(charge == target)
    parts = [
        made[place][kept] if place in made else source.rows(digits[place][kept]) for place, source in enumerate(sources)
    ]
    return np.concatenate(parts, axis=1)


def build_space(
    host: str,
    dopants: Mapping[str, Sequence[str]],
    *,
    denominator: int = DEFAULT_DENOMINATOR,
    charges: Mapping[str, int] | None = None,
) -> Space:
    """Build the space of a host oxide with allowed dopants per site.

    Parameters
    ----------
    host
        Formula of the host, for example ``BaTiO3``.
    dopants
        Species by label of the site, for example ``{"A": ["Sr", "Na", "Sm"], "B": ["Zr", "Hf"]}``.
    denominator
        Site fractions are multiples of one over this number.
    charges
        Charges of species that differ from the usual ones [e].

    Raises
    ------
    InputError
        If the host has no such site, or a species has no known charge.
    """
    from entrox.composition import parse_formula

    overrides = dict(charges or {})
    composition = parse_formula(host).at(
        charges={k: v for k, v in overrides.items() if k in parse_formula(host).amounts}
    )
    for label in dopants:
        if label not in composition.sites:
            raise InputError(f"{host} has no site {label!r}; {nearest_names(label, composition.sites)}.")
    grids, other, tail = [], Fraction(0), ""
    for label, site in composition.sites.items():
        present = [name for name, part in site.fractions.items() if part]
        if label in dopants:
            names = tuple(dict.fromkeys([*present, *dopants[label]]))
            known = _charges_on_site(composition, label, names, overrides)
            grids.append(SiteGrid(label, names, known, Fraction(site.multiplicity)))
            continue
        for name in present:
            amount = Fraction(site.multiplicity) * site.fractions[name]
            other += amount * site.charges[name]
            tail += name if amount == 1 else f"{name}({amount})" if amount.denominator > 1 else f"{name}{amount}"
    return Space(tuple(grids), denominator, other, composition.prototype, tail=tail)


def _charges_on_site(
    host: Composition, label: str, names: Sequence[str], overrides: Mapping[str, int]
) -> tuple[int, ...]:
    """Charges of ``names`` on site ``label``: given ones first, else those that a composition with them takes."""
    from entrox.composition import parse_formula

    known: dict[str, int] = {"Va": 0, **overrides}
    wanted = [name for name in names if name not in known]
    if wanted:
        share = Fraction(host.sites[label].multiplicity) / len(wanted)
        others = {
            name: Fraction(site.multiplicity) * part
            for key, site in host.sites.items()
            if key != label
            for name, part in site.fractions.items()
            if part and name != "Va"
        }
        text = "".join(f"{name}({share})" for name in wanted) + "".join(
            f"{name}({amount})" for name, amount in others.items()
        )
        site_of = dict.fromkeys(wanted, label)
        site = parse_formula(text).at(prototype=host.prototype, site_of=site_of).sites[label]
        known.update({name: site.charges[name] for name in wanted})
    return tuple(known[name] for name in names)
