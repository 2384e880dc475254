"""State of a refinement: made from its problem, from saved arrays, or anew from the positions."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_integer
from entrox.scattering.engine.box_of_problem import (
    box_of_problem,
    check_problem,
    displacement_from_sites,
    rule_tables,
    start_positions,
)
from entrox.scattering.engine.boxes._kernels import UNITS_PER_ANGSTROM, whole_histogram
from entrox.scattering.engine.constraints._kernels import all_shells
from entrox.scattering.engine.desk import desk_of
from entrox.scattering.engine.move_tables import Live
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import MOVE_KINDS, RmcState, RuleTables, generator_of, live_of
from entrox.scattering.operators.blas_threads import single_threaded_products
from entrox.scattering.operators.reduced_operator import CostForm, cost_form, solved_scales
from entrox.scattering.terms.closest_approach import check_closest_approach
from entrox.scattering.terms.valence._kernels import all_valences

__all__ = ["MARGIN_STEP", "initial_state", "rebuild", "solve_scales", "state_of_arrays"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MARGIN_STEP = 0.1


def initial_state(problem: RmcProblem, rng: np.random.Generator, *, threads: int | None = None) -> RmcState:
    """State of a refinement at its start.

    Parameters
    ----------
    problem
        What is refined.
    rng
        Generator of the moves; part of the state.
    threads
        Threads of an evaluation; all processors allowed if None.

    Raises
    ------
    InputError
        If the problem does not fit together, or the start box breaks the closest approach.
    """
    check_problem(problem)
    # One thread: a decomposition that fights for processors with other runs is slower than one alone.
    with single_threaded_products():
        return _initial_state(problem, rng, _threads(threads))


def _initial_state(problem: RmcProblem, rng: np.random.Generator, threads: int) -> RmcState:
    rules = rule_tables(problem)
    positions, _, cell = start_positions(problem)
    species = np.array(problem.species, dtype=np.int64)
    check_closest_approach(positions, species, cell, problem.elements, problem.closest_angstrom)
    box, far, near, sites = box_of_problem(problem, rules, positions, species, margin=problem.margin_angstrom)
    needed = displacement_from_sites(box, positions) + MARGIN_STEP
    if needed > problem.margin_angstrom:
        box, far, near, sites = box_of_problem(problem, rules, positions, species, margin=needed)
    scales = np.array([item.scale for item in problem.operators], dtype=float)
    offsets = np.array([item.offset for item in problem.operators], dtype=float)
    form = _form(rules, scales, offsets, problem)
    live = _fresh_live(rules, box, far, near, positions, species, sites, form)
    state = RmcState(
        live=live,
        rules=rules,
        box=box,
        far=far,
        near=near,
        form=form,
        scales=scales,
        offsets=offsets,
        rng=rng,
        threads=threads,
        slack=0.0,
        radius_angstrom=np.array([float(problem.moves.radius_angstrom[name]) for name in problem.elements]),
        step_angstrom=max(problem.moves.radius_angstrom.values()),
    )
    solve_scales(state, problem)
    return state


def _threads(threads: int | None) -> int:
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return check_integer(threads, "threads", low=1)


def _form(rules: RuleTables, scales: Floats, offsets: Floats, problem: RmcProblem) -> CostForm:
    if rules.basis is None:
        return CostForm(np.zeros((problem.bins.count + 2, 1)), np.zeros(1), 0.0)
    return cost_form(rules.basis, scales, offsets, len(problem.operators[0].channels), _first_bin(rules))


def _first_bin(rules: RuleTables) -> int:
    """First place of the histogram that a pair can reach: none is nearer than the closest approach."""
    if not rules.pairs.total:
        return 0
    closest = float(np.sqrt(rules.hard.closest_squared.min()))
    return max(int(closest * UNITS_PER_ANGSTROM * rules.pairs.bins_per_unit) - 1, 0)


def _sums(rules: RuleTables, box: Any, far: Any, near: Any, positions: Floats, species: Ints, size: int) -> Any:
    """Histogram, bond valence sums, and counted neighbors from the positions alone."""
    histogram = np.zeros(size)
    if rules.pairs.active:
        whole_histogram(box, far, positions, species, rules.pairs, desk_of(far, rules.pairs), histogram)
        histogram *= 0.5
    valence = np.zeros(len(positions))
    if rules.bonds.active:
        valence = all_valences(box, near, rules.bonds, positions, species)
    none = np.zeros((0, len(positions)), dtype=np.int64), np.zeros(0, dtype=np.int64)
    counts, tally = all_shells(box, near, positions, species, rules.shells) if len(rules.shells.center) else none
    return histogram, valence, counts, tally


def _fresh_live(
    rules: RuleTables, box: Any, far: Any, near: Any, positions: Floats, species: Ints, sites: Floats, form: CostForm
) -> Live:
    histogram, valence, counts, tally = _sums(rules, box, far, near, positions, species, len(form.transposed))
    residual = histogram @ form.transposed + form.shift
    return Live(
        positions=positions,
        species=species,
        sites=sites,
        histogram=histogram,
        residual=residual,
        drift=np.zeros_like(residual),
        valence=valence,
        counts=counts,
        tally=tally,
        counters=np.zeros((len(MOVE_KINDS), len(rules.pairs.lengths), 3), dtype=np.int64),
        numbers=np.zeros(3, dtype=np.int64),
        stamp=np.full(len(positions), -1, dtype=np.int64),
    )


def state_of_arrays(arrays: dict[str, NDArray[Any]], problem: RmcProblem, *, threads: int | None = None) -> RmcState:
    """State of :func:`~entrox.scattering.engine.state.state_arrays`; the chain goes on as if nothing had happened."""
    check_problem(problem)
    with single_threaded_products():
        rules = rule_tables(problem)
    scales, offsets = np.array(arrays["scales"]), np.array(arrays["offsets"])
    form = _form(rules, scales, offsets, problem)
    box, far, near, sites = box_of_problem(
        problem,
        rules,
        np.asarray(arrays["positions"]),
        np.asarray(arrays["species"]),
        margin=float(arrays["margin"][0]),
        places=int(arrays["places_per_cell"][0]),
        home=np.asarray(arrays["home"]),
        step=float(arrays["step"][0]),
    )
    return RmcState(
        live=live_of(arrays, sites),
        rules=rules,
        box=box,
        far=far,
        near=near,
        form=form,
        scales=scales,
        offsets=offsets,
        rng=generator_of(arrays),
        threads=_threads(threads),
        slack=float(arrays["slack"][0]),
        radius_angstrom=np.array(arrays["radius"]),
        step_angstrom=float(arrays["step"][0]),
    )


def rebuild(state: RmcState) -> float:
    """Make histogram, sums and residual anew from the positions.

    Returns
    -------
    float
        Greatest relative difference that had built up in the histogram.
    """
    live = state.live
    fresh = _sums(state.rules, state.box, state.far, state.near, live.positions, live.species, len(live.histogram))
    drift = float(np.max(np.abs(fresh[0] - live.histogram)) / max(float(np.max(np.abs(fresh[0]))), 1e-300))
    for kept, new in zip((live.histogram, live.valence, live.counts, live.tally), fresh, strict=True):
        kept[...] = new
    live.residual[:] = live.histogram @ state.form.transposed + state.form.shift
    return drift


def solve_scales(state: RmcState, problem: RmcProblem) -> None:
    """Set scales and offsets to those of least chi^2 for the present box, for data sets that ask for it."""
    if state.rules.basis is None or not any(item.fit_scale or item.fit_offset for item in problem.operators):
        return
    state.scales, state.offsets = solved_scales(
        state.rules.basis, problem.operators, state.histogram, state.scales, state.offsets
    )
    state.form = _form(state.rules, state.scales, state.offsets, problem)
    state.live.residual[:] = state.live.histogram @ state.form.transposed + state.form.shift
