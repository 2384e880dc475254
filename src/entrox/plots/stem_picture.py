"""What all maps of a micrograph share: the picture, the outlines of its cells, a scale bar, the key of the colors.

Positions in px, x right and y down, as in the image; the axes are turned so that they look as displayed.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.plots.polar import wheel_colors
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, MILLIMETERS_PER_INCH, SINGLE_WIDTH, new_axes, paper_style

__all__ = [
    "cell_outlines",
    "draw_arrow_key",
    "draw_cells",
    "draw_key",
    "draw_picture",
    "draw_scale_bar",
    "frame_picture",
    "full_length",
    "lengths_of",
    "nice_length",
    "picture_axes",
    "picture_extent",
    "unit_of",
]

Floats = NDArray[np.float64]
MOST_PIXELS = 1200
"""Pixels of a drawn image along its longer edge; larger ones are averaged over blocks."""
INK = "#202124"
NICE = (1.0, 2.0, 5.0)
KEY_MILLIMETERS = 11.0
KEY_ROOM = 16.0
"""Width of the key of the colors, and what is kept free for it beside the pictures [mm]."""


def unit_of(found: DisplacementMap) -> tuple[float, str]:
    """Return the factor from px to the unit that lengths are shown in, and that unit."""
    return (1.0, "px") if found.scale_pm is None else (found.scale_pm, "pm")


def lengths_of(found: DisplacementMap) -> Floats:
    """Lengths of the good vectors [px]."""
    return np.asarray(np.linalg.norm(found.vector_px[found.good], axis=1))


def full_length(*maps: DisplacementMap | None) -> float:
    """Length that has the full color and the longest arrow [px]: the 98th percentile of the first map."""
    first = next(item for item in maps if item is not None)
    length = lengths_of(first)
    length = length[np.isfinite(length)]
    return float(np.quantile(length, 0.98)) if len(length) and length.max() > 0.0 else 1.0


def cell_outlines(found: DisplacementMap) -> Floats:
    """Corners of the cell around each column as displayed, shape ``(vector, 4, 2)`` [px].

    A cell stays where its cage is, however far its cation is displaced: neighbors share their edges.
    """
    edges = found.period_px[:, None] * found.axes * np.array([1.0, -1.0])
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) @ edges
    centers = found.position_px - np.nan_to_num(found.vector_px) * np.array([1.0, -1.0])
    return np.asarray(centers[:, None, :] + corners)


def picture_axes(extent: Floats, panels: int = 1, *, extra: float = 6.0, beside: float = KEY_ROOM) -> list[Axes]:
    """Return axes for pictures of one extent side by side, letters, keys and scale bars included.

    Parameters
    ----------
    extent
        Left, right, top and bottom [px].
    panels
        Number of pictures.
    extra, beside
        Room above and below, and beside the pictures [mm].
    """
    width = SINGLE_WIDTH if panels == 1 else FULL_WIDTH
    each = (width - beside) / panels - 2.0
    aspect = abs(extent[3] - extent[2]) / abs(extent[1] - extent[0])
    return new_axes(width=width, height=float(np.clip(each * aspect, 20.0, 170.0)) + extra, panels=panels)[1]


def picture_extent(found: DisplacementMap, shape: tuple[int, ...] | None) -> Floats:
    """Left, right, top and bottom of the image, or of the cells where its shape is not known [px]."""
    if shape is not None:
        return np.array([-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5])
    corners = cell_outlines(found).reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return np.array([low[0], high[0], low[1], high[1]])


def draw_picture(axes: Axes, intensity: ArrayLike, *, dim: float = 0.0, symmetric: float | None = None) -> None:
    """Draw an image in gray, or with a scale around zero if ``symmetric`` is its end."""
    pixels = np.asarray(intensity, dtype=float)
    block = max(1, -(-max(pixels.shape) // MOST_PIXELS))
    small = _averaged(pixels, block)
    rows, columns = small.shape
    extent = (-0.5, columns * block - 0.5, rows * block - 0.5, -0.5)
    if symmetric is not None:
        axes.imshow(small, extent=extent, cmap="RdBu_r", vmin=-symmetric, vmax=symmetric, interpolation="nearest")
        return
    low, high = np.nanquantile(small, [0.005, 0.998])
    axes.imshow(small, extent=extent, cmap="gray", vmin=low, vmax=high + dim * (high - low), interpolation="nearest")


def _averaged(pixels: Floats, block: int) -> Floats:
    if block == 1:
        return pixels
    rows, columns = (size // block * block for size in pixels.shape)
    cut = pixels[:rows, :columns].reshape(rows // block, block, columns // block, block)
    return np.asarray(cut.mean(axis=(1, 3)))


def draw_cells(axes: Axes, found: DisplacementMap, colors: Floats, *, rows: NDArray[np.bool_] | None = None) -> None:
    """Fill the cell of each column; ``rows`` chooses some of them."""
    chosen = np.ones(len(found.vector_px), dtype=bool) if rows is None else rows
    # the thin edge in the same color closes the hairlines that antialiasing leaves between neighbors
    axes.add_collection(
        PolyCollection(
            list(cell_outlines(found)[chosen]), facecolors=colors[chosen], edgecolors=colors[chosen], linewidths=0.4,
            rasterized=True,
        ),
        autolim=False,
    )  # fmt: skip


def frame_picture(axes: Axes, extent: Floats, scale_pm: float | None, *, bar: bool = True) -> None:
    """Set the limits as displayed, take the ticks away and put a scale bar below."""
    axes.set_xlim(extent[0], extent[1])
    axes.set_ylim(extent[3], extent[2])
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if bar:
        draw_scale_bar(axes, extent, scale_pm)


def draw_scale_bar(axes: Axes, extent: Floats, scale_pm: float | None) -> None:
    """Draw a bar of a round length below the left corner."""
    per_px = 1.0 if scale_pm is None else 1e-3 * scale_pm
    width = float(extent[1] - extent[0])
    length = nice_length(0.28 * width * per_px)
    unit = "px" if scale_pm is None else "nm"
    bar = length / per_px
    below = axes.get_xaxis_transform()
    axes.plot(
        [extent[0], extent[0] + bar], [-0.035, -0.035], transform=below, color=INK, linewidth=2.0, clip_on=False,
        solid_capstyle="butt",
    )  # fmt: skip
    axes.text(
        extent[0] + bar + 0.015 * width, -0.035, f"{length:g} {unit}", transform=below, va="center", fontsize=6.5,
        color=INK,
    )  # fmt: skip


def nice_length(length: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not longer.

    Examples
    --------
    >>> nice_length(17.3), nice_length(0.9)
    (10.0, 0.5)
    """
    power = 10.0 ** np.floor(np.log10(length))
    return float(power * max(step for step in NICE if step * power <= length))


def draw_arrow_key(axes: Axes, extent: Floats, length_px: float, words: str) -> None:
    """Draw an arrow of known length below the picture."""
    width = float(extent[1] - extent[0])
    below = axes.get_xaxis_transform()
    start = float(extent[0]) + 0.46 * width
    axes.annotate(
        "", xy=(start + length_px, -0.035), xytext=(start, -0.035), xycoords=below, textcoords=below,
        annotation_clip=False,
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.2, "mutation_scale": 6, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    axes.text(start + length_px + 0.02 * width, -0.035, words, transform=below, va="center", fontsize=6.5, color=INK)


def draw_key(axes: Axes, found: DisplacementMap, full: float) -> None:
    """Draw the wheel of the colors right of a map, as displayed, with the axes of the lattice."""
    factor, unit = unit_of(found)
    width, height = _panel_millimeters(axes)
    w, h = KEY_MILLIMETERS / width, KEY_MILLIMETERS / height
    inset = axes.inset_axes((1.0 + 2.0 / width, 1.0 - h - 3.0 / height, w, h))
    line = np.linspace(-1.0, 1.0, 161)
    x, y = np.meshgrid(line, line)
    along = np.stack([x, y], axis=-1) @ found.axes.T
    colors = np.ones((161, 161, 4))
    colors[..., :3] = wheel_colors(along[..., 0], along[..., 1], 1.0)
    colors[..., 3] = np.hypot(x, y) <= 1.0
    inset.imshow(colors, origin="lower", extent=(-1, 1, -1, 1))
    for name, axis in zip(("$a_1$", "$a_2$"), found.axes, strict=True):
        inset.annotate("", xy=tuple(1.05 * axis), xytext=(0.0, 0.0),
                       arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.6, "mutation_scale": 4})  # fmt: skip
        inset.text(1.36 * axis[0], 1.36 * axis[1], name, ha="center", va="center", fontsize=6.5, color=INK)
    inset.set_xlim(-1.0, 1.0)
    inset.set_ylim(-1.0, 1.0)
    inset.set_axis_off()
    axes.text(
        1.0 + (2.0 + 0.5 * KEY_MILLIMETERS) / width, 1.0 - h - 5.0 / height,
        f"rim:\n{factor * full:.2g} {unit}", transform=axes.transAxes, ha="center", va="top", fontsize=6.0,
        color=GUIDE_COLOR,
    )  # fmt: skip


def _panel_millimeters(axes: Axes) -> tuple[float, float]:
    """Width and height of a picture on paper, about."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    panels = max(1, sum(1 for item in figure.axes if item.get_subplotspec() is not None))
    with paper_style():
        width = figure.get_figwidth() * MILLIMETERS_PER_INCH
    width = (width - KEY_ROOM) / panels - 2.0
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    return width, width * abs(top - bottom) / abs(right - left)
