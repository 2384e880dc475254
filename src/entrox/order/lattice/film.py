"""A film: one direction of the cell is open, and a closed cell with an empty layer stands in for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

__all__ = ["OpenDirection", "closed_cell", "open_direction"]

Floats = NDArray[np.float64]

SPACING_RANGE = 0.25
"""The layers are searched within this share of the mean lattice constant."""


@dataclass(frozen=True, eq=False)
class OpenDirection:
    """The cell vector that stands in for the open direction of a film.

    Parameters
    ----------
    axis
        Number of the open cell vector.
    vector_angstrom
        Normal to the film, one layer longer than it [angstrom], shape ``(3,)``.
    layers
        Number of cells across the film.
    """

    axis: int
    vector_angstrom: Floats
    layers: int


def open_direction(
    positions: Floats, cell: Floats, pbc: tuple[bool, bool, bool], groups: list[NDArray[np.int64]]
) -> OpenDirection | None:
    """Find the layers of a film; None for a crystal that is periodic in all directions.

    Parameters
    ----------
    positions
        Shape ``(n_atoms, 3)`` [angstrom].
    cell
        Vectors [angstrom]; that of the open direction is not used.
    pbc
        Periodic directions.
    groups
        Indices of the cations of each kind of site.

    Raises
    ------
    InputError
        If two or three directions are open, or the periodic vectors are missing.
    """
    if all(pbc):
        return None
    if sum(pbc) != 2:
        raise InputError(
            f"the cell must be periodic in three directions, or in two for a film; got pbc {list(pbc)}. "
            "If the box is periodic, set atoms.pbc = True and give its cell (option --box)."
        )
    axis = pbc.index(False)
    first, second = (cell[i] for i in range(3) if i != axis)
    normal = np.cross(first, second)
    area = float(np.linalg.norm(normal))
    if area < 1e-6:
        raise InputError("the two periodic cell vectors are missing or parallel; give the cell of the film.")
    normal = normal / area * (1.0 if np.dot(cell[axis], normal) >= 0 else -1.0)
    heights = [positions[group] @ normal for group in groups]
    bottom, top = min(h.min() for h in heights), max(h.max() for h in heights)
    count = max(len(h) for h in heights)
    spacing = _layer_spacing(heights, area, float(top - bottom), count)
    layers = round(2.0 * (top - bottom) / spacing) // 2 + 1
    return OpenDirection(axis=axis, vector_angstrom=normal * spacing * (layers + 1), layers=layers)


def _layer_spacing(heights: list[Floats], area: float, span: float, count: int) -> float:
    """Distance of the layers [angstrom] that makes their phases agree best; the mean lattice constant for one layer."""
    guess = (area * (span + 2.0) / count) ** (1.0 / 3.0)
    for _ in range(50):
        guess = (area * (span + guess) / count) ** (1.0 / 3.0)
    if span < 0.7 * guess:
        return float(guess)
    tried = guess * np.linspace(1.0 - SPACING_RANGE, 1.0 + SPACING_RANGE, 501)
    merit = np.zeros(len(tried))
    for h in heights:
        phases = 2.0 * np.pi * (h - h.min()) / tried[:, None]
        merit += np.hypot(np.cos(phases).sum(axis=1), np.sin(phases).sum(axis=1))
    return float(tried[int(np.argmax(merit))])


def closed_cell(cell: Floats, opened: OpenDirection | None) -> Floats:
    """Return the cell with the open vector replaced [angstrom]; a crystal's cell unchanged."""
    if opened is None:
        return cell
    closed = cell.copy()
    closed[opened.axis] = opened.vector_angstrom
    return closed
