"""Figures of the breakdown room: the channel over the lattice, conductivity along the ramp.

Each function takes results and optional axes and returns the axes. Fields are drawn in MV/m, lengths in angstrom.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from entrox.breakdown import BreakdownResult, Sample
from entrox.core import InputError, Quantity, check_integer
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.labels import axis_label
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    family_style,
    letter_panels,
    new_axes,
    paper_style,
    space_panels,
)

__all__ = ["bond_segments", "crosses_border", "plot_channel", "plot_conductivity"]

Floats = NDArray[np.float64]
CHANNEL_COLORMAP = "plasma"
CATION_COLOR, ANION_COLOR, ELECTRODE_COLOR = "#3c4043", "#b8bcc2", "#80868b"
TITLE_SIZE = 6.0
"""Of the state above a panel [pt]."""
LABEL_WIDTH = 28
"""Letters in a line of a long label."""
FIELD = Quantity("applied_field", "MV/m", "applied field")
ACROSS = Quantity("across", "angstrom", "across the field")
ALONG = Quantity("along", "angstrom", "along the field")


def plot_channel(
    sample: Sample, result: BreakdownResult, states: int = 4, axes: Sequence[Axes] | None = None
) -> Sequence[Axes]:
    """Draw the growing channel over the lattice.

    Parameters
    ----------
    sample
        The sample in which ``result`` was simulated.
    result
        One ramp.
    states
        Number of states, equally spaced in broken bonds from the first one, the nucleus, to the last.
    axes
        One axes per state; a new figure of full width if not given.

    Returns
    -------
    sequence of matplotlib.axes.Axes
        Broken bonds are colored by the field at which they broke; the nucleus is ringed,
        electrodes are bars, the arrow is the field.

    Raises
    ------
    InputError
        If no bond broke, ``result`` belongs to another sample, or the number of axes is not ``states``.
    """
    check_integer(states, "states", low=1)
    channel = check_channel(sample, result)
    if sample.lattice.dimension != 2:
        raise InputError("this figure is of a plane; for a sample in space use plot_channel_in_space.")
    if axes is not None and len(axes) != states:
        raise InputError(f"axes must hold {states} axes, one per state; got {len(axes)}.")
    fields = np.asarray(result.channel_field) / MEGA
    counts = np.unique(np.rint(np.linspace(1, len(channel), states)).astype(int)) if states > 1 else [len(channel)]
    norm = channel_norm(fields)
    with paper_style():
        panels = new_axes(FULL_WIDTH, 54.0, states)[1] if axes is None else list(axes)
        if axes is None:
            space_panels(panels)
        for panel in panels[len(counts) :]:
            panel.set_visible(False)
        for panel, count in zip(panels, counts, strict=False):
            draw_lattice(panel, sample)
            _draw_bonds(panel, sample, channel[:count], fields[:count], norm)
            _ring_nucleus(panel, sample, int(channel[0]))
            bonds = "bond" if count == 1 else "bonds"
            panel.set_title(f"{fields[count - 1]:.1f} MV/m, {count} {bonds}", loc="right", fontsize=TITLE_SIZE)
            panel.set_xlabel(axis_label(ACROSS))
        panels[0].set_ylabel(axis_label(ALONG))
        if axes is None:
            letter_panels(panels[: len(counts)])
            for panel in panels[1:]:
                panel.tick_params(left=False, labelleft=False)
        bar = panels[0].figure.colorbar(
            LineCollection([], cmap=CHANNEL_COLORMAP, norm=norm), ax=list(panels), pad=0.01, aspect=22, shrink=0.8
        )
        bar.set_label("Field at which the bond broke [MV/m]")
        bar.outline.set_linewidth(0.0)
    return panels


def check_channel(sample: Sample, result: BreakdownResult) -> NDArray[np.int64]:
    """Return the broken bonds after checking that there are some and that they belong to the sample."""
    channel = np.asarray(result.channel)
    if len(channel) == 0:
        raise InputError(f"no bond broke: {result.reason or 'there is no channel'}. Raise the maximum field.")
    if channel.max() >= len(sample.bonds):
        raise InputError(
            f"result names bond {channel.max()}, the sample has {len(sample.bonds)} bonds. Give the sample of the run."
        )
    return channel


def channel_norm(fields: Floats) -> Normalize:
    """Return the color scale of the fields at which bonds broke [MV/m]."""
    return Normalize(float(fields.min()), max(float(fields.max()), float(fields.min()) + 1e-9))


def draw_lattice(axes: Axes, sample: Sample) -> None:
    """Draw the ions of a plane, the electrodes as bars and the direction of the field."""
    anion = sample.lattice.is_anion[sample.basis_site]
    for chosen, color, size in ((anion, ANION_COLOR, 1.6), (~anion, CATION_COLOR, 3.2)):
        across, along = sample.positions[chosen].T
        axes.scatter(across, along, s=size, c=color, linewidths=0, zorder=1)
    left, bottom, right, top, margin = lattice_frame(sample)
    for edge in (bottom - margin, top):
        axes.add_patch(
            Rectangle((left, edge), right - left, margin, facecolor=ELECTRODE_COLOR, edgecolor="none", zorder=0.5)
        )
    place, length = right + 1.3 * margin, 0.3 * (top - bottom)
    axes.annotate(
        "",
        xy=(place, (bottom + top + length) / 2),
        xytext=(place, (bottom + top - length) / 2),
        arrowprops={"arrowstyle": "-|>", "color": GUIDE_COLOR, "linewidth": 1.0, "mutation_scale": 7},
        annotation_clip=False,
    )
    axes.text(place, (bottom + top - length) / 2 - margin / 2, "E", color=GUIDE_COLOR, ha="center", va="top")
    axes.set_xlim(left, right + 2.2 * margin)
    axes.set_ylim(bottom - margin, top + margin)
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)


def lattice_frame(sample: Sample) -> tuple[float, float, float, float, float]:
    """Return left, bottom, right, top of the lattice with half a bond around it, and the height of an electrode."""
    reach = float(np.abs(sample.lattice.bond_vectors).max())
    low, high = sample.positions.min(axis=0) - 0.6 * reach, sample.positions.max(axis=0) + 0.6 * reach
    return float(low[0]), float(low[1]), float(high[0]), float(high[1]), 0.04 * float(high[1] - low[1])


def bond_segments(sample: Sample, bonds: NDArray[np.int64]) -> list[Floats]:
    """Return the ends of each bond, shape ``(2, d)`` each; after them the other half of those that cross the border.

    Parameters
    ----------
    sample
        The sample, in a plane or in space.
    bonds
        Indices of bonds.
    """
    vectors = sample.lattice.bond_vectors[sample.basis_bond[bonds]]
    cations, anions = sample.positions[sample.bonds[bonds, 0]], sample.positions[sample.bonds[bonds, 1]]
    segments = np.stack([cations, cations + vectors], axis=1)
    images = np.stack([anions - vectors, anions], axis=1)[crosses_border(sample, bonds)]
    return [*segments, *images]


def crosses_border(sample: Sample, bonds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which bonds cross the periodic border of the sample."""
    vectors = sample.lattice.bond_vectors[sample.basis_bond[bonds]]
    cations, anions = sample.positions[sample.bonds[bonds, 0]], sample.positions[sample.bonds[bonds, 1]]
    return np.asarray(~np.isclose(cations + vectors, anions).all(axis=1))


def _draw_bonds(axes: Axes, sample: Sample, bonds: NDArray[np.int64], fields: Floats, norm: Normalize) -> None:
    """Draw broken bonds; one that crosses the periodic border is drawn from both its ends and clipped there."""
    lines = LineCollection(
        bond_segments(sample, bonds), cmap=CHANNEL_COLORMAP, norm=norm, linewidths=1.5, capstyle="round", zorder=2
    )
    lines.set_array(np.concatenate([fields, fields[crosses_border(sample, bonds)]]))
    left, bottom, right, top, _ = lattice_frame(sample)
    axes.add_collection(lines, autolim=False)
    lines.set_clip_path(Rectangle((left, bottom), right - left, top - bottom, transform=axes.transData))


def _ring_nucleus(axes: Axes, sample: Sample, bond: int) -> None:
    """Ring the first broken bond."""
    center = sample.positions[sample.bonds[bond, 0]] + sample.lattice.bond_vectors[sample.basis_bond[bond]] / 2
    axes.plot(*center, "o", markersize=6.5, markerfacecolor="none", markeredgecolor="black", markeredgewidth=0.7)


def plot_conductivity(results: Mapping[float, BreakdownResult], axes: Axes | None = None) -> Axes:
    """Draw the normalized conductivity along the ramp for several mean free paths.

    Parameters
    ----------
    results
        Ramps by mean free path [angstrom], simulated with ``conductivity_states`` > 0.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no result, or one holds no conductivity.
    """
    if not results:
        raise InputError("results must hold at least one ramp.")
    for path, result in results.items():
        if len(np.asarray(result.applied_field)) == 0:
            raise InputError(
                f"the ramp at the mean free path {path:g} angstrom holds no conductivity. "
                "Simulate it with conductivity_states > 0."
            )
    with paper_style():
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        for index, (path, result) in enumerate(sorted(results.items())):
            color = family_style(index).color
            fields, values = np.asarray(result.applied_field) / MEGA, np.asarray(result.conductivity)
            axes.plot(fields, values, color=color, label=f"{path:g} Å")
            if result.breakdown_field is not None:
                axes.plot(fields[-1], values[-1], "o", color=color, markersize=4.0)
        axes.set_yscale("log")
        axes.set_xlim(left=0.0)
        axes.set_xlabel(axis_label(FIELD))
        declared = next(item for item in BreakdownResult.quantities() if item.name == "conductivity")
        axes.set_ylabel(textwrap.fill(axis_label(declared), LABEL_WIDTH))
        axes.legend(title="Mean free path", loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, alignment="left")
    return axes
