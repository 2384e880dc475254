"""Figures of measurements on films: leakage with its regimes, polarization loops.

Units on the axes: MV/m, A/m2, uC/cm2.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.film.leakage import LeakageBranch
from entrox.film.leakage_models import LINES
from entrox.plots.style import COLORS, FULL_WIDTH, GUIDE_COLOR, legend_above, new_axes, paper_style

__all__ = ["plot_leakage"]

Floats = NDArray[np.float64]


def plot_leakage(branch: LeakageBranch) -> list[Axes]:
    """Draw current density over field with the law of each regime, and the local exponent beside it.

    Parameters
    ----------
    branch
        A fitted branch.

    Returns
    -------
    list
        Both panels.
    """
    with paper_style():
        _, panels = new_axes(FULL_WIDTH, 68.0, panels=2)
        handles = [Line2D([], [], color=GUIDE_COLOR, marker="o", linestyle="none", markerfacecolor="none",
                          label=branch.name)]  # fmt: skip
        panels[0].loglog(branch.field / MEGA, branch.current_density, "o", color=GUIDE_COLOR, markersize=2.6,
                         markerfacecolor="none", markeredgewidth=0.6)  # fmt: skip
        for index, regime in enumerate(branch.regimes):
            fields = np.geomspace(regime.low_v_per_m, regime.high_v_per_m, 100)
            color = COLORS[index]
            flag = " (flagged)" if regime.model.flags else ""
            handle = panels[0].plot(fields / MEGA, _law(regime.model.name, regime.model.coefficients, fields),
                                    color=color, linewidth=1.4, label=regime.model.name + flag)[0]  # fmt: skip
            handles.append(handle)
            panels[1].axvspan(regime.low_v_per_m / MEGA, regime.high_v_per_m / MEGA, color=color, alpha=0.10,
                              linewidth=0.0)  # fmt: skip
        panels[0].set_ylabel("Current density [A/m²]")
        panels[1].semilogx(branch.field / MEGA, branch.exponent, color="black", linewidth=0.9)
        for power in (1.0, 2.0):
            panels[1].axhline(power, color=GUIDE_COLOR, linewidth=0.6, linestyle=":")
        good = branch.exponent[np.isfinite(branch.exponent)]
        if len(good):
            low, high = np.quantile(good, [0.02, 0.98])
            panels[1].set_ylim(min(0.0, low - 0.5), max(2.5, high + 0.5))
        panels[1].set_ylabel("Exponent d ln J / d ln E")
        for panel in panels:
            panel.set_xlabel("Field [MV/m]")
        legend_above(panels[0], handles, own=False)
    return panels


def _law(name: str, coefficients: tuple[float, ...], fields: Floats) -> Floats:
    line = LINES[name]
    logs = coefficients[0] + line.power * np.log(fields)
    if line.slope is not None:
        logs = logs + coefficients[1] * line.slope(fields)
    return np.asarray(np.exp(logs))
