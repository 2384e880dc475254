"""Polar order in pictures: maps of a layer, histograms of displacements, phases beside chance.

Lengths in angstrom; directions in the pseudo-cubic frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_integer
from entrox.order.displacement.block_table import MODULUS_EDGES, BlockTable
from entrox.order.report.polar_report import PolarReport
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    MILLIMETERS_PER_INCH,
    SINGLE_WIDTH,
    family_style,
    legend_above,
    letter_panels,
    new_axes,
    paper_style,
    space_panels,
)

__all__ = ["plot_displacement_histograms", "plot_phase_shares", "plot_polar_map", "plot_polar_maps", "wheel_colors"]

Floats = NDArray[np.float64]

AXIS_NAMES = ("x", "y", "z")
MOST_ARROWS = 45
"""Arrows along one axis of a map; of larger layers every second, third ... cell gets one."""
CLASS_COLORS = {"C": "#9aa0a6", "T": "#0072B2", "O": "#009E73", "R": "#D55E00", "M": "#CC79A7"}
CLASS_WORDS = {"C": "C (short)", "T": "T ⟨100⟩", "O": "O ⟨110⟩", "R": "R ⟨111⟩", "M": "M (none)"}
PLANE_NAMES = {"weak": "C", "<10>": "T", "<11>": "O", "M": "M"}


def wheel_colors(first: ArrayLike, second: ArrayLike, full: float) -> Floats:
    """Colors of vectors in a plane, shape ``(..., 3)``: hue for the direction, from white to full for the length."""
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    hue = np.mod(np.arctan2(y, x) / (2.0 * np.pi), 1.0)
    share = np.clip(np.hypot(x, y) / full, 0.0, 1.0) if full > 0.0 else np.zeros_like(x)
    there = np.isfinite(x) & np.isfinite(y)
    colors = hsv_to_rgb(np.stack([np.where(there, hue, 0.0), np.where(there, share * 0.62, 0.0),
                                  np.where(there, 1.0 - 0.05 * share, 0.85)], axis=-1))  # fmt: skip
    return np.asarray(colors)


def plot_polar_map(
    vectors: ArrayLike,
    *,
    normal: int = 2,
    layer: int = 0,
    full: float | None = None,
    unit: str = "Å",
    key: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Draw the vectors of one layer of cells: color for the component in the plane, an arrow in each cell.

    Parameters
    ----------
    vectors
        On the grid along its axes, shape ``(p, q, r, 3)``, or ``(p, q, 2)`` for an image.
    normal, layer
        Axis that the layer is normal to, and its number along it.
    full
        Length with full color; that of the 99th percentile if not given.
    unit
        Of the vectors.
    key
        Whether the key of the colors stands above the map.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If the vectors are not on a grid, or there is no such layer.
    """
    plane, names = _plane(np.asarray(vectors, dtype=float), normal, layer)
    full = _full_length(plane) if full is None else full
    with paper_style():
        axes = _map_axes(plane.shape) if axes is None else axes
        u, v = plane[..., 0].T, plane[..., 1].T
        axes.imshow(wheel_colors(u, v, full), origin="lower", interpolation="nearest")
        step = max(1, -(-max(u.shape) // MOST_ARROWS))
        rows, columns = np.meshgrid(np.arange(0, u.shape[0], step), np.arange(0, u.shape[1], step), indexing="ij")
        a, b = u[rows, columns], v[rows, columns]
        long = np.hypot(a, b) > 0.08 * full
        axes.quiver(
            columns[long], rows[long], a[long], b[long], pivot="mid", color="#202124", angles="xy", scale_units="xy",
            scale=full / (0.85 * step), width=0.09 * step, units="xy", headwidth=3.6, headlength=4.0,
            headaxislength=3.4,
        )  # fmt: skip
        axes.set_xlabel(f"Cells along {names[0]}")
        axes.set_ylabel(f"Cells along {names[1]}")
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        if key:
            _draw_wheel(axes, full, unit)
    return axes


def plot_polar_maps(
    vectors: ArrayLike, *, normal: int = 2, layers: Sequence[int] | None = None, unit: str = "Å"
) -> list[Axes]:
    """Draw several layers of a crystal side by side, at one scale of color; four evenly spaced ones by default."""
    grid = np.asarray(vectors, dtype=float)
    if grid.ndim != 4:
        raise InputError(f"layers need vectors of shape (p, q, r, 3); got {grid.shape}.")
    count = grid.shape[normal]
    shown = (
        list(layers) if layers is not None else [k * count // 4 for k in range(4)] if count > 4 else list(range(count))
    )
    full = _full_length(np.stack([_plane(grid, normal, k)[0] for k in shown]))
    first = _plane(grid, normal, shown[0])[0].shape
    width = min(FULL_WIDTH, SINGLE_WIDTH * len(shown))
    height = float(np.clip(width / len(shown) * 0.82 * first[1] / first[0], 10.0, 110.0)) + 24.0
    figure, panels = new_axes(width=width, height=height, panels=len(shown))
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    # room for titles and the key, which do not take part in the layout
    engine.set(rect=(0.0, 5.0 / height, 1.0, 1.0 - 9.0 / height))
    with paper_style():
        for place, (panel, layer) in enumerate(zip(panels, shown, strict=True)):
            plot_polar_map(grid, normal=normal, layer=layer, full=full, unit=unit, axes=panel, key=panel is panels[-1])
            # a fixed height: the key of the colors must not push the titles of one panel up
            panel.set_title(f"{AXIS_NAMES[normal]} = {layer}", y=1.02)
            panel.set_title(chr(ord("a") + place), loc="left", y=1.02, fontweight="bold", fontsize=8.0)
            if place:
                panel.set_ylabel("")
    return panels


def _plane(grid: Floats, normal: int, layer: int) -> tuple[Floats, tuple[str, str]]:
    """Components in the plane of one layer, first axis to the right, shape ``(n, m, 2)``, and the names of the axes."""
    if grid.ndim == 3 and grid.shape[2] == 2:
        return grid, ("a1", "a2")
    if grid.ndim != 4 or grid.shape[3] != 3:
        raise InputError(f"a map needs vectors of shape (p, q, r, 3) or (p, q, 2); got {grid.shape}.")
    check_integer(normal, "normal", low=0, high=2)
    check_integer(layer, "layer", low=0, high=grid.shape[normal] - 1)
    right, up = ((1, 2), (0, 2), (0, 1))[normal]
    plane = np.take(grid, layer, axis=normal)[..., [right, up]]
    return plane, (AXIS_NAMES[right], AXIS_NAMES[up])


def _full_length(plane: Floats) -> float:
    length = np.linalg.norm(plane, axis=-1)
    length = length[np.isfinite(length)]
    return float(np.quantile(length, 0.99)) if len(length) and length.max() > 0.0 else 1.0


def _map_axes(shape: tuple[int, ...]) -> Axes:
    height = float(np.clip(SINGLE_WIDTH * 0.86 * shape[1] / shape[0] + 12.0, 30.0, 150.0))
    return new_axes(height=height)[1][0]


def _draw_wheel(axes: Axes, full: float, unit: str) -> None:
    """Key of the colors, above the right corner."""
    bottom, top = axes.get_ylim()
    left, right = axes.get_xlim()
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    # as large on paper whatever the number of cells: about 5 mm
    size = 5.0 / (0.8 * figure.get_figwidth() * MILLIMETERS_PER_INCH / len(figure.axes)) * abs(right - left)
    center = (right - 0.5 * size, top + 0.62 * size)
    line = np.linspace(-1.0, 1.0, 101)
    x, y = np.meshgrid(line, line)
    colors = np.ones((101, 101, 4))
    colors[..., :3] = wheel_colors(x, y, 1.0)
    colors[..., 3] = np.hypot(x, y) <= 1.0
    half = 0.5 * size
    axes.imshow(
        colors, origin="lower", clip_on=False,
        extent=(center[0] - half, center[0] + half, center[1] - half, center[1] + half),
    )  # fmt: skip
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.text(
        center[0] - 1.3 * half,
        center[1],
        f"{full:.2g} {unit}",
        ha="right",
        va="center",
        fontsize=6.0,
        color=GUIDE_COLOR,
    )


def plot_displacement_histograms(report: PolarReport, axes: Axes | None = None) -> Axes:
    """Draw the density of |d| of each element, or of each kind of column of an image.

    Parameters
    ----------
    report
        With blocks.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If the report has no blocks.
    """
    tables = _element_tables(report)
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        handles = []
        end = 0.0
        for index, table in enumerate(tables):
            counts = table.modulus_counts.sum(axis=0)
            density, edges = _density(counts)
            color = family_style(index).color
            axes.stairs(density, edges, color=color, linewidth=1.0)
            mean = float(table.modulus_sum_angstrom.sum() / table.n_vectors.sum())
            axes.axvline(mean, color=color, linewidth=0.7, linestyle=":")
            last = int(np.searchsorted(np.cumsum(counts), 0.999 * counts.sum()))
            end = max(end, float(MODULUS_EDGES[last + 1]))
            handles.append(Line2D([], [], color=color, label=f"{table.group}: mean {mean:.3f} Å"))
        axes.set_xlim(0.0, min(1.15 * end, MODULUS_EDGES[-1]))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Displacement |d| [Å]")
        axes.set_ylabel("Density [1/Å]")
        legend_above(axes, handles, own=own)
    return axes


def _density(counts: Floats) -> tuple[Floats, Floats]:
    """Density over bins as wide as the number of vectors allows (Freedman and Diaconis, Z. Wahrsch. 57, 453 (1981))."""
    total = float(counts.sum())
    low, high = np.searchsorted(np.cumsum(counts), [0.25 * total, 0.75 * total])
    wanted = 2.0 * max(high - low, 1) / np.cbrt(total)
    factor = next(n for n in (20, 10, 8, 5, 4, 2, 1) if n <= max(wanted, 1.0))
    wide = counts.reshape(-1, factor).sum(axis=1)
    edges = MODULUS_EDGES[::factor]
    return wide / total / np.diff(edges), edges


def _element_tables(report: PolarReport) -> list[BlockTable]:
    """Tables of elements; of the sites where there are no others."""
    tables = [item for item in report.blocks if item.group not in ("A", "B")] or list(report.blocks)
    tables = [item for item in tables if item.n_vectors.sum() > 0]
    if not tables:
        raise InputError("the report has no blocks: there is no histogram of displacements.")
    return tables


def plot_phase_shares(report: PolarReport, axes: Axes | None = None) -> Axes:
    """Draw the shares of the local phases of each group beside those of random directions.

    Parameters
    ----------
    report
        With phases; of a crystal or an image.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If the report has no phases.
    """
    rows = [row for row in report.phases if row.count > 0]
    single = {site: sum(row.site == site for row in rows) for site in ("A", "B")}
    # a site of one element would stand there twice
    rows = [row for row in rows if single[row.site] != 2 or row.group != row.site]
    if not rows:
        raise InputError("the report has no phases. Measure them: measures=('phases', ...).")
    with paper_style():
        own = axes is None
        axes = new_axes(height=40.0 + 7.0 * len(rows))[1][0] if axes is None else axes
        for place, row in enumerate(rows):
            _share_bar(axes, place, row.share, None, row.classes)
            expected = np.array(row.chance)
            expected[0] = row.share[0]
            _share_bar(axes, place + 0.34, expected, "chance", row.classes)
        axes.set_yticks([place + 0.13 for place in range(len(rows))], [row.group for row in rows])
        axes.set_ylim(len(rows) - 0.3, -0.45)
        axes.set_xlim(0.0, 100.0)
        axes.set_xlabel("Share of the cations [%]; narrow bars: random directions")
        axes.tick_params(axis="y", length=0)
        names = rows[0].classes
        shown = [name for k, name in enumerate(names) if any(row.share[k] > 0 or row.chance[k] > 0 for row in rows)]
        handles = [
            Line2D(
                [], [], linestyle="none", marker="s", markersize=5.0, label=CLASS_WORDS.get(name, name),
                color=CLASS_COLORS[PLANE_NAMES.get(name, name)],
            )
            for name in shown
        ]  # fmt: skip
        legend_above(axes, handles, own=own)
    return axes


def _share_bar(axes: Axes, place: float, share: Floats, kind: str | None, classes: Sequence[str]) -> None:
    left = 0.0
    for name, part in zip(classes, np.nan_to_num(share), strict=True):
        color = CLASS_COLORS[PLANE_NAMES.get(name, name)]
        height, alpha = (0.42, 1.0) if kind is None else (0.16, 0.55)
        axes.barh(place, 100 * part, left=left, height=height, color=color, alpha=alpha, linewidth=0)
        if kind is None and part > 0.06:
            axes.text(
                left + 50 * part, place, f"{100 * part:.0f}", ha="center", va="center", color="white", fontsize=6.0
            )
        left += 100 * float(part)


def spaced(panels: list[Axes]) -> list[Axes]:
    """Letter panels of a figure of ours and keep them apart."""
    with paper_style():
        letter_panels(panels)
        space_panels(panels)
    return panels
