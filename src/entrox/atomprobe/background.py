r"""Random background of a mass spectrum: events without a pulse come at a constant rate in time of flight.

As time of flight goes with the square root of m/q, a constant rate is
:math:`\mathrm{d}N/\mathrm{d}m = b\,(m/q)^{-1/2}`; a window from :math:`m_0` to :math:`m_1` holds
:math:`2b(\sqrt{m_1}-\sqrt{m_0})` background events. Thermal tails of strong peaks are no random background and lie
above this law: beside the peaks the ``sideband`` takes them along, the fit ``tof`` leaves them out.
Units: Da; b in events Da^(-1/2), and per bin in events Da^(1/2) as spectrum files print it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrik

from entrox.atomprobe.range_table import RangeTable
from entrox.atomprobe.spectrum import MassSpectrum
from entrox.core import InputError, Result, check_positive, quantity

__all__ = ["BackgroundFit", "BackgroundMethod", "fit_background", "flight_weight", "free_bins"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BackgroundMethod = Literal["none", "tof", "sideband"]

EVENTS_PER_WINDOW = 25
"""Windows are made so wide that on average they hold this many events."""
FEWEST_WINDOWS, MOST_WINDOWS = 10, 400
START_QUANTILE = 0.2
"""The fit starts from this weighted quantile of the windows' rates: up to four fifths of them may hold peaks."""
REJECTION = 0.025
"""A window is left out where a Poisson law gives such an excess, or such a deficit, with a smaller probability."""
MOST_STEPS = 500


@dataclass(frozen=True, kw_only=True)
class BackgroundFit(Result):
    """Background level of a spectrum, with the windows that it was found on."""

    method: BackgroundMethod
    b_per_sqrt_da: float | None = quantity("Da^-1/2", "background b of dN/dm = b (m/q)^-1/2; None without a fit")
    b_sd: float | None = quantity("Da^-1/2", "standard error of b")
    b_per_bin: float | None = quantity("Da^1/2", "background per bin times the square root of m/q")
    dispersion: float | None = quantity("1", "variance of the windows used over that of counting")
    sideband_da: float | None = quantity("Da", "width of a sideband; None without sidebands")
    window_lower_da: Floats = quantity("Da", "lower edge of a range-free window", axes=("window",))
    window_upper_da: Floats = quantity("Da", "upper edge of a range-free window", axes=("window",))
    window_events: Floats = quantity("1", "events of a range-free window", axes=("window",))
    window_b: Floats = quantity("Da^-1/2", "b of a range-free window by itself", axes=("window",))
    window_used: Bools = quantity("1", "window that the fit kept", axes=("window",))
    notices: tuple[str, ...] = ()


def flight_weight(lower_da: Floats, upper_da: Floats) -> Floats:
    """Background events of windows for b = 1, the integral of (m/q)^(-1/2) [Da^(1/2)]; nothing below m/q = 0."""
    lower, upper = np.maximum(lower_da, 0.0), np.maximum(upper_da, 0.0)
    return np.asarray(2.0 * (np.sqrt(upper) - np.sqrt(lower)))


def free_bins(spectrum: MassSpectrum, table: RangeTable | None) -> Bools:
    """Bins that no range touches, shape ``(n_bins,)``."""
    free = np.ones(len(spectrum.counts), dtype=bool)
    lower = spectrum.bin_lower_da
    for item in () if table is None else table.ranges:
        # Edges are decimal numbers and so are bins: a bin that ends at a range up to rounding does not touch it.
        slack = 1e-6 * spectrum.bin_da
        first = np.searchsorted(lower, item.lower_da - spectrum.bin_da + slack, side="right")
        free[first : np.searchsorted(lower, item.upper_da - slack, side="left")] = False
    return free


def fit_background(
    spectrum: MassSpectrum,
    table: RangeTable | None = None,
    method: BackgroundMethod = "tof",
    *,
    sideband_da: float = 0.15,
) -> BackgroundFit:
    """Background level of a spectrum.

    Parameters
    ----------
    spectrum
        The spectrum.
    table
        Ranges; what lies between them is free. Without ranges the whole spectrum is.
    method
        ``"none"``; ``"tof"``, one b for the spectrum by a robust Poisson fit on the range-free windows;
        ``"sideband"``, the events beside each range, with ``"tof"`` where other ranges leave no sideband.
    sideband_da
        Width of a sideband on either side of a range [Da].

    Raises
    ------
    InputError
        If the method is unknown, the width is not positive, or a fit is asked for and the ranges leave no free bin.

    Notes
    -----
    The fit starts low (20 % quantile of the windows' rates), since whatever is not background comes on top of it, and
    keeps the windows whose counts a Poisson law of the present b allows at the level 0.025 on either side; b is set so
    that their events have the mean of that law cut at these bounds, until it stays. Windows before the first and after
    the last event do not enter.
    """
    if method not in get_args(BackgroundMethod):
        raise InputError(f"method must be one of {', '.join(get_args(BackgroundMethod))}; got {method!r}.")
    check_positive(sideband_da, "sideband_da", "Da")
    width = sideband_da if method == "sideband" else None
    if method == "none":
        return _without_fit("none", None, ())
    windows = _windows(spectrum, free_bins(spectrum, table))
    if windows is None:
        message = "the ranges leave no bin of the spectrum free"
        if method == "tof":
            raise InputError(f"{message}: use background none or sideband, or narrower ranges.")
        return _without_fit("sideband", width, (f"{message}; ranges without a sideband stay uncorrected",))
    lower, upper, events, weight = windows
    b, used = _robust_rate(events, weight)
    expected = b * weight[used]
    degrees = int(used.sum()) - 1
    # The variance of a normal law cut at the bounds of the fit is 0.759 of the whole one.
    cut = 0.759 * degrees
    scatter = ((events[used] - expected) ** 2 / expected).sum() / cut if b > 0.0 and degrees > 0 else 1.0
    # Without a single event the error is that of one event.
    sd = float(np.sqrt(max(events[used].sum(), 1.0) * max(float(scatter), 1.0)) / weight[used].sum())
    return BackgroundFit(
        method=method,
        b_per_sqrt_da=b,
        b_sd=sd,
        b_per_bin=b * spectrum.bin_da,
        dispersion=float(scatter),
        sideband_da=width,
        window_lower_da=lower,
        window_upper_da=upper,
        window_events=events,
        window_b=events / weight,
        window_used=used,
        notices=_notices(used, weight),
    )


def _without_fit(method: BackgroundMethod, width: float | None, notices: tuple[str, ...]) -> BackgroundFit:
    nothing = np.empty(0)
    return BackgroundFit(
        method=method,
        b_per_sqrt_da=None,
        b_sd=None,
        b_per_bin=None,
        dispersion=None,
        sideband_da=width,
        window_lower_da=nothing,
        window_upper_da=nothing,
        window_events=nothing,
        window_b=nothing,
        window_used=np.empty(0, dtype=bool),
        notices=notices,
    )


def _windows(spectrum: MassSpectrum, free: Bools) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Lower and upper edges, events and weights of windows of about equal time of flight, none across a range."""
    filled = np.flatnonzero(spectrum.counts > 0.0)
    if not len(filled):
        return None
    free = free.copy()
    free[: filled[0]] = False
    free[filled[-1] + 1 :] = False
    if not free.any():
        return None
    edges = spectrum.edges_da
    weight = flight_weight(edges[:-1], edges[1:])
    n_windows = int(np.clip(spectrum.counts[free].sum() / EVENTS_PER_WINDOW, FEWEST_WINDOWS, MOST_WINDOWS))
    width = weight[free].sum() / n_windows
    # A new window begins at every gap and wherever the flight time of its gap passes a multiple of the width.
    gap = np.cumsum(np.diff(free.astype(np.int8), prepend=0) == 1)
    elapsed = np.cumsum(np.where(free, weight, 0.0))
    start_of_gap = np.array([elapsed[gap == number][0] for number in range(1, int(gap[-1]) + 1)])
    inside = gap[free] - 1
    part = ((elapsed[free] - start_of_gap[inside]) / width).astype(np.int64)
    _, first, window = np.unique(np.stack([inside, part]), axis=1, return_index=True, return_inverse=True)
    window = window.ravel()
    last = np.append(first[1:], len(window)) - 1
    return (
        edges[:-1][free][first],
        edges[1:][free][last],
        np.bincount(window, weights=spectrum.counts[free]).astype(np.float64),
        np.bincount(window, weights=weight[free]).astype(np.float64),
    )


def _robust_rate(events: Floats, weight: Floats) -> tuple[float, Bools]:
    """Rate that most of the low windows share, found from below, and the windows that it explains."""
    rate = events / weight
    order = np.argsort(rate, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    # One event in all is the least that a rate can be told from; it also lets the search leave zero.
    least = 1.0 / weight.sum()
    b = max(float(rate[order][np.searchsorted(share, START_QUANTILE)]), least)
    used = np.ones(len(events), dtype=bool)
    for _ in range(MOST_STEPS):
        expected = b * weight
        low, high = _poisson_quantile(REJECTION, expected), _poisson_quantile(1.0 - REJECTION, expected)
        used = (events >= low) & (events <= high)
        if not used.any():
            break
        # Mean of a Poisson count that is known to lie between low and high: without it, rejection would bias the rate.
        inside = _poisson_cumulated(high, expected) - _poisson_cumulated(low - 1.0, expected)
        shifted = _poisson_cumulated(high - 1.0, expected) - _poisson_cumulated(low - 2.0, expected)
        explained = float((expected * shifted / inside)[used].sum())
        if explained <= 0.0:  # nothing but empty windows is left
            break
        previous, b = b, b * float(events[used].sum()) / explained
        b = max(b, least)
        if abs(b - previous) < 1e-9 * b:
            break
    return (b if events[used].any() else 0.0), used


def _poisson_cumulated(count: Floats, mean: Floats) -> Floats:
    """Probability of at most ``count`` events."""
    return np.where(count < 0.0, 0.0, pdtr(np.maximum(count, 0.0), mean))


def _poisson_quantile(probability: float, mean: Floats) -> Floats:
    """Smallest whole number of events that is exceeded with at most one minus the probability."""
    whole = np.ceil(np.nan_to_num(pdtrik(probability, mean)))
    lower = np.maximum(whole - 1.0, 0.0)
    return np.where(_poisson_cumulated(lower, mean) >= probability, lower, whole)


def _notices(used: Bools, weight: Floats) -> tuple[str, ...]:
    share = float(weight[used].sum() / weight.sum())
    if share >= 0.5:
        return ()
    return (
        f"only {100 * share:.0f} % of the range-free time of flight is at the background level: unranged peaks or "
        "tails of peaks fill the rest, and a background of b/sqrt(m/q) alone corrects too little beneath them; "
        "sideband follows the tails",
    )
