"""From the end of a fit to its record: covariances, flags, and the noise they hold for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.chain_covariance import chain_members
from entrox.microscopy.fit.column_fit import FLAGS, ColumnFit
from entrox.microscopy.fit.column_problem import ColumnProblem
from entrox.microscopy.fit.joint_covariance import covariance_of_groups
from entrox.microscopy.fit.neighbor_lists import NeighborLists
from entrox.microscopy.fit.noise import NoiseModel, correlation_area, freedom_left
from entrox.microscopy.fit.residual_patches import ResidualPatches
from entrox.microscopy.fit.sweeps import kernel_noise
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["Course", "fit_record", "noise_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FARTHEST_LAG = 1.2
"""Half the full width of a column at half maximum, in sigma: farther correlations may be misfit of the columns."""
LARGE_AREA_PX = 6.0
LARGEST_LOSS = 0.1
"""Share of a patch that may be missing."""


@dataclass(kw_only=True)
class Course:
    """Where a fit stands; the arrays are worked on in place."""

    columns: Floats
    near: NeighborLists
    residual: Floats
    health: Ints
    noise: NoiseModel | None
    used: float
    """Parameters for each pixel of the patches."""
    every: int = 1
    """Step of the sample of columns that tells the noise."""


def noise_of(problem: ColumnProblem, course: Course) -> Floats:
    """Noise as the kernels want it."""
    return kernel_noise(course.noise, problem, course.columns)


def _correlation(problem: ColumnProblem, course: Course, patches: ResidualPatches) -> float:
    """Area over which the noise of the residual is correlated [px]; the patches are worked on in place."""
    slope, zero, least = noise_of(problem, course)
    patches.normalize(problem.sign * slope, zero, least)
    width = float(np.median(1.0 / np.sqrt(np.maximum(0.5 * (course.columns[:, 3] + course.columns[:, 5]), 1e-12))))
    return correlation_area(patches, course.used, max(1, min(problem.half, round(FARTHEST_LAG * width))))


def fit_record(
    problem: ColumnProblem,
    course: Course,
    patches: ResidualPatches,
    sublattices: Sublattices,
    *,
    pixel_size: float | None,
    noise_known: bool,
    mode: str,
    shape: str,
    likelihood: str,
    unsettled_px: float | None = None,
) -> ColumnFit:
    """Covariances, flags and the record.

    ``patches`` hold the residual of a sample of columns; ``unsettled_px`` is how far columns moved to the last, if that
    was too far.
    """
    assert course.noise is not None
    area = _correlation(problem, course, patches)
    weighted = likelihood != "unweighted"
    groups = np.column_stack([np.arange(len(problem.starts)), problem.partners])
    if mode == "single":
        groups[:, 1:] = -1
    covariance, _, totals = covariance_of_groups(
        problem, course.columns, course.near, groups, noise=noise_of(problem, course), weighted=weighted,
        scale_by_chi2=weighted and not noise_known,
        chains=chain_members(problem.partners) if mode == "sweep" else None, residual=course.residual,
    )  # fmt: skip
    scale = area
    if not noise_known:
        # Variance and chi^2 were taken from a residual from which the fit had removed more than of white noise.
        scale *= freedom_left(course.used, 1.0) / freedom_left(course.used, area)
    covariance *= scale
    flag = _flags(problem, course, sublattices, totals, covariance)
    members = 1 + sublattices.cage.shape[1]
    cages = covariance[:, :members, :members].copy()
    if mode == "single":
        cages = _independent(covariance[:, 0, 0], sublattices.cage)
    cages[(sublattices.cage < 0).any(axis=1)] = np.nan
    course.residual.setflags(write=False)
    masked = flag == FLAGS.index("masked")
    columns = course.columns.copy()
    columns[masked] = np.nan
    covariance[masked] = np.nan
    cages[masked] = np.nan
    width, tilt = _principal_widths(columns)
    away = columns[:, :2] - problem.references
    background = columns[:, 6] + np.sum(columns[:, 7:9] * away, axis=1)
    freedom = np.maximum(totals[:, 1] - (3 + problem.shape) - 3.0 / groups.shape[1], 1.0)
    return ColumnFit(
        position_px=columns[:, :2],
        covariance_px2=covariance[:, 0, 0],
        cage_covariance_px2=cages,
        amplitude=columns[:, 2],
        width_px=width,
        tilt_deg=tilt,
        background=problem.sign * background,
        background_slope=problem.sign * columns[:, 7:9],
        integrated_intensity=2.0 * np.pi * columns[:, 2] * width[:, 0] * width[:, 1],
        reduced_chi2=totals[:, 0] / freedom,
        iterations=course.health[:, 0],
        flag=flag,
        noise_gain=course.noise.gain,
        read_noise=course.noise.read_noise,
        noise_offset=course.noise.offset,
        noise_known=noise_known,
        noise_correlation_px=area,
        covariance_scale=scale,
        radius_px=problem.radius,
        pixel_size_angstrom=pixel_size,
        residual=course.residual,
        start_px=problem.starts,
        dark=problem.sign < 0.0,
        mode=mode,
        shape=shape,
        likelihood=likelihood,
        warnings=_warnings(area, flag, unsettled_px),
    )


def _independent(covariance: Floats, cage: Ints) -> Floats:
    """Block of a cation and its cage from columns that were fitted alone."""
    rows = np.column_stack([np.arange(len(cage)), cage])
    block = np.zeros((*rows.shape, rows.shape[1], 2, 2))
    for member in range(rows.shape[1]):
        block[:, member, member] = covariance[rows[:, member]]
    return block


def _flags(
    problem: ColumnProblem, course: Course, sublattices: Sublattices, totals: Floats, covariance: Floats
) -> Ints:
    """Number of the flag of every column; the gravest counts."""
    seen, inside, whole = totals[:, 1], totals[:, 2], np.maximum(totals[:, 3], 1.0)
    found = {
        "saturated": np.asarray(sublattices.saturated),
        "not_converged": course.health[:, 1] == 0,
        "bound": course.health[:, 2] == 1,
        "edge": inside < (1.0 - LARGEST_LOSS) * whole,
        "collision": np.asarray(sublattices.collision),
        "masked": (seen < (1.0 - LARGEST_LOSS) * inside) | (course.columns[:, 2] == 0.0),
    }
    lost = ~np.isfinite(covariance[:, 0, 0]).all(axis=(1, 2))
    found["not_converged"] = found["not_converged"] | lost
    flag = np.zeros(len(problem.starts), dtype=np.int64)
    for word, rows in found.items():
        flag[rows] = FLAGS.index(word)
    return flag


def _principal_widths(columns: Floats) -> tuple[Floats, Floats]:
    """Sigma along the principal axes, larger first, and the direction of the larger as displayed [deg]."""
    qxx, qxy, qyy = columns[:, 3], columns[:, 4], columns[:, 5]
    middle, spread = 0.5 * (qxx + qyy), np.hypot(0.5 * (qxx - qyy), qxy)
    width = np.column_stack([1.0 / np.sqrt(middle - spread), 1.0 / np.sqrt(middle + spread)])
    down = 0.5 * np.arctan2(-2.0 * qxy, qyy - qxx)
    tilt = np.where(spread > 0.0, np.degrees(-down) % 180.0, 0.0)
    return width, np.where(np.isnan(qxx), np.nan, tilt)


def _warnings(area: float, flag: Ints, unsettled_px: float | None) -> tuple[str, ...]:
    """What the reader should know."""
    notes = []
    if area > 1.0:
        notes.append(f"Noise is correlated over {area:.1f} px; covariances are multiplied by that area.")
    if area > LARGE_AREA_PX:
        notes.append(
            f"A correlation area above {LARGE_AREA_PX:.0f} px means a filtered or resampled image, or misfit taken for "
            "noise; check the errors with the halves of a stack."
        )
    flagged = float(np.mean(flag != 0))
    if flagged > 0.2:
        notes.append(f"{100.0 * flagged:.0f} % of the columns are flagged.")
    if unsettled_px is not None:
        notes.append(f"unsettled_fit: columns still moved by {unsettled_px:.2f} px in the last sweep")
    return tuple(notes)
