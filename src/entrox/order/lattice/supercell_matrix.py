r"""The integer matrix of a perovskite supercell, from the phases of its cations.

The cations of each site form a simple cubic lattice, slightly distorted: the three shortest Bragg vectors of it are the
columns of M in ``m = s M``,

.. math:: S(K) = \frac{1}{n} \Big| \sum_j e^{2 \pi i K \cdot s_j} \Big| \approx 1 .

Noise of 0.15 angstrom leaves S = 0.97; tilts of the cages do not move cations. Settings with axes along the diagonals
of the pseudo-cubic cell need no special case.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations, product

import numpy as np
from numpy.typing import NDArray

__all__ = ["coherence", "name_axes", "nearest_shape", "supercell_matrix"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PEAK = 0.5
"""Least coherence of a Bragg vector; random atoms give 1/sqrt(n)."""
SHELL = (0.72, 1.38)
"""Lengths of Bragg vectors searched, in units of the inverse mean lattice constant; the second shell begins at 1.41."""
SEARCH = ((60, 0.35), (500, PEAK))
"""Atoms of each site used in the two rounds of the search over all directions, and the least coherence in each."""


def coherence(scaled: Sequence[Floats], vectors: Ints) -> Floats:
    """Coherence S of each integer vector, shape ``(n_vectors,)``, averaged over the groups of atoms by their size.

    Parameters
    ----------
    scaled
        Scaled coordinates of each group, shapes ``(n, 3)``; each group lies on one kind of site.
    vectors
        Integer vectors, shape ``(n_vectors, 3)``.
    """
    total = sum(len(group) for group in scaled)
    sums = np.zeros(len(vectors))
    for group in scaled:
        for start in range(0, len(vectors), 256):
            phases = 2.0 * np.pi * (vectors[start : start + 256] @ group.T)
            sums[start : start + 256] += np.hypot(np.cos(phases).sum(axis=1), np.sin(phases).sum(axis=1))
    return sums / total


def nearest_shape(cell: Floats, n_cells: int) -> Ints:
    """Matrix diag(p, q, r), p q r = n_cells, whose pseudo-cubic vectors are nearest to equal lengths."""
    lengths = np.linalg.norm(cell, axis=1)
    best, chosen = np.inf, np.ones(3, dtype=np.int64)
    for p in range(1, n_cells + 1):
        if n_cells % p:
            continue
        for q in range(1, n_cells // p + 1):
            if (n_cells // p) % q:
                continue
            shape = np.array([p, q, n_cells // (p * q)])
            spread = float(np.ptp(np.log(lengths / shape)))
            if spread < best:
                best, chosen = spread, shape
    return np.diag(chosen).astype(np.int64)


def supercell_matrix(scaled: Sequence[Floats], cell: Floats, n_cells: int) -> tuple[Ints, float] | None:
    """Integer matrix M of the supercell, and the least coherence of its columns; None if no lattice is found.

    Parameters
    ----------
    scaled
        Scaled coordinates of the groups of cations that surely sit on one site each, shapes ``(n, 3)``.
    cell
        Vectors of the supercell [angstrom], rows.
    n_cells
        Expected number of formula units; the determinant may differ by vacancies.

    Returns
    -------
    tuple or None
        ``matrix`` with ``cell = matrix @ pseudo_cubic_vectors``, the pseudo-cubic vectors right-handed and as nearly
        along the cell's as they can be.
    """
    spacing = (abs(float(np.linalg.det(cell))) / n_cells) ** (1.0 / 3.0)
    diagonal = _along_the_cell(scaled, cell, spacing)
    if diagonal is not None and _fits(diagonal[0], cell, n_cells):
        return name_axes(diagonal[0], cell), diagonal[1]
    found = _in_all_directions(scaled, cell, spacing, n_cells)
    return None if found is None else (name_axes(found[0], cell), found[1])


def _along_the_cell(scaled: Sequence[Floats], cell: Floats, spacing: float) -> tuple[Ints, float] | None:
    """Search only multiples of the cell's own axes: p x q x r, the usual case."""
    # widths between faces, not lengths: Bragg vectors are normal to faces
    widths = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    counts, least = [], 1.0
    for axis in range(3):
        low, high = (widths[axis] / spacing * limit for limit in SHELL)
        tried = np.arange(max(1, int(np.ceil(low))), int(high) + 1)
        if not len(tried):
            return None
        seen = coherence([group[:, axis : axis + 1] for group in scaled], tried[:, None])
        merit = seen - 0.3 * np.log(tried * spacing / widths[axis]) ** 2
        best = int(np.argmax(merit))
        least = min(least, float(seen[best]))
        counts.append(int(tried[best]))
    return (np.diag(counts).astype(np.int64), least) if least > PEAK else None


def _in_all_directions(
    scaled: Sequence[Floats], cell: Floats, spacing: float, n_cells: int
) -> tuple[Ints, float] | None:
    reciprocal = np.linalg.inv(cell)
    reach = np.floor(SHELL[1] / spacing * np.linalg.norm(cell, axis=1)).astype(int)
    vectors = np.array(list(product(*(range(-n, n + 1) for n in reach))), dtype=np.int64)
    lengths = np.linalg.norm(vectors @ reciprocal.T, axis=1) * spacing
    # one of each pair K, -K: the first entry that is not 0 is positive
    vectors = vectors[(lengths > SHELL[0]) & (lengths < SHELL[1]) & (_leading(vectors) > 0)]
    if len(vectors) < 3:
        return None
    for sample, least in SEARCH:
        seen = coherence([group[_spread(len(group), sample)] for group in scaled], vectors)
        vectors = vectors[seen > least]
        seen = seen[seen > least]
    order = np.argsort(-seen, kind="stable")[:12]
    best, chosen = np.inf, None
    for triple in combinations(order, 3):
        matrix = vectors[list(triple)].T
        size = abs(round(np.linalg.det(matrix)))
        if size == 0:
            continue
        cost = _distortion(matrix, cell) + 3.0 * abs(np.log(size / n_cells)) - float(seen[list(triple)].sum())
        if cost < best - 1e-9:
            best, chosen = cost, triple
    if chosen is None:
        return None
    matrix = vectors[list(chosen)].T
    return (matrix, float(seen[list(chosen)].min())) if _fits(matrix, cell, n_cells) else None


def _leading(vectors: Ints) -> Ints:
    """Sign of the first entry that is not 0."""
    signs = np.sign(vectors)
    first: Ints = np.where(signs[:, 0] != 0, signs[:, 0], np.where(signs[:, 1] != 0, signs[:, 1], signs[:, 2]))
    return first


def _spread(count: int, sample: int) -> Ints:
    """At most ``sample`` of ``count`` indices, far from any period of the lattice: multiples of the golden ratio."""
    if count <= sample:
        return np.arange(count)
    return np.unique((np.arange(sample) * 0.6180339887498949 % 1.0 * count).astype(np.int64))


def _distortion(matrix: Ints, cell: Floats) -> float:
    """Spread of the logarithms of lengths plus the largest cosine between the pseudo-cubic vectors."""
    vectors = np.linalg.solve(matrix.astype(float), cell)
    lengths = np.linalg.norm(vectors, axis=1)
    unit = vectors / lengths[:, None]
    cosines = np.abs(unit @ unit.T - np.eye(3))
    return float(np.ptp(np.log(lengths)) + cosines.max())


def _fits(matrix: Ints, cell: Floats, n_cells: int) -> bool:
    size = abs(round(np.linalg.det(matrix)))
    return size > 0 and 0.99 < size / n_cells < 1.3 and _distortion(matrix, cell) < 0.7


def name_axes(matrix: Ints, cell: Floats) -> Ints:
    """Order and signs of the pseudo-cubic vectors: right-handed, each nearest to the cell vector of its number."""
    handedness = np.sign(np.linalg.det(cell))
    size = np.linalg.norm(matrix, axis=1)
    best: tuple[float, tuple[int, ...], tuple[int, ...]] | None = None
    chosen = matrix
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            tried = matrix[:, list(order)] * np.array(signs)
            if np.sign(round(np.linalg.det(tried))) != handedness:
                continue
            # ties: a - b before a + b, as in the Pbnm setting
            along = round(float((tried.diagonal() / size).sum()), 9)
            merit = (along, tuple(tried.diagonal().tolist()), tuple((-tried).ravel().tolist()))
            if best is None or merit > best:
                best, chosen = merit, tried
    return chosen
