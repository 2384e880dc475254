"""Polarization loops with the energy that comes back and the energy that is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.film.loop import LoopResult, turning_points
from entrox.film.measured_units import DIMENSIONS, J_PER_M3_PER_J_PER_CM3
from entrox.plots.labels import number_text
from entrox.plots.style import COLORS, GUIDE_COLOR, legend_above, new_axes, paper_style

__all__ = ["plot_loops"]

MICRO = DIMENSIONS["polarization"]["uC/cm2"]
BACK_COLOR, LOST_COLOR = "#56B4E9", "#E69F00"


def plot_loops(loops: Sequence[tuple[str, LoopResult]], axes: Axes | None = None) -> Axes:
    """Draw loops; one alone gets its energies shaded.

    Parameters
    ----------
    loops
        Labels and loops.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.4)
        axes.axvline(0.0, color=GUIDE_COLOR, linewidth=0.4)
        handles: list[Any] = _shade(axes, loops[0][1]) if len(loops) == 1 else []
        for index, (label, loop) in enumerate(loops):
            color = "black" if len(loops) == 1 else COLORS[index % len(COLORS)]
            axes.plot(loop.field / MEGA, loop.polarization / MICRO, color=color, linewidth=1.0)
            words = f"{label}: " if label else ""
            words += (
                "no efficiency"
                if loop.efficiency != loop.efficiency
                else f"efficiency {number_text(100.0 * loop.efficiency, 3)} %"
            )
            handles.append(Line2D([], [], color=color, label=words))
        axes.set_xlabel("Field [MV/m]")
        axes.set_ylabel("Polarization [µC/cm²]")
        legend_above(axes, handles, own=own)
    return axes


def _shade(axes: Axes, loop: LoopResult) -> list[Any]:
    """Fill between the discharge and the axis, and between charge and discharge, above zero field."""
    marks = turning_points(loop.field)
    sign = 1.0 if loop.field.max() >= -loop.field.min() else -1.0
    peaks = [int(mark) for mark in marks if sign * loop.field[mark] > 0.8 * np.abs(loop.field).max()]
    peak = peaks[-1] if peaks[-1] < len(loop.field) - 1 else peaks[0]
    after = loop.field[peak:], loop.polarization[peak:]
    end = int(np.argmax(sign * after[0] <= 0.0)) or len(after[0])
    field, height = after[0][:end] / MEGA, after[1][:end] / MICRO
    axes.fill_betweenx(height, 0.0, field, color=BACK_COLOR, alpha=0.35, linewidth=0.0)
    charge = loop.charge > 0.0
    rise = (loop.field[charge] / MEGA, loop.polarization[charge] / MICRO)
    inside = sign * rise[0] >= 0.0
    polygon_x = np.concatenate([rise[0][inside], field])
    polygon_y = np.concatenate([rise[1][inside], height])
    axes.fill(polygon_x, polygon_y, color=LOST_COLOR, alpha=0.35, linewidth=0.0)
    back = number_text(loop.recoverable / J_PER_M3_PER_J_PER_CM3, 3)
    lost = number_text((loop.total - loop.recoverable) / J_PER_M3_PER_J_PER_CM3, 3)
    return [
        Patch(color=BACK_COLOR, alpha=0.35, label=f"comes back, {back} J/cm³"),
        Patch(color=LOST_COLOR, alpha=0.35, label=f"lost, {lost} J/cm³"),
    ]
