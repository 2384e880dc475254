"""Whether a refined box has settled, and what holds it: distances from the sites round by round, lengths by weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from entrox.core import InputError
from entrox.plots.style import SINGLE_WIDTH, family_style, legend_above, new_axes, paper_style
from entrox.scattering.run.data_weights import WeightComparison
from entrox.scattering.run.rmc_result import RmcResult

__all__ = ["plot_data_weights", "plot_site_distances"]

NO_DATA_SHARE = 4.0
"""The runs without data stand this factor left of the smallest weight."""


def plot_site_distances(runs: Sequence[RmcResult], axes: Axes | None = None) -> Axes:
    """Draw the root mean square distance of each element from its sites over the moves.

    Steps are tuned in the gray part. Full lines: bond valence constraint on, dashed: off.

    Raises
    ------
    InputError
        If there is no run that recorded it.
    """
    kept = [item for item in runs if item.history.site_variance_angstrom2 is not None]
    if not kept:
        raise InputError("there is nothing to draw: no run recorded the distances from the sites.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=56.0)[1][0] if axes is None else axes
        axes.axvspan(0.0, float(kept[0].history.sampling_start), color="#eceef0", linewidth=0)
        for item in kept:
            history = item.history
            root = np.sqrt(3.0 * np.asarray(history.site_variance_angstrom2))
            for number in range(len(history.elements)):
                axes.plot(
                    history.moves_per_atom, root[:, number], color=family_style(number).color, linewidth=0.8,
                    linestyle="-" if item.bond_valence_on else (0, (4, 1.5)),
                )  # fmt: skip
        axes.set_xlim(0.0, float(max(item.history.moves_per_atom[-1] for item in kept)))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Moves per atom")
        axes.set_ylabel("rms distance from the site [Å]")
        names = kept[0].history.elements
        handles: list[Line2D | Patch] = [
            Line2D([], [], color=family_style(k).color, label=name) for k, name in enumerate(names)
        ]
        if len({item.bond_valence_on for item in kept}) > 1:
            handles.append(Line2D([], [], color="#5f6368", linestyle=(0, (4, 1.5)), label="bond valence off"))
        handles.append(Patch(color="#eceef0", label="steps are tuned"))
        legend_above(axes, handles, own=own)  # type: ignore[arg-type]
    return axes


def plot_data_weights(found: Sequence[WeightComparison], axes: Axes | None = None) -> Axes:
    """Draw the mean length of the displacements of each element at several weights of the data.

    Full lines: bond valence constraint on, dashed: off. What is level is held by the data; far left are boxes without
    data.

    Raises
    ------
    InputError
        If there is nothing to compare.
    """
    if not found:
        raise InputError("there is nothing to compare: give compare_weights.")
    with paper_style():
        own = axes is None
        axes = new_axes(width=1.15 * SINGLE_WIDTH, height=62.0)[1][0] if axes is None else axes
        positive = sorted({float(w) for item in found for w in item.weights if w > 0.0})
        left = positive[0] / NO_DATA_SHARE
        for item in found:
            line = "-" if item.bond_valence_on else (0, (4, 1.5))
            places = np.where(item.weights > 0.0, item.weights, left)
            data = item.weights > 0.0
            for number in range(len(item.elements)):
                color, lengths = family_style(number).color, item.mean_modulus_angstrom[:, number]
                axes.errorbar(
                    places, lengths, yerr=item.mean_modulus_error_angstrom[:, number], color=color, linestyle="none",
                    marker="o", markersize=2.6, elinewidth=0.7, capsize=1.4,
                    markerfacecolor=color if item.bond_valence_on else "white",
                )  # fmt: skip
                axes.plot(places[data], lengths[data], color=color, linewidth=0.8, linestyle=line)
        axes.set_xscale("log")
        no_data = any((item.weights == 0.0).any() for item in found)
        ticks = [left, *positive] if no_data else positive
        axes.set_xticks(ticks, [*(["no data"] if no_data else []), *(f"{w:g}" for w in positive)])
        axes.set_xticks([], minor=True)
        axes.set_xlim(ticks[0] / 1.6, ticks[-1] * 1.6)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Weight of the data")
        axes.set_ylabel("Mean length ⟨|d|⟩ [Å]")
        handles = [
            Line2D([], [], color=family_style(k).color, marker="o", markersize=2.6, label=name)
            for k, name in enumerate(found[0].elements)
        ]
        if len(found) > 1:
            handles.append(
                Line2D([], [], color="#5f6368", linestyle=(0, (4, 1.5)), marker="o", markersize=2.6,
                       markerfacecolor="white", label="bond valence off")
            )  # fmt: skip
        legend_above(axes, handles, own=own)
    return axes
