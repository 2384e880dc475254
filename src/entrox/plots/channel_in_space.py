"""A channel in a three-dimensional sample: drawn in space, and projected along two directions across the field.

Lengths are drawn in angstrom, fields in MV/m.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]
from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]
from numpy.typing import NDArray

from entrox.breakdown import BreakdownResult, Sample
from entrox.core import InputError
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.breakdown import (
    ALONG,
    ANION_COLOR,
    CATION_COLOR,
    CHANNEL_COLORMAP,
    ELECTRODE_COLOR,
    bond_segments,
    channel_norm,
    check_channel,
)
from entrox.plots.labels import axis_label
from entrox.plots.style import FULL_WIDTH, MILLIMETERS_PER_INCH, paper_style

__all__ = ["plot_channel_in_space"]

Floats = NDArray[np.float64]
ACROSS_LABELS = ("Across, first [Å]", "Across, second [Å]")
VIEW = (14.0, -58.0)
"""Elevation and azimuth of the view [degree]."""


def plot_channel_in_space(sample: Sample, result: BreakdownResult) -> Figure:
    """Draw the whole channel of a three-dimensional sample.

    Parameters
    ----------
    sample
        The sample in which ``result`` was simulated, in space.
    result
        One ramp.

    Returns
    -------
    matplotlib.figure.Figure
        Left the channel in space between its electrodes, right its two projections; bonds are colored by the field
        at which they broke, the nucleus is ringed. Across the field the sample is periodic: the channel is moved by
        whole cells to the middle.

    Raises
    ------
    InputError
        If no bond broke, ``result`` belongs to another sample, or the sample is a plane.
    """
    channel = check_channel(sample, result)
    if sample.lattice.dimension != 3:
        raise InputError("this figure is of a sample in space; for a plane use plot_channel.")
    fields = np.asarray(result.channel_field) / MEGA
    norm = channel_norm(fields)
    segments = _centered_bonds(sample, channel)
    nucleus = segments[0].mean(axis=0)
    with paper_style():
        figure = Figure(figsize=(FULL_WIDTH / MILLIMETERS_PER_INCH, 68.0 / MILLIMETERS_PER_INCH), layout="constrained")
        grid = figure.add_gridspec(1, 3, width_ratios=[1.45, 1.0, 1.0])
        space = figure.add_subplot(grid[0], projection="3d")
        assert isinstance(space, Axes3D)
        _draw_space(space, sample, segments, fields, norm, nucleus)
        panels = [figure.add_subplot(grid[place]) for place in (1, 2)]
        for axis, panel in enumerate(panels):
            _draw_projection(panel, sample, segments, fields, norm, nucleus, axis)
        panels[0].set_ylabel(axis_label(ALONG))
        panels[1].tick_params(labelleft=False)
        bar = figure.colorbar(
            LineCollection([], cmap=CHANNEL_COLORMAP, norm=norm), ax=panels, pad=0.02, aspect=22, shrink=0.8
        )
        bar.set_label("Field at which the bond broke [MV/m]")
        bar.outline.set_linewidth(0.0)
        for letter, panel in zip("bc", panels, strict=True):
            panel.set_title(letter, loc="left", fontweight="bold", fontsize=8.0)
        space.text2D(0.02, 0.93, "a", transform=space.transAxes, fontweight="bold", fontsize=8.0)
    return figure


def _centered_bonds(sample: Sample, bonds: NDArray[np.int64]) -> Floats:
    """Return the ends of bonds, shape ``(n, 2, 3)``, moved by whole cells so that they gather in the middle."""
    segments = np.stack(bond_segments(sample, bonds)[: len(bonds)])
    counts = np.array(sample.cells[:-1])
    lateral = sample.lattice.cell[:-1]
    # fractions of the sample's periodic vectors; the height plays no part
    inverse = np.linalg.pinv(lateral * counts[:, None])
    middles = segments.mean(axis=1) @ inverse
    turn = np.angle(np.exp(2j * np.pi * middles).mean(axis=0)) / (2.0 * np.pi)
    shift = np.rint((0.5 - turn) * counts) / counts
    moved = np.floor(middles + shift) - shift
    return np.asarray(segments - (moved @ (lateral * counts[:, None]))[:, None, :])


def _draw_space(
    axes: Axes3D, sample: Sample, segments: Floats, fields: Floats, norm: Normalize, nucleus: Floats
) -> None:
    low, high = _box(sample)
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]], [low[0], low[1]]])
    for height in (low[2], high[2]):
        axes.plot_surface(
            corners[:4, 0][[[0, 1], [3, 2]]],
            corners[:4, 1][[[0, 1], [3, 2]]],
            np.full((2, 2), height),
            color=ELECTRODE_COLOR,
            alpha=0.28,
            linewidth=0,
            shade=False,
        )
        axes.plot(*corners.T, height, color=ELECTRODE_COLOR, linewidth=0.6)
    anion = sample.lattice.is_anion[sample.basis_site]
    for chosen, color, size in ((anion, ANION_COLOR, 0.6), (~anion, CATION_COLOR, 1.2)):
        axes.scatter(*sample.positions[chosen].T, s=size, c=color, linewidths=0, alpha=0.35, depthshade=False)
    lines = Line3DCollection(segments, cmap=CHANNEL_COLORMAP, norm=norm, linewidths=1.6, capstyle="round")
    lines.set_array(fields)
    axes.add_collection3d(lines, autolim=False)
    axes.plot(*nucleus[:, None], "o", markersize=6.5, markerfacecolor="none", markeredgecolor="black",
              markeredgewidth=0.7)  # fmt: skip
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    axes.set_xlabel(ACROSS_LABELS[0], labelpad=-6)
    axes.set_ylabel(ACROSS_LABELS[1], labelpad=-6)
    axes.tick_params(pad=-3, labelsize=6.0)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    axes.view_init(*VIEW)
    axes.set_box_aspect(tuple(high - low), zoom=0.95)
    axes.grid(False)
    for pane in (axes.xaxis, axes.yaxis, axes.zaxis):
        pane.pane.set_visible(False)


def _draw_projection(
    axes: Axes, sample: Sample, segments: Floats, fields: Floats, norm: Normalize, nucleus: Floats, axis: int
) -> None:
    """Draw the channel seen along the other direction across the field."""
    low, high = _box(sample)
    anion = sample.lattice.is_anion[sample.basis_site]
    for chosen, color, size in ((anion, ANION_COLOR, 1.6), (~anion, CATION_COLOR, 3.2)):
        places = np.unique(sample.positions[chosen][:, [axis, 2]].round(6), axis=0)
        axes.scatter(places[:, 0], places[:, 1], s=size, c=color, linewidths=0, zorder=1)
    lines = LineCollection(
        list(segments[:, :, [axis, 2]]), cmap=CHANNEL_COLORMAP, norm=norm, linewidths=1.5, capstyle="round", zorder=2
    )
    lines.set_array(fields)
    axes.add_collection(lines, autolim=False)
    axes.plot(nucleus[axis], nucleus[2], "o", markersize=6.5, markerfacecolor="none", markeredgecolor="black",
              markeredgewidth=0.7, zorder=3)  # fmt: skip
    for height in (low[2], high[2]):
        axes.axhline(height, color=ELECTRODE_COLOR, linewidth=2.4, zorder=0.5)
    axes.set_xlim(low[axis], high[axis])
    axes.set_ylim(low[2], high[2])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.set_xlabel(ACROSS_LABELS[axis])


def _box(sample: Sample) -> tuple[Floats, Floats]:
    """Return the corners of the sample with half a bond around it."""
    reach = 0.6 * float(np.abs(sample.lattice.bond_vectors).max())
    return sample.positions.min(axis=0) - reach, sample.positions.max(axis=0) + reach
