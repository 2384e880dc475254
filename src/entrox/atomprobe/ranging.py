"""Ranging: from the mass-to-charge ratio of each ion to its name and its atoms.

A molecular ion is one detection event that carries several atoms at one point. Units: nm, Da.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_segments import EdgeRule, OverlapRule, RangeSegments, build_segments
from entrox.atomprobe.range_table import RangeTable
from entrox.atomprobe.ranged_ions import RangedIons
from entrox.core import InputError

__all__ = ["MINIMUM_RANGED_FRACTION", "RangedIons", "apply_ranges"]

Floats = NDArray[np.float64]

MINIMUM_RANGED_FRACTION = 0.01
"""Below this share of ranged ions the ranges belong to other data."""
BLOCK = 1 << 20
"""Ions ranged at a time, so that the working memory stays small."""


def apply_ranges(
    ions: Ions,
    table: RangeTable,
    on_overlap: OverlapRule = "error",
    on_edge: EdgeRule = "half-open",
    *,
    overlap_weights: Mapping[str, float] | None = None,
    minimum_fraction: float = MINIMUM_RANGED_FRACTION,
) -> RangedIons:
    """Name the ions of a cloud by the ranges that hold their mass-to-charge ratios.

    Edges are compared in double precision with the stored value, so a cloud in single precision and its source in
    double precision may differ by the ions that lie on an edge.

    Parameters
    ----------
    ions
        The cloud.
    table
        The ranges. Exact repetitions and overlaps of one ion are merged; a notice says so.
    on_overlap
        What holds where ranges of different ions overlap, see :func:`~entrox.atomprobe.range_segments.build_segments`.
    on_edge
        ``"half-open"``: lower <= m/q < upper; ``"closed"``: lower <= m/q <= upper.
    overlap_weights
        With ``on_overlap="probability"``: relative abundance of each ion that overlaps. By default the ions per dalton
        in the parts of the overlapping ranges that no other ion claims; equal where a range has no such part.
    minimum_fraction
        Share of ranged ions below which table and cloud are taken to disagree; 0 for a piece of a cloud.

    Returns
    -------
    RangedIons
        The named cloud.

    Raises
    ------
    InputError
        If ranges of different ions overlap and ``on_overlap`` is ``"error"``, an ion appears with two compositions,
        or fewer than ``minimum_fraction`` of the ions are ranged.
    """
    compositions = _compositions(table)
    segments = build_segments(table, on_overlap, on_edge)
    n = len(ions)
    ion_index, range_index = np.empty(n, dtype=np.int16), np.empty(n, dtype=np.int32)
    keep_pieces = on_overlap == "probability" and bool(segments.shared)
    pieces = np.empty(n, dtype=np.int32) if keep_pieces else None
    for start in range(0, n, BLOCK):
        block = slice(start, start + BLOCK)
        located = segments.locate(ions.mass_to_charge_da[block])
        np.take(segments.ion, located, out=ion_index[block], mode="clip")
        np.take(segments.range_index, located, out=range_index[block], mode="clip")
        if pieces is not None:
            pieces[block] = located
    ranged = RangedIons(
        ions=ions,
        table=table,
        ion_names=table.ions,
        ion_index=ion_index,
        range_index=range_index,
        compositions=compositions,
        notices=(*ions.notices, *table.notices, *merge_notices(segments)),
    )
    if ranged.n_ranged < minimum_fraction * max(n, 1):
        raise InputError(disagreement_message(ranged.n_ranged, n, _extent(ions.mass_to_charge_da), table))
    return ranged if pieces is None else _with_probabilities(ranged, segments, pieces, overlap_weights)


def merge_notices(segments: RangeSegments) -> tuple[str, ...]:
    """Return what is said of ranges that were merged or decided by a rule."""
    same = sum(pair.same_ion for pair in segments.overlaps)
    other = len(segments.overlaps) - same
    notices = []
    if segments.n_duplicates:
        notices.append(f"{segments.n_duplicates} ranges repeat an earlier one exactly; each counts once.")
    if same:
        notices.append(f"{same} pairs of ranges of the same ion overlap and were merged.")
    if other:
        notices.append(f"{other} pairs of ranges of different ions overlap.")
    return tuple(notices)


def disagreement_message(n_ranged: int, n: int, extent: tuple[float, float], table: RangeTable) -> str:
    """Return the message for ranges that hold next to nothing of the data."""
    low, high = min(item.lower_da for item in table.ranges), max(item.upper_da for item in table.ranges)
    return (
        f"the ranges hold {n_ranged} of {n} ions: range file and positions do not belong together. The ions have m/q "
        f"from {extent[0]:.4g} to {extent[1]:.4g} Da, the ranges of {table.source or 'the table'} go from {low:.4g} to "
        f"{high:.4g} Da."
    )


def _extent(mass_to_charge_da: NDArray[np.floating]) -> tuple[float, float]:
    if not len(mass_to_charge_da):
        return float("nan"), float("nan")
    return float(mass_to_charge_da.min()), float(mass_to_charge_da.max())


def _compositions(table: RangeTable) -> tuple[Mapping[str, int] | None, ...]:
    """Return the composition of each distinct ion; one name must not stand for two."""
    found: dict[str, Mapping[str, int] | None] = {}
    for item in table.ranges:
        if found.setdefault(item.ion, item.composition) != item.composition:
            raise InputError(
                f"the ion {item.ion} appears with two compositions, {found[item.ion]} and {item.composition}"
                f"{'' if item.line is None else f' (line {item.line})'}: give them different names."
            )
    if len(found) > np.iinfo(np.int16).max:
        raise InputError(f"a range table may name {np.iinfo(np.int16).max} ions; got {len(found)}.")
    return tuple(found.values())


def _with_probabilities(
    ranged: RangedIons, segments: RangeSegments, pieces: NDArray[np.int32], weights: Mapping[str, float] | None
) -> RangedIons:
    """Return the cloud with the probabilities of the names in the pieces that several ions claim."""
    counts = np.bincount(pieces, minlength=len(segments.edges_da))
    table, index = ranged.table, {name: number for number, name in enumerate(ranged.ion_names)}
    probabilities = np.zeros((len(segments.shared), len(index)))
    row_of_piece = np.full(len(segments.edges_da), -1, dtype=np.int32)
    ion_of_piece, range_of_piece = segments.ion.copy(), segments.range_index.copy()
    for row, piece in enumerate(segments.shared):
        claim = segments.claims[piece]
        names = [table.ranges[number].ion for number in claim]
        if weights is None:
            share = np.array([_exclusive_density(number, segments, table, counts) for number in claim])
        else:
            share = _given_weights(names, weights)
        if np.isnan(share).any() or not share.any():
            share = np.ones(len(claim))
        share /= share.sum()
        probabilities[row, [index[name] for name in names]] = share
        row_of_piece[piece] = row
        best = int(np.argmax(share))
        ion_of_piece[piece], range_of_piece[piece] = index[names[best]], claim[best]
    claimed = row_of_piece[pieces]
    said = (
        f"{int(np.count_nonzero(claimed >= 0))} ions lie where ranges of different ions overlap; their names are known "
        "with a probability only."
    )
    return replace(
        ranged,
        ion_index=ion_of_piece[pieces],
        range_index=range_of_piece[pieces],
        claim=claimed,
        claim_probabilities=probabilities,
        notices=(*ranged.notices, said),
    )


def _exclusive_density(number: int, segments: RangeSegments, table: RangeTable, counts: NDArray[np.integer]) -> float:
    """Return the ions per dalton in the part of a range that no other ion claims; NaN if there is none."""
    item, widths = table.ranges[number], np.diff(segments.edges_da)
    begin, end = np.searchsorted(segments.edges_da, [item.lower_da, item.upper_da])
    alone = [piece for piece in range(begin, end) if len(segments.claims[piece]) == 1]
    return float(counts[alone].sum() / widths[alone].sum()) if alone else float("nan")


def _given_weights(names: Sequence[str], weights: Mapping[str, float]) -> Floats:
    missing = [name for name in names if name not in weights]
    if missing:
        raise InputError(f"overlap_weights must hold every overlapping ion; {', '.join(missing)} missing.")
    share = np.array([float(weights[name]) for name in names])
    if not np.isfinite(share).all() or (share < 0.0).any() or not share.any():
        raise InputError(f"overlap_weights must be finite, >= 0 and not all 0; got {share.tolist()} for {names}.")
    return share
