"""What a file of ions holds, in one pass and in small memory: extent, density, duplicates, multi-hits, composition.

Units: nm, Da.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ionic_composition import (
    AtomicComposition,
    IonicComposition,
    atomic_composition,
    ionic_composition,
)
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_counts import range_counts
from entrox.atomprobe.range_segments import OverlapRule
from entrox.atomprobe.range_table import RangeTable
from entrox.atomprobe.ranging import MINIMUM_RANGED_FRACTION, disagreement_message
from entrox.atomprobe.repeated_positions import RepeatedPositions
from entrox.atomprobe.spectrum import IonSource, SpectrumAccumulator, chunks_of
from entrox.core import InputError, Result, check_positive, quantity

__all__ = ["IonSummary", "summarize_ions"]

Floats = NDArray[np.float64]

LARGEST_PLAUSIBLE_DA = 200.0
MANY_DUPLICATES = 0.01
_BLOCK = 1 << 17
"""Ions handled at once: a block and its temporaries take about 20 MB."""


@dataclass(frozen=True, kw_only=True)
class IonSummary(Result):
    """Contents of an ion file.

    ``density_per_nm3`` is the number of ions over the volume of the occupied voxels, which suits a tip of any shape but
    counts half-filled voxels at its surface as full; ``density_box_per_nm3`` is over the bounding box.
    """

    format: str
    n_ions: int = quantity("1", "ions")
    lower_nm: Floats = quantity("nm", "smallest x, y, z", axes=("axis",))
    upper_nm: Floats = quantity("nm", "largest x, y, z", axes=("axis",))
    extent_nm: Floats = quantity("nm", "size along x, y, z", axes=("axis",))
    density_per_nm3: float = quantity("nm^-3", "ions per volume of the occupied voxels")
    density_box_per_nm3: float | None = quantity("nm^-3", "ions per volume of the bounding box; None if it is flat")
    voxel_nm: float = quantity("nm", "edge of a voxel")
    n_occupied_voxels: int = quantity("1", "voxels with at least one ion")
    mass_to_charge_range_da: Floats = quantity("Da", "smallest and largest m/q", axes=("bound",))
    n_mass_to_charge_not_positive: int = quantity("1", "ions with m/q <= 0")
    n_mass_to_charge_above_200_da: int = quantity("1", "ions with m/q > 200 Da")
    n_duplicate_positions: int = quantity("1", "ions at the position of an earlier ion")
    n_duplicate_positions_sd: float = quantity("1", "error of that number; 0 where all positions were compared")
    multi_hit_fraction: float | None = quantity("1", "share of the ions in pulses of several; None without pulses")
    ranged_ions: int | None = quantity("1", "ions in ranges; None without ranges")
    ranged_fraction: float | None = quantity("1", "share of ions in ranges; None without ranges")
    ionic_composition: IonicComposition | None = None
    atomic_composition: AtomicComposition | None = None
    notices: tuple[str, ...] = ()


def summarize_ions(
    source: IonSource,
    table: RangeTable | None = None,
    *,
    voxel_nm: float = 1.0,
    on_overlap: OverlapRule = "error",
) -> IonSummary:
    """Summarize ions in memory or a stream of chunks.

    Parameters
    ----------
    source
        Ions, or an iterable of chunks; memory is that of one chunk and some ten MB, with 16 MB for the
        keys of positions.
    table
        Ranges; the composition is that of raw counts, without background correction.
    voxel_nm
        Edge of the voxels of the density [nm].
    on_overlap
        Rule where ranges of different ions overlap, as in ``build_segments``.

    Raises
    ------
    InputError
        If there is no ion, a value is not finite, ranges overlap against the rule, or ranges and ions disagree.
    """
    tally = _Tally(check_positive(voxel_nm, "voxel_nm", "nm"))
    masses = SpectrumAccumulator(1.0, table=table, on_overlap=on_overlap)
    notices: dict[str, None] = {}
    name = "memory"
    for chunk in chunks_of(source):
        name = chunk.format
        notices |= dict.fromkeys(chunk.notices)
        masses.add(chunk.mass_to_charge_da)
        for start in range(0, len(chunk), _BLOCK):
            tally.add(chunk, slice(start, start + _BLOCK))
    if tally.n_ions == 0:
        raise InputError("a summary needs at least one ion; got none.")
    return _summary(tally, masses, table, name, tuple(notices))


class _Tally:
    """Numbers that grow chunk by chunk."""

    def __init__(self, voxel_nm: float) -> None:
        self.voxel_nm = voxel_nm
        self.n_ions = self.n_multiple = self.n_not_positive = self.n_heavy = 0
        self.has_pulses = True
        self.lower, self.upper = np.full(3, np.inf), np.full(3, -np.inf)
        self.duplicates = RepeatedPositions()
        self.voxels = _OccupiedVoxels(voxel_nm)

    def add(self, ions: Ions, part: slice) -> None:
        positions = ions.positions_nm[part]
        finite = np.isfinite(positions).all(axis=1)
        if not finite.all():
            raise InputError(
                f"positions must be finite; got {int((~finite).sum())} bad ones, the first with index "
                f"{self.n_ions + int(np.argmin(finite))}. Read with drop_invalid=True to leave such ions out."
            )
        self.n_ions += len(positions)
        self.lower = np.minimum(self.lower, positions.min(axis=0))
        self.upper = np.maximum(self.upper, positions.max(axis=0))
        masses = ions.mass_to_charge_da[part]
        self.n_not_positive += int(np.count_nonzero(masses <= 0.0))
        self.n_heavy += int(np.count_nonzero(masses > LARGEST_PLAUSIBLE_DA))
        if ions.ions_in_pulse is None:
            self.has_pulses = False
        else:
            # 0 marks the later ions of a pulse, a number above one its first ion.
            self.n_multiple += int(np.count_nonzero(ions.ions_in_pulse[part] != 1))
        self.duplicates.add(positions)
        self.voxels.add(positions)


class _OccupiedVoxels:
    """Voxels that hold an ion, in blocks of 8 x 8 x 8 that come into being with their first ion."""

    def __init__(self, voxel_nm: float) -> None:
        self.voxel_nm = voxel_nm
        self._row_of_block: dict[int, int] = {}
        self._occupied: NDArray[np.bool_] = np.zeros((64, 512), dtype=bool)

    def add(self, positions: NDArray[np.floating]) -> None:
        # 21 bits per axis number two million voxels; what lies beyond counts in the last one.
        cell = np.clip(np.floor(positions.astype(np.float64) / self.voxel_nm), -(2**20), 2**20 - 1).astype(np.int64)
        cell += 2**20
        block = cell >> 3
        within = cell & 7
        distinct, place = np.unique((block[:, 0] << 36) | (block[:, 1] << 18) | block[:, 2], return_inverse=True)
        known = self._row_of_block
        rows = np.array([known.setdefault(number, len(known)) for number in distinct.tolist()], dtype=np.int64)
        if len(known) > len(self._occupied):
            larger = np.zeros((max(2 * len(self._occupied), len(known)), 512), dtype=bool)
            larger[: len(self._occupied)] = self._occupied
            self._occupied = larger
        self._occupied[rows[place], (within[:, 0] << 6) | (within[:, 1] << 3) | within[:, 2]] = True

    def __len__(self) -> int:
        return int(np.count_nonzero(self._occupied))


def _summary(
    tally: _Tally, masses: SpectrumAccumulator, table: RangeTable | None, name: str, notices: tuple[str, ...]
) -> IonSummary:
    spectrum = masses.spectrum(name)
    extent = tally.upper - tally.lower
    box = float(np.prod(extent))
    n_voxels = len(tally.voxels)
    repeated, repeated_sd = tally.duplicates.count()
    ranged: int | None = None
    ionic, atomic = None, None
    if table is not None and spectrum.range_events is not None:
        ranged = int(spectrum.range_events.sum())
        if ranged < MINIMUM_RANGED_FRACTION * tally.n_ions:
            limits = (float(spectrum.smallest_da or 0.0), float(spectrum.largest_da or 0.0))
            raise InputError(disagreement_message(ranged, tally.n_ions, limits, table))
        counts = range_counts(spectrum, table, on_overlap=masses.on_overlap)
        ionic = ionic_composition(counts)
        notices = (*notices, *counts.notices)
        labels = sorted({item.ion for item in counts.ranges if item.composition is None})
        if labels:
            notices = (*notices, f"no atomic composition: {', '.join(labels)} are labels without composition")
        else:
            atomic = atomic_composition(counts)
    return IonSummary(
        format=name,
        n_ions=tally.n_ions,
        lower_nm=tally.lower,
        upper_nm=tally.upper,
        extent_nm=extent,
        density_per_nm3=tally.n_ions / (n_voxels * tally.voxel_nm**3),
        density_box_per_nm3=tally.n_ions / box if box > 0.0 else None,
        voxel_nm=tally.voxel_nm,
        n_occupied_voxels=n_voxels,
        mass_to_charge_range_da=np.array([spectrum.smallest_da, spectrum.largest_da], dtype=np.float64),
        n_mass_to_charge_not_positive=tally.n_not_positive,
        n_mass_to_charge_above_200_da=tally.n_heavy,
        n_duplicate_positions=repeated,
        n_duplicate_positions_sd=repeated_sd,
        multi_hit_fraction=tally.n_multiple / tally.n_ions if tally.has_pulses else None,
        ranged_ions=ranged,
        ranged_fraction=None if ranged is None else ranged / tally.n_ions,
        ionic_composition=ionic,
        atomic_composition=atomic,
        notices=(*notices, *_notices(tally, repeated)),
    )


def _notices(tally: _Tally, repeated: int) -> tuple[str, ...]:
    found = []
    if tally.n_not_positive or tally.n_heavy:
        found.append(
            f"{tally.n_not_positive} ions have m/q <= 0 and {tally.n_heavy} above {LARGEST_PLAUSIBLE_DA:g} Da; "
            "all are kept"
        )
    if repeated > MANY_DUPLICATES * tally.n_ions:
        found.append(
            f"{100.0 * repeated / tally.n_ions:.1f} % of the positions repeat an earlier one: molecular ions were "
            "probably split into atoms, and without event numbers p values come out too small (events by position)"
        )
    return tuple(found)
