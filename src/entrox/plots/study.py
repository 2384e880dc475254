"""Figures of a study: the breakdown field of every family against entropy, substitution and distortion.

Each function takes a result and optional axes and returns the axes. A curve follows x; filled markers and full lines
lie inside the calibrated range of the model, open markers and dashed lines outside it. Bands are the intervals of the
points table. Units stand on the axes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.design import StudyResult
from entrox.plots.curves import (
    BREAKDOWN_FIELD,
    DISTORTION,
    ENTROPY,
    FamilyCurve,
    band_quadrilaterals,
    best_of_family,
    check_column,
    family_curves,
    has_values,
    host_row,
    interval_columns,
    quantity_of,
    stretches,
)
from entrox.plots.labels import axis_label, formula_mathtext
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, legend_above, letter_panels, new_axes, paper_style

__all__ = [
    "plot_breakdown_against_distortion",
    "plot_breakdown_against_entropy",
    "plot_breakdown_against_x",
    "plot_descriptors",
    "plot_parameters",
    "plot_quantity",
]

PARAMETERS = ("mean_free_path_angstrom", "bond_energy_ev", "ionization_energy_ev")
BOX_NAMES = {
    "mean_free_path_angstrom": "mean_free_path",
    "bond_energy_ev": "bond_energy",
    "ionization_energy_ev": "ionization_energy",
}
LAW_BAND = ("threshold_law_low_mv_per_m", "threshold_law_high_mv_per_m")
MARKER_SIZE = 2.3
PANEL_LABEL = 27
"""Letters in a line of a label beside a small panel."""


def plot_breakdown_against_entropy(result: StudyResult, axes: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw the breakdown field against the configurational entropy per formula unit.

    Parameters
    ----------
    result
        A study with the measures ``descriptors`` and ``breakdown``.
    axes
        Where to draw; a new figure of one column if not given.
    legend
        Whether to put a legend above the axes.

    Returns
    -------
    matplotlib.axes.Axes
        ``axes.figure`` is the figure.

    Raises
    ------
    InputError
        If the study lacks one of the quantities.
    """
    return plot_quantity(result, BREAKDOWN_FIELD, against=ENTROPY, axes=axes, legend=legend)


def plot_breakdown_against_x(result: StudyResult, axes: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw the breakdown field against the substitution x; as :func:`plot_breakdown_against_entropy`."""
    return plot_quantity(result, BREAKDOWN_FIELD, against="x", axes=axes, legend=legend)


def plot_breakdown_against_distortion(result: StudyResult, axes: Axes | None = None, *, legend: bool = True) -> Axes:
    """Draw the breakdown field against the lattice distortion; as :func:`plot_breakdown_against_entropy`."""
    return plot_quantity(result, BREAKDOWN_FIELD, against=DISTORTION, axes=axes, legend=legend)


def plot_quantity(
    result: StudyResult, quantity: str, *, against: str = "x", axes: Axes | None = None, legend: bool = True
) -> Axes:
    """Draw any quantity of the points table against another, one curve per family.

    Parameters
    ----------
    result
        The study.
    quantity, against
        Columns of the points table; ``against`` may be ``x``.
    axes
        Where to draw; a new figure of one column if not given.
    legend
        Whether to put a legend above the axes.

    Raises
    ------
    InputError
        If the study has no such quantity; the nearest known name is given.
    """
    check_column(result, quantity)
    check_column(result, against)
    with paper_style():
        own = axes is None
        axes = new_axes()[1][0] if axes is None else axes
        curves = family_curves(result, quantity)
        for curve in curves:
            _draw_curve(axes, curve, quantity, against)
        for curve in curves:
            _mark_best(axes, result, curve, quantity, against)
        host = _mark_host(axes, result, quantity, against)
        axes.set_xlabel(axis_label(quantity_of(result, against)))
        axes.set_ylabel(axis_label(quantity_of(result, quantity)))
        if legend:
            legend_above(axes, [*_family_handles(curves), *_sign_handles(result, curves, quantity, host)], own=own)
    return axes


def _draw_curve(axes: Axes, curve: FamilyCurve, quantity: str, against: str) -> None:
    x, y = curve.values(against), curve.values(quantity)
    color = curve.style.color
    ends = interval_columns(quantity, list(curve.points.columns))
    if ends is not None:
        pieces = band_quadrilaterals(x, curve.values(ends[0]), curve.values(ends[1]))
        if pieces:
            outline = Outline.make_compound_path(*(Outline(np.vstack([p, p[:1]]), closed=True) for p in pieces))
            axes.add_patch(PathPatch(outline, facecolor=color, edgecolor="none", alpha=0.25, zorder=1.5))
    for piece, outside in stretches(curve.outside):
        axes.plot(x[piece], y[piece], color=color, linestyle=(0, (3, 1.6)) if outside else "-", zorder=2.0)
    for chosen, face in ((~curve.outside, color), (curve.outside, "white")):
        axes.plot(
            x[chosen],
            y[chosen],
            linestyle="none",
            marker=curve.style.marker,
            markersize=MARKER_SIZE,
            markerfacecolor=face,
            markeredgecolor=color,
            markeredgewidth=0.6,
            zorder=2.5,
        )


def _mark_best(axes: Axes, result: StudyResult, curve: FamilyCurve, quantity: str, against: str) -> None:
    best = best_of_family(result, curve.name, quantity)
    if best is None:
        return
    row = int(np.argmin(np.abs(curve.values("x") - best.x)))
    axes.plot(
        curve.values(against)[row],
        best.value,
        linestyle="none",
        marker=curve.style.marker,
        markersize=5.6,
        markerfacecolor="white" if curve.outside[row] else curve.style.color,
        markeredgecolor=curve.style.color,
        markeredgewidth=1.5,
        zorder=3.0,
        clip_on=False,
    )


def _mark_host(axes: Axes, result: StudyResult, quantity: str, against: str) -> str:
    """Mark the host and, for its breakdown field, the plausible range of its mean free path; return what to call it."""
    row = host_row(result)
    if row is None or not np.isfinite(float(row[quantity])):
        return ""
    place, label = float(row[against]), f"host {formula_mathtext(str(row['composition']))}"
    if quantity == BREAKDOWN_FIELD and has_values(result, *LAW_BAND):
        low, high = float(row[LAW_BAND[0]]), float(row[LAW_BAND[1]])
        value = float(row[quantity])
        axes.errorbar(
            place,
            value,
            yerr=[[max(value - low, 0.0)], [max(high - value, 0.0)]],
            color=GUIDE_COLOR,
            elinewidth=0.9,
            capsize=2.0,
            capthick=0.9,
            zorder=2.8,
        )
        label += ", plausible range"
    axes.plot(
        place,
        float(row[quantity]),
        linestyle="none",
        marker="h",
        markersize=5.5,
        markerfacecolor="white",
        markeredgecolor=GUIDE_COLOR,
        markeredgewidth=1.1,
        zorder=3.2,
        clip_on=False,
    )
    return label


def _family_handles(curves: Sequence[FamilyCurve]) -> list[Line2D]:
    return [
        Line2D([], [], color=curve.style.color, marker=curve.style.marker, markersize=3.6, label=curve.mathtext)
        for curve in curves
    ]


def _sign_handles(result: StudyResult, curves: Sequence[FamilyCurve], quantity: str, host: str) -> list[Line2D]:
    """Legend entries of the signs that the figure uses."""
    handles = []
    if any(best.quantity == quantity for best in result.best):
        handles.append(_sign("large: maximum of its family", marker="o", markersize=5.6))
    if any(curve.outside.any() for curve in curves):
        handles.append(
            _sign("outside the calibrated range", linestyle=(0, (3, 1.6)), marker="o", markerfacecolor="white")
        )
    if host:
        handles.append(_sign(host, marker="h", markersize=5.0, markerfacecolor="white"))
    return handles


def _sign(label: str, **look: Any) -> Line2D:
    return Line2D([], [], label=label, **{"color": GUIDE_COLOR, "linestyle": "none", "markersize": 3.2, **look})


def plot_parameters(result: StudyResult, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw mean free path, bond energy and ionization energy against x, with the calibrated ranges.

    Parameters
    ----------
    result
        A study with the measure ``breakdown``.
    axes
        Three axes; a new figure of full width if not given.

    Raises
    ------
    InputError
        If the study lacks one of the quantities, or the number of axes is another one.
    """
    from entrox.breakdown.alloy import CALIBRATED_BOX

    with paper_style():
        panels = _draw_panels(result, PARAMETERS, axes)
        for panel, name in zip(panels, PARAMETERS, strict=True):
            _shade_outside(panel, result.points[name].to_numpy(dtype=float), CALIBRATED_BOX[BOX_NAMES[name]])
    return panels


def _shade_outside(panel: Axes, values: NDArray[np.float64], box: tuple[float, float]) -> None:
    """Shade what lies outside the calibrated range where values lie there; the limits of the axes stay."""
    low, high = panel.get_ylim()
    if np.nanmin(values) < box[0]:
        panel.axhspan(low, box[0], color="0.92", linewidth=0, zorder=0)
    if np.nanmax(values) > box[1]:
        panel.axhspan(box[1], high, color="0.92", linewidth=0, zorder=0)
    panel.set_ylim(low, high)


def plot_descriptors(result: StudyResult, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw entropy per formula unit and lattice distortion against x; as :func:`plot_parameters`, two axes."""
    with paper_style():
        return _draw_panels(result, (ENTROPY, DISTORTION), axes)


def _draw_panels(result: StudyResult, names: Sequence[str], axes: Sequence[Axes] | None) -> Sequence[Axes]:
    """Draw one panel per quantity against x; a legend only on a figure of our own."""
    if axes is not None and len(axes) != len(names):
        raise InputError(f"axes must hold {len(names)} axes, for {', '.join(names)}; got {len(axes)}.")
    panels = new_axes(FULL_WIDTH, 66.0, len(names))[1] if axes is None else axes
    for panel, name in zip(panels, names, strict=True):
        plot_quantity(result, name, axes=panel, legend=False)
        panel.set_ylabel(textwrap.fill(panel.get_ylabel(), PANEL_LABEL))
    if axes is None:
        letter_panels(panels)
        curves = family_curves(result, names[0])
        handles = [*_family_handles(curves), *_sign_handles(result, curves, names[0], "")]
        figure = panels[0].get_figure(root=True)
        assert isinstance(figure, Figure)
        figure.legend(handles=handles, loc="outside upper center", ncols=3)
    return panels
