"""Maps over the plane at chosen states of a ramp: electron density, field of the clouds, applied field.

Each function takes numbers and optional axes and returns the axes. Fields are drawn in MV/m, lengths in angstrom. One
color scale holds for all states of a row, so that they compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from entrox.breakdown import ChargePattern, Sample
from entrox.breakdown.maps import PlaneGrid, Snapshot, density_map, field_map, plane_grid, site_map
from entrox.core import InputError, Quantity
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.breakdown import ACROSS, ALONG, TITLE_SIZE, bond_segments
from entrox.plots.labels import axis_label
from entrox.plots.style import FULL_WIDTH, MILLIMETERS_PER_INCH, letter_panels, new_axes, paper_style

__all__ = ["plot_applied_field", "plot_cloud_field", "plot_electron_density", "plot_local_field"]

Floats = NDArray[np.float64]
DENSITY_COLORMAP, CLOUD_COLORMAP, APPLIED_COLORMAP = "cividis", "magma", "viridis"
DENSITY = Quantity("density", "e/angstrom^2", "excited electrons")
CLOUD_FIELD = Quantity("field", "MV/m", "field of the clouds")
LOCAL_FIELD = Quantity("field", "1", "local over applied field")
RATIO_TICKS = (0.3, 1.0, 3.0, 10.0)
"""Ends and marks of the scale of local over applied field."""
EQUIPOTENTIALS = 11
"""Lines of equal potential between the electrodes."""


def plot_electron_density(
    sample: Sample,
    snapshots: Sequence[Snapshot],
    patterns: Mapping[str, ChargePattern],
    axes: Sequence[Axes] | None = None,
    *,
    grid: PlaneGrid | None = None,
) -> Sequence[Axes]:
    """Draw the density of excited electrons at chosen states.

    Parameters
    ----------
    sample
        The sample of the ramp, a plane.
    snapshots
        From ``entrox.breakdown.maps.record_snapshots``.
    patterns
        Patterns by kind of ion.
    axes
        One axes per state; a new figure of full width if not given.
    grid
        Where; by default the whole sample in steps of 0.2 angstrom.

    Raises
    ------
    InputError
        If there is no state, the sample is no plane, or the number of axes is not that of the states.
    """
    panels, grid = _prepared(sample, snapshots, axes, grid)
    density, beyond = _stacked(snapshots)
    values = density_map(sample, density, patterns, grid, bulk_densities=beyond)
    norm = Normalize(0.0, float(np.quantile(values[-1], 0.999)))
    return _draw_row(sample, snapshots, panels, grid, values, norm, DENSITY_COLORMAP, DENSITY, own=axes is None)


def plot_cloud_field(
    sample: Sample,
    snapshots: Sequence[Snapshot],
    patterns: Mapping[str, ChargePattern],
    axes: Sequence[Axes] | None = None,
    *,
    grid: PlaneGrid | None = None,
) -> Sequence[Axes]:
    """Draw the magnitude of the electric field that the excited clouds make; as :func:`plot_electron_density`."""
    panels, grid = _prepared(sample, snapshots, axes, grid)
    density, beyond = _stacked(snapshots)
    field = field_map(sample, density, patterns, grid, bulk_densities=beyond)
    values = np.linalg.norm(field, axis=-1) / MEGA
    norm = Normalize(0.0, float(np.quantile(values[-1], 0.999)))
    return _draw_row(sample, snapshots, panels, grid, values, norm, CLOUD_COLORMAP, CLOUD_FIELD, own=axes is None)


def plot_applied_field(
    sample: Sample,
    snapshots: Sequence[Snapshot],
    axes: Sequence[Axes] | None = None,
    *,
    grid: PlaneGrid | None = None,
) -> Sequence[Axes]:
    """Draw the applied field with the distortion by the conducting cluster, and lines of equal potential.

    Parameters
    ----------
    sample, snapshots, axes, grid
        As in :func:`plot_electron_density`; the ramp must have been simulated with ``enhancement``.

    Returns
    -------
    sequence of matplotlib.axes.Axes
        Color is the field at the ions over the applied one, interpolated between them; the lines divide the voltage
        into equal parts.

    Raises
    ------
    InputError
        As in :func:`plot_electron_density`, or if the field of the ramp was not distorted.
    """
    panels, grid = _prepared(sample, snapshots, axes, grid)
    potentials = [state.potential for state in snapshots if state.potential is not None]
    if len(potentials) < len(snapshots):
        raise InputError(
            "this ramp was simulated without the cluster's distortion: there is only the uniform applied field. "
            "Simulate it with enhancement."
        )
    ratios = [np.asarray(state.local_field) / state.applied_field for state in snapshots]
    values = np.stack([site_map(sample, ratio, grid) for ratio in ratios])
    norm = LogNorm(RATIO_TICKS[0], RATIO_TICKS[-1])
    drawn = _draw_row(
        sample, snapshots, panels, grid, values, norm, APPLIED_COLORMAP, LOCAL_FIELD, own=axes is None, extend="both"
    )
    for panel, potential in zip(panels, potentials, strict=True):
        lines = site_map(sample, potential, grid)
        levels = np.linspace(0.0, 1.0, EQUIPOTENTIALS)[1:-1]
        panel.contour(grid.across, grid.along, lines.T, levels=levels, colors="white", linewidths=0.35, alpha=0.75)
    return drawn


def plot_local_field(
    sample: Sample,
    snapshots: Sequence[Snapshot],
    patterns: Mapping[str, ChargePattern],
    *,
    grid: PlaneGrid | None = None,
) -> Figure:
    """Draw density, field of the clouds and applied field of the same states, one row each.

    Parameters
    ----------
    sample, snapshots, patterns, grid
        As in :func:`plot_electron_density`; the ramp must have been simulated with ``enhancement``.

    Returns
    -------
    matplotlib.figure.Figure
        Three rows, one column per state.
    """
    panels, grid = _prepared(sample, snapshots, None, grid, rows=3)
    count = len(snapshots)
    rows = [panels[start : start + count] for start in range(0, 3 * count, count)]
    plot_electron_density(sample, snapshots, patterns, rows[0], grid=grid)
    plot_cloud_field(sample, snapshots, patterns, rows[1], grid=grid)
    plot_applied_field(sample, snapshots, rows[2], grid=grid)
    with paper_style():
        letter_panels([row[0] for row in rows])
        for row in rows[:2]:
            for panel in row:
                panel.set_xlabel("")
                panel.tick_params(labelbottom=False)
        for row in rows[1:]:
            for panel in row:
                panel.set_title("", loc="right")
        for row in rows:
            for panel in row[1:]:
                panel.set_ylabel("")
                panel.tick_params(labelleft=False)
    figure = panels[0].get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def _prepared(
    sample: Sample, snapshots: Sequence[Snapshot], axes: Sequence[Axes] | None, grid: PlaneGrid | None, rows: int = 1
) -> tuple[list[Axes], PlaneGrid]:
    """Return the axes of all panels and the grid, after checks."""
    if not snapshots:
        raise InputError("snapshots must hold at least one state; record them with record_snapshots.")
    if sample.lattice.dimension != 2:
        raise InputError("maps are drawn over a plane; give a two-dimensional sample.")
    if axes is not None and len(axes) != len(snapshots):
        raise InputError(f"axes must hold {len(snapshots)} axes, one per state; got {len(axes)}.")
    grid = plane_grid(sample) if grid is None else grid
    if axes is not None:
        return list(axes), grid
    if rows == 1:
        return new_axes(FULL_WIDTH, 52.0, len(snapshots))[1], grid
    size = (FULL_WIDTH / MILLIMETERS_PER_INCH, 46.0 * rows / MILLIMETERS_PER_INCH)
    with paper_style():
        figure = Figure(figsize=size, layout="constrained")
        found = figure.subplots(rows, len(snapshots), squeeze=False)
    return list(found.ravel()), grid


def _ends(middles: Floats) -> tuple[float, float]:
    """Return the outer ends of a row of cells with these middles."""
    half = 0.5 * float(middles[1] - middles[0])
    return float(middles[0]) - half, float(middles[-1]) + half


def _stacked(snapshots: Sequence[Snapshot]) -> tuple[Floats, Floats]:
    return np.stack([s.densities for s in snapshots]), np.stack([s.bulk_densities for s in snapshots])


def _draw_row(
    sample: Sample,
    snapshots: Sequence[Snapshot],
    panels: Sequence[Axes],
    grid: PlaneGrid,
    values: Floats,
    norm: Normalize,
    colormap: str,
    declared: Quantity,
    *,
    own: bool,
    extend: str = "max",
) -> Sequence[Axes]:
    """Draw one map per state with the broken bonds on it, and the color scale of the row."""
    with paper_style():
        for panel, state, data in zip(panels, snapshots, values, strict=True):
            panel.pcolormesh(
                grid.across, grid.along, data.T, cmap=colormap, norm=norm, shading="nearest", rasterized=True
            )
            lines = LineCollection(bond_segments(sample, state.broken), colors="white", linewidths=1.0, zorder=2)
            panel.add_collection(lines, autolim=False)
            bonds = "bond" if len(state.broken) == 1 else "bonds"
            title = f"{state.applied_field / MEGA:.1f} MV/m, {len(state.broken)} {bonds}"
            panel.set_title(title, loc="right", fontsize=TITLE_SIZE)
            panel.set_aspect("equal")
            panel.set_xlim(*_ends(grid.across))
            panel.set_ylim(*_ends(grid.along))
            panel.spines[:].set_visible(False)
            panel.set_xlabel(axis_label(ACROSS))
        panels[0].set_ylabel(axis_label(ALONG))
        bar = panels[0].figure.colorbar(
            ScalarMappable(norm, colormap), ax=list(panels), pad=0.01, aspect=18, shrink=0.9, extend=extend
        )
        bar.set_label(axis_label(declared))
        if isinstance(norm, LogNorm):
            bar.set_ticks(list(RATIO_TICKS), labels=[f"{value:g}" for value in RATIO_TICKS])
            bar.minorticks_off()
        bar.outline.set_linewidth(0.0)
        if own:
            letter_panels(panels)
            for panel in panels[1:]:
                panel.tick_params(left=False, labelleft=False)
    return panels
