"""Peaks of a pair distribution: positions, widths, and their band over the choices of the reduction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, quantity

__all__ = ["PdfPeak", "find_pdf_peaks", "with_errors"]

Floats = NDArray[np.float64]

SHORTEST_ANGSTROM = 1.1
"""Below the shortest distance of two atoms other than hydrogen."""
LEAST_PROMINENCE = 0.02
"""Over the highest peak."""
RIPPLES = 1.0
FARTHEST_MATCH = 0.35
"""Distance within which a peak of another reduction is the same [angstrom]."""


@dataclass(frozen=True, kw_only=True)
class PdfPeak(Result):
    """One peak; ``seen_share`` says in how many of the other reductions it was found."""

    r_angstrom: float = quantity("angstrom", "position")
    error_angstrom: float | None = quantity("angstrom", "spread of the position over the reductions", default=None)
    width_angstrom: float = quantity("angstrom", "full width at half prominence")
    height: float = quantity("1/angstrom^2", "height")
    seen_share: float | None = quantity("1", "share of the reductions that show it", default=None)


def find_pdf_peaks(r: ArrayLike, g_pdf: ArrayLike) -> tuple[list[PdfPeak], float]:
    """Peaks that rise above the ripples below the shortest distance.

    Parameters
    ----------
    r
        Even steps, shape ``(n,)`` [angstrom].
    g_pdf
        Reduced pair distribution, shape ``(n,)`` [1/angstrom^2].

    Returns
    -------
    peaks : list of PdfPeak
        In the order of r.
    ripple : float
        Scatter of G about a straight line below the shortest distance [1/angstrom^2].
    """
    from scipy.signal import find_peaks, peak_widths

    at, values = np.asarray(r, dtype=float), np.asarray(g_pdf, dtype=float)
    inner = at < SHORTEST_ANGSTROM
    ripple = 0.0
    if inner.sum() > 2:
        line = np.polyfit(at[inner], values[inner], 1)
        ripple = float(np.std(values[inner] - np.polyval(line, at[inner])))
    outer = values[~inner]
    least = max(LEAST_PROMINENCE * float(outer.max(initial=0.0)), 0.0)
    places, marks = find_peaks(values, prominence=max(least, 1e-12))
    step = float(at[1] - at[0])
    peaks = []
    widths = peak_widths(values, places, rel_height=0.5)[0] if len(places) else np.zeros(0)
    for place, prominence, width in zip(places, marks["prominences"], widths, strict=True):
        if at[place] < SHORTEST_ANGSTROM or prominence < RIPPLES * ripple * min(1.0, SHORTEST_ANGSTROM / at[place]):
            continue
        before, top, after = values[place - 1 : place + 2]
        bend = before - 2.0 * top + after
        shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
        peaks.append(
            PdfPeak(r_angstrom=float(at[place] + step * shift), width_angstrom=float(step * width), height=float(top))
        )
    return peaks, ripple


def with_errors(peaks: Sequence[PdfPeak], others: Sequence[Sequence[PdfPeak]]) -> list[PdfPeak]:
    """Return peaks with the spread of their position over other reductions.

    Parameters
    ----------
    peaks
        Peaks of the chosen reduction.
    others
        Peaks of each of the other reductions.
    """
    found = []
    for peak in peaks:
        places = []
        for other in others:
            near = min(other, key=lambda item: abs(item.r_angstrom - peak.r_angstrom), default=None)
            if near is not None and abs(near.r_angstrom - peak.r_angstrom) < FARTHEST_MATCH:
                places.append(near.r_angstrom)
        error = float(np.sqrt(np.mean((np.array(places) - peak.r_angstrom) ** 2))) if len(places) > 1 else None
        share = len(places) / len(others) if others else None
        found.append(replace(peak, error_angstrom=error, seen_share=share))
    return found
