"""Reverse Monte Carlo: moves of atoms accepted by what they change in chi^2 and in the constraints.

A simulation is :func:`initial_state` and repeated :func:`advance`. The chain depends on the problem and the generator
alone: not on the number of threads, on the batch, on early rejection, or on how neighbors are found.
"""

from __future__ import annotations

import numpy as np

from entrox.core import check_in_range, check_integer, check_positive
from entrox.scattering.engine.batches import Batches
from entrox.scattering.engine.box_of_problem import box_of_problem
from entrox.scattering.engine.cost import cost_terms
from entrox.scattering.engine.move_tables import DRAWS, GROW, SOLVE, WIDEN, MoveTable
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState
from entrox.scattering.engine.state_making import MARGIN_STEP, initial_state, rebuild, solve_scales, state_of_arrays
from entrox.scattering.operators.blas_threads import single_threaded_products

__all__ = ["advance", "batch_size", "cost_terms", "initial_state", "rebuild", "solve_scales", "state_of_arrays"]

NEIGHBORS_IN_A_BATCH = 24.0
"""Members of a batch in the reach of one another."""
BATCH_SIZES = 64, 256
"""Fewer moves in a batch do not pay for the transform, more do not pay for their memory."""


def _move_table(state: RmcState, problem: RmcProblem, temperature: float) -> MoveTable:
    """How moves are drawn now."""
    kind = np.zeros(len(state.species), dtype=np.int64)
    if problem.site_kind is not None and len(problem.sublattice) > 1:
        kind = np.asarray(problem.site_kind, dtype=np.int64)
    shares, members = [], []
    for name, share in problem.moves.swap_share.items():
        check_in_range(share, f"moves.swap_share[{name!r}]", low=0.0, high=1.0)
        kinds = [number for number, label in enumerate(problem.sublattice) if label == name]
        member = np.flatnonzero(np.isin(kind, kinds))
        if share > 0.0 and len(member):
            shares.append(float(share))
            members.append(member)
    fit = any(item.fit_scale or item.fit_offset for item in problem.operators)
    return MoveTable(
        radius=state.radius_angstrom,
        share=np.cumsum(np.array(shares, dtype=float)),
        first=np.concatenate([[0], np.cumsum([len(member) for member in members])]).astype(np.int64),
        member=np.concatenate(members) if members else np.zeros(0, dtype=np.int64),
        swap_positions=problem.moves.swap_positions,
        early=problem.early_rejection,
        may_widen=state.margin_angstrom < problem.widest_margin_angstrom,
        solve_every=problem.solve_every if fit else 0,
        temperature=temperature,
    )


def advance(state: RmcState, problem: RmcProblem, n_moves: int, *, temperature: float = 1.0) -> RmcState:
    """Make some moves.

    Parameters
    ----------
    state
        Changed in place.
    problem
        The problem of the state.
    n_moves
        Moves to generate.
    temperature
        tau of the acceptance exp(-dcost/(2 tau)); one samples, more anneals.

    Returns
    -------
    RmcState
        The same state.
    """
    check_integer(n_moves, "n_moves", low=0)
    check_positive(temperature, "temperature")
    if state.radius_angstrom.max() > state.step_angstrom:
        _lengthen(state, problem)
    moves = _move_table(state, problem, temperature)
    with single_threaded_products(), Batches(state, max(min(batch_size(state, problem), n_moves), 1)) as batches:
        done = 0
        while done < n_moves:
            count = min(batches.size, n_moves - done)
            draws = state.rng.random((count, DRAWS))
            at = 0
            while at < count:
                swaps = np.flatnonzero(draws[at:, 0] < (moves.share[-1] if len(moves.share) else 0.0))
                ahead = int(swaps[0]) if len(swaps) else count - at
                if ahead:
                    made, code = batches.decide(draws[at : at + ahead], moves)
                else:
                    made, code = batches.swap(draws[at], moves)
                at += made
                if code == WIDEN:
                    _widen(state, problem)
                    moves = _move_table(state, problem, temperature)
                    batches.follow_box()
                elif code == GROW:
                    _grow(state, problem)
                    batches.follow_box()
                elif code == SOLVE:
                    batches.renew()
                    solve_scales(state, problem)
                    batches.age = None
            done += count
        batches.renew()
    return state


def batch_size(state: RmcState, problem: RmcProblem) -> int:
    """Moves evaluated at a time: of a larger batch, more members are neighbors, and have to be corrected."""
    if problem.batch is not None:
        return problem.batch
    share = float(state.far.total.mean()) / len(state.species)
    return int(np.clip(NEIGHBORS_IN_A_BATCH / share, *BATCH_SIZES))


def _lengthen(state: RmcState, problem: RmcProblem) -> None:
    """Make linked cells for longer steps."""
    state.step_angstrom = float(state.radius_angstrom.max())
    if state.box.shape[7] == 1:
        state.box, state.far, state.near, _ = box_of_problem(
            problem, state.rules, state.positions, state.species, margin=0.0, step=state.step_angstrom
        )


def _widen(state: RmcState, problem: RmcProblem) -> None:
    """Make a table for atoms farther from their sites."""
    margin = min(state.margin_angstrom + MARGIN_STEP, max(problem.widest_margin_angstrom, state.margin_angstrom))
    state.box, state.far, state.near, _ = box_of_problem(
        problem, state.rules, state.positions, state.species, margin=margin
    )


def _grow(state: RmcState, problem: RmcProblem) -> None:
    """Make linked cells with more places."""
    state.box, state.far, state.near, _ = box_of_problem(
        problem,
        state.rules,
        state.positions,
        state.species,
        margin=0.0,
        step=state.step_angstrom,
        places=int(state.box.shape[6]) + 3,
    )
