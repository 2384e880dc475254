"""Gradient of chi^2 in the positions, and moves of all atoms along it.

The change of chi^2 with the histogram is a pair potential 2 b_i b_j g(r), g = d chi^2/dh, drawn through the bins by a
cubic spline; its forces move all atoms at once. ``descent`` is an *optimizer, not sampling*. ``mala`` proposes a step
along the force plus noise and accepts it with the exact chi^2, so that it samples the same distribution as single
moves; the spline only shapes the proposal.

Units: angstrom; chi^2 without unit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from entrox.core import InputError, check_integer, check_positive
from entrox.scattering.engine.box_of_problem import box_of_problem, displacement_from_sites
from entrox.scattering.engine.cost import running_terms
from entrox.scattering.engine.padded_box import quantized
from entrox.scattering.engine.pair_gradient._kernels import pair_forces, valence_forces
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState
from entrox.scattering.engine.state_making import MARGIN_STEP, rebuild
from entrox.scattering.terms.closest_approach import too_close_pairs

__all__ = ["cost_gradient", "descent", "mala", "pair_potential"]

Floats = NDArray[np.float64]

SHRINK, GROW_BY, MOST_HALVINGS = 0.5, 1.2, 30


def pair_potential(state: RmcState) -> Floats:
    """D chi^2/dh of every bin, shape ``(channels * bins,)``: the energy of a pair by its distance, per weight."""
    return np.asarray(2.0 * (state.form.transposed @ state.live.residual))[state.rules.places]


def _spline(state: RmcState, problem: RmcProblem) -> Floats:
    """Coefficients of the spline through the pair potential, shape ``(channels, intervals, 4)``, zero beyond the table.

    Interval k runs from bin k to the next; the potential is constant below the first bin.
    """
    bins = problem.bins
    values = pair_potential(state).reshape(-1, bins.count)
    knots = np.arange(bins.count + 2) * bins.step_angstrom
    result = []
    for row in values:
        ends = np.concatenate([[row[0]], row, [0.0]])
        result.append(CubicSpline(knots, ends, bc_type="clamped").c[::-1].T)
    return np.ascontiguousarray(np.array(result))


def cost_gradient(state: RmcState, problem: RmcProblem) -> Floats:
    """Gradient of data and bond valence in the positions [1/angstrom], shape ``(n, 3)``.

    Coordination and hard limits have no gradient and are left out.
    """
    gradient = np.zeros_like(state.positions)
    rules = state.rules
    if rules.pairs.active:
        channel = rules.pairs.base // (problem.bins.count + 2)
        gradient += pair_forces(
            state.box,
            state.far,
            state.species,
            rules.pairs.total,
            rules.pairs.lengths,
            channel,
            _spline(state, problem),
            problem.bins.step_angstrom,
        )
    if rules.bonds.active:
        gradient += valence_forces(
            state.box, state.near, rules.bonds, state.positions, state.species, state.live.valence
        )
    return gradient


def _allowed(state: RmcState, problem: RmcProblem, positions: Floats) -> bool:
    """Whether all hard limits hold at some positions."""
    pairs, _ = too_close_pairs(positions, state.species, state.box.cell, problem.closest_angstrom)
    if len(pairs):
        return False
    hard = state.rules.hard
    owner = np.repeat(np.arange(len(positions)), np.diff(hard.first))
    square = ((positions[hard.other] + hard.shift - positions[owner]) ** 2).sum(axis=1)
    return bool(np.all((square >= hard.low_squared) & (square <= hard.high_squared)))


def _placed(state: RmcState, problem: RmcProblem, positions: Floats) -> RmcState:
    """Another state with the atoms at some positions; the sums are counted anew."""
    places = quantized(positions)
    margin = state.margin_angstrom
    box, far, near, sites = box_of_problem(problem, state.rules, places, state.species, margin=margin)
    if displacement_from_sites(box, places) > margin:
        margin = displacement_from_sites(box, places) + MARGIN_STEP
        box, far, near, sites = box_of_problem(problem, state.rules, places, state.species, margin=margin)
    live = state.live._replace(
        positions=places,
        sites=sites,
        histogram=state.live.histogram.copy(),
        residual=state.live.residual.copy(),
        valence=state.live.valence.copy(),
        counts=state.live.counts.copy(),
        tally=state.live.tally.copy(),
    )
    other = replace(state, live=live, box=box, far=far, near=near)
    rebuild(other)
    return other


def _take_over(state: RmcState, other: RmcState) -> None:
    """Make a state another."""
    state.live, state.box, state.far, state.near = other.live, other.box, other.far, other.near


def descent(state: RmcState, problem: RmcProblem, sweeps: int, *, step_angstrom: float = 0.05) -> list[float]:
    """Move all atoms down the gradient: an optimizer, not sampling.

    A sweep scales the gradient so that the largest step is ``step_angstrom`` and halves it until the exact cost falls;
    the next sweep starts a little longer.

    Parameters
    ----------
    state, problem
        Refinement; the state is changed in place.
    sweeps
        Most sweeps; fewer if no step lowers the cost.
    step_angstrom
        First largest step.

    Returns
    -------
    list of float
        Cost at the start and after each sweep.
    """
    check_integer(sweeps, "sweeps", low=1)
    step = check_positive(step_angstrom, "step_angstrom")
    costs = [running_terms(state, problem)["total"]]
    for _ in range(sweeps):
        gradient = cost_gradient(state, problem)
        largest = float(np.sqrt((gradient**2).sum(axis=1).max()))
        if largest == 0.0:
            break
        for _ in range(MOST_HALVINGS):
            trial = state.positions - gradient * (step / largest)
            if _allowed(state, problem, trial):
                other = _placed(state, problem, trial)
                cost = running_terms(other, problem)["total"]
                if cost < costs[-1]:
                    break
            step *= SHRINK
        else:
            break
        _take_over(state, other)
        costs.append(cost)
        step *= GROW_BY
    return costs


def mala(
    state: RmcState, problem: RmcProblem, sweeps: int, *, width_angstrom: float, temperature: float = 1.0
) -> tuple[int, int]:
    r"""Langevin moves of all atoms, accepted so that detailed balance holds with the exact cost.

    .. math:: x' = x - \frac{w^2}{4 \tau} \nabla \chi^2(x) + w\, \xi

    accepted with :math:`\exp(-\Delta\chi^2/2\tau)\, q(x|x')/q(x'|x)`.

    Parameters
    ----------
    state, problem
        Refinement; the state is changed in place.
    sweeps
        Moves of all atoms.
    width_angstrom
        Standard deviation w of the noise.
    temperature
        tau.

    Returns
    -------
    generated, accepted
        Moves.
    """
    check_integer(sweeps, "sweeps", low=1)
    width = check_positive(width_angstrom, "width_angstrom")
    check_positive(temperature, "temperature")
    if any(item.fit_scale or item.fit_offset for item in problem.operators):
        raise InputError("mala samples at fixed scale and offset; fix them in all data sets")
    pull = width**2 / (4.0 * temperature)
    cost, drift, accepted = running_terms(state, problem)["total"], pull * cost_gradient(state, problem), 0
    for _ in range(sweeps):
        here = state.positions
        there = quantized(here - drift + width * state.rng.normal(size=here.shape))
        chance = state.rng.random()
        if not _allowed(state, problem, there):
            continue
        other = _placed(state, problem, there)
        new_cost, new_drift = running_terms(other, problem)["total"], pull * cost_gradient(other, problem)
        forth = ((there - here + drift) ** 2).sum()
        back = ((here - there + new_drift) ** 2).sum()
        change = (new_cost - cost) / (2.0 * temperature) + (back - forth) / (2.0 * width**2)
        if np.log(chance) < -change:
            _take_over(state, other)
            cost, drift, accepted = new_cost, new_drift, accepted + 1
    return sweeps, accepted
