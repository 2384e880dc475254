"""Vectors of atomic columns in pictures: arrows on the image, the color wheel, arrows with their error.

Vectors point from the center of the cage to the cation, as displayed. A map of the null field belongs beside each: what
noise and processing alone would show.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.colors import hsv_to_rgb
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.plots.polar import wheel_colors
from entrox.plots.stem_picture import (
    KEY_ROOM,
    draw_arrow_key,
    draw_cells,
    draw_key,
    draw_picture,
    frame_picture,
    full_length,
    nice_length,
    picture_axes,
    picture_extent,
    unit_of,
)
from entrox.plots.style import paper_style, space_panels

__all__ = ["plot_beside_null", "plot_close_up", "plot_column_vectors", "plot_vector_wheel"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MOST_ARROWS = 60
"""Arrows along one edge of a map; of larger images every second, third ... cell gets one."""
CLOSE_UP_CELLS = 10
NO_VECTOR = np.array([0.85, 0.85, 0.85])


def plot_column_vectors(
    found: DisplacementMap,
    micrograph: Micrograph | None = None,
    *,
    weak: Flags | None = None,
    full: float | None = None,
    key: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Draw the vectors as arrows on the image; color for the direction, counted from a1.

    Parameters
    ----------
    found
        Vectors of one kind of column.
    micrograph
        Image below the arrows; none if not given.
    weak
        Vectors that noise alone may have made, shape ``(vector,)``: their arrows are gray.
    full
        Length of the longest arrows [px]; the 98th percentile if not given.
    key
        Whether the wheel stands beside the map.
    axes
        Where to draw; a new figure of one column if not given.
    """
    _check(found)
    shape = None if micrograph is None else micrograph.intensity.shape
    extent = picture_extent(found, shape)
    full = full_length(found) if full is None else full
    with paper_style():
        axes = picture_axes(extent)[0] if axes is None else axes
        if micrograph is not None:
            draw_picture(axes, micrograph.intensity, dim=0.9)
        else:
            axes.set_facecolor("#3c4043")
        frame_picture(axes, extent, found.scale_pm)
        _draw_arrows(axes, found, full, weak)
        if key:
            draw_key(axes, found, full)
    return axes


def _check(found: DisplacementMap) -> None:
    if not found.good.any():
        raise InputError("no vector is good: there is nothing to draw.")


def _draw_arrows(axes: Axes, found: DisplacementMap, full: float, weak: Flags | None) -> None:
    """Arrows centered on their columns, the longest about as long as a cell."""
    span = np.ptp(found.cell[found.good], axis=0).max() + 1
    step = max(1, -(-int(span) // MOST_ARROWS))
    chosen = found.good & (np.mod(found.cell, step) == 0).all(axis=1)
    period = float(found.period_px.min()) * step
    along = found.along_axes_px[chosen]
    colors = _strong_colors(along)
    if weak is not None:
        colors[weak[chosen]] = (0.80, 0.80, 0.80)
    x, y = found.position_px[chosen].T
    u, v = (found.vector_px[chosen] * np.array([1.0, -1.0])).T
    axes.quiver(
        x, y, u, v, color=colors, pivot="mid", angles="xy", scale_units="xy", scale=full / (1.05 * period),
        width=0.12 * period, units="xy", headwidth=3.4, headlength=3.6, headaxislength=3.2, minlength=0.6,
        edgecolor="black", linewidth=0.12,
    )  # fmt: skip


def _strong_colors(along: Floats) -> Floats:
    """Colors of directions that stand out on a gray image; the hues are those of the wheel."""
    hue = np.mod(np.arctan2(along[:, 1], along[:, 0]) / (2.0 * np.pi), 1.0)
    return np.asarray(hsv_to_rgb(np.stack([hue, np.full_like(hue, 0.78), np.ones_like(hue)], axis=-1)))


def plot_vector_wheel(
    found: DisplacementMap,
    *,
    shape: tuple[int, ...] | None = None,
    full: float | None = None,
    key: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Fill each cell with the color of its vector: hue for the angle from a1, saturation for the length.

    Parameters
    ----------
    found
        Vectors of one kind of column.
    shape
        Shape of the image; the map ends at its cells if not given.
    full
        Length with full color [px]; the 98th percentile if not given.
    key
        Whether the wheel stands beside the map.
    axes
        Where to draw; a new figure of one column if not given.
    """
    _check(found)
    extent = picture_extent(found, shape)
    full = full_length(found) if full is None else full
    with paper_style():
        axes = picture_axes(extent)[0] if axes is None else axes
        along = found.along_axes_px
        colors = wheel_colors(along[:, 0], along[:, 1], full)
        colors[~found.good] = NO_VECTOR
        draw_cells(axes, found, colors)
        frame_picture(axes, extent, found.scale_pm)
        if key:
            draw_key(axes, found, full)
    return axes


def plot_beside_null(
    draw: Callable[[DisplacementMap, Axes, bool], object],
    found: DisplacementMap,
    null: DisplacementMap | None,
    *,
    shape: tuple[int, ...] | None = None,
    key: bool = True,
) -> list[Axes]:
    """Draw a map and that of the null field side by side; the map alone where there is no null field.

    Parameters
    ----------
    draw
        Draws one map: takes the vectors, the axes, and whether these are the last panel, which holds the key.
    found, null
        The measured vectors, and those of an image with every cation at the center of its cage.
    shape
        Shape of the image.
    key
        Whether room is kept for a key beside the last panel.
    """
    maps = [("measured", found)] if null is None else [("measured", found), ("null field", null)]
    with paper_style():
        panels = picture_axes(picture_extent(found, shape), len(maps), extra=14.0, beside=KEY_ROOM if key else 0.0)
        for place, (panel, (words, item)) in enumerate(zip(panels, maps, strict=True)):
            draw(item, panel, place == len(maps) - 1)
            if len(maps) > 1:
                panel.set_title(words, fontsize=7.0)
                panel.set_title(chr(ord("a") + place), loc="left", fontweight="bold", fontsize=8.0)
        if len(maps) > 1:
            space_panels(panels, 0.03)
    return panels


def plot_close_up(
    found: DisplacementMap,
    micrograph: Micrograph,
    *,
    columns_px: Floats | None = None,
    cells: int = CLOSE_UP_CELLS,
    full: float | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw the vectors in the middle of the image with the ellipses of their standard error, 68 % of the probability.

    Parameters
    ----------
    found
        Vectors of one kind of column.
    micrograph
        The image.
    columns_px
        Fitted positions of all columns, marked by dots.
    cells
        Cells along one edge of the part that is shown.
    full
        Length of the longest arrows [px]; the 98th percentile if not given.
    axes
        Where to draw; a new figure of one column if not given.
    """
    _check(found)
    full = full_length(found) if full is None else full
    period = float(found.period_px.min())
    middle = np.median(found.position_px[found.good], axis=0)
    # columns of the kind lie whole cells from the middle: the edge passes between them
    half = (0.5 * cells - 0.25) * period
    rows, width = micrograph.intensity.shape
    low = np.maximum(middle - half, -0.5)
    high = np.minimum(middle + half, [width - 0.5, rows - 0.5])
    extent = np.array([low[0], high[0], low[1], high[1]])
    inside = found.good & ((found.position_px > low) & (found.position_px < high)).all(axis=1)
    magnified = 0.7 * period / full
    with paper_style():
        axes = picture_axes(extent)[0] if axes is None else axes
        draw_picture(axes, micrograph.intensity, dim=0.35)
        frame_picture(axes, extent, found.scale_pm)
        if columns_px is not None:
            near = ((columns_px > low) & (columns_px < high)).all(axis=1)
            axes.plot(*columns_px[near].T, linestyle="none", marker=".", markersize=1.6, color="white")
        _draw_errors(axes, found, inside, magnified)
        factor, unit = unit_of(found)
        length = nice_length(factor * full)
        draw_arrow_key(axes, extent, magnified * length / factor, f"{length:g} {unit}, ellipses 68 %")
    return axes


def _draw_errors(axes: Axes, found: DisplacementMap, rows: Flags, magnified: float) -> None:
    """Arrows from the column on, with the error ellipse at the tip."""
    start = found.position_px[rows]
    shown = found.vector_px[rows] * np.array([1.0, -1.0]) * magnified
    values, vectors = np.linalg.eigh(found.noise_covariance_px2[rows])
    # 68.3 % of a normal vector in the plane lies within 1.515 standard errors
    axis = 2.0 * 1.515 * magnified * np.sqrt(np.maximum(values, 0.0))
    turn = np.degrees(np.arctan2(vectors[:, 1, 1], vectors[:, 0, 1]))
    colors = _strong_colors(found.along_axes_px[rows])
    axes.quiver(
        *start.T, *shown.T, color=colors, angles="xy", scale_units="xy", scale=1.0, units="xy",
        width=0.035 * float(found.period_px.min()), headwidth=3.4, headlength=3.6, headaxislength=3.2, minlength=0.0,
    )  # fmt: skip
    ends = start + shown
    axes.add_collection(
        EllipseCollection(
            axis[:, 1], axis[:, 0], -turn, units="xy", offsets=ends, transOffset=axes.transData, facecolors="none",
            edgecolors="white", linewidths=0.7,
        ),
        autolim=False,
    )  # fmt: skip
