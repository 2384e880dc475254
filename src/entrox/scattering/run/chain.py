"""A refinement under way: the state of the engine, how far it came, and what it went through.

The chain depends on settings and seed alone. Everything that is done on the way (tuning, recounting) happens after
whole rounds of one move per atom, never by the clock, so that a run taken up again is the run that was not interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entrox.scattering.engine.advance import advance, rebuild, solve_scales
from entrox.scattering.engine.cost import running_terms
from entrox.scattering.engine.problem import RmcProblem
from entrox.scattering.engine.state import RmcState
from entrox.scattering.run.wander import site_variance
from entrox.scattering.setup.problem_of_settings import RmcSetup
from entrox.scattering.setup.rmc_settings import RmcSettings

__all__ = ["RmcChain", "annealing_temperature", "round_of_moves", "tuned_radii"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WANTED_ACCEPTANCE = 0.4
ACCEPTANCE_BAND = (0.35, 0.45)
LARGEST_CHANGE = 1.4
FEWEST_TRIALS = 40
RADII_ANGSTROM = (0.002, 0.4)


@dataclass(eq=False)
class RmcChain:
    """Where a run stands.

    Parameters
    ----------
    state
        State of the engine.
    terms
        Names of the terms of the cost; the last is their sum.
    rounds
        Rounds done; a round is one move per atom.
    sampling_start
        Round from which on nothing is tuned and the temperature is one.
    costs
        Terms after each round.
    temperatures, acceptances
        Of each round.
    variances
        Variance of each element about its sites after each round [angstrom^2].
    tuned
        Counters of each element when its step was last adjusted, shape ``(elements, 3)``.
    burned
        Counters when sampling began.
    drift
        Greatest relative difference found when the histogram was counted anew.
    wall_s
        Time by the clock over all starts [s].
    timed_moves, timed_s
        Moves and time without the first round of each start, in which kernels are compiled.
    """

    state: RmcState
    terms: tuple[str, ...]
    sampling_start: int
    tuned: Ints
    burned: Ints
    rounds: int = 0
    costs: list[Floats] = field(default_factory=list)
    temperatures: list[float] = field(default_factory=list)
    acceptances: list[float] = field(default_factory=list)
    variances: list[Floats] = field(default_factory=list)
    drift: float = 0.0
    wall_s: float = 0.0
    timed_moves: int = 0
    timed_s: float = 0.0

    @classmethod
    def at_start(cls, state: RmcState, problem: RmcProblem, sampling_start: int) -> RmcChain:
        """Chain that has not moved yet."""
        return cls(
            state=state,
            terms=tuple(running_terms(state, problem)),
            sampling_start=sampling_start,
            tuned=np.zeros_like(state.counters[0]),
            burned=np.zeros_like(state.counters),
        )


def annealing_temperature(settings: RmcSettings, number: int) -> float:
    """Temperature of a round: from that of the start to one, geometrically, then one."""
    rounds, start = settings.annealing.moves_per_atom, settings.annealing.start_temperature
    if number >= rounds or start == 1.0:
        return 1.0
    return float(start ** (1.0 - number / rounds))


def round_of_moves(chain: RmcChain, setup: RmcSetup) -> None:
    """Make one move per atom and what is due after it."""
    state, settings = chain.state, setup.settings
    problem = setup.problem if chain.rounds >= chain.sampling_start else setup.burn_in
    before = state.counters.sum(axis=(0, 1))
    temperature = annealing_temperature(settings, chain.rounds)
    advance(state, problem, len(problem.species), temperature=temperature)
    made = state.counters.sum(axis=(0, 1)) - before
    chain.rounds += 1
    if settings.moves.tune and chain.rounds <= chain.sampling_start:
        state.radius_angstrom[:], chain.tuned = tuned_radii(state.radius_angstrom, state.counters[0], chain.tuned)
    if chain.rounds == chain.sampling_start:
        chain.burned = state.counters.copy()
        solve_scales(state, setup.problem)
    if chain.rounds % settings.run.rebuild_moves_per_atom == 0:
        chain.drift = max(chain.drift, rebuild(state))
    terms = running_terms(state, problem)
    chain.costs.append(np.array([terms[name] for name in chain.terms]))
    chain.variances.append(site_variance(state.positions, problem.sites_angstrom, state.species, len(problem.elements)))
    chain.temperatures.append(temperature)
    chain.acceptances.append(float(made[2] / max(int(made[0]), 1)))


def tuned_radii(radii: Floats, counters: Ints, tuned: Ints) -> tuple[Floats, Ints]:
    """Longest steps adjusted to the acceptance since the last change.

    Parameters
    ----------
    radii
        Longest step of each element [angstrom], shape ``(elements,)``.
    counters
        Generated, tested and accepted moves of each element, shape ``(elements, 3)``.
    tuned
        The same when each step was last looked at.

    Returns
    -------
    radii, tuned
        New arrays. Elements with too few moves since wait.
    """
    radii, tuned = radii.copy(), tuned.copy()
    since = counters - tuned
    for number in np.flatnonzero(since[:, 0] >= FEWEST_TRIALS):
        share = since[number, 2] / since[number, 0]
        tuned[number] = counters[number]
        if ACCEPTANCE_BAND[0] <= share <= ACCEPTANCE_BAND[1]:
            continue
        factor = np.clip(share / WANTED_ACCEPTANCE, 1.0 / LARGEST_CHANGE, LARGEST_CHANGE)
        radii[number] = np.clip(radii[number] * factor, *RADII_ANGSTROM)
    return radii, tuned
