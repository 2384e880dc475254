r"""Errors of column positions from two halves of a stack of frames: the true scatter, whatever a fit says of it.

.. math:: \sigma_\mathrm{full} = \frac{\mathrm{std}(r_1 - r_2)}{2}

Each half has twice the variance of the whole, and the difference of the halves four times. Lengths in px, x right and y
down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.fit.noise import NoiseModel
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.sublattices import SITES, Sublattices

__all__ = ["SplitHalves", "halves_remarks", "split_half_error"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEWEST_COLUMNS = 3
HONEST_RATIOS = (0.85, 1.15)
"""Of scatter and prediction, beyond which there is a warning."""


@dataclass(frozen=True, kw_only=True)
class SplitHalves(Result):
    """Scatter of the positions in the sum of all frames, beside what a fit of it says.

    ``error_px`` holds whatever differs from frame to frame: noise, row jitter, motion of the specimen. What is the same
    in all frames, such as the pull of a neighbor, is not in it. ``sites`` names the rows.
    """

    sites: tuple[str, ...]
    n_columns: NDArray[np.int64] = quantity("1", "columns without a flag in both halves", axes=("site",))
    error_px: Floats = quantity("px", "standard error of a position, from the halves", axes=("site", "component"))
    error_of_error_px: Floats = quantity("px", "standard error of that", axes=("site", "component"))
    predicted_px: Floats = quantity("px", "standard error that the covariances tell", axes=("site", "component"))
    ratio: Floats = quantity("1", "scatter over prediction, both components together", axes=("site",))
    shift_px: Floats = quantity("px", "second half against the first, taken off", axes=("component",))
    difference_px: Floats = quantity(
        "px", "first minus second half without the shift; NaN for flagged columns", axes=("column", "component")
    )
    n_frames: int = quantity("1", "frames in each half")


def split_half_error(
    micrograph: Micrograph,
    sublattices: Sublattices,
    *,
    mode: str = "sweep",
    shape: str = "circular",
    radius: float | None = None,
    noise: NoiseModel | None = None,
    likelihood: str = "gauss",
    threads: int | None = None,
) -> SplitHalves:
    """Fit the sums of the even and of the odd frames of a stack, and compare the positions.

    Frames alternate, so that slow drift moves both halves alike; the common shift that is left is taken off. The last
    frame of an odd number is left out. The fit of the whole, for its covariances, is that of the frames which are used.

    Parameters
    ----------
    micrograph
        Image with its ``frames``, as :func:`entrox.microscopy.read_micrograph` gives for all frames of a stack.
    sublattices
        Its columns.
    mode, shape, radius, noise, likelihood, threads
        As in :func:`entrox.microscopy.fit_columns`; noise is that of a single frame.

    Returns
    -------
    SplitHalves
        One row for each kind of column.

    Raises
    ------
    InputError
        If there are fewer than two frames, or no kind of column has three without a flag.

    Notes
    -----
    Interpolation within a frame, as by a registration, leaves the halves independent. A registration that follows the
    noise of the frames makes the error too small.
    """
    frames = None if micrograph.frames is None else np.asarray(micrograph.frames)
    if frames is None or len(frames) < 2:
        raise InputError(
            'the image has no frames to split: read all of a stack (frame="all", --frame all); it takes two or more.'
        )
    half = check_integer(len(frames) // 2, "frames", low=1)

    def fitted(chosen: Floats) -> ColumnFit:
        # a sum of frames has the read noise of each of them
        own = None if noise is None else replace(noise, read_noise=noise.read_noise * np.sqrt(len(chosen)))
        # a mask leaves the frames as they were
        total = np.where(np.isfinite(micrograph.intensity), chosen.sum(axis=0), np.nan)
        image = replace(micrograph, intensity=total, frames=None)
        return fit_columns(
            image, sublattices, mode=mode, shape=shape, radius=radius, noise=own, likelihood=likelihood, threads=threads
        )

    first, second = fitted(frames[0 : 2 * half : 2]), fitted(frames[1 : 2 * half : 2])
    whole = fitted(frames[: 2 * half])
    good = (first.flag == 0) & (second.flag == 0) & (whole.flag == 0)
    return _compared(first.position_px - second.position_px, whole.covariance_px2, good, sublattices, half)


def _compared(difference: Floats, covariance: Floats, good: Bools, sublattices: Sublattices, half: int) -> SplitHalves:
    """Scatter of the differences of each kind of column."""
    kinds = [k for k in range(len(SITES)) if (good & (sublattices.site == k)).sum() >= FEWEST_COLUMNS]
    if not kinds:
        raise InputError(f"no kind of column has {FEWEST_COLUMNS} without a flag in both halves.")
    shift = difference[good].mean(axis=0)
    rest = np.where(good[:, None], difference - shift, np.nan)
    used = [good & (sublattices.site == k) for k in kinds]
    count = np.array([int(mask.sum()) for mask in used])
    error = np.array([rest[mask].std(axis=0, ddof=1) / 2.0 for mask in used])
    variances = np.diagonal(covariance, axis1=1, axis2=2)
    predicted = np.sqrt(np.array([variances[mask].mean(axis=0) for mask in used]))
    return SplitHalves(
        sites=tuple(SITES[k] for k in kinds), n_columns=count, error_px=error,
        error_of_error_px=error / np.sqrt(2.0 * (count[:, None] - 1)), predicted_px=predicted,
        ratio=np.sqrt((error**2).sum(axis=1) / (predicted**2).sum(axis=1)), shift_px=-shift, difference_px=rest,
        n_frames=half,
    )  # fmt: skip


def halves_remarks(found: SplitHalves) -> list[str]:
    """Where the halves contradict the errors of the fit: by more than 15 % and three errors of the scatter itself."""
    texts = []
    for site, ratio, count in zip(found.sites, found.ratio.tolist(), found.n_columns.tolist(), strict=True):
        # two components of every column
        known = 3.0 / np.sqrt(4.0 * (count - 1))
        if not HONEST_RATIOS[0] - known < ratio < HONEST_RATIOS[1] + known:
            texts.append(
                f"split_halves: {site} columns scatter {ratio:.2f} times as much from half to half of the frames as "
                "their errors say; row jitter and motion between frames are in the scatter, not in the errors"
            )
    return texts
