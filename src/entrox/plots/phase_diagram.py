"""Phase diagrams over composition, and the order and lattice over temperature that they come from."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.dynamics.diagrams.phase_diagram import DiagramPoint, PhaseDiagram
from entrox.dynamics.diagrams.phase_diagram_settings import CompositionLine
from entrox.dynamics.diagrams.series import SeriesRow
from entrox.plots.labels import formula_mathtext
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    SINGLE_WIDTH,
    family_style,
    legend_above,
    letter_panels,
    new_axes,
    paper_style,
    space_panels,
)

__all__ = ["plot_phase_diagram", "plot_temperature_runs"]

DASH = "\N{EN DASH}"
EDGES = ("a", "b", "c")
SIDE = 0.006
"""Heating points stand this part of the range of x to the right, cooling points to the left."""


def plot_phase_diagram(diagram: PhaseDiagram) -> list[Axes]:
    """Draw transition temperatures over composition, a panel for each line of compositions.

    Full symbols and bands are heating, open symbols and dashed lines cooling; bars and bands are 95 %. Points are those
    of the largest box.

    Parameters
    ----------
    diagram
        The diagram.

    Raises
    ------
    InputError
        If no run shows a transition.
    """
    if not diagram.points:
        raise InputError("no run shows a transition: there is no diagram to draw. Look at the curves.")
    kinds = list(dict.fromkeys(point.kind for point in sorted(diagram.points, key=lambda point: point.t_k)))
    count = len(diagram.lines)
    with paper_style():
        panels = new_axes(width=SINGLE_WIDTH if count == 1 else FULL_WIDTH, height=66.0, panels=count)[1]
        for number, (axes, line) in enumerate(zip(panels, diagram.lines, strict=True)):
            _draw_line(axes, diagram, number, line, kinds)
        handles = [
            Line2D([], [], color=family_style(k).color, marker=family_style(k).marker, label=kind.replace("-", DASH))
            for k, kind in enumerate(kinds)
        ]
        if any(point.direction == "cooling" for point in diagram.points):
            handles.append(
                Line2D([], [], color=GUIDE_COLOR, marker="o", markerfacecolor="white", linestyle="--", label="cooling")
            )
        legend_above(panels[0], handles, own=True)
        if count > 1:
            letter_panels(panels)
            space_panels(panels)
    return panels


def _draw_line(axes: Axes, diagram: PhaseDiagram, number: int, line: CompositionLine, kinds: Sequence[str]) -> None:
    for band in diagram.bands:
        if band.line != number:
            continue
        color, heating = family_style(kinds.index(band.kind)).color, band.direction == "heating"
        axes.fill_between(
            band.x, band.t_low_k, band.t_high_k, color=color, alpha=0.16 if heating else 0.07, linewidth=0
        )
        axes.plot(band.x, band.t_k, color=color, linewidth=0.8, linestyle="-" if heating else "--")
    points = _points_of(diagram, line)
    places = [_place(point, line) for point in points]
    side = SIDE * max(max(places) - min(places), 0.01) if places else 0.0
    for point, place in zip(points, places, strict=True):
        style, heating = family_style(kinds.index(point.kind)), point.direction == "heating"
        axes.errorbar(
            place + (side if heating else -side), point.t_k, yerr=point.half_width_k, linestyle="none",
            marker=style.marker, color=style.color, markerfacecolor=style.color if heating else "white",
            markersize=3.2, elinewidth=0.7, capsize=1.4,
        )  # fmt: skip
    axes.set_xlabel(f"{line.variable} in {_shown_formula(line)}")
    axes.set_ylabel("Transition temperature [K]")


def _shown_formula(line: CompositionLine) -> str:
    """Formula with the variable that stays put in as a number."""
    fixed = {"x": line.y, "y": line.x}[line.variable]
    other = "y" if line.variable == "x" else "x"
    # the variable y in brackets: bare, it would be read as the second letter of a symbol
    formula = re.sub(r"(?<=[A-Za-z])(?<!D)y(?![a-z])", "(y)", line.formula)
    return formula_mathtext(formula) + ("" if fixed is None else f", {other} = {fixed}")


def _points_of(diagram: PhaseDiagram, line: CompositionLine) -> list[DiagramPoint]:
    largest = max(point.n_cells for point in diagram.points)
    formulas = {composition.formula for composition in line.compositions()}
    return [point for point in diagram.points if point.n_cells == largest and point.formula in formulas]


def _place(point: DiagramPoint, line: CompositionLine) -> float:
    # the value on this line: a composition that lies on two has one place in each
    return next(float(getattr(item, line.variable)) for item in line.compositions() if item.formula == point.formula)


def plot_temperature_runs(rows: Sequence[SeriesRow]) -> list[Axes]:
    """Draw order parameter and pseudo-cubic edges over temperature of the runs of one composition.

    Parameters
    ----------
    rows
        Runs; those that have no row of temperature are left out.

    Raises
    ------
    InputError
        If none has.
    """
    runs = [(row, row.run) for row in rows if row.run is not None]
    if not runs:
        raise InputError("no run has a row of temperature to draw.")
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=60.0, panels=2)[1]
        for row, run in runs:
            heating = row.direction == "heating"
            sizes = np.sort(np.abs(run.order_parameter), axis=1)[:, ::-1]
            for k in range(3):
                look = {
                    "color": family_style(k).color, "marker": family_style(k).marker, "markersize": 2.2,
                    "linewidth": 0.7, "linestyle": "-" if heating else "--",
                    "markerfacecolor": family_style(k).color if heating else "white",
                }  # fmt: skip
                _draw_curve(panels[0], run.temperature_k, sizes[:, k], look)
                _draw_curve(panels[1], run.temperature_k, run.lattice_angstrom[:, k], look)
        measure, unit = runs[0][1].measure, runs[0][1].unit
        panels[0].set_ylabel(f"|{measure}| [{'Å' if unit == 'angstrom' else 'C/m²'}], sorted")
        panels[0].set_ylim(bottom=0.0)
        panels[1].set_ylabel("Pseudo-cubic edges [Å], sorted")
        for axes in panels:
            axes.set_xlabel("Temperature [K]")
        panels[0].set_title(formula_mathtext(runs[0][0].formula), loc="right", fontsize=6.0, color=GUIDE_COLOR)
        handles = [
            Line2D([], [], color=family_style(k).color, marker=family_style(k).marker, label=f"{word}; edge {edge}")
            for k, (word, edge) in enumerate(zip(("largest component", "middle", "smallest"), EDGES, strict=True))
        ]
        if {row.direction for row, _ in runs} >= {"heating", "cooling"}:
            handles.append(
                Line2D([], [], color=GUIDE_COLOR, marker="o", markerfacecolor="white", linestyle="--", label="cooling")
            )
        legend_above(panels[0], handles, own=True)
        letter_panels(panels)
        space_panels(panels)
    return panels


def _draw_curve(
    axes: Axes, temperature_k: NDArray[np.float64], values: NDArray[np.float64], look: dict[str, object]
) -> None:
    order = np.argsort(temperature_k)
    axes.plot(temperature_k[order], values[order], **look)  # type: ignore[arg-type]
