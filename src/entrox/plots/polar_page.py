"""The report of an analysis of polar order: one HTML file that needs nothing else, neither network nor other files."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from entrox.order.report.polar_analysis import PolarAnalysis
from entrox.plots.labels import number_text, unbroken_html
from entrox.plots.page import figure_html, fill_page, notices_html, write_page
from entrox.plots.polar_figures import polar_figures
from entrox.plots.tables import key_table, plain_table, provenance_tables

__all__ = ["write_polar_report_page"]

METHOD = {
    "Displacement": (
        "Place of a cation minus the center of its cage: 12 or 6 oxygen, or, where oxygen is not seen, the cations of "
        "the other site. The two means must not be mixed up: the length of the mean falls to zero in a sample of many "
        "domains, the mean length never does."
    ),
    "Phases": (
        "Each displacement belongs to the nearest of the axes of the rule in the pseudo-cubic frame, or to C if it is "
        "shorter than the threshold. Random directions fill all classes: a share says something only beside chance and "
        "the time window that displacements were averaged over."
    ),
    "Bonds": (
        "Lengths of a cage, sorted. Sorting splits bonds that differ by noise only; the splitting that the remaining "
        "noise gives stands beside the measured one."
    ),
    "Errors": (
        "Over time, by blocking; a series whose blocks reach no plateau is called not converged, and its error is a "
        "lower bound. One frame has no error."
    ),
}
"""Headings and paragraphs, HTML."""


def write_polar_report_page(
    analysis: PolarAnalysis,
    folder: str | Path,
    *,
    source: str = "",
    provenance: Mapping[str, Any] | None = None,
    figures: str | Path | None = None,
) -> Path:
    """Write the report of an analysis.

    Parameters
    ----------
    analysis
        The analysis.
    folder
        Where the file goes; it is made if it does not exist.
    source
        Where the frames came from.
    provenance
        What the run recorded about itself.
    figures
        Folder into which the figures of this analysis were written as SVG; drawn anew if None.

    Returns
    -------
    Path
        The file ``report.html``; it is replaced whole or not at all.
    """
    formula = "".join(f"{name}{count}" for name, count in analysis.composition.items())
    report = analysis.report
    sections = [
        _section("Displacements", _elements(analysis)),
        _section("Local phases [%]", _phases(analysis)) if report.phases else "",
        _section("Bonds [Å]", _bonds(analysis)) if report.bonds else "",
        _figures(analysis, figures),
        _section("Refused measures", plain_table(("Measure", "Why"), _escaped(analysis.refused.items())))
        if analysis.refused
        else "",
    ]
    parts = [f"{report.n_cells:,} cells", f"{analysis.n_frames:,} frames", source]
    text = fill_page(
        "analysis_report.html",
        title=html.escape(f"Polar order of {formula}"),
        byline=html.escape(" · ".join(part for part in parts if part)),
        brief=_brief(analysis),
        sections="\n".join(part for part in sections if part),
        notices=notices_html(analysis.warnings),
        method="".join(f"<h3>{name}</h3><p>{words}</p>" for name, words in METHOD.items()),
        settings=key_table(analysis.settings.model_dump(mode="json")),
        provenance=provenance_tables(provenance or {}, ("status", "finished", "commands", "execution")),
    )
    return write_page(folder, text)


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{html.escape(heading)}</h2>{body}</section>"


def _escaped(rows: Any) -> list[tuple[str, ...]]:
    return [tuple(html.escape(str(cell)) for cell in row) for row in rows]


def _pm(value: float | None, error: float | None, digits: int = 4) -> str:
    text = number_text(value, digits)
    return text if error is None or not np.isfinite(error) else f"{text} ± {number_text(error, 2)}"


def _brief(analysis: PolarAnalysis) -> str:
    report = analysis.report
    edges = " \N{MULTIPLICATION SIGN} ".join(number_text(float(edge)) for edge in report.lattice_angstrom)
    window = "single frames" if not report.window_ps else f"windows of {report.window_ps:g} ps"
    lines = [f"Lattice {edges} Å; displacements off the {report.reference} cage, {window}."]
    strongest = max(report.elements, key=lambda row: row.mean_modulus_angstrom, default=None)
    if strongest is not None:
        order = sorted(report.elements, key=lambda row: -row.mean_modulus_angstrom)
        lines.append("Mean displacement: " + " > ".join(f"{row.symbol} ({row.site})" for row in order) + ".")
    if analysis.polarization_c_per_m2 is not None:
        size = float(np.linalg.norm(analysis.polarization_c_per_m2))
        lines.append(f"Polarization of the box: {size:.3f} C/m².")
    for site, length in report.correlation_length_angstrom.items():
        if length is not None:
            lines.append(f"Correlation of the {site} displacements decays over {length:.1f} Å.")
    if analysis.glazer is not None:
        lines.append(f"Tilt system {analysis.glazer}.")
    if not analysis.converged:
        lines.append("Not converged: errors over time are lower bounds or absent.")
    return '<p class="lead">' + unbroken_html(lines[0]) + "</p><p>" + unbroken_html(" ".join(lines[1:])) + "</p>"


def _elements(analysis: PolarAnalysis) -> str:
    rows = []
    for row in analysis.report.elements:
        vector = ", ".join(number_text(float(value), 3) for value in row.mean_vector_angstrom)
        rows.append(
            (
                html.escape(f"{row.symbol} ({row.site})"), str(row.count), vector,
                _pm(row.taid_angstrom, row.taid_error_angstrom),
                _pm(row.mean_modulus_angstrom, row.mean_modulus_error_angstrom),
                number_text(row.rms_angstrom),
            )
        )  # fmt: skip
    note = (
        '<p class="note">The length of the mean, |⟨d⟩|, falls to zero in a sample of many domains; the mean length, '
        "⟨|d|⟩, never does: thermal noise alone gives 1.6 times its spread.</p>"
    )
    return plain_table(("Cation", "Number", "⟨d⟩ [Å]", "|⟨d⟩| [Å]", "⟨|d|⟩ [Å]", "rms [Å]"), rows) + note


def _phases(analysis: PolarAnalysis) -> str:
    phases = analysis.report.phases
    rows = []
    for row in phases:
        cells = [html.escape(row.group)]
        for k in range(len(row.classes)):
            error = None if row.share_error is None else 100.0 * float(row.share_error[k])
            text = _pm(100.0 * float(row.share[k]), error, 3)
            expected = row.chance[k]
            cells.append(text if np.isnan(expected) else f"{text}<small>chance {100 * expected:.1f}</small>")
        rows.append(tuple(cells))
    return f'<div class="wide">{plain_table(("Group", *(html.escape(name) for name in phases[0].classes)), rows)}</div>'


def _bonds(analysis: PolarAnalysis) -> str:
    rows = [
        (
            html.escape(f"{row.element} ({row.site})"), number_text(row.short_angstrom),
            number_text(row.middle_angstrom), number_text(row.long_angstrom),
            _pm(row.mean_angstrom, row.mean_error_angstrom, 5),
            _pm(row.splitting_angstrom, row.splitting_error_angstrom, 3), number_text(row.noise_floor_angstrom, 2),
        )
        for row in analysis.report.bonds
    ]  # fmt: skip
    table = plain_table(("Cation", "Short", "Middle", "Long", "Mean", "Splitting", "By noise alone"), rows)
    slopes = [
        (
            html.escape(row.element), html.escape(fit.subject), html.escape(fit.term),
            _pm(fit.slope_angstrom, fit.slope_error_angstrom, 3),
        )
        for row in analysis.report.bonds
        for fit in row.environment
    ]  # fmt: skip
    if slopes:
        table += "<h3>Change per neighbor</h3>" + plain_table(("Cation", "Quantity", "Neighbor", "Change [Å]"), slopes)
    return table


def _figures(analysis: PolarAnalysis, figures: str | Path | None) -> str:
    return "\n".join(
        f"<section><h2>{html.escape(item.heading)}</h2>{figure_html(number, item, figures)}</section>"
        for number, item in enumerate(polar_figures(analysis), start=1)
    )
