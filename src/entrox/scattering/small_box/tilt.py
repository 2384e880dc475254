r"""Tilts of the octahedra of a cubic perovskite: how far its anions move in a cell of 2 x 2 x 2.

Glazer's symbol names for each axis the tilt about it: equal letters have equal angles, ``0`` is none, ``+`` and ``-``
tell octahedra along the axis that turn alike or against each other. Neighbors across the axis always turn against each
other. Small tilts about several axes add. A. M. Glazer, Acta Cryst. B 28, 3384 (1972).
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.scattering.small_box.cell import SmallBoxCell

__all__ = ["tilt_modes"]

Floats = NDArray[np.float64]
SYMBOL = re.compile(r"([a-c])([0+-])([a-c])([0+-])([a-c])([0+-])")
CELLS = 2
NEAR = 0.05


def tilt_modes(cell: SmallBoxCell, symbol: str) -> tuple[tuple[str, Floats], ...]:
    """Movements of the anions in 2 x 2 x 2 cells per unit shift, one for each letter of the symbol.

    Parameters
    ----------
    cell
        Cubic perovskite of five sites.
    symbol
        Glazer's symbol, for example ``"a0a0c-"``.

    Returns
    -------
    tuple
        Names ``tilt_a``... and changes of the fractional coordinates of ``cell.repeated(2)``, shape ``(40, 3)``, for a
        shift of one edge of the small cell: tan(tilt) = 2 shift.

    Raises
    ------
    InputError
        If the symbol is none, or the cell is no cubic perovskite.
    """
    parts = SYMBOL.fullmatch(symbol)
    if parts is None or all(sign == "0" for sign in parts.groups()[1::2]):
        raise InputError(
            f"tilt must be Glazer's symbol of a tilted perovskite, such as a0a0c- or a-b+a-; got {symbol!r}."
        )
    center = _octahedral_site(cell)
    big = cell.repeated(CELLS)
    # Coordinates in edges of the small cell, counted from an octahedron.
    place = CELLS * big.positions - cell.positions[center]
    modes: dict[str, Floats] = {}
    for axis, (letter, sign) in enumerate(zip(parts.groups()[0::2], parts.groups()[1::2], strict=True)):
        if sign != "0":
            name = f"tilt_{letter}"
            modes[name] = modes.get(name, np.zeros_like(place)) + _turned(place, axis, against=sign == "-") / CELLS
    return tuple(modes.items())


def _octahedral_site(cell: SmallBoxCell) -> int:
    """The cation that has six anions at half an edge."""
    lengths = np.linalg.norm(cell.lattice, axis=1)
    metric = cell.lattice @ cell.lattice.T
    cubic = np.ptp(lengths) < 1e-3 and np.abs(metric - np.diag(metric.diagonal())).max() < 1e-3
    if len(cell.positions) == 5 and cubic:
        for site in range(5):
            away = cell.positions - cell.positions[site]
            away -= np.round(away)
            distance = np.linalg.norm(np.abs(away), axis=1)
            if (np.abs(distance - 0.5) < NEAR).sum() == 3:
                return site
    raise InputError("a tilt needs the cell of a cubic perovskite: five sites, three equal edges, right angles.")


def _turned(place: Floats, axis: int, *, against: bool) -> Floats:
    """Unit shifts of the anions in the plane across an axis, in edges of the small cell."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    moved = np.zeros_like(place)
    half = np.abs(place - np.floor(place + NEAR) - 0.5) < NEAR
    for along, across, turn in ((first, second, 1.0), (second, first, -1.0)):
        # Anions half way between two octahedra along this edge; the octahedron before them has whole coordinates.
        middle = half[:, along] & (half.sum(axis=1) == 1)
        cells = np.floor(place[middle] + NEAR).astype(int)
        turns = cells[:, first] + cells[:, second] + (cells[:, axis] if against else 0)
        moved[middle, across] = turn * (-1.0) ** turns
    return moved
