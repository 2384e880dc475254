"""Reverse Monte Carlo: moves of atoms accepted by what they change in chi^2 and in the constraints.

A simulation is :func:`initial_state` and repeated :func:`advance`. The chain depends on the problem and the generator
alone: not on the number of threads, on the batch, on early rejection, or on how neighbors are found.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from entrox.core import check_in_range, check_integer, check_positive
from entrox.scattering.engine.box_of_problem import (
    box_of_problem,
)
from entrox.scattering.engine.cost import cost_terms
from entrox.scattering.engine.moves._kernels import DRAWS, FULL, GROW, SOLVE, WIDEN, Batch, MoveTable, commit, evaluate
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState
from entrox.scattering.engine.state_making import MARGIN_STEP, initial_state, rebuild, solve_scales, state_of_arrays
from entrox.scattering.engine.swap import swap_move
from entrox.scattering.operators.blas_threads import single_threaded_products

__all__ = ["advance", "cost_terms", "initial_state", "rebuild", "solve_scales", "state_of_arrays"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLACK_GROWTH = 1.5


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


def _empty_batch(size: int, width: int, rank: int) -> Batch:
    return Batch(
        draws=np.zeros((size, DRAWS)),
        change=np.zeros((size, width)),
        transform=np.zeros((size, rank)),
        linear=np.zeros(size),
        state=np.zeros(size, dtype=np.int8),
        changed=np.zeros((2 * size, 3), dtype=np.int64),
        places=np.zeros((2 * size, 6)),
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
    size = max(min(problem.batch, n_moves), 1)
    batch = _empty_batch(size, len(state.live.histogram), len(state.live.residual))
    moves = _move_table(state, problem, temperature)
    with single_threaded_products(), ThreadPoolExecutor(max_workers=max(state.threads - 1, 1)) as pool:
        done = 0
        while done < n_moves:
            count = min(size, n_moves - done)
            draws = state.rng.random((count, DRAWS))
            at = 0
            while at < count:
                batch.draws[: count - at] = draws[at:]
                swaps = np.flatnonzero(draws[at:, 0] < (moves.share[-1] if len(moves.share) else 0.0))
                ahead = int(swaps[0]) if len(swaps) else count - at
                if ahead:
                    made, code = _batch(state, batch, moves, ahead, pool)
                else:
                    made, code = swap_move(state, moves, draws[at])
                at += made
                if code == WIDEN:
                    _widen(state, problem)
                    moves = _move_table(state, problem, temperature)
                elif code == GROW:
                    _grow(state, problem)
                elif code == SOLVE:
                    solve_scales(state, problem)
            done += count
    return state


def _batch(state: RmcState, batch: Batch, moves: MoveTable, count: int, pool: ThreadPoolExecutor) -> tuple[int, int]:
    """Evaluate the first members of a batch side by side and commit them in order."""
    live, rules, form = state.live, state.rules, state.form
    live.start[:] = live.residual
    gradient = 2.0 * (form.transposed @ live.residual)

    def part(low: int, high: int) -> None:
        evaluate(
            state.box,
            state.far,
            state.near,
            rules.pairs,
            rules.hard,
            rules.bonds,
            live,
            moves,
            batch,
            gradient,
            state.slack,
            low,
            high,
        )
        full = low + np.flatnonzero(batch.state[low:high] == FULL)
        if len(full):
            batch.transform[full] = batch.change[full] @ form.transposed

    if rules.pairs.active:
        _side_by_side(part, count, state.threads, pool)
    made, code = commit(
        state.box,
        state.far,
        state.near,
        rules.pairs,
        rules.hard,
        rules.bonds,
        rules.shells,
        live,
        moves,
        batch,
        (gradient, form.transposed),
        count,
    )
    came = float(np.sum((live.residual - live.start) ** 2))
    state.slack = max(0.9 * state.slack, SLACK_GROWTH * came)
    return int(made), int(code)


def _side_by_side(part: Callable[[int, int], None], count: int, threads: int, pool: ThreadPoolExecutor) -> None:
    """Run a function over parts of 0..count, the first part in this thread."""
    threads = max(min(threads, count // 4), 1)
    edges = np.linspace(0, count, threads + 1).astype(int)
    others = [pool.submit(part, int(low), int(high)) for low, high in pairwise(edges[1:])]
    part(0, int(edges[1]))
    for other in others:
        other.result()


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
