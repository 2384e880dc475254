"""Local order of refined boxes: lengths, directions, classes and bond valences, each beside what chance alone gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.plots.polar import CLASS_COLORS, CLASS_WORDS, spaced
from entrox.plots.rmc import MODE_COLORS
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    SINGLE_WIDTH,
    family_style,
    legend_above,
    new_axes,
    paper_style,
)
from entrox.scattering.run.analyze import RmcAnalysis

__all__ = ["plot_angles", "plot_mean_lengths", "plot_site_classes", "plot_valences"]

Floats = NDArray[np.float64]
FLOOR_COLOR = "#d9dce0"
ANGLE_BINS = 3
"""Bins of the analysis in one of the figure: 15 degrees."""
TAIL = 0.004
"""Share of the sums beyond each end of a panel."""


def plot_mean_lengths(
    found: RmcAnalysis, other: RmcAnalysis | None = None, *, bond_valence: bool | None = None, axes: Axes | None = None
) -> Axes:
    """Draw the mean length of the displacements of each element beside its thermal floor.

    Parameters
    ----------
    found
        Analysis of the boxes.
    other
        Boxes refined the other way, with the bond valence constraint off if it was on.
    bond_valence
        Whether the constraint was on in the boxes of ``found``; None where it is not known.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=60.0)[1][0] if axes is None else axes
        rows = [(found, True if bond_valence is None else bond_valence)]
        if other is not None:
            rows.append((other, not rows[0][1]))
        width = 0.7 / len(rows)
        for number, (item, on) in enumerate(rows):
            places = np.arange(len(item.elements)) + width * (number - 0.5 * (len(rows) - 1))
            axes.bar(places, item.thermal_floor_angstrom, 0.86 * width, color=FLOOR_COLOR, linewidth=0)
            for place, value in zip(places, item.shuffled_angstrom, strict=True):
                axes.plot([place - 0.43 * width, place + 0.43 * width], [value] * 2, color="#202124", linewidth=0.8)
            axes.errorbar(
                places, item.mean_modulus_angstrom, yerr=item.mean_modulus_spread_angstrom, linestyle="none",
                marker="o", color=MODE_COLORS[on], elinewidth=0.7, capsize=1.6,
            )  # fmt: skip
        axes.set_xticks(
            range(len(found.elements)), [f"{name} ({s})" for name, s in zip(found.elements, found.sites, strict=True)]
        )
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(bottom=0.0)
        axes.set_ylabel("Mean length ⟨|d|⟩ [Å]")
        legend_above(axes, _length_handles(rows, known=bond_valence is not None), own=own)
    return axes


def _length_handles(rows: Sequence[tuple[RmcAnalysis, bool]], *, known: bool) -> list[Line2D]:
    handles: list[Line2D] = []
    for item, on in rows:
        words = f"boxes, bond valence {'on' if on else 'off'}" if known else "boxes"
        spread = "" if item.mean_modulus_spread_angstrom is None else " (bars: spread over boxes)"
        label = words + ("" if handles else spread)
        handles.append(Line2D([], [], linestyle="none", marker="o", color=MODE_COLORS[on], label=label))
    handles.append(Line2D([], [], color=FLOOR_COLOR, linewidth=5.0, label="thermal floor"))
    handles.append(Line2D([], [], color="#202124", linewidth=0.8, label="displacements shuffled"))
    return handles


def plot_site_classes(found: RmcAnalysis, axes: Axes | None = None) -> Axes:
    """Draw the shares of the nearest-axis classes of each site beside those of random directions."""
    with paper_style():
        own = axes is None
        axes = new_axes(height=50.0)[1][0] if axes is None else axes
        names = found.classes[0].classes
        for number, item in enumerate(found.classes):
            for k, name in enumerate(names):
                place = number * (len(names) + 1) + k
                axes.bar(place, 100.0 * item.mean[k], 0.72, color=CLASS_COLORS[name], linewidth=0)
                error = item.within[k] if item.spread is None else item.spread[k]
                axes.errorbar(
                    place, 100.0 * item.mean[k], yerr=100.0 * float(error), color="#202124", elinewidth=0.7, capsize=1.6
                )
                axes.plot([place - 0.46, place + 0.46], [100.0 * item.chance[k]] * 2, color="#202124", linewidth=1.2)
        middle = 0.5 * (len(names) - 1)
        axes.set_xticks(
            [number * (len(names) + 1) + middle for number in range(len(found.classes))],
            [f"{item.site} site" for item in found.classes],
        )
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel("Share of the cations [%]")
        handles = [
            Line2D([], [], linestyle="none", marker="s", markersize=5.0, color=CLASS_COLORS[name],
                   label=CLASS_WORDS.get(name, name))
            for name in names
        ]  # fmt: skip
        handles.append(Line2D([], [], color="#202124", linewidth=1.2, label="random directions"))
        legend_above(axes, handles, own=own)
    return axes


def plot_angles(found: RmcAnalysis, axes: Axes | None = None) -> Axes:
    """Draw the density of the angle between displacement and [001], over that of random directions."""
    with paper_style():
        own = axes is None
        axes = new_axes(height=56.0)[1][0] if axes is None else axes
        handles = []
        for index, name in enumerate(found.elements):
            color = family_style(index).color
            density, chance = _wide(found.angle_density[index]), _wide(found.angle_chance)
            axes.stairs(density / chance, found.angle_edges_deg[::ANGLE_BINS], color=color)
            handles.append(Line2D([], [], color=color, label=name))
        axes.axhline(1.0, color=GUIDE_COLOR, linewidth=0.6, linestyle="--")
        axes.set_xlim(0.0, 180.0)
        axes.set_xticks(range(0, 181, 30))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Angle to [001] [deg]")
        axes.set_ylabel("Density over random")
        legend_above(axes, handles, own=own)
    return axes


def _wide(density: Floats) -> Floats:
    """Density in bins of several: near the poles one holds hardly a direction."""
    return np.asarray(density.reshape(-1, ANGLE_BINS).mean(axis=1))


def plot_valences(found: RmcAnalysis, other: RmcAnalysis | None = None, *, bond_valence: bool = True) -> list[Axes]:
    """Draw the distribution of the bond valence sums of each element, one panel each.

    Parameters
    ----------
    found, other, bond_valence
        As in :func:`plot_mean_lengths`.

    Raises
    ------
    InputError
        If the boxes have no bond valence sums.
    """
    rows = [(item, on) for item, on in ((found, bond_valence), (other, not bond_valence)) if item is not None]
    rows = [(item, on) for item, on in rows if item.valence is not None]
    if not rows:
        raise InputError("the boxes have no bond valence sums.")
    assert rows[0][0].valence is not None
    elements = rows[0][0].valence.elements
    with paper_style():
        width = min(FULL_WIDTH, 0.6 * SINGLE_WIDTH * len(elements))
        panels = new_axes(width=width, height=48.0, panels=len(elements))[1]
        for axes, name in zip(panels, elements, strict=True):
            low, high = np.inf, -np.inf
            for item, on in rows:
                table = item.valence
                assert table is not None
                k = table.elements.index(name)
                axes.stairs(table.density[k], table.edges_e, color=MODE_COLORS[on], linewidth=0.9)
                axes.axvline(float(table.mean_e[k]), color=MODE_COLORS[on], linewidth=0.7, linestyle=":")
                filled = np.cumsum(table.density[k]) / table.density[k].sum()
                first, last = np.searchsorted(filled, [TAIL, 1.0 - TAIL])
                low, high = min(low, table.edges_e[first]), max(high, table.edges_e[last + 1])
            axes.set_xlim(low - 0.1, high + 0.1)
            axes.set_ylim(bottom=0.0)
            axes.set_xlabel(f"V of {name} [e]")
        panels[0].set_ylabel("Density [1/e]")
        handles = [
            Line2D([], [], color=MODE_COLORS[on], label=f"bond valence {'on' if on else 'off'}: GII {_gii(item):.2f} e")
            for item, on in rows
        ]
        legend_above(panels[0], handles, own=True)
    return spaced(panels)


def _gii(item: RmcAnalysis) -> float:
    assert item.valence is not None
    return item.valence.gii_e
