"""Figures of glasses: the history of a melt and quench, energies over the cooling rate, a tension test."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.dynamics.glass.quench_ensemble import QuenchEnsemble
from entrox.dynamics.glass.quench_result import QuenchResult
from entrox.dynamics.glass.tension import TensileResult
from entrox.plots.labels import number_text
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    family_style,
    legend_above,
    letter_panels,
    new_axes,
    paper_style,
    space_panels,
)

__all__ = ["plot_quench_energies", "plot_quench_history", "plot_tension"]

Floats = NDArray[np.float64]

RAW_COLOR = "#c3c7cc"
VERDICT_STYLES = {"glass": 0, "crystal memory": 1, "recrystallized": 3}
SMOOTH_SHARE = 60


def plot_quench_history(result: QuenchResult) -> list[Axes]:
    """Draw temperature and energy, displacement of the cations and order of their reflections over time.

    Dashed lines are the two limits that a melt must pass; dotted lines end the phases.

    Parameters
    ----------
    result
        One melt and quench.

    Returns
    -------
    list of Axes
        Temperature, energy, displacement, order.
    """
    history, check = result.history, result.melt
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=50.0, panels=4)[1]
        _draw_smoothed(panels[0], history.time_ps, history.temperature_k / 1000.0)
        panels[0].set_ylabel("Temperature [1000 K]")
        base = result.crystal_energy_ev_per_atom
        _draw_smoothed(panels[1], history.time_ps, history.energy_ev_per_atom - (base or 0.0))
        panels[1].set_ylabel("Energy [eV/atom]" if base is None else "Energy over crystal [eV/atom]")
        panels[2].plot(history.frame_time_ps, history.cation_msd, color=family_style(0).color)
        if np.isfinite(history.anion_msd).any():
            panels[2].plot(history.frame_time_ps, history.anion_msd, color=family_style(1).color)
            kinds = [
                Line2D([], [], color=family_style(number).color, label=name)
                for number, name in enumerate(("cations", "anions"))
            ]
            panels[2].legend(handles=kinds, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=2)  # no corner is free
        panels[2].set_ylabel("Square displacement [Å²]")
        panels[3].plot(history.frame_time_ps, history.largest_order, color=family_style(2).color)
        panels[3].set_ylabel("Largest |S|/N of the crystal")
        panels[3].set_ylim(0.0, 1.02)
        if check is not None:
            panels[2].axhline(check.msd_limit, color=GUIDE_COLOR, linewidth=0.7, linestyle="--")
            panels[3].axhline(check.order_limit, color=GUIDE_COLOR, linewidth=0.7, linestyle="--")
        for axes in panels:
            axes.set_xlabel("Time [ps]")
            if history.time_ps[-1] > 0.0:
                axes.set_xlim(0.0, float(history.time_ps[-1]))
            for _, end in history.phases[:-1]:
                axes.axvline(end, color=RAW_COLOR, linewidth=0.6, linestyle=":")
        letter_panels(panels)
        space_panels(panels)
    return panels


def plot_quench_energies(ensemble: QuenchEnsemble) -> Axes:
    """Draw the energies of the inherent structures over the cooling rate, by verdict, with their line.

    Raises
    ------
    InputError
        If no member has an energy.
    """
    shown = [member for member in ensemble.members if member.energy_ev_per_atom is not None]
    if not shown:
        raise InputError("no member of the ensemble has an energy to draw.")
    with paper_style():
        axes = new_axes(height=62.0)[1][0]
        for verdict, number in VERDICT_STYLES.items():
            members = [member for member in shown if member.verdict == verdict]
            if not members:
                continue
            style = family_style(number)
            axes.plot(
                [member.rate_k_per_ps for member in members],
                [_energy(member) for member in members],
                linestyle="none", marker=style.marker, color=style.color, label=f"{verdict} ({len(members)})",
            )  # fmt: skip
        line = ensemble.extrapolated
        if line is not None:
            cooling = np.array([member.rate_k_per_ps for member in shown])
            ends = np.array([cooling.min() / 2.0, cooling.max() * 2.0])
            axes.plot(
                ends, line.value + line.slope * np.log10(ends / line.rate_k_per_ps), color=GUIDE_COLOR, linewidth=0.8
            )
        axes.set_xscale("log")
        rates = np.unique([float(f"{member.rate_k_per_ps:.3g}") for member in shown])
        axes.set_xticks(rates, [number_text(rate) for rate in rates])
        axes.minorticks_off()
        axes.set_xlabel("Cooling rate [K/ps]")
        crystal = shown[0].crystal_energy_ev_per_atom is not None
        axes.set_ylabel("Energy over the crystal [eV/atom]" if crystal else "Energy [eV/atom]")
        handles, _ = axes.get_legend_handles_labels()
        legend_above(axes, [handle for handle in handles if isinstance(handle, Line2D)], own=True)
    return axes


def plot_tension(result: TensileResult) -> list[Axes]:
    """Draw stress over strain with the slope below 1 % and the yield, and the energy.

    Returns
    -------
    list of Axes
        Stress, energy.
    """
    percent = 100.0 * result.strain
    with paper_style():
        panels = new_axes(width=120.0, height=56.0, panels=2)[1]
        stress = panels[0]
        style = family_style(0)
        if result.mode == "athermal":
            stress.plot(percent, result.stress_gpa, color=style.color, marker="o", markersize=2.0)
        else:
            _draw_smoothed(stress, percent, result.stress_gpa)
        stress.plot(percent, result.lateral_stress_gpa, color=family_style(1).color, linewidth=0.6)
        handles = [
            Line2D([], [], color=style.color, label="along the axis"),
            Line2D([], [], color=family_style(1).color, label="across"),
        ]
        if result.modulus_gpa is not None:
            reach = np.array([0.0, min(0.02, float(np.abs(result.strain).max()))]) * np.sign(result.strain[-1])
            line = result.start_stress_gpa + result.modulus_gpa * reach
            stress.plot(100.0 * reach, line, color="black", linewidth=0.8)
            handles.append(Line2D([], [], color="black", linewidth=0.8, label=f"{result.modulus_gpa:.3g} GPa"))
        if result.yield_strain is not None and result.yield_stress_gpa is not None:
            stress.plot(100.0 * result.yield_strain, result.yield_stress_gpa, "s", color=family_style(3).color)
            handles.append(Line2D([], [], linestyle="none", marker="s", color=family_style(3).color, label="yield"))
        stress.axhline(0.0, color=GUIDE_COLOR, linewidth=0.4)
        stress.set_ylabel("True stress [GPa]")
        stress.legend(handles=handles, loc="best")
        energy = 1000.0 * (result.energy_ev_per_atom - result.energy_ev_per_atom[0])
        panels[1].plot(percent, energy, color=family_style(2).color)
        panels[1].set_ylabel("Potential energy [meV/atom]")
        for axes in panels:
            axes.set_xlabel("Nominal strain [%]")
        letter_panels(panels)
        space_panels(panels)
    return panels


def _energy(member: QuenchResult) -> float:
    energy, crystal = member.energy_ev_per_atom, member.crystal_energy_ev_per_atom
    return (np.nan if energy is None else energy) - (crystal or 0.0)


def _draw_smoothed(axes: Axes, x: Floats, values: Floats) -> None:
    axes.plot(x, values, color=RAW_COLOR, linewidth=0.5)
    width = max(len(values) // SMOOTH_SHARE, 1)
    if width > 1:
        mean = np.convolve(values, np.full(width, 1.0 / width), mode="valid")
        start = (width - 1) // 2
        axes.plot(x[start : start + len(mean)], mean, color=family_style(0).color)
