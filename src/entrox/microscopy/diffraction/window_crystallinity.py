r"""Crystal and glass in an atomic-resolution image, from the transform of windows.

In a window without order the power at each frequency scatters about the mean at its radius like an exponential. Where
the mean is that of m independent frequencies, one exceeds x times it with the probability :math:`(1 + x/m)^{-m}`, and
the most unlikely of n has the chance :math:`1 - (1 - p)^n`. Fringes of a lattice stand far above. A window counts as
crystal where chance is below a level for all windows together; how much of the power lies in such frequencies is the
second measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_in_range, check_integer, quantity
from entrox.microscopy.images.micrograph import Micrograph

__all__ = ["WindowCrystallinity", "window_crystallinity"]

Floats = NDArray[np.float64]

SMALLEST_WINDOW = 16
SURE = 0.01
"""Chance, in a window without order, of a frequency that counts as part of a lattice."""
HANN_SPREAD = 2.25
"""Frequencies of a transform that one independent number of a Hann window covers, both axes together."""
MEDIAN_EFFICIENCY = 0.48
"""Of the median of exponentials, for their mean."""


@dataclass(frozen=True, kw_only=True)
class WindowCrystallinity(Result):
    """Map of windows; ``row`` and ``column`` are their centers."""

    row_px: Floats = quantity("px", "center of the windows along y", axes=("row",))
    column_px: Floats = quantity("px", "center of the windows along x", axes=("column",))
    peak_ratio: Floats = quantity("1", "highest power over the mean at its radius", axes=("row", "column"))
    chance: Floats = quantity("1", "chance of such a peak without order", axes=("row", "column"))
    peak_share: Floats = quantity("1", "share of the power in peaks", axes=("row", "column"))
    spacing: Floats = quantity("px", "period of the highest peak", axes=("row", "column"))
    crystal: NDArray[np.bool_] = quantity("1", "whether the window is crystal", axes=("row", "column"))
    crystal_share: float = quantity("1", "share of windows that are crystal")
    level: float = quantity("1", "chance below which a window is crystal")
    warnings: tuple[str, ...] = ()


def window_crystallinity(
    image: Micrograph,
    *,
    window_px: int = 64,
    step_px: int | None = None,
    spacing_px: tuple[float, float] = (3.0, 16.0),
    false_alarm: float = 0.05,
) -> WindowCrystallinity:
    """Map which windows of an image show a lattice.

    Parameters
    ----------
    image
        Image; windows with pixels without a value are NaN and no crystal.
    window_px
        Edge of a window; three periods or more [px].
    step_px
        Distance of windows; half the edge if None [px].
    spacing_px
        Periods that count [px].
    false_alarm
        Chance that an image without order has any crystalline window.

    Raises
    ------
    InputError
        If the window does not fit, or no frequency lies in the range of periods.
    """
    values = image.intensity
    size = check_integer(window_px, "window_px", low=SMALLEST_WINDOW, high=min(values.shape))
    step = check_integer(step_px or size // 2, "step_px", low=1)
    check_in_range(false_alarm, "false_alarm", low=0.0, high=1.0, low_open=True, high_open=True)
    band = _Band(size, spacing_px)
    starts = [np.arange(0, n - size + 1, step) for n in values.shape]
    table = np.full((4, len(starts[0]), len(starts[1])), np.nan)
    for i, row in enumerate(starts[0]):
        strip = np.lib.stride_tricks.sliding_window_view(values[row : row + size], size, axis=1)[:, starts[1]]
        table[:, i] = band.measures(np.moveaxis(strip, 1, 0))
    ratio, chance, share, spacing = table
    level = false_alarm / max(int(np.isfinite(chance).sum()), 1)
    crystal = np.nan_to_num(chance, nan=1.0) < level
    known = np.isfinite(chance)
    notes = () if known.all() else (f"{int((~known).sum())} windows hold pixels without a value.",)
    return WindowCrystallinity(
        row_px=starts[0] + 0.5 * (size - 1), column_px=starts[1] + 0.5 * (size - 1), peak_ratio=ratio, chance=chance,
        peak_share=share, spacing=spacing, crystal=crystal, crystal_share=float(crystal[known].mean()), level=level,
        warnings=notes,
    )  # fmt: skip


class _Band:
    """Frequencies of a window that count, by radius."""

    def __init__(self, size: int, spacing: tuple[float, float]) -> None:
        short, long = spacing
        if not 0.0 < short < long:
            raise InputError(f"spacing_px must be two rising periods; got {spacing}.")
        once = np.hanning(size + 2)[1:-1]
        self.window = np.outer(once, once)
        y, x = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :]
        frequency = np.hypot(y, x)
        # of the two halves that are equal one counts
        half = (x > 0.0) & (x < 0.5) | ((x == 0.0) & (y > 0.0))
        self.used = (frequency >= 1.0 / long) & (frequency <= min(1.0 / short, 0.5)) & half
        if self.used.sum() < 3 * HANN_SPREAD:
            raise InputError(f"a window of {size} px has no frequencies with periods of {short:g} to {long:g} px.")
        self.ring = np.rint(frequency[self.used] * size).astype(np.intp)
        self.period = 1.0 / frequency[self.used]
        self.number = np.bincount(self.ring)
        around = np.convolve(self.number, np.ones(3), "same")
        # independent frequencies behind the mean at each frequency
        self.behind = np.maximum(MEDIAN_EFFICIENCY * around / HANN_SPREAD, 1.0)[self.ring]

    def measures(self, windows: Floats) -> Floats:
        """Ratio, chance, share and period of windows, shape ``(4, n)``."""
        from scipy import fft

        centered = (windows - windows.mean(axis=(1, 2), keepdims=True)) * self.window
        power = np.abs(fft.rfft2(centered, axes=(1, 2))[:, self.used]) ** 2
        found = np.full((4, len(power)), np.nan)
        for k in np.flatnonzero(np.isfinite(power).all(axis=1) & (power.sum(axis=1) > 0.0)):
            found[:, k] = self._one(power[k])
        return found

    def _one(self, power: Floats) -> tuple[float, float, float, float]:
        # a mean that peaks do not lift: the median of an exponential is ln 2 times its mean
        level = np.array([np.median(power[self.ring == r]) if n else 1.0 for r, n in enumerate(self.number)])
        smooth = np.convolve(np.where(self.number > 0, level * self.number, 0.0), np.ones(3), "same") / np.log(2.0)
        smooth /= np.maximum(np.convolve(self.number, np.ones(3), "same"), 1)
        ratio = power / np.maximum(smooth[self.ring], 1e-300)
        single = (1.0 + ratio / self.behind) ** -self.behind
        top = int(np.argmin(single))
        chance = -np.expm1(len(power) * np.log1p(-min(single[top], 1.0 - 1e-12)))
        share = power[single < SURE / len(power)].sum() / power.sum()
        return float(ratio[top]), float(chance), float(share), float(self.period[top])
