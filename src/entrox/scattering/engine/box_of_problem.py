"""Tables of a refinement from its problem: rules in the form of the kernels, and the padded box of the atoms.

Pure functions, apart from the box they make. Units: angstrom, fm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_finite, check_positive
from entrox.scattering.engine.boxes._kernels import PairRules, at_home, fill_box, restore_places
from entrox.scattering.engine.cell_search import cell_counts, linked_cells
from entrox.scattering.engine.desk import pair_rules
from entrox.scattering.engine.neighbor_table import site_table
from entrox.scattering.engine.padded_box import PaddedBox, Runs, quantized
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RuleTables
from entrox.scattering.operators.reduced_operator import data_places, operator_basis
from entrox.scattering.terms.bond_valence import bond_rules, perovskite_bonds
from entrox.scattering.terms.closest_approach import hard_rules
from entrox.scattering.terms.coordination import shell_rules

__all__ = ["box_of_problem", "check_problem", "rule_tables", "start_positions"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_BINS = 60_000


def check_problem(problem: RmcProblem) -> None:
    """Refuse a problem that cannot be run.

    Raises
    ------
    InputError
        With what does not fit.
    """
    n_atoms, elements = len(problem.sites_angstrom), problem.elements
    check_finite(problem.sites_angstrom, "sites_angstrom")
    if len(problem.species) != n_atoms or np.min(problem.species) < 0 or np.max(problem.species) >= len(elements):
        raise InputError(f"species must name one of {elements} for each of {n_atoms} sites")
    if np.shape(problem.closest_angstrom) != (len(elements), len(elements)):
        raise InputError(f"closest_angstrom must have shape ({len(elements)}, {len(elements)})")
    if not np.allclose(problem.closest_angstrom, np.transpose(problem.closest_angstrom)):
        raise InputError("closest_angstrom must be symmetric")
    for name in elements:
        if name not in problem.moves.radius_angstrom:
            raise InputError(f"moves.radius_angstrom has no {name}")
        check_positive(problem.moves.radius_angstrom[name], f"moves.radius_angstrom[{name!r}]", "angstrom")
    widths = 1.0 / np.linalg.norm(np.linalg.inv(problem.cell), axis=0)
    if problem.operators and problem.bins.radius_angstrom > 0.5 * widths.min() + 1e-9:
        most = int((0.5 * widths.min()) / problem.bins.step_angstrom - 0.5)
        raise InputError(
            f"bins reach {problem.bins.radius_angstrom:.3f} angstrom, more than half the shortest width of the box "
            f"({0.5 * widths.min():.3f}); at most {most} bins of {problem.bins.step_angstrom} fit"
        )
    if problem.operators and problem.bins.count > MOST_BINS:
        raise InputError(f"at most {MOST_BINS} bins; got {problem.bins.count}")


def start_positions(problem: RmcProblem) -> tuple[Floats, Floats, Floats]:
    """Positions at the start (in the image nearest to their site), sites and box vectors, on the grain [angstrom]."""
    cell = quantized(np.asarray(problem.cell, dtype=float))
    sites = quantized(np.asarray(problem.sites_angstrom, dtype=float))
    if problem.positions_angstrom is None:
        return sites.copy(), sites, cell
    positions = quantized(np.asarray(problem.positions_angstrom, dtype=float))
    if positions.shape != sites.shape:
        raise InputError(f"positions_angstrom must have shape {sites.shape}; got {positions.shape}")
    turns = np.rint((positions - sites) @ np.linalg.inv(cell))
    return positions - turns @ cell, sites, cell


def _pair_rules(problem: RmcProblem) -> PairRules:
    """How pairs enter the histogram of this problem."""
    elements, count = problem.elements, problem.bins.count
    base = np.zeros((len(elements), len(elements)), dtype=np.int64)
    lengths = np.zeros(len(elements))
    active, total = bool(problem.operators), True
    if active:
        channels = problem.operators[0].channels
        if any(item.channels != channels for item in problem.operators):
            raise InputError("all data sets must have the same channels; build the operators together")
        total = tuple(channels) == ("total",)
    if active and total:
        missing = [name for name in elements if name not in problem.lengths_fm]
        if missing:
            raise InputError(f"lengths_fm has no scattering length for {missing}")
        lengths = np.array([float(problem.lengths_fm[name]) for name in elements])
    elif active:
        for i, one in enumerate(elements):
            for j, two in enumerate(elements):
                pair = "-".join(sorted((one, two)))
                if pair not in channels:
                    raise InputError(f"channels of the data sets lack the pair {pair}")
                base[i, j] = channels.index(pair) * (count + 2)
    return pair_rules(problem.bins, total, active, lengths, base)


def rule_tables(problem: RmcProblem) -> RuleTables:
    """Everything that follows from the problem alone."""
    positions, sites, cell = start_positions(problem)
    species = np.asarray(problem.species, dtype=np.int64)
    channels = len(problem.operators[0].channels) if problem.operators else 1
    bonds = None
    if problem.bond_valence is not None and problem.grid is not None and problem.site_kind is not None:
        bonds = perovskite_bonds(sites, cell, problem.grid, np.asarray(problem.site_kind, dtype=np.int64))
    valence = bond_rules(positions, species, cell, problem.elements, problem.bond_valence, bonds)
    shells = shell_rules(species, problem.elements, problem.coordination)
    closest = np.asarray(problem.closest_angstrom, dtype=float)
    reach = [0.1, float(closest.max())] + [term.high_angstrom for term in problem.coordination]
    if valence.active and not valence.fixed:
        reach.append(float(np.sqrt(valence.cutoff_squared.max())))
    return RuleTables(
        pairs=_pair_rules(problem),
        hard=hard_rules(positions, species, cell, problem.elements, closest, problem.windows),
        bonds=valence,
        shells=shells,
        basis=operator_basis(problem.operators, channels * problem.bins.count) if problem.operators else None,
        places=data_places(channels, problem.bins.count),
        radii=(problem.bins.radius_angstrom if problem.operators else 0.1, max(reach)),
    )


def box_of_problem(
    problem: RmcProblem,
    rules: RuleTables,
    positions: Floats,
    species: Ints,
    *,
    margin: float,
    step: float | None = None,
    places: int | None = None,
    home: Ints | None = None,
) -> tuple[PaddedBox, Runs, Runs, Floats]:
    """Atoms on the padded grid, the runs around them, and their sites.

    Parameters
    ----------
    problem, rules
        Refinement.
    positions, species
        Atoms now.
    margin
        How far an atom may be from its site [angstrom] (tables of crystals).
    step
        Longest step of a move [angstrom]; that of the problem if None (linked cells).
    places
        Places of a linked cell, or None for a few more than needed.
    home
        Place of each atom, to restore a box as it was.
    """
    _, sites, cell = start_positions(problem)
    if problem.grid is not None and problem.site_kind is not None:
        kind = np.asarray(problem.site_kind, dtype=np.int64)
        box, far, near, places_home = site_table(sites, cell, problem.grid, kind, rules.radii, margin)
        box.home[:] = places_home
        fill_box(box, positions, species)
        return box, far, near, box.site + box.wrap @ cell
    step = max(problem.moves.radius_angstrom.values()) if step is None else step
    if places is None:
        places = cell_counts(cell, len(positions), None)[1]
    while True:
        box, far, near = linked_cells(positions, cell, rules.radii, step, places)
        if home is not None and home.max() < len(box.x):
            _restore_places(box, positions, species, home)
            return box, far, near, sites
        if fill_box(box, positions, species):
            return box, far, near, sites
        places += 3


def _restore_places(box: PaddedBox, positions: Floats, species: Ints, home: Ints) -> None:
    """Put atoms on the places they had: sums over neighbors then run in the same order."""
    restore_places(box, positions, species, home, np.argsort(home, kind="stable"))


def displacement_from_sites(box: PaddedBox, positions: Floats) -> float:
    """Greatest distance of an atom from its site [angstrom]; zero where atoms have none."""
    if box.shape[7] == 1:
        return 0.0
    here = np.stack(at_home.py_func(box, slice(None), *positions.T), axis=1)
    return float(np.sqrt(((here - box.site) ** 2).sum(axis=1).max()))
