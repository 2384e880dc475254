"""Figures of the structures of a study: polar order against x, excess information against length.

Each function takes a result and optional axes and returns the axes. Units stand on the axes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from entrox.core import InputError
from entrox.design import StructureResult, StudyResult
from entrox.plots.labels import plain_mathtext
from entrox.plots.report_words import structure_label
from entrox.plots.style import GUIDE_COLOR, family_style, legend_above, new_axes, paper_style

__all__ = ["has_excess", "has_polar_order", "plot_excess_information", "plot_polar_order"]

NET_B = ("net_displacement_b_angstrom", "net_displacement_b_error_angstrom")
NET_A = ("net_displacement_a_angstrom", "net_displacement_a_error_angstrom")
POLARIZATION = ("polarization_c_per_m2", "polarization_error_c_per_m2")


def has_polar_order(result: StudyResult) -> bool:
    """Whether a structure of the study has a displacement of the B site."""
    return any(np.isfinite(item.number(NET_B[0])) for item in result.structures)


def has_excess(result: StudyResult) -> bool:
    """Whether a structure of the study has excess information at a size."""
    return any(np.isfinite(item.array("excess_of_size_r")).any() for item in result.structures)


def plot_polar_order(result: StudyResult, axes: Axes | None = None) -> Axes:
    """Draw the net displacements of both sites against x, one color per family; bars are standard errors over time.

    Parameters
    ----------
    result
        A study with structures whose polar order was measured.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If no structure has a displacement.
    """
    if not has_polar_order(result):
        raise InputError("no structure of the study has a displacement: add a [[structure]] with polar-order.")
    with paper_style():
        own = axes is None
        axes = new_axes()[1][0] if axes is None else axes
        handles = []
        for index, family in enumerate(result.families):
            structures = [item for item in result.structures if item.family == family.name]
            for label, names, face in (("B", NET_B, None), ("A", NET_A, "white")):
                if _draw_points(axes, structures, names, family_style(index).color, family_style(index).marker, face):
                    handles.append(_handle(f"{label} site, {family.name}", index, face))
        axes.set_xlabel("Substitution x")
        axes.set_ylabel("Length of the mean displacement [Å]")
        axes.set_ylim(bottom=0.0)
        axes.margins(x=0.08)
        axes.xaxis.set_major_locator(MaxNLocator(6))
        legend_above(axes, handles, own=own)
    return axes


def _draw_points(
    axes: Axes, structures: Sequence[StructureResult], names: tuple[str, str], color: str, marker: str, face: str | None
) -> bool:
    shown = sorted((item for item in structures if np.isfinite(item.number(names[0]))), key=lambda item: item.x)
    if not shown:
        return False
    errors = np.nan_to_num([item.number(names[1]) for item in shown])
    axes.errorbar(
        [item.x for item in shown], [item.number(names[0]) for item in shown], yerr=errors, linestyle="none",
        color=color, marker=marker, markersize=4.0, markerfacecolor=face or color, markeredgewidth=0.9, capsize=2.0,
        elinewidth=0.9,
    )  # fmt: skip
    return True


def _handle(label: str, index: int, face: str | None) -> Line2D:
    style = family_style(index)
    return Line2D(
        [], [], linestyle="none", color=style.color, marker=style.marker, markersize=4.0,
        markerfacecolor=face or style.color, label=plain_mathtext(label),
    )  # fmt: skip


def plot_excess_information(result: StudyResult, axes: Axes | None = None) -> Axes:
    """Draw the excess information of every structure against the edge of the cubes, with its 95 % interval.

    Parameters
    ----------
    result
        A study with structures whose local entropy was measured.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If no structure has excess information.
    """
    if not has_excess(result):
        raise InputError("no structure of the study has excess information: add a [[structure]] with local-entropy.")
    with paper_style():
        own = axes is None
        axes = new_axes()[1][0] if axes is None else axes
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.7)
        handles = []
        for index, item in enumerate(item for item in result.structures if item.text("entropy_verdict")):
            style = family_style(index)
            size, excess = item.array("sizes_nm"), item.array("excess_of_size_r")
            low, high = item.array("excess_of_size_low_r"), item.array("excess_of_size_high_r")
            axes.fill_between(size, low, high, color=style.color, alpha=0.25, linewidth=0.0)
            (line,) = axes.plot(size, excess, color=style.color, marker=style.marker, markersize=3.0)
            line.set_label(plain_mathtext(structure_label(item)))
            axes.axhline(item.number("tolerated_excess_r"), color=style.color, linewidth=0.8, linestyle=":")
            handles.append(line)
        handles.append(Line2D([], [], color=GUIDE_COLOR, linestyle=":", label="counts as fully mixed"))
        axes.set_xlabel("Edge of the cubes [nm]")
        axes.set_ylabel("Excess information [R]")
        legend_above(axes, handles, own=own)
    return axes
