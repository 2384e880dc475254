"""The screen: fast forms of the measures on blocks of candidates, constraints, and what is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from entrox.composition.block_descriptors import CompositionBlock
from entrox.core.errors import InputError
from entrox.core.measure import Measure
from entrox.core.random import generator
from entrox.design.search.archive import Archive
from entrox.design.search.balanced import BalancedCompositions
from entrox.design.search.correction import Correction
from entrox.design.search.energy_density import ENERGY_DENSITY, energy_density_bound
from entrox.design.search.targets import block_measures, chosen_measures, find_targets
from entrox.design.space import Space

if TYPE_CHECKING:
    from entrox.design.search.settings import Search

__all__ = ["LARGEST_EXHAUSTIVE", "Screen", "screen_space"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
LARGEST_EXHAUSTIVE = 500_000_000
"""Candidates that an exhaustive search takes: an hour of one processor."""
LAW = "threshold_law_mv_per_m"


class Screen:
    """Objectives and constraints of candidates given as rows of site fractions.

    Parameters
    ----------
    search
        The search.
    measures
        Known measures by name.

    Raises
    ------
    InputError
        If no objective can be screened.
    """

    def __init__(self, search: Search, measures: Mapping[str, Measure]) -> None:
        self.search = search
        self.space: Space = search.space.build()
        self.template = _template(self.space)
        self.objectives = find_targets([item.quantity for item in search.objective], search, measures)
        self.constraints = find_targets([item.quantity for item in search.constraint], search, measures)
        self.signs = np.array([1.0 if item.direction == "maximize" else -1.0 for item in search.objective])
        self.screened = np.array([target.screened_by is not None for target in self.objectives])
        if not self.screened.any():
            raise InputError(
                "no objective has a fast form, so nothing can be screened: add an objective of the measures "
                f"{', '.join(block_measures())}."
            )
        self.low, self.high = _limits(self.space, search)
        fast = block_measures()
        chosen = chosen_measures(search)
        self.correction: Correction | None = None
        self._forms = [(fast[name], fast[name].settings(**chosen[name])) for name in chosen if name in fast]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the screen leaves out, and what is known after the second run only."""
        late = [target.name for target in (*self.objectives, *self.constraints) if target.screened_by is None]
        words = [note for form, settings in self._forms for note in form.notes(settings)]
        if late:
            words.append(f"{', '.join(dict.fromkeys(late))}: no fast form; known for the candidates run again only")
        return tuple(words)

    def block(self, fractions: Floats) -> CompositionBlock:
        """Return candidates as a block of compositions.

        Parameters
        ----------
        fractions
            Site fractions, shape ``(n, n_columns)``, columns as in ``space.species``.
        """
        by_site: dict[str, list[int]] = {}
        for column, (label, _) in enumerate(self.space.species):
            by_site.setdefault(label, []).append(column)
        ordered = {}
        for label, columns in by_site.items():
            names = {self.space.species[column][1]: column for column in columns}
            ordered[label] = fractions[:, [names[name] for name in self.template.sites[label].fractions]]
        return CompositionBlock(self.template, ordered)

    def values(self, fractions: Floats) -> dict[str, Floats]:
        """Return every quantity that has a fast form, by name, shape ``(n,)``; as :meth:`block`."""
        return self.values_of(self.block(fractions))

    def values_of(self, block: CompositionBlock) -> dict[str, Floats]:
        """Return every quantity that has a fast form for a block, which need not be of this space."""
        found: dict[str, Floats] = {}
        for form, settings in self._forms:
            found.update(form.evaluate(block, settings))
        permittivity = self.search.search.permittivity
        if permittivity is not None and LAW in found:
            found[ENERGY_DENSITY.name] = energy_density_bound(found[LAW], permittivity)
        return found

    def error_draws(self, block: CompositionBlock, seed: int, draws: int) -> dict[str, dict[str, Floats]]:
        """Return factors by quantity and source of error, shape ``(draws, n)``.

        A row is common to all compositions, also to those of another block with the same ``seed``.
        """
        found: dict[str, dict[str, Floats]] = {}
        for number, (form, settings) in enumerate(self._forms):
            if form.error_draws is not None:
                factors = dict(form.error_draws(block, settings, generator(seed, number), draws))
                found.update(dict.fromkeys(form.scaled, factors))
        return found

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Sources of error that are a choice: they enter ranks, not intervals."""
        return tuple(name for form, _ in self._forms for name in form.assumptions)

    def samples_of(self, quantity: str) -> str | None:
        """Return the array quantity whose mean over repetitions a quantity is, if it is one."""
        return next((form.samples[quantity] for form, _ in self._forms if quantity in form.samples), None)

    def judge(self, values: Mapping[str, Floats]) -> tuple[Floats, Floats]:
        """Return the screened objectives and by how much constraints are broken.

        Objectives are corrected where there is a correction; more is better, shape ``(n, m)``. The second is zero where
        all constraints hold, else the sum of what is missing, each in its own unit; infinite where a quantity is not
        defined.
        """
        columns = [
            sign * values[str(target.screened_by)]
            for sign, target in zip(self.signs, self.objectives, strict=True)
            if target.screened_by is not None
        ]
        objectives = np.stack(columns, axis=1)
        if self.correction is not None and self.screened[0]:
            objectives[:, 0] *= self.correction.factor(values)
        broken = np.zeros(len(objectives))
        for target, item in zip(self.constraints, self.search.constraint, strict=True):
            if target.screened_by is None:
                continue
            value = values[target.screened_by]
            below = np.maximum(item.low - value, 0.0) if item.low is not None else 0.0
            above = np.maximum(value - item.high, 0.0) if item.high is not None else 0.0
            broken = broken + below + above
        undefined = ~np.isfinite(objectives).all(axis=1) | ~np.isfinite(broken)
        return np.where(undefined[:, None], 0.0, objectives), np.where(undefined, np.inf, broken)


def _template(space: Space) -> Any:
    """Return a composition that holds every species of the space."""
    denominator = math.lcm(*(len(site.species) for site in space.sites))
    counts = [denominator // len(site.species) for site in space.sites for _ in site.species]
    return replace(space, denominator=denominator).composition(counts)


def _limits(space: Space, search: Search) -> tuple[Floats, Floats]:
    """Lowest and highest site fraction of each column."""
    low, high = np.zeros(len(space.species)), np.ones(len(space.species))
    for column, (_, name) in enumerate(space.species):
        low[column], high[column] = search.space.limits.get(name, (0.0, 1.0))
    hosts = search.space.host_species()
    for label, (least, most) in search.space.substitution.items():
        own = [column for column, (site, name) in enumerate(space.species) if site == label and name in hosts[label]]
        if len(own) != 1:
            raise InputError(
                f"substitution of site {label}: the host must have one species there; it has {len(own)}. Use limits."
            )
        low[own[0]], high[own[0]] = max(low[own[0]], 1.0 - most), min(high[own[0]], 1.0 - least)
    return low, high


def screen_space(screen: Screen, archive: Archive, progress: Callable[[int, int], None] | None = None) -> int:
    """Screen every charge-balanced candidate of a grid.

    Parameters
    ----------
    screen
        What is computed.
    archive
        Where the candidates go that fulfil the constraints.
    progress
        Called with the candidates that are done, and all of them.

    Returns
    -------
    int
        Charge-balanced candidates within the limits of the species.

    Raises
    ------
    InputError
        If the space is too large, or no candidate balances.
    """
    candidates = BalancedCompositions(screen.space, screen.low, screen.high)
    total = candidates.count()
    if total > LARGEST_EXHAUSTIVE:
        raise InputError(
            f"the space has {total:.3g} charge-balanced candidates; an exhaustive search takes "
            f"{LARGEST_EXHAUSTIVE:.0e} at most. Use a coarser grid (denominator), fewer dopants, or "
            'method = "nsga2".'
        )
    if total == 0:
        raise InputError(
            "no composition of the space balances its charges within the limits: add a dopant of lower or higher "
            "charge, a vacancy Va where the oxide takes one, or widen the limits."
        )
    done = 0
    for rows in candidates.blocks():
        objectives, broken = screen.judge(screen.values(rows / screen.space.denominator))
        kept = broken == 0.0
        archive.add(rows[kept], objectives[kept])
        done += len(rows)
        if progress is not None:
            progress(done, total)
    return total
