r"""What the deviation of a committee says about the true error of a force.

.. math:: \epsilon = k \Delta

fitted through the origin over frames that were labeled but not yet trained. The deviation ranks frames well before its
size means anything: early in training k lies between 1.5 and 4. Units: eV/angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, quantity
from entrox.potentials.committee import TrustLevels

__all__ = ["Calibration", "calibrate"]

Floats = NDArray[np.float64]

FEWEST_FOR_RANKS = 3


@dataclass(frozen=True, kw_only=True)
class Calibration(Result):
    """Largest deviation against largest true error of an atom, frame by frame.

    ``rho``, ``slope`` and ``coverage`` are None where the frames are too few or all deviations vanish. The trust levels
    in real units are the slope times the levels of the deviation.
    """

    deviation_ev_per_angstrom: Floats = quantity("eV/angstrom", "largest committee deviation", axes=("frame",))
    true_error_ev_per_angstrom: Floats = quantity("eV/angstrom", "largest true error of a force", axes=("frame",))
    rho: float | None = quantity("1", "rank correlation of Spearman")
    slope: float | None = quantity("1", "true error over deviation, least squares through the origin")
    slope_error: float | None = quantity("1", "standard error of the slope")
    median_ratio: float | None = quantity("1", "median of true error over deviation")
    coverage: float | None = quantity("1", "share of frames whose true error is at most slope times deviation")
    accurate_below_ev_per_angstrom: float | None = quantity("eV/angstrom", "true error at the lower trust level")
    failed_above_ev_per_angstrom: float | None = quantity("eV/angstrom", "true error at the upper trust level")
    n_left_out: int = quantity("1", "frames left out: not finite, or above the largest deviation")


def calibrate(
    deviation_ev_per_angstrom: ArrayLike,
    true_error_ev_per_angstrom: ArrayLike,
    levels: TrustLevels | None = None,
    *,
    largest_deviation_ev_per_angstrom: float | None = None,
) -> Calibration:
    """Compare deviations with true errors.

    Parameters
    ----------
    deviation_ev_per_angstrom, true_error_ev_per_angstrom
        Shape ``(n_frames,)``; frames with a value that is not finite are left out and counted.
    levels
        Levels of the deviation to give in real units.
    largest_deviation_ev_per_angstrom
        Leave out frames above it: once the models have left the teacher's surface, the two say nothing of each other.

    Raises
    ------
    InputError
        If the lengths differ or a value is negative.
    """
    deviation = np.asarray(deviation_ev_per_angstrom, dtype=float)
    error = np.asarray(true_error_ev_per_angstrom, dtype=float)
    if deviation.ndim != 1 or deviation.shape != error.shape:
        raise InputError(
            f"deviations and errors must have one shape (n_frames,); got {deviation.shape}, {error.shape}."
        )
    kept = np.isfinite(deviation) & np.isfinite(error)
    if (deviation[kept] < 0).any() or (error[kept] < 0).any():
        raise InputError("deviations and errors must be >= 0.")
    if largest_deviation_ev_per_angstrom is not None:
        limit = check_in_range(largest_deviation_ev_per_angstrom, "largest_deviation_ev_per_angstrom", low=0.0)
        kept &= deviation <= limit
    deviation, error = deviation[kept], error[kept]
    slope, slope_error = _slope(deviation, error)
    chosen = levels or TrustLevels()
    positive = deviation > 0
    return Calibration(
        deviation_ev_per_angstrom=deviation,
        true_error_ev_per_angstrom=error,
        rho=_rank_correlation(deviation, error),
        slope=slope,
        slope_error=slope_error,
        median_ratio=float(np.median(error[positive] / deviation[positive])) if positive.any() else None,
        coverage=None if slope is None else float((error <= slope * deviation).mean()),
        accurate_below_ev_per_angstrom=None if slope is None else slope * chosen.low_ev_per_angstrom,
        failed_above_ev_per_angstrom=None if slope is None else slope * chosen.high_ev_per_angstrom,
        n_left_out=int((~kept).sum()),
    )


def _slope(deviation: Floats, error: Floats) -> tuple[float | None, float | None]:
    """Return the slope through the origin and its standard error, None where there is none."""
    total = float((deviation**2).sum())
    if total == 0.0:
        return None, None
    slope = float((deviation * error).sum()) / total
    if len(deviation) < 2:
        return slope, None
    variance = float(((error - slope * deviation) ** 2).sum()) / (len(deviation) - 1)
    return slope, float(np.sqrt(variance / total))


def _rank_correlation(first: Floats, second: Floats) -> float | None:
    from scipy.stats import rankdata

    if len(first) < FEWEST_FOR_RANKS or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(rankdata(first), rankdata(second))[0, 1])
