"""The published construction of the smallest unit of maximal entropy, beside the same on relabeled ions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from entrox.atomprobe import PaperMode
from entrox.core import InputError
from entrox.plots.labels import number_text
from entrox.plots.local_entropy import count_axis
from entrox.plots.style import COLORS, FULL_WIDTH, GUIDE_COLOR, letter_panels, new_axes, paper_style

__all__ = ["plot_paper_mode"]

Floats = NDArray[np.float64]
REACH = 2.2
"""The size axis ends at this multiple of the unit, at least at the third smallest size."""


def plot_paper_mode(found: PaperMode, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw the published construction, and what it gives where labels are random.

    Parameters
    ----------
    found
        The published construction.
    axes
        Two axes, for the ions as measured and as relabeled; a new figure if not given.

    Returns
    -------
    sequence of Axes
        Bars: standard deviation over cubes. The line runs through the two smallest sizes up to the bulk entropy; where
        it ends is the published unit. Shaded: plus and minus one standard deviation over relabelings.

    Raises
    ------
    InputError
        If there are not two axes, or no size holds cubes.
    """
    if axes is not None and len(axes) != 2:
        raise InputError(f"axes must hold two axes, for measured and relabeled ions; got {len(axes)}.")
    known = np.flatnonzero(np.isfinite(found.entropy))
    if not len(known):
        raise InputError("no size of this construction holds cubes.")
    order = known[np.argsort(found.size_nm[known])]
    panels = new_axes(FULL_WIDTH, 76.0, 2)[1] if axes is None else list(axes)
    end = _end(found, order)
    shown = order[found.size_nm[order] <= end]
    sides = (
        (found.entropy, found.entropy_sd, found.tangent_nm, None, COLORS[0], "ions as measured"),
        (found.relabeled_entropy, found.relabeled_scatter, found.tangent_relabeled_nm, found.tangent_relabeled_sd_nm,
         COLORS[1], f"labels at random, {found.n_relabel} relabelings"),
    )  # fmt: skip
    with paper_style():
        for panel, (entropy, scatter, tangent, spread, color, words) in zip(panels, sides, strict=True):
            panel.errorbar(found.size_nm[shown], entropy[shown], np.nan_to_num(scatter[shown]), color=color, fmt="o",
                           elinewidth=0.8, capsize=2.0)  # fmt: skip
            panel.axhline(found.entropy_bulk, color=GUIDE_COLOR, linewidth=0.8, linestyle="--")
            _draw_tangent(panel, found, order, entropy, tangent, spread, color)
            _scale(panel, found, shown, end)
            panel.set_title(words, loc="right", fontsize=6.6)
        bottom = min(panel.get_ylim()[0] for panel in panels)
        top = max(panel.get_ylim()[1] for panel in panels)
        for panel in panels:
            panel.set_ylim(bottom, top)
        panels[0].set_ylabel("Plain mean entropy of the cubes [R]")
        if axes is None:
            _write_unit(panels[0], found)
        letter_panels(panels)
    return panels


def _end(found: PaperMode, order: NDArray[np.intp]) -> float:
    """Return the end of the size axis [nm]."""
    sizes = found.size_nm[order]
    units = [value for value in (found.tangent_nm, found.tangent_relabeled_nm) if value is not None]
    least = float(sizes[min(2, len(sizes) - 1)])
    return 1.08 * max(least, min(REACH * max(units, default=0.0), float(sizes[-1])))


def _draw_tangent(
    axes: Axes,
    found: PaperMode,
    order: NDArray[np.intp],
    entropy: Floats,
    tangent: float | None,
    spread: float | None,
    color: str,
) -> None:
    """Draw the line from the smallest size to the bulk entropy, and mark where it ends."""
    if tangent is None:
        axes.text(0.97, 0.06, "the line does not rise", transform=axes.transAxes, ha="right", fontsize=6.2)
        return
    start = order[0]
    axes.plot([found.size_nm[start], tangent], [entropy[start], found.entropy_bulk], color=color, linewidth=0.9)
    axes.axvline(tangent, color=color, linewidth=0.7, linestyle=":")
    words = f"{tangent:.2f} nm"
    if spread is not None:
        axes.axvspan(tangent - spread, tangent + spread, color=color, alpha=0.18, linewidth=0)
        words = f"{tangent:.2f} ± {spread:.2f} nm"
    axes.annotate(words, (tangent, 0.04), xycoords=axes.get_xaxis_transform(), xytext=(4, 0),
                  textcoords="offset points", color=color, fontsize=7.0)  # fmt: skip


def _scale(axes: Axes, found: PaperMode, shown: NDArray[np.intp], end: float) -> None:
    sizes = found.size_nm[shown]
    if found.axis == "log":
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(float(sizes[0]) / 1.15, end)
    else:
        axes.set_xlim(0.0, end)
    axes.set_xticks(sizes, labels=[number_text(float(value), 3) for value in sizes])
    axes.set_xlabel("Cube size [nm]")
    count_axis(axes, sizes, found.n_per_cube_mean[shown], "Ions per cube, mean", logarithmic=found.axis == "log")


def _write_unit(axes: Axes, found: PaperMode) -> None:
    """Write below the figure how many cubes there were, and the unit by the excess information."""
    unit = found.unit
    known = unit.sume_bc_nm
    at_most = "at or below " if known is not None and known == unit.smallest_size_nm else ""
    said = "none" if known is None else f"{at_most}{number_text(known, 3)} nm"
    cubes = ", ".join(
        f"{n} of {asked} at {number_text(float(size), 3)} nm"
        for size, n, asked in zip(found.size_nm[::-1], found.n_cubes[::-1], found.n_requested[::-1], strict=True)
        if n
    )
    figure = axes.get_figure(root=True)
    assert figure is not None
    words = f"Cubes: {cubes}. Unit by the excess information: {said}."
    figure.supxlabel(words, x=0.01, ha="left", fontsize=6.0, color=GUIDE_COLOR)
