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
from entrox.scattering.engine.boxes._kernels import Desk
from entrox.scattering.engine.cost import cost_terms
from entrox.scattering.engine.desk import desk_of
from entrox.scattering.engine.moves._kernels import (
    DRAWS,
    FULL,
    GROW,
    SOLVE,
    WIDEN,
    Batch,
    MoveTable,
    Reduced,
    work,
)
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState
from entrox.scattering.engine.state_making import MARGIN_STEP, initial_state, rebuild, solve_scales, state_of_arrays
from entrox.scattering.engine.swap import swap_move
from entrox.scattering.operators.blas_threads import single_threaded_products
from entrox.scattering.operators.reduced_operator import CostForm

__all__ = ["advance", "cost_terms", "initial_state", "rebuild", "solve_scales", "state_of_arrays"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLACK_GROWTH = 1.5
MOST_BONDS = 1024
CERTAINTY = 8.0
"""Standard deviations of the rounding of a transform in single precision that a move must be clear of; nearer ones are
decided in double precision. Higham and Mary, SIAM J. Sci. Comput. 41, A2815 (2019): exceeded once in 10^13 sums."""


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


def _empty_batch(state: RmcState, size: int) -> Batch:
    width, rank = state.form.transposed.shape
    steps = 2.0 * float(state.radius_angstrom.max()) * state.rules.pairs.inverse_step
    return Batch(
        draws=np.zeros((size, DRAWS)),
        change=np.zeros((size, width)),
        transform=np.zeros((size, rank), dtype=np.float32),
        linear=np.zeros(size),
        error=np.zeros(size),
        doubt=np.zeros(3),
        state=np.zeros(size, dtype=np.int8),
        listed=np.full(size, -1, dtype=np.int64),
        bonded=np.zeros((size, MOST_BONDS), dtype=np.int64),
        sums=np.zeros((size, MOST_BONDS)),
        strain=np.zeros(size),
        changed=np.zeros((2 * size, 3), dtype=np.int64),
        places=np.zeros((2 * size, 6)),
        touched=np.full(len(state.species), -1, dtype=np.int64),
        reach=np.array([int(steps) + 2], dtype=np.int64),
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
    batch = _empty_batch(state, size)
    desks = _desks(state)
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
                    made, code = _batch(state, batch, moves, ahead, (pool, desks))
                else:
                    made, code = swap_move(state, moves, draws[at], desks[0])
                at += made
                if code == WIDEN:
                    _widen(state, problem)
                    moves, desks = _move_table(state, problem, temperature), _desks(state)
                elif code == GROW:
                    _grow(state, problem)
                    desks = _desks(state)
                elif code == SOLVE:
                    solve_scales(state, problem)
            done += count
    return state


def _desks(state: RmcState) -> list[Desk]:
    """Room for the work of each thread."""
    return [desk_of(state.far, state.rules.pairs, len(state.live.residual)) for _ in range(state.threads)]


def _batch(
    state: RmcState, batch: Batch, moves: MoveTable, count: int, workers: tuple[ThreadPoolExecutor, list[Desk]]
) -> tuple[int, int]:
    """Evaluate the first members of a batch side by side and commit them in order."""
    pool, desks = workers
    live, rules, form = state.live, state.rules, state.form
    reduced = _reduced(form, live.residual, len(batch.draws))
    live.drift[:] = 0.0
    batch.doubt[:2] = 0.0
    batch.listed[:count] = -1

    def members(number: int, low: int, high: int, deciding: bool) -> tuple[int, int]:
        made, code = work(
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
            reduced,
            state.slack,
            desks[number],
            low,
            high,
            deciding,
        )
        return int(made), int(code)

    def part(number: int, low: int, high: int) -> None:
        members(number, low, high, False)
        _transform(batch, reduced, low, high)

    if rules.pairs.active:
        _side_by_side(part, count, state.threads, pool)
    made, code = members(0, 0, count, True)
    if rules.pairs.active:
        live.residual[:] = live.histogram @ form.transposed + form.shift
    state.slack = max(0.9 * state.slack, SLACK_GROWTH * float(batch.doubt[1]))
    return made, code


def _reduced(form: CostForm, residual: Floats, size: int) -> Reduced:
    """Return chi^2 of the data in the form of the kernels."""
    # Roundings of either sign add up like a random walk: of a sum of n products, and of the corrections to it.
    roundings = CERTAINTY * np.sqrt(len(form.transposed) + 4 * size) + 8.0
    return Reduced(
        gradient=2.0 * (form.transposed @ residual),
        single=form.single,
        norms=form.norms,
        rounding=np.array([roundings * float(np.finfo(np.float32).eps) / 2.0]),
        transposed=form.transposed,
        shift=form.shift,
    )


def _transform(batch: Batch, reduced: Reduced, low: int, high: int) -> None:
    """Transform the members that may be accepted."""
    full = batch.state[low:high] == FULL
    if full.all():
        np.matmul(batch.change[low:high].astype(np.float32), reduced.single, out=batch.transform[low:high])
    elif full.any():
        members = low + np.flatnonzero(full)
        batch.transform[members] = batch.change[members].astype(np.float32) @ reduced.single


def _side_by_side(part: Callable[[int, int, int], None], count: int, threads: int, pool: ThreadPoolExecutor) -> None:
    """Run a function over parts of 0..count, the first part in this thread."""
    threads = max(min(threads, count // 4), 1)
    edges = np.linspace(0, count, threads + 1).astype(int)
    others = [pool.submit(part, n + 1, int(low), int(high)) for n, (low, high) in enumerate(pairwise(edges[1:]))]
    part(0, 0, int(edges[1]))
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
