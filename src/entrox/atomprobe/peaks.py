"""Peaks of a mass spectrum: where, how high, how many events. Units: Da; counts are events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from entrox.atomprobe.spectrum import MassSpectrum
from entrox.core import InputError, Result, check_positive, quantity

__all__ = ["SpectrumPeaks", "spectrum_peaks"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SpectrumPeaks(Result):
    """Peaks in ascending order of position."""

    position_da: Floats = quantity("Da", "center of mass of the upper half of the peak", axes=("peak",))
    height: Floats = quantity("1", "events of the highest bin", axes=("peak",))
    counts: Floats = quantity("1", "events above the foot of the peak", axes=("peak",))
    counts_sd: Floats = quantity("1", "counting error of these events", axes=("peak",))
    width_da: Floats = quantity("Da", "full width at half maximum", axes=("peak",))
    significance: Floats = quantity("1", "rise above the higher foot in counting errors", axes=("peak",))

    def __len__(self) -> int:
        return len(self.position_da)


def spectrum_peaks(
    spectrum: MassSpectrum, *, smoothing_da: float | None = None, significance: float = 5.0
) -> SpectrumPeaks:
    r"""Find the peaks of a spectrum.

    The spectrum is smoothed; in :math:`2\sqrt{n}`, whose counting error is the same everywhere, a peak must rise above
    the higher of its feet by ``significance`` errors of their difference. Events of a peak are those within its feet
    at a tenth of that rise, minus a straight line between them.

    Parameters
    ----------
    spectrum
        The spectrum.
    smoothing_da
        Standard deviation of the smoothing [Da]; by default 0.02 Da, at least one bin.
    significance
        Smallest rise in counting errors.

    Raises
    ------
    InputError
        If a parameter is not positive or the spectrum has fewer than five bins.
    """
    check_positive(significance, "significance")
    width = max(0.02, spectrum.bin_da) if smoothing_da is None else check_positive(smoothing_da, "smoothing_da", "Da")
    if len(spectrum.counts) < 5:
        raise InputError(f"peaks need a spectrum of at least five bins; got {len(spectrum.counts)}.")
    sigma = width / spectrum.bin_da
    smooth = ndimage.gaussian_filter1d(spectrum.counts, sigma, mode="nearest")
    # A Gaussian mean of sigma bins has the variance of 2 sqrt(pi) sigma bins added up.
    together = max(2.0 * np.sqrt(np.pi) * sigma, 1.0)
    stable = 2.0 * np.sqrt(np.maximum(smooth * together, 0.0) + 0.375)
    found, properties = signal.find_peaks(stable, prominence=np.sqrt(2.0) * significance)
    if not len(found):
        empty = np.empty(0)
        return SpectrumPeaks(
            position_da=empty, height=empty, counts=empty, counts_sd=empty, width_da=empty, significance=empty
        )
    rise = (properties["prominences"], properties["left_bases"], properties["right_bases"])
    half, _, left, right = signal.peak_widths(smooth, found, rel_height=0.5)
    _, _, outer_left, outer_right = signal.peak_widths(stable, found, rel_height=0.9, prominence_data=rise)
    rows = [_measure(spectrum, smooth, *bounds) for bounds in zip(left, right, outer_left, outer_right, strict=True)]
    position, height, counts, error = np.array(rows).T
    return SpectrumPeaks(
        position_da=position,
        height=height,
        counts=counts,
        counts_sd=error,
        width_da=half * spectrum.bin_da,
        significance=properties["prominences"] / np.sqrt(2.0),
    )


def _measure(
    spectrum: MassSpectrum, smooth: Floats, left: float, right: float, outer_left: float, outer_right: float
) -> tuple[float, float, float, float]:
    """Position, height, events and their error of one peak between bins."""
    first, last = int(np.floor(left)), int(np.ceil(right)) + 1
    core = spectrum.counts[first:last]
    centers = spectrum.bin_lower_da[first:last] + 0.5 * spectrum.bin_da
    position = float((core * centers).sum() / core.sum()) if core.sum() > 0.0 else float(centers.mean())
    begin, end = max(int(np.floor(outer_left)), 0), min(int(np.ceil(outer_right)) + 1, len(smooth))
    events = float(spectrum.counts[begin:end].sum())
    foot = 0.5 * float(smooth[begin] + smooth[end - 1]) * (end - begin)
    return position, float(core.max()), events - foot, float(np.sqrt(max(events, 1.0)))
