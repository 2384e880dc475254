"""Genetic search in spaces too large to enumerate, or continuous: NSGA-II of pymoo with exact charge balance.

Deb et al., IEEE Trans. Evol. Comput. 6, 182 (2002). Every candidate is repaired before it is evaluated, so the search
never leaves the balanced compositions.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.errors import InputError, MissingExtraError
from entrox.design.search.archive import Archive
from entrox.design.search.balance import GridRepair, PlaneProjection
from entrox.design.search.screen import Screen

__all__ = ["check_pymoo", "evolve"]

Floats = NDArray[np.float64]
SPARSE = 0.4
"""Parameter of the Dirichlet distribution of the first candidates: below one, corners are as likely as the middle."""
TRIES = 20
PATIENCE = 10
"""Generations without a new candidate after which the search ends: small spaces are then searched through."""
MATINGS = 5
"""Attempts to replace children that are copies, per generation."""
UNDEFINED = 1e9
"""Broken constraints of a candidate that has an undefined quantity."""


def check_pymoo() -> None:
    """Raise MissingExtraError if pymoo is not installed."""
    if importlib.util.find_spec("pymoo") is None:
        raise MissingExtraError("pymoo", "search", "a genetic search (method = 'nsga2')")


class _Repair:
    """Brings candidates back to balance; what cannot be repaired is drawn anew."""

    def __init__(self, screen: Screen, rng: np.random.Generator) -> None:
        self.continuous = screen.search.space.continuous
        self.grid = GridRepair(screen.space, screen.low, screen.high)
        self.plane = PlaneProjection(screen.space, screen.low, screen.high)
        self.sites = [len(site.species) for site in screen.space.sites]
        self.rng = rng

    def one(self, fractions: Floats) -> Floats | None:
        if self.continuous:
            return self.plane.project(fractions)
        counts = self.grid.repair(fractions)
        return None if counts is None else counts / self.grid.denominator

    def random(self) -> Floats:
        for _ in range(TRIES):
            wanted = np.concatenate([self.rng.dirichlet(np.full(count, SPARSE)) for count in self.sites])
            found = self.one(wanted)
            if found is not None:
                return found
        raise InputError(
            "no composition of the space was found that balances its charges within the limits: add a dopant of lower "
            "or higher charge, or widen the limits."
        )

    def __call__(self, problem: Any, population: Any, **_: Any) -> Any:
        """Repair a population of pymoo in place."""
        rows = [self.one(row) for row in population.get("X")]
        population.set("X", np.array([self.random() if row is None else row for row in rows]))
        return population


def evolve(
    screen: Screen, archive: Archive, rng: np.random.Generator, progress: Callable[[int, int], None] | None = None
) -> int:
    """Search by NSGA-II; every candidate that fulfils the constraints goes into the archive once.

    Parameters
    ----------
    screen
        What is computed, and the settings of the search.
    archive
        Where the candidates go: rows of counts, or of site fractions in a continuous space.
    rng
        Source of randomness.
    progress
        Called with the generations done, and all of them.

    Returns
    -------
    int
        Different candidates that were evaluated.

    Raises
    ------
    InputError
        If no balanced composition is found.
    MissingExtraError
        If pymoo is not installed.
    """
    check_pymoo()
    settings = screen.search.search
    repair = _Repair(screen, rng)
    algorithm, problem = _algorithm(screen, repair, rng)
    seen: set[bytes] = set()
    idle = 0
    for generation in range(1, settings.generations + 1):
        population = algorithm.ask()
        if population is None or len(population) == 0:  # nothing new can be made: the space is searched through
            break
        fractions = np.asarray(population.get("X"), dtype=float)
        objectives, broken = screen.judge(screen.values(fractions))
        rows = fractions if repair.continuous else np.rint(fractions * repair.grid.denominator).astype(np.int16)
        new = _first_seen(rows, seen)
        kept = new & (broken == 0.0)
        archive.add(rows[kept], objectives[kept])
        idle = 0 if new.any() else idle + 1
        if idle == PATIENCE:
            break
        _tell(algorithm, problem, population, objectives, broken)
        if progress is not None:
            progress(generation, settings.generations)
    return len(seen)


def _algorithm(screen: Screen, repair: _Repair, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return NSGA-II, set up, and its problem."""
    settings, columns = screen.search.search, len(screen.space.species)
    problem = importlib.import_module("pymoo.core.problem").Problem(
        n_var=columns, n_obj=int(screen.screened.sum()), n_ieq_constr=1, xl=np.zeros(columns), xu=np.ones(columns)
    )
    start = np.array([repair.random() for _ in range(settings.population)])
    algorithm = importlib.import_module("pymoo.algorithms.moo.nsga2").NSGA2(
        pop_size=settings.population,
        sampling=start,
        repair=repair,
        crossover=importlib.import_module("pymoo.operators.crossover.sbx").SBX(eta=5, prob=0.9),
        mutation=importlib.import_module("pymoo.operators.mutation.pm").PM(eta=5),
    )
    algorithm.mating.n_max_iterations = MATINGS
    algorithm.setup(
        problem, termination=("n_gen", settings.generations + 1), seed=int(rng.integers(2**31)), verbose=False
    )
    return algorithm, problem


def _tell(algorithm: Any, problem: Any, population: Any, objectives: Floats, broken: Floats) -> None:
    """Hand objectives, less is better there, and broken constraints back to the algorithm."""
    violation = np.where(np.isfinite(broken), broken, UNDEFINED)
    static = importlib.import_module("pymoo.problems.static").StaticProblem(
        problem, F=-objectives, G=violation[:, None]
    )
    importlib.import_module("pymoo.core.evaluator").Evaluator().eval(static, population)
    algorithm.tell(infills=population)


def _first_seen(rows: NDArray[Any], seen: set[bytes]) -> NDArray[np.bool_]:
    """Whether each row is new; all are remembered."""
    new = np.zeros(len(rows), dtype=bool)
    for index, row in enumerate(rows):
        key = row.tobytes()
        new[index] = key not in seen
        seen.add(key)
    return new
