"""Refined boxes in space: lengths and directions on their sites, and one layer with its species and vectors.

Coordinates and vectors in the pseudo-cubic frame. Only distributions mean anything: a map shows one box of many that
fit the data as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_integer
from entrox.order.phases.stereographic import stereographic_density
from entrox.plots.report_figure import figure_of
from entrox.plots.stereogram import plot_stereogram
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    MILLIMETERS_PER_INCH,
    family_style,
    letter_panels,
    new_axes,
    paper_style,
)
from entrox.scattering.run.box_analysis import BoxAnalysis

__all__ = ["plot_box_in_space", "plot_box_slice", "plot_box_stereograms", "site_vectors"]

Floats = NDArray[np.float64]
AXIS_NAMES = ("x", "y", "z")
KEY_ANGSTROM = 0.2
FEWEST_EXPECTED = 4.0
SHOWN_CELLS = 12
"""Cells along one edge of a slice; of larger boxes a corner is shown."""


def site_vectors(box: BoxAnalysis, site: str) -> tuple[Floats, Floats, NDArray[np.str_]]:
    """Places [cells], displacements [angstrom] and elements of the cations of one site, pseudo-cubic frame."""
    found = box.a if site == "A" else box.b
    vectors = found.vectors_angstrom[0] @ box.lattice_map.axes.T
    places = box.lattice_map.cells + (0.0 if site == "A" else 0.5)
    good = found.valid
    return places[good].astype(float), np.asarray(vectors[good]), np.array(found.elements)[good]


def plot_box_in_space(box: BoxAnalysis, *, zone_axis: ArrayLike | None = None) -> list[Axes]:
    """Draw every A and every B cation at its site, colored by the length of its displacement, or by its direction.

    Parameters
    ----------
    box
        One refined box.
    zone_axis
        Pseudo-cubic direction: the color is the angle to it [deg]. The length [angstrom] if not given.
    """
    shown = [site_vectors(box, site) for site in ("A", "B")]
    if zone_axis is None:
        values = [np.linalg.norm(vectors, axis=1) for _, vectors, _ in shown]
        low, high, label, colors = 0.0, float(np.quantile(np.concatenate(values), 0.99)), "|d| [Å]", "cividis"
    else:
        values = [_angles(vectors, np.asarray(zone_axis, dtype=float)) for _, vectors, _ in shown]
        name = "".join(f"{int(digit)}" for digit in np.asarray(zone_axis))
        low, high, label, colors = 0.0, 180.0, f"Angle to [{name}] [deg]", "RdYlBu"
    with paper_style():
        figure = Figure(
            figsize=(0.9 * FULL_WIDTH / MILLIMETERS_PER_INCH, 74.0 / MILLIMETERS_PER_INCH), layout="constrained"
        )
        FigureCanvasAgg(figure)
        panels: list[Any] = list(figure.subplots(1, 2, subplot_kw={"projection": "3d"}))
        # smaller dots in larger boxes
        size = float(np.clip(900.0 / max(len(values[0]), 1) ** (2.0 / 3.0), 1.0, 30.0))
        for axes, site, (places, _, _), value in zip(panels, ("A", "B"), shown, values, strict=True):
            dots = axes.scatter(
                *places.T,
                c=value,
                s=size,
                cmap=colors,
                vmin=low,
                vmax=high,
                linewidths=0,
                depthshade=False,
                rasterized=True,
            )
            axes.set_title(f"{site} site", fontsize=7.0)
            axes.set_box_aspect(np.ptp(places, axis=0) + 1.0, zoom=0.92)
            for name, set_label in zip(AXIS_NAMES, (axes.set_xlabel, axes.set_ylabel, axes.set_zlabel), strict=True):
                set_label(name, labelpad=-7.0)
            for line in (axes.xaxis, axes.yaxis, axes.zaxis):
                line.set_major_locator(MaxNLocator(nbins=6, integer=True))
            axes.tick_params(pad=-3.0, labelsize=5.5)
        bar = figure.colorbar(dots, ax=panels, shrink=0.7, pad=0.06)
        bar.set_label(label)
        bar.outline.set_visible(False)
        letter_panels(panels)
    return list(panels)


def _angles(vectors: Floats, direction: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ direction / np.maximum(length * np.linalg.norm(direction), 1e-300)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def plot_box_slice(
    box: BoxAnalysis, *, normal: int = 2, layer: int = 0, magnified: float | None = None, axes: Axes | None = None
) -> Axes:
    """Draw the cations of one layer of cells with their elements, and the component of their displacement in it.

    Parameters
    ----------
    box
        One refined box.
    normal, layer
        Axis that the layer is normal to, and its number along it; a layer holds its A and its B cations.
    magnified
        Factor of the arrows; such that the longest are about half a cell if not given.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no such layer.
    """
    check_integer(normal, "normal", low=0, high=2)
    layers = int(box.lattice_map.cells[:, normal].max()) + 1
    if not 0 <= layer < layers:
        raise InputError(f"the box has the layers {AXIS_NAMES[normal]} = 0 to {layers - 1}; got {layer}.")
    right, up = ((1, 2), (0, 2), (0, 1))[normal]
    edge = float(box.lattice_map.lattice_angstrom[right])
    found = [site_vectors(box, site) for site in ("A", "B")]
    chosen = [
        (np.floor(places[:, normal]) == layer) & (places[:, [right, up]] < SHOWN_CELLS).all(axis=1)
        for places, _, _ in found
    ]
    length = np.concatenate(
        [np.linalg.norm(v[here][:, [right, up]], axis=1) for (_, v, _), here in zip(found, chosen, strict=True)]
    )
    if magnified is None:
        magnified = 0.5 * edge / max(float(np.quantile(length, 0.98)), 1e-6)
    colors = {name: family_style(k).color for k, name in enumerate(box.elements)}
    with paper_style():
        axes = new_axes(height=96.0)[1][0] if axes is None else axes
        cells = max(
            float(places[here][:, [right, up]].max()) for (places, _, _), here in zip(found, chosen, strict=True)
        )
        for (places, vectors, elements), here, size in zip(found, chosen, (7.0, 4.6), strict=True):
            points, arrows = places[here][:, [right, up]], vectors[here][:, [right, up]] * magnified / edge
            for name in dict.fromkeys(elements[here].tolist()):
                mine = elements[here] == name
                axes.plot(
                    *points[mine].T, linestyle="none", marker="o", markersize=size * min(1.0, 9.0 / cells),
                    color=colors[name], alpha=0.45, markeredgewidth=0,
                )  # fmt: skip
            axes.quiver(
                *points.T, *arrows.T, color="#202124", angles="xy", scale_units="xy", scale=1.0, units="xy", width=0.05,
                headwidth=3.6, headlength=4.0, headaxislength=3.4, minlength=0.2,
            )  # fmt: skip
        axes.set_aspect("equal")
        axes.set_xlabel(f"Cells along {AXIS_NAMES[right]}")
        axes.set_ylabel(f"Cells along {AXIS_NAMES[up]}")
        axes.set_xlim(-0.6, cells + 0.6)
        axes.set_ylim(-0.6, cells + 0.6)
        _slice_key(axes, box.elements, colors, magnified / edge)
    return axes


def _slice_key(axes: Axes, elements: Sequence[str], colors: dict[str, str], scale: float) -> None:
    """Names of the elements above the map, and an arrow of known length."""
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=5.0, color=colors[name], alpha=0.6, label=name)
        for name in elements
    ]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(elements))
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    axes.annotate(
        "", (right, top * 1.05), (right - scale * KEY_ANGSTROM, top * 1.05), annotation_clip=False,
        arrowprops={"arrowstyle": "-|>", "linewidth": 0.9, "color": "#202124", "shrinkA": 0.0, "shrinkB": 0.0,
                    "mutation_scale": 6.0},
    )  # fmt: skip
    axes.text(
        right - scale * KEY_ANGSTROM - 0.2, top * 1.05, f"{KEY_ANGSTROM:g} Å", ha="right", va="center", fontsize=6.0,
        color=GUIDE_COLOR,
    )  # fmt: skip


def _largest_density(vectors: Floats, bins: int, pole_axes: ArrayLike | None) -> float:
    """Highest density of the bins that enough random directions would fill; slivers at the rim would drown the rest."""
    found = stereographic_density(vectors, "equal_angle", bins, axes=pole_axes)
    expected = len(vectors) * found.solid_angle / (4.0 * np.pi)
    filled = expected >= min(FEWEST_EXPECTED, float(expected.max()))
    return max(float(np.nanmax(found.density[:, filled])), 1.0)


def plot_box_stereograms(boxes: Sequence[BoxAnalysis], *, pole_axes: ArrayLike | None = None) -> list[Axes]:
    """Draw the directions of the A and of the B displacements of all boxes, both halves, equal angle.

    Parameters
    ----------
    boxes
        Refined boxes of one composition.
    pole_axes
        Rows x, y and pole; the pseudo-cubic axes if not given.
    """
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=54.0, panels=4)[1]
        for number, site in enumerate("AB"):
            vectors = np.concatenate([site_vectors(box, site)[1] for box in boxes])
            # as many bins as the number of directions can fill
            bins = int(np.clip(np.sqrt(len(vectors)) / 3.0, 8, 40)) // 2 * 2
            pair = (panels[2 * number], panels[2 * number + 1])
            plot_stereogram(
                vectors, "equal_angle", bins=bins, pole_axes=pole_axes, panels=pair,
                largest=_largest_density(vectors, bins, pole_axes),
            )  # fmt: skip
            for axes in pair:
                axes.set_title(f"{site}, {axes.get_title().removeprefix('equal angle, ')}", fontsize=6.5)
        letter_panels(panels)
        figure_of(panels).canvas.draw_idle()
    return panels
