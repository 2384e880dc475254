"""Interactive figures of the structures of one family: polar order against x, excess information against length.

All text from users is escaped, because plotly reads labels as a kind of HTML.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from entrox.core import Quantity
from entrox.design import StructureResult
from entrox.plots.interactive import laid_out, plain_numbers, transparent
from entrox.plots.labels import axis_label, formula_html, number_text, unit_text
from entrox.plots.report_words import structure_label
from entrox.plots.style import GUIDE_COLOR, family_style

__all__ = ["Series", "excess_curves", "structure_points"]

SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x")
X_LABEL = "Substitution x"

Series = tuple[str, str, str]
"""Label, name of the value, and name of its standard error."""


def structure_points(
    structures: Sequence[StructureResult], series: Sequence[Series], axis: Quantity, x_range: tuple[float, float]
) -> go.Figure:
    """Return values of structures against x, one mark per structure, with their standard errors.

    Parameters
    ----------
    structures
        Structures of one family.
    series
        What is drawn.
    axis
        Meaning and unit of the ordinate.
    x_range
        Ends of the family, so that its figures have one abscissa.
    """
    figure = go.Figure()
    ordered = sorted(structures, key=lambda item: item.x)
    for index, (label, value, error) in enumerate(series):
        shown = [item for item in ordered if np.isfinite(item.number(value))]
        errors = [item.number(error) for item in shown]
        color = family_style(index).color
        figure.add_scatter(
            x=[item.x for item in shown],
            y=[item.number(value) for item in shown],
            error_y={
                "type": "data", "array": [0.0 if np.isnan(e) else e for e in errors], "color": color, "thickness": 1.5,
                "width": 4,
            },
            mode="markers",
            name=html.escape(label),
            marker={"color": color, "size": 9, "symbol": SYMBOLS[index % len(SYMBOLS)]},
            text=[_text(item, label, item.number(value), e, axis) for item, e in zip(shown, errors, strict=True)],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(xaxis_title=X_LABEL, yaxis_title=html.escape(axis_label(axis)), showlegend=len(series) > 1)
    low, high = min(x_range[0], ordered[0].x), max(x_range[1], ordered[-1].x)
    margin = 0.05 * (high - low) or 0.05
    figure.update_xaxes(range=[low - margin, high + margin])
    figure.update_yaxes(rangemode="tozero")
    return laid_out(figure, height=440)


def _text(item: StructureResult, label: str, value: float, error: float, axis: Quantity) -> str:
    unit = html.escape(unit_text(axis.unit))
    known = f" ± {number_text(error, 2)}" if np.isfinite(error) else ", no error known"
    return (
        f"<b>{html.escape(item.name)}</b><br>{formula_html(item.composition)}, x = {item.x:.4g}<br>"
        f"{html.escape(label)}: {number_text(value)}{known} {unit}"
    )


def excess_curves(structures: Sequence[StructureResult]) -> go.Figure:
    """Return excess information against the size of the cubes with its interval; zero is a random arrangement."""
    figure = go.Figure()
    for index, item in enumerate(sorted(structures, key=lambda item: item.x)):
        size, excess = item.array("sizes_nm"), item.array("excess_of_size_r")
        low, high = item.array("excess_of_size_low_r"), item.array("excess_of_size_high_r")
        color = family_style(index).color
        known = np.isfinite(low) & np.isfinite(high)
        figure.add_scatter(
            x=plain_numbers(np.concatenate([size[known], size[known][::-1]])),
            y=plain_numbers(np.concatenate([low[known], high[known][::-1]])),
            mode="lines", line={"width": 0}, fill="toself", fillcolor=transparent(color, 0.25), hoverinfo="skip",
            showlegend=False, legendgroup=item.name,
        )  # fmt: skip
        name = html.escape(structure_label(item))
        figure.add_scatter(
            x=plain_numbers(size), y=plain_numbers(excess), mode="lines+markers", name=name, legendgroup=item.name,
            line={"color": color, "width": 1.8}, marker={"size": 8, "symbol": SYMBOLS[index % len(SYMBOLS)]},
            text=_size_texts(item), hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
        level = item.number("tolerated_excess_r")
        figure.add_scatter(
            x=[float(np.nanmin(size)), float(np.nanmax(size))], y=[level, level], mode="lines", hoverinfo="skip",
            line={"color": color, "width": 1.2, "dash": "dot"}, name="counts as fully mixed", legendgroup=item.name,
            showlegend=index == 0,
        )  # fmt: skip
    figure.add_hline(y=0.0, line={"color": GUIDE_COLOR, "width": 1})
    figure.update_layout(xaxis_title="Edge of the cubes [nm]", yaxis_title="Excess information [R]", showlegend=True)
    return laid_out(figure, height=460)


def _size_texts(item: StructureResult) -> list[str]:
    columns = [
        item.array(name)
        for name in ("sizes_nm", "excess_of_size_r", "excess_of_size_low_r", "excess_of_size_high_r",
                     "atoms_per_cube", "p_of_size")
    ]  # fmt: skip
    return [
        f"<b>{html.escape(item.name)}</b><br>{number_text(size, 3)} nm, {number_text(atoms, 3)} counted atoms per cube"
        f"<br>excess {number_text(value, 3)} R ({number_text(low, 3)} to {number_text(high, 3)})<br>"
        f"p = {number_text(p, 2)}, adjusted for all sizes"
        for size, value, low, high, atoms, p in zip(*columns, strict=True)
    ]
