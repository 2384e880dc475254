"""Breakdown field against permittivity: predictions with their range, laws, and measured fields by their kind.

Fields are drawn in MV/m.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.breakdown.dielectric_fields import DielectricFields
from entrox.breakdown.materials import LOWER_BOUND_KIND, MeasuredField
from entrox.breakdown.permittivity_law import mcpherson_field, published_permittivity_field
from entrox.core import InputError, Quantity
from entrox.core.bootstrap import percentile_interval
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.plots.alloy import FIELD
from entrox.plots.labels import MINUS, axis_label, formula_mathtext, number_text
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, family_style, new_axes, paper_style

__all__ = ["plot_dielectrics", "shown_measurements"]

Floats = NDArray[np.float64]
PERMITTIVITY = Quantity("permittivity", "1", "relative permittivity")
CLASS_STYLE = {"perovskite": 0, "simple oxide": 1}
KIND_MARKERS = {
    "film": "s",
    "nanoscale estimate": "*",
    "in-situ microscopy": "P",
    "crystal": "D",
    LOWER_BOUND_KIND: "^",
}
MEASURED_COLOR = "#3c4043"
LABEL_STEP = 0.042
"""Smallest distance of two names, as part of the logarithmic range of permittivities."""


def shown_measurements(
    fields: DielectricFields, measured: Sequence[MeasuredField]
) -> tuple[list[tuple[float, MeasuredField]], list[MeasuredField]]:
    """Return the measured fields that have a place on the axis with their permittivity, and those that have none.

    Parameters
    ----------
    fields
        Predictions, which give the permittivity of a reference dielectric.
    measured
        Measured fields; the permittivity reported beside a field comes first.
    """
    known = dict(zip(fields.names, np.asarray(fields.permittivity).tolist(), strict=True))
    shown, left_out = [], []
    for row in measured:
        place = row.permittivity if row.permittivity is not None else known.get(row.material)
        if place is None:
            left_out.append(row)
        else:
            shown.append((float(place), row))
    return shown, left_out


def plot_dielectrics(
    fields: DielectricFields, measured: Sequence[MeasuredField] = (), axes: Axes | None = None
) -> Axes:
    """Draw predicted breakdown fields against permittivity with power laws and measured fields.

    Parameters
    ----------
    fields
        From ``entrox.breakdown.dielectric_fields.run_dielectrics``.
    measured
        Measured fields; those without a permittivity are left out, see :func:`shown_measurements`.
    axes
        Where to draw; a new figure of full width if not given.

    Returns
    -------
    matplotlib.axes.Axes
        Colored: predictions at the assumed mean free path; bars: 95 % over the plausible mean free path and the
        calibration; band: power law over the same draws. Gray: measured fields by kind, filled where read in a named
        source, open where recalled; arrows upward: the specimen had not broken.

    Raises
    ------
    InputError
        If a kind of measured field is unknown.
    """
    unknown = {row.kind for row in measured} - set(KIND_MARKERS)
    if unknown:
        raise InputError(f"no marker for fields of the kind {sorted(unknown)}; known: {', '.join(KIND_MARKERS)}.")
    with paper_style():
        axes = new_axes(FULL_WIDTH, 92.0)[1][0] if axes is None else axes
        shown, _ = shown_measurements(fields, measured)
        axes.set_xscale("log")
        axes.set_yscale("log")
        handles = _draw_laws(axes, fields)
        handles += _draw_predictions(axes, fields)
        handles += _draw_measured(axes, shown)
        _name_materials(axes, fields)
        axes.set_xlabel(axis_label(PERMITTIVITY))
        axes.set_ylabel(axis_label(FIELD))
        ticks = [50, 100, 200, 500, 1000, 2000, 5000]
        axes.set_yticks(ticks, [str(tick) for tick in ticks])
        axes.set_xticks([3, 10, 30, 100, 300, 1000, 3000], ["3", "10", "30", "100", "300", "1000", "3000"])
        axes.minorticks_off()
        axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), alignment="left")
    return axes


def _draw_laws(axes: Axes, fields: DielectricFields) -> list[Line2D]:
    places = np.geomspace(3.0, 3000.0, 60)
    axes.fill_between(places, *_band(fields, places).T / MEGA, color=GUIDE_COLOR, alpha=0.16, linewidth=0, zorder=1)
    low, high = fields.exponent_interval
    law = fields.power_law
    ours = (
        rf"{law.prefactor / MEGA:.0f} $\varepsilon^{{-{law.exponent:.2f}}}$ MV/m, fit"
        f"\nexponent {MINUS}{high:.2f} to {MINUS}{low:.2f} (95 %)"
    )
    lines: tuple[tuple[str, Floats, Literal["-", "--", ":"]], ...] = (
        (ours, law.field(places), "-"),
        (r"published fit 1846 $\varepsilon^{-0.18}$ MV/m", published_permittivity_field(places), "--"),
        (r"McPherson 3500 $\varepsilon^{-0.64}$ MV/m", mcpherson_field(places), ":"),
    )
    handles = []
    for label, values, dash in lines:
        axes.plot(places, values / MEGA, linestyle=dash, color="black", linewidth=1.0, zorder=1.5)
        handles.append(Line2D([], [], color="black", linestyle=dash, linewidth=1.0, label=label))
    return handles


def _band(fields: DielectricFields, places: Floats) -> Floats:
    """Return the 95 % band of the power laws through the drawn fields, shape ``(n, 2)`` [V/m]."""
    columns = np.stack([np.log(fields.permittivity), np.ones(len(fields.names))], axis=1)
    slopes, constants = np.linalg.pinv(columns) @ np.log(fields.draws).T
    return percentile_interval(np.exp(constants[:, None] + slopes[:, None] * np.log(places)))


def _draw_predictions(axes: Axes, fields: DielectricFields) -> list[Line2D]:
    handles = []
    values, ends = np.asarray(fields.field) / MEGA, np.asarray(fields.field_interval) / MEGA
    for group, index in CLASS_STYLE.items():
        chosen = np.array([name == group for name in fields.material_classes])
        style = family_style(index)
        reach = [np.maximum(values - ends[:, 0], 0.0)[chosen], np.maximum(ends[:, 1] - values, 0.0)[chosen]]
        axes.errorbar(
            np.asarray(fields.permittivity)[chosen], values[chosen], yerr=reach, linestyle="none", color=style.color,
            marker="o", markersize=4.6, elinewidth=1.0, capsize=0.0, zorder=3,
        )  # fmt: skip
        path = number_text(float(np.asarray(fields.mean_free_path)[chosen][0]), 3)
        handles.append(
            Line2D([], [], color=style.color, marker="o", markersize=4.6, linestyle="none",
                   label=f"{group}, predicted ({path} Å)")
        )  # fmt: skip
    return handles


def _draw_measured(axes: Axes, shown: Sequence[tuple[float, MeasuredField]]) -> list[Line2D]:
    handles: dict[tuple[str, str], Line2D] = {}
    for place, row in shown:
        marker, filled = KIND_MARKERS[row.kind], row.status == "A"
        value = row.field / MEGA
        if row.low is not None and row.high is not None:
            axes.plot([place] * 2, [row.low / MEGA, row.high / MEGA], color=MEASURED_COLOR, linewidth=0.5, zorder=2)
        if row.is_lower_bound:
            axes.annotate("", (place, 1.35 * value), (place, value), zorder=2,
                          arrowprops={"arrowstyle": "->", "color": MEASURED_COLOR, "linewidth": 0.7})  # fmt: skip
        face = MEASURED_COLOR if filled else "white"
        axes.plot(place, value, marker=marker, markersize=4.8 if marker == "*" else 3.6, linestyle="none",
                  markerfacecolor=face, markeredgecolor=MEASURED_COLOR, markeredgewidth=0.7, zorder=2.5)  # fmt: skip
        words = "read" if filled else "recalled"
        handles.setdefault(
            (row.kind, words),
            Line2D([], [], color=MEASURED_COLOR, marker=marker, markersize=3.8, linestyle="none", markerfacecolor=face,
                   markeredgewidth=0.7, label=f"measured, {row.kind} ({words})"),
        )  # fmt: skip
    return list(handles.values())


def _name_materials(axes: Axes, fields: DielectricFields) -> None:
    """Write the names above the points, turned, pushed apart where they would touch."""
    order = np.argsort(np.asarray(fields.permittivity), kind="stable")
    logs = np.log10(np.asarray(fields.permittivity)[order])
    step = LABEL_STEP * np.log10(1000.0)
    places = logs.copy()
    for _ in range(200):
        for index in range(1, len(places)):
            gap = places[index] - places[index - 1]
            if gap < step:
                places[index - 1] -= 0.5 * (step - gap)
                places[index] += 0.5 * (step - gap)
    height = 1.25 * float(np.asarray(fields.field_interval).max()) / MEGA
    for index, log, place in zip(order, logs, places, strict=True):
        top = float(fields.field_interval[index, 1]) / MEGA
        color = family_style(CLASS_STYLE[fields.material_classes[index]]).color
        axes.plot([10**log, 10**place], [top, 0.96 * height], color=color, linewidth=0.4, alpha=0.6, zorder=1)
        axes.text(10**place, height, formula_mathtext(fields.names[index]), rotation=90, ha="center", va="bottom",
                  fontsize=6.2, color=color)  # fmt: skip
