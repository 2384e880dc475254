"""Displacements of the cation columns off the centers of their cages, each with its covariance.

The vector points from the center of the cage to the cation, +x right and +y up as displayed. In a dark-field image
oxygen is unseen: the vector is relative to the other cation, and is no polarization without a rule for the material.
Displacements of A and of B are anti-correlated by construction and are never averaged.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import FEWEST_CAGES, Sublattices, angle_between_deg
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.noise_products import UPWARDS, shared_covariance
from entrox.microscopy.vectors.vector_cages import VectorCages, vector_cages
from entrox.order.displacement import projected_displacement

__all__ = ["column_displacements"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def column_displacements(
    fit: ColumnFit,
    sublattices: Sublattices,
    *,
    displaced: Literal["A", "B"] = "B",
    reference: Literal["cation", "oxygen"] = "cation",
    micrograph: Micrograph | None = None,
) -> DisplacementMap:
    """Displacements of the A or the B columns off the centers of their cages.

    Parameters
    ----------
    fit
        Fitted columns with the covariance of each cation and its cage.
    sublattices
        Kinds, cells and cages of the same columns.
    displaced
        Which cations.
    reference
        ``"cation"``: the cage is the columns of the other cation, four in [001] view and two in [110] view;
        ``"oxygen"``: the nearest columns of oxygen alone.
    micrograph
        The fitted image: with it the covariance of cations and oxygen is that of a common fit. Without it their errors
        count as independent, which is the better of the two for columns that overlap: each is placed by its own patch,
        and a common fit would know more.

    Returns
    -------
    DisplacementMap
        One row for each column of the site. A cation with an incomplete cage has NaN and the flag ``edge``; one whose
        own fit, or that of a member, is flagged keeps its number and is left out of statistics.

    Raises
    ------
    InputError
        If an argument is unknown, the second sublattice or the oxygen is missing, or fit and sublattices do not match.

    Notes
    -----
    A rigid shift u of all B gives +u for B and -u for A. The covariance is that of the whole block, cation and cage:
    :func:`entrox.order.displacement.projected_displacement.displacement_covariance`.
    """
    cages = vector_cages(fit, sublattices, displaced, reference, micrograph)
    positions = np.asarray(fit.position_px)
    around = np.where((cages.members >= 0)[..., None], positions[cages.members], np.nan)
    vectors = projected_displacement.column_displacements(positions[cages.columns], around) * np.array([1.0, -1.0])
    covariance = projected_displacement.displacement_covariance(cages.blocks) * UPWARDS
    covariance = 0.5 * (covariance + covariance.swapaxes(1, 2))
    flag = _flags(fit, sublattices, cages, vectors, covariance)
    scale = fit.pixel_size_angstrom
    basis = sublattices.basis_px * np.array([1.0, -1.0])
    cell = np.asarray(sublattices.cell[cages.columns])
    return DisplacementMap(
        site=displaced, reference=reference, column=cages.columns, cell=cell,
        position_px=positions[cages.columns], vector_px=vectors, covariance_px2=covariance, flag=flag,
        axes=sublattices.axes, scale_pm=None if scale is None else scale * PICOMETER_PER_ANGSTROM,
        period_px=np.linalg.norm(basis, axis=1), lattice_angle_deg=angle_between_deg(basis), members=cages.members,
        shared_covariance_px2=shared_covariance(fit, cages, cell, flag == 0),
        warnings=_remarks(displaced, reference == "oxygen" and micrograph is None, flag),
    )  # fmt: skip


def _flags(fit: ColumnFit, sublattices: Sublattices, cages: VectorCages, vectors: Floats, covariance: Floats) -> Ints:
    """Numbers of the flags: 1 without a vector, 2 where a column of the cage is in doubt."""
    doubtful = (fit.flag != 0) | sublattices.collision | sublattices.saturated
    doubt = doubtful[cages.columns] | (doubtful[cages.members] & (cages.members >= 0)).any(axis=1)
    # without an error there is no weight and no significance
    doubt |= ~np.isfinite(covariance).all(axis=(1, 2))
    missing = ~cages.complete | ~np.isfinite(vectors).all(axis=1)
    return np.where(missing, 1, np.where(doubt, 2, 0)).astype(np.int64)


def _remarks(site: str, independent: bool, flag: Ints) -> tuple[str, ...]:
    remarks = []
    edge, doubtful, good = (int((flag == k).sum()) for k in (1, 2, 0))
    if edge:
        remarks.append(f"incomplete_cages: {edge} of {len(flag)} {site} columns have no complete cage and no vector")
    if doubtful:
        remarks.append(f"flagged_cages: {doubtful} vectors of {site} rest on a flagged column; left out of statistics")
    if good < FEWEST_CAGES:
        remarks.append(f"insufficient: {good} complete cages of {site}; statistics need {FEWEST_CAGES}")
    if independent:
        remarks.append("independent_columns: errors of cations and oxygen columns are taken as independent")
    return tuple(remarks)
