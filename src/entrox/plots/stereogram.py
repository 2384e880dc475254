"""Directions of displacements on the sphere, in stereographic projection."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from numpy.typing import ArrayLike

from entrox.order.phases.chance_levels import axis_families
from entrox.order.phases.stereographic import Projection, stereographic_density, stereographic_points
from entrox.plots.labels import MINUS
from entrox.plots.report_figure import figure_of
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, letter_panels, new_axes, paper_style

__all__ = ["plot_stereogram", "plot_stereograms"]

FAMILY_MARKERS = (("s", "T"), ("D", "O"), ("^", "R"))
PROJECTIONS: tuple[Projection, Projection] = ("equal_area", "equal_angle")
TITLES = {"equal_area": "equal area", "equal_angle": "equal angle"}


def plot_stereogram(
    vectors: ArrayLike,
    projection: Projection = "equal_area",
    *,
    bins: int = 40,
    axial: bool = False,
    threshold_angstrom: float = 0.0,
    pole_axes: ArrayLike | None = None,
    largest: float | None = None,
    panels: tuple[Axes, ...] | None = None,
) -> list[Axes]:
    """Draw the density of directions, one for random ones: the upper and the lower half, or both folded into one.

    Parameters
    ----------
    vectors, projection, bins, axial, threshold_angstrom
        As in :func:`entrox.order.phases.stereographic.stereographic_density`.
    pole_axes
        Rows x, y and pole; the pseudo-cubic axes of the vectors if not given.
    largest
        Density at the end of the color scale.
    panels
        Where to draw, one or two; a new figure if not given.
    """
    found = stereographic_density(
        vectors, projection, bins, axial=axial, threshold_angstrom=threshold_angstrom, axes=pole_axes
    )
    count = 1 if axial else 2
    top = float(np.nanmax(found.density)) if largest is None else largest
    with paper_style():
        own = panels is None
        width = FULL_WIDTH * count / 3.0
        drawn = new_axes(width=width, height=62.0, panels=count)[1] if panels is None else list(panels)
        for half, axes in enumerate(drawn):
            image = axes.pcolormesh(
                found.edges, found.edges, np.ma.masked_invalid(found.density[half]).T, cmap="cividis", vmin=0.0,
                vmax=top, rasterized=True,
            )  # fmt: skip
            rim = Circle((0.0, 0.0), 1.0, fill=False, color=GUIDE_COLOR, linewidth=0.8)
            axes.add_patch(rim)
            # bins that the rim cuts would stick out of the circle
            image.set_clip_path(rim)
            _mark_axes(axes, half, projection)
            axes.set_aspect("equal")
            axes.set_xlim(-1.12, 1.12)
            axes.set_ylim(-1.12, 1.12)
            axes.set_axis_off()
            words = TITLES[projection] if axial else f"{TITLES[projection]}, {'+z' if half == 0 else MINUS + 'z'} half"
            axes.set_title(words, fontsize=6.5)
        figure = figure_of(drawn)
        bar = figure.colorbar(image, ax=drawn, shrink=0.75, pad=0.02)
        bar.set_label("Density over random")
        bar.outline.set_visible(False)
        if own:
            letter_panels(drawn)
    return drawn


def _mark_axes(axes: Axes, half: int, projection: Projection) -> None:
    """Mark <100>, <110> and <111> on the map of a half."""
    for family, (marker, _) in zip(axis_families(), FAMILY_MARKERS, strict=True):
        shown = family[family[:, 2] >= -1e-9] if half == 0 else family[family[:, 2] <= 1e-9]
        places = stereographic_points(shown, projection)
        axes.plot(
            places[:, 0], places[:, 1], linestyle="none", marker=marker, markersize=3.4, markerfacecolor="none",
            markeredgecolor="white", markeredgewidth=1.3, clip_on=False,
        )  # fmt: skip
        axes.plot(
            places[:, 0], places[:, 1], linestyle="none", marker=marker, markersize=3.4, markerfacecolor="none",
            markeredgecolor="#202124", markeredgewidth=0.6, clip_on=False,
        )  # fmt: skip


def plot_stereograms(
    vectors: ArrayLike, *, bins: int = 40, threshold_angstrom: float = 0.0, pole_axes: ArrayLike | None = None
) -> list[Axes]:
    """Draw both halves in both projections; squares mark the axes of T, diamonds those of O, triangles those of R."""
    with paper_style():
        figure, panels = new_axes(width=FULL_WIDTH, height=54.0, panels=4)
        for k, projection in enumerate(PROJECTIONS):
            plot_stereogram(
                vectors, projection, bins=bins, threshold_angstrom=threshold_angstrom, pole_axes=pole_axes,
                panels=(panels[2 * k], panels[2 * k + 1]),
            )  # fmt: skip
        letter_panels(panels)
        figure.canvas.draw_idle()
    return panels
