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
from entrox.microscopy.fit.column_model import packed_columns
from entrox.microscopy.fit.column_problem import ColumnProblem, column_problem
from entrox.microscopy.fit.neighbor_lists import NeighborLists, neighbor_lists, tight_lists
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.fit.sweeps import kernel_noise
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["ColumnOverlaps", "column_overlaps", "covariance_of_groups", "group_covariance"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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


def column_overlaps(
    problem: ColumnProblem, columns: Floats, near: NeighborLists, *, noise: Floats, weights: int,
    residual: Floats | None = None,
) -> ColumnOverlaps:  # fmt: skip
    """Overlaps of all columns with their neighbors at the present model; image minus model goes into ``residual``."""
    from entrox.microscopy.fit.column_covariance._kernels import overlap_chunk

    chunk: Any = overlap_chunk
    peak = 3 + problem.shape
    crosses, tails = (np.zeros((len(near.neighbors), rows, peak)) for rows in (peak + 3, peak))
    hessians, totals = np.zeros((len(columns), peak + 3, peak + 3)), np.zeros((len(columns), 4))
    problem.for_chunks(
        lambda a, b: chunk(
            a, b, problem.image, problem.sign, near.arrays, columns, *problem.patches, noise, weights, problem.shape,
            crosses, tails, hessians, totals, np.empty((0, 0)) if residual is None else residual,
        )
    )  # fmt: skip
    return ColumnOverlaps(begins=near.begins, neighbors=near.neighbors, crosses=crosses, tails=tails,
                          hessians=hessians, totals=totals)  # fmt: skip


def covariance_of_groups(
    problem: ColumnProblem,
    columns: Floats,
    near: NeighborLists,
    groups: Ints,
    *,
    noise: Floats,
    weighted: bool,
    scale_by_chi2: bool,
    chains: Ints | None = None,
    residual: Floats | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Covariances of the positions of groups of columns.

    Parameters
    ----------
    problem, columns, near
        Patches, columns ``(column, 9)``, and whose tails reach into them.
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
    residual
        Image that image minus model is written into, where the columns own it.

    Returns
    -------
    tuple
        Covariances ``(group, member, member, 2, 2)`` [px^2], reduced chi^2 of the groups, and the totals of
        :class:`ColumnOverlaps`.
    """
    from entrox.microscopy.fit.column_covariance._kernels import group_chunk

    first_weights = INVERSE_VARIANCE if weighted else EQUAL
    near = tight_lists(problem, columns, near)
    overlaps = column_overlaps(problem, columns, near, noise=noise, weights=first_weights, residual=residual)
    second = overlaps
    if not weighted:
        second = column_overlaps(problem, columns, near, noise=noise, weights=VARIANCE)
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
        # the chain works on the overlaps that are made here
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
    near = neighbor_lists(problem, columns)
    model = NoiseModel(gain=fit.noise_gain, read_noise=fit.read_noise, offset=fit.noise_offset)
    weighted = fit.likelihood != "unweighted"
    from entrox.microscopy.fit.chain_covariance import chain_members

    around = _without_members(problem.partners[rows[:, 0]], rows)
    noise, scaled = kernel_noise(model, problem, columns), weighted and not fit.noise_known
    covariances, _, _ = covariance_of_groups(
        problem, columns, near, np.column_stack([rows, around]), noise=noise, weighted=weighted, scale_by_chi2=scaled
    )
    members = rows.shape[1]
    found = covariances[:, :members, :members]
    chains = chain_members(problem.partners) if weighted and fit.mode == "sweep" else None
    if chains is not None:
        cages = np.column_stack([np.arange(len(problem.starts)), problem.partners])
        swept, _, _ = covariance_of_groups(
            problem, columns, near, cages, noise=noise, weighted=weighted, scale_by_chi2=scaled, chains=chains
        )
        found = _with_cages(found, rows, cages, swept)
    return found * fit.covariance_scale


def _with_cages(found: Floats, rows: Ints, cages: Ints, swept: Floats) -> Floats:
    """Covariances of groups, those that hold a column and some of its partners from what the sweep really solves."""
    same = cages[rows[:, 0]][:, None, :] == rows[:, :, None]
    inside = np.flatnonzero(((rows < 0) | same.any(axis=2)).all(axis=1))
    place = same[inside].argmax(axis=2)
    block = swept[rows[inside, 0][:, None, None], place[:, :, None], place[:, None, :]]
    absent = rows[inside] < 0
    block[absent[:, :, None] | absent[:, None, :]] = np.nan
    found[inside] = np.where(np.isfinite(block), block, found[inside])
    return found


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
