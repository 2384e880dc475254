r"""Spatial correlation of local vectors and its length.

.. math:: C(R) = \langle d_n \cdot d_{n+R} \rangle / \langle d^2 \rangle, \qquad C(R) \approx A e^{-R/\xi}

The connected correlation takes the mean vector out of d first. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, quantity
from entrox.core.blocking import block_errors
from entrox.order.correlation.correlation_length import fit_correlation_length
from entrox.order.correlation.grid_steps import cell_edges, periodic_axes
from entrox.order.correlation.pair_products import PairProducts, grid_products, group_products
from entrox.order.phases.vector_field import VectorField, noise_matrices, vector_field

if TYPE_CHECKING:
    from entrox.order.lattice import LatticeMap
    from entrox.order.phases.vector_field import Field

__all__ = ["Correlation", "correlation"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FRAMES_FOR_TIME_ERRORS = 8
"""Fewer frames say little about their own scatter: errors then come from the number of independent cells."""


@dataclass(frozen=True, kw_only=True)
class Correlation(Result):
    """Correlation by offset, along the axes, and averaged over shells one cell wide.

    Errors are those of time where there are at least eight frames, else those of the number of independent cells
    (``error_source``). ``correlation_length_angstrom`` is None where no decay could be fitted; where it exceeds a
    quarter of the box, ``limited_by_box`` is true and the number is a lower bound at best. Without edges of the cell,
    lengths are in cells.
    """

    offsets: Ints = quantity("cells", "offset R", axes=("offset", "axis"))
    values: Floats = quantity("1", "C(R)", axes=("offset",))
    directional: Floats = quantity("1", "C along the axes, NaN beyond half the box", axes=("axis", "lag"))
    shell_angstrom: Floats = quantity("angstrom", "mean distance of the shell", axes=("shell",))
    shell_values: Floats = quantity("1", "mean C of the shell", axes=("shell",))
    shell_errors: Floats = quantity("1", "standard error of the mean of the shell", axes=("shell",))
    error_source: str
    correlation_length_angstrom: float | None = quantity("angstrom", "decay length xi")
    correlation_length_error_angstrom: float | None = quantity("angstrom", "standard error of xi from the fit")
    amplitude: float | None = quantity("1", "A of the fit")
    n_shells_fitted: int = quantity("1", "shells above twice their error that the fit uses")
    limited_by_box: bool
    nearest_neighbor: float = quantity("1", "mean C of nearest neighbors")
    mean_square: float = quantity("d squared", "mean of d squared, noise taken off")
    connected: bool
    warnings: tuple[str, ...] = ()


def correlation(
    d: Field,
    lattice_map: LatticeMap | None = None,
    connected: bool = False,
    *,
    axes: ArrayLike | None = None,
    periodic: bool | Sequence[bool] = True,
    lattice_angstrom: ArrayLike | None = None,
    noise_covariance: ArrayLike | None = None,
    noise_products: Mapping[tuple[int, ...], float] | None = None,
) -> Correlation:
    """Correlation of the vectors of a crystal or an image.

    Parameters
    ----------
    d
        Displacements or polarization on the cells of the map, or an array on a grid, shape ``(p, q, r, 3)`` or
        ``(p, q, 2)``, frames first. NaN is left out.
    lattice_map
        Map of the cells; supercells that are not p x q x r are summed pair by pair.
    connected
        Whether the mean over all cells and frames is taken out.
    axes
        Pseudo-cubic axes of an array.
    periodic
        Whether a grid without a map closes on itself, along all or each of its axes; False for a micrograph.
    lattice_angstrom
        Edges of the cell of an array; without them lengths are in cells.
    noise_covariance
        Of each vector: its mean trace is taken off <d^2>.
    noise_products
        Mean of noise(n) . noise(n + R) for offsets R other than zero, taken off as well, there and at -R: neighbors in
        an image share columns.

    Raises
    ------
    InputError
        If the cells form no grid, or nothing is left of <d^2>.
    """
    field = vector_field(d, axes, lattice_map)
    edges = cell_edges(field, lattice_map, lattice_angstrom)
    lengths = np.ones(field.dimension) if edges is None else edges
    values = field.vectors
    if connected:
        values = values - np.nanmean(values, axis=(0, 1))
    closed = periodic_axes(field, lattice_map, periodic)
    if field.grid is None and lattice_map is None:
        raise InputError("correlation needs a grid: pass lattice_map, or vectors of shape (p, q, r, 3) or (p, q, 2).")
    if field.grid is None and lattice_map is not None:
        if lattice_map.opened is not None:
            raise InputError(
                f"correlation of a film needs p x q cells along the pseudo-cubic axes; its matrix is "
                f"{lattice_map.matrix.tolist()}."
            )
        products = group_products(values, lattice_map.matrix, lengths)
    else:
        products = grid_products(values, field.grid or (), closed, lengths)
    noise = _noise(field, products.offsets, d, axes, lattice_map, noise_covariance, noise_products)
    return _summary(products, noise, lengths, field, connected)


def _noise(
    field: VectorField, offsets: Ints, d: Field, axes: ArrayLike | None, lattice_map: LatticeMap | None,
    covariance: ArrayLike | None, shared: Mapping[tuple[int, ...], float] | None,
) -> Floats:  # fmt: skip
    """Mean product of noise at each offset."""
    noise = np.zeros(len(offsets))
    if covariance is not None:
        own = axes if axes is not None else getattr(d, "axes", getattr(lattice_map, "axes", None))
        traces = np.trace(noise_matrices(covariance, field, own), axis1=2, axis2=3)
        used = np.isfinite(field.vectors[..., 0])
        noise[(offsets == 0).all(axis=1)] = float(np.nanmean(np.broadcast_to(traces, used.shape)[used]))
    for offset, product in (shared or {}).items():
        if len(offset) != field.dimension or not any(offset):
            raise InputError(f"noise_products needs offsets of {field.dimension} numbers, not all 0; got {offset!r}.")
        same = (offsets == np.array(offset)).all(axis=1) | (offsets == -np.array(offset)).all(axis=1)
        noise[same] = float(product)
    return noise


def _summary(
    products: PairProducts, noise: Floats, lengths: Floats, field: VectorField, connected: bool
) -> Correlation:
    zero = int(np.flatnonzero((products.offsets == 0).all(axis=1))[0])
    counts = products.counts.sum(axis=0)
    mean = np.where(counts > 0, products.sums.sum(axis=0) / np.maximum(counts, 1), np.nan) - noise
    square = float(mean[zero])
    if not square > 0.0:
        raise InputError(f"the mean of d^2 without noise is {square:g}: there is no signal to correlate.")
    values = mean / square
    distance = np.linalg.norm(products.offsets * lengths, axis=1)
    half = 0.5 * min((n for n in products.periods if n > 0.0), default=0.0)
    shell = np.rint(distance / lengths.mean()).astype(np.int64)
    shell[(distance > half + 1e-6) | ~np.isfinite(values)] = -1
    kept = np.flatnonzero(np.bincount(shell[shell >= 0]))
    radius = np.array([distance[shell == s].mean() for s in kept])
    means = np.array([values[shell == s].mean() for s in kept])
    errors, source = _shell_errors(products, noise, square, shell, kept, values, field.dimension)
    fit = fit_correlation_length(radius[1:], means[1:], errors[1:])
    nearest = values[np.abs(products.offsets).sum(axis=1) == 1]
    limited = half < 2.0 * lengths.min() or (fit is not None and fit.length > 0.5 * half)
    return Correlation(
        offsets=products.offsets,
        values=values,
        directional=_directional(products, values),
        shell_angstrom=radius,
        shell_values=means,
        shell_errors=errors,
        error_source=source,
        correlation_length_angstrom=None if fit is None else fit.length,
        correlation_length_error_angstrom=None if fit is None else fit.length_error,
        amplitude=None if fit is None else fit.amplitude,
        n_shells_fitted=0 if fit is None else fit.n_shells,
        limited_by_box=limited,
        nearest_neighbor=float(np.nanmean(nearest)) if np.isfinite(nearest).any() else float("nan"),
        mean_square=square,
        connected=connected,
        warnings=_remarks(limited, fit is None),
    )


def _remarks(limited: bool, no_length: bool) -> tuple[str, ...]:
    remarks = []
    if limited:
        remarks.append(
            "limited_by_box: the box is narrower than four correlation lengths, or than four cells; the length is no "
            "property of the material"
        )
    if no_length:
        remarks.append("no_length: fewer than two shells stand above twice their error, or C does not decay")
    return tuple(remarks)


def _shell_errors(
    products: PairProducts, noise: Floats, square: float, shell: Ints, kept: Ints, values: Floats, dimension: int
) -> tuple[Floats, str]:
    """Errors of the means over shells, and where they come from."""
    frames = len(products.sums)
    if frames >= FRAMES_FOR_TIME_ERRORS:
        with np.errstate(invalid="ignore", divide="ignore"):
            series = (products.sums / products.counts - noise) / square
        means = np.stack([np.nanmean(series[:, shell == s], axis=1) for s in kept], axis=1)
        found = block_errors(means)
        if found is not None:
            return found[0], "time"
    # Bartlett: a correlated field holds as many times fewer independent cells as the sum of C^2 says
    pairs = products.counts[0]
    # chance alone adds a share 1/dimension to that sum
    volume = float(np.nansum(values**2 * pairs) / pairs.max()) / (1.0 + 1.0 / dimension)
    volume = max(1.0, volume)
    independent = dimension * pairs.max() / volume
    members = np.array([(shell == s).sum() for s in kept])
    independent_members = np.maximum(1.0, 0.5 * members / volume)
    errors = np.sqrt(1.0 / (independent * independent_members))
    return np.where(kept == 0, 0.0, errors), "cells"


def _directional(products: PairProducts, values: Floats) -> Floats:
    """C along each axis up to half the box, shape ``(axis, lag)``; NaN beyond."""
    offsets = products.offsets
    rows = []
    for axis in range(offsets.shape[1]):
        others = np.delete(offsets, axis, axis=1)
        along = (others == 0).all(axis=1) & (offsets[:, axis] >= 0)
        order = np.argsort(offsets[along, axis])
        rows.append(values[along][order])
    table = np.full((len(rows), max(len(row) for row in rows)), np.nan)
    for row, found in zip(table, rows, strict=True):
        row[: len(found)] = found
    return table
