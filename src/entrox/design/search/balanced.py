"""All compositions of a space whose charges balance and whose species keep their limits, nothing else.

The rows of each site are made once and sorted by charge; only rows whose charges sum to zero are brought together. So
the work is that of the balanced compositions, not that of all. Counts are in units of 1/denominator of a site.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.errors import InputError
from entrox.design.grid import Counts, SiteGrid, grid_rows
from entrox.design.space import Space

__all__ = ["BalancedCompositions", "whole_charges"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
LARGEST_SITE = 10_000_000
"""Rows of one site that are made at once."""
BLOCK = 131_072


def whole_charges(space: Space) -> tuple[list[Indices], int]:
    """Charge of each species of each site, and the charge that balances the rest, in common whole units.

    One count of a species adds its charge; a composition balances where the sum over all counts is the second number.
    """
    parts = [[site.multiplicity * charge / space.denominator for charge in site.charges] for site in space.sites]
    factor = math.lcm(space.other_charge.denominator, *(item.denominator for part in parts for item in part))
    weights = [np.array([int(item * factor) for item in part], dtype=np.int64) for part in parts]
    return weights, -int(space.other_charge * factor)


@dataclass(frozen=True)
class _SiteTable:
    """Allowed rows of one site, those of each charge together."""

    rows: Counts
    places: Mapping[int, tuple[int, int]]

    @classmethod
    def of(cls, site: SiteGrid, denominator: int, weights: Indices, low: Indices, high: Indices) -> _SiteTable:
        count = site.count(denominator)
        if count > LARGEST_SITE:
            raise InputError(
                f"site {site.label} alone has {count:.3g} ways to be shared among {len(site.species)} species; an "
                f"exhaustive search takes {LARGEST_SITE:.0e}. Use a coarser grid (denominator), fewer dopants, or "
                'method = "nsga2".'
            )
        rows = grid_rows(np.arange(count), len(site.species), denominator)
        rows = rows[((rows >= low) & (rows <= high)).all(axis=1)]
        charges = rows.astype(np.int64) @ weights
        order = np.argsort(charges, kind="stable")
        unique, starts, counts = np.unique(charges[order], return_index=True, return_counts=True)
        places = {int(q): (int(start), int(n)) for q, start, n in zip(unique, starts, counts, strict=True)}
        return cls(rows[order], places)


class BalancedCompositions:
    """The balanced compositions of a space within limits.

    Parameters
    ----------
    space
        The space.
    low, high
        Lowest and highest site fraction of each column of ``space.species``; 0 and 1, if not given.

    Raises
    ------
    InputError
        If a site has too many rows to be made at once.
    """

    def __init__(self, space: Space, low: ArrayLike = 0.0, high: ArrayLike = 1.0) -> None:
        self.space = space
        shape = (len(space.species),)
        least = np.ceil(np.broadcast_to(low, shape) * space.denominator - 1e-9).astype(np.int64)
        most = np.floor(np.broadcast_to(high, shape) * space.denominator + 1e-9).astype(np.int64)
        weights, self._target = whole_charges(space)
        self._tables, start = list[_SiteTable](), 0
        for site, weight in zip(space.sites, weights, strict=True):
            columns = slice(start, start + len(site.species))
            start += len(site.species)
            self._tables.append(_SiteTable.of(site, space.denominator, weight, least[columns], most[columns]))

    def count(self) -> int:
        """Number of these compositions, exact."""
        ways = {0: 1}
        for table in self._tables:
            sums: dict[int, int] = {}
            for charge, number in ways.items():
                for own, (_, rows) in table.places.items():
                    sums[charge + own] = sums.get(charge + own, 0) + number * rows
            ways = sums
        return ways.get(self._target, 0)

    def blocks(self, size: int = BLOCK) -> Iterator[Counts]:
        """Yield all of them in a fixed order, about ``size`` at a time, shape ``(n, len(space.species))``."""
        waiting: list[Counts] = []
        held = 0
        for ranges in self._matching_ranges():
            total = math.prod(count for _, count in ranges)
            for start in range(0, total, size):
                waiting.append(self._product(ranges, np.arange(start, min(start + size, total))))
                held += len(waiting[-1])
                if held >= size:
                    yield np.concatenate(waiting)
                    waiting, held = [], 0
        if waiting:
            yield np.concatenate(waiting)

    def _matching_ranges(self) -> Iterator[list[tuple[int, int]]]:
        """Yield for each balanced choice of charges the rows of every site that have them."""
        *first, last = self._tables
        for charges in itertools.product(*(table.places for table in first)):
            rest = self._target - sum(charges)
            if rest in last.places:
                own = [table.places[charge] for table, charge in zip(first, charges, strict=True)]
                yield [*own, last.places[rest]]

    def _product(self, ranges: list[tuple[int, int]], numbers: Indices) -> Counts:
        """Return members of the product of ranges of rows by number, the last site fastest."""
        parts: list[Counts] = []
        for table, (start, count) in zip(reversed(self._tables), reversed(ranges), strict=True):
            numbers, place = np.divmod(numbers, count)
            parts.insert(0, table.rows[start + place])
        return np.concatenate(parts, axis=1)
