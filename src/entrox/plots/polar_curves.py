"""Curves of polar order: correlation, bonds against neighbors, transitions, hysteresis loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.bonds.bonds import BondSplitting
from entrox.order.correlation.correlation import Correlation
from entrox.order.pair_distribution import PartialRdf
from entrox.order.response.feram_curve import OrderCurve
from entrox.order.response.hysteresis import Loop
from entrox.order.response.transitions import Transitions
from entrox.plots.labels import MINUS
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    family_style,
    legend_above,
    letter_panels,
    new_axes,
    paper_style,
    space_panels,
)

__all__ = [
    "plot_bond_environment",
    "plot_bond_splitting",
    "plot_correlation",
    "plot_hysteresis",
    "plot_pair_distributions",
    "plot_transitions",
]

Floats = NDArray[np.float64]
MEGAVOLT_PER_CM = 1e8
DASH = "\N{EN DASH}"
GROUP_COLORS = ("#0072B2", "#5f6368", "#D55E00")


def plot_correlation(found: Mapping[str, Correlation], axes: Axes | None = None) -> Axes:
    """Draw the correlation of displacements by distance, with the fitted decay.

    Parameters
    ----------
    found
        Correlation of each site.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is nothing to draw.
    """
    if not found:
        raise InputError("there is no correlation to draw.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=60.0)[1][0] if axes is None else axes
        handles = []
        for index, (site, item) in enumerate(found.items()):
            style = family_style(index)
            axes.errorbar(
                item.shell_angstrom, item.shell_values, yerr=np.nan_to_num(item.shell_errors), linestyle="none",
                marker=style.marker, color=style.color, markersize=2.8, elinewidth=0.6, capsize=1.2, capthick=0.6,
            )  # fmt: skip
            text = f"{site}: no decay length"
            if item.correlation_length_angstrom is not None and item.amplitude is not None:
                r = np.linspace(0.0, float(item.shell_angstrom.max()), 200)
                axes.plot(r, item.amplitude * np.exp(-r / item.correlation_length_angstrom), color=style.color)
                bound = " (limited by the box)" if item.limited_by_box else ""
                text = f"{site}: decay length {item.correlation_length_angstrom:.1f} Å{bound}"
            handles.append(Line2D([], [], color=style.color, marker=style.marker, label=text))
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        axes.set_xlabel("Distance [Å]")
        axes.set_ylabel("Correlation C(R), mean taken out")
        legend_above(axes, handles, own=own)
    return axes


def plot_bond_splitting(bonds: Sequence[BondSplitting], axes: Axes | None = None) -> Axes:
    """Draw short, middle and long bonds of each element, and the splitting that noise alone would give."""
    shown = [item for item in bonds if item.short_angstrom is not None and item.long_angstrom is not None]
    if not shown:
        raise InputError("no element has short and long bonds.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=56.0)[1][0] if axes is None else axes
        for place, item in enumerate(shown):
            values = (item.short_angstrom, item.middle_angstrom, item.long_angstrom)
            errors = [0.0] * 3 if item.errors_angstrom is None else np.nan_to_num(item.errors_angstrom[:3]).tolist()
            if item.noise_floor_angstrom:
                half = 0.5 * item.noise_floor_angstrom
                axes.fill_between(
                    [place - 0.32, place + 0.32], item.mean_angstrom - half, item.mean_angstrom + half,
                    color="#d9dce0", linewidth=0,
                )  # fmt: skip
            axes.plot([place - 0.32, place + 0.32], [item.mean_angstrom] * 2, color="#202124", linewidth=0.9)
            for value, error, color in zip(values, errors, GROUP_COLORS, strict=True):
                if value is not None:
                    axes.errorbar(
                        place, value, yerr=error, marker="o", markersize=3.6, color=color, elinewidth=0.7, capsize=1.5
                    )
        axes.set_xticks(range(len(shown)), [f"{item.element}{DASH}X" for item in shown])
        axes.set_xlim(-0.6, len(shown) - 0.4)
        axes.set_ylabel("Bond length [Å]")
        handles = [
            Line2D([], [], linestyle="none", marker="o", color=color, label=f"{word} bonds")
            for color, word in zip(GROUP_COLORS, ("short", "middle", "long"), strict=True)
        ]
        handles.append(Line2D([], [], color="#202124", linewidth=0.9, label="mean of all"))
        if any(item.noise_floor_angstrom for item in shown):
            handles.append(Line2D([], [], color="#d9dce0", linewidth=5.0, label="splitting by noise alone"))
        legend_above(axes, handles, own=own)
    return axes


def plot_bond_environment(
    bonds: Sequence[BondSplitting], points: Mapping[tuple[str, str], tuple[Floats, Floats]] | None = None
) -> list[Axes]:
    """Draw the fitted effect of each kind of neighbor on the mean bond and the displacement of the elements.

    Parameters
    ----------
    bonds
        With fits to the neighbors.
    points
        Number of neighbors and mean bond of each cation, by element and term, to draw below the first fit; the effect
        of the other terms taken off.

    Raises
    ------
    InputError
        If there is no fit.
    """
    subjects = list(dict.fromkeys(fit.subject for item in bonds for fit in item.environment))
    if not subjects:
        raise InputError("no bond was fitted to its neighbors: name them with by=('Sn', ...), --environment.")
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=62.0, panels=len(subjects))[1]
        handles: dict[str, Line2D] = {}
        for axes, subject in zip(panels, subjects, strict=True):
            terms = [
                (b, f, k) for b in bonds for f in b.environment if f.subject == subject for k in range(len(f.terms))
            ]
            for index, (item, fit, k) in enumerate(terms):
                style = family_style(index)
                label = f"{item.element}, {fit.terms[k]}"
                key = (item.element, fit.terms[k])
                if points is not None and key in points and subject == subjects[0]:
                    _draw_points(axes, points[key][0], points[key][1] - fit.intercept_angstrom, style.color)
                most = 8.0 if fit.terms[k].endswith("on A") == (item.site == "B") else 6.0
                if points is not None and key in points:
                    most = float(points[key][0].max())
                x = np.linspace(0.0, most, 50)
                # what the neighbors change: elements differ far more in the value without them
                line, error = fit.slopes_angstrom[k] * x, fit.slope_errors_angstrom[k] * x
                axes.fill_between(x, line - error, line + error, color=style.color, alpha=0.15, linewidth=0)
                axes.plot(x, line, color=style.color)
                handles.setdefault(label, Line2D([], [], color=style.color, label=label))
            axes.set_xlabel("Number of such neighbors")
            axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_ylabel(f"Change of {subject} [Å]")
        legend_above(panels[0], list(handles.values()), own=True)
        letter_panels(panels)
        space_panels(panels)
    return panels


def _draw_points(axes: Axes, number: Floats, values: Floats, color: str) -> None:
    """Mean of the cations with each number of neighbors, with its standard error."""
    for k in np.unique(number):
        here = values[number == k]
        error = here.std(ddof=1) / np.sqrt(len(here)) if len(here) > 1 else 0.0
        axes.errorbar(k, here.mean(), yerr=error, marker="o", color=color, elinewidth=0.7, capsize=1.5)


def plot_pair_distributions(found: PartialRdf, axes: Axes | None = None) -> Axes:
    """Draw the partial pair distributions, one above the other."""
    with paper_style():
        own = axes is None
        count = len(found.pairs)
        axes = new_axes(height=min(40.0 + 9.0 * count, 150.0))[1][0] if axes is None else axes
        centers = found.r_angstrom
        for place in range(count):
            g = found.g[place]
            base = float(count - 1 - place)
            scale = 0.9 / max(float(g.max()), 1e-12)
            color = family_style(place).color
            axes.fill_between(centers, base, base + scale * g, color=color, alpha=0.25, linewidth=0)
            axes.plot(centers, base + scale * g, color=color, linewidth=0.8)
        axes.set_yticks([count - 1 - k + 0.3 for k in range(count)], [DASH.join(pair) for pair in found.pairs])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(-0.05, count)
        axes.set_xlim(float(centers[0]), float(centers[-1]))
        axes.set_xlabel("Distance [Å]")
        if own:
            axes.set_title("each curve over its maximum", loc="right", color=GUIDE_COLOR)
    return axes


def plot_transitions(found: Transitions, curves: Sequence[OrderCurve]) -> list[Axes]:
    """Draw the order parameter of each run over temperature; bands show the brackets of the transitions.

    Parameters
    ----------
    found
        Transitions of the curves.
    curves
        The runs.
    """
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=62.0, panels=max(len(curves), 1))[1]
        colors = [family_style(k).color for k in range(3)]
        top = 1.05 * max(float(np.abs(curve.order_parameter).max()) for curve in curves)
        for axes, curve in zip(panels, curves, strict=True):
            direction = "heating" if curve.temperature_k[-1] > curve.temperature_k[0] else "cooling"
            for k in range(3):
                axes.plot(
                    curve.temperature_k, np.abs(curve.order_parameter[:, k]), color=colors[k],
                    marker=family_style(k).marker, markersize=1.8, linewidth=0.8,
                )  # fmt: skip
            for item in found.transitions:
                if item.direction != direction:
                    continue
                axes.axvspan(item.t_low_k, item.t_high_k, color="#d9dce0", linewidth=0)
                axes.text(
                    item.temperature_k, top, f"{item.kind}\n{item.temperature_k:g}".replace("-", DASH), ha="center",
                    va="bottom", fontsize=6.0, color=GUIDE_COLOR, linespacing=0.95,
                )  # fmt: skip
            axes.set_ylim(0.0, top)
            axes.set_xlabel(f"Temperature [K], {direction}")
            axes.set_ylabel("|mean order parameter|, as the source")
        handles = [
            Line2D([], [], color=colors[k], marker=family_style(k).marker, label=f"component {name}")
            for k, name in enumerate("xyz")
        ]
        panels[0].legend(handles=handles, loc="lower left")
        for axes in panels[1:]:
            axes.set_ylabel("")
        _letter_low(panels)
        space_panels(panels)
    return panels


def _letter_low(panels: Sequence[Axes]) -> None:
    """Letters left of the axes: above them stand the names of the transitions."""
    for index, panel in enumerate(panels):
        panel.text(
            -0.02, 1.1, chr(ord("a") + index), transform=panel.transAxes, fontweight="bold", fontsize=8.0, ha="right"
        )


def plot_hysteresis(loop: Loop, axes: Axes | None = None) -> Axes:
    """Draw polarization over field, with coercive fields and remanence.

    Parameters
    ----------
    loop
        The loop.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        field = loop.field_v_per_m / MEGAVOLT_PER_CM
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.4)
        axes.axvline(0.0, color=GUIDE_COLOR, linewidth=0.4)
        axes.plot(field, loop.polarization_c_per_m2, color="#0072B2", marker="o", markersize=1.8, linewidth=0.8)
        for value in (loop.coercive_minus_v_per_m, loop.coercive_plus_v_per_m):
            if value is not None:
                axes.plot(value / MEGAVOLT_PER_CM, 0.0, marker="D", color="#D55E00", markersize=4.0, linestyle="none")
        for value in (loop.remanent_minus_c_per_m2, loop.remanent_plus_c_per_m2):
            if value is not None:
                axes.plot(0.0, value, marker="s", color="#009E73", markersize=4.0, linestyle="none")
        axes.set_xlabel("Field [MV/cm]")
        axes.set_ylabel("Polarization [C/m²]")
        axes.set_title(_loop_words(loop), loc="left", x=-0.1, fontsize=6.0, color=GUIDE_COLOR)
    return axes


def _loop_words(loop: Loop) -> str:
    if loop.coercive_minus_v_per_m is None or loop.coercive_plus_v_per_m is None:
        return "no reversal in both directions"
    minus, plus = loop.coercive_minus_v_per_m / MEGAVOLT_PER_CM, loop.coercive_plus_v_per_m / MEGAVOLT_PER_CM
    parts = [f"coercive fields {minus:.2f}, {plus:.2f} MV/cm".replace("-", MINUS)]
    if loop.remanent_c_per_m2 is not None:
        parts.append(f"remanence {loop.remanent_c_per_m2:.3f} C/m²")
    if loop.frequency_hz is not None:
        parts.append(f"the field cycles at {loop.frequency_hz / 1e9:.3g} GHz")
    return "; ".join(parts[:2]) + ("\n" + parts[2] if len(parts) > 2 else "")
