"""The map from placed atoms: tables of neighbors, empty sites, and what there is to say about them."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.lattice.film import OpenDirection
from entrox.order.lattice.lattice_map import LatticeMap
from entrox.order.lattice.site_fit import SiteFit
from entrox.order.lattice.site_roles import EITHER, X_ATOM
from entrox.order.lattice.topology import CellGrid, cell_neighbors, site_tables

__all__ = ["assembled_map"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def assembled_map(
    symbols: tuple[str, ...],
    sites: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    grid: CellGrid,
    placed: list[SiteFit],
    vectors: Floats,
    residuals: list[float | None],
    opened: OpenDirection | None,
    allow_vacancies: bool,
    roles: Ints,
) -> LatticeMap:
    """Return the map of placed atoms.

    Parameters
    ----------
    symbols, roles
        Element and role of each atom.
    sites
        Elements of the A, B and X sites.
    grid, vectors
        Cells, and the pseudo-cubic vectors [angstrom].
    placed, residuals
        A, B and X atoms on their sites; distances from them of cations and anions [angstrom].
    opened
        Open direction of a film.
    allow_vacancies
        Whether sites may be empty.

    Raises
    ------
    InputError
        If sites are empty and may not be.
    """
    a, b, x = placed[0].occupant, placed[1].occupant, placed[2].occupant.reshape(-1, 3)
    periodic = _periodic(grid, opened)
    missing = _vacancies(grid, a, b, x, periodic, X_ATOM in roles)
    if any(missing) and not allow_vacancies:
        raise InputError(
            f"empty sites: {missing[0]} A, {missing[1]} B, {missing[2]} X of {len(a)}, {len(a)}, {3 * len(a)}. "
            "Pass allow_vacancies=True to use what is there (option --allow-vacancies), or check the structure."
        )
    neighbors = cell_neighbors(grid)
    if opened is not None:
        empty = (a < 0) & (b < 0)
        neighbors = np.where(empty[neighbors] | empty[:, None], -1, neighbors)
    a_x, b_x, b_a, a_b = site_tables(grid, a, b, x)
    names = np.append(np.array(symbols, dtype=object), "")
    diagonal = not (grid.matrix - np.diag(grid.matrix.diagonal())).any()
    left, _, right = np.linalg.svd(vectors)
    shape = grid.triangle.diagonal()
    return LatticeMap(
        a=a, b=b, x=x, cells=grid.cells, matrix=grid.matrix,
        shape=(int(shape[0]), int(shape[1]), int(shape[2])) if diagonal else None,
        a_x=a_x, b_x=b_x, b_a=b_a, a_b=a_b, neighbors=neighbors,
        axes=left @ right, lattice_angstrom=np.linalg.norm(vectors, axis=1), origin=placed[0].origin[0],
        opened=opened, periodic=periodic, a_symbols=tuple(names[a]), b_symbols=tuple(names[b]), symbols=symbols,
        residual_angstrom=float(residuals[0] or 0.0), x_residual_angstrom=residuals[1],
        a_site=sites[0], b_site=sites[1], x_site=sites[2],
        vacancies=missing, vacancies_allowed=allow_vacancies,
        warnings=_remarks(symbols, roles, placed, missing, opened),
    )  # fmt: skip


def _periodic(grid: CellGrid, opened: OpenDirection | None) -> tuple[bool, bool, bool]:
    if opened is None:
        return (True, True, True)
    along = grid.matrix[opened.axis] != 0
    return (not along[0], not along[1], not along[2])


def _vacancies(
    grid: CellGrid, a: Ints, b: Ints, x: Ints, periodic: tuple[bool, bool, bool], has_anions: bool
) -> tuple[int, int, int]:
    """Empty sites of each kind; in a film only those in layers where any site of the same kind is full."""
    counts = []
    for kind in (a[:, None], b[:, None], x if has_anions else np.zeros_like(x)):
        total = 0
        for column in kind.T:
            inside = np.ones(len(column), dtype=bool)
            for axis in range(3):
                if not periodic[axis]:
                    layers = grid.cells[:, axis]
                    inside = np.isin(layers, layers[column >= 0])
            total += int(((column < 0) & inside).sum())
        counts.append(total)
    return counts[0], counts[1], counts[2]


def _remarks(
    symbols: tuple[str, ...],
    roles: Ints,
    placed: list[SiteFit],
    missing: tuple[int, int, int],
    opened: OpenDirection | None,
) -> tuple[str, ...]:
    remarks = []
    undecided = set(np.flatnonzero(roles == EITHER).tolist())
    if undecided:
        counts = [Counter(symbols[i] for i in fit.occupant if int(i) in undecided) for fit in placed[:2]]
        for name in sorted(counts[0] | counts[1]):
            remarks.append(f"site_decided_by_fit: {name}, {counts[0][name]} on A, {counts[1][name]} on B")
    if any(missing):
        remarks.append(f"vacancies: {missing[0]} A, {missing[1]} B, {missing[2]} X sites are empty")
    conflicts = sum(fit.conflicts for fit in placed)
    if conflicts:
        remarks.append(f"site_conflicts: {conflicts} sites were nearest to two atoms; solved by optimal assignment")
    if opened is not None:
        remarks.append(f"film: open along cell vector {opened.axis + 1}; incomplete cages at the borders are masked")
    if X_ATOM not in roles:
        remarks.append("no_anions: displacements only against cations (reference='cation')")
    return tuple(remarks)
