"""One sublattice on a grid of site fractions: all ways to share d equal parts among its species, by number.

Pure functions of arrays. Counts are in units of 1/d of a site.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from entrox.core.errors import InputError

__all__ = ["Counts", "Indices", "SiteGrid", "grid_rows"]

Counts = NDArray[np.int16]
Indices = NDArray[np.int64]

WORKING_CELLS = 1 << 20


@dataclass(frozen=True)
class SiteGrid:
    """One sublattice and the species that may share it.

    Parameters
    ----------
    label
        Label of the site, for example ``A``.
    species
        Species that may stand there; ``Va`` is a vacancy.
    charges
        Charge of each species [e], whole numbers, in the order of ``species``.
    multiplicity
        Sites per formula unit.
    """

    label: str
    species: tuple[str, ...]
    charges: tuple[int, ...]
    multiplicity: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        if not self.species or len(set(self.species)) != len(self.species):
            raise InputError(
                f"site {self.label} needs at least one species, each once; got {', '.join(self.species) or 'none'}."
            )
        if len(self.charges) != len(self.species):
            raise InputError(
                f"site {self.label} needs one charge per species; got {len(self.charges)} for {len(self.species)}."
            )
        if self.multiplicity <= 0:
            raise InputError(f"site {self.label} must have a multiplicity > 0; got {self.multiplicity}.")

    def count(self, denominator: int) -> int:
        """Ways to share ``denominator`` equal parts among the species: stars and bars."""
        return math.comb(denominator + len(self.species) - 1, len(self.species) - 1)


def grid_rows(indices: Indices, parts: int, denominator: int) -> Counts:
    r"""Rows of the lexicographic list of all ways to write ``denominator`` as ordered sum of ``parts`` numbers >= 0.

    Parameters
    ----------
    indices
        Numbers of the wanted rows, shape ``(n,)``.
    parts
        Number of summands.
    denominator
        The sum of each row.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, parts)``.

    Notes
    -----
    Below a first summand *k* stand :math:`\binom{r - k + p - 2}{p - 2}` rows, *r* what is left and *p* the parts left:
    each summand is found from the running sums of these.

    Examples
    --------
    >>> grid_rows(np.arange(3), 2, 2).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    rows = np.empty((len(indices), parts), dtype=np.int16)
    step = max(1, WORKING_CELLS // (denominator + 1))
    for start in range(0, len(indices), step):
        _fill_rows(rows[start : start + step], np.array(indices[start : start + step], dtype=np.int64), denominator)
    return rows


def _fill_rows(rows: Counts, rest: Indices, denominator: int) -> None:
    parts, left = rows.shape[1], np.full(len(rest), denominator, dtype=np.int64)
    for place in range(parts - 1):
        starts = _row_starts(parts - place, denominator)[left]
        value = (starts[:, 1:] <= rest[:, None]).sum(axis=1)
        rest -= np.take_along_axis(starts, value[:, None], axis=1)[:, 0]
        left -= value
        rows[:, place] = value
    rows[:, parts - 1] = left


@functools.lru_cache(maxsize=64)
def _row_starts(parts: int, denominator: int) -> Indices:
    """Return the number of the first row with first summand k (columns), for each remainder (rows)."""
    never = np.iinfo(np.int64).max
    starts = np.full((denominator + 1, denominator + 1), never, dtype=np.int64)
    for left in range(denominator + 1):
        total = 0
        for first in range(left + 1):
            starts[left, first] = total
            total += math.comb(left - first + parts - 2, parts - 2)
    return starts
