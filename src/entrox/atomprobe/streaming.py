"""Ranging of clouds that do not fit into memory, or should not: piece by piece, with the numbers of the whole.

The pieces give the same names as the cloud in one piece, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from entrox.atomprobe.formats.ion_records import ByteOrder, select_ions
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_segments import EdgeRule, OverlapRule
from entrox.atomprobe.range_table import RangeTable
from entrox.atomprobe.ranging import MINIMUM_RANGED_FRACTION, RangedIons, apply_ranges, disagreement_message
from entrox.atomprobe.readers import IonFormat, iter_ions, read_ions
from entrox.core import InputError

__all__ = ["iter_ranged", "read_ranged"]

SHOWN_NOTICES = 10
_PER_ION = ("ion_index", "range_index", "claim")


def iter_ranged(
    path: str | Path,
    table: RangeTable,
    chunk: int = 1 << 20,
    on_overlap: OverlapRule = "error",
    on_edge: EdgeRule = "half-open",
    *,
    overlap_weights: Mapping[str, float] | None = None,
    format: IonFormat = "auto",  # noqa: A002
    byte_order: ByteOrder = "big",
    columns: Sequence[str | int] | None = None,
    drop_invalid: bool = False,
    decimal: str = ".",
) -> Iterator[RangedIons]:
    """Yield a cloud in named pieces of at most ``chunk`` ions, in memory of that size.

    Parameters
    ----------
    path
        The file of the cloud.
    table, on_overlap, on_edge, overlap_weights
        As for :func:`~entrox.atomprobe.ranging.apply_ranges`; ``"probability"`` needs the weights here.
    chunk, format, byte_order, columns, drop_invalid, decimal
        As for :func:`~entrox.atomprobe.readers.iter_ions`.

    Raises
    ------
    FormatError
        If the file breaks its format.
    InputError
        As for the two functions; that ranges and cloud disagree is known, and raised, after the last piece.
    """
    if on_overlap == "probability" and overlap_weights is None:
        raise InputError(
            "on_overlap='probability' needs overlap_weights where a cloud is read in pieces: the shares found in one "
            "piece are not those of the cloud."
        )
    n, n_ranged, lowest, highest = 0, 0, np.inf, -np.inf
    pieces = iter_ions(path, chunk, format, byte_order, columns, drop_invalid, decimal)
    for ions in pieces:
        ranged = apply_ranges(ions, table, on_overlap, on_edge, overlap_weights=overlap_weights, minimum_fraction=0.0)
        if len(ions):
            n, n_ranged = n + len(ions), n_ranged + ranged.n_ranged
            lowest = min(lowest, float(ions.mass_to_charge_da.min()))
            highest = max(highest, float(ions.mass_to_charge_da.max()))
        yield ranged
    if n_ranged < MINIMUM_RANGED_FRACTION * max(n, 1):
        raise InputError(disagreement_message(n_ranged, n, (lowest, highest), table))


def read_ranged(path: str | Path, table: RangeTable, chunk: int = 1 << 20, **options: Any) -> RangedIons:
    """Read a cloud and keep its ranged ions only; a notice counts the others.

    It takes the memory of the ranged ions, 22 bytes each for a ``.pos`` file, and that of one chunk; with
    ``on_overlap="probability"`` and no weights that of the whole cloud, which alone tells the shares of the ions.

    Parameters
    ----------
    path, table, chunk, options
        As for :func:`iter_ranged`.

    Raises
    ------
    FormatError, InputError
        As for :func:`iter_ranged`.
    """
    if options.get("on_overlap") == "probability" and options.get("overlap_weights") is None:
        return _read_whole(path, table, **options)
    cloud: dict[str, Any] = {}
    names: dict[str, Any] = {}
    notices: dict[str, None] = {}
    n, last = 0, None
    for last in iter_ranged(path, table, chunk, **options):
        n += len(last)
        kept = last.ion_index >= 0
        _extend(cloud, vars(select_ions(last.ions, kept)))
        _extend(names, {name: getattr(last, name)[kept] for name in _PER_ION if getattr(last, name) is not None})
        notices.update(dict.fromkeys(last.notices))
    assert last is not None
    ions = Ions(**cloud, format=last.ions.format)
    told = list(notices)
    if len(told) > SHOWN_NOTICES:
        told = [*told[:SHOWN_NOTICES], f"{len(told) - SHOWN_NOTICES} more notices on single pieces of the cloud."]
    return replace(last, ions=ions, **names, notices=(*told, *_left_out(n, len(ions))))


def _left_out(n: int, n_kept: int) -> tuple[str, ...]:
    return (f"{n - n_kept} of {n} ions lie in no range and were left out.",) if n_kept < n else ()


def _read_whole(
    path: str | Path,
    table: RangeTable,
    on_overlap: OverlapRule,
    on_edge: EdgeRule = "half-open",
    overlap_weights: None = None,
    **reading: Any,
) -> RangedIons:
    """Read a cloud at once, name its ions, and keep the ranged ones."""
    ranged = apply_ranges(read_ions(path, **reading), table, on_overlap, on_edge, overlap_weights=overlap_weights)
    kept = ranged.ion_index >= 0
    names = {name: getattr(ranged, name)[kept] for name in _PER_ION if getattr(ranged, name) is not None}
    ions = select_ions(ranged.ions, kept)
    return replace(ranged, ions=ions, **names, notices=(*ranged.notices, *_left_out(len(ranged), len(ions))))


def _extend(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Append the arrays of a piece; an array grows in place, so that it is never held twice."""
    for name, value in part.items():
        if isinstance(value, np.ndarray):
            held = whole.setdefault(name, np.empty((0, *value.shape[1:]), dtype=value.dtype))
            filled = len(held)
            held.resize((filled + len(value), *value.shape[1:]), refcheck=False)
            held[filled:] = value
