"""Learned potentials: training, parity with the labels, the course of a learning loop, calibration, wells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.plots.labels import MINUS
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
from entrox.potentials.learning.learn_result import LearnResult
from entrox.potentials.training.model_file import LearningCurve
from entrox.potentials.validation.calibrate import Calibration
from entrox.potentials.validation.validate import Parity, ValidationReport
from entrox.potentials.validation.wells import WellScan

__all__ = ["plot_calibration", "plot_learning", "plot_parity", "plot_training", "plot_wells"]

Floats = NDArray[np.float64]

RHO = "\N{GREEK SMALL LETTER RHO}"
LINES: tuple[Any, ...] = ("-", "--", ":", "-.")
SMOOTH_SHARE = 40
SINGLE_POINTS = 2000
"""With more values, a parity plot counts them in bins."""
TRUST_COLORS = {"accurate": "#009E73", "candidate": "#E69F00", "failed": "#D55E00"}


def plot_training(curves: Sequence[LearningCurve]) -> list[Axes]:
    """Draw the errors of the batches over the steps of a training, a line for each model; bold lines are smoothed.

    Raises
    ------
    InputError
        If there is no curve.
    """
    if not curves:
        raise InputError("there is no learning curve to draw.")
    columns = (
        ("energy_rmse_mev_per_atom", "Energy error [meV/atom]"),
        ("force_rmse_ev_per_angstrom", "Force error [eV/Å]"),
        ("virial_rmse_mev_per_atom", "Virial error [meV/atom]"),
    )
    shown = [(name, label) for name, label in columns if any(_positive(getattr(curve, name)).any() for curve in curves)]
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=54.0, panels=max(len(shown), 1))[1]
        for axes, (name, label) in zip(panels, shown, strict=False):
            for index, curve in enumerate(curves):
                _draw_error(axes, curve.step, getattr(curve, name), family_style(index).color)
            axes.set_yscale("log")
            axes.set_xlabel("Training step")
            axes.set_ylabel(label)
        handles = [
            Line2D([], [], color=family_style(index).color, label=f"model {index + 1}") for index in range(len(curves))
        ]
        legend_above(panels[0], handles, own=True)
        letter_panels(panels)
        space_panels(panels)
    return panels


def _positive(values: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(values) & (values > 0))


def _draw_error(axes: Axes, step: NDArray[np.int64], values: Floats, color: str) -> None:
    kept = _positive(values)
    step, values = step[kept], values[kept]
    axes.plot(step, values, color=color, alpha=0.25, linewidth=0.5)
    width = max(len(values) // SMOOTH_SHARE, 1)
    if len(values) >= width > 0:
        mean = np.exp(np.convolve(np.log(values), np.full(width, 1.0 / width), mode="valid"))
        start = (width - 1) // 2
        axes.plot(step[start : start + len(mean)], mean, color=color, linewidth=1.0)


def plot_parity(report: ValidationReport) -> list[Axes]:
    """Draw predicted against true energies, forces and virials, as far as there are labels.

    Energies count from their mean.

    Raises
    ------
    InputError
        If the report has no label.
    """
    found = [item for item in (report.energy, report.force, report.virial) if item is not None]
    if not found:
        raise InputError("the report has neither energies nor forces nor virials to draw.")
    with paper_style():
        panels = new_axes(width=FULL_WIDTH if len(found) > 1 else 89.0, height=62.0, panels=len(found))[1]
        for axes, parity in zip(panels, found, strict=True):
            _draw_parity(axes, parity)
        letter_panels(panels)
        space_panels(panels)
    return panels


def _draw_parity(axes: Axes, parity: Parity) -> None:
    middle = float(parity.true.mean()) if parity.label == "energy" else 0.0
    true, predicted = parity.true - middle, parity.predicted - middle
    low, high = float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))
    if len(true) > SINGLE_POINTS:
        axes.hexbin(true, predicted, gridsize=60, norm=LogNorm(), cmap="Blues", mincnt=1, linewidths=0.0)
    else:
        axes.plot(true, predicted, linestyle="none", marker="o", markersize=1.8, color="#0072B2", alpha=0.6)
    axes.plot([low, high], [low, high], color=GUIDE_COLOR, linewidth=0.6)
    unit = parity.unit.replace("angstrom", "Å")
    axes.set_xlabel(f"{parity.label.capitalize()} of the labels [{unit}]")
    axes.set_ylabel("Predicted")
    axes.set_title(f"RMSE {parity.rmse:.3g} {unit}", loc="right", fontsize=6.0, color=GUIDE_COLOR)


def plot_learning(result: LearnResult) -> list[Axes]:
    """Draw the generations of a learning loop: trust in the frames, life of the runs, force error, calibration.

    The calibration is that of the last generation with new labels.

    Raises
    ------
    InputError
        If no generation is finished.
    """
    if not result.generations:
        raise InputError("no generation is finished: there is nothing to draw.")
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=54.0, panels=4)[1]
        _draw_trust(panels[0], result)
        _draw_life(panels[1], result)
        _draw_force_error(panels[2], result)
        for axes in panels[:3]:
            axes.set_xlabel("Generation")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        judged = [item.calibration for item in result.generations if len(item.calibration.deviation_ev_per_angstrom)]
        _draw_calibration(panels[3], judged[-1] if judged else result.generations[-1].calibration)
        letter_panels(panels)
        space_panels(panels)
    return panels


def _draw_trust(axes: Axes, result: LearnResult) -> None:
    explored = [item for item in result.generations if item.accurate + item.candidate + item.failed > 0]
    below = np.zeros(len(explored))
    for name, color in TRUST_COLORS.items():
        share = np.array([getattr(item, name) / (item.accurate + item.candidate + item.failed) for item in explored])
        axes.bar([item.generation for item in explored], share, bottom=below, color=color, width=0.7, label=name)
        below = below + share
    axes.set_ylim(0.0, 1.0)
    axes.set_ylabel("Share of explored frames")
    if explored:
        axes.legend(loc="lower right", frameon=True, framealpha=0.85, edgecolor="none")


def _draw_life(axes: Axes, result: LearnResult) -> None:
    explored = [item for item in result.generations if item.length_ps > 0]
    number = [item.generation for item in explored]
    axes.plot(number, [item.length_ps for item in explored], color=GUIDE_COLOR, linestyle="--", label="length of runs")
    axes.plot(number, [item.life_ps for item in explored], color="#0072B2", marker="o", label="median life")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("Time [ps]")
    if explored:
        axes.legend(loc="best")


def _draw_force_error(axes: Axes, result: LearnResult) -> None:
    known = [(item.generation, item.force_rmse_ev_per_angstrom) for item in result.generations]
    rows = [(number, error) for number, error in known if error is not None]
    axes.plot([number for number, _ in rows], [error for _, error in rows], color="#0072B2", marker="o")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("Error of held-out forces [eV/Å]")


def plot_calibration(found: Calibration, axes: Axes | None = None) -> Axes:
    """Draw the true error over the deviation of the committee, frame by frame, with the fitted slope.

    Parameters
    ----------
    found
        The calibration.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        _draw_calibration(axes, found)
    return axes


def _draw_calibration(axes: Axes, found: Calibration) -> None:
    deviation, error = found.deviation_ev_per_angstrom, found.true_error_ev_per_angstrom
    kept = (deviation > 0) & (error > 0)
    axes.set_xlabel("Largest deviation Δ [eV/Å]")
    axes.set_ylabel("Largest true error [eV/Å]")
    if not kept.any():
        return
    axes.plot(deviation[kept], error[kept], linestyle="none", marker="o", markersize=1.8, color="#0072B2", alpha=0.6)
    # both lines go through the origin, and so do the axes
    ends = np.array([0.0, deviation[kept].max()])
    axes.plot(ends, ends, color=GUIDE_COLOR, linewidth=0.6)
    words = []
    if found.slope is not None:
        axes.plot(ends, found.slope * ends, color="#D55E00", linewidth=0.9)
        words.append(f"error = {found.slope:.2g} Δ")
    if found.rho is not None:
        words.append(f"{RHO} = {found.rho:.2f}".replace("-", MINUS))
    axes.set_xlim(left=0.0)
    axes.set_ylim(bottom=0.0)
    axes.set_title(", ".join(words), loc="right", fontsize=6.0, color=GUIDE_COLOR)


def plot_wells(scans: Sequence[tuple[str, WellScan]], axes: Axes | None = None) -> Axes:
    """Draw the depth of polar wells over the edge of the cell.

    Parameters
    ----------
    scans
        Scans with the name of their force field.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no scan.
    """
    if not scans:
        raise InputError("there is no scan of wells to draw.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        handles = []
        for place, (name, scan) in enumerate(scans):
            for row, direction in enumerate(scan.directions):
                style, line = family_style(row), LINES[place % len(LINES)]
                axes.plot(
                    scan.edge_angstrom, scan.energy_mev[row], color=style.color, marker=style.marker, linestyle=line
                )
                label = f"{name}, [{direction}]"
                handles.append(Line2D([], [], color=style.color, marker=style.marker, linestyle=line, label=label))
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        axes.set_xlabel("Edge of the cubic cell [Å]")
        axes.set_ylabel("Energy of the well [meV per formula unit]")
        legend_above(axes, handles, own=own)
    return axes
