"""Noise of an image: its variance as a function of intensity, and how far it is correlated.

The variance of a pixel is g (I - I0) + r^2: shot noise with the gain g above an offset, and read noise. Both come from
the residual of a fit: what is left of the image when the columns are taken away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, quantity
from entrox.microscopy.fit.residual_patches import ResidualPatches

__all__ = ["NoiseModel", "correlation_area", "estimate_noise", "freedom_left"]

Floats = NDArray[np.float64]
N_BINS = 48
N_SHARING = 5  # columns that share one background
LEAST_IN_BIN = 50
LEAST_CORRELATION = 0.02
"""Two percent are the error of a lag of 2,500 pixels; five errors of the lag itself count where they are more."""
LEAST_AGAINST = -0.1
"""A fit takes one share from every lag only on average, from single lags up to twice that: what is left uncorrected is
as large as the share taken, 0.01 to 0.08 of patches of common size, and no anticorrelation. Areas of images smoothed
by 0.5 to 1.4 px are the same to 1 % from -0.05 to -0.2."""
LEAST_FREEDOM = 0.5
LARGEST_LOST = 0.45
"""Of the sum that the fit has taken, beyond which the rest is no longer multiplied up: the correction 1 / (1 - lost)
then doubles every error of the rest. From 0.4 to 0.6 areas up to 13 px change by less than 10 %; at 0.3 the sum for
columns close to one another ends too early, at half the area. Areas above 20 px come out up to a third too small,
which the fit says in a warning."""
LEAST_VARIANCE = 0.05
"""Smallest variance that a pixel may have, as a fraction of the mean one: a weight must not run away."""


@dataclass(frozen=True, kw_only=True)
class NoiseModel(Result):
    """Variance g (I - offset) + r^2 of a pixel.

    A detector that counts electrons one by one has gain 1 and no read noise. The offset is the intensity of a picture
    without electrons.
    """

    gain: float = quantity("counts per electron", "gain: variance over intensity")
    read_noise: float = quantity("counts", "noise at zero intensity", default=0.0)
    offset: float = quantity("counts", "intensity that carries no noise", default=0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_in_range(self.gain, "gain", low=0.0)
        check_in_range(self.read_noise, "read_noise", low=0.0)
        check_in_range(self.offset, "offset")
        if self.gain == 0.0 and self.read_noise == 0.0:
            raise InputError("gain and read_noise must not both be zero: an image without noise has no error bars.")

    def variance(self, intensity: Floats) -> Floats:
        """Variance of pixels of the given expected intensity [counts^2]."""
        return np.asarray(self.gain * (intensity - self.offset) + self.read_noise**2)


def estimate_noise(patches: ResidualPatches, columns: Floats, shape: int) -> NoiseModel:
    """Gain, read noise and offset by regression of the variance of the residual on intensity.

    Parameters
    ----------
    patches
        What the fit leaves at some columns.
    columns
        These columns, shape ``(column, 9)``.
    shape
        Parameters of the width of a column.

    Returns
    -------
    NoiseModel
        A line that would be negative at zero intensity is written with an offset and no read noise.

    Raises
    ------
    InputError
        If there is no noise at all, or nothing was fitted.
    """
    counts, intensity, variance = _binned_variance(patches, columns, shape)
    if len(counts) == 0:
        raise InputError(
            f"{len(columns)} columns are too few to estimate the noise from what a fit leaves of them: take a larger "
            "field of view, or give the noise (--gain-counts-per-electron)."
        )
    if not variance.sum() > 0.0:
        raise InputError("The residual of the fit has no noise: error bars cannot be estimated; give the noise.")
    gain, zero = 0.0, float(np.average(variance, weights=counts))
    weights = counts / np.maximum(variance, 0.1 * zero) ** 2
    mean = np.average(intensity, weights=weights)
    spread = np.average((intensity - mean) ** 2, weights=weights)
    if len(counts) > 2 and spread > 0.0:
        slope = float(np.average((intensity - mean) * variance, weights=weights) / spread)
        if slope > 0.0:
            gain, zero = slope, float(np.average(variance, weights=weights) - slope * mean)
    if zero < 0.0:
        return NoiseModel(gain=gain, offset=-zero / gain)
    return NoiseModel(gain=gain, read_noise=float(np.sqrt(zero)))


def _binned_variance(patches: ResidualPatches, columns: Floats, shape: int) -> tuple[Floats, Floats, Floats]:
    """Pixels, mean intensity and variance of the residual in bins of the model's intensity."""
    from entrox.microscopy.fit.residual_noise._kernels import variance_bins

    span = np.array(patches.model_range())
    if not span[0] <= span[1]:
        return np.empty(0), np.empty(0), np.empty(0)
    background = 3.0 / N_SHARING / (np.pi * patches.half**2)
    (sums,) = patches.summed(
        lambda a, b, sums: variance_bins(
            a, b, *patches.flat, columns, shape, background, span, patches.desk(5), sums
        ),
        (N_BINS * 10,),
    )  # fmt: skip
    bins = sums.reshape(N_BINS, 2, 5).sum(axis=1)
    bins = bins[bins[:, 0] >= LEAST_IN_BIN]
    counts = bins[:, 0]
    means = bins[:, 2:] / counts[:, None]
    return counts, means[:, 0], (means[:, 2] - means[:, 1] ** 2) * counts / bins[:, 1]


def correlation_area(patches: ResidualPatches, used: float, largest_lag: int) -> float:
    """Area over which noise is correlated [px]: the sum of its autocorrelation; 1 for white noise.

    Parameters
    ----------
    patches
        Residual of some patches divided by its standard deviation.
    used
        Parameters of the fit for each pixel. They take that share from every near lag, times the area, since that many
        pixels count as one.
    largest_lag
        Lags up to this [px] are looked at.

    Notes
    -----
    Lags correlated by more than 2 % (or five standard errors) count if they are reached from the center through such
    lags, and around them those anticorrelated by more than 10 %, as waves are. The sum ends with the ring that adds
    nothing: what rises again farther out is misfit of the columns, and all lags together would sum to zero, since the
    fit leaves no residual at low frequency. It ends as well where the fit has taken too much of it to be corrected.
    White noise so has exactly 1, and anticorrelated noise is not taken for less.
    """
    area, chosen, against = 1.0, {(0, 0): 1.0}, dict[tuple[int, int], float]()
    for ring in range(1, largest_lag + 1):
        left = freedom_left(used, area)
        for lag, (raw, pairs) in _ring_correlations(patches, ring).items():
            value = raw * left + 1.0 - left
            if value > max(LEAST_CORRELATION, 5.0 / np.sqrt(max(pairs, 1))) and _is_reached(lag, ring, chosen):
                chosen[lag] = raw
            elif value < LEAST_AGAINST and _is_reached(lag, ring, chosen | against):
                against[lag] = raw
        # Every lag has lost ``used`` times the area: a linear equation for the area.
        raws = np.array([*chosen.values(), *against.values()])
        lost = 2.0 * used * float(np.sum(1.0 - raws))
        larger = float(2.0 * raws.sum() - 1.0) / max(1.0 - lost, LEAST_FREEDOM)
        if larger <= area or (lost > LARGEST_LOST and ring > 1):
            break
        area = larger
    return area


def freedom_left(used: float, area: float) -> float:
    """Share of the variance of correlated noise that a fit leaves in the residual."""
    return max(1.0 - used * area, LEAST_FREEDOM)


def _is_reached(lag: tuple[int, int], ring: int, chosen: dict[tuple[int, int], float]) -> bool:
    """Whether the next lag on the straight way to the center is a chosen one; one of each opposite pair is listed."""
    down, right = (round(step * (ring - 1) / ring) for step in lag)
    return (down, right) in chosen or (-down, -right) in chosen


def _ring_correlations(patches: ResidualPatches, ring: int) -> dict[tuple[int, int], tuple[float, int]]:
    """Correlations at the lags of a square ring, one of each opposite pair, and their numbers of pixels."""
    from entrox.microscopy.fit.residual_noise._kernels import lag_sums

    lags = [
        (down, right)
        for down in range(ring + 1)
        for right in range(-ring, ring + 1)
        if max(down, abs(right)) == ring and (down > 0 or right > 0)
    ]

    pixels = patches.size, patches.half, patches.cleaned.reshape(-1), np.array(lags)
    (sums,) = patches.summed(lambda first, last, sums: lag_sums(first, last, *pixels, sums), (len(lags), 3))
    return {
        lag: (total / max(squares, 1e-300), int(pairs))
        for lag, (total, squares, pairs) in zip(lags, sums.tolist(), strict=True)
    }
