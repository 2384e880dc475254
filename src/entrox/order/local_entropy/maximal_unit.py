"""The smallest unit of maximal entropy: from which length on a material counts as fully mixed, if it can be told.

Lengths in nm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity
from entrox.core.checks import check_in_range, check_positive
from entrox.order.local_entropy.entropy_scan import EntropyScan, Verdict

__all__ = ["MaximalEntropyUnit", "crossing_length", "maximal_entropy_unit", "scan_verdict"]

Floats = NDArray[np.float64]

LISTED_TOLERANCES = (0.005, 0.01, 0.02)


@dataclass(frozen=True, kw_only=True)
class MaximalEntropyUnit(Result):
    """Smallest unit of maximal entropy (SUME) with its confidence interval, or why there is none.

    ``sume_bc_nm`` is the smallest size from which on the one-sided 95 % upper limit of the excess information stays
    below ``tolerance`` times the bulk entropy; ``sume_point_nm`` is the same for the excess itself. A value equal to
    the smallest size of the scan means "at or below"; an upper end of infinity means that samples did not reach it.
    """

    verdict: Verdict
    sume_bc_nm: float | None = quantity("nm", "smallest unit of maximal entropy, upper limit below tolerance")
    sume_point_nm: float | None = quantity("nm", "smallest unit of maximal entropy, excess below tolerance")
    sume_interval_nm: tuple[float, float] | None = quantity("nm", "95 % bootstrap interval of the point value")
    lower_bound_nm: float | None = quantity("nm", "size that is not yet fully mixed; None unless not reached")
    smallest_size_nm: float | None = quantity("nm", "smallest size of the scan that was tested")
    tolerance: float = quantity("1", "excess that counts as fully mixed, share of the bulk entropy")
    volume_nm3: float | None = quantity("nm3", "volume of the unit")
    n_ions: float | None = quantity("1", "detected points in the unit")
    n_atoms: float | None = quantity("1", "atoms in the unit, points over efficiency")
    n_cells: float | None = quantity("1", "unit cells in the unit")
    listed_tolerance: Floats = quantity("1", "tolerances of the list", axes=("tolerance",))
    listed_sume_bc_nm: Floats = quantity("nm", "unit at each tolerance, NaN if none", axes=("tolerance",))
    listed_sume_point_nm: Floats = quantity("nm", "point value at each tolerance, NaN if none", axes=("tolerance",))
    underpowered: bool
    interval_reliable: bool
    notes: tuple[str, ...] = ()


def crossing_length(size_nm: Floats, excess: Floats, level: float) -> float:
    """Smallest length from which on the excess stays below ``level`` at all sizes.

    Parameters
    ----------
    size_nm
        Sizes in rising order [nm], shape ``(n_sizes,)``.
    excess
        Excess information or its upper limit [R], shape ``(n_sizes,)``.
    level
        Excess that counts as fully mixed [R].

    Returns
    -------
    float
        Length [nm]: the smallest size if the excess is below everywhere, infinity if it is not at the largest size.

    Notes
    -----
    Between sizes, the logarithm of the excess is linear in the length, as a decay is; where the smaller value is not
    positive, the excess itself. An unknown excess counts as above; the length is then that of the next size.
    """
    above = np.flatnonzero(~(excess < level))
    if not len(above):
        return float(size_nm[0])
    last = int(above[-1])
    if last == len(size_nm) - 1:
        return float("inf")
    high, low = float(excess[last]), float(excess[last + 1])
    if not np.isfinite(high):
        return float(size_nm[last + 1])
    share = np.log(high / level) / np.log(high / low) if low > 0.0 else (high - level) / (high - low)
    return float(size_nm[last] + share * (size_nm[last + 1] - size_nm[last]))


def scan_verdict(scan: EntropyScan, tolerance: float, alpha: float) -> Verdict:
    """Say what a scan shows.

    Parameters
    ----------
    scan
        The scan.
    tolerance
        Excess that counts as fully mixed, as a share of the bulk entropy.
    alpha
        Level of significance.

    Returns
    -------
    str
        ``not_informative`` without any size that could be tested, ``consistent_with_random`` if no size deviates,
        ``ordered`` if all that deviate mix better than chance; else ``not_reached``, ``at_or_below_smallest_size`` or
        ``resolved``, by where the upper limit of the excess falls below the tolerance.
    """
    tested = np.isfinite(scan.z)
    if not tested.any():
        return "not_informative"
    if scan.family_p >= alpha:
        return "consistent_with_random"
    deviating = tested & (scan.p_adjusted < alpha)
    if (scan.excess_information[deviating] < 0.0).all():
        return "ordered"
    size, upper = _rising(scan, tested, _upper(scan))
    length = crossing_length(size, upper, tolerance * scan.entropy_bulk)
    if np.isinf(length):
        return "not_reached"
    return "at_or_below_smallest_size" if length <= size[0] else "resolved"


def maximal_entropy_unit(
    scan: EntropyScan,
    tolerance: float = 0.01,
    alpha: float = 0.05,
    efficiency: float | None = None,
    cell_volume_nm3: float | None = None,
) -> MaximalEntropyUnit:
    """Smallest unit of maximal entropy of a scan.

    Parameters
    ----------
    scan
        The scan, with relabelings and bootstrap.
    tolerance
        Excess that counts as fully mixed, as a share of the bulk entropy.
    alpha
        Level of significance.
    efficiency
        Detection efficiency in (0, 1], to convert detected points into atoms.
    cell_volume_nm3
        Volume of the unit cell [nm3], to express the unit in cells.

    Returns
    -------
    MaximalEntropyUnit
        Lengths are None where the verdict gives none.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    check_in_range(tolerance, "tolerance", low=0.0, high=1.0, low_open=True)
    check_in_range(alpha, "alpha", low=0.0, high=1.0, low_open=True, high_open=True)
    if efficiency is not None:
        check_in_range(efficiency, "efficiency", low=0.0, high=1.0, low_open=True)
    if cell_volume_nm3 is not None:
        check_positive(cell_volume_nm3, "cell_volume_nm3", "nm3")
    verdict = scan_verdict(scan, tolerance, alpha)
    tested = np.isfinite(scan.z)
    lengths = [_lengths(scan, tested, value) for value in (tolerance, *LISTED_TOLERANCES)]
    has_unit = verdict in ("resolved", "at_or_below_smallest_size")
    segregated = has_unit or verdict == "not_reached"
    unit = lengths[0][0] if has_unit else None
    volume = None if unit is None else unit**3 * _volume_factor(scan)
    ions = None if unit is None else _points_in_unit(scan, tested, unit)
    point = lengths[0][1]
    return MaximalEntropyUnit(
        verdict=verdict,
        sume_bc_nm=unit,
        sume_point_nm=point if segregated and np.isfinite(point) else None,
        sume_interval_nm=_interval(scan, tested, tolerance) if segregated else None,
        lower_bound_nm=float(scan.size_nm[tested].max()) if verdict == "not_reached" else None,
        smallest_size_nm=float(scan.size_nm[tested].min()) if tested.any() else None,
        tolerance=tolerance,
        volume_nm3=volume,
        n_ions=ions,
        n_atoms=None if ions is None or efficiency is None else ions / efficiency,
        n_cells=None if volume is None or cell_volume_nm3 is None else volume / cell_volume_nm3,
        listed_tolerance=np.array(LISTED_TOLERANCES),
        listed_sume_bc_nm=_listed([pair[0] for pair in lengths[1:]], segregated),
        listed_sume_point_nm=_listed([pair[1] for pair in lengths[1:]], segregated),
        underpowered=bool(tested.any()) and _underpowered(scan, tested, tolerance),
        interval_reliable=scan.interval_reliable,
        notes=_notes(scan, tested, verdict, tolerance, alpha),
    )


def _rising(scan: EntropyScan, tested: NDArray[np.bool_], values: Floats) -> tuple[Floats, Floats]:
    """Tested sizes in rising order, and what belongs to them along the last axis."""
    order = np.argsort(scan.size_nm[tested], kind="stable")
    return scan.size_nm[tested][order], values[..., tested][..., order]


def _upper(scan: EntropyScan) -> Floats:
    """Upper limit of the excess; infinity where there is none, so that nothing is claimed to be mixed."""
    return np.where(np.isfinite(scan.excess_upper_one_sided), scan.excess_upper_one_sided, np.inf)


def _lengths(scan: EntropyScan, tested: NDArray[np.bool_], tolerance: float) -> tuple[float, float]:
    """Crossing of the upper limit and of the excess itself."""
    if not tested.any():
        return float("inf"), float("inf")
    level = tolerance * scan.entropy_bulk
    return (
        crossing_length(*_rising(scan, tested, _upper(scan)), level),
        crossing_length(*_rising(scan, tested, scan.excess_information), level),
    )


def _interval(scan: EntropyScan, tested: NDArray[np.bool_], tolerance: float) -> tuple[float, float] | None:
    if not len(scan.excess_bootstrap):
        return None
    size, draws = _rising(scan, tested, scan.excess_bootstrap)
    lengths = [crossing_length(size, row, tolerance * scan.entropy_bulk) for row in draws]
    # Interpolating between finite and infinite values would give NaN.
    low, high = np.quantile(lengths, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)


def _listed(lengths: list[float], segregated: bool) -> Floats:
    values = np.array(lengths)
    return np.where(np.isfinite(values) & segregated, values, np.nan)


def _volume_factor(scan: EntropyScan) -> float:
    """Volume of a cell of unit size: one, but for cells of another aspect."""
    return float(np.median(scan.cell_nm.prod(axis=1) / scan.size_nm**3))


def _points_in_unit(scan: EntropyScan, tested: NDArray[np.bool_], unit_nm: float) -> float:
    """Mean points per occupied cube at this length, interpolated in logarithms."""
    size, points = _rising(scan, tested, scan.n_per_area_mean)
    return float(np.exp(np.interp(np.log(unit_nm), np.log(size), np.log(points))))


def _underpowered(scan: EntropyScan, tested: NDArray[np.bool_], tolerance: float) -> bool:
    return bool((scan.detectable_excess[tested] > tolerance * scan.entropy_bulk).all())


def _notes(
    scan: EntropyScan, tested: NDArray[np.bool_], verdict: Verdict, tolerance: float, alpha: float
) -> tuple[str, ...]:
    notes = []
    level = tolerance * scan.entropy_bulk
    if verdict == "consistent_with_random":
        excluded = [
            f"{upper:.2g} R at {size:g} nm"
            for size, upper in zip(scan.size_nm[tested], scan.excess_upper_one_sided[tested], strict=True)
            if np.isfinite(upper)
        ]
        notes.append(
            f"no deviation from a random arrangement was found; excess above is excluded: {', '.join(excluded)}"
        )
        if _underpowered(scan, tested, tolerance):
            notes.append(f"underpowered: an excess of {level:.4f} R would not have been found at any size")
    if verdict == "ordered":
        notes.append("the labels mix better than chance: there is no length above which they become fully mixed")
    better = scan.size_nm[tested & (scan.p_adjusted < alpha) & (scan.excess_information < 0.0)]
    if verdict in ("resolved", "at_or_below_smallest_size", "not_reached") and len(better):
        sizes = ", ".join(f"{size:g}" for size in np.sort(better))
        notes.append(f"both signs occur: at {sizes} nm the labels mix better than chance, at other sizes worse")
    if verdict == "not_reached":
        notes.append("the excess is not below the tolerance at the largest size; scan larger sizes")
    if verdict == "at_or_below_smallest_size":
        notes.append("the excess is below the tolerance at all sizes; scan smaller sizes if the data allow it")
    if verdict == "not_informative":
        notes.append("no size could be tested")
    return tuple(notes)
