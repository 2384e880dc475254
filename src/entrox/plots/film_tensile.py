"""Tensile curve of a strip with the line of its modulus."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entrox.film.tensile import TensileResult
from entrox.plots.labels import number_text
from entrox.plots.style import legend_above, new_axes, paper_style

__all__ = ["plot_pull"]

GIGA, PERCENT = 1e9, 100.0


def plot_pull(found: TensileResult, axes: Axes | None = None) -> Axes:
    """Draw stress over strain, the line of the window, and the fracture.

    Parameters
    ----------
    found
        A pull.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        axes.plot(PERCENT * found.strain, found.stress / GIGA, color="black", linewidth=1.0)
        end = found.fracture_strain + found.slack
        ends = np.array([found.slack, end])
        axes.plot(
            PERCENT * ends, found.modulus * (ends - found.slack) / GIGA, color="#D55E00", linewidth=0.9, linestyle="--"
        )
        axes.axvspan(PERCENT * found.window[0], PERCENT * found.window[1], color="#56B4E9", alpha=0.2, linewidth=0.0)
        axes.plot([PERCENT * end], [found.fracture_stress / GIGA], "x", color="#0072B2", markersize=5.0)
        axes.set_xlabel("Engineering strain [%]")
        axes.set_ylabel("Engineering stress [GPa]")
        handles = [
            Line2D([], [], color="black", label="measured"),
            Line2D([], [], color="#D55E00", linestyle="--", label=f"{number_text(found.modulus / GIGA, 4)} GPa"),
            Line2D([], [], color="#0072B2", marker="x", linestyle="none", label="fracture" if found.broken else "end"),
        ]
        legend_above(axes, handles, own=own)
    return axes
