"""Simulated micrographs: columns as Gaussians integrated over the pixels, then scan, electrons and detector."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

__all__ = [
    "detected",
    "expected_electrons",
    "picture_truth",
    "row_shifts_px",
    "simulate_micrograph",
    "truth_position_px",
]

Floats = NDArray[np.float64]
FEWEST_PIXELS = 8


def simulate_micrograph(truth: ColumnTruth, settings: SimulationSettings, rng: np.random.Generator) -> Micrograph:
    """Return the image of known columns.

    Parameters
    ----------
    truth
        Columns; the picture has its extent.
    settings
        The microscope.
    rng
        Draws the jitter, the electrons and the read noise, in this order.

    Raises
    ------
    InputError
        If the picture has fewer than eight pixels along an edge, or columns without a position.
    """
    shifts = row_shifts_px(picture_shape(truth, settings), settings, rng)
    electrons = expected_electrons(truth, settings, shifts)
    return detected(electrons, settings, rng)


def picture_shape(truth: ColumnTruth, settings: SimulationSettings) -> tuple[int, int]:
    """Rows and columns of the picture [px]."""
    width, height = np.rint(truth.extent_angstrom / settings.pixel_size_angstrom).astype(int)
    if min(width, height) < FEWEST_PIXELS:
        raise InputError(
            f"the picture must have at least {FEWEST_PIXELS} x {FEWEST_PIXELS} px; got {width} x {height}. Take "
            "smaller pixels or more cells."
        )
    return int(height), int(width)


def picture_truth(truth: ColumnTruth, settings: SimulationSettings) -> ColumnTruth:
    """Return the columns where the distorted scan shows them, displacements included; jitter, being random, is not."""
    rows, columns = picture_shape(truth, settings)
    middle = 0.5 * settings.pixel_size_angstrom * np.array([columns, rows])
    matrix = _scan_matrix(settings)
    return dataclasses.replace(
        truth,
        position_angstrom=(truth.position_angstrom - middle) @ matrix.T + middle,
        displacement_angstrom=truth.displacement_angstrom @ matrix.T,
    )


def truth_position_px(truth: ColumnTruth, settings: SimulationSettings) -> Floats:
    """Positions in the distorted picture, x right and y down, shape ``(column, 2)`` [px].

    The lower left corner of the picture is the corner of its last row's first pixel, whose center is half a pixel away.
    """
    rows, _ = picture_shape(truth, settings)
    scaled = picture_truth(truth, settings).position_angstrom / settings.pixel_size_angstrom
    return np.stack([scaled[:, 0] - 0.5, rows - 0.5 - scaled[:, 1]], axis=1)


def _scan_matrix(settings: SimulationSettings) -> Floats:
    """Affine distortion and drift together, axes right and up."""
    drift = settings.drift_pm_per_row / settings.pixel_size_pm
    # a lower row is scanned later; with the fast axis y, a column farther right
    shear = [[1.0, -drift], [0.0, 1.0]] if settings.fast_axis == "x" else [[1.0, 0.0], [-drift, 1.0]]
    return np.asarray(np.array(shear) @ np.array(settings.affine))


def row_shifts_px(shape: tuple[int, int], settings: SimulationSettings, rng: np.random.Generator) -> Floats:
    """Random shift of every row along the fast axis [px]: one for each row, or with the fast axis y each column."""
    rows = shape[0] if settings.fast_axis == "x" else shape[1]
    if settings.row_jitter_pm == 0.0:
        return np.zeros(rows)
    return rng.normal(0.0, settings.row_jitter_pm / settings.pixel_size_pm, rows)


def expected_electrons(truth: ColumnTruth, settings: SimulationSettings, row_shift_px: Floats) -> Floats:
    """Mean number of electrons in every pixel.

    Parameters
    ----------
    truth
        Columns.
    settings
        The microscope.
    row_shift_px
        Shift of every row along the fast axis, from :func:`row_shifts_px`.

    Returns
    -------
    ndarray
        Shape ``(row, column)``.
    """
    from entrox.microscopy.simulation.drawing._kernels import add_integrated_columns

    shape, area = picture_shape(truth, settings), settings.pixel_size_angstrom**2
    drawn = np.ones(len(truth.site), dtype=bool) if settings.oxygen else truth.site != 2
    # drift is drawn row by row, as it happens: it tilts the columns too
    position = truth_position_px(truth, settings.model_copy(update={"drift_pm_per_row": 0.0}))[drawn]
    if not (np.isfinite(position).all() and drawn.any()):
        raise InputError("every column needs a position; got NaN, or no column at all.")
    top = float(truth.peak[drawn].max())
    scale = 1.0 if settings.dose_per_square_angstrom is None else settings.dose_per_square_angstrom / top
    sigma = truth.sigma_angstrom[drawn] / settings.pixel_size_angstrom
    content = scale * area * truth.peak[drawn] * 2.0 * np.pi * sigma**2
    along, across = (position if settings.fast_axis == "x" else position[:, ::-1]).T.copy()
    image = np.zeros(shape if settings.fast_axis == "x" else shape[::-1])
    drift = settings.drift_pm_per_row / settings.pixel_size_pm * (np.arange(len(image)) - 0.5 * (len(image) - 1))
    add_integrated_columns(image, along, across, content, sigma, row_shift_px + drift)
    columns = image if settings.fast_axis == "x" else np.ascontiguousarray(image.T)
    background = settings.background * top * scale * area
    if settings.contrast == "bright":
        return columns + background
    if columns.max() > background:
        raise InputError(
            f"dark columns are deeper ({columns.max() / background * settings.background:.3g} of the brightest) than "
            f"the background ({settings.background:g}): raise it."
        )
    return background - columns


def detected(electrons: Floats, settings: SimulationSettings, rng: np.random.Generator) -> Micrograph:
    """Return what the detector makes of the mean numbers of electrons, shape ``(row, column)``."""
    counted = rng.poisson(electrons).astype(float) if settings.poisson else electrons
    counts = settings.gain_counts_per_electron * counted + settings.offset_counts
    if settings.read_noise_counts > 0.0:
        counts = counts + rng.normal(0.0, settings.read_noise_counts, counts.shape)
    saturated = None
    if settings.counts != "float64":
        end = float(np.iinfo(settings.counts).max)
        counts = np.clip(np.rint(counts), 0.0, end)
        saturated = counts >= end
    return Micrograph(
        intensity=counts, pixel_size_angstrom=settings.pixel_size_angstrom, saturated=saturated, source="simulated"
    )
