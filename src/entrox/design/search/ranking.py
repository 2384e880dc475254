"""How much of a ranking survives: screen against second run, and the second run under its own errors.

Ranks count from 1, the largest value. Pure functions of arrays and their results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, quantity
from entrox.core.bootstrap import percentile_interval
from entrox.design.ranks import rank_correlation
from entrox.design.search.drawn import DrawnValues

__all__ = [
    "BEST_COUNTS",
    "Agreement",
    "Overlap",
    "SourceEffect",
    "kendall_tau",
    "rank_agreement",
    "ranks",
    "repeatability",
    "source_effects",
]

Floats = NDArray[np.float64]
BEST_COUNTS = (10, 20, 50)
"""Lists of so many best that are compared."""
MINIMUM_CANDIDATES = 4
CHUNK_CELLS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Overlap(Result):
    """How many of the best of one ranking are among the best of the other."""

    best: int = quantity("1", "length of both lists")
    shared: int = quantity("1", "candidates on both lists")
    interval: tuple[float, float] = quantity("1", "95 % interval of the shared candidates over the scatter of seeds")
    by_chance: float = quantity("1", "candidates on both lists if the order were random")


@dataclass(frozen=True, kw_only=True)
class Agreement(Result):
    """Agreement of the ranking of the screen with that of the second run, in one group of candidates.

    Intervals draw the seeds of the second run. ``repeatability`` is the rank correlation that a fresh second run would
    have with this one, from halves of the seeds: no screen can agree better.
    """

    group: str
    n: int = quantity("1", "candidates with a value")
    spearman: float | None = quantity("1", "Spearman's rank correlation of screen and second run")
    spearman_interval: tuple[float, float] | None = quantity("1", "95 % interval of Spearman's rank correlation")
    kendall: float | None = quantity("1", "Kendall's tau of screen and second run")
    kendall_interval: tuple[float, float] | None = quantity("1", "95 % interval of Kendall's tau")
    repeatability: float | None = quantity("1", "rank correlation of two second runs with different seeds")
    ratio: float | None = quantity("1", "second run over screen, geometric mean")
    ratio_spread: float | None = quantity("1", "relative standard deviation of second run over screen")
    overlaps: tuple[Overlap, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SourceEffect(Result):
    """What one source of error does to the values, and to their order."""

    source: str
    common: float = quantity("1", "relative error that all candidates share")
    own: float = quantity("1", "relative error of a candidate beside the shared one, median over candidates")
    spearman: float = quantity("1", "rank correlation with the ranking without errors, median over draws")
    spearman_low: float = quantity("1", "rank correlation with the ranking without errors, 2.5 % quantile")
    rank_half_width: float = quantity("1", "half of the 95 % interval of a rank, median over candidates")
    kept_of_best: float = quantity("1", "share of the ten best that stay among the ten best, mean over draws")


def ranks(values: ArrayLike) -> NDArray[np.int64]:
    """Ranks along the last axis, 1 for the largest; equal values in the order in which they stand.

    Examples
    --------
    >>> ranks([3.0, 9.0, 5.0]).tolist()
    [3, 1, 2]
    """
    order = np.argsort(-np.asarray(values, dtype=float), axis=-1, kind="stable")
    found = np.empty_like(order)
    np.put_along_axis(found, order, np.broadcast_to(np.arange(1, order.shape[-1] + 1), order.shape), axis=-1)
    return found


def kendall_tau(first: ArrayLike, second: ArrayLike) -> Floats:
    r"""Kendall's :math:`\tau_b` along the last axis: pairs in the same order minus pairs in the opposite one.

    Parameters
    ----------
    first
        Shape ``(..., n)``, n >= 2.
    second
        Shape ``(n,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(...)``, between -1 and 1; NaN where all values of one side are equal.

    Examples
    --------
    >>> round(float(kendall_tau([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])), 4)
    0.3333
    """
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    low, high = np.triu_indices(one.shape[-1], 1)
    sign = np.sign(two[high] - two[low])
    flat = one.reshape(-1, one.shape[-1])
    found = np.empty(len(flat))
    step = max(1, CHUNK_CELLS // max(1, len(low)))
    for start in range(0, len(flat), step):
        part = np.sign(flat[start : start + step, high] - flat[start : start + step, low])
        norm = np.sqrt(np.abs(part).sum(axis=1) * np.abs(sign).sum())
        found[start : start + step] = np.divide(part @ sign, norm, out=np.full(len(part), np.nan), where=norm > 0)
    return found.reshape(one.shape[:-1])[()]


def _spearman(drawn: Floats, values: Floats) -> Floats:
    """Rank correlation of many draws with one ranking, in chunks that fit into memory."""
    step = max(1, CHUNK_CELLS // (values.size**2))
    parts = [rank_correlation(drawn[start : start + step], values) for start in range(0, len(drawn), step)]
    return np.concatenate(parts)


def _pair(draws: Floats) -> tuple[float, float] | None:
    known = draws[np.isfinite(draws)]
    if not known.size:
        return None
    low, high = percentile_interval(known)
    return float(low), float(high)


def repeatability(samples: Floats, rng: np.random.Generator, splits: int = 50) -> float | None:
    """Rank correlation of the mean with that of fresh repetitions, from halves (Spearman and Brown).

    Parameters
    ----------
    samples
        Repetitions, shape ``(n, repetitions)``.
    rng
        Draws the halves.
    splits
        Number of random halvings that are averaged.

    Returns
    -------
    float or None
        None with fewer than four repetitions or candidates. Two halves correlate by r; the whole with a fresh whole by
        2 r / (1 + r).
    """
    if samples.shape[1] < 4 or len(samples) < MINIMUM_CANDIDATES:
        return None
    half, found = samples.shape[1] // 2, list[float]()
    for _ in range(splits):
        order = rng.permutation(samples.shape[1])
        first, second = samples[:, order[:half]].mean(axis=1), samples[:, order[half : 2 * half]].mean(axis=1)
        found.append(float(rank_correlation(first, second)))
    mean = float(np.mean(found))
    return 2.0 * mean / (1.0 + mean) if mean > 0.0 else mean


def rank_agreement(
    group: str,
    screened: Floats,
    drawn: DrawnValues,
    seeds: str,
    rng: np.random.Generator,
    samples: Floats | None = None,
) -> Agreement:
    """Compare the ranking of the screen with that of the second run.

    Parameters
    ----------
    group
        Name of the candidates.
    screened
        Values of the screen, shape ``(n,)``; more is better.
    drawn
        Values of the second run; more is better.
    seeds
        Source of error that the intervals draw.
    rng
        Source of randomness.
    samples
        Repetitions of each candidate, if there are some.
    """
    nominal, count = drawn.nominal, len(screened)
    if count < MINIMUM_CANDIDATES:
        return Agreement(
            group=group, n=count, spearman=None, spearman_interval=None, kendall=None, kendall_interval=None,
            repeatability=None, ratio=None, ratio_spread=None,
        )  # fmt: skip
    values = drawn.values((seeds,))
    spearman, kendall = rank_correlation(nominal, screened), kendall_tau(nominal, screened)
    positive = bool((screened > 0).all() and (nominal > 0).all())
    logs = np.log(nominal / screened) if positive else np.zeros(0)
    return Agreement(
        group=group,
        n=count,
        spearman=float(spearman) if np.isfinite(spearman) else None,
        spearman_interval=_pair(_spearman(values, screened)),
        kendall=float(kendall) if np.isfinite(kendall) else None,
        kendall_interval=_pair(kendall_tau(values, screened)),
        repeatability=None if samples is None else repeatability(samples, rng),
        ratio=float(np.exp(logs.mean())) if positive else None,
        ratio_spread=float(logs.std(ddof=1)) if positive else None,
        overlaps=tuple(_overlap(best, screened, nominal, values) for best in BEST_COUNTS if best < count),
    )


def _overlap(best: int, screened: Floats, nominal: Floats, values: Floats) -> Overlap:
    chosen = ranks(screened) <= best
    shared = ((ranks(values) <= best) & chosen).sum(axis=1)
    low, high = percentile_interval(shared)
    return Overlap(
        best=best,
        shared=int(((ranks(nominal) <= best) & chosen).sum()),
        interval=(float(low), float(high)),
        by_chance=best**2 / len(screened),
    )


def source_effects(drawn: DrawnValues, names: Sequence[str] | None = None) -> tuple[SourceEffect, ...]:
    """Tell for each source of error, and for all together, what it does to the values and to their order.

    Parameters
    ----------
    drawn
        Values of the second run; more is better, all of one sign.
    names
        Sources to look at; all, if not given.
    """
    wanted = list(drawn.sources if names is None else names)
    found = [_effect(name, drawn, (name,)) for name in wanted]
    return (*found, _effect("all", drawn, tuple(wanted))) if len(found) > 1 else tuple(found)


def _effect(name: str, drawn: DrawnValues, sources: tuple[str, ...]) -> SourceEffect:
    values = drawn.values(sources)
    logs = np.log(values / drawn.nominal)
    common = logs.mean(axis=1)
    own = (logs - common[:, None]).std(axis=0)
    # the mean over candidates still holds what is each candidate's own, divided by their number
    shared = max(float(common.var() - (own**2).mean() / own.size), 0.0)
    placed = ranks(values)
    low, high = np.moveaxis(percentile_interval(placed), -1, 0)
    correlation = _spearman(values, drawn.nominal)
    best = ranks(drawn.nominal) <= BEST_COUNTS[0]
    return SourceEffect(
        source=name,
        common=float(np.sqrt(shared)),
        own=float(np.median(own)),
        spearman=float(np.median(correlation)),
        spearman_low=float(np.quantile(correlation, 0.025)),
        rank_half_width=float(np.median(0.5 * (high - low))),
        kept_of_best=float((placed[:, best] <= BEST_COUNTS[0]).mean()),
    )
