"""Figures of a bent film: its true shape with the strain through its thickness, and the strain along both faces.

Lengths in micrometers, strains in percent.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from entrox.core.units import METER_PER_MICROMETER as MICRO
from entrox.core.units import PERCENT
from entrox.mechanics import BendingResult
from entrox.plots.labels import number_text
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, letter_panels, new_axes, paper_style

__all__ = ["STRAIN_COLORMAP", "draw_film", "film_bands", "film_faces", "film_limits", "plot_bent_film", "strain_norm"]

Floats = NDArray[np.float64]
STRAIN_COLORMAP = "RdBu_r"
BANDS = 6
"""Stripes through the thickness."""
PIECES = 160
"""Pieces along the film that are drawn."""
OUTER_COLOR, INNER_COLOR = "#B2182B", "#2166AC"
ZOOM = 7.0
"""Half width of the close-up in thicknesses."""
MARGIN = 0.06
HEIGHT = 74.0
ARROW = 0.1
"""Length of an arrow over that of the film."""


def film_bands(bent: BendingResult, pieces: int = PIECES, bands: int = BANDS) -> tuple[Floats, Floats]:
    """Return the quadrilaterals of the film [um] and their strains [%].

    Parameters
    ----------
    bent
        One equilibrium.
    pieces, bands
        Pieces along and through the film.

    Returns
    -------
    tuple of numpy.ndarray
        Corners, shape ``(n, 4, 2)``, and the bending strain of each piece, shape ``(n,)``.
    """
    s = np.linspace(bent.arc_length[0], bent.arc_length[-1], pieces + 1)
    x, y, theta, kappa = (
        np.interp(s, bent.arc_length, values)
        for values in (bent.shape[:, 0], bent.shape[:, 1], bent.tangent_angle, bent.curvature)
    )
    offset = np.linspace(-bent.strip.outside, bent.strip.inside, bands + 1)
    across_x = x[:, None] - offset * np.sin(theta)[:, None]
    across_y = y[:, None] + offset * np.cos(theta)[:, None]
    points = np.stack([across_x, across_y], axis=-1) / MICRO
    corners = np.stack([points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]], axis=2)
    middle = 0.5 * (offset[1:] + offset[:-1])
    strain = -PERCENT * 0.5 * (kappa[1:] + kappa[:-1])[:, None] * middle
    return corners.reshape(-1, 4, 2), strain.ravel()


def film_faces(bent: BendingResult) -> list[Floats]:
    """Outer and inner face [um]: where the film is not strained its color is that of the paper."""
    normal = np.column_stack([-np.sin(bent.tangent_angle), np.cos(bent.tangent_angle)])
    return [(bent.shape + distance * normal) / MICRO for distance in (-bent.strip.outside, bent.strip.inside)]


def film_limits(shapes: list[Floats], thickness_um: float) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top that hold all shapes [um] with a margin."""
    every = np.vstack(shapes)
    low, high = every.min(axis=0), every.max(axis=0)
    margin = MARGIN * float((high - low).max()) + 2.0 * thickness_um
    return (
        float(low[0] - margin), float(high[0] + margin), float(low[1] - margin), float(high[1] + margin),
    )  # fmt: skip


def draw_film(
    axes: Axes, bent: BendingResult, norm: TwoSlopeNorm, pieces: int = PIECES, bands: int = BANDS
) -> PolyCollection:
    """Draw the film into axes and return its pieces."""
    corners, strain = film_bands(bent, pieces, bands)
    found = PolyCollection(list(corners), array=strain, cmap=STRAIN_COLORMAP, norm=norm, edgecolors="face",
                            linewidths=0.1)  # fmt: skip
    axes.add_collection(found)
    for line in film_faces(bent):
        axes.plot(*line.T, color="#9aa0a6", linewidth=0.15, zorder=found.get_zorder() + 1)
    axes.set_aspect("equal")
    axes.set_xlabel("x [µm]")
    axes.set_ylabel("y [µm]")
    return found


def strain_norm(bent: BendingResult) -> TwoSlopeNorm:
    """Return colors that are white without strain."""
    largest = PERCENT * max(bent.tension.mid_line, -bent.compression.mid_line)
    return TwoSlopeNorm(0.0, -largest, largest)


def plot_bent_film(bent: BendingResult) -> list[Axes]:
    """Draw a bent film: whole, its tightest place, and the strain along both faces.

    Parameters
    ----------
    bent
        One equilibrium; with finite elements their strains are drawn too.

    Returns
    -------
    list of matplotlib.axes.Axes
        The film, the close-up, the strain along the film.
    """
    figure, panels = new_axes(width=FULL_WIDTH, height=HEIGHT, panels=3)
    with paper_style():
        whole, close, along = panels
        norm = strain_norm(bent)
        pieces = draw_film(whole, bent, norm)
        thickness = bent.strip.thickness / MICRO
        left, right, bottom, top = film_limits([bent.shape / MICRO, *_arrows(bent)], thickness)
        whole.set_xlim(left, right)
        whole.set_ylim(bottom, top)
        _mark_load(whole, bent)
        center = _tightest(bent)
        reach = ZOOM * thickness
        draw_film(close, _near(bent, 3.0 * ZOOM * bent.strip.thickness), norm)
        close.set_xlim(center[0] - reach, center[0] + reach)
        close.set_ylim(center[1] - reach, center[1] + reach)
        whole.add_patch(Rectangle((center[0] - reach, center[1] - reach), 2 * reach, 2 * reach, fill=False,
                                  edgecolor=GUIDE_COLOR, linewidth=0.5))  # fmt: skip
        _draw_along(along, bent)
        _color_bar(figure, pieces, [whole, close])
        letter_panels(panels)
    return panels


def _tightest(bent: BendingResult) -> tuple[float, float]:
    at = bent.strain_position
    x, y = (float(np.interp(at, bent.arc_length, column)) / MICRO for column in bent.shape.T)
    return x, y


def _near(bent: BendingResult, reach: float) -> BendingResult:
    """Part of the film around its tightest place."""
    near = np.abs(bent.arc_length - bent.strain_position) <= reach
    first, last = np.flatnonzero(near)[[0, -1]]
    cut = slice(max(first - 1, 0), last + 2)
    return replace(
        bent, shape=bent.shape[cut], arc_length=bent.arc_length[cut], tangent_angle=bent.tangent_angle[cut],
        curvature=bent.curvature[cut],
    )  # fmt: skip


def _color_bar(figure: Figure, pieces: PolyCollection, axes: list[Axes]) -> None:
    bar = figure.colorbar(pieces, ax=axes, location="bottom", shrink=0.6, aspect=36, pad=0.04, ticks=MaxNLocator(5))
    bar.set_label("Strain along the film [%]")


def _mark_load(axes: Axes, bent: BendingResult) -> None:
    """Arrows of the force, plates as lines, the clamp as a bar."""
    color = GUIDE_COLOR
    if bent.case == "plates" and bent.gap is not None:
        for side in (-1.0, 1.0):
            axes.axvline(side * (0.5 * bent.gap + 0.5 * bent.strip.thickness) / MICRO, color=color, linewidth=0.8)
    elif bent.case in ("clamped", "needle"):
        half = 0.05 * bent.strip.length / MICRO
        axes.plot([0.0, 0.0], [-half, half], color=color, linewidth=2.0, solid_capstyle="butt")
    for tail, tip in _arrows(bent):
        axes.annotate("", xy=(tip[0], tip[1]), xytext=(tail[0], tail[1]),
                      arrowprops={"arrowstyle": "-|>", "color": color, "lw": 0.8, "shrinkB": 1.5})  # fmt: skip


def _arrows(bent: BendingResult) -> list[Floats]:
    """Tail and tip of the arrow of each force [um]; plates push along their whole length and have none."""
    if bent.force_direction is None or bent.case == "plates":
        return []
    along = np.array([math.cos(bent.force_direction), math.sin(bent.force_direction)])
    reach = ARROW * bent.strip.length / MICRO
    sides = ([1.0, 1.0], [-1.0, 1.0]) if bent.case == "hinged" else ([1.0, 1.0],)
    return [np.array([bent.tip / MICRO - reach * along, bent.tip / MICRO]) * side for side in sides]


def _draw_along(axes: Axes, bent: BendingResult) -> None:
    s = bent.arc_length / MICRO
    for distance, color in ((bent.strip.outside, OUTER_COLOR), (-bent.strip.inside, INNER_COLOR)):
        axes.plot(s, PERCENT * bent.curvature * distance, color=color, linewidth=1.0)
    handles = [Line2D([], [], color=OUTER_COLOR, label="outer face"),
               Line2D([], [], color=INNER_COLOR, label="inner face")]  # fmt: skip
    if bent.fe is not None:
        _draw_elements(axes, bent)
        handles.append(Line2D([], [], color="black", linestyle="--", linewidth=0.8, label=f"elements, {bent.fe.law}"))
    axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
    axes.set_xlabel("Arc length [µm]")
    axes.set_ylabel("Strain of the face [%]")
    axes.set_title(f"{number_text(PERCENT * bent.tension.mid_line, 3)} % mid-line", loc="right", fontsize=6.5)
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)


def _draw_elements(axes: Axes, bent: BendingResult) -> None:
    film = bent.fe
    assert film is not None
    s = film.face_s / MICRO
    half = bent.case in ("plates", "hinged")
    middle = 0.5 * bent.strip.length / MICRO
    for strain in (film.outer_strain, film.inner_strain):
        sides = ((1.0, middle), (-1.0, middle)) if half else ((1.0, 0.0),)
        for sign, origin in sides:
            axes.plot(origin + sign * s, PERCENT * strain, color="black", linewidth=0.8, linestyle="--")
