"""Cells of a micrograph in pictures: classes, domains, and maps of one number such as strain or an error.

Classes are those of projected axes, <10> and <11>; a projection cannot tell phases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.plots.polar import wheel_colors
from entrox.plots.stem_picture import (
    INK,
    cell_outlines,
    draw_cells,
    draw_key,
    draw_picture,
    frame_picture,
    full_length,
    picture_axes,
    picture_extent,
)
from entrox.plots.style import paper_style

__all__ = ["CLASS_COLORS", "CLASS_WORDS", "plot_cell_values", "plot_class_map", "plot_domain_map", "plot_residual"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLASS_COLORS = {"weak": "#d5d8dc", "<10>": "#0072B2", "<11>": "#E69F00"}
CLASS_WORDS = {"weak": "weak", "<10>": "⟨10⟩", "<11>": "⟨11⟩"}
FEW_PANELS = 3
NO_DOMAIN = np.array([0.93, 0.93, 0.93])


def plot_class_map(
    found: DisplacementMap,
    labels: ArrayLike,
    *,
    classes: Sequence[str] = ("weak", "<10>", "<11>"),
    shape: tuple[int, ...] | None = None,
    key: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Fill each cell with the color of its projected class.

    Parameters
    ----------
    found
        Vectors of one kind of column.
    labels
        Number of the class of each vector in ``classes``; -1 for none.
    classes
        Names of the classes.
    shape
        Shape of the image; the map ends at its cells if not given.
    key
        Whether names and shares stand below the map.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If no vector has a class.
    """
    numbers = np.asarray(labels, dtype=int)
    if not (numbers >= 0).any():
        raise InputError("no vector has a class.")
    extent = picture_extent(found, shape)
    table = np.array([to_rgb(CLASS_COLORS[name]) for name in classes])
    with paper_style():
        axes = picture_axes(extent)[0] if axes is None else axes
        draw_cells(axes, found, table[np.maximum(numbers, 0)], rows=numbers >= 0)
        frame_picture(axes, extent, found.scale_pm)
        if key:
            share = np.bincount(numbers[numbers >= 0], minlength=len(classes)) / (numbers >= 0).sum()
            handles = [
                Line2D([], [], linestyle="none", marker="s", markersize=5.0, color=CLASS_COLORS[name],
                       label=f"{CLASS_WORDS[name]} {100 * part:.0f} %")
                for name, part in zip(classes, share, strict=True)
            ]  # fmt: skip
            axes.legend(
                handles=handles, loc="center right", bbox_to_anchor=(1.01, -0.035), ncols=3, handletextpad=0.0,
                columnspacing=0.6, borderpad=0.0, borderaxespad=0.0,
            )  # fmt: skip
    return axes


def plot_domain_map(
    found: DisplacementMap,
    labels: ArrayLike,
    *,
    shape: tuple[int, ...] | None = None,
    full: float | None = None,
    key: bool = True,
    axes: Axes | None = None,
) -> Axes:
    """Fill each domain with the color of its mean vector and draw the walls between domains.

    Parameters
    ----------
    found
        Vectors of one kind of column.
    labels
        Domain of each vector; -1 for none.
    shape
        Shape of the image; the map ends at its cells if not given.
    full
        Length with full color [px]; the 98th percentile of the vectors if not given.
    key
        Whether the wheel stands beside the map.
    axes
        Where to draw; a new figure of one column if not given.
    """
    numbers = np.asarray(labels, dtype=int)
    extent = picture_extent(found, shape)
    full = full_length(found) if full is None else full
    inside = numbers >= 0
    along = np.full(found.vector_px.shape, np.nan)
    for number in np.unique(numbers[inside]):
        rows = numbers == number
        along[rows] = np.nanmean(found.along_axes_px[rows], axis=0)
    colors = np.array(wheel_colors(along[:, 0], along[:, 1], full))
    colors[~inside] = NO_DOMAIN
    with paper_style():
        axes = picture_axes(extent)[0] if axes is None else axes
        draw_cells(axes, found, colors, rows=found.good)
        axes.add_collection(LineCollection(_walls(found, numbers), colors=INK, linewidths=0.7), autolim=False)
        frame_picture(axes, extent, found.scale_pm)
        if key:
            draw_key(axes, found, full)
    return axes


def _walls(found: DisplacementMap, labels: Ints) -> list[Floats]:
    """Edges between neighboring cells of two different domains."""
    place = {tuple(cell): row for row, cell in enumerate(found.cell.tolist())}
    outlines = cell_outlines(found)
    lines = []
    for (i, j), row in place.items():
        # the edges of an outline run around it from the lower left corner: 1-2 faces +a1, 2-3 faces +a2
        for other, corners in (((i + 1, j), [1, 2]), ((i, j + 1), [2, 3])):
            beside = place.get(other)
            if beside is not None and labels[row] != labels[beside] and min(labels[row], labels[beside]) >= 0:
                opposite = [0, 3] if corners == [1, 2] else [1, 0]
                lines.append(0.5 * (outlines[row][corners] + outlines[beside][opposite]))
    return lines


def plot_cell_values(
    position_px: ArrayLike,
    basis_px: ArrayLike,
    values: Mapping[str, ArrayLike],
    *,
    shape: tuple[int, ...] | None = None,
    scale_pm: float | None = None,
    around_zero: Sequence[str] = (),
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Draw maps of numbers of the cells side by side, each with its own scale of color.

    Parameters
    ----------
    position_px
        Centers of the cells, x right and y down, shape ``(cell, 2)`` [px].
    basis_px
        The two edges of a cell, shape ``(2, 2)`` [px].
    values
        Numbers of the cells by the label of their scale.
    shape
        Shape of the image; the map ends at its cells if not given.
    scale_pm
        Size of a pixel [pm].
    around_zero
        Labels whose scale has zero in its middle.
    axes
        Where to draw; a new figure if not given.
    """
    centers, edges = np.asarray(position_px, dtype=float), np.asarray(basis_px, dtype=float)
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) @ edges
    outlines = centers[:, None, :] + corners
    if shape is None:
        low, high = outlines.reshape(-1, 2).min(axis=0), outlines.reshape(-1, 2).max(axis=0)
        extent = np.array([low[0], high[0], low[1], high[1]])
    else:
        extent = np.array([-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5])
    with paper_style():
        panels = picture_axes(extent, len(values), extra=20.0) if axes is None else list(axes)
        for panel, (label, numbers) in zip(panels, values.items(), strict=True):
            _value_map(panel, outlines, np.asarray(numbers, dtype=float), label, label in around_zero)
            if len(panels) > FEW_PANELS:
                panel.figure.axes[-1].locator_params(nbins=3)
            frame_picture(panel, extent, scale_pm, bar=panel is panels[0])
        if axes is None and len(panels) > 1:
            for place, panel in enumerate(panels):
                panel.set_title(chr(ord("a") + place), loc="left", fontweight="bold", fontsize=8.0)
    return panels


def _value_map(axes: Axes, outlines: Floats, numbers: Floats, label: str, around_zero: bool) -> None:
    known = np.isfinite(numbers)
    if not known.any():
        raise InputError(f"no cell has a number for {label!r}.")
    low, high = np.quantile(numbers[known], [0.02, 0.98])
    if around_zero:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    colors = "RdBu_r" if around_zero else "viridis"
    painted = PolyCollection(
        list(outlines[known]), array=numbers[known], cmap=colors, norm=Normalize(low, high), linewidths=0.4,
        edgecolors="face", rasterized=True,
    )  # fmt: skip
    axes.add_collection(painted, autolim=False)
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    bar = figure.colorbar(ScalarMappable(painted.norm, colors), ax=axes, location="top", pad=0.02, aspect=24,
                          shrink=0.9, extend="both")  # fmt: skip
    bar.set_label(label)
    bar.outline.set_linewidth(0.0)
    bar.ax.locator_params(nbins=5)


def plot_residual(
    residual: ArrayLike, noise: ArrayLike, *, scale_pm: float | None = None, axes: Axes | None = None
) -> Axes:
    """Draw image minus model over the noise of each pixel: white noise if the model holds.

    Parameters
    ----------
    residual
        Image minus model, shape ``(row, column)``; NaN where there is no model.
    noise
        Standard deviation of each pixel, same shape or one number.
    scale_pm
        Size of a pixel [pm].
    axes
        Where to draw; a new figure of one column if not given.
    """
    ratio = np.asarray(residual, dtype=float) / np.asarray(noise, dtype=float)
    extent = np.array([-0.5, ratio.shape[1] - 0.5, -0.5, ratio.shape[0] - 0.5])
    with paper_style():
        axes = picture_axes(extent)[0] if axes is None else axes
        axes.set_facecolor("#e8eaed")
        draw_picture(axes, ratio, symmetric=4.0)
        frame_picture(axes, extent, scale_pm)
        figure = axes.get_figure(root=True)
        assert isinstance(figure, Figure)
        bar = figure.colorbar(axes.images[0], ax=axes, location="right", pad=0.02, aspect=24, shrink=0.9)
        bar.set_label("Residual over noise")
        bar.outline.set_linewidth(0.0)
    return axes
