"""Fit of the map: roles, integer matrix, origins, sites, neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite
from entrox.order.lattice.film import OpenDirection, closed_cell, open_direction
from entrox.order.lattice.lattice_map import LatticeMap
from entrox.order.lattice.map_assembly import assembled_map
from entrox.order.lattice.placement import place_atoms
from entrox.order.lattice.site_fit import SiteFit
from entrox.order.lattice.site_roles import A_ATOM, B_ATOM, EITHER, X_ATOM, atom_roles, site_elements
from entrox.order.lattice.supercell_matrix import name_axes, nearest_shape, supercell_matrix
from entrox.order.lattice.topology import CellGrid, cell_grid

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LARGEST_RESIDUAL_ANGSTROM", "fit_lattice", "refit_lattice"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_RESIDUAL_ANGSTROM = 0.6
"""Root mean square distance of the cations from their sites above which the cell is no perovskite."""
LARGEST_X_RESIDUAL_ANGSTROM = 1.1
"""The same for X; two tilts of 12 degrees alone move X by 0.6 angstrom."""


def fit_lattice(
    atoms: Atoms,
    a_site: Sequence[str] | None = None,
    b_site: Sequence[str] | None = None,
    x_site: Sequence[str] = ("O",),
    shape: ArrayLike | None = None,
    *,
    allow_vacancies: bool = False,
) -> LatticeMap:
    """Find the sites of a perovskite supercell and the neighbors of each site.

    Parameters
    ----------
    atoms
        Structure [angstrom], periodic in three directions, or in two for a film.
    a_site, b_site
        Elements of the cation sites; by default the known ones. An element in both is placed by the fit.
    x_site
        Anions.
    shape
        ``(p, q, r)`` or the integer matrix, shape ``(3, 3)``; found by default. That of a film leaves out the open
        direction's empty layer.
    allow_vacancies
        Whether sites may be empty.

    Returns
    -------
    LatticeMap
        With the residual and what had to be decided.

    Raises
    ------
    InputError
        If an element has no site, the cell is missing, the atoms do not form a perovskite, or sites are empty.

    Notes
    -----
    The cations form a slightly distorted CsCl lattice. Each sublattice has its own origin, the mean phase of its atoms,
    so that a polar shift of one against the others does no harm; neighbors follow from the sites, not from distances.
    """
    check_finite(atoms.positions, "positions")
    symbols = tuple(atoms.get_chemical_symbols())
    sites = site_elements(symbols, a_site, b_site, tuple(x_site))
    return _fit(atoms, symbols, sites, shape, None, allow_vacancies)


def refit_lattice(lattice_map: LatticeMap, atoms: Atoms) -> LatticeMap:
    """Place the atoms of another frame on the sites of a map whose atoms have hopped or changed their order.

    Cells keep their names: the atoms that stay in their cells, or else the origin of the map, tell how.

    Raises
    ------
    InputError
        If the frame does not fit the map any more.
    """
    symbols = tuple(atoms.get_chemical_symbols())
    sites = (lattice_map.a_site, lattice_map.b_site, lattice_map.x_site)
    matrix, allow = lattice_map.matrix, lattice_map.vacancies_allowed
    new = _fit(atoms, symbols, sites, matrix, lattice_map.origin, allow, lattice_map.opened)
    if symbols != lattice_map.symbols:
        return new
    grid = cell_grid(matrix)
    steps = _moved_cells(lattice_map, new, grid)
    if not steps.any():
        return new
    return _fit(atoms, symbols, sites, matrix, new.origin - steps, allow, lattice_map.opened)


def _moved_cells(old: LatticeMap, new: LatticeMap, grid: CellGrid) -> Ints:
    """Cell that most B atoms, or A atoms where there are no B, crossed into from cell 0."""
    cell_of = [np.full(old.n_atoms, -1, dtype=np.int64) for _ in range(2)]
    for where, item in zip(cell_of, (old, new), strict=True):
        for atoms in (item.a, item.b):
            where[atoms[atoms >= 0]] = np.flatnonzero(atoms >= 0)
    both = (cell_of[0] >= 0) & (cell_of[1] >= 0)
    steps = grid.index(old.cells[cell_of[0][both]] - old.cells[cell_of[1][both]])
    counts = np.bincount(steps, minlength=len(grid.cells))
    step: Ints = grid.cells[int(np.argmax(counts))]
    return step


def _fit(
    atoms: Atoms,
    symbols: tuple[str, ...],
    sites: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    shape: ArrayLike | None,
    near: Floats | None,
    allow_vacancies: bool,
    opened: OpenDirection | None = None,
) -> LatticeMap:
    roles = atom_roles(symbols, sites)
    sure = [np.flatnonzero(roles == role) for role in (A_ATOM, B_ATOM)]
    pbc = (bool(atoms.pbc[0]), bool(atoms.pbc[1]), bool(atoms.pbc[2]))
    box = np.asarray(atoms.cell, dtype=float)
    if opened is None:
        opened = open_direction(atoms.positions, box, pbc, [group for group in sure if len(group)])
    cell = closed_cell(box, opened)
    if abs(float(np.linalg.det(cell))) < 1e-6:
        raise InputError(
            f"the cell has no volume: {cell.tolist()}. Give three cell vectors [angstrom], atoms.cell = ... "
            "or the option --box."
        )
    scaled = np.linalg.solve(cell.T, atoms.positions.T).T
    matrix = _matrix(scaled, sure, cell, _expected_cells(roles, opened), shape, opened)
    grid = cell_grid(matrix)
    placed = place_atoms(scaled @ matrix, roles, grid, near, opened)
    vectors = np.linalg.solve(matrix.astype(float), cell)
    residuals = [_residual(placed[:2], vectors), _residual(placed[2:], vectors)]
    _check_perovskite(roles, matrix, residuals, [group for group in placed if group.unplaced])
    return assembled_map(symbols, sites, grid, placed, vectors, residuals, opened, allow_vacancies, roles)


def _expected_cells(roles: Ints, opened: OpenDirection | None) -> int:
    """Number of formula units by the kind of atom that is least short of them."""
    counts = np.bincount(roles, minlength=4)
    cations = counts[A_ATOM] + counts[B_ATOM] + counts[EITHER]
    if opened is not None:
        most = max(counts[A_ATOM], counts[B_ATOM], (cations + 1) // 2)
        return round(float(most * (opened.layers + 1) / opened.layers))
    return int(max(counts[A_ATOM], counts[B_ATOM], (cations + 1) // 2, (counts[X_ATOM] + 2) // 3))


def _matrix(
    scaled: Floats, sure: list[Ints], cell: Floats, expected: int, shape: ArrayLike | None, opened: OpenDirection | None
) -> Ints:
    """Integer matrix given or found; the nearest p x q x r where none is found, so that its residual can be told."""
    groups = [scaled[group] for group in sure if len(group)]
    if shape is not None:
        given = np.asarray(shape)
        whole = given.astype(np.int64)
        if (
            given.shape not in ((3,), (3, 3))
            or (given != whole).any()
            or abs(np.linalg.det(np.diag(whole) if whole.ndim == 1 else whole)) < 0.5
        ):
            raise InputError(f"shape must be three whole numbers p, q, r or an integer 3 x 3 matrix; got {shape!r}.")
        if whole.ndim == 2:
            return whole
        if opened is not None:
            whole = np.where(np.arange(3) == opened.axis, opened.layers + 1, whole)
        return name_axes(np.diag(whole), cell)
    found = supercell_matrix(groups, cell, expected)
    return name_axes(nearest_shape(cell, expected), cell) if found is None else found[0]


def _residual(fits: Sequence[SiteFit], vectors: Floats) -> float | None:
    """Root mean square distance from the sites [angstrom]; an atom without a site counts as one cell away."""
    offsets = np.concatenate([fit.offsets for fit in fits])
    if not len(offsets):
        return None
    squares = ((offsets @ vectors) ** 2).sum(axis=1)
    size = float(np.linalg.norm(vectors, axis=1).mean())
    return float(np.sqrt(np.where(np.isnan(squares), size**2, squares).mean()))


def _check_perovskite(roles: Ints, matrix: Ints, residuals: list[float | None], crowded: list[SiteFit]) -> None:
    on_cations, on_anions = residuals
    good = on_cations is not None and on_cations <= LARGEST_RESIDUAL_ANGSTROM
    good &= on_anions is None or on_anions <= LARGEST_X_RESIDUAL_ANGSTROM
    if good and not crowded:
        return
    counts = np.bincount(roles, minlength=4)
    undecided = f", {counts[EITHER]} on A or B" if counts[EITHER] else ""
    cells = abs(round(np.linalg.det(matrix)))
    diagonal = not (matrix - np.diag(matrix.diagonal())).any()
    tried = " x ".join(str(abs(n)) for n in matrix.diagonal()) if diagonal else f"the matrix {matrix.tolist()}"
    anions = "" if on_anions is None else f" and the anions {on_anions:.2f} (allowed {LARGEST_X_RESIDUAL_ANGSTROM})"
    without = sum(fit.unplaced for fit in crowded)
    raise InputError(
        f"not a perovskite supercell: found {len(roles)} atoms, {counts[A_ATOM]} on A, {counts[B_ATOM]} on B, "
        f"{counts[X_ATOM]} on X{undecided} (5 N wanted). The nearest shape tried, {tried} ({cells} formula units), "
        f"leaves the cations {on_cations:.2f} angstrom from their sites (allowed {LARGEST_RESIDUAL_ANGSTROM}){anions}, "
        f"and {without} atoms without a site. Check a_site, b_site and x_site, or give shape=(p, q, r)."
    )
