"""Permittivity of a mixture over the share of the inclusion: bounds, rules, and a mosaic between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from entrox.film.mixture import bruggeman, inverse_maxwell_garnett, looyenga, maxwell_garnett, wiener_bounds
from entrox.plots.style import legend_above, new_axes, paper_style

__all__ = ["plot_mixture"]


def plot_mixture(
    matrix: float,
    inclusion: float,
    dimension: int = 3,
    fraction: float | None = None,
    mosaic: Sequence[float] = (),
    axes: Axes | None = None,
) -> Axes:
    """Draw bounds and rules of two phases.

    Parameters
    ----------
    matrix, inclusion, dimension
        Permittivities, and 3 or 2.
    fraction
        Share that is marked.
    mosaic
        Diagonal of the tensor of a mosaic with that share.
    axes
        Where to draw; a new figure of one column if not given.
    """
    shares = np.linspace(0.0, 1.0, 201)
    low, high = wiener_bounds(matrix, inclusion, shares)
    first = maxwell_garnett(matrix, inclusion, shares, dimension)
    second = inverse_maxwell_garnett(matrix, inclusion, shares, dimension)
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        axes.fill_between(shares, low, high, color="#d9d9d9", linewidth=0.0)
        axes.fill_between(shares, first, second, color="#56B4E9", alpha=0.5, linewidth=0.0)
        axes.plot(shares, bruggeman(matrix, inclusion, shares, dimension), color="#D55E00", linewidth=1.1)
        axes.plot(
            shares, looyenga(matrix, inclusion, shares, dimension), color="#009E73", linewidth=1.0, linestyle="--"
        )
        handles: list[Any] = [
            Patch(color="#d9d9d9", label="Wiener"),
            Patch(color="#56B4E9", alpha=0.5, label="Hashin-Shtrikman"),
            Line2D([], [], color="#D55E00", label="Bruggeman"),
            Line2D([], [], color="#009E73", linestyle="--", label="Looyenga"),
        ]
        if fraction is not None and len(mosaic):
            axes.plot([fraction] * len(mosaic), list(mosaic), "ko", markersize=3.4, linestyle="none")
            handles.append(Line2D([], [], color="black", marker="o", linestyle="none", label="mosaic of voxels"))
        elif fraction is not None:
            axes.axvline(fraction, color="black", linewidth=0.6, linestyle=":")
        axes.set_xlim(0.0, 1.0)
        axes.set_xlabel("Volume share of the inclusion")
        axes.set_ylabel("Relative permittivity")
        legend_above(axes, handles, own=own)
    return axes
