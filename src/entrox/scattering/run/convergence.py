"""Whether a refinement has settled: chi^2 no longer falls, and has been drawn anew often enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, check_finite, check_integer, check_positive, quantity
from entrox.core.blocking import block_average

__all__ = ["ChainHealth", "chain_health"]

Floats = NDArray[np.float64]

LAST_PART = 0.2
SLOPE_ROUNDS = 10.0
LARGEST_SLOPE = 0.01
FEWEST_TIMES = 20.0
FEWEST_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class ChainHealth(Result):
    """How settled a chain is; ``reason`` says what is lacking.

    The autocorrelation time is that of chi^2 over the second half of the sampling; it is None for chains too short to
    show one.
    """

    converged: bool
    reason: str = ""
    slope: float | None = quantity("1", "relative change of chi^2 per ten moves per atom, last fifth of the run")
    autocorrelation_moves: float | None = quantity("1", "accepted moves in which chi^2 forgets itself")
    accepted_moves: float = quantity("1", "accepted moves of the sampling")


def chain_health(
    costs: ArrayLike, accepted: ArrayLike, sampling_start: int, rounds_per_row: float = 1.0
) -> ChainHealth:
    """Judge a chain by its chi^2.

    Parameters
    ----------
    costs
        chi^2 after each row, shape ``(n,)``.
    accepted
        Accepted moves in each row, shape ``(n,)``.
    sampling_start
        First row of the sampling.
    rounds_per_row
        Moves per atom in a row.

    Returns
    -------
    ChainHealth
        Converged if the slope over the last fifth is below 1 % per ten moves per atom, and the accepted moves are more
        than twenty autocorrelation times.
    """
    values, taken = check_finite(costs, "costs"), check_finite(accepted, "accepted")
    check_positive(rounds_per_row, "rounds_per_row")
    start = check_integer(sampling_start, "sampling_start", low=0)
    sampled, moves = values[start:], taken[start:]
    count = max(int(np.ceil(LAST_PART * len(values))), FEWEST_ROUNDS)
    if len(sampled) < FEWEST_ROUNDS or count > len(sampled):
        return ChainHealth(
            converged=False, reason=f"only {len(sampled)} rows were sampled", slope=None, autocorrelation_moves=None,
            accepted_moves=float(moves.sum()),
        )  # fmt: skip
    slope = _slope(values[-count:], rounds_per_row)
    half = sampled[len(sampled) // 2 :]
    times = block_average(half).correlation_steps
    # without correlation the time is one half: at least one row is needed for a new value
    steps = max(2.0 * times, 1.0) if times is not None else float(len(half))
    memory = float(steps * moves[len(sampled) // 2 :].mean())
    reasons = []
    if abs(slope) >= LARGEST_SLOPE:
        reasons.append(f"chi^2 changes by {100 * slope:+.2g} % per ten moves per atom (allowed 1 %)")
    if moves.sum() <= FEWEST_TIMES * memory:
        reasons.append(
            f"{moves.sum():.0f} accepted moves are {moves.sum() / max(memory, 1e-300):.1f} autocorrelation times "
            f"(needed {FEWEST_TIMES:g})"
        )
    return ChainHealth(
        converged=not reasons,
        reason="; ".join(reasons),
        slope=slope,
        autocorrelation_moves=memory,
        accepted_moves=float(moves.sum()),
    )


def _slope(values: Floats, rounds_per_row: float) -> float:
    """Relative change per ten moves per atom of the straight line through the values."""
    mean = float(values.mean())
    if mean == 0.0:
        return 0.0
    steps = np.arange(len(values)) * rounds_per_row
    centered = steps - steps.mean()
    return float(centered @ (values - mean) / (centered @ centered) * SLOPE_ROUNDS / abs(mean))
