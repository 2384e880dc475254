"""Is one Weibull line enough? A lower bound of the strength, and two populations, against it by AICc.

Both are taken only where the criterion is smaller by 4 or more; neither is fitted to fewer than eight values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from entrox.core.checks import check_all_positive
from entrox.core.errors import InputError
from entrox.core.information_criterion import DISTINGUISHABLE, corrected_akaike
from entrox.core.result import Result, quantity
from entrox.core.weibull_pivots import likely_weibull

__all__ = ["WeibullAlternative", "compare_weibull"]

Floats = NDArray[np.float64]

SMALLEST = 8
_ROUNDS = 200
_SMALLEST_PART = 3.0
"""A population of fewer values is a spike on a few points."""
_LOCATIONS = 60


@dataclass(frozen=True, kw_only=True)
class WeibullAlternative(Result):
    """A distribution of strengths with its criterion."""

    name: str
    aicc: float = quantity("1", "corrected criterion of Akaike")
    moduli: tuple[float, ...] = quantity("1", "Weibull moduli")
    scales: tuple[float, ...] = quantity("as the sample", "63.2 % values, above the location")
    shares: tuple[float, ...] = quantity("1", "share of each population")
    location: float = quantity("as the sample", "strength below which nothing fails")
    favored: bool = False


def compare_weibull(values: ArrayLike) -> tuple[WeibullAlternative, ...]:
    """Two parameters, three parameters and two populations, fitted to a complete sample.

    Parameters
    ----------
    values
        Shape ``(n,)``, n >= 8, all > 0.

    Returns
    -------
    tuple
        Plain line first; ``favored`` marks the one to take.

    Raises
    ------
    InputError
        If there are too few values.
    """
    sample = np.sort(check_all_positive(values, "values").ravel())
    if sample.size < SMALLEST:
        raise InputError(f"distributions are compared for at least {SMALLEST} values; got {sample.size}.")
    found = [_plain(sample), _with_location(sample)]
    mixture = _two_populations(sample)
    found += [mixture] if mixture is not None else []
    best = min(found, key=lambda item: item.aicc)
    if found[0].aicc - best.aicc < DISTINGUISHABLE:
        best = found[0]
    return tuple(
        WeibullAlternative(
            name=item.name, aicc=item.aicc, moduli=item.moduli, scales=item.scales, shares=item.shares,
            location=item.location, favored=item is best,
        )
        for item in found
    )  # fmt: skip


def _log_density(sample: Floats, modulus: float, scale: float) -> Floats:
    ratio = np.log(sample / scale)
    return np.asarray(math.log(modulus) + (modulus - 1.0) * ratio - np.exp(modulus * ratio) - math.log(scale))


def _made(
    name: str, log_likelihood: float, n: int, k: int, moduli: tuple[float, ...], scales: tuple[float, ...],
    shares: tuple[float, ...] = (1.0,), location: float = 0.0,
) -> WeibullAlternative:  # fmt: skip
    aicc = corrected_akaike(-2.0 * log_likelihood, n, k)
    return WeibullAlternative(
        name=name, aicc=math.inf if aicc is None else aicc, moduli=moduli, scales=scales, shares=shares,
        location=location,
    )  # fmt: skip


def _plain(sample: Floats) -> WeibullAlternative:
    modulus, scale = (float(item[0]) for item in likely_weibull(sample[None]))
    return _made(
        "two parameters", float(_log_density(sample, modulus, scale).sum()), sample.size, 2, (modulus,), (scale,)
    )


def _with_location(sample: Floats) -> WeibullAlternative:
    """Best location below the smallest value; a modulus below one would make the likelihood infinite there."""

    def cost(location: float) -> float:
        modulus, scale = (float(item[0]) for item in likely_weibull(sample[None] - location))
        if modulus < 1.0:
            return math.inf
        return -float(_log_density(sample - location, modulus, scale).sum())

    top = float(sample[0]) * (1.0 - 1e-6)
    grid = np.linspace(0.0, top, _LOCATIONS)
    costs = np.array([cost(float(place)) for place in grid])
    at = int(costs.argmin())
    low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, len(grid) - 1)])
    found = optimize.minimize_scalar(cost, bounds=(low, high), method="bounded")
    place = float(found.x) if float(found.fun) < costs[at] else float(grid[at])
    modulus, scale = (float(item[0]) for item in likely_weibull(sample[None] - place))
    return _made("three parameters", -cost(place), sample.size, 3, (modulus,), (scale,), location=place)


def _weighted(sample: Floats, weights: Floats, start: float) -> tuple[float, float]:
    """Most likely modulus and scale of weighted values, from a start."""
    logs = np.log(sample)
    center = float((weights * logs).sum() / weights.sum())
    shifted, modulus = logs - center, start
    for _ in range(30):
        hazard = weights * np.exp(modulus * (shifted - shifted.max()))
        hazard /= hazard.sum()
        mean = float(hazard @ shifted)
        slope = float(hazard @ shifted**2) - mean**2 + modulus**-2.0
        step = (mean - 1.0 / modulus) / slope
        modulus = min(max(modulus - step, modulus / 3.0), 3.0 * modulus)
        if abs(step) < 1e-8 * modulus:
            break
    top = float(shifted.max())
    total = float((weights * np.exp(modulus * (shifted - top))).sum()) / float(weights.sum())
    return modulus, math.exp(center + top + math.log(total) / modulus)


def _two_populations(sample: Floats) -> WeibullAlternative | None:
    best: WeibullAlternative | None = None
    for share in (0.2, 0.35, 0.5, 0.65, 0.8):
        found = _maximize(sample, share)
        if found is not None and (best is None or found.aicc < best.aicc):
            best = found
    return best


def _maximize(sample: Floats, share: float) -> WeibullAlternative | None:
    """Expectation and maximization from a cut of the ordered sample; None where a population vanishes."""
    n = sample.size
    first = (np.arange(n) < share * n).astype(float) * 0.9 + 0.05
    moduli, scales, last = [5.0, 5.0], [1.0, 1.0], -math.inf
    for _ in range(_ROUNDS):
        weights = (first, 1.0 - first)
        if min(float(item.sum()) for item in weights) < _SMALLEST_PART:
            return None
        for index, item in enumerate(weights):
            moduli[index], scales[index] = _weighted(sample, item, moduli[index])
        shares = [float(item.mean()) for item in weights]
        logs = [math.log(p) + _log_density(sample, m, s) for p, m, s in zip(shares, moduli, scales, strict=True)]
        total = np.logaddexp(logs[0], logs[1])
        first = np.exp(logs[0] - total)
        value = float(total.sum())
        if value - last < 1e-7 * max(1.0, abs(value)):
            break
        last = value
    return _made("two populations", value, n, 5, tuple(moduli), tuple(scales), tuple(shares))
