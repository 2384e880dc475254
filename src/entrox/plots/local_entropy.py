"""Mixing entropy against length: cubes and neighborhoods with their null.

Each function takes a result and optional axes and returns the axes. Lengths in nm, entropies in R; the number of ions
behind every point stands on the upper axis.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from entrox.atomprobe import EntropyAnalysis
from entrox.core import InputError
from entrox.order import EntropyScan, MaximalEntropyUnit, NeighborhoodEntropy, maximal_entropy_unit
from entrox.plots.entropy_words import verdict_words
from entrox.plots.labels import MINUS, number_text
from entrox.plots.style import (
    COLORS,
    GUIDE_COLOR,
    MILLIMETERS_PER_INCH,
    letter_panels,
    paper_style,
)

__all__ = ["count_axis", "plot_entropy_scan", "plot_neighborhoods", "stacked_axes"]

Floats = NDArray[np.float64]

REAL, PLAIN, NULL = COLORS[0], COLORS[5], COLORS[1]
BAND = 2.0
"""Half width of the band of the null in standard deviations."""
SIGNIFICANT = 0.05
TEXT_COLUMNS = 74
CLOSEST_TICKS = 0.055
"""Smallest distance of two labels of an axis, as a share of it."""


def stacked_axes(width: float, heights: Sequence[float]) -> list[Axes]:
    """Return axes of a new figure, one below the other with a common x axis; width and heights in mm."""
    size = (width / MILLIMETERS_PER_INCH, sum(heights) / MILLIMETERS_PER_INCH)
    with paper_style():
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        panels = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=list(heights))
    return list(panels[:, 0])


def plot_entropy_scan(found: EntropyAnalysis | EntropyScan, axes: Sequence[Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw the entropy of cubes and what of it exceeds counting noise against the size.

    Parameters
    ----------
    found
        A scan, or an analysis with one.
    axes
        Two axes, for the entropy and for the excess; a new figure if not given.

    Returns
    -------
    tuple of Axes
        The entropy with its null, plus and minus two standard deviations, and the excess with its 95 % limits. Filled
        points deviate from chance at the level of the scan, adjusted for all sizes.

    Raises
    ------
    InputError
        If there are not two axes, or the scan holds no entropy.
    """
    scan = found.scan if isinstance(found, EntropyAnalysis) else found
    unit = found.sume if isinstance(found, EntropyAnalysis) else maximal_entropy_unit(scan, scan.tolerance, scan.alpha)
    known = np.flatnonzero(np.isfinite(scan.entropy_weighted) & np.isfinite(scan.entropy_null))
    if not len(known):
        raise InputError("this scan holds no entropy: no size could be measured.")
    order = known[np.argsort(scan.size_nm[known])]
    upper, lower = _two(axes, 120.0, (66.0, 56.0))
    with paper_style():
        _draw_entropies(upper, scan, order)
        lower.set_xlabel("Cube size [nm]")
        _length_axis((upper, lower), scan.size_nm[order])
        count_axis(upper, scan.size_nm[order], scan.n_per_area_mean[order], "Ions per cube, mean")
        handles = _draw_excess(lower, scan, unit, order)
        _legend_below(lower, handles, own=axes is None)
        _headline(upper, (verdict_words(unit), _p_words(scan)), own=axes is None)
        letter_panels((upper, lower))
    return upper, lower


def _two(axes: Sequence[Axes] | None, width: float, heights: Sequence[float]) -> tuple[Axes, Axes]:
    if axes is None:
        upper, lower = stacked_axes(width, heights)
        return upper, lower
    if len(axes) != 2:
        raise InputError(f"axes must hold two axes, for the entropy and for the excess; got {len(axes)}.")
    return axes[0], axes[1]


def _p_words(scan: EntropyScan) -> str:
    if not scan.n_relabel:
        return "Not tested: no relabelings."
    return f"Family p = {number_text(scan.family_p, 3)} ({scan.n_relabel} relabelings, {scan.n_origins} origins)."


def _headline(axes: Axes, words: Sequence[str], *, own: bool) -> None:
    """Put words over a figure of ours, or over given axes."""
    text = "\n".join("\n".join(textwrap.wrap(line, TEXT_COLUMNS)) for line in words)
    if own:
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.suptitle(text, x=0.02, ha="left", fontsize=7.4)
    else:
        axes.set_title(text, loc="right", fontsize=6.2)


def _legend_below(axes: Axes, handles: Sequence[Any], *, own: bool) -> None:
    """Put a legend below a figure of ours, where it covers nothing, or into given axes."""
    if not own:
        axes.legend(handles=list(handles), loc="best")
        return
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    columns = 2 if figure.get_figwidth() * MILLIMETERS_PER_INCH > 100.0 else 1
    figure.legend(handles=list(handles), loc="outside lower left", ncols=columns)


def _draw_entropies(axes: Axes, scan: EntropyScan, order: NDArray[np.intp]) -> None:
    size, null, sd = scan.size_nm[order], scan.entropy_null[order], np.nan_to_num(scan.sd_null[order])
    axes.axhline(scan.entropy_bulk, color=GUIDE_COLOR, linewidth=0.8, linestyle="--")
    axes.fill_between(size, null - BAND * sd, null + BAND * sd, color=NULL, alpha=0.25, linewidth=0)
    axes.plot(size, null, color=NULL, zorder=2)
    axes.plot(size, scan.entropy_weighted[order], color=REAL, marker="o", linestyle="none", markersize=3.4, zorder=3)
    axes.plot(size, scan.entropy_unweighted[order], color=PLAIN, marker="s", linestyle=":", markersize=2.6, zorder=1)
    axes.set_ylabel("Entropy of the cubes [R]")
    handles: list[Any] = [
        Line2D([], [], color=REAL, marker="o", linestyle="none", label="measured, cubes weighted by their ions"),
        Line2D([], [], color=PLAIN, marker="s", linestyle=":", label="measured, plain mean over cubes"),
        (Patch(color=NULL, alpha=0.25, linewidth=0), Line2D([], [], color=NULL)),
        Line2D([], [], color=GUIDE_COLOR, linestyle="--", linewidth=0.8, label=f"bulk, {scan.entropy_bulk:.4f} R"),
    ]
    labels = [str(item.get_label()) if isinstance(item, Line2D) else "labels at random, ± 2 SD" for item in handles]
    axes.legend(handles, labels, loc="best")


def _draw_excess(axes: Axes, scan: EntropyScan, unit: MaximalEntropyUnit, order: NDArray[np.intp]) -> list[Any]:
    size, excess = scan.size_nm[order], scan.excess_information[order]
    limits = np.stack([excess - scan.excess_lower[order], scan.excess_upper[order] - excess])
    axes.axhline(0.0, color="black", linewidth=0.6)
    level = unit.tolerance * scan.entropy_bulk
    axes.axhline(level, color=GUIDE_COLOR, linewidth=0.8, linestyle="--")
    axes.plot(size, scan.detectable_excess[order], color=COLORS[3], linestyle="-.", linewidth=0.9)
    axes.errorbar(size, excess, np.clip(np.nan_to_num(limits), 0.0, None), color=REAL, fmt="none", elinewidth=0.8,
                  capsize=1.8, capthick=0.8, zorder=2)  # fmt: skip
    deviates = scan.p_adjusted[order] < scan.alpha
    for shown, face in ((deviates, REAL), (~deviates, "white")):
        axes.plot(size[shown], excess[shown], marker="o", linestyle="none", color=REAL, markerfacecolor=face,
                  markersize=3.6, zorder=3)  # fmt: skip
    handles = [
        _dot(REAL, f"deviates from chance (adjusted p < {scan.alpha:g})"),
        _dot("white", "does not; bars: 95 % limits"),
        Line2D([], [], color=COLORS[3], linestyle="-.", linewidth=0.9, label="detectable with power 0.8"),
        Line2D([], [], color=GUIDE_COLOR, linestyle="--", linewidth=0.8,
               label=f"tolerance, {100 * unit.tolerance:g} % of bulk"),
    ]  # fmt: skip
    axes.set_ylabel("Excess information [R]\n" + f"{MINUS} order      segregation +")
    axes.margins(y=0.12)
    return [*handles, *_mark_unit(axes, unit, size)]


def _dot(face: str, label: str) -> Line2D:
    return Line2D([], [], color=REAL, markerfacecolor=face, marker="o", linestyle="none", label=label)


def _mark_unit(axes: Axes, unit: MaximalEntropyUnit, size: Floats) -> list[Any]:
    """Draw the unit as a line; nothing where there is none or it lies at the smallest size."""
    if unit.sume_bc_nm is None or unit.sume_bc_nm == unit.smallest_size_nm:
        return []
    axes.axvline(unit.sume_bc_nm, color=COLORS[2], linewidth=0.9)
    if unit.sume_interval_nm is not None:
        low, high = (float(np.clip(value, size.min(), size.max())) for value in unit.sume_interval_nm)
        axes.axvspan(low, high, color=COLORS[2], alpha=0.12, linewidth=0)
    words = f"fully mixed from {number_text(unit.sume_bc_nm, 3)} nm on"
    shaded = Patch(color=COLORS[2], alpha=0.12, linewidth=0, label="95 % interval by the excess itself")
    return [Line2D([], [], color=COLORS[2], linewidth=0.9, label=words), shaded]


def _length_axis(panels: Sequence[Axes], lengths: Floats) -> None:
    """Make the x axis logarithmic with ticks at the lengths that were measured."""
    low, high = float(lengths.min()), float(lengths.max())
    for axes in panels:
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(low / 1.12, high * 1.12)
        ticks = _apart(np.log(lengths))
        axes.set_xticks(lengths[ticks], labels=[number_text(float(value), 3) for value in lengths[ticks]])


def count_axis(axes: Axes, lengths: Floats, counts: Floats, label: str, *, logarithmic: bool = True) -> None:
    """Put the mean number of ions behind each length on the upper axis."""
    upper = axes.secondary_xaxis("top")
    upper.minorticks_off()
    ticks = _apart(np.log(lengths) if logarithmic else lengths)
    upper.set_xticks(lengths[ticks], labels=[_count(float(value)) for value in counts[ticks]])
    upper.set_xlabel(label)
    upper.spines["top"].set_visible(True)
    upper.tick_params(pad=1.5)


def _apart(places: Floats) -> list[int]:
    """Return the indices of labels that do not touch, the first one kept."""
    reach = float(np.ptp(places)) or 1.0
    kept: list[int] = []
    for index in np.argsort(places):
        if not kept or places[index] - places[kept[-1]] >= CLOSEST_TICKS * reach:
            kept.append(int(index))
    return kept


def _count(value: float) -> str:
    """Return a mean number of ions in few letters."""
    if value >= 99_950:
        return f"{value / 1000:.0f}k"
    if value >= 9_950:
        return f"{value / 1000:.1f}k".replace(".0k", "k")
    return f"{value:.{2 if value < 9.95 else 1}f}" if value < 99.5 else f"{value:.0f}"


def plot_neighborhoods(found: NeighborhoodEntropy, axes: Sequence[Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw the entropy around every atom and what of it exceeds counting noise against the radius.

    Parameters
    ----------
    found
        Entropy of neighborhoods.
    axes
        Two axes, for the entropy and for the excess; a new figure if not given.

    Returns
    -------
    tuple of Axes
        The excess stands before a band of two standard deviations of the null.

    Raises
    ------
    InputError
        If there are not two axes, or no radius holds an entropy.
    """
    known = np.flatnonzero(np.isfinite(found.entropy) & np.isfinite(found.entropy_null))
    if not len(known):
        raise InputError("no radius holds an entropy: no atom has a neighbor.")
    upper, lower = _two(axes, 89.0, (52.0, 44.0))
    radius, sd = found.radius_nm[known], np.nan_to_num(found.sd_null[known])
    with paper_style():
        upper.axhline(found.entropy_bulk, color=GUIDE_COLOR, linewidth=0.8, linestyle="--",
                      label=f"bulk, {found.entropy_bulk:.4f} R")  # fmt: skip
        null = found.entropy_null[known]
        upper.fill_between(radius, null - BAND * sd, null + BAND * sd, color=NULL, alpha=0.25, linewidth=0)
        upper.plot(radius, null, color=NULL, label="labels at random, ± 2 SD")
        upper.plot(radius, found.entropy[known], color=REAL, marker="o", linestyle="none", label="measured")
        upper.set_ylabel("Entropy of neighborhoods [R]")
        upper.legend(loc="lower right")
        _legend_below(lower, _draw_neighborhood_excess(lower, found, known, sd), own=axes is None)
        _length_axis((upper, lower), radius)
        reach = "Radius [nm]" if found.neighbors_k is None else f"Mean reach of {found.neighbors_k} neighbors [nm]"
        lower.set_xlabel(reach)
        count_axis(upper, radius, found.n_per_area_mean[known], "Ions per neighborhood, mean")
        letter_panels((upper, lower))
    return upper, lower


def _draw_neighborhood_excess(
    axes: Axes, found: NeighborhoodEntropy, known: NDArray[np.intp], sd: Floats
) -> list[Line2D | Patch]:
    radius, excess = found.radius_nm[known], found.excess_information[known]
    axes.fill_between(radius, -BAND * sd, BAND * sd, color=NULL, alpha=0.25, linewidth=0)
    axes.axhline(0.0, color="black", linewidth=0.6)
    deviates = found.p_adjusted[known] < SIGNIFICANT
    axes.plot(radius, excess, color=REAL, linewidth=0.7)
    for shown, face in ((deviates, REAL), (~deviates, "white")):
        axes.plot(radius[shown], excess[shown], marker="o", linestyle="none", color=REAL, markerfacecolor=face)
    axes.set_ylabel("Excess information [R]")
    axes.margins(y=0.15)
    return [
        _dot(REAL, f"deviates from chance (adjusted p < {SIGNIFICANT:g})"),
        _dot("white", "does not"),
        Patch(color=NULL, alpha=0.25, linewidth=0, label="labels at random, ± 2 SD"),
    ]
