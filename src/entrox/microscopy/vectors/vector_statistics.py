r"""Statistics of the vectors of an image: errors, lengths without the bias of noise, directions.

Noise makes vectors longer: without any field the mean length is sigma sqrt(pi/2). Besides the raw length,

.. math:: |d|_\mathrm{debiased} = \sqrt{\max(|d|^2 - \mathrm{tr}\,C, 0)}, \qquad
          \langle |d|^2 - \mathrm{tr}\,C \rangle

are given; the mean square is unbiased and may be negative. Lengths in px; ``scale_pm`` turns them into picometers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, check_positive, quantity
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import SITES, Sublattices
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.modulus_curves import noise_curve, noise_mean, rice_curve
from entrox.microscopy.vectors.spatial_blocks import block_intervals, block_numbers, mean_scatter
from entrox.microscopy.vectors.vector_classes import strong_vectors

__all__ = [
    "AngleDistribution", "MagnitudeDistribution", "angle_distribution", "column_sigma", "magnitude_distribution",
    "rule_of_thumb_sigma", "vector_sigma",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class MagnitudeDistribution(Result):
    """Lengths of the good vectors, with bootstrap intervals from blocks of the picture.

    ``rms_debiased_px`` is zero where the mean square without noise is negative. ``noise_density`` is the density of
    pure noise with the errors of these vectors, ``rice_density`` that of vectors of one length, ``rms_debiased_px``,
    with the mean error.
    """

    raw_px: Floats = quantity("px", "length", axes=("vector",))
    debiased_px: Floats = quantity("px", "length without the square of noise", axes=("vector",))
    mean_raw_px: float = quantity("px", "mean length")
    mean_raw_interval_px: Floats = quantity("px", "interval of the mean length", axes=("end",))
    mean_debiased_px: float = quantity("px", "mean debiased length")
    mean_noise_px: float = quantity("px", "mean length of pure noise")
    rms_raw_px: float = quantity("px", "root of the mean square length")
    rms_noise_px: float = quantity("px", "root of the mean square length of pure noise")
    mean_square_px2: float = quantity("px^2", "mean square length without noise; unbiased")
    mean_square_interval_px2: Floats = quantity("px^2", "interval of the mean square without noise", axes=("end",))
    rms_debiased_px: float = quantity("px", "root of the mean square length without noise")
    rms_debiased_interval_px: Floats = quantity("px", "interval of that root", axes=("end",))
    edges_px: Floats = quantity("px", "edges of the bins of the length", axes=("edge",))
    density: Floats = quantity("1/px", "density of the length", axes=("bin",))
    curve_px: Floats = quantity("px", "lengths of the curves", axes=("point",))
    noise_density: Floats = quantity("1/px", "density of pure noise", axes=("point",))
    rice_density: Floats = quantity("1/px", "Rice density of the debiased root mean square", axes=("point",))
    n_vectors: int = quantity("1", "vectors")
    n_blocks: int = quantity("1", "blocks of the bootstrap")
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)


def magnitude_distribution(
    vectors: DisplacementMap,
    rng: np.random.Generator,
    *,
    correlation_length_px: float | None = None,
    n_bins: int = 40,
    draws: int = 1000,
) -> MagnitudeDistribution:
    """Lengths of the good vectors, raw and without noise.

    Parameters
    ----------
    vectors
        Displacements; their errors include row jitter where it is known.
    rng
        Draws blocks for the intervals (95 %).
    correlation_length_px
        Blocks are at least two of these wide [px].
    n_bins
        Bins of the histogram, from zero to the longest vector.
    draws
        Bootstrap samples.

    Raises
    ------
    InputError
        If no vector is good.
    """
    d, covariance = _good(vectors)
    n = check_integer(n_bins, "n_bins", low=1)
    traces = np.trace(covariance, axis1=1, axis2=2)
    length = np.linalg.norm(d, axis=1)
    excess = length**2 - traces
    blocks = block_numbers(vectors, correlation_length_px)
    table = np.zeros((len(blocks), 2))
    table[vectors.good] = np.stack([length, excess], axis=1)
    scatter = mean_scatter(vectors, table, vectors.good, correlation_length_px)
    intervals = block_intervals(table, blocks, rng, draws=draws, scatter=scatter)
    square = float(excess.mean())
    sigma = float(np.sqrt(0.5 * traces.mean()))
    rms = float(np.sqrt(max(square, 0.0)))
    top = max(float(length.max()), 5.0 * sigma)
    density, edges = np.histogram(length, bins=np.linspace(0.0, top, n + 1), density=True)
    curve = np.linspace(0.0, top, 201)
    debiased = np.sqrt(np.maximum(excess, 0.0))
    return MagnitudeDistribution(
        raw_px=length, debiased_px=debiased, mean_raw_px=float(length.mean()), mean_raw_interval_px=intervals[0],
        mean_debiased_px=float(debiased.mean()), mean_noise_px=noise_mean(covariance),
        rms_raw_px=float(np.sqrt((length**2).mean())), rms_noise_px=float(np.sqrt(traces.mean())),
        mean_square_px2=square, mean_square_interval_px2=intervals[1], rms_debiased_px=rms,
        rms_debiased_interval_px=np.sqrt(np.maximum(intervals[1], 0.0)), edges_px=edges, density=density,
        curve_px=curve, noise_density=noise_curve(curve, covariance), rice_density=rice_curve(curve, rms, sigma),
        n_vectors=len(d), n_blocks=int(blocks.max()) + 1, scale_pm=vectors.scale_pm,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AngleDistribution(Result):
    """Directions of the vectors that noise does not explain, counter-clockwise from a1.

    ``density`` is relative to that of random directions, which is one in every bin.
    """

    angle_deg: Floats = quantity("deg", "angle from a1, -180 to 180; NaN for weak vectors", axes=("vector",))
    folded_deg: Floats = quantity("deg", "angle to the nearest axis, 0 to 45; NaN for weak vectors", axes=("vector",))
    edges_deg: Floats = quantity("deg", "edges of the bins", axes=("edge",))
    density: Floats = quantity("1", "vectors per bin over the number by chance", axes=("bin",))
    density_interval: Floats = quantity("1", "bootstrap interval", axes=("bin", "end"))
    n_vectors: int = quantity("1", "vectors that are not weak")
    significance: float = quantity("1", "standard errors below which a vector is weak")


def angle_distribution(
    vectors: DisplacementMap,
    rng: np.random.Generator,
    *,
    significance: float = 3.0,
    correlation_length_px: float | None = None,
    n_bins: int = 36,
    draws: int = 1000,
) -> AngleDistribution:
    """Directions of the good vectors that are not weak.

    Parameters
    ----------
    vectors
        Displacements.
    rng, correlation_length_px, draws
        As in :func:`magnitude_distribution`.
    significance
        A vector with d C^-1 d below its square is weak.
    n_bins
        Bins around the circle; the first is centered on a1.
    """
    n = check_integer(n_bins, "n_bins", low=4)
    check_positive(significance, "significance")
    strong = strong_vectors(vectors, significance)
    along = vectors.along_axes_px
    angle = np.where(strong, np.degrees(np.arctan2(along[:, 1], along[:, 0])), np.nan)
    width = 360.0 / n
    bins = np.floor(np.mod(angle[strong] + 0.5 * width, 360.0) / width).astype(np.int64) % n
    indicator = np.zeros((len(angle), n))
    indicator[np.flatnonzero(strong), bins] = float(n)
    blocks = np.where(strong, block_numbers(vectors, correlation_length_px), -1)
    scatter = mean_scatter(vectors, indicator, strong, correlation_length_px) if strong.any() else None
    return AngleDistribution(
        angle_deg=angle, folded_deg=np.abs((angle + 45.0) % 90.0 - 45.0),
        edges_deg=np.linspace(-0.5, n - 0.5, n + 1) * width,
        density=indicator[strong].mean(axis=0) if strong.any() else np.full(n, np.nan),
        density_interval=np.maximum(
            block_intervals(indicator, _packed(blocks), rng, draws=draws, scatter=scatter), 0.0
        ),
        n_vectors=int(strong.sum()), significance=significance,
    )  # fmt: skip


def _packed(blocks: Ints) -> Ints:
    """Numbers of the blocks without those that have become empty."""
    packed = np.full_like(blocks, -1)
    packed[blocks >= 0] = np.unique(blocks[blocks >= 0], return_inverse=True)[1]
    return packed


def column_sigma(fit: ColumnFit, sublattices: Sublattices, site: str) -> float:
    """Standard error of a component of the position of A, B or O columns, root mean square over those without a flag.

    Returns
    -------
    float
        In px; NaN if there are none.
    """
    if site not in SITES:
        raise InputError(f"site must be one of {', '.join(SITES)}; got {site!r}.")
    used = (sublattices.site == SITES.index(site)) & (fit.flag == 0)
    traces = np.trace(fit.covariance_px2[used], axis1=1, axis2=2)
    traces = traces[np.isfinite(traces)]
    return float(np.sqrt(0.5 * traces.mean())) if len(traces) else float("nan")


def vector_sigma(vectors: DisplacementMap) -> float:
    """Standard error of a component of the displacement, root mean square over the good vectors [px].

    Row jitter is in it where it is known; NaN without good vectors.
    """
    traces = np.trace(vectors.noise_covariance_px2[vectors.good], axis1=1, axis2=2)
    return float(np.sqrt(0.5 * traces.mean())) if len(traces) else float("nan")


def rule_of_thumb_sigma(fit: ColumnFit, sublattices: Sublattices, vectors: DisplacementMap) -> float:
    """Standard error of a displacement if all columns were independent: sigma_B^2 + sigma_A^2 / n [px]."""
    cation = "A" if vectors.site == "B" else "B"
    other = "O" if vectors.reference == "oxygen" else cation
    n = 4 if vectors.members is None else vectors.members.shape[1]
    own, around = column_sigma(fit, sublattices, vectors.site), column_sigma(fit, sublattices, other)
    return float(np.sqrt(own**2 + around**2 / n))


def _good(vectors: DisplacementMap) -> tuple[Floats, Floats]:
    good = vectors.good
    if not good.any():
        raise InputError("no vector enters the statistics: all cages are incomplete or flagged.")
    return np.asarray(vectors.vector_px[good]), vectors.noise_covariance_px2[good]
