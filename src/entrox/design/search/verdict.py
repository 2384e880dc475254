"""What the second run says: values with intervals, ranks with intervals, the Pareto set with its probability.

More is better inside; columns of the tables keep the units and signs of their quantities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entrox.core.bootstrap import percentile_interval
from entrox.core.random import generator
from entrox.design.search.drawn import SEEDS, DrawnValues, draw_values
from entrox.design.search.energy_density import ENERGY_DENSITY
from entrox.design.search.pareto import pareto_mask
from entrox.design.search.ranking import BEST_COUNTS, Agreement, SourceEffect, rank_agreement, ranks, source_effects
from entrox.design.search.screen import Screen
from entrox.design.search.second_run import FIELD, SecondRun
from entrox.design.search.selection import CONTROL, FRONT, LATER, LEADER

__all__ = ["Verdict", "judge_candidates", "judge_published"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
BOOTSTRAP, HALVES = 11, 13
"""Streams of random numbers: scatter of the seeds, halves for the repeatability."""
BEST = BEST_COUNTS[0]
CORRECTED = "later looks, corrected screen"


@dataclass(frozen=True)
class Verdict:
    """The judged candidates.

    Parameters
    ----------
    table
        The candidates with ranks and probabilities.
    objectives
        Objectives, more is better, shape ``(n, m)``; NaN where one is not known.
    drawn
        Objectives under all errors, shape ``(draws, n, m)``.
    agreements, effects
        How much of the ranking survives.
    """

    table: pd.DataFrame
    objectives: Floats
    drawn: Floats
    agreements: tuple[Agreement, ...]
    effects: tuple[SourceEffect, ...]


def objective_draws(
    screen: Screen, run: SecondRun, factors: Mapping[str, Mapping[str, Floats]], seed: int
) -> list[DrawnValues]:
    """Return the objectives under their errors, more is better; what has no known error does not scatter."""
    draws = screen.search.search.draws
    found = []
    for number, (target, sign) in enumerate(zip(screen.objectives, screen.signs, strict=True)):
        is_energy = target.name == ENERGY_DENSITY.name
        source = FIELD if is_energy else target.name
        drawn = draw_values(
            run.values(source),
            # the field and the energy that follows from it scatter together
            generator(seed, BOOTSTRAP, 0 if source == FIELD else 1 + number),
            draws,
            samples=run.samples.get(source),
            shared=factors.get(source),
        )
        power = 2 if is_energy else 1
        sources = {name: values**power for name, values in drawn.sources.items()}
        found.append(DrawnValues(sign * run.values(target.name), sources, draws))
    return found


def allowed_rows(screen: Screen, run: SecondRun) -> Booleans:
    """Whether all objectives of a row are known and all constraints hold in the second run."""
    allowed = np.isfinite([run.values(target.name) for target in screen.objectives]).all(axis=0)
    for target, item in zip(screen.constraints, screen.search.constraint, strict=True):
        value = run.values(target.name)
        low, high = -np.inf if item.low is None else item.low, np.inf if item.high is None else item.high
        allowed &= (value >= low) & (value <= high)  # NaN is not allowed
    return np.asarray(allowed)


def judge_candidates(
    screen: Screen,
    run: SecondRun,
    groups: Sequence[str],
    screened: Floats,
    expected: Floats,
    factors: Mapping[str, Mapping[str, Floats]],
    seed: int,
) -> Verdict:
    """Judge the candidates that were run again.

    Parameters
    ----------
    screen
        The screen.
    run
        The second run of the candidates.
    groups
        Why each was taken.
    screened
        First objective in the screen, in the unit and sign of its quantity, shape ``(n,)``.
    expected
        The same as the screen expected it when the candidate was taken: corrected in a later look.
    factors
        Errors by quantity and source, from ``Screen.error_draws``.
    seed
        Seed of the scatter.
    """
    allowed = allowed_rows(screen, run)
    drawn = objective_draws(screen, run, factors, seed)
    first, sign = drawn[0], screen.signs[0]
    stacked = np.stack([item.values() for item in drawn], axis=2)
    objectives = np.stack([item.nominal for item in drawn], axis=1)
    table = run.table.copy()
    table.insert(1, "group", list(groups))
    table.insert(2, "screened", screened)
    table.insert(3, "expected", expected)
    table["allowed"] = allowed
    interval = np.sort(sign * percentile_interval(first.values(without=screen.assumptions)), axis=1)
    place, interval_of_place = _ranks(first, allowed)
    front, share = _front(objectives, stacked, allowed)
    best = np.full(len(table), np.nan)
    best[allowed] = (ranks(stacked[:, allowed, 0]) <= BEST).mean(axis=0)
    columns = {
        "interval_low": interval[:, 0], "interval_high": interval[:, 1],
        "rank": place, "rank_low": interval_of_place[:, 0], "rank_high": interval_of_place[:, 1],
        f"p_best_{BEST}": best, "in_front": front, "p_front": share,
    }  # fmt: skip
    table = pd.concat([table.drop(columns="warnings"), pd.DataFrame(columns), table[["warnings"]]], axis=1)
    samples = run.samples.get(FIELD if screen.objectives[0].name == ENERGY_DENSITY.name else screen.objectives[0].name)
    return Verdict(
        table,
        objectives,
        stacked,
        _agreements(np.asarray(groups), allowed, sign * screened, sign * expected, first, samples, seed),
        source_effects(_some(first, allowed & (np.asarray(groups) != CONTROL))) if allowed.sum() > BEST else (),
    )


def _some(drawn: DrawnValues, chosen: Booleans) -> DrawnValues:
    return DrawnValues(drawn.nominal[chosen], {k: v[:, chosen] for k, v in drawn.sources.items()}, drawn.draws)


def _ranks(first: DrawnValues, allowed: Booleans) -> tuple[Floats, Floats]:
    """Rank of each candidate by the first objective and its 95 % interval; NaN where a candidate is not allowed."""
    place, interval = np.full(len(allowed), np.nan), np.full((len(allowed), 2), np.nan)
    if allowed.any():
        some = _some(first, allowed)
        place[allowed] = ranks(some.nominal)
        interval[allowed] = percentile_interval(ranks(some.values()))
    return place, interval


def _front(objectives: Floats, drawn: Floats, allowed: Booleans) -> tuple[Booleans, Floats]:
    """Whether each candidate is in the Pareto set, and the share of draws in which it is."""
    front, share = np.zeros(len(allowed), dtype=bool), np.zeros(len(allowed))
    if allowed.any():
        front[allowed] = pareto_mask(objectives[allowed])
        share[allowed] = np.mean([pareto_mask(values) for values in drawn[:, allowed]], axis=0)
    return front, share


def _agreements(
    groups: NDArray[np.str_],
    allowed: Booleans,
    screened: Floats,
    expected: Floats,
    first: DrawnValues,
    samples: Floats | None,
    seed: int,
) -> tuple[Agreement, ...]:
    parts = {
        "all run again": groups != "",
        "best of the screen": groups != CONTROL,
        "Pareto set of the screen": groups == FRONT,
        "leaders of the screen": groups == LEADER,
        "random control": groups == CONTROL,
        CORRECTED: groups == LATER,
    }
    known = allowed & np.isfinite(screened)
    found = []
    for name, chosen in parts.items():
        chosen = chosen & known
        if chosen.any():
            own = None if samples is None else samples[chosen]
            rng = generator(seed, HALVES)
            seen = expected if name == CORRECTED else screened
            found.append(rank_agreement(name, seen[chosen], _some(first, chosen), SEEDS, rng, own))
    return tuple(found)


def judge_published(
    screen: Screen,
    run: SecondRun,
    screened: Floats,
    factors: Mapping[str, Mapping[str, Floats]],
    verdict: Verdict,
    seed: int,
) -> pd.DataFrame:
    """Judge published compositions beside the candidates; as :func:`judge_candidates`.

    Returns
    -------
    pandas.DataFrame
        The columns of the second run with ``interval_low, interval_high``, ``would_rank`` among the candidates,
        ``p_surpassed`` (share of draws in which some candidate is better in one objective and worse in none),
        ``better`` (the candidate of largest first objective that is worse in no other), ``gain`` (its relative gain)
        with ``gain_low, gain_high``. Errors that all share cancel in the gain.
    """
    table = run.table.copy()
    drawn = objective_draws(screen, run, factors, seed + 1)
    allowed = verdict.table["allowed"].to_numpy(dtype=bool)
    first, sign = drawn[0], screen.signs[0]
    interval = np.sort(sign * percentile_interval(first.values(without=screen.assumptions)), axis=1)
    table["allowed"] = allowed_rows(screen, run)
    table["screened"] = screened
    table["interval_low"], table["interval_high"] = interval[:, 0], interval[:, 1]
    stacked = np.stack([item.values() for item in drawn], axis=2)
    nominal = np.stack([item.nominal for item in drawn], axis=1)
    rows = [_beside(verdict, allowed, nominal[index], stacked[:, index]) for index in range(len(table))]
    beside = pd.DataFrame(rows, index=table.index)
    return pd.concat([table.drop(columns="warnings"), beside, table[["warnings"]]], axis=1)


def _beside(verdict: Verdict, allowed: Booleans, point: Floats, drawn: Floats) -> dict[str, object]:
    """One published composition beside the candidates."""
    empty: dict[str, object] = {
        "would_rank": np.nan, "p_surpassed": np.nan, "better": "", "gain": np.nan, "gain_low": np.nan,
        "gain_high": np.nan,
    }  # fmt: skip
    if not (np.isfinite(point).all() and allowed.any()):
        return empty
    candidates, under_errors = verdict.objectives[allowed], verdict.drawn[:, allowed]
    surpass: Booleans = np.all(under_errors >= drawn[:, None], axis=2) & np.any(under_errors > drawn[:, None], axis=2)
    found = {
        **empty,
        "would_rank": float(1 + (candidates[:, 0] > point[0]).sum()),
        "p_surpassed": float(np.any(surpass, axis=1).mean()),
    }
    matching = np.flatnonzero((candidates[:, 1:] >= point[1:] - 1e-12).all(axis=1))
    if matching.size:
        best = int(matching[candidates[matching, 0].argmax()])
        ratio = under_errors[:, best, 0] / drawn[:, 0]
        nominal = candidates[best, 0] / point[0]
        low, high = percentile_interval(ratio)
        names = verdict.table.loc[allowed, "composition"].to_numpy()
        found |= {
            "better": str(names[best]),
            "gain": float(nominal - 1.0), "gain_low": float(low - 1.0), "gain_high": float(high - 1.0),
        }  # fmt: skip
    return found
