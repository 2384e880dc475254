"""Strain against gap and fold angle for every way of bending, with published strains as lines.

Lengths in micrometers, angles in degrees, strains in percent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from entrox.core.units import METER_PER_MICROMETER as MICRO
from entrox.core.units import PERCENT
from entrox.mechanics import StrainMap
from entrox.mechanics.strain_curves import StrainCurve
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, legend_above, letter_panels, new_axes, paper_style

__all__ = ["plot_strain_map"]

COLORS = {"arc": "#000000", "plates": "#D55E00", "hinged": "#0072B2", "clamped": "#009E73", "needle": "#CC79A7"}
STYLES = ("-", "--", "-.", ":")
NAMES = {"arc": "uniform arc", "plates": "two plates", "hinged": "hinged ends", "needle": "needle at the end"}
ROOM = 1.35
"""Top of the strain axis over the largest strain that is marked."""


def plot_strain_map(
    found: StrainMap,
    *,
    strains: Sequence[float] = (),
    quoted: Sequence[tuple[float, float]] = (),
    highest_percent: float | None = None,
) -> list[Axes]:
    """Draw strain against gap, and against fold angle.

    Parameters
    ----------
    found
        Curves of one strip.
    strains
        Strains to mark by a line each, fractions.
    quoted
        Fold angles [degree] and strains as somebody quotes them, drawn as points.
    highest_percent
        Top of the strain axis; from the strains, or 6 %.
    """
    top = highest_percent or max(ROOM * PERCENT * max(strains, default=0.0), 6.0)
    _, panels = new_axes(width=FULL_WIDTH, height=66.0, panels=2)
    with paper_style():
        handles = _draw_curves(panels, found)
        if quoted:
            style = {"marker": "o", "markersize": 4.0, "markerfacecolor": "white", "markeredgecolor": "black"}
            panels[1].plot(*np.array([(degrees, PERCENT * strain) for degrees, strain in quoted]).T, linestyle="none",
                           zorder=5, **style)  # type: ignore[arg-type]  # fmt: skip
            handles.append(Line2D([], [], linestyle="none", label="as quoted", **style))  # type: ignore[arg-type]
        for panel, place, side in ((panels[0], 0.01, "left"), (panels[1], 1.0, "right")):
            for strain in strains:
                panel.axhline(PERCENT * strain, color=GUIDE_COLOR, linewidth=0.6, linestyle=(0, (5, 3)))
                panel.text(place, PERCENT * strain, f"{PERCENT * strain:.3g} %", va="bottom", ha=side, fontsize=6.2,
                           transform=panel.get_yaxis_transform(), color=GUIDE_COLOR)  # fmt: skip
            panel.set_ylim(0.0, top)
            panel.set_ylabel("Largest strain, mid-line [%]")
        panels[0].set_xlabel("Gap of legs or ends, or clamp to loaded point [µm]")
        panels[0].set_xlim(0.0, found.strip.length / MICRO)
        panels[1].set_xlabel("Fold angle [°]")
        panels[1].set_xlim(0.0, 360.0)
        panels[1].set_xticks(range(0, 361, 60))
        legend_above(panels[0], handles, own=True)
        letter_panels(panels)
    return panels


def _draw_curves(panels: Sequence[Axes], found: StrainMap) -> list[Line2D]:
    """Draw every curve over gap and angle; return the entries of the legend."""
    handles = []
    pushes = 0
    for curve in found.curves:
        style: Any = STYLES[pushes % len(STYLES)] if curve.case == "clamped" else "-"
        pushes += curve.case == "clamped"
        color = COLORS[curve.case]
        panels[0].plot(curve.gap / MICRO, PERCENT * curve.strain, color=color, linestyle=style)
        panels[1].plot(np.degrees(curve.fold_angle), PERCENT * curve.strain, color=color, linestyle=style)
        handles.append(Line2D([], [], color=color, linestyle=style, label=_name(curve)))
    return handles


def _name(curve: StrainCurve) -> str:
    if curve.force_angle is None:
        return NAMES[curve.case]
    return f"clamped, push at {np.degrees(curve.force_angle):.0f}°"
