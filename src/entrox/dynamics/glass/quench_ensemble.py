r"""Several melts, each quenched at several rates: the energy of a glass with its error, and where slow cooling leads.

The energy of the inherent structures is fitted by :math:`E = a + b \log_{10} (\text{rate})` and read off at a rate of
the laboratory; its error comes from drawing melts, not runs, since rates share their melt. Only runs that became a
glass count. Units: eV/atom, K/ps, g/cm3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_all_positive, check_positive, generator, quantity
from entrox.core.linear_fit import fit_linear
from entrox.dynamics.engine import Engine
from entrox.dynamics.glass.melt_quench import Member, run_member
from entrox.dynamics.glass.quench_result import QuenchResult
from entrox.dynamics.glass.quench_settings import QuenchSettings
from entrox.dynamics.potential import Potential

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["LABORATORY_RATE_K_PER_PS", "EnergyDifference", "QuenchEnsemble", "RateExtrapolation", "run_quench_ensemble"]

Floats = NDArray[np.float64]

LABORATORY_RATE_K_PER_PS = 1e-12
"""One kelvin per second."""
FEWEST_MELTS = 3
"""Melts from which an error can be drawn."""
DRAWS = 2000


@dataclass(frozen=True, kw_only=True)
class EnergyDifference(Result):
    """Glass minus crystal at the slowest rate, mean and standard error over melts; None where it cannot be told."""

    value: float | None = quantity("eV/atom", "energy of the glass over that of the crystal")
    error: float | None = quantity("eV/atom", "standard error over melts")
    n_melts: int = quantity("1", "melts that count")
    rate_k_per_ps: float = quantity("K/ps", "cooling rate")


@dataclass(frozen=True, kw_only=True)
class RateExtrapolation(Result):
    """Energy difference at a rate of the laboratory, from a straight line over the logarithm of the rate."""

    rate_k_per_ps: float = quantity("K/ps", "rate at which the line is read off")
    value: float = quantity("eV/atom", "energy of the glass over that of the crystal")
    error: float | None = quantity("eV/atom", "standard error, melts drawn with replacement; None for fewer than three")
    slope: float = quantity("eV/atom", "change by a factor of ten in the rate")
    decades: float = quantity("1", "factors of ten between the slowest rate and that")


@dataclass(frozen=True, kw_only=True)
class QuenchEnsemble:
    """Members, the energy difference at the slowest rate, and its extrapolation; None with one rate or no glass."""

    members: tuple[QuenchResult, ...]
    difference: EnergyDifference
    extrapolated: RateExtrapolation | None

    @property
    def verdict(self) -> str:
        """Verdict of the most members that did not fail, ``failed`` if all did; of equals the more careful one."""
        told = [member.verdict for member in self.members if member.verdict != "failed"]
        if not told:
            return "failed"
        return max(("crystal memory", "recrystallized", "glass"), key=told.count)


def run_quench_ensemble(
    starts: Sequence[Atoms],
    engine: Engine,
    potential: Potential,
    settings: QuenchSettings,
    rates_k_per_ps: Sequence[float],
    rng: np.random.Generator,
    run_folder: str | Path,
    *,
    executor: Executor | None = None,
    laboratory_rate_k_per_ps: float = LABORATORY_RATE_K_PER_PS,
    progress: Callable[[int, int], None] | None = None,
) -> QuenchEnsemble:
    """Melt several starts and quench each melt at several rates.

    Parameters
    ----------
    starts
        One structure for each seed: copies of one, or other arrangements of the same composition.
    engine, potential, settings
        As for :func:`run_melt_quench`; the rate of the settings is not used.
    rates_k_per_ps
        Cooling rates.
    rng
        Draws the seeds of the members.
    run_folder
        Holds a folder ``seed_1``, ``seed_2``, ... for each start. What has ended there is read.
    executor
        Runs seeds side by side; one after the other if None.
    laboratory_rate_k_per_ps
        Rate to which the energy is extrapolated.
    progress
        Called with the finished seeds and their number.

    Returns
    -------
    QuenchEnsemble
        Members by seed, then by rate as given. A member that failed leaves the others alone.
    """
    rates = check_all_positive(rates_k_per_ps, "rates_k_per_ps", "K/ps")
    check_positive(laboratory_rate_k_per_ps, "laboratory_rate_k_per_ps", "K/ps")
    if not len(starts) or rates.ndim != 1 or not len(rates):
        raise InputError(f"an ensemble needs a start and a rate; got {len(starts)} and {rates.size}.")
    if len({tuple(sorted(start.get_chemical_symbols())) for start in starts}) > 1:
        raise InputError("all starts of an ensemble must have one composition.")
    seeds = rng.integers(2**31, size=len(starts)).tolist()
    tasks = [
        Member(start, engine, potential, settings, seed, Path(run_folder) / f"seed_{number}")
        for number, (start, seed) in enumerate(zip(starts, seeds, strict=True), start=1)
    ]
    members: list[QuenchResult] = []
    for done, found in enumerate(_results(tasks, rates.tolist(), executor), start=1):
        members.extend(found)
        if progress is not None:
            progress(done, len(tasks))
    return gathered(members, laboratory_rate_k_per_ps, generator(seeds[0], 1))


def _results(
    tasks: Sequence[Member], rates: Sequence[float], executor: Executor | None
) -> Iterator[list[QuenchResult]]:
    if executor is None:
        yield from (run_seed(task, rates) for task in tasks)
        return
    futures = [executor.submit(run_seed, task, rates) for task in tasks]
    yield from (future.result() for future in futures)


def run_seed(member: Member, rates: Sequence[float]) -> list[QuenchResult]:
    """Quench one melt at several rates; the melt is run once and read after."""
    return [
        run_member(
            replace(
                member,
                settings=member.settings.model_copy(update={"quench_rate_k_per_ps": rate}),
                quench_folder=f"rate_{rate:.6g}",
            )
        )
        for rate in rates
    ]


def gathered(members: Sequence[QuenchResult], laboratory_rate: float, rng: np.random.Generator) -> QuenchEnsemble:
    """Return the ensemble of members with its difference and extrapolation.

    Parameters
    ----------
    members
        Runs of one composition and potential.
    laboratory_rate
        Rate to which the energy is extrapolated [K/ps].
    rng
        Draws melts for the error.
    """
    slowest = min(member.rate_k_per_ps for member in members)
    counting = [m for m in members if m.verdict == "glass" and _difference(m) is not None]
    at_slowest = np.array([_difference(m) for m in counting if m.rate_k_per_ps == slowest], dtype=float)
    enough = len(at_slowest) >= FEWEST_MELTS
    return QuenchEnsemble(
        members=tuple(members),
        difference=EnergyDifference(
            value=float(at_slowest.mean()) if len(at_slowest) else None,
            error=float(at_slowest.std(ddof=1) / np.sqrt(len(at_slowest))) if enough else None,
            n_melts=len(at_slowest),
            rate_k_per_ps=slowest,
        ),
        extrapolated=_extrapolated(counting, slowest, laboratory_rate, rng),
    )


def _difference(member: QuenchResult) -> float | None:
    if member.energy_ev_per_atom is None or member.crystal_energy_ev_per_atom is None:
        return None
    return member.energy_ev_per_atom - member.crystal_energy_ev_per_atom


def _extrapolated(
    counting: Sequence[QuenchResult], slowest: float, target: float, rng: np.random.Generator
) -> RateExtrapolation | None:
    """Return the line over the logarithm of the rate, None where it has no spare point."""
    rates = np.log10([m.rate_k_per_ps for m in counting])
    if len(np.unique(rates.round(9))) < 2 or len(counting) < FEWEST_MELTS:
        return None
    energies = np.array([_difference(m) for m in counting], dtype=float)
    columns = np.column_stack([np.ones_like(rates), rates - np.log10(target)])
    value, slope = fit_linear(columns, energies).coefficients.tolist()
    seeds = np.array([m.seed for m in counting])
    return RateExtrapolation(
        rate_k_per_ps=target,
        value=value,
        error=_drawn_error(columns, energies, seeds, rng),
        slope=slope,
        decades=float(np.log10(slowest / target)),
    )


def _drawn_error(columns: Floats, energies: Floats, seeds: NDArray[np.int64], rng: np.random.Generator) -> float | None:
    """Return the spread of the extrapolated energy over melts drawn with replacement."""
    melts = np.unique(seeds)
    if len(melts) < FEWEST_MELTS:
        return None
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([np.flatnonzero(seeds == melt) for melt in rng.choice(melts, len(melts))])
        if np.ptp(columns[rows, 1]) > 0.0:
            drawn.append(float(np.linalg.lstsq(columns[rows], energies[rows], rcond=None)[0][0]))
    return float(np.std(drawn, ddof=1)) if len(drawn) > 1 else None
