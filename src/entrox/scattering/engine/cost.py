"""Terms of the cost of a refinement: from the running sums, or anew from the positions.

Pure functions of a state and its problem.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.boxes._kernels import whole_histogram
from entrox.scattering.engine.constraints._kernels import all_shells
from entrox.scattering.engine.desk import desk_of
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState
from entrox.scattering.terms.valence._kernels import all_valences, valence_cost

__all__ = ["calculated_sets", "cost_terms", "held_out_terms", "running_terms"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def calculated_sets(state: RmcState, problem: RmcProblem, histogram: Floats | None = None) -> dict[str, Floats]:
    """Calculated function of every data set, s (M h + m0) + o, at all its points, by name."""
    values = state.histogram if histogram is None else histogram
    return {
        item.name: np.asarray(scale * (item.matrix @ values + item.constant) + offset)
        for item, scale, offset in zip(problem.operators, state.scales, state.offsets, strict=True)
    }


def _data_terms(state: RmcState, problem: RmcProblem, histogram: Floats, *, held_out: bool) -> dict[str, float]:
    calculated = calculated_sets(state, problem, histogram)
    terms = {}
    for item in problem.operators:
        chosen = item.held_out if held_out else ~item.held_out
        residual = (calculated[item.name] - item.observed)[chosen] / item.sigma[chosen]
        terms[item.name] = float(residual @ residual)
    return terms


def _constraint_terms(state: RmcState, problem: RmcProblem, valence: Floats, tally: Ints) -> dict[str, float]:
    terms = {}
    if state.rules.bonds.active:
        terms["bond_valence"] = float(valence_cost(state.rules.bonds, state.species, valence))
    shells = state.rules.shells
    for number, term in enumerate(problem.coordination):
        off = tally[number] / max(int(shells.centers[number]), 1) - shells.target[number]
        name = f"coordination:{number}:{term.center}-{term.neighbor}"
        terms[name] = float(off**2 * shells.inverse_variance[number])
    return terms


def running_terms(state: RmcState, problem: RmcProblem) -> dict[str, float]:
    """Cost by data set and constraint from the running sums; ``total`` is their sum."""
    terms = _data_terms(state, problem, state.histogram, held_out=False)
    terms |= _constraint_terms(state, problem, state.live.valence, state.live.tally)
    return terms | {"total": sum(terms.values())}


def cost_terms(state: RmcState, problem: RmcProblem) -> dict[str, float]:
    """Cost by data set and constraint, counted anew from the positions; ``total`` is their sum.

    Data sets go by their name, constraints by ``bond_valence`` and ``coordination:number:center-neighbor``. The state
    is not changed.
    """
    live, rules = state.live, state.rules
    histogram = np.zeros(len(live.histogram))
    if rules.pairs.active:
        desk = desk_of(state.far, rules.pairs)
        whole_histogram(state.box, state.far, live.positions, live.species, rules.pairs, desk, histogram)
        histogram *= 0.5
    valence = live.valence
    if rules.bonds.active:
        valence = all_valences(state.box, state.near, rules.bonds, live.positions, live.species)
    tally = live.tally
    if len(rules.shells.center):
        tally = all_shells(state.box, state.near, live.positions, live.species, rules.shells)[1]
    terms = _data_terms(state, problem, histogram[rules.places], held_out=False)
    terms |= _constraint_terms(state, problem, valence, tally)
    return terms | {"total": sum(terms.values())}


def held_out_terms(state: RmcState, problem: RmcProblem) -> dict[str, float]:
    """chi^2 of the points held out, by data set; zero where there are none."""
    return _data_terms(state, problem, state.histogram, held_out=True)
