"""Weibull paper: breakdown fields at their median ranks, and the fitted line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Quantity, check_finite
from entrox.core.weibull import WeibullFit, median_ranks
from entrox.design import StudyResult
from entrox.plots.curves import breakdown_families, has_values
from entrox.plots.labels import axis_label, plain_mathtext
from entrox.plots.style import family_style, legend_above, new_axes, paper_style

__all__ = ["BestSample", "best_samples", "draw_weibull", "plot_weibull", "plot_weibull_of_best"]

Floats = NDArray[np.float64]
SEED_FIELDS, MODULUS, SCALE = "breakdown_fields_mv_per_m", "weibull_modulus", "weibull_scale_mv_per_m"
FIELD = Quantity("breakdown_field_mv_per_m", "MV/m", "breakdown field")
PROBABILITIES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
"""Ticks of the probability axis."""


def plot_weibull(fields: ArrayLike, fit: WeibullFit, axes: Axes | None = None, *, label: str = "") -> Axes:
    """Draw breakdown fields on Weibull paper with their fit.

    The modulus in the legend, and the slope of the line, is the one with the bias removed, as in all tables; the
    interval is that of the likelihood.

    Parameters
    ----------
    fields
        Breakdown fields, shape ``(n,)`` [MV/m].
    fit
        Fit of the same fields, in the same unit.
    axes
        Where to draw; a new figure of one column if not given.
    label
        Name of the sample in the legend.

    Raises
    ------
    InputError
        If a field is not finite, or the fit belongs to another sample size.
    """
    sample = check_finite(fields, "fields").ravel()
    if len(sample) != fit.sample_size:
        raise InputError(f"the fit is of {fit.sample_size} values, fields holds {len(sample)}. Give the fitted fields.")
    low, high = fit.modulus_interval
    text = (
        f"m = {fit.modulus_unbiased:.0f}, bias removed (interval {low:.0f} to {high:.0f}); 63.2 %: {fit.scale:.0f} MV/m"
    )
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        named = f"{plain_mathtext(label)}: {text}" if label else text
        handle = draw_weibull(axes, sample, fit.modulus_unbiased, fit.scale, 0, label=named)
        axes.set_xlabel(axis_label(FIELD))
        legend_above(axes, [handle], own=own)
    return axes


def draw_weibull(
    axes: Axes, fields: Floats, modulus: float, scale: float, index: int, *, label: str, unit: float = 1.0
) -> Line2D:
    """Draw ordered fields over ``unit`` at their median ranks, and the Weibull line; the y axis is ln(-ln(1 - F)).

    The legend entry is returned.
    """
    style = family_style(index)
    ordered = np.sort(fields)
    ranks = np.log(-np.log1p(-median_ranks(len(ordered))))
    axes.plot(
        ordered / unit,
        ranks,
        linestyle="none",
        marker=style.marker,
        markersize=2.8,
        markerfacecolor="none",
        markeredgecolor=style.color,
        markeredgewidth=0.7,
    )
    heights = np.array([ranks[0] - 0.4, ranks[-1] + 0.4])
    axes.plot(scale * np.exp(heights / modulus) / unit, heights, color=style.color)
    axes.yaxis.set_major_locator(FixedLocator([float(np.log(-np.log1p(-p))) for p in PROBABILITIES]))
    axes.set_yticklabels([f"{100 * p:g}" for p in PROBABILITIES])
    axes.set_ylabel("Probability of breakdown [%]")
    return Line2D([], [], color=style.color, marker=style.marker, markerfacecolor="none", label=label)


@dataclass(frozen=True, eq=False)
class BestSample:
    """Breakdown fields of the best point of a family, with the Weibull parameters of the points table.

    Parameters
    ----------
    family, mathtext, html, composition
        Which point it is; the name of the family also for matplotlib and for pages.
    index
        Place of the family in the study.
    fields
        One field per seed that formed a channel, in rising order [MV/m].
    modulus, scale
        Dimensionless and [MV/m].
    """

    family: str
    mathtext: str
    html: str
    composition: str
    index: int
    fields: Floats
    modulus: float
    scale: float


def best_samples(result: StudyResult) -> list[BestSample]:
    """Return the simulated fields of the best point of each family; families without statistics are left out."""
    if SEED_FIELDS not in result.columns or not has_values(result, MODULUS, SCALE):
        return []
    names = [str(name) for name in result.maps["family"].values]
    samples = []
    for curve, best in breakdown_families(result):
        row = int(np.argmin(np.abs(curve.values("x") - best.x)))
        modulus, scale = float(curve.values(MODULUS)[row]), float(curve.values(SCALE)[row])
        index = names.index(curve.name)
        point = int(np.nanargmin(np.abs(result.maps["x"].values[index] - best.x)))
        fields = np.sort(result.maps[SEED_FIELDS].values[index, point])
        fields = fields[np.isfinite(fields)]
        if len(fields) and np.isfinite([modulus, scale]).all():
            samples.append(
                BestSample(curve.name, curve.mathtext, curve.html, best.composition, index, fields, modulus, scale)
            )
    return samples


def plot_weibull_of_best(result: StudyResult, axes: Axes | None = None) -> Axes:
    """Draw the best point of every family on one Weibull paper, fields relative to their 63.2 % value.

    Parameters
    ----------
    result
        A study with the measure ``breakdown``.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If no family has enough simulated fields.
    """
    samples = best_samples(result)
    if not samples:
        raise InputError("no family has Weibull statistics of its best point. Simulate at least five seeds.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        handles = []
        for item in samples:
            text = f"{item.mathtext}: m = {item.modulus:.0f} (bias removed), 63.2 %: {item.scale:.0f} MV/m"
            handle = draw_weibull(axes, item.fields, item.modulus, item.scale, item.index, label=text, unit=item.scale)
            handles.append(handle)
        axes.set_xlabel("Breakdown field over its 63.2 % value")
        legend_above(axes, handles, own=own)
    return axes
