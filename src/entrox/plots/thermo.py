"""Figures of nucleation: the work of a nucleus, barriers over entropy, and the map of what a barrier depends on.

Units on the axes: nm, eV, kT, J/m2, J/m3, R.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.plots.labels import number_text
from entrox.plots.style import GUIDE_COLOR, legend_above, new_axes, paper_style
from entrox.thermo.barrier_laws import LawFit
from entrox.thermo.barriers_over_entropy import BarrierSeries
from entrox.thermo.law_prediction import predict_law
from entrox.thermo.nucleation import barriers_ev, nucleation_work, thermal_energy
from entrox.thermo.uncertain_barrier import REACHED_KT, NucleationResult

__all__ = ["plot_barrier_map", "plot_barrier_series", "plot_nucleation_work"]

Floats = NDArray[np.float64]

WORK_COLOR, SURFACE_COLOR, VOLUME_COLOR = "#000000", "#D55E00", "#0072B2"
LAW_STYLES: dict[str, tuple[str, Any]] = {
    "power": ("#D55E00", "-"), "exponential": ("#009E73", "--"), "linear": ("#CC79A7", "-."),
    "constant": ("#56B4E9", ":"), "monotone": ("#E69F00", (0, (4, 1, 1, 1, 1, 1))),
}  # fmt: skip
REACH = 1.8
GIGA = 1e9
MAP_LEVELS = (1.0, 10.0, REACHED_KT, 300.0, 1e3, 1e4, 1e5)
DARK_PART = 0.82
"""Part of the color map that is dark enough for thin lines on white."""
BAND_MULTIPLE = 3.0
"""An interval that reaches further than so many times the highest point is not shown whole."""


def plot_nucleation_work(found: NucleationResult, axes: Axes | None = None) -> Axes:
    """Draw the work of a nucleus over its radius, with its two parts, the barrier and its interval.

    Parameters
    ----------
    found
        A barrier, or the finding that there is none.
    axes
        Where to draw; a new figure of one column if not given.
    """
    top = found.critical_radius_nm
    radii = np.linspace(0.0, REACH * (top or 1.0), 301)
    force, gamma, wetting = found.driving_force_j_per_m3, found.gamma_j_per_m2, found.wetting
    work = np.asarray(nucleation_work(radii, force, gamma, wetting))
    surface = np.asarray(nucleation_work(radii, 0.0, gamma, wetting))
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        axes.plot(radii, surface, color=SURFACE_COLOR, linewidth=0.9, linestyle="--")
        axes.plot(radii, work - surface, color=VOLUME_COLOR, linewidth=0.9, linestyle="-.")
        axes.plot(radii, work, color=WORK_COLOR, linewidth=1.3)
        handles = [
            Line2D([], [], color=WORK_COLOR, linewidth=1.3, label=f"W, {found.direction.replace('-', ' ')}"),
            Line2D([], [], color=SURFACE_COLOR, linestyle="--", label=f"interface, {number_text(gamma, 3)} J/m²"),
            Line2D([], [], color=VOLUME_COLOR, linestyle="-.", label=f"volume, {_giga(force)} GJ/m³"),
        ]
        if found.barrier_ev is not None and top is not None:
            handles.append(_mark_barrier(axes, found, top, found.barrier_ev))
            _limit_to_hill(axes, found.barrier_ev, found.barrier_p95_ev or 0.0, work)
        else:
            axes.text(0.05, 0.93, "no barrier: W rises without bound", transform=axes.transAxes, va="top",
                      fontsize=6.5, color=GUIDE_COLOR)  # fmt: skip
        axes.set_xlim(0.0, float(radii[-1]))
        axes.set_xlabel("Radius of the nucleus [nm]")
        axes.set_ylabel("Work [eV]")
        legend_above(axes, handles, own=own)
    return axes


def _giga(value: float) -> str:
    return number_text(value / GIGA, 3)


def _mark_barrier(axes: Axes, found: NucleationResult, radius: float, height: float) -> Line2D:
    axes.plot([radius], [height], marker="o", markersize=3.4, color=WORK_COLOR)
    low, high = found.barrier_p05_ev, found.barrier_p95_ev
    words = f"barrier {number_text(height, 4)} eV = {number_text(found.barrier_kt, 4)} kT"
    if low is not None and high is not None and high > low:
        axes.errorbar([radius], [height], yerr=[[height - low], [high - height]], color=WORK_COLOR, elinewidth=0.8,
                      capsize=1.6)  # fmt: skip
        words += f" ({number_text(low, 3)} to {number_text(high, 3)} eV)"
    return Line2D([], [], color=WORK_COLOR, linestyle="none", marker="o", markersize=3.4, label=words)


def _limit_to_hill(axes: Axes, height: float, upper: float, work: Floats) -> None:
    """Keep the hill large: the two parts leave the picture where they are far larger, and so may the interval."""
    top = min(max(2.4 * height, 1.06 * upper), 4.0 * height)
    axes.set_ylim(min(float(work.min()), -1.2 * height) - 0.1 * height, top)


def plot_barrier_series(series: BarrierSeries, axes: Axes | None = None) -> Axes:
    """Draw barriers over entropy with the laws fitted to them and the band of the asked one.

    Parameters
    ----------
    series
        At least two points with a barrier.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no law to draw.
    """
    if not series.fits:
        raise InputError(f"there is nothing to draw: {series.law_verdict}.")
    good = np.isfinite(series.barrier_ev)
    entropy, heights = series.s_config_r[good], series.barrier_ev[good]
    ends = np.array([[point.barrier_p05_ev, point.barrier_p95_ev] for point in series.points], dtype=float)[good]
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        handles = [Line2D([], [], color="black", marker="o", linestyle="none", label="barrier, 5 to 95 %")]
        for fit in (item for item in series.fits if item.target == "y"):
            handles.append(_draw_law(axes, fit, chosen=fit is series.chosen))
        axes.errorbar(
            entropy, heights, yerr=np.abs(ends.T - heights), linestyle="none", marker="o", color="black",
            markersize=3.4, elinewidth=0.7, capsize=1.6, zorder=4,
        )  # fmt: skip
        if (~good).any():
            axes.plot(series.s_config_r[~good], np.zeros((~good).sum()), marker="x", linestyle="none",
                      color=GUIDE_COLOR, clip_on=False, zorder=5)  # fmt: skip
            handles.append(Line2D([], [], color=GUIDE_COLOR, marker="x", linestyle="none", label="no barrier"))
        axes.set_ylim(0.0, min(1.08 * float(ends.max()), BAND_MULTIPLE * float(heights.max())))
        per = "" if series.entropy_per == "not stated" else f" per {series.entropy_per}"
        axes.set_xlabel(f"Configurational entropy{per} [R]")
        axes.set_ylabel("Barrier [eV]")
        legend_above(axes, handles, own=own)
    return axes


def _draw_law(axes: Axes, fit: LawFit, *, chosen: bool) -> Line2D:
    color, dash = LAW_STYLES[fit.law]
    places = np.linspace(float(fit.x.min()), float(fit.x.max()), 200)
    found = predict_law(fit, places)
    if chosen and found.low is not None and found.high is not None:
        axes.fill_between(places, found.low, found.high, color=color, alpha=0.14, linewidth=0.0)
    axes.plot(places, found.value, color=color, linestyle=dash, linewidth=1.3 if chosen else 0.8)
    words = fit.law
    if fit.law == "power":
        exponent = number_text(float(fit.parameters[1]), 3)
        words = f"power {exponent}, {fit.degrees_of_freedom} spare point{'' if fit.degrees_of_freedom == 1 else 's'}"
    return Line2D([], [], color=color, linestyle=dash, label=words)


def plot_barrier_map(found: NucleationResult, axes: Axes | None = None) -> Axes:
    """Draw lines of equal barrier over driving force and interface energy, and where a result lies with its errors.

    Parameters
    ----------
    found
        A barrier; its temperature and wetting are those of the lines.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no barrier.
    """
    if found.barrier_ev is None:
        raise InputError("without a driving force there is no barrier to place on the map.")
    size, gamma = -found.driving_force_j_per_m3, found.gamma_j_per_m2
    forces = np.geomspace(size / 12.0, size * 12.0, 200)
    gammas = np.geomspace(gamma / 8.0, gamma * 3.0, 160)
    heights = found.wetting * barriers_ev(-forces[None, :], gammas[:, None]) / thermal_energy(found.temperature_k)
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        shades = colormaps["cividis"](np.linspace(0.0, DARK_PART, len(MAP_LEVELS)))
        lines = axes.contour(forces / GIGA, gammas, np.log10(heights), levels=np.log10(MAP_LEVELS), colors=shades,
                             linewidths=0.9)  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.contourf(forces / GIGA, gammas, heights, levels=[0.0, REACHED_KT], colors=["#e6eef6"], zorder=0)
        names = {level: f"{number_text(height, 4)} kT" for level, height in zip(lines.levels, MAP_LEVELS, strict=True)}
        axes.clabel(lines, fmt=names, fontsize=5.8, inline_spacing=2)
        axes.plot([size / GIGA], [gamma], marker="o", color="#D55E00", markersize=3.4, linestyle="none", zorder=5)
        handles = [
            Line2D([], [], color="#D55E00", marker="o", linestyle="none", label="result, one standard error"),
            Patch(color="#e6eef6", label=f"within reach, {REACHED_KT:g} kT"),
        ]
        axes.add_patch(
            Ellipse((size / GIGA, gamma), 2.0 * found.df_error_j_per_m3 / GIGA, 2.0 * found.gamma_error_j_per_m2,
                    facecolor="none", edgecolor="#D55E00", linewidth=0.9, zorder=5)
        )  # fmt: skip
        axes.set_xlabel("Driving force [GJ/m³]")
        axes.set_ylabel("Interface energy [J/m²]")
        legend_above(axes, handles, own=own)  # type: ignore[arg-type]
    return axes
