"""What holds an element in place: the change of each term of the cost when one atom of it moves a little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, check_integer, check_positive, quantity
from entrox.scattering.engine.desk import desk_of
from entrox.scattering.engine.evaluation._kernels import single_changes
from entrox.scattering.engine.padded_box import quantized
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState

__all__ = ["ElementSensitivity", "element_sensitivity"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ElementSensitivity(Result):
    """Root mean square change of each term for a step of one atom; terms are data sets, then constraints."""

    elements: tuple[str, ...]
    terms: tuple[str, ...]
    data_terms: tuple[str, ...]
    step_angstrom: float = quantity("angstrom", "length of the step")
    atoms: NDArray[np.int64] = quantity("1", "atoms tried", axes=("element",))
    rms_change: Floats = quantity("1", "root mean square change of chi^2", axes=("element", "term"))
    rms_data_change: Floats = quantity("1", "the same of all data sets together", axes=("element",))


def element_sensitivity(
    state: RmcState,
    problem: RmcProblem,
    rng: np.random.Generator,
    *,
    step_angstrom: float = 0.05,
    atoms_per_element: int = 200,
) -> ElementSensitivity:
    """Data term against each constraint, element by element.

    Parameters
    ----------
    state, problem
        Refinement; the state is not changed.
    rng
        Draws atoms and directions.
    step_angstrom
        Length of the step in a random direction.
    atoms_per_element
        Atoms tried of each element (all, where there are fewer).
    """
    step = check_positive(step_angstrom, "step_angstrom")
    check_integer(atoms_per_element, "atoms_per_element", low=1)
    names = [item.name for item in problem.operators]
    constraints = ["bond_valence"] if state.rules.bonds.active else []
    shells = [f"coordination:{n}:{term.center}-{term.neighbor}" for n, term in enumerate(problem.coordination)]
    rows, together, tried = [], [], []
    for number in range(len(problem.elements)):
        members = np.flatnonzero(state.species == number)
        members = rng.permutation(members)[:atoms_per_element]
        directions = rng.normal(size=(len(members), 3))
        directions /= np.linalg.norm(directions, axis=1)[:, None]
        changes = _changes(state, problem, members, quantized(step * directions))
        count = max(len(members), 1)
        rows.append(np.sqrt((changes**2).sum(axis=0) / count))
        together.append(np.sqrt((changes[:, : len(names)].sum(axis=1) ** 2).sum() / count))
        tried.append(len(members))
    return ElementSensitivity(
        elements=problem.elements,
        terms=(*names, *constraints, *shells),
        data_terms=tuple(names),
        step_angstrom=step,
        atoms=np.array(tried, dtype=np.int64),
        rms_change=np.array(rows),
        rms_data_change=np.array(together),
    )


def _changes(state: RmcState, problem: RmcProblem, members: NDArray[np.int64], steps: Floats) -> Floats:
    """Change of each term for each step, shape ``(steps, terms)``."""
    rules = state.rules
    histogram, valence, shells = _single_changes(state, members, steps)
    columns = []
    for item, scale, offset in zip(problem.operators, state.scales, state.offsets, strict=True):
        keep = ~item.held_out
        weight = 1.0 / item.sigma[keep]
        matrix = item.matrix[keep]
        residual = weight * (scale * (matrix @ state.histogram + item.constant[keep]) + offset - item.observed[keep])
        change = weight[:, None] * scale * (matrix @ histogram[:, rules.places].T)
        columns.append(2.0 * residual @ change + (change**2).sum(axis=0))
    if rules.bonds.active:
        columns.append(valence)
    columns.extend(shells.T)
    return np.array(columns).T if columns else np.zeros((len(members), 0))


def _single_changes(state: RmcState, members: NDArray[np.int64], steps: Floats) -> tuple[Floats, Floats, Floats]:
    """Change of histogram, bond valence cost and each shell cost for single steps; nothing is moved."""
    live, rules = state.live, state.rules
    histogram = np.zeros((len(members), len(live.histogram)))
    valence = np.zeros(len(members))
    tally = np.zeros((len(members), len(rules.shells.center)), dtype=np.int64)
    desk = desk_of(state.far, rules.pairs)
    single_changes(
        state.box,
        state.far,
        state.near,
        rules.pairs,
        rules.bonds,
        rules.shells,
        live,
        desk,
        members,
        steps,
        histogram,
        valence,
        tally,
    )
    return histogram, valence, _shell_costs(state, tally) - _shell_costs(state, live.tally)


def _shell_costs(state: RmcState, tally: NDArray[np.int64]) -> Floats:
    """Cost of each coordination rule for what the rules sum."""
    shells = state.rules.shells
    off = tally / np.maximum(shells.centers, 1) - shells.target
    return np.asarray(off**2 * shells.inverse_variance)
