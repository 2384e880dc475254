"""Oxygen vacancies: the map over trap depth and density with its boundary, and the field against their number.

Each function takes results and optional axes and returns the axes. Fields are drawn in MV/m, depths in eV, densities
in 1/m^3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.breakdown import BreakdownEnsemble
from entrox.core import InputError, Quantity
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.alloy import FIELD, draw_ensembles
from entrox.plots.labels import axis_label
from entrox.plots.style import GUIDE_COLOR, family_style, legend_above, new_axes, paper_style

__all__ = ["plot_vacancy_fractions", "plot_vacancy_map"]

Floats = NDArray[np.float64]
COLORMAP = "viridis"
BOUNDARY_COLOR = "white"
DEPTH = Quantity("trap_depth", "eV", "trap depth")
DENSITY = Quantity("trap_density", "1/m^3", "density of trap states")
FRACTION_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
RELEASE_WORDS = {"unlimited": "unlimited release", "full": "two electrons per vacancy"}


def plot_vacancy_map(dataset: xr.Dataset, axes: Axes | None = None, *, other: xr.Dataset | None = None) -> Axes:
    """Draw the breakdown field over trap depth and trap density with the boundary of vacancy-driven breakdown.

    Parameters
    ----------
    dataset
        From ``entrox.design.vacancy_map.vacancy_map``.
    axes
        Where to draw; a new figure of one column if not given.
    other
        A second map, of which only the boundary is drawn, dashed: the other release, for example.

    Returns
    -------
    matplotlib.axes.Axes
        Color is the breakdown field; above the line it lies within the stated drop of the intrinsic one.

    Raises
    ------
    InputError
        If the dataset is no vacancy map.
    """
    for item in (dataset, other):
        if item is not None and not {"boundary_depth", "breakdown_field_mv_per_m"} <= set(item.data_vars):
            raise InputError("this figure needs a map from entrox.design.vacancy_map.vacancy_map.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=68.0)[1][0] if axes is None else axes
        density, depth = dataset["trap_density"].to_numpy(), dataset["trap_depth"].to_numpy()
        values = dataset["breakdown_field_mv_per_m"].to_numpy()
        edges = np.exp(_edges(np.log(density))), _edges(depth)
        mesh = axes.pcolormesh(*edges, values, cmap=COLORMAP, shading="flat", rasterized=True)
        levels = np.arange(200.0, 0.85 * float(np.nanmax(values)), 200.0)
        lines = axes.contour(density, depth, values, levels=levels, colors="white", linewidths=0.6, alpha=0.8)
        axes.clabel(lines, fontsize=5.6, fmt="%.0f")
        handles = []
        looks: tuple[tuple[xr.Dataset | None, Literal["-", "--"]], ...] = ((dataset, "-"), (other, "--"))
        for item, dash in looks:
            if item is None:
                continue
            axes.plot(item["trap_density"], item["boundary_depth"], color=BOUNDARY_COLOR, linestyle=dash, linewidth=1.6,
                      path_effects=[patheffects.withStroke(linewidth=2.6, foreground="black")])  # fmt: skip
            words = RELEASE_WORDS.get(str(item.attrs.get("release")), str(item.attrs.get("release")))
            drop = f"{100 * float(item.attrs['drop']):.0f} % below the intrinsic field, {words}"
            handles.append(Line2D([], [], color="black", linestyle=dash, linewidth=1.6, label=drop))
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlabel(axis_label(DENSITY).replace("1/m³", "m⁻³"))
        axes.set_ylabel(axis_label(DEPTH))
        for place, word in (((0.04, 0.93), "intrinsic"), ((0.28, 0.03), "vacancy-driven")):
            axes.text(*place, word, transform=axes.transAxes, color="black" if place[1] > 0.5 else "white",
                      ha="left", va="top" if place[1] > 0.5 else "bottom",
                      fontsize=7.0, fontstyle="italic")  # fmt: skip
        bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02, aspect=26)
        bar.set_label(axis_label(FIELD))
        bar.outline.set_linewidth(0.0)
        axes.spines[:].set_visible(False)
        legend_above(axes, handles, own=own)
    return axes


def _edges(middles: Floats) -> Floats:
    """Return the edges of the cells around rising middles."""
    if len(middles) < 2:
        return np.array([middles[0] - 0.05, middles[0] + 0.05])
    inner = 0.5 * (middles[1:] + middles[:-1])
    return np.concatenate([[2 * middles[0] - inner[0]], inner, [2 * middles[-1] - inner[-1]]])


def plot_vacancy_fractions(
    curves: Mapping[str, Mapping[float, BreakdownEnsemble]],
    axes: Axes | None = None,
    *,
    intrinsic: float | None = None,
    show_onset: bool = True,
) -> Axes:
    """Draw the breakdown field against the fraction of vacant anion sites for several arrangements.

    Parameters
    ----------
    curves
        Ensembles by vacancy fraction, by name of the arrangement, such as ``"random"``, ``"clustered"``.
    axes
        Where to draw; a new figure of one column if not given.
    intrinsic
        Breakdown field without vacancies [V/m], drawn as a line.
    show_onset
        Whether to draw the onset of the first arrangement, the first broken bond.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are 95 % intervals of the mean over seeds, light bands one standard deviation.

    Raises
    ------
    InputError
        If there is no curve, or a fraction is not positive: the axis is logarithmic.
    """
    if not curves or not all(curves.values()):
        raise InputError("curves must hold at least one arrangement with one ensemble each.")
    if any(fraction <= 0.0 for ensembles in curves.values() for fraction in ensembles):
        raise InputError("vacancy fractions must be > 0 on a logarithmic axis; give the field without as intrinsic.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=68.0)[1][0] if axes is None else axes
        handles = [
            draw_ensembles(axes, ensembles, index, label=label)
            for index, (label, ensembles) in enumerate(curves.items())
        ]
        if intrinsic is not None:
            axes.axhline(intrinsic / MEGA, color=GUIDE_COLOR, linestyle="--", linewidth=0.8, zorder=1)
            handles.append(Line2D([], [], color=GUIDE_COLOR, linestyle="--", linewidth=0.8, label="no vacancies"))
        if show_onset:
            label, ensembles = next(iter(curves.items()))
            known = {place: e.onset_field for place, e in sorted(ensembles.items()) if e.onset_field is not None}
            color = family_style(0).color
            axes.plot(list(known), np.array(list(known.values())) / MEGA, color=color, linestyle=":", linewidth=0.9)
            handles.append(Line2D([], [], color=color, linestyle=":", linewidth=0.9, label=f"{label}: onset"))
        axes.set_xscale("log")
        axes.set_xticks(list(FRACTION_TICKS), [f"{100 * tick:g} %" for tick in FRACTION_TICKS])
        axes.minorticks_off()
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Fraction of vacant anion sites")
        axes.set_ylabel(axis_label(FIELD))
        legend_above(axes, handles, own=own)
    return axes
