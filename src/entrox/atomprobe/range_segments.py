"""The m/q axis cut at every edge of a range table: which ion, and which range, owns each piece.

Ranges of one ion may repeat or overlap; the pieces merge them. Where ranges of different ions overlap, a named rule
decides. Units: Da.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe._kernels import locate_segments
from entrox.atomprobe.range_table import RangeTable
from entrox.core import InputError

__all__ = ["EdgeRule", "OverlapRule", "RangeOverlap", "RangeSegments", "build_segments", "range_overlaps"]

Floats = NDArray[np.float64]
OverlapRule = Literal["error", "first", "center", "exclude", "probability"]
EdgeRule = Literal["half-open", "closed"]

BINS = 65536
"""Equal bins of the look-up table; with 1,000 ranges few bins hold more than one edge."""
SHOWN_PAIRS = 10


@dataclass(frozen=True)
class RangeOverlap:
    """Two ranges of a table that share a piece of the m/q axis.

    Parameters
    ----------
    first, second
        Indices of the ranges in the table, ``first < second``.
    lower_da, upper_da
        Edges of the shared piece [Da].
    same_ion
        Whether both belong to one ion.
    """

    first: int
    second: int
    lower_da: float
    upper_da: float
    same_ion: bool

    @property
    def width_da(self) -> float:
        """Width of the shared piece [Da]."""
        return self.upper_da - self.lower_da


@dataclass(frozen=True, eq=False)
class RangeSegments:
    """Pieces of the m/q axis between neighboring edges.

    Parameters
    ----------
    edges_da
        Ascending edges [Da], shape ``(n + 1,)``.
    ion
        Index of the ion that owns each piece and, last, of the outside, shape ``(n + 1,)``; -1 for none.
    range_index
        Index of the range that owns each piece and, last, of the outside, shape ``(n + 1,)``; -1 for none.
    claims
        Ranges that claim each piece, one per ion, in the order of the table.
    n_duplicates
        Ranges that repeat an earlier one exactly.
    overlaps
        Pairs of other ranges that overlap.
    """

    edges_da: Floats
    ion: NDArray[np.int16]
    range_index: NDArray[np.int32]
    claims: tuple[tuple[int, ...], ...]
    n_duplicates: int
    overlaps: tuple[RangeOverlap, ...]

    def locate(self, mass_to_charge_da: NDArray[np.floating]) -> NDArray[np.int32]:
        """Return the number of the piece of each m/q, the number of pieces where it is outside; shape ``(n,)``."""
        out = np.empty(len(mass_to_charge_da), dtype=np.int32)
        start, per_dalton = self._look_up
        locate_segments(
            np.ascontiguousarray(mass_to_charge_da), self.edges_da, start, self.edges_da[0], per_dalton, out
        )
        return out

    @cached_property
    def _look_up(self) -> tuple[NDArray[np.int32], float]:
        """Piece at the lower end of equal bins, and the number of bins per dalton."""
        edges = self.edges_da
        per_dalton = BINS / float(edges[-1] - edges[0])
        bins = edges[0] + np.arange(BINS) / per_dalton
        start = np.clip(np.searchsorted(edges, bins, side="right") - 1, 0, len(edges) - 2)
        return start.astype(np.int32), per_dalton

    @property
    def shared(self) -> tuple[int, ...]:
        """Numbers of the pieces that ranges of different ions claim."""
        return tuple(number for number, claim in enumerate(self.claims) if len(claim) > 1)


def range_overlaps(table: RangeTable) -> tuple[int, tuple[RangeOverlap, ...]]:
    """Return how many ranges repeat an earlier one exactly, and the pairs of the other ranges that overlap."""
    distinct = _distinct(table)
    order = sorted(distinct, key=lambda index: table.ranges[index].lower_da)
    active: list[int] = []
    found = []
    for index in order:
        item = table.ranges[index]
        active = [other for other in active if table.ranges[other].upper_da > item.lower_da]
        for other in active:
            found.append(
                RangeOverlap(
                    first=min(index, other),
                    second=max(index, other),
                    lower_da=item.lower_da,
                    upper_da=min(item.upper_da, table.ranges[other].upper_da),
                    same_ion=item.ion == table.ranges[other].ion,
                )
            )
        active.append(index)
    return len(table) - len(distinct), tuple(sorted(found, key=lambda pair: (pair.first, pair.second)))


def build_segments(
    table: RangeTable, on_overlap: OverlapRule = "error", on_edge: EdgeRule = "half-open"
) -> RangeSegments:
    """Cut the m/q axis at the edges of a table.

    Parameters
    ----------
    table
        The ranges.
    on_overlap
        What holds where ranges of different ions overlap: ``"error"``; ``"first"``, the range that the table lists
        first; ``"center"``, the range with the nearest center; ``"exclude"``, no ion; ``"probability"``, every claim
        (the piece then goes to the first until probabilities are known).
    on_edge
        ``"half-open"``: lower <= m/q < upper; ``"closed"``: lower <= m/q <= upper, an edge that two ranges share going
        to the one that the table lists first.

    Raises
    ------
    InputError
        If ranges of different ions overlap and ``on_overlap`` is ``"error"``, or a rule is unknown.
    """
    if on_overlap not in get_args(OverlapRule):
        raise InputError(f"on_overlap must be one of {', '.join(get_args(OverlapRule))}; got {on_overlap!r}.")
    if on_edge not in get_args(EdgeRule):
        raise InputError(f"on_edge must be one of {', '.join(get_args(EdgeRule))}; got {on_edge!r}.")
    n_duplicates, overlaps = range_overlaps(table)
    conflicts = [pair for pair in overlaps if not pair.same_ion]
    if conflicts and on_overlap == "error":
        raise InputError(_conflict_message(table, conflicts))
    lower, upper = range_edges(table, on_edge)
    centers = 0.5 * (lower + upper)
    cuts = np.unique(np.concatenate([lower, upper]))
    if on_overlap == "center":
        halves = [0.5 * (centers[pair.first] + centers[pair.second]) for pair in conflicts]
        cuts = np.unique(np.concatenate([cuts, halves]))
    claims = _claims(table, lower, upper, cuts)
    middles = 0.5 * (cuts[:-1] + cuts[1:])
    owners = np.full(len(cuts), -1, dtype=np.int32)
    # A closed edge makes pieces one rounding step wide that two touching ranges share: they are no conflict.
    touching = np.diff(cuts) <= 2.0 * np.spacing(cuts[:-1])
    for number, claim in enumerate(claims):
        rule = "first" if touching[number] else on_overlap
        owners[number] = _owner(claim, rule, centers, middles[number])
    claims = [claim[:1] if touching[number] else claim for number, claim in enumerate(claims)]
    index = {ion: number for number, ion in enumerate(table.ions)}
    ions = np.array([index[item.ion] for item in table.ranges] + [-1], dtype=np.int16)
    return RangeSegments(cuts, ions[owners], owners, tuple(claims), n_duplicates, overlaps)


def range_edges(table: RangeTable, on_edge: EdgeRule = "half-open") -> tuple[Floats, Floats]:
    """Return the lower and the exclusive upper edges of the ranges [Da], each of shape ``(n_ranges,)``."""
    lower = np.array([item.lower_da for item in table.ranges], dtype=np.float64)
    upper = np.array([item.upper_da for item in table.ranges], dtype=np.float64)
    return lower, np.nextafter(upper, np.inf) if on_edge == "closed" else upper


def _distinct(table: RangeTable) -> list[int]:
    """Return the indices of the ranges that do not repeat an earlier one."""
    seen: dict[tuple[float, float, str], int] = {}
    for index, item in enumerate(table.ranges):
        seen.setdefault((item.lower_da, item.upper_da, item.ion), index)
    return list(seen.values())


def _claims(table: RangeTable, lower: Floats, upper: Floats, cuts: Floats) -> list[tuple[int, ...]]:
    """Return for each piece the first range of every ion that covers it, in the order of the table."""
    found: list[dict[str, int]] = [{} for _ in range(len(cuts) - 1)]
    begin, end = np.searchsorted(cuts, lower), np.searchsorted(cuts, upper)
    for index in _distinct(table):
        for piece in range(begin[index], end[index]):
            found[piece].setdefault(table.ranges[index].ion, index)
    return [tuple(piece.values()) for piece in found]


def _owner(claim: Sequence[int], rule: str, centers: Floats, middle: float) -> int:
    """Return the range that owns a piece, -1 for none."""
    if not claim or (len(claim) > 1 and rule == "exclude"):
        return -1
    if len(claim) > 1 and rule == "center":
        return min(claim, key=lambda index: (abs(centers[index] - middle), index))
    return claim[0]


def _conflict_message(table: RangeTable, conflicts: Sequence[RangeOverlap]) -> str:
    lines = []
    for pair in conflicts[:SHOWN_PAIRS]:
        one, two = table.ranges[pair.first], table.ranges[pair.second]
        place = "" if one.line is None or two.line is None else f" (lines {one.line} and {two.line})"
        lines.append(
            f"  {one.ion} {one.lower_da:.4f}-{one.upper_da:.4f} and {two.ion} {two.lower_da:.4f}-{two.upper_da:.4f} "
            f"Da share {pair.lower_da:.4f}-{pair.upper_da:.4f}, {pair.width_da:.4g} Da{place}"
        )
    if len(conflicts) > SHOWN_PAIRS:
        lines.append(f"  and {len(conflicts) - SHOWN_PAIRS} more")
    pairs = "pair of ranges" if len(conflicts) == 1 else "pairs of ranges"
    return (
        f"{table.source or 'the range table'}: {len(conflicts)} {pairs} of different ions overlap:\n"
        + "\n".join(lines)
        + "\nEdit the ranges, or choose on_overlap: first (the range listed first), center (the range with the nearer "
        "center), exclude (drop the shared piece) or probability (keep both labels with their probabilities)."
    )
