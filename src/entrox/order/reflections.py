r"""Order of a crystal as its strongest reflections see it: what a melt must have lost.

.. math:: \frac{|S(h)|}{N} = \frac{1}{N} \Big| \sum_j e^{2 \pi i \, h \cdot x_j} \Big|

over N atoms at the fractional places x, h whole numbers. Without order the phases are random: |S|/N has the mean
:math:`\sqrt{\pi / 4 N}` and is above :math:`\sqrt{6.9 / N}` once in a thousand. Lengths in angstrom.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_integer, check_positive, check_shape

__all__ = ["order_limit", "reflection_order", "strongest_reflections"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LIMIT_SQUARED = 6.9
"""Minus the logarithm of one in a thousand: |S|^2/N of random phases is exponential."""
SHORTEST_SPACING_ANGSTROM = 2.0
"""Closer planes are lost by thermal motion alone long before the crystal melts."""


def reflection_order(fractions: ArrayLike, indices: ArrayLike) -> Floats:
    """Order parameters |S(h)|/N of reflections.

    Parameters
    ----------
    fractions
        Fractional places, shape ``(n_atoms, 3)``.
    indices
        Whole numbers h, shape ``(n_reflections, 3)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_reflections,)``, 0 to 1.

    Examples
    --------
    >>> reflection_order([[0, 0, 0], [0.5, 0.5, 0]], [[2, 0, 0], [1, 0, 0]]).round(12).tolist()
    [1.0, 0.0]
    """
    places = check_shape(fractions, (None, 3), "fractions")
    h = check_shape(indices, (None, 3), "indices")
    return np.asarray(np.abs(np.exp(2j * np.pi * (places @ h.T)).mean(axis=0)))


def order_limit(n_atoms: int) -> float:
    """Order parameter that random phases of so many atoms exceed once in a thousand.

    Examples
    --------
    >>> round(order_limit(28), 2), round(order_limit(252), 3)
    (0.5, 0.165)
    """
    return float(np.sqrt(LIMIT_SQUARED / check_integer(n_atoms, "n_atoms", low=1)))


def strongest_reflections(
    fractions: ArrayLike, cell: ArrayLike, count: int = 10, shortest_spacing: float = SHORTEST_SPACING_ANGSTROM
) -> Ints:
    """Reflections of a crystal with the largest |S(h)|, one of each pair h and -h.

    Parameters
    ----------
    fractions
        Fractional places, shape ``(n_atoms, 3)``.
    cell
        Cell vectors in rows [angstrom], shape ``(3, 3)``.
    count
        Number of reflections.
    shortest_spacing
        Shortest distance between planes [angstrom].

    Returns
    -------
    numpy.ndarray
        Whole numbers h, shape ``(count, 3)``, or fewer in a tiny cell; the strongest first, of equal ones that with
        the wider planes.

    Raises
    ------
    InputError
        If the cell has no reflection of that spacing.
    """
    box = check_shape(cell, (3, 3), "cell")
    check_integer(count, "count", low=1)
    shortest = check_positive(shortest_spacing, "shortest_spacing", "angstrom")
    reach = np.floor(np.linalg.norm(box, axis=1) / shortest).astype(int)
    grid = np.array(list(product(*(range(-n, n + 1) for n in reach.tolist()))), dtype=np.int64)
    half = (grid[:, 0] > 0) | ((grid[:, 0] == 0) & ((grid[:, 1] > 0) | ((grid[:, 1] == 0) & (grid[:, 2] > 0))))
    grid = grid[half]
    inverse_spacing = np.linalg.norm(grid @ np.linalg.inv(box).T, axis=1)
    near = inverse_spacing <= 1.0 / shortest
    grid, inverse_spacing = grid[near], inverse_spacing[near]
    if not len(grid):
        raise InputError(f"the cell has no planes {shortest:g} angstrom apart; take a larger cell.")
    strength = reflection_order(fractions, grid)
    # rounded, so that equal reflections keep one order on every machine
    order = np.lexsort((inverse_spacing.round(9), -strength.round(9)))[:count]
    return np.asarray(grid[order])
