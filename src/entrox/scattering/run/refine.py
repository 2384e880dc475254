"""One refinement from its settings to its result: burn-in with tuned steps, annealing, sampling, checkpoints.

Steps are tuned in the burn-in alone and frozen after it. A run that was interrupted, killed or ended by the clock is
taken up from its checkpoint and gives the numbers of the uninterrupted run, bit for bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from entrox.core import InputError, check_integer, generator
from entrox.core.interrupts import deferred_interrupt
from entrox.scattering.engine.advance import initial_state
from entrox.scattering.engine.gradient import descent, mala
from entrox.scattering.operators.blas_threads import single_threaded_products
from entrox.scattering.run.chain import RmcChain, round_of_moves
from entrox.scattering.run.checkpoint import CHECKPOINT, load_checkpoint, run_identity, save_checkpoint
from entrox.scattering.run.result_of_chain import result_of_chain
from entrox.scattering.run.rmc_result import RmcResult
from entrox.scattering.setup.problem_of_settings import RmcSetup, check_files, problem_of_settings
from entrox.scattering.setup.rmc_settings import RmcSettings

__all__ = ["Progress", "run_rmc"]

Progress = Callable[[str, int, int], None]

OCCUPATION, MOVES = 0, 1
"""Streams of random numbers of a seed: runs with and without bond valence begin with the same occupation."""
SECONDS_PER_MINUTE = 60.0


def run_rmc(
    settings: RmcSettings,
    *,
    seed: int | None = None,
    bond_valence: bool | None = None,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> RmcResult:
    """Refine one box.

    Parameters
    ----------
    settings
        What is refined, against what, and how.
    seed
        Seed of occupation and moves; that of the settings if None.
    bond_valence
        Whether the bond valence constraint is on; None: unless the settings say off.
    folder
        Where the checkpoint is kept; nothing is written if None.
    resume
        Go on from the checkpoint in the folder, up to the moves of the settings.
    progress
        Called with a line of text, the moves per atom done, and those wanted.

    Returns
    -------
    RmcResult
        Also where the chain has not converged; ``converged`` and ``stopped_by`` say so.

    Raises
    ------
    InputError
        If the settings do not fit together or the files are wrong, the start box breaks the closest approach, the
        folder holds a checkpoint and ``resume`` is false, or one of other settings and it is true.
    KeyboardInterrupt
        If the run was interrupted; the checkpoint holds all that was done.
    """
    number = check_integer(settings.run.seed if seed is None else seed, "seed", low=0)
    active = settings.constraints.bond_valence.mode != "off" if bond_valence is None else bool(bond_valence)
    place = None if folder is None else Path(folder)
    _check_folder(place, resume)
    check_files(settings)
    # sums must not depend on how many threads a product of matrices takes
    with single_threaded_products():
        return _run(settings, number, active, place, resume, progress)


def _run(
    settings: RmcSettings, number: int, active: bool, place: Path | None, resume: bool, progress: Progress | None
) -> RmcResult:
    identity = run_identity(settings, number, active)
    setup = problem_of_settings(settings, generator(number, OCCUPATION), bond_valence=active)
    if resume and place is not None:
        chain = load_checkpoint(place, setup.problem, identity, threads=settings.run.threads)
    else:
        chain = _fresh_chain(setup, number)
        if place is not None:
            save_checkpoint(place, chain, identity)
    label = f"seed {number}, bond valence {'on' if active else 'off'}"
    stopped_by = _rounds(setup, chain, identity, place, label, progress)
    return result_of_chain(setup, chain, seed=number, stopped_by=stopped_by)


def _check_folder(folder: Path | None, resume: bool) -> None:
    if resume and folder is None:
        raise InputError("resume needs the folder of the run.")
    if folder is not None and not resume and (folder / CHECKPOINT).exists():
        raise InputError(
            f"{folder} holds the checkpoint of a run. Go on with it (resume), or give another folder; it is untouched."
        )


def _fresh_chain(setup: RmcSetup, seed: int) -> RmcChain:
    """Chain at its start, after the gradient sweeps that the settings ask for."""
    settings = setup.settings
    problem = setup.burn_in if settings.sampling_start else setup.problem
    state = initial_state(problem, generator(seed, MOVES), threads=settings.run.threads)
    table = settings.gradient
    if table.sweeps and table.method == "descent":
        descent(state, problem, table.sweeps, step_angstrom=table.step_angstrom)
    elif table.sweeps and table.method == "mala":
        mala(state, problem, table.sweeps, width_angstrom=table.step_angstrom)
    return RmcChain.at_start(state, problem, settings.sampling_start)


def _rounds(
    setup: RmcSetup,
    chain: RmcChain,
    identity: dict[str, Any],
    folder: Path | None,
    label: str,
    progress: Progress | None,
) -> str:
    """Move until the moves or the time are used up; return which."""
    run = setup.settings.run
    limit = np.inf if run.time_limit_min is None else run.time_limit_min * SECONDS_PER_MINUTE
    begun = saved = time.monotonic()
    already = chain.wall_s
    stopped_by, first = "moves", True
    try:
        while chain.rounds < run.moves_per_atom:
            if time.monotonic() - begun >= limit:
                stopped_by = "time"
                break
            with deferred_interrupt():
                _timed_round(setup, chain, first=first)
                first = False
                chain.wall_s = already + time.monotonic() - begun
                if folder is not None and time.monotonic() - saved >= run.save_every_s:
                    save_checkpoint(folder, chain, identity)
                    saved = time.monotonic()
            if progress is not None:
                progress(_line(label, setup, chain), chain.rounds, run.moves_per_atom)
    finally:
        # also on Ctrl-C, which waits for the end of a round: the checkpoint then holds all that was done
        if folder is not None:
            with deferred_interrupt():
                save_checkpoint(folder, chain, identity)
    return stopped_by


def _timed_round(setup: RmcSetup, chain: RmcChain, *, first: bool) -> None:
    """One round, with its time unless kernels may have been compiled in it."""
    begun = time.monotonic()
    round_of_moves(chain, setup)
    if not first:
        chain.timed_s += time.monotonic() - begun
        chain.timed_moves += len(setup.problem.species)


def _line(label: str, setup: RmcSetup, chain: RmcChain) -> str:
    points = sum(int((~item.held_out).sum()) for item in setup.problem.operators)
    if not points:
        return f"{label}: cost {chain.costs[-1][-1]:.4g}"
    chi2 = float(chain.costs[-1][: len(setup.problem.operators)].sum()) / setup.settings.run.data_weight
    return f"{label}: chi^2 per point {chi2 / points:.3g}, accepted {100 * chain.acceptances[-1]:.0f} %"
