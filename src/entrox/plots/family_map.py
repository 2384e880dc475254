"""The first map of a study: one quantity as color over families and x."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.design import StudyResult
from entrox.plots.curves import BREAKDOWN_FIELD, best_of_family, check_column, family_curves, quantity_of
from entrox.plots.labels import axis_label
from entrox.plots.style import FULL_WIDTH, new_axes, paper_style

__all__ = ["cell_edges", "plot_family_map"]

Floats = NDArray[np.float64]
COLORMAP = "viridis"
ROW_HEIGHT = 9.0
"""Height of the row of one family [mm]."""


def cell_edges(centers: Floats) -> Floats:
    """Return the edges of cells around increasing centers, shape ``(n + 1,)``: half way between neighbors.

    The first and the last cell end at their centers, so that the map covers the range of the family and no more.

    Examples
    --------
    >>> cell_edges(np.array([0.0, 1.0, 3.0])).tolist()
    [0.0, 0.5, 2.0, 3.0]
    """
    if len(centers) == 1:
        return np.array([centers[0] - 0.005, centers[0] + 0.005])
    middle = (centers[1:] + centers[:-1]) / 2
    return np.concatenate([centers[:1], middle, centers[-1:]])


def plot_family_map(result: StudyResult, quantity: str = BREAKDOWN_FIELD, axes: Axes | None = None) -> Axes:
    """Draw a quantity over family and x; every family on its own grid of x, its largest value ringed.

    Parameters
    ----------
    result
        The study.
    quantity
        Column of the points table.
    axes
        Where to draw; a new figure of full width if not given.

    Raises
    ------
    InputError
        If the study has no such quantity, or no value of it.
    """
    check_column(result, quantity)
    values = result.points[quantity].to_numpy(dtype=float)
    if not np.isfinite(values).any():
        raise InputError(f"the study holds no value of {quantity!r}: there is nothing to draw.")
    norm = Normalize(float(np.nanmin(values)), float(np.nanmax(values)))
    curves = family_curves(result)
    with paper_style():
        axes = new_axes(FULL_WIDTH, 22.0 + ROW_HEIGHT * len(curves))[1][0] if axes is None else axes
        for row, curve in enumerate(curves):
            # Two points of one x fill one cell: the last one.
            x, order = np.unique(curve.values("x")[::-1], return_index=True)
            shown = curve.values(quantity)[::-1][order]
            edges = cell_edges(x)
            axes.pcolormesh(edges, [row - 0.4, row + 0.4], shown[None, :], cmap=COLORMAP, norm=norm, edgecolors="face")
            best = best_of_family(result, curve.name, quantity)
            if best is not None:
                axes.plot(best.x, row, "o", color="white", markeredgecolor="black", markersize=5.0)
        axes.set_yticks(range(len(curves)), [curve.mathtext for curve in curves])
        axes.set_ylim(len(curves) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis_label(quantity_of(result, "x")))
        bar = axes.figure.colorbar(ScalarMappable(norm, COLORMAP), ax=axes, pad=0.015, aspect=14)
        bar.set_label(axis_label(quantity_of(result, quantity)))
        bar.outline.set_linewidth(0.0)
    return axes
