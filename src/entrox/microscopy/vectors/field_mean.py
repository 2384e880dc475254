r"""Mean of the vectors of an image, with its error; and maps without it, on request.

.. math:: \bar d = \Big(\sum_i C_i^{-1}\Big)^{-1} \sum_i C_i^{-1} d_i

A uniform field may be polarization, or a tilt of the specimen by a few milliradians, under which A and B columns shift
against each other. Maps are therefore raw, and what is subtracted is written in the result. Lengths in px.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, quantity
from entrox.microscopy.vectors.cell_grid import cell_grid
from entrox.microscopy.vectors.displacement_map import NEIGHBORS, DisplacementMap

__all__ = ["FieldMean", "field_mean", "subtract_mean", "subtract_plane"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FieldMean(Result):
    """Inverse-variance mean of the good vectors, x right and y up.

    ``covariance_px2`` is the error of measurement: that of every vector and what they share, or the scatter of the mean
    vectors of null fields. ``spread_px`` is the
    scatter of the vectors themselves over the root of their number: a field of random directions has a mean of that
    size by chance, more if it is correlated.
    """

    mean_px: Floats = quantity("px", "mean displacement", axes=("component",))
    covariance_px2: Floats = quantity("px^2", "covariance of the mean from noise", axes=("component", "other"))
    sigma_px: Floats = quantity("px", "standard error of the mean from noise", axes=("component",))
    spread_px: Floats = quantity("px", "scatter of the vectors over the root of their number", axes=("component",))
    along_axes_px: Floats = quantity("px", "mean along a1 and a2", axes=("axis",))
    chi2: float = quantity("1", "mean C^-1 mean: chi^2 with two degrees of freedom if there is none")
    n_vectors: int = quantity("1", "vectors averaged")
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)


def field_mean(vectors: DisplacementMap, null_mean_px: ArrayLike | None = None) -> FieldMean:
    """Inverse-variance mean of the good vectors.

    Parameters
    ----------
    vectors
        Displacements, with the noise that they share.
    null_mean_px
        Mean vectors of at least two null fields, shape ``(field, 2)`` [px]: of a filtered image they alone tell the
        error.

    Raises
    ------
    InputError
        If no vector is good, or there are fewer than two null fields.
    """
    good = vectors.good
    if not good.any():
        raise InputError("no vector enters the mean: all cages are incomplete or flagged.")
    d = vectors.vector_px[good]
    covariance = vectors.noise_covariance_px2[good]
    weights = np.asarray(np.linalg.inv(covariance), dtype=float)
    total = np.linalg.inv(weights.sum(axis=0))
    mean = total @ np.einsum("nij,nj->i", weights, d)
    error = total + total @ (_shared_sum(vectors, weights) + _offset_sum(vectors, weights)) @ total
    if null_mean_px is not None:
        nulls = check_finite(null_mean_px, "null_mean_px")
        if nulls.ndim != 2 or nulls.shape[1] != 2 or len(nulls) < 2:
            raise InputError(f"null_mean_px must be the mean vectors of two or more null fields; got {nulls.shape}.")
        error = np.diag((nulls**2).mean(axis=0))
    return FieldMean(
        mean_px=mean, covariance_px2=error, sigma_px=np.sqrt(np.diag(error)),
        spread_px=d.std(axis=0, ddof=1) / np.sqrt(len(d)) if len(d) > 1 else np.full(2, np.nan),
        along_axes_px=vectors.axes @ mean, chi2=float(mean @ np.linalg.solve(error, mean)), n_vectors=len(d),
        scale_pm=vectors.scale_pm,
    )  # fmt: skip


def _shared_sum(vectors: DisplacementMap, weights: Floats) -> Floats:
    """Sum over pairs of neighbors of weight, shared covariance, weight; both orders of each pair."""
    total = np.zeros((2, 2))
    if vectors.shared_covariance_px2 is None:
        return total
    full = np.zeros((len(vectors.cell), 2, 2))
    full[vectors.good] = weights
    grid = cell_grid(vectors.cell, vectors.good)
    for k, step in enumerate(NEIGHBORS):
        other = grid.at(vectors.cell + np.array(step))
        first = np.flatnonzero(vectors.good & (other >= 0))
        part = np.einsum(
            "nij,njk,nkl->il", full[first], vectors.shared_covariance_px2[first, k], full[other[first]]
        )  # fmt: skip
        total += part + part.T
    return total


def _offset_sum(vectors: DisplacementMap, weights: Floats) -> Floats:
    """Sum over pairs at every known offset of weight, mean covariance, weight; both orders of each pair.

    Weights hardly differ from vector to vector: their mean stands for all.
    """
    total = np.zeros((2, 2))
    if vectors.offset_cells is None or vectors.offset_covariance_px2 is None:
        return total
    mean = weights.mean(axis=0)
    grid = cell_grid(vectors.cell, vectors.good)
    cells = vectors.cell[vectors.good]
    for step, covariance in zip(vectors.offset_cells, vectors.offset_covariance_px2, strict=True):
        part = int((grid.at(cells + step) >= 0).sum()) * (mean @ covariance @ mean)
        total += part + part.T
    return total


def subtract_mean(vectors: DisplacementMap) -> DisplacementMap:
    """Map without its mean; what was taken off is written in ``subtracted``.

    This removes polarization together with mistilt: nothing in the image tells them apart.
    """
    mean = field_mean(vectors).mean_px
    return _without(vectors, mean[None], f"mean ({mean[0]:+.4g}, {mean[1]:+.4g}) px")


def subtract_plane(vectors: DisplacementMap) -> DisplacementMap:
    """Map without the plane fitted to each component over the picture; written in ``subtracted``.

    The plane is that of weighted least squares with the inverse variance of each component.

    Raises
    ------
    InputError
        If fewer than three good vectors that are not on one line fix no plane.
    """
    good = vectors.good
    place = vectors.position_px - (vectors.position_px[good].mean(axis=0) if good.any() else 0.0)
    design = np.concatenate([np.ones((len(place), 1)), place * np.array([1.0, -1.0])], axis=1)
    plane, slopes = np.empty_like(np.asarray(vectors.vector_px)), []
    for axis in range(2):
        root = 1.0 / np.sqrt(vectors.noise_covariance_px2[good, axis, axis])
        table = design[good] * root[:, None]
        found, _, rank, _ = np.linalg.lstsq(table, vectors.vector_px[good, axis] * root, rcond=None)
        if rank < 3:
            raise InputError(f"a plane needs three good vectors that are not on one line; got {int(good.sum())}.")
        plane[:, axis] = design @ found
        slopes.append(found)
    (x0, xx, xy), (y0, yx, yy) = slopes
    return _without(
        vectors, plane,
        f"plane ({x0:+.4g} {xx:+.3g} x {xy:+.3g} y, {y0:+.4g} {yx:+.3g} x {yy:+.3g} y) px, y up from the middle",
    )  # fmt: skip


def _without(vectors: DisplacementMap, field: Floats, what: str) -> DisplacementMap:
    if vectors.subtracted != "nothing":
        what = f"{vectors.subtracted}; {what}"
    return replace(
        vectors, vector_px=vectors.vector_px - field, subtracted=what,
        warnings=(*vectors.warnings, f"subtracted: {what}; real polarization may have gone with it"),
    )  # fmt: skip
