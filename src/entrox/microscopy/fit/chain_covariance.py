"""Covariance of what a sweep really solves where columns stand in chains, as A and B do along c in [110] view.

A sweep is not the joint least squares of a cage: every column has its own background, known from its patch and those of
its partners, and sees the tails of its neighbors as the last sweep left them. The errors of the neighbors pass on
through both. To first order the ends of the sweeps obey A t = B e, with t all peaks and backgrounds and e the noise in
the equations of the patches; e is independent from patch to patch, with the covariance V of their normal equations, so
that C = A^-1 B V B^T A^-T. The partners of the partners are enough of the chain; the next ones change below 1 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entrox.microscopy.fit.column_problem import ColumnProblem
from entrox.microscopy.fit.joint_covariance import ColumnOverlaps

__all__ = ["chain_covariance", "chain_members"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_MEMBERS = 9
"""Larger neighborhoods are not chains; the joint covariance of a cage is then within some percent."""


def chain_members(partners: Ints) -> Ints | None:
    """Each column, its partners in their order, then their partners; -1 pads. None where there are too many."""
    if partners.shape[1] > MOST_MEMBERS - 1:
        return None
    # Some columns tell whether all are worth it.
    sample = _members_of(partners, np.arange(0, len(partners), max(1, len(partners) // 50)))
    if sample.shape[1] > MOST_MEMBERS:
        return None
    members = _members_of(partners, np.arange(len(partners)))
    return members if members.shape[1] <= MOST_MEMBERS else None


def _members_of(partners: Ints, rows: Ints) -> Ints:
    """Chains of some columns, as long as the longest of them."""
    own = partners[rows]
    second = np.where(own[:, :, None] >= 0, partners[own], -1).reshape(len(rows), -1)
    members = np.concatenate([rows[:, None], own, second], axis=1)
    later = 1 + partners.shape[1]
    for place in range(later, members.shape[1]):
        again = (members[:, :place] == members[:, place : place + 1]).any(axis=1)
        members[again, place] = -1
    members[:, later:] = -np.sort(-members[:, later:], axis=1)
    used = int(np.flatnonzero(np.any(members >= 0, axis=0)).max()) + 1
    return np.ascontiguousarray(members[:, :used])


def chain_covariance(problem: ColumnProblem, overlaps: ColumnOverlaps, members: Ints) -> Floats:
    """Covariance of the positions of each column and its partners, for a chi^2 of one.

    Parameters
    ----------
    problem, overlaps
        Patches and their normal equations, weighted with the inverse variance.
    members
        See :func:`chain_members`.

    Returns
    -------
    numpy.ndarray
        Shape ``(column, member, member, 2, 2)`` [px^2], members as in ``1 + partners``; NaN for absent ones.
    """
    count = 1 + problem.partners.shape[1]
    found = np.full((len(members), count, count, 2, 2), np.nan)
    parts = _eliminated(overlaps, 3 + problem.shape)
    problem.for_chunks(lambda a, b: _chunk(problem, overlaps, parts, members, a, b, found))
    return found


def _eliminated(overlaps: ColumnOverlaps, own: int) -> tuple[Floats, Floats, Floats]:
    """Equations of the background of each patch without its peak: of its noise, of the background, of the tails."""
    peaks = overlaps.hessians[:, :own, :own].copy()
    lost = ~(overlaps.hessians[:, 0, 0] > 0.0) | (overlaps.totals[:, 1] < 3 * (own + 3))
    peaks[lost] = np.eye(own)
    ratio = np.linalg.solve(peaks, overlaps.hessians[:, :own, own:]).transpose(0, 2, 1)
    pulls = np.concatenate([-ratio, np.broadcast_to(np.eye(3), (len(ratio), 3, 3))], axis=2)
    owner = np.repeat(np.arange(len(ratio)), np.diff(overlaps.begins))
    return pulls, pulls @ overlaps.hessians[:, :, own:], pulls[owner] @ overlaps.crosses


def _chunk(
    problem: ColumnProblem, overlaps: ColumnOverlaps, parts: tuple[Floats, Floats, Floats], members: Ints, first: int,
    last: int, found: Floats,
) -> None:  # fmt: skip
    """The columns ``first`` to ``last`` of :func:`chain_covariance`, into ``found``."""
    from entrox.microscopy.fit.chain._kernels import chain_equations

    own, count, size = 3 + problem.shape, found.shape[1], 6 + problem.shape
    d = members.shape[1] * size
    left, right, noise = (np.zeros((last - first, d, d)) for _ in range(3))
    good = np.zeros(last - first, dtype=np.bool_)
    chain_equations(
        first, members, problem.partners, problem.references, overlaps.hessians, overlaps.begins, overlaps.neighbors,
        overlaps.crosses, *parts, overlaps.totals, own, left, right, noise, good,
    )  # fmt: skip
    asked = np.zeros((d, 2 * count))
    for m in range(count):
        asked[m * size, 2 * m] = asked[m * size + 1, 2 * m + 1] = 1.0
    left[~good] = np.eye(d)
    try:
        rows = np.linalg.solve(left.transpose(0, 2, 1), np.broadcast_to(asked, (last - first, d, 2 * count)))
    except np.linalg.LinAlgError:
        return
    gain = rows.transpose(0, 2, 1) @ right
    block = (gain @ noise @ gain.transpose(0, 2, 1)).reshape(-1, count, 2, count, 2).transpose(0, 1, 3, 2, 4)
    absent = members[first:last, :count] < 0
    keep = good[:, None, None] & ~absent[:, :, None] & ~absent[:, None, :]
    found[first:last][keep] = block[keep]
