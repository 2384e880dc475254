"""The interactive figures of the report, as plotly figures: the same data and signs as the printed ones.

All text from users is escaped, because plotly reads labels as a kind of HTML.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from entrox.core.weibull import median_ranks
from entrox.design import StudyResult
from entrox.design.remarks import remarks_of
from entrox.plots.curves import (
    BREAKDOWN_FIELD,
    DISTORTION,
    ENTROPY,
    FamilyCurve,
    band_quadrilaterals,
    best_of_family,
    family_curves,
    host_row,
    interval_columns,
    quantity_of,
    stretches,
)
from entrox.plots.family_map import COLORMAP, cell_edges
from entrox.plots.labels import axis_label, formula_html, number_text, unit_text
from entrox.plots.study import LAW_BAND
from entrox.plots.style import GUIDE_COLOR
from entrox.plots.weibull import PROBABILITIES, best_samples

__all__ = [
    "interactive_curves",
    "interactive_map",
    "interactive_weibull",
    "laid_out",
    "plain_numbers",
    "transparent",
]

HOVER_COLUMNS = (ENTROPY, DISTORTION, "mean_free_path_angstrom", "bond_energy_ev", "ionization_energy_ev")
SYMBOLS = {
    "o": "circle", "s": "square", "^": "triangle-up", "D": "diamond", "v": "triangle-down", "P": "cross", "X": "x",
}  # fmt: skip
HOVER_WIDTH = 70
"""Letters in a line of the text that appears under the pointer."""


def interactive_curves(result: StudyResult, quantity: str, against: str, family: str | None = None) -> go.Figure:
    """Return a quantity against another, one curve per family, with bands and the composition under the pointer.

    With ``family`` that of one family alone.
    """
    figure = go.Figure()
    for curve in family_curves(result, quantity):
        if family is not None and curve.name != family:
            continue
        _add_band(figure, curve, quantity, against)
        _add_lines(figure, curve, quantity, against)
        _add_points(figure, result, curve, quantity, against)
    if family is None:
        _add_host(figure, result, quantity, against)
    figure.update_layout(
        xaxis_title=html.escape(axis_label(quantity_of(result, against))),
        yaxis_title=html.escape(axis_label(quantity_of(result, quantity))),
    )
    return laid_out(figure)


def laid_out(figure: go.Figure, height: int = 520) -> go.Figure:
    """Set what all figures share; colors of text and grid come from the page."""
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 70, "r": 44, "t": 16, "b": 56},
        hovermode="closest",
        hoverlabel={"align": "left", "font": {"size": 12}},
        modebar={"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": GUIDE_COLOR, "activecolor": "#0072B2"},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "x": 0, "xanchor": "left"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_xaxes(zeroline=False, ticks="outside", showline=True, automargin=True)
    figure.update_yaxes(zeroline=False, ticks="outside", showline=True, automargin=True, title_standoff=14)
    return figure


def _add_band(figure: go.Figure, curve: FamilyCurve, quantity: str, against: str) -> None:
    ends = interval_columns(quantity, list(curve.points.columns))
    if ends is None:
        return
    pieces = band_quadrilaterals(curve.values(against), curve.values(ends[0]), curve.values(ends[1]))
    if not pieces:
        return
    gap = np.full((1, 2), np.nan)
    outline = np.vstack([part for piece in pieces for part in (piece, piece[:1], gap)])
    figure.add_scatter(
        x=plain_numbers(outline[:, 0]), y=plain_numbers(outline[:, 1]), mode="lines", line={"width": 0}, fill="toself",
        fillcolor=transparent(curve.style.color, 0.25), legendgroup=curve.name, showlegend=False, hoverinfo="skip",
    )  # fmt: skip


def _add_lines(figure: go.Figure, curve: FamilyCurve, quantity: str, against: str) -> None:
    x, y = curve.values(against), curve.values(quantity)
    for wanted, dash in ((False, "solid"), (True, "5px,4px")):
        parts = [piece for piece, outside in stretches(curve.outside) if outside is wanted]
        if parts:
            figure.add_scatter(
                x=plain_numbers(np.concatenate([np.append(x[part], np.nan) for part in parts])),
                y=plain_numbers(np.concatenate([np.append(y[part], np.nan) for part in parts])),
                mode="lines", line={"color": curve.style.color, "width": 1.8, "dash": dash}, legendgroup=curve.name,
                showlegend=False, hoverinfo="skip", connectgaps=False,
            )  # fmt: skip


def _add_points(figure: go.Figure, result: StudyResult, curve: FamilyCurve, quantity: str, against: str) -> None:
    best = best_of_family(result, curve.name, quantity)
    sizes = np.full(len(curve.points), 6.5)
    if best is not None:
        sizes[int(np.argmin(np.abs(curve.values("x") - best.x)))] = 14.0
    symbol = SYMBOLS[curve.style.marker]
    figure.add_scatter(
        x=plain_numbers(curve.values(against)),
        y=plain_numbers(curve.values(quantity)),
        mode="markers",
        name=curve.html,
        legendgroup=curve.name,
        marker={
            "color": curve.style.color,
            "size": sizes.tolist(),
            "symbol": [f"{symbol}-open" if outside else symbol for outside in curve.outside],
            "line": {"width": 1.5, "color": curve.style.color},
            "opacity": 1.0,
        },
        text=[_hover_text(result, row, quantity) for _, row in curve.points.iterrows()],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover_text(result: StudyResult, row: Any, quantity: str) -> str:
    """Return what a point says under the pointer: composition, x, the quantity with its interval, parameters."""
    lines = [
        f"<b>{formula_html(str(row['composition']))}</b>",
        f"{html.escape(str(row['family']))}, x = {row['x']:.4g}",
    ]
    ends = interval_columns(quantity, list(result.points.columns))
    interval = f" ({number_text(row[ends[0]])} to {number_text(row[ends[1]])})" if ends else ""
    lines.append(f"<b>{_named_number(result, quantity, row)}</b>{interval}")
    lines += [
        _named_number(result, name, row)
        for name in HOVER_COLUMNS
        if name in result.points.columns and name != quantity and np.isfinite(float(row[name]))
    ]
    warnings = remarks_of(str(row["warnings"]))
    outside = [text for text in warnings if text.startswith("extrapolated")]
    lines += [_wrapped(text) for text in outside]
    if len(warnings) > len(outside):
        lines.append(f"{len(warnings) - len(outside)} further remarks in the table of points")
    return "<br>".join(lines)


def _named_number(result: StudyResult, name: str, row: Any) -> str:
    declared = quantity_of(result, name)
    unit = unit_text(declared.unit)
    return (
        f"{html.escape(declared.description)}: {number_text(float(row[name]))}{' ' + html.escape(unit) if unit else ''}"
    )


def _wrapped(text: str) -> str:
    import textwrap

    return "<br>".join(html.escape(line) for line in textwrap.wrap(text, HOVER_WIDTH))


def _add_host(figure: go.Figure, result: StudyResult, quantity: str, against: str) -> None:
    host = host_row(result)
    if host is None or not np.isfinite(float(host[quantity])):
        return
    error: dict[str, Any] | None = None
    name = f"host {formula_html(str(host['composition']))}"
    if quantity == BREAKDOWN_FIELD and set(LAW_BAND) <= set(result.points.columns):
        value, low, high = float(host[quantity]), float(host[LAW_BAND[0]]), float(host[LAW_BAND[1]])
        if np.isfinite([low, high]).all():
            error = {"type": "data", "array": [high - value], "arrayminus": [value - low]}
            error.update(thickness=1.5, width=5, color=GUIDE_COLOR)
            name += ", plausible range"
    figure.add_scatter(
        x=[float(host[against])], y=[float(host[quantity])], mode="markers", name=name, error_y=error,
        marker={"symbol": "hexagon", "size": 11, "color": "white", "line": {"width": 2, "color": GUIDE_COLOR}},
        hoverinfo="skip",
    )  # fmt: skip


def interactive_map(result: StudyResult, quantity: str) -> go.Figure:
    """Return a quantity as color over family and x, every family on its own grid of x."""
    curves = family_curves(result)
    values = result.points[quantity].to_numpy(dtype=float)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    figure = go.Figure()
    for place, curve in enumerate(curves):
        x, order = np.unique(curve.values("x")[::-1], return_index=True)
        shown = curve.points.iloc[::-1].iloc[order]
        figure.add_heatmap(
            x=plain_numbers(cell_edges(x)), y=[place - 0.4, place + 0.4],
            z=[plain_numbers(shown[quantity].to_numpy(dtype=float))],
            zmin=low, zmax=high, colorscale=COLORMAP.capitalize(), showscale=place == 0,
            colorbar={"title": {"text": html.escape(axis_label(quantity_of(result, quantity))), "side": "right"}},
            text=[[_hover_text(result, row, quantity) for _, row in shown.iterrows()]],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
        best = best_of_family(result, curve.name, quantity)
        if best is not None:
            figure.add_scatter(
                x=[best.x], y=[place], mode="markers", showlegend=False, hoverinfo="skip",
                marker={"color": "white", "size": 10, "line": {"color": "black", "width": 1.5}},
            )  # fmt: skip
    figure.update_layout(xaxis_title=html.escape(axis_label(quantity_of(result, "x"))))
    figure = laid_out(figure, height=110 + 58 * len(curves))
    figure.update_layout(modebar_remove=["toImage", "zoom", "pan", "zoomIn", "zoomOut", "autoScale", "resetScale"])
    figure.update_yaxes(
        tickvals=list(range(len(curves))), ticktext=[curve.html for curve in curves], ticks="",
        range=[len(curves) - 0.5, -0.5], showline=False, showgrid=False,
    )  # fmt: skip
    return figure.update_xaxes(showgrid=False)


def interactive_weibull(result: StudyResult) -> go.Figure:
    """Return the best point of every family on Weibull paper, fields relative to their 63.2 % value."""
    figure = go.Figure()
    styles = [curve.style for curve in family_curves(result)]
    for item in best_samples(result):
        style = styles[item.index]
        ranks = np.log(-np.log1p(-median_ranks(len(item.fields))))
        heights = np.array([ranks[0] - 0.4, ranks[-1] + 0.4])
        figure.add_scatter(
            x=plain_numbers(np.exp(heights / item.modulus)), y=plain_numbers(heights), mode="lines", hoverinfo="skip",
            line={"color": style.color, "width": 1.8}, legendgroup=item.family, showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=plain_numbers(item.fields / item.scale), y=plain_numbers(ranks), mode="markers", legendgroup=item.family,
            name=f"{item.html}: m = {item.modulus:.0f} (bias removed), 63.2 % value {item.scale:.0f} MV/m",
            marker={"color": style.color, "symbol": f"{SYMBOLS[style.marker]}-open", "size": 7},
            text=[f"{field:.1f} MV/m" for field in item.fields], hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        xaxis_title="Breakdown field over its 63.2 % value", yaxis_title="Probability of breakdown [%]"
    )
    figure = laid_out(figure)
    return figure.update_yaxes(
        tickvals=[float(np.log(-np.log1p(-p))) for p in PROBABILITIES], ticktext=[f"{100 * p:g}" for p in PROBABILITIES]
    )


def plain_numbers(values: NDArray[np.float64]) -> Sequence[float | None]:
    """Return a list of numbers with None for NaN, which plotly takes as a gap."""
    return [float(value) if np.isfinite(value) else None for value in values]


def transparent(color: str, opacity: float) -> str:
    """Return a color such as ``#0072B2`` with an opacity between 0 and 1."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
