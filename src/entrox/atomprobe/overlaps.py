r"""Overlapping ions told apart by their isotopes: non-negative Poisson least squares on isotopologue patterns.

Range r holds :math:`\mu_r=B_r+\sum_k A_{rk}a_k` expected events, :math:`A_{rk}` the share of the isotopologues of ion k
(its charge included) that falls into the range and :math:`a_k\ge 0` the number of such ions. The likelihood of the
counts is maximized; the answer for a range is the probability that an event in it is each ion. Peaks are taken as sharp
lines, which holds as long as the ranges of one ion hold about the same share of their peaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from entrox.atomprobe.isotopes import IonSpecies, parse_ion_species, window_fractions
from entrox.atomprobe.range_counts import RangeCounts
from entrox.atomprobe.range_segments import build_segments
from entrox.composition.mapping import FrozenDict
from entrox.core import ConvergenceError, InputError, Result, quantity

__all__ = ["OverlapSolution", "solve_overlaps"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_STEPS = 500
TOLERANCE = 1e-9
RANK_TOLERANCE = 1e-6
"""Patterns whose weighted combination is this small beside the largest are the same pattern."""
UNCERTAIN = 0.25
"""Standard error over the events of the ion's ranges from which an amount is called poorly determined."""


@dataclass(frozen=True, kw_only=True)
class OverlapSolution(Result):
    """Ions in overlapping ranges: their amounts, and the probability of each ion in each range.

    ``degenerate`` names the sets of ions that the ranges cannot tell apart: their sum is known, their parts are not,
    and the probabilities given for them split the sum as evenly as the data allow.
    """

    species: tuple[str, ...]
    species_ions: tuple[str, ...]
    ions: tuple[str, ...]
    compositions: Mapping[str, Mapping[str, int]]
    amount: Floats = quantity("1", "ions in all, isotopes outside the ranges included", axes=("species",))
    amount_sd: Floats = quantity("1", "standard error; infinite in a degenerate set", axes=("species",))
    determined: Bools = quantity("1", "amount known to better than a quarter of its ranges", axes=("species",))
    pattern: Floats = quantity("1", "share of each ion that falls into the range", axes=("range", "species"))
    range_index: Ints = quantity("1", "index of the range in its table", axes=("range",))
    expected: Floats = quantity("1", "events by the solution, background included", axes=("range",))
    residual: Floats = quantity("1", "observed minus expected over the counting error", axes=("range",))
    probabilities: Floats = quantity("1", "probability of each ion in the range", axes=("range", "ion"))
    deviance: float = quantity("1", "deviance of the fit, about the degrees of freedom if the patterns hold")
    degrees_of_freedom: int = quantity("1", "ranges minus ions with an amount")
    condition_number: float = quantity("1", "condition number of the weighted, normalized patterns")
    n_iterations: int = quantity("1", "iterations of the fit")
    degenerate: tuple[tuple[str, ...], ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def shares(self) -> dict[str, Floats]:
        """Share of each range's events that is each ion, as ``atomic_composition`` takes them."""
        return {ion: self.probabilities[:, column] for column, ion in enumerate(self.ions)}


def solve_overlaps(counts: RangeCounts, candidates: Sequence[str] = ()) -> OverlapSolution:
    """Amounts of overlapping ions from the natural abundances of their isotopes.

    Parameters
    ----------
    counts
        Events of the ranges with their background. The ions of the table in the charge states of their ranges are
        fitted; several ranges of an element (its isotopes) are what tells ions apart.
    candidates
        Further ions with their charge as plus signs, such as ``"Fe+"``, ``"O2++"``, ``"CO+"``; each needs an
        isotopologue in some range.

    Raises
    ------
    InputError
        If a candidate is no ion or no range holds any of it, or no range has a composition.
    ConvergenceError
        If the fit does not settle.
    """
    species = _species(counts, candidates)
    fitted = np.array([item.composition is not None for item in counts.ranges])
    pattern = _patterns(counts, species) * fitted[:, None]
    empty = [item.label for item, column in zip(species, pattern.T, strict=True) if not column.any()]
    if empty:
        raise InputError(f"no range holds an isotopologue of {', '.join(empty)}: add a range, or leave them out.")
    rows = pattern.any(axis=1)
    used, events, background = pattern[rows], counts.counts[rows], counts.background[rows]
    amount, n_iterations = _maximize(used, events, np.maximum(background, 0.0))
    expected = np.maximum(background, 0.0) + used @ amount
    condition, sets, error = _identifiability(used, expected)
    deviance = 2.0 * float((xlogy(events, events / np.maximum(expected, 1e-300)) - events + expected).sum())
    degenerate = tuple(tuple(species[k].label for k in members) for members in sets)
    scale = np.array([events[column > 1e-3 * column.max()].sum() for column in used.T])
    determined = error <= UNCERTAIN * np.maximum(scale, 1.0)
    every = np.where(rows, 0.0, counts.counts)
    every[rows] = expected
    freedom = int(rows.sum() - np.count_nonzero(amount > 0.0))
    ions, compositions, probabilities = _probabilities(counts, species, pattern, amount)
    return OverlapSolution(
        species=tuple(item.label for item in species),
        species_ions=tuple(item.ion for item in species),
        ions=ions,
        compositions=compositions,
        amount=amount,
        amount_sd=error,
        determined=determined,
        pattern=pattern,
        range_index=counts.range_index,
        expected=every,
        residual=(counts.counts - every) / np.sqrt(np.maximum(every, 1.0)),
        probabilities=probabilities,
        deviance=deviance,
        degrees_of_freedom=freedom,
        condition_number=condition,
        n_iterations=n_iterations,
        degenerate=degenerate,
        notices=_notices(species, degenerate, determined, deviance, freedom),
    )


def _species(counts: RangeCounts, candidates: Sequence[str]) -> list[IonSpecies]:
    found: dict[tuple[str, int], IonSpecies] = {}
    for item, charge in zip(counts.ranges, counts.charges.tolist(), strict=True):
        if item.composition is not None and charge:
            found.setdefault((item.ion, charge), IonSpecies(item.ion, FrozenDict(dict(item.composition)), charge))
    names = {frozenset(item.composition.items()): item.ion for item in found.values()}
    for text in candidates:
        parsed = parse_ion_species(text)
        name = names.get(frozenset(parsed.composition.items()), parsed.ion)
        found.setdefault((name, parsed.charge), IonSpecies(name, parsed.composition, parsed.charge))
    if not found:
        raise InputError("no range names an ion whose isotopes fall into it; overlaps need formulas in the range file.")
    return list(found.values())


def _patterns(counts: RangeCounts, species: Sequence[IonSpecies]) -> Floats:
    """Share of each ion in the pieces that each range owns, shape ``(n_ranges, n_species)``."""
    segments = build_segments(counts.table, counts.on_overlap)
    owners = segments.range_index[:-1]
    place = {int(index): row for row, index in enumerate(counts.range_index)}
    pattern = np.zeros((len(counts.ranges), len(species)))
    held = np.flatnonzero(owners >= 0)
    rows = [place[int(owners[piece])] for piece in held]
    for column, item in enumerate(species):
        share = window_fractions(
            item.composition, item.charge, segments.edges_da[:-1][held], segments.edges_da[1:][held]
        )
        np.add.at(pattern[:, column], rows, share)
    return pattern


def _maximize(pattern: Floats, events: Floats, background: Floats) -> tuple[Floats, int]:
    """Amounts >= 0 of the largest Poisson likelihood: multiplicative steps to come close, then Newton's."""
    column = pattern.sum(axis=0)
    # An even start far from the walls: directions that the data do not fix keep it.
    amount = np.full(pattern.shape[1], max(events.sum(), 1.0) / column.sum())
    for _ in range(50):
        expected = np.maximum(background + pattern @ amount, 1e-12)
        amount = amount * (pattern.T @ (events / expected)) / column
    amount[amount < 1e-9 * amount.max()] = 0.0
    for step in range(1, MOST_STEPS + 1):
        expected = np.maximum(background + pattern @ amount, 1e-12)
        score = pattern.T @ (events / expected - 1.0)
        free = (amount > 0.0) | (score > TOLERANCE * column)
        gap = np.where(amount > 0.0, np.abs(score), np.maximum(score, 0.0)) / column
        if (gap < TOLERANCE).all():
            return amount, step
        move = np.zeros_like(amount)
        weighted = pattern[:, free] / np.sqrt(expected)[:, None]
        scale = np.linalg.norm(weighted, axis=0)
        target = (events - expected) / np.sqrt(expected)
        move[free] = np.linalg.lstsq(weighted / scale, target, rcond=RANK_TOLERANCE)[0] / scale
        moved = _line_search(pattern, events, background, amount, move)
        if moved is None:
            # No step gains anything that rounding would show.
            return amount, step
        amount = moved
    raise ConvergenceError(f"the overlaps did not settle in {MOST_STEPS} steps; amounts so far: {amount}.", amount)


def _line_search(pattern: Floats, events: Floats, background: Floats, amount: Floats, move: Floats) -> Floats | None:
    """First of ever shorter steps, cut at zero, that raises the likelihood; None if none does."""

    def loss(values: Floats) -> float:
        expected = np.maximum(background + pattern @ values, 1e-12)
        return float((expected - xlogy(events, expected)).sum())

    before = loss(amount)
    for power in range(40):
        tried = np.maximum(amount + 0.5**power * move, 0.0)
        if loss(tried) < before - 1e-14 * abs(before):
            return tried
    return None


def _identifiability(pattern: Floats, expected: Floats) -> tuple[float, list[list[int]], Floats]:
    """Condition number, sets of ions that only their sum is known of, and the standard error of each amount."""
    weighted = pattern / np.sqrt(np.maximum(expected, 1.0))[:, None]
    scale = np.linalg.norm(weighted, axis=0)
    _, singular, right = np.linalg.svd(weighted / scale, full_matrices=True)
    singular = np.concatenate([singular, np.zeros(len(scale) - len(singular))])
    null = singular < RANK_TOLERANCE * singular[0]
    condition = float(singular[0] / singular[-1]) if singular[-1] > 0.0 else float("inf")
    inverse = np.where(null, 0.0, 1.0 / np.where(null, 1.0, singular))
    error = np.sqrt(((right * inverse[:, None]) ** 2).sum(axis=0)) / scale
    involved = np.abs(right[null]) > 1e-3 if null.any() else np.zeros((0, len(scale)), dtype=bool)
    sets = _connected(involved)
    for members in sets:
        error[members] = np.inf
    return (condition if not null.any() else float("inf")), sets, error


def _connected(involved: Bools) -> list[list[int]]:
    """Sets of columns that rows join."""
    sets: list[set[int]] = []
    for row in involved:
        merged = set(np.flatnonzero(row).tolist())
        apart = [one for one in sets if not one & merged]
        for one in sets:
            if one & merged:
                merged |= one
        sets = [*apart, merged]
    return [sorted(one) for one in sets]


def _probabilities(
    counts: RangeCounts, species: Sequence[IonSpecies], pattern: Floats, amount: Floats
) -> tuple[tuple[str, ...], dict[str, Mapping[str, int]], Floats]:
    """Names of the ions, their atoms, and the probability of each in each range."""
    ions = tuple(dict.fromkeys([*counts.ions, *(item.ion for item in species)]))
    place = {ion: column for column, ion in enumerate(ions)}
    weight = np.zeros((len(counts.ranges), len(ions)))
    for item, column, number in zip(species, pattern.T, amount, strict=True):
        weight[:, place[item.ion]] += column * number
    # Where no ion is expected, or the range is a label, the range file has the word.
    for row in np.flatnonzero(weight.sum(axis=1) <= 0.0):
        weight[row, place[counts.ions[row]]] = 1.0
    known = {item.ion: item.composition for item in counts.ranges if item.composition is not None}
    known |= {item.ion: item.composition for item in species}
    return ions, dict(known), weight / weight.sum(axis=1, keepdims=True)


def _notices(
    species: Sequence[IonSpecies],
    degenerate: tuple[tuple[str, ...], ...],
    determined: Bools,
    deviance: float,
    freedom: int,
) -> tuple[str, ...]:
    found = [
        f"the ranges cannot tell {', '.join(members)} apart: only their sum is known; range a further isotope"
        for members in degenerate
    ]
    together = {label for members in degenerate for label in members}
    vague = [k.label for k, known in zip(species, determined, strict=True) if not known and k.label not in together]
    if vague:
        found.append(f"poorly determined amounts: {', '.join(vague)}; their labels are close to guesses")
    if freedom > 0 and deviance > freedom + 5.0 * np.sqrt(2.0 * freedom):
        found.append(
            f"natural isotope abundances do not describe the ranges (deviance {deviance:.0f} for {freedom} degrees of "
            "freedom): an ion is missing, peaks are cut, or tails reach into other ranges"
        )
    return tuple(found)
