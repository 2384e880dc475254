"""Fits of simulated columns made without an image: the truth plus noise of a known covariance."""

from __future__ import annotations

import numpy as np

from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.column_truth import ColumnTruth
from stem_truth import sublattices_of_truth, truth_in_pixels


def fit_of_truth(
    truth: ColumnTruth,
    pixel_size: float,
    sigma_px: tuple[float, float, float] = (0.0, 0.0, 0.0),
    seed: int | None = None,
    *,
    zone_axis: str = "001",
    known_pixel: bool = True,
) -> tuple[ColumnFit, Sublattices]:
    """Fit and sublattices; ``sigma_px`` are the errors of A, B and O, and without a seed the noise is left out."""
    sublattices = sublattices_of_truth(truth, pixel_size, zone_axis=zone_axis)
    place = truth_in_pixels(truth, pixel_size)
    return fit_at(place, truth, sublattices, pixel_size, sigma_px, seed, known_pixel), sublattices


def fit_at(
    position: np.ndarray,
    truth: ColumnTruth,
    sublattices: Sublattices,
    pixel_size: float,
    sigma_px: tuple[float, float, float],
    seed: int | None,
    known_pixel: bool = True,
) -> ColumnFit:
    """Fit with the columns at given places, and independent errors."""
    site = np.asarray(truth.site)
    sigma = np.maximum(np.array(sigma_px), 1e-6)[site]
    if seed is not None:
        position = position + np.random.default_rng(seed).normal(size=position.shape) * sigma[:, None]
    covariance = sigma[:, None, None] ** 2 * np.eye(2)
    cage = np.asarray(sublattices.cage)
    rows = np.concatenate([np.arange(len(site))[:, None], cage], axis=1)
    blocks = np.zeros((len(site), rows.shape[1], rows.shape[1], 2, 2))
    diagonal = np.arange(rows.shape[1])
    blocks[:, diagonal, diagonal] = covariance[rows]
    blocks[(cage < 0).any(axis=1)] = np.nan
    count = len(site)
    width = np.asarray(truth.sigma_angstrom) / pixel_size
    shape = np.rint(np.asarray(truth.extent_angstrom)[::-1] / pixel_size).astype(int)
    amplitude = np.asarray(truth.peak) * pixel_size**2
    return ColumnFit(
        position_px=position, covariance_px2=covariance, cage_covariance_px2=blocks, amplitude=amplitude,
        width_px=np.stack([width, width], axis=1), tilt_deg=np.zeros(count),
        background=np.full(count, 0.1 * amplitude.max()), integrated_intensity=2.0 * np.pi * amplitude * width**2,
        reduced_chi2=np.ones(count), iterations=np.ones(count, dtype=int), flag=np.zeros(count, dtype=int),
        noise_gain=1.0, read_noise=0.0, noise_known=True, noise_correlation_px=1.0, radius_px=1.4 / pixel_size,
        pixel_size_angstrom=pixel_size if known_pixel else None, residual=np.zeros(shape), mode="sweep",
        shape="circular", likelihood="gauss",
    )  # fmt: skip
