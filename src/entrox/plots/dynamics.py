"""A run of molecular dynamics at a glance: temperature, pressure, energies, and the deviation of a committee."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.dynamics.engine import Trajectory
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, family_style, letter_panels, new_axes, paper_style, space_panels

__all__ = ["plot_run"]

Floats = NDArray[np.float64]

SMOOTH_SHARE = 50
"""A running mean takes this part of the rows."""
BAR_PER_GIGAPASCAL = 1e4


def plot_run(trajectory: Trajectory) -> list[Axes]:
    """Draw the rows of a run over time; bold lines are running means over a fiftieth of the run.

    Parameters
    ----------
    trajectory
        The run, complete or not.

    Returns
    -------
    list of Axes
        Temperature, pressure, energies, and the deviation where the run has a committee.

    Raises
    ------
    InputError
        If the run has no row.
    """
    if len(trajectory.step) == 0:
        raise InputError(f"the run in {trajectory.folder} has no row to draw.")
    committee = len(trajectory.deviation_step) > 0
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=50.0, panels=4 if committee else 3)[1]
        time = trajectory.time_ps
        _draw_smoothed(panels[0], time, trajectory.temperature_k)
        panels[0].set_ylabel("Temperature [K]")
        _draw_smoothed(panels[1], time, trajectory.pressure_bar / BAR_PER_GIGAPASCAL)
        panels[1].set_ylabel("Pressure [GPa]")
        _draw_energies(panels[2], trajectory)
        if committee:
            _draw_deviation(panels[3], trajectory)
        for axes in panels:
            axes.set_xlabel("Time [ps]")
        if not trajectory.finished:
            panels[0].set_title(f"      {trajectory.status}", loc="left", fontsize=6.0, color="#D55E00")
        letter_panels(panels)
        space_panels(panels)
    return panels


def _draw_smoothed(axes: Axes, time: Floats, values: Floats) -> None:
    axes.plot(time, values, color="#c3c7cc", linewidth=0.5)
    width = max(len(values) // SMOOTH_SHARE, 1)
    if width > 1:
        mean = np.convolve(values, np.full(width, 1.0 / width), mode="valid")
        start = (width - 1) // 2
        axes.plot(time[start : start + len(mean)], mean, color=family_style(0).color)


def _draw_energies(axes: Axes, trajectory: Trajectory) -> None:
    """Potential and conserved energy from their start; the level of neither means anything."""
    for index, (name, values) in enumerate(
        (("potential", trajectory.potential_energy_ev), ("conserved", trajectory.conserved_energy_ev))
    ):
        axes.plot(trajectory.time_ps, values - values[0], color=family_style(index).color, linewidth=0.8, label=name)
    axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.4)
    axes.set_ylabel("Energy from the start [eV]")
    axes.legend(loc="best")


def _draw_deviation(axes: Axes, trajectory: Trajectory) -> None:
    rows = trajectory.time_ps[-1] / trajectory.step[-1] if trajectory.step[-1] else 0.0
    time, values = trajectory.deviation_step * rows, trajectory.force_deviation_ev_per_angstrom
    drawn = np.isfinite(values) & (values > 0)
    axes.plot(time[drawn], values[drawn], color=family_style(3).color, linewidth=0.7)
    if drawn.any():
        axes.set_yscale("log")
    if not drawn.all():
        lost = Line2D([], [], linestyle="none", label=f"{int((~drawn).sum())} values not shown")
        axes.legend(handles=[lost], loc="best")
    axes.set_ylabel("Largest force deviation [eV/Å]")
