"""A mass spectrum with its ranges and background. m/q in Da; counts are events."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.atomprobe import SpectrumAnalysis
from entrox.core import InputError
from entrox.plots.labels import formula_mathtext, number_text
from entrox.plots.style import COLORS, FULL_WIDTH, GUIDE_COLOR, new_axes, paper_style

__all__ = ["plot_mass_spectrum"]

Floats = NDArray[np.float64]

MOST_STEPS = 3000
"""Bins are joined until there are no more than this."""
NAME_WIDTH = 0.0135
"""Room that a name written upwards takes, as a share of the axis."""
MARGIN = 0.02
LEAST_EVENTS = 0.6
"""Lower end of the counts, lowered where the background lies below."""
BEYOND = 1.12
"""The axis ends at this multiple of the last range or peak."""


def plot_mass_spectrum(found: SpectrumAnalysis, axes: Axes | None = None) -> Axes:
    """Draw a mass spectrum with its ranges, the names of its ions, and the background.

    Parameters
    ----------
    found
        Spectrum with background and, if there were any, ranges.
    axes
        Where to draw; a new figure of a page's width if not given.

    Returns
    -------
    matplotlib.axes.Axes
        Logarithmic counts; bins without events leave gaps. Where names would touch, that of the larger range stays.

    Raises
    ------
    InputError
        If the spectrum has no events.
    """
    lower, counts, width = _joined(found)
    if not counts.any():
        raise InputError("this spectrum has no events in its bins.")
    with paper_style():
        axes = new_axes(FULL_WIDTH, 78.0)[1][0] if axes is None else axes
        edges = np.append(lower, lower[-1] + width)
        axes.stairs(np.where(counts > 0.0, counts, np.nan), edges, color="black", linewidth=0.5, zorder=3)
        reach = float(edges[-1] - edges[0])
        axes.set_xlim(edges[0] - MARGIN * reach, edges[-1] + MARGIN * reach)
        axes.set_yscale("log")
        handles = _draw_background(axes, found, edges, width)
        lowest = (found.background.b_per_sqrt_da or 1.0) * width / math.sqrt(float(edges[-1]))
        axes.set_ylim(LEAST_EVENTS * min(1.0, max(lowest, 1e-3)), 1.6 * float(counts.max()))
        colors = _draw_ranges(axes, found)
        axes.set_xlabel("Mass-to-charge ratio [Da]")
        axes.set_ylabel(f"Events per {number_text(width, 3)} Da")
        if handles:
            axes.legend(handles=handles, loc="upper right")
        _name_ranges(axes, found, colors)
    return axes


def _joined(found: SpectrumAnalysis) -> tuple[Floats, Floats, float]:
    """Return lower edges, events and width of bins that are joined until they can be told apart on paper."""
    spectrum = found.spectrum
    end = int(np.searchsorted(spectrum.bin_lower_da, _last_of_interest(found)))
    step = max(1, math.ceil(end / MOST_STEPS))
    end = min(-(-end // step) * step, len(spectrum.counts) // step * step) or step
    counts = np.asarray(spectrum.counts[:end], dtype=np.float64)
    whole = len(counts) // step * step
    lower = np.asarray(spectrum.bin_lower_da[:whole:step], dtype=np.float64)
    return lower, counts[:whole].reshape(-1, step).sum(axis=1), step * spectrum.bin_da


def _last_of_interest(found: SpectrumAnalysis) -> float:
    """Return where the axis ends: beyond the last range and peak, or with the last event [Da]."""
    upper = [] if found.counts is None else found.counts.upper_da.tolist()
    named = max([*upper, *found.peaks.position_da.tolist()], default=0.0)
    held = np.flatnonzero(found.spectrum.counts > 0.0)
    last = float(found.spectrum.bin_lower_da[held[-1]]) + found.spectrum.bin_da if len(held) else 0.0
    return min(last, BEYOND * named) if named else last


def _draw_background(axes: Axes, found: SpectrumAnalysis, edges: Floats, width: float) -> list[Line2D]:
    """Draw the law of the flight time where one was fitted, and the level below each range."""
    handles, color = [], COLORS[1]
    level = found.background.b_per_sqrt_da
    if level is not None:
        middle = 0.5 * (edges[1:] + edges[:-1])
        positive = middle > 0.0
        dash: Literal["-", "--"] = "--" if found.background.method == "sideband" else "-"
        values = level * width / np.sqrt(middle[positive])
        axes.plot(middle[positive], values, color=color, linestyle=dash, linewidth=0.9, zorder=4)
        words = f"background, {number_text(level, 3)} / sqrt(m/q) per Da"
        handles.append(Line2D([], [], color=color, linestyle=dash, linewidth=0.9, label=words))
    if found.counts is not None and found.background.method == "sideband":
        span = found.counts.upper_da - found.counts.lower_da
        per_bin = found.counts.background / span * width
        axes.hlines(per_bin, found.counts.lower_da, found.counts.upper_da, color=color, linewidth=1.6, zorder=5)
        handles.append(Line2D([], [], color=color, linewidth=1.6, label="background of each range, from its sidebands"))
    return handles


def _draw_ranges(axes: Axes, found: SpectrumAnalysis) -> dict[str, str]:
    """Shade the ranges, one color per ion; return the colors."""
    if found.counts is None:
        return {}
    palette = [color for color in COLORS if color != "#000000"]
    ions = tuple(dict.fromkeys(found.counts.ions))
    colors = {ion: palette[index % len(palette)] for index, ion in enumerate(ions)}
    for ion, low, high in zip(found.counts.ions, found.counts.lower_da, found.counts.upper_da, strict=True):
        axes.axvspan(low, high, color=colors[ion], alpha=0.28, linewidth=0, zorder=1)
    return colors


def _name_ranges(axes: Axes, found: SpectrumAnalysis, colors: dict[str, str]) -> None:
    """Write the names above the axes, the largest ranges first, none over another; without ranges, peak positions."""
    low, high = axes.get_xlim()
    counts, peaks = found.counts, found.peaks
    if counts is None:
        names = [(float(p), number_text(float(p), 4), GUIDE_COLOR, float(n))
                 for p, n in zip(peaks.position_da, peaks.counts, strict=True)]  # fmt: skip
    else:
        middle = 0.5 * (counts.lower_da + counts.upper_da)
        rows = zip(middle, counts.ions, counts.charges, counts.counts, strict=True)
        names = [(float(m), _ion_name(ion, int(charge)), colors[ion], float(n)) for m, ion, charge, n in rows]
    room = NAME_WIDTH * (high - low)
    taken: list[float] = []
    for place, text, color, _ in sorted(names, key=lambda item: -item[3]):
        if low <= place <= high and all(abs(place - other) >= room for other in taken):
            taken.append(place)
            axes.text(place, 1.015, text, transform=axes.get_xaxis_transform(), rotation=90, ha="center", va="bottom",
                      fontsize=5.8, color=color)  # fmt: skip


def _ion_name(ion: str, charge: int) -> str:
    sign = "" if charge == 0 else f"$^{{{charge if charge > 1 else ''}+}}$"
    return formula_mathtext(ion) + sign
