"""Figures of an atom probe: mass spectrum, maps of the entropy and of the detector, the published construction.

Each function takes a result and optional axes and returns the axes. Lengths in nm, m/q in Da, entropies in R.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from entrox.atomprobe import DetectorMap, EntropyMap
from entrox.core import InputError
from entrox.plots.labels import MINUS, number_text, plain_mathtext
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, MILLIMETERS_PER_INCH, letter_panels, new_axes, paper_style

__all__ = ["plot_detector_map", "plot_entropy_map"]

Floats = NDArray[np.float64]
Direction = Literal["x", "y", "z"]

MASKED = "#c9ccd1"
SQUARE = 0.6
"""Maps whose shorter side is more than this share of the longer stand side by side."""
LARGEST_Z = 4.0
"""Deviations beyond this have the color of it."""


def _masked(name: str) -> Colormap:
    """Return a color map whose masked cells are gray."""
    return colormaps[name].with_extremes(bad=MASKED)


def plot_entropy_map(
    found: EntropyMap,
    axes: Sequence[Axes] | None = None,
    *,
    across: Direction | None = None,
    at_nm: float | None = None,
) -> Sequence[Axes]:
    """Draw one slice of an entropy map: corrected entropy, atoms behind it, deviation from chance.

    Parameters
    ----------
    found
        Map of a plane or in space.
    axes
        Three axes; a new figure if not given.
    across
        Direction across the slice; by default that of a map of a plane, else the one with the fewest nodes.
    at_nm
        Place of the slice along that direction; by default where most areas have enough atoms [nm].

    Returns
    -------
    sequence of Axes
        Areas with too few atoms are gray. Deviations are negative for segregation.

    Raises
    ------
    InputError
        If there are not three axes, or the direction is unknown.
    """
    if axes is not None and len(axes) != 3:
        raise InputError(f"axes must hold three axes, for entropy, atoms and deviation; got {len(axes)}.")
    normal = _direction(found, across)
    places = (found.x_nm, found.y_nm, found.z_nm)
    index = _slice_index(found, normal, places[normal], at_nm)
    plane = [axis for axis in range(3) if axis != normal]
    plane.sort(key=lambda axis: -np.ptp(places[axis]))  # the longer direction runs along the page
    first, second = (places[axis] for axis in plane)
    panels = _map_panels(first, second) if axes is None else list(axes)

    def cut(values: Floats) -> Floats:
        return np.asarray(np.moveaxis(values, [*plane, normal], [0, 1, 2])[:, :, index])

    masked = np.isnan(cut(found.entropy))
    counts = np.where(masked, np.nan, cut(found.n_atoms))
    drawn = (
        (cut(found.entropy_corrected), "viridis", None, "Corrected\nentropy [R]"),
        (counts, "cividis", None, "Atoms of\nthe area"),
        (cut(found.z_score), "RdBu", Normalize(-LARGEST_Z, LARGEST_Z), f"Deviation z\n({MINUS} segregated)"),
    )
    with paper_style():
        for panel, (values, colors, norm, label) in zip(panels, drawn, strict=True):
            _draw_map(panel, first, second, values, _masked(colors), norm, label, own=axes is None)
            panel.set_ylabel(f"{'xyz'[plane[1]]} [nm]")
            place = panel.get_subplotspec()
            if place is None or place.is_last_row():
                panel.set_xlabel(f"{'xyz'[plane[0]]} [nm]")
        letter_panels(panels)
        words = _slice_words(found, normal, places[normal], index)
        if axes is None:
            panels[0].figure.supxlabel(words, x=0.01, ha="left", fontsize=6.4, color=GUIDE_COLOR)
        else:
            panels[0].set_title(words, loc="right", fontsize=6.0)
    return panels


def _direction(found: EntropyMap, across: Direction | None) -> int:
    if found.plane is not None:
        return ({0, 1, 2} - {"xyz".index(letter) for letter in found.plane}).pop()
    if across is None:
        return int(np.argmin([len(found.x_nm), len(found.y_nm), len(found.z_nm)]))
    if across not in ("x", "y", "z"):
        raise InputError(f"across must be x, y or z; got {across!r}.")
    return "xyz".index(across)


def _slice_index(found: EntropyMap, normal: int, places: Floats, at_nm: float | None) -> int:
    if at_nm is not None:
        return int(np.argmin(np.abs(places - at_nm)))
    others = tuple(axis for axis in range(3) if axis != normal)
    return int(np.argmax(np.isfinite(found.entropy).sum(axis=others)))


def _slice_words(found: EntropyMap, normal: int, places: Floats, index: int) -> str:
    """Return where the slice lies, what an area is, and what is gray."""
    kind = "spheres" if found.plane is None else "disks"
    area = f"{kind} of {found.radius_nm:g} nm" if found.radius_nm is not None else f"weights of {found.sigma_nm:g} nm"
    if found.plane is None:
        place = f"{'xyz'[normal]} = {number_text(float(places[index]), 3)} nm"
    elif found.slab_nm is None:
        place = f"projection along {'xyz'[normal]}"
    else:
        place = f"{'xyz'[normal]} from {found.slab_nm[0]:g} to {found.slab_nm[1]:g} nm"
    return f"{place}, {area}; gray: fewer than {found.min_count} atoms"


def _is_square(first: Floats, second: Floats) -> bool:
    """Whether a map is so little elongated that three fit side by side."""
    return float(np.ptp(second) or 1.0) > SQUARE * float(np.ptp(first) or 1.0)


def _map_panels(first: Floats, second: Floats) -> list[Axes]:
    """Return three panels below one another for a long map, side by side for a square one."""
    ratio = float(np.ptp(second) or 1.0) / float(np.ptp(first) or 1.0)
    if _is_square(first, second):
        return new_axes(FULL_WIDTH, min(52.0 * ratio + 34.0, 100.0), 3)[1]
    height = 3 * min(max(148.0 * ratio, 16.0) + 8.0, 62.0) + 9.0
    size = (FULL_WIDTH / MILLIMETERS_PER_INCH, height / MILLIMETERS_PER_INCH)
    with paper_style():
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(3, 1, sharex=True)
    return list(panels)


def _draw_map(
    axes: Axes,
    first: Floats,
    second: Floats,
    values: Floats,
    colors: Colormap,
    norm: Normalize | None,
    label: str,
    *,
    own: bool,
) -> None:
    mesh = axes.pcolormesh(
        _edges(first), _edges(second), np.ma.masked_invalid(values).T, cmap=colors, norm=norm, rasterized=True
    )
    axes.set_facecolor(MASKED)
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.grid(False)
    extend = "both" if norm is not None else "neither"
    if own and _is_square(first, second):
        bar = axes.figure.colorbar(mesh, ax=axes, location="bottom", pad=0.02, aspect=22, extend=extend)
        bar.set_label(label.replace("\n", " "))
    else:
        bar = axes.figure.colorbar(mesh, ax=axes, pad=0.01, aspect=16, shrink=0.9, extend=extend)
        bar.set_label(label)
    bar.outline.set_linewidth(0.0)


def _edges(middles: Floats) -> Floats:
    """Return the edges of the cells around equidistant middles."""
    step = float(middles[1] - middles[0]) if len(middles) > 1 else 1.0
    return np.append(middles, middles[-1] + step) - 0.5 * step


def plot_detector_map(
    found: DetectorMap, axes: Sequence[Axes] | None = None, *, species: Sequence[str] | None = None
) -> Sequence[Axes]:
    """Draw how far the share of each species over the detector deviates from that of the whole, or from the trend.

    Parameters
    ----------
    found
        Composition over the detector.
    axes
        One axes per species; a new figure if not given.
    species
        Which species; all if not given.

    Returns
    -------
    sequence of Axes
        Deviations in counting errors, gray where few ions hit. The title carries the variance over that of counting:
        1 for a featureless map.

    Raises
    ------
    InputError
        If a species is unknown, or there is not one axes per species.
    """
    names = found.species if species is None else tuple(species)
    unknown = [name for name in names if name not in found.species]
    if unknown or not names:
        raise InputError(f"unknown species {', '.join(unknown)}; the map has {', '.join(found.species)}.")
    if axes is not None and len(axes) != len(names):
        raise InputError(f"axes must hold {len(names)} axes, one per species; got {len(axes)}.")
    width = min(FULL_WIDTH, 24.0 + 54.0 * len(names))
    panels = new_axes(width, (width - 26.0) / len(names) + 16.0, len(names))[1] if axes is None else list(axes)
    first, second = np.meshgrid(found.first_edges, found.second_edges, indexing="ij")
    if found.coordinates == "polar":
        first, second = first * np.cos(second), first * np.sin(second)
    norm = Normalize(-LARGEST_Z, LARGEST_Z)
    with paper_style():
        for panel, name in zip(panels, names, strict=True):
            place = found.species.index(name)
            values = np.ma.masked_invalid(np.where(found.counts >= found.min_count, found.z_score[place], np.nan))
            mesh = panel.pcolormesh(first, second, values, cmap=_masked("RdBu_r"), norm=norm, rasterized=True)
            panel.set_aspect("equal")
            panel.spines[:].set_visible(False)
            panel.set_xlabel(f"x [{found.unit}]")
            title = f"{plain_mathtext(name)}, variance {number_text(float(found.dispersion[place]), 3)} of counting"
            panel.set_title(title, fontsize=6.6)
        panels[0].set_ylabel(f"y [{found.unit}]")
        bar = panels[0].figure.colorbar(mesh, ax=panels, pad=0.02, aspect=20, shrink=0.9, extend="both")
        beyond = "the whole" if found.trend_degree == 0 else f"a trend of degree {found.trend_degree}"
        bar.set_label(f"Share minus that of {beyond},\nin counting errors")
        bar.outline.set_linewidth(0.0)
    return panels
