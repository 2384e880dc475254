r"""What a scan could have found: the smallest excess information that it detects with a given power.

For clustering with an intra-class correlation rho, :math:`\Delta I \approx (K - 1) \rho / 2`, and the fraction of
species i scatters between areas by :math:`\sigma_i = \sqrt{p_i (1 - p_i) \rho}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.core.checks import check_in_range, check_integer, check_positive
from entrox.order.local_entropy.cubes import frame_of
from entrox.order.local_entropy.entropy_scan import EntropyScan
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.local_entropy.significance import detectable_excess
from entrox.order.point_set import PointSet
from entrox.structure.composition_field import CompositionField, correlated_labels, gaussian_fields

__all__ = ["DetectableEffect", "detectable_effect"]

Floats = NDArray[np.float64]

AMPLITUDES = (0.02, 0.03, 0.04, 0.06, 0.08, 0.11, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.1)


@dataclass(frozen=True, kw_only=True)
class DetectableEffect(Result):
    """Smallest clustering that a scan detects.

    With ``method`` "simulated", ``excess`` is the mean excess of the planted field that is just found, at every size.
    """

    method: Literal["normal", "simulated"]
    power: float = quantity("1", "probability of detection")
    size_nm: Floats = quantity("nm", "cube size", axes=("size",))
    excess: Floats = quantity("R", "detectable excess information", axes=("size",))
    correlation: Floats = quantity("1", "intra-class correlation of that excess", axes=("size",))
    concentration_sd: Floats = quantity("1", "scatter of fractions of that excess", axes=("size", "species"))
    amplitude: Floats = quantity("1", "amplitudes of the planted fields", axes=("amplitude",))
    detected: Floats = quantity("1", "share of the planted fields found", axes=("amplitude",))
    planted_excess: Floats = quantity("R", "mean excess of the planted fields", axes=("amplitude", "size"))
    correlation_length_nm: float | None = quantity("nm", "correlation length of the planted fields")


def detectable_effect(
    scan: EntropyScan,
    power: float | Literal["simulate"] = 0.8,
    *,
    points: PointSet | None = None,
    correlation_length_nm: float | None = None,
    target: float = 0.8,
    trials: int = 40,
    amplitudes: Sequence[float] = AMPLITUDES,
    rng: np.random.Generator | None = None,
) -> DetectableEffect:
    r"""Excess information that a scan detects with a given power.

    .. math:: d = c\,\mathrm{SD}_\mathrm{null} + z_\mathrm{power} \sqrt{\mathrm{SD}_\mathrm{null}^2 + 2 d / N}

    with the critical value c of the largest deviation of all sizes; the signal's own noise stands beside the null's.

    Parameters
    ----------
    scan
        A scan with relabelings.
    power
        Probability of detection in (0, 1), or ``"simulate"``: plant correlated fields of growing amplitude on the
        points, scan them like the data and count how many are found.
    points
        The points of the scan; needed to simulate.
    correlation_length_nm
        Correlation length of the planted fields [nm]; by default the smallest tested size.
    target
        Probability of detection of a simulation.
    trials
        Planted fields per amplitude.
    amplitudes
        Rising amplitudes; the simulation stops at the first that is always found.
    rng
        Source of randomness; needed to simulate.

    Returns
    -------
    DetectableEffect
        NaN where a size was not tested, or where no amplitude reaches the target.

    Raises
    ------
    InputError
        If the power is out of range, or the points or the generator of a simulation are missing.
    """
    if not np.isfinite(scan.critical_z):
        raise InputError(
            "the detectable effect is unknown: the scan has no relabelings (scan with n_relabel=499), or no size of it "
            "could be tested."
        )
    if power == "simulate":
        if points is None or rng is None:
            raise InputError('power="simulate" needs points=... (those of the scan) and rng=...')
        check_in_range(target, "target", low=0.0, high=1.0, low_open=True, high_open=True)
        check_integer(trials, "trials", low=2)
        length = (
            float(scan.size_nm[np.isfinite(scan.z)].min()) if correlation_length_nm is None else correlation_length_nm
        )
        check_positive(length, "correlation_length_nm", "nm")
        return _simulated(scan, points, length, target, trials, amplitudes, rng)
    if isinstance(power, str):
        raise InputError(f'power must be a number in (0, 1) or "simulate"; got {power!r}.')
    check_in_range(power, "power", low=0.0, high=1.0, low_open=True, high_open=True)
    excess = detectable_excess(scan.critical_z, scan.sd_null, scan.n_atoms, power)
    nothing = np.empty(0)
    return _effect(scan, "normal", power, excess, nothing, nothing, np.empty((0, len(excess))), None)


def _effect(
    scan: EntropyScan, method: Literal["normal", "simulated"], power: float, excess: Floats, amplitude: Floats,
    detected: Floats, planted: Floats, length: float | None,
) -> DetectableEffect:  # fmt: skip
    correlation = 2.0 * excess / (scan.n_species - 1)
    p = scan.totals / scan.totals.sum()
    return DetectableEffect(
        method=method,
        power=power,
        size_nm=scan.size_nm,
        excess=excess,
        correlation=correlation,
        concentration_sd=np.sqrt(p * (1.0 - p) * correlation[:, None]),
        amplitude=amplitude,
        detected=detected,
        planted_excess=planted,
        correlation_length_nm=length,
    )


def _simulated(
    scan: EntropyScan, points: PointSet, length: float, target: float, trials: int, amplitudes: Sequence[float],
    rng: np.random.Generator,
) -> DetectableEffect:  # fmt: skip
    tested = np.isfinite(scan.z)
    used, shares, planted = [], [], []
    for amplitude in amplitudes:
        found, excess = 0, np.zeros(int(tested.sum()))
        for _ in range(trials):
            trial = _planted_excess(scan, points, tested, amplitude, length, rng)
            found += _is_found(trial / scan.sd_null[tested], scan)
            excess += trial / trials
        used.append(amplitude)
        shares.append(found / trials)
        planted.append(excess)
        if found == trials:
            break
    detected = np.array(shares)
    table = np.full((len(used), len(tested)), np.nan)
    table[:, tested] = planted
    excess = np.full(len(tested), np.nan)
    # The share rises with the amplitude but for the noise of the trials.
    rising = np.maximum.accumulate(detected)
    if rising[-1] >= target:
        place = int(np.argmax(rising >= target))
        low = max(place - 1, 0)
        share = 1.0 if place == low else (target - rising[low]) / (rising[place] - rising[low])
        excess = (1.0 - share) * table[low] + share * table[place]
    return _effect(scan, "simulated", target, excess, np.array(used), detected, table, length)


def _is_found(deviation: Floats, scan: EntropyScan) -> bool:
    """Whether the largest deviation of a planted field, positive for segregation, passes the critical value."""
    if scan.alternative == "two-sided":
        return bool(np.abs(deviation).max() > scan.critical_z)
    return bool((deviation if scan.alternative == "segregation" else -deviation).max() > scan.critical_z)


def _planted_excess(
    scan: EntropyScan, points: PointSet, tested: NDArray[np.bool_], amplitude: float, length: float,
    rng: np.random.Generator,
) -> Floats:  # fmt: skip
    """Excess of one planted field at the tested sizes; every point is labeled by itself."""
    frame = frame_of(points)
    low = points.positions_nm.min(axis=0)
    # Longer than the points by a correlation length or two: the field repeats with its box.
    box = np.maximum(points.positions_nm.max(axis=0) - low + 4.0 * length, 4.0 * length)
    if np.isfinite(frame.period_nm).all() and np.allclose(frame.matrix, np.diag(np.diag(frame.matrix))):
        low, box = np.zeros(3), frame.period_nm
    field: CompositionField = gaussian_fields(len(points.species), box, length, rng)
    labels = correlated_labels(points.positions_nm - low, scan.totals / scan.totals.sum(), amplitude, field, rng)
    planted = replace(points, labels=labels.astype(points.labels.dtype), event=None)
    trial = limited_area_entropy(
        planted,
        scan.size_asked_nm[tested],
        origins=scan.n_origins,
        n_relabel=0,
        n_bootstrap=0,
        cell_aspect=tuple(scan.cell_nm[0] / scan.size_asked_nm[0]) if not any(points.pbc) else (1.0, 1.0, 1.0),
        rng=rng,
    )
    return np.asarray(trial.excess_information)
