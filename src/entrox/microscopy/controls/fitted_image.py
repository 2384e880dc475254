"""An image drawn again from its fitted columns: moved at will, with the noise and the jitter of the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.column_model import packed_columns
from entrox.microscopy.fit.noise import LEAST_VARIANCE
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.vectors.vector_cages import vector_cages

__all__ = ["FittedImage", "fitted_image", "noise_excess"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BACKGROUND_COLUMNS = 16
"""Columns whose background is averaged: the noise of one of them would be a slope under its neighbors."""
SMALLEST_KERNEL_PX = 0.2
"""A narrower Gaussian leaves white noise white."""


@dataclass(frozen=True, eq=False)
class FittedImage:
    """Columns, background and noise of a fitted image.

    Parameters
    ----------
    position_px
        Fitted positions, x right and y down, NaN where there is no fit, shape ``(column, 2)``.
    columns, centers_px
        Cations with a whole cage, shape ``(cation,)``, and the centers of their cages, shape ``(cation, 2)``.
    height
        Heights [counts].
    inverse
        xx, xy, yy of the inverse covariance of the shapes [1/px^2], shape ``(column, 3)``.
    background
        Shape ``(row, column)`` [counts].
    noise_gain, read_noise, noise_offset, noise_correlation_px
        Variance over intensity, noise at zero intensity, intensity without noise, and area over which noise is
        correlated.
    noise_excess
        Factor on the variance: what the errors of the fit hold beyond its noise model, see :func:`noise_excess`.
    row_jitter_px, fast_axis
        Random shift of every row along the fast axis (rms).
    holes
        Pixels without a value.
    pixel_size_angstrom
        Edge of a pixel; None if unknown.
    dark
        Whether the columns are dark.
    """

    position_px: Floats
    columns: Ints
    centers_px: Floats
    height: Floats
    inverse: Floats
    background: Floats
    noise_gain: float
    read_noise: float
    noise_offset: float
    noise_correlation_px: float
    noise_excess: float
    row_jitter_px: float
    fast_axis: Literal["x", "y"]
    holes: NDArray[np.bool_]
    pixel_size_angstrom: float | None
    dark: bool

    def micrograph(self, displacement_px: Floats, rng: np.random.Generator) -> Micrograph:
        """Return the image with the cations displaced off the centers of their cages.

        Parameters
        ----------
        displacement_px
            Of each of ``columns``, x right and y **up**, shape ``(cation, 2)``; zeros for the null.
        rng
            Draws the jitter, then the noise.
        """
        position = self.position_px.copy()
        position[self.columns] = self.centers_px + displacement_px * np.array([1.0, -1.0])
        rows = self.background.shape[0 if self.fast_axis == "x" else 1]
        shifts = np.asarray(self.row_jitter_px * rng.standard_normal(rows))
        peaks = self._peaks(position, shifts)
        model = self.background - peaks if self.dark else self.background + peaks
        variance = np.maximum(self.noise_gain * (model - self.noise_offset) + self.read_noise**2, 0.0)
        variance = self.noise_excess * np.maximum(variance, LEAST_VARIANCE * variance.mean())
        counts = model + np.sqrt(variance) * correlated_noise(model.shape, self.noise_correlation_px, rng)
        counts[self.holes] = np.nan
        return Micrograph(intensity=counts, pixel_size_angstrom=self.pixel_size_angstrom, source="fitted columns")

    def _peaks(self, position: Floats, shifts: Floats) -> Floats:
        from entrox.microscopy.simulation.drawing._kernels import add_sampled_columns

        used = np.isfinite(position).all(axis=1)
        x, y = position[used].T.copy()
        height, inverse = self.height[used], self.inverse[used]
        if self.fast_axis == "x":
            image = np.zeros(self.background.shape)
            add_sampled_columns(image, x, y, height, inverse, shifts)
            return image
        image = np.zeros(self.background.shape[::-1])
        add_sampled_columns(image, y, x, height, np.ascontiguousarray(inverse[:, ::-1]), shifts)
        return np.ascontiguousarray(image.T)


def fitted_image(
    fit: ColumnFit,
    sublattices: Sublattices,
    *,
    displaced: Literal["A", "B"] = "B",
    reference: Literal["cation", "oxygen"] = "cation",
    row_jitter_px: float = 0.0,
    fast_axis: Literal["x", "y"] = "x",
) -> FittedImage:
    """Return what is needed to draw a fitted image again.

    Parameters
    ----------
    fit
        Of the image **before** any filter: its noise is drawn again.
    sublattices
        The same columns.
    displaced, reference
        Cations that will be moved, and what their cages are made of.
    row_jitter_px
        Random shift of the rows (rms).
    fast_axis
        Along which they shift.

    Raises
    ------
    InputError
        If no cation has a whole cage, or an argument is out of range.
    """
    check_in_range(row_jitter_px, "row_jitter_px", low=0.0, unit="px")
    if fast_axis not in ("x", "y"):
        raise InputError(f"fast_axis must be 'x' or 'y'; got {fast_axis!r}.")
    cages = vector_cages(fit, sublattices, displaced, reference)
    around = np.where((cages.members >= 0)[..., None], fit.position_px[cages.members], np.nan)
    centers = around.mean(axis=1)
    whole = np.isfinite(centers).all(axis=1) & np.isfinite(fit.position_px[cages.columns]).all(axis=1)
    if not whole.any():
        raise InputError("no cation has a whole cage: there is nothing to draw again.")
    return FittedImage(
        position_px=np.array(fit.position_px), columns=cages.columns[whole], centers_px=centers[whole],
        height=np.array(fit.amplitude), inverse=packed_columns(fit)[:, 3:].copy(), background=_background(fit),
        noise_gain=fit.noise_gain, read_noise=fit.read_noise, noise_offset=fit.noise_offset,
        noise_correlation_px=fit.noise_correlation_px,
        noise_excess=noise_excess(fit, np.concatenate([cages.columns[:, None], cages.members], axis=1)[whole]),
        row_jitter_px=row_jitter_px, fast_axis=fast_axis, holes=_holes(fit, sublattices),
        pixel_size_angstrom=fit.pixel_size_angstrom, dark=sublattices.dark,
    )  # fmt: skip


def noise_excess(fit: ColumnFit, columns: Ints) -> float:
    """Variance that the errors of a fit stand for, over that of its noise model.

    Where the noise was estimated, covariances hold the reduced chi^2, and what the fit has taken out of correlated
    noise. An image drawn again without that would be quieter than the errors say, and any field would stand out.

    Parameters
    ----------
    fit
        Fitted columns.
    columns
        Those that are looked at, any shape.
    """
    if fit.noise_known:
        return 1.0
    freedom = fit.covariance_scale / fit.noise_correlation_px
    if fit.likelihood == "unweighted":
        return freedom
    chi2 = fit.reduced_chi2[columns][(fit.flag[columns] == 0) & np.isfinite(fit.reduced_chi2[columns])]
    return freedom * float(chi2.mean()) if len(chi2) else freedom


def _background(fit: ColumnFit) -> Floats:
    """Background of the whole image: means over neighboring columns, with straight lines between nodes."""
    from scipy.interpolate import RegularGridInterpolator
    from scipy.spatial import cKDTree

    known = np.isfinite(fit.position_px).all(axis=1) & np.isfinite(fit.background)
    tree = cKDTree(fit.position_px[known])
    values = fit.background[known]
    rows, columns = fit.residual.shape
    step = max(2.0 * fit.radius_px, 4.0)
    y = np.linspace(0.0, rows - 1.0, max(2, int(rows / step)))
    x = np.linspace(0.0, columns - 1.0, max(2, int(columns / step)))
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    near = tree.query(nodes.reshape(-1, 2), k=min(BACKGROUND_COLUMNS, len(values)))[1]
    means = values[near.reshape(nodes.shape[0] * nodes.shape[1], -1)].mean(axis=1).reshape(nodes.shape[:2])
    along = RegularGridInterpolator((x,), means.T)(np.arange(columns)[:, None])
    return np.asarray(RegularGridInterpolator((y,), along.T)(np.arange(rows)[:, None]))


def _holes(fit: ColumnFit, sublattices: Sublattices) -> NDArray[np.bool_]:
    """Pixels around columns that could not be fitted: they were masked, and stay so."""
    holes = np.zeros(fit.residual.shape, dtype=bool)
    reach = fit.radius_px
    rows, columns = fit.residual.shape
    lost = ~np.isfinite(fit.position_px).all(axis=1)
    for x, y in np.asarray(sublattices.position_px)[lost].tolist():
        holes[
            max(0, int(y - reach)) : min(rows, int(y + reach) + 1),
            max(0, int(x - reach)) : min(columns, int(x + reach) + 1),
        ] = True
    return holes


def correlated_noise(shape: tuple[int, ...], area_px: float, rng: np.random.Generator) -> Floats:
    """Normal noise of unit variance whose autocorrelation, a Gaussian, sums to an area.

    Parameters
    ----------
    shape
        Of the image.
    area_px
        Sum of the autocorrelation [px]; one or less for white noise.
    rng
        Draws the noise.
    """
    from scipy.ndimage import convolve1d

    white = rng.standard_normal(shape)
    # of a Gaussian kernel of width s: 4 pi s^2
    width = _kernel_width(np.sqrt(area_px)) if area_px > 1.0 else 0.0
    if width < SMALLEST_KERNEL_PX:
        return white
    kernel = _kernel(width)
    kernel /= np.sqrt((kernel**2).sum())
    for axis in (0, 1):
        white = convolve1d(white, kernel, axis=axis, mode="wrap")
    return np.asarray(white)


def _kernel(width: float) -> Floats:
    steps = np.arange(-int(np.ceil(5.0 * width)), int(np.ceil(5.0 * width)) + 1)
    return np.exp(-0.5 * (steps / width) ** 2)


def _kernel_width(length: float) -> float:
    """Width of the kernel whose autocorrelation sums to a length in one dimension [px]; pixels count as they are."""
    from scipy.optimize import brentq

    def excess(width: float) -> float:
        kernel = _kernel(width)
        return float(kernel.sum() ** 2 / (kernel**2).sum()) - length

    return float(brentq(excess, 1e-2, length + 1.0))
