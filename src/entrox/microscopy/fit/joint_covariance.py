"""Covariance of columns that were fitted together: the full block of a cation and its cage.

C = s^2 (J^T W J)^-1 of all peaks of a group, each free, on one shared linear background; the data are the patches of
the group. Unweighted fits have the sandwich H (J^T V J) H with H = (J^T J)^-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.column_model import packed_columns, sum_of_columns
from entrox.microscopy.fit.column_problem import ColumnProblem, column_problem
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.fit.sweeps import kernel_noise
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["ColumnOverlaps", "column_overlaps", "covariance_of_groups", "group_covariance"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH_OF_TAIL = 5.0
"""Tails are followed to this many sigma; what lies beyond is below 1e-5 of a column."""
EQUAL, INVERSE_VARIANCE, VARIANCE = 0, 1, 2


@dataclass(frozen=True, kw_only=True)
class ColumnOverlaps:
    """Normal equations of each patch, and its sums with the tail of each neighbor, listed from ``begins[column]`` on.

    ``totals``: chi^2, pixels with a value, pixels in the image, pixels of the whole patch.
    """

    begins: Ints
    neighbors: Ints
    crosses: Floats
    tails: Floats
    hessians: Floats
    totals: Floats


def _neighbor_lists(columns: Floats, starts: Floats, radius: float) -> tuple[Ints, Ints, Floats]:
    """Columns whose tail reaches into the patch of each, and the squared reaches."""
    from scipy.spatial import cKDTree

    half = 0.5 * np.hypot(columns[:, 3] - columns[:, 5], 2.0 * columns[:, 4])
    widths = 1.0 / np.sqrt(0.5 * (columns[:, 3] + columns[:, 5]) - half)
    reaches = REACH_OF_TAIL * widths
    pairs = cKDTree(starts).query_pairs(radius + float(reaches.max()), output_type="ndarray")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    distance = np.linalg.norm(starts[both[:, 0]] - columns[both[:, 1], :2], axis=1)
    alive = (columns[both[:, 1], 2] > 0.0) & (columns[both[:, 0], 2] > 0.0)
    both = both[alive & (distance < radius + reaches[both[:, 1]])]
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    begins = np.concatenate([[0], np.cumsum(np.bincount(both[:, 0], minlength=len(starts)))])
    return begins.astype(np.int64), np.ascontiguousarray(both[:, 1]), reaches**2


def column_overlaps(
    problem: ColumnProblem, columns: Floats, others: Floats, *, noise: Floats, weights: int
) -> ColumnOverlaps:
    """Overlaps of all columns with their neighbors at the present model."""
    from entrox.microscopy.fit.column_covariance._kernels import overlap_chunk

    chunk: Any = overlap_chunk
    begins, neighbors, reaches2 = _neighbor_lists(columns, problem.starts, problem.radius)
    peak = 3 + problem.shape
    crosses, tails = np.zeros((len(neighbors), peak + 3, peak)), np.zeros((len(neighbors), peak, peak))
    hessians, totals = np.zeros((len(columns), peak + 3, peak + 3)), np.zeros((len(columns), 4))
    problem.for_chunks(
        lambda a, b: chunk(
            a, b, problem.image, problem.sign, others, columns, *problem.patches, noise, weights, problem.shape,
            begins, neighbors, reaches2, crosses, tails, hessians, totals,
        )
    )  # fmt: skip
    return ColumnOverlaps(begins=begins, neighbors=neighbors, crosses=crosses, tails=tails, hessians=hessians,
                          totals=totals)  # fmt: skip


def covariance_of_groups(
    problem: ColumnProblem,
    columns: Floats,
    others: Floats,
    groups: Ints,
    *,
    noise: Floats,
    weighted: bool,
    scale_by_chi2: bool,
    chains: Ints | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Covariances of the positions of groups of columns.

    Parameters
    ----------
    problem, columns, others
        Patches, columns ``(column, 9)`` and the sum of all peaks.
    groups
        Columns of each group, shape ``(group, member)``; -1 is an absent member, the first must be there.
    noise
        See :func:`entrox.microscopy.fit.sweeps.kernel_noise`.
    weighted
        Whether the fit was weighted with the inverse variance.
    scale_by_chi2
        Multiply by the reduced chi^2 of the group (weighted fits).
    chains
        Members of the chain of each column, for the covariance of a weighted sweep; see
        :func:`entrox.microscopy.fit.chain_covariance.chain_members`. The groups are then the columns with their
        partners.

    Returns
    -------
    tuple
        Covariances ``(group, member, member, 2, 2)`` [px^2], reduced chi^2 of the groups, and the totals of
        :class:`ColumnOverlaps`.
    """
    from entrox.microscopy.fit.column_covariance._kernels import group_chunk

    first_weights = INVERSE_VARIANCE if weighted else EQUAL
    overlaps = column_overlaps(problem, columns, others, noise=noise, weights=first_weights)
    second = overlaps
    if not weighted:
        second = column_overlaps(problem, columns, others, noise=noise, weights=VARIANCE)
    groups = np.ascontiguousarray(groups, dtype=np.int64)
    members = groups.shape[1]
    covariances, quality = np.empty((len(groups), members, members, 2, 2)), np.empty(len(groups))
    problem.for_pieces(
        len(groups),
        lambda a, b: group_chunk(
            a, b, groups, problem.shape, problem.references, overlaps.hessians, overlaps.begins, overlaps.neighbors,
            overlaps.crosses, overlaps.tails, overlaps.totals, scale_by_chi2, second.hessians, second.crosses,
            second.tails, not weighted, covariances, quality,
        ),
    )  # fmt: skip
    if chains is not None and weighted:
        from entrox.microscopy.fit.chain_covariance import chain_covariance

        swept = chain_covariance(problem, overlaps, chains)
        if scale_by_chi2:
            swept *= quality[:, None, None, None, None]
        covariances = np.where(np.isfinite(swept), swept, covariances)
    return covariances, quality, overlaps.totals


def group_covariance(
    micrograph: Micrograph,
    sublattices: Sublattices,
    fit: ColumnFit,
    groups: ArrayLike,
    *,
    threads: int | None = None,
) -> Floats:
    """Covariance of arbitrary groups of fitted columns, for example a cation with the oxygen columns around it.

    Parameters
    ----------
    micrograph, sublattices
        What was fitted.
    fit
        The fit.
    groups
        Rows of the columns of each group, shape ``(group, member)``; -1 for an absent member.
    threads
        Threads; None takes all.

    Returns
    -------
    numpy.ndarray
        Covariance [px^2], x right and y down, shape ``(group, member, member, 2, 2)``, for the noise of the fit with
        its correlation; NaN for absent and masked members.

    Raises
    ------
    InputError
        If ``groups`` names columns that are not there, or the fit does not belong to the sublattices.

    Examples
    --------
    The block of a cation and its cage is the one of the fit:

    >>> groups = np.column_stack([np.arange(3), sublattices.cage[:3]])  # doctest: +SKIP
    >>> block = group_covariance(micrograph, sublattices, fit, groups)  # doctest: +SKIP
    >>> np.allclose(block, fit.cage_covariance_px2[:3])  # doctest: +SKIP
    True
    """
    rows = np.atleast_2d(np.asarray(groups, dtype=np.int64))
    if rows.ndim != 2 or rows.max(initial=-1) >= len(fit.flag) or rows.min(initial=0) < -1:
        raise InputError(f"groups must be rows of columns between -1 and {len(fit.flag) - 1}, shape (group, member).")
    if len(sublattices.site) != len(fit.flag) or fit.background_slope is None:
        raise InputError("fit must be a fit of these sublattices.")
    problem = column_problem(micrograph, sublattices, shape=fit.shape, radius=fit.radius_px, threads=threads)
    columns = _kernel_columns(problem, fit)
    others = sum_of_columns(columns, (problem.image.shape[0], problem.image.shape[1]), problem.threads)
    model = NoiseModel(gain=fit.noise_gain, read_noise=fit.read_noise, offset=fit.noise_offset)
    weighted = fit.likelihood != "unweighted"
    around = _without_members(problem.partners[rows[:, 0]], rows)
    covariances, _, _ = covariance_of_groups(
        problem, columns, others, np.column_stack([rows, around]), noise=kernel_noise(model, problem, others, columns),
        weighted=weighted, scale_by_chi2=weighted and not fit.noise_known,
    )  # fmt: skip
    members = rows.shape[1]
    return covariances[:, :members, :members] * fit.covariance_scale


def _without_members(around: Ints, rows: Ints) -> Ints:
    """Columns around a group that are not in it; they are free as well, but not asked for."""
    inside = (around[:, :, None] == rows[:, None, :]).any(axis=2)
    return np.where(inside, -1, around)


def _kernel_columns(problem: ColumnProblem, fit: ColumnFit) -> Floats:
    """Rows of the kernels from a fit: the background moves from the column to the reference pixel."""
    assert fit.background_slope is not None
    slope = problem.sign * fit.background_slope
    away = fit.position_px - problem.references
    level = problem.sign * fit.background - np.sum(slope * away, axis=1)
    columns = np.column_stack([packed_columns(fit), level, slope])
    columns[~np.isfinite(columns).all(axis=1), 2:] = 0.0
    lost = columns[:, 2] == 0.0
    columns[lost, :2] = problem.starts[lost]
    columns[lost, 3] = columns[lost, 5] = 1.0
    return columns
