"""Frames in chunks: arrays of bounded size for the kernels, with the frames that cannot be used left out and counted.

Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_integer
from entrox.order.lattice import LatticeMap, refit_lattice
from entrox.order.lattice.excursion import site_watch
from entrox.order.lattice.film import closed_cell

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["CHUNK_FRAMES", "FrameChunk", "failed_remark", "frame_chunks"]

Floats = NDArray[np.float64]
_State = tuple[Floats, Floats]

CHUNK_FRAMES = 64
"""Frames held in memory at a time."""


@dataclass(frozen=True, eq=False)
class FrameChunk:
    """Frames that share one map.

    Parameters
    ----------
    scaled
        Scaled coordinates, shape ``(n_frames, n_atoms, 3)``, not wrapped.
    cells
        Cell vectors [angstrom], shape ``(n_frames, 3, 3)``; those of a film closed.
    lattice_map
        Map of these frames: the given one, or refitted after a hop.
    failed
        Frames left out since the last chunk.
    refitted
        Whether the map is not the given one.
    """

    scaled: Floats
    cells: Floats
    lattice_map: LatticeMap
    failed: int = 0
    refitted: bool = False


def frame_chunks(
    frames: Iterable[Atoms] | Atoms, lattice_map: LatticeMap, chunk_frames: int = CHUNK_FRAMES
) -> Iterator[FrameChunk]:
    """Yield the frames of a trajectory in chunks of scaled coordinates.

    A frame with NaN, without volume, with another number of atoms, or that does not fit the map any more, is left out
    and counted; so is one whose cations stand on other sites than in the map, for means by element and time means of
    cells would mix them. A frame in which an atom left its site (by more than half the distance of like sites) or in
    which the atoms changed their order is placed anew and comes alone.

    Parameters
    ----------
    frames
        One frame or any iterable of frames, read once.
    lattice_map
        Map of the trajectory.
    chunk_frames
        Most frames in a chunk.

    Raises
    ------
    InputError
        If there is no frame, or none of them can be used.
    """
    check_integer(chunk_frames, "chunk_frames", low=1)
    watch, numbers = site_watch(lattice_map), _atomic_numbers(lattice_map)
    held: list[_State] = []
    failed = used = 0
    for atoms in _one_by_one(frames):
        state = _usable(atoms, lattice_map)
        current: LatticeMap | None = lattice_map
        if state is not None and (not np.array_equal(atoms.numbers, numbers) or watch.has_left(state[0])):
            current = _placed_anew(atoms, lattice_map)
        if state is None or current is None:
            failed += 1
            continue
        used += 1
        if current is not lattice_map:
            if held:
                yield _stacked(held, lattice_map)
                held = []
            yield _stacked([state], current, failed, refitted=True)
            failed = 0
            continue
        held.append(state)
        if len(held) == chunk_frames:
            yield _stacked(held, lattice_map, failed)
            held, failed = [], 0
    if used == 0:
        raise InputError(_nothing_left(failed, lattice_map))
    if held or failed:
        yield _stacked(held, lattice_map, failed)


def _one_by_one(frames: Iterable[Atoms] | Atoms) -> Iterable[Atoms]:
    """Frames; iterating over a single ``ase.Atoms`` would give its atoms."""
    from ase import Atoms

    return [frames] if isinstance(frames, Atoms) else frames


def _atomic_numbers(lattice_map: LatticeMap) -> NDArray[np.int64]:
    from ase.data import atomic_numbers

    return np.array([atomic_numbers[symbol] for symbol in lattice_map.symbols])


def _nothing_left(failed: int, lattice_map: LatticeMap) -> str:
    if failed == 0:
        return "no frame: the trajectory is empty. Check the path, first= and every=."
    return (
        f"all {failed} frames failed: NaN positions, no cell, other elements on the sites, or not the map of "
        f"{lattice_map.n_atoms} atoms (matrix {lattice_map.matrix.tolist()}). Fit the map to a frame of this run."
    )


def _placed_anew(atoms: Atoms, lattice_map: LatticeMap) -> LatticeMap | None:
    """Map of a frame in which atoms may have moved: the old one if none has, None if the frame does not fit."""
    try:
        new = refit_lattice(lattice_map, atoms)
    except InputError:
        return None
    if _exchanged(new.a_symbols, lattice_map.a_symbols) or _exchanged(new.b_symbols, lattice_map.b_symbols):
        return None
    same = new.symbols == lattice_map.symbols
    same &= all(np.array_equal(getattr(new, name), getattr(lattice_map, name)) for name in ("a", "b", "x"))
    return lattice_map if same else new


def _exchanged(new: tuple[str, ...], old: tuple[str, ...]) -> bool:
    """Whether a site holds another element than before; one that was or becomes empty does not count."""
    return any(now != before for now, before in zip(new, old, strict=True) if now and before)


def failed_remark(failed: int) -> str:
    """Notice of frames that were left out."""
    return f"failed_frames: {failed} left out (NaN, no cell, atoms off the lattice, or other elements on the sites)"


def _usable(atoms: Atoms, lattice_map: LatticeMap) -> _State | None:
    cell = closed_cell(np.asarray(atoms.cell, dtype=float), lattice_map.opened)
    positions = atoms.positions
    if not (np.isfinite(positions).all() and np.isfinite(cell).all()) or abs(np.linalg.det(cell)) < 1e-6:
        return None
    return positions @ np.linalg.inv(cell), cell


def _stacked(held: list[_State], lattice_map: LatticeMap, failed: int = 0, refitted: bool = False) -> FrameChunk:
    n_atoms = lattice_map.n_atoms
    scaled = np.stack([s for s, _ in held]) if held else np.empty((0, n_atoms, 3))
    cells = np.stack([c for _, c in held]) if held else np.empty((0, 3, 3))
    return FrameChunk(scaled=scaled, cells=cells, lattice_map=lattice_map, failed=failed, refitted=refitted)
