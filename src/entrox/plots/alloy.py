"""Alloys whose ions keep their own parameters against the alloy of mean parameters, and the effect of clustering.

Each function takes results and optional axes and returns the axes. Fields are drawn in MV/m. Intervals are those of
the mean over seeds (95 %, Student): the error of the calibration is common to all and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.breakdown import BreakdownEnsemble
from entrox.core import InputError, Quantity
from entrox.core.comparison import MeanComparison, mean_interval
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.labels import MINUS, axis_label, number_text, plain_mathtext
from entrox.plots.style import GUIDE_COLOR, family_style, legend_above, new_axes, paper_style

__all__ = ["draw_ensembles", "plot_alloys", "plot_clustering", "significance_text"]

Floats = NDArray[np.float64]
FIELD = Quantity("breakdown_field", "MV/m", "breakdown field")
SMALLEST_P = 1e-4
"""Smaller p-values are printed as smaller than this: the tails of the fields are not normal that far out."""
NEAREST_TEXTS = 0.14
"""Part of the axis that a text takes; nearer ones are staggered."""


def plot_alloys(
    curves: Mapping[str, Mapping[float, BreakdownEnsemble]],
    axes: Axes | None = None,
    *,
    variable: str = "Substitution x",
    onset_of: Sequence[str] = (),
) -> Axes:
    """Draw the breakdown field of several kinds of ensembles along one variable.

    Parameters
    ----------
    curves
        Ensembles by variable, by name of the kind, such as ``"mean parameters"`` and ``"explicit, random"``.
    axes
        Where to draw; a new figure of one column if not given.
    variable
        Label of the variable.
    onset_of
        Kinds whose onset, the first broken bond, is drawn as a dotted line.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are 95 % intervals of the mean over seeds, light bands one standard deviation over seeds.

    Raises
    ------
    InputError
        If there is no curve, or a name in ``onset_of`` is unknown.
    """
    if not curves or not all(curves.values()):
        raise InputError("curves must hold at least one kind with one ensemble each.")
    unknown = set(onset_of) - set(curves)
    if unknown:
        raise InputError(f"onset_of names {sorted(unknown)}; the curves are {list(curves)}.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        handles = []
        for index, (label, ensembles) in enumerate(curves.items()):
            handles.append(draw_ensembles(axes, ensembles, index, label=label))
            if label in onset_of:
                places = sorted(ensembles)
                onsets = [_or_nan(ensembles[place].onset_field) / MEGA for place in places]
                color = family_style(index).color
                axes.plot(places, onsets, color=color, linestyle=":", linewidth=0.9)
                handles.append(Line2D([], [], color=color, linestyle=":", linewidth=0.9, label=f"{label}: onset"))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel(variable)
        axes.set_ylabel(axis_label(FIELD))
        legend_above(axes, handles, own=own)
    return axes


def draw_ensembles(axes: Axes, ensembles: Mapping[float, BreakdownEnsemble], index: int, *, label: str) -> Line2D:
    """Draw mean, its 95 % interval over seeds, and one standard deviation as a band; return the legend entry.

    Parameters
    ----------
    axes
        Where to draw.
    ensembles
        By place on the x axis.
    index
        Number of the style.
    label
        Name of the curve.
    """
    style = family_style(index)
    places = np.array(sorted(ensembles))
    means, lows, highs, stds = (np.array(column) for column in zip(*(
        _statistics(ensembles[place]) for place in places.tolist()), strict=True))  # fmt: skip
    axes.fill_between(places, means - stds, means + stds, color=style.color, alpha=0.16, linewidth=0, zorder=1.5)
    axes.errorbar(
        places, means, yerr=[means - lows, highs - means], color=style.color, marker=style.marker, markersize=3.0,
        linewidth=1.1, elinewidth=0.9, capsize=1.6, capthick=0.8, zorder=2.5,
    )  # fmt: skip
    return Line2D([], [], color=style.color, marker=style.marker, markersize=3.4, label=plain_mathtext(label))


def _statistics(ensemble: BreakdownEnsemble) -> tuple[float, float, float, float]:
    """Mean, ends of its interval over seeds, and standard deviation [MV/m]; NaN where they do not exist."""
    fields = ensemble.breakdown_fields[np.isfinite(ensemble.breakdown_fields)] / MEGA
    mean = _or_nan(ensemble.mean) / MEGA
    low, high = mean_interval(fields) if len(fields) >= 3 else (mean, mean)
    return mean, low, high, _or_nan(ensemble.std) / MEGA


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def plot_clustering(
    ensembles: Mapping[float, BreakdownEnsemble],
    comparisons: Mapping[float, MeanComparison],
    p_values: Mapping[float, float] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw the breakdown field of explicit alloys against the clustering of their cations, with its significance.

    Parameters
    ----------
    ensembles
        By clustering: -1 ordered, 0 random, 1 gathered.
    comparisons
        By clustering, from ``entrox.core.comparison.compare_means`` with the random alloy as the first sample.
    p_values
        p-values to print instead of those of the comparisons, such as the ones of ``holm_p_values``.
    axes
        Where to draw; a new figure of one column if not given.

    Returns
    -------
    matplotlib.axes.Axes
        One dot per seed, means with 95 % intervals; above each clustering the relative difference from the random
        alloy and its p-value.

    Raises
    ------
    InputError
        If a comparison belongs to a clustering without an ensemble.
    """
    if not ensembles:
        raise InputError("ensembles must hold at least one clustering.")
    if set(comparisons) - set(ensembles):
        raise InputError(f"comparisons name {sorted(set(comparisons) - set(ensembles))}, which no ensemble has.")
    with paper_style():
        axes = new_axes(height=72.0)[1][0] if axes is None else axes
        highest = 0.0
        for place, ensemble in sorted(ensembles.items()):
            fields = np.sort(ensemble.breakdown_fields[np.isfinite(ensemble.breakdown_fields)]) / MEGA
            highest = max(highest, float(fields.max(initial=0.0)))
            spread = _beeswarm(fields)
            axes.plot(place + spread, fields, "o", markersize=1.9, color=GUIDE_COLOR, alpha=0.45, markeredgewidth=0)
        draw_ensembles(axes, ensembles, 0, label="")
        places = sorted(comparisons)
        crowded = len(places) > 1 and min(np.diff(places)) < NEAREST_TEXTS * (max(ensembles) - min(ensembles))
        for number, place in enumerate(places):
            found = comparisons[place]
            p_value = found.p_value if p_values is None else p_values[place]
            height = (1.03 + (0.11 if crowded and number % 2 else 0.0)) * highest
            axes.text(place, height, significance_text(found, p_value), ha="center", va="bottom", fontsize=5.6)
        axes.set_ylim(0.0, (1.25 if crowded else 1.14) * highest)
        axes.set_xticks(sorted(ensembles))
        axes.set_xlabel("Clustering of the cations: \N{MINUS SIGN}1 ordered, 0 random, 1 gathered")
        axes.set_ylabel(axis_label(FIELD))
    return axes


def significance_text(found: MeanComparison, p_value: float) -> str:
    """Return relative difference and p-value as two short lines.

    Parameters
    ----------
    found
        The comparison.
    p_value
        Its p-value, adjusted or not.
    """
    percent = f"{100 * found.relative_difference:+.0f} %".replace("-", MINUS)
    words = f"p < {SMALLEST_P:.4f}" if p_value < SMALLEST_P else f"p = {number_text(p_value, 2)}"
    return f"{percent}\n{words}"


def _beeswarm(values: Floats, width: float = 0.075, bins: int = 24) -> Floats:
    """Return sideways places of ordered values so that near ones do not hide one another."""
    places = np.zeros(len(values))
    if len(values) < 2 or np.ptp(values) == 0.0:
        return places
    bin_of = np.minimum(((values - values[0]) / np.ptp(values) * bins).astype(int), bins - 1)
    for number in np.unique(bin_of):
        members = np.flatnonzero(bin_of == number)
        places[members] = (np.arange(len(members)) - 0.5 * (len(members) - 1)) * min(0.02, width / len(members) * 2)
    return places
