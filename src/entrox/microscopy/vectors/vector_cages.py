"""Cages of the cations: from which columns each vector is made, and the covariance of their positions.

In px, x right and y down, as in the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.joint_covariance import group_covariance
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import SITES, Sublattices

__all__ = ["VectorCages", "vector_cages"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OXYGEN_STEPS = {
    ("001", "A"): ((-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)),
    ("001", "B"): ((-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)),
    ("110", "A"): ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),
    ("110", "B"): ((-0.5, 0.0), (0.5, 0.0)),
}
"""Where the nearest columns of nothing but oxygen are: in [001] view in steps along a1 and a2, in [110] view in steps
along the shorter axis, half a face diagonal, and along c."""
OXYGEN_TOLERANCE = 0.25
"""How far an oxygen column may be from there, in lengths of the shorter basis vector."""


@dataclass(frozen=True, eq=False)
class VectorCages:
    """Cations and their cages.

    Parameters
    ----------
    columns
        Columns of the cations, shape ``(vector,)``.
    members
        Columns of each cage, -1 where one is missing, shape ``(vector, n)``.
    blocks
        Covariance of the cation (first) and its cage, shape ``(vector, n + 1, n + 1, 2, 2)``; NaN for incomplete cages.
    """

    columns: Ints
    members: Ints
    blocks: Floats

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Cages with all their members."""
        return np.asarray((self.members >= 0).all(axis=1))


def vector_cages(
    fit: ColumnFit, sublattices: Sublattices, displaced: str, reference: str, micrograph: Micrograph | None = None
) -> VectorCages:
    """Cages of the A or B columns.

    Parameters
    ----------
    fit
        Fitted columns.
    sublattices
        Their kinds and cages.
    displaced
        ``"A"`` or ``"B"``.
    reference
        ``"cation"``: the columns of the other cation; ``"oxygen"``: the nearest columns of oxygen alone, where the
        image shows them.
    micrograph
        The fitted image: with it the covariance of cations and oxygen is that of a common fit, else they count as
        independent.

    Raises
    ------
    InputError
        If a word is unknown, the image has no such columns, or the fit belongs to other sublattices.
    """
    if displaced not in ("A", "B"):
        raise InputError(f"displaced must be 'A' or 'B'; got {displaced!r}.")
    if reference not in ("cation", "oxygen"):
        raise InputError(f"reference must be 'cation' or 'oxygen'; got {reference!r}.")
    if len(fit.position_px) != len(sublattices.site):
        raise InputError(
            f"the fit has {len(fit.position_px)} columns, the sublattices {len(sublattices.site)}: they must belong "
            "to one another."
        )
    _check_there(sublattices, "B" if displaced == "A" else "A", "second sublattice not found")
    columns = np.flatnonzero(sublattices.site == SITES.index(displaced))
    if not len(columns):
        raise InputError(f"second sublattice not found: no column is {displaced}, so there is nothing to displace.")
    if reference == "cation":
        members = np.asarray(sublattices.cage[columns])
        return VectorCages(columns, members, np.asarray(fit.cage_covariance_px2[columns]))
    _check_there(sublattices, "O", "reference 'oxygen' needs columns of oxygen, unseen in dark field: use 'cation'")
    members = _oxygen_members(fit, sublattices, columns, _oxygen_steps(sublattices, displaced))
    if micrograph is None:
        return VectorCages(columns, members, _independent_blocks(fit, columns, members))
    groups: Ints = np.concatenate([columns[:, None], members], axis=1)
    blocks = group_covariance(micrograph, sublattices, fit, groups)
    blocks[(groups < 0).any(axis=1)] = np.nan
    return VectorCages(columns, members, blocks)


def _check_there(sublattices: Sublattices, site: str, message: str) -> None:
    if not (sublattices.site == SITES.index(site)).any():
        raise InputError(f"{message}: the image has no {site} columns.")


def _oxygen_steps(sublattices: Sublattices, displaced: str) -> Floats:
    """From a cation to the nearest columns of oxygen, in steps along a1 and a2."""
    steps = np.asarray(OXYGEN_STEPS[sublattices.zone_axis, displaced])
    lengths = np.linalg.norm(sublattices.basis_px, axis=1)
    # either axis can be c: it depends on how the crystal lies in the picture
    return steps[:, ::-1] if sublattices.zone_axis == "110" and lengths[0] > lengths[1] else steps


def _oxygen_members(fit: ColumnFit, sublattices: Sublattices, columns: Ints, steps: Floats) -> Ints:
    """Oxygen columns nearest to where they should be; -1 where none is near."""
    from scipy.spatial import cKDTree

    oxygen = np.flatnonzero((sublattices.site == SITES.index("O")) & np.isfinite(fit.position_px).all(axis=1))
    expected = fit.position_px[columns, None, :] + steps @ sublattices.basis_px
    known = np.asarray(np.isfinite(expected).all(axis=2))
    limit = OXYGEN_TOLERANCE * float(np.linalg.norm(sublattices.basis_px, axis=1).min())
    distance, nearest = cKDTree(fit.position_px[oxygen]).query(np.where(known[..., None], expected, 0.0))
    return np.where(known & (distance <= limit), oxygen[nearest], -1).astype(np.int64)


def _independent_blocks(fit: ColumnFit, columns: Ints, members: Ints) -> Floats:
    """Covariances of columns fitted each for itself: nothing off the diagonal of the blocks."""
    rows: Ints = np.concatenate([columns[:, None], members], axis=1)
    size = rows.shape[1]
    blocks = np.zeros((len(columns), size, size, 2, 2))
    diagonal = np.arange(size)
    blocks[:, diagonal, diagonal] = fit.covariance_px2[rows]
    blocks[(members < 0).any(axis=1)] = np.nan
    return blocks
