"""The report of refined boxes: one HTML file that needs nothing else, neither network nor other files."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from entrox.plots.labels import number_text, unbroken_html
from entrox.plots.page import figure_html, fill_page, notices_html, write_page
from entrox.plots.report_figure import ReportFigure, write_report_figures
from entrox.plots.style import FORMATS
from entrox.plots.tables import key_table, plain_table, provenance_tables

__all__ = ["write_rmc_page"]

METHOD = {
    "Refinement": (
        "Atoms are moved at random; a move is kept if it lowers chi² plus the constraints, else with the probability "
        "exp(-increase/2). The boxes are samples of what agrees with the data, each as good as the others."
    ),
    "What the data determine": (
        "Boxes of several seeds differ where the data do not decide. Boxes with and without the bond valence "
        "constraint differ by what that constraint puts in: it drives small cations off center by itself."
    ),
    "Weight of the data": (
        "The entropy of a box grows with its atoms, chi² does not: large boxes at weight one are wider than the data "
        "allow, although each point fits within its error. What is level over the weights is held by the data."
    ),
    "Thermal floor": (
        "The mean length of a displacement is never zero: uncorrelated Gaussian motion gives sqrt(8/pi) "
        "sqrt(u + u_O/n), with the variances of the box itself. Only what exceeds it is polar."
    ),
    "Classes": (
        "Each displacement belongs to the nearest of the axes ⟨100⟩ (T), ⟨110⟩ (O) and ⟨111⟩ (R). Random directions "
        "give 27.5, 44.4 and 28.2 %."
    ),
}
"""Headings and paragraphs, HTML."""


def write_rmc_page(
    figures: Sequence[ReportFigure],
    content: Mapping[str, Any],
    folder: str | Path,
    *,
    provenance: Mapping[str, Any] | None = None,
) -> Path:
    """Write the figures, as files and in the report, and the report.

    Parameters
    ----------
    figures
        Of a refinement, or of the analysis of boxes.
    content
        Its numbers, with the keys of ``--json``.
    folder
        Where the page goes; figures go into its subfolder ``figures``.
    provenance
        What the run recorded about itself.

    Returns
    -------
    Path
        The file ``report.html``; it is replaced whole or not at all.
    """
    place = Path(folder) / "figures"
    write_report_figures(figures, place, FORMATS)
    parts = [_atoms(content), _seeds(content)]
    sections = [
        _section("Fit", _fit(content.get("sets") or [])),
        _section("Mean lengths of the displacements [Å]", _lengths(content["mean_modulus_angstrom"])),
        *(
            _section(f"Mean lengths by weight of the data, bond valence {table['bond_valence']} [Å]", _weights(table))
            for table in content.get("data_weights") or []
        ),
        _section("Classes [%]", _classes(content["class_share_by_site"])),
        _section("Bond valence [e]", _valences(content.get("bond_valence"))),
        *(_section(item.heading, figure_html(number, item, place)) for number, item in enumerate(figures, start=1)),
    ]
    record = provenance or {}
    text = fill_page(
        "analysis_report.html",
        title="Boxes refined against total scattering",
        byline=html.escape(" · ".join(part for part in parts if part)),
        brief=_brief(content),
        sections="\n".join(part for part in sections if part),
        notices=notices_html(content["warnings"]),
        method="".join(f"<h3>{name}</h3><p>{words}</p>" for name, words in METHOD.items()),
        settings=key_table(record.get("settings", {})),
        provenance=provenance_tables(record, ("status", "finished", "commands", "execution")),
    )
    return write_page(folder, text)


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{html.escape(heading)}</h2>{body}</section>" if body else ""


def _atoms(content: Mapping[str, Any]) -> str:
    return f"{content['n_atoms']:,} atoms" if "n_atoms" in content else f"{content['n_boxes']} boxes"


def _seeds(content: Mapping[str, Any]) -> str:
    return f"seeds {', '.join(map(str, content['seeds']))}" if "seeds" in content else ""


def _brief(content: Mapping[str, Any]) -> str:
    lines = []
    if "converged" in content:
        lines.append(
            "Converged." if content["converged"] else "Not converged: read nothing but the course of the runs."
        )
    for item in content.get("sets") or []:
        lines.append(f"{item['name']}: Rw {item['rw']:.3f}, chi² per point {item['chi2_per_point']:.2f}.")
    if content.get("n_independent_data"):
        lines.append(
            f"The data hold about {content['n_independent_data']:.0f} independent numbers, the box "
            f"{3 * content['n_atoms']:,} coordinates: only distributions mean anything."
        )
    above = [name for name, row in content["mean_modulus_angstrom"].items() if row["mean"] > 1.1 * row["thermal_floor"]]
    if content["mean_modulus_angstrom"]:
        lines.append(
            f"Above the thermal floor by more than a tenth: {', '.join(above)}."
            if above
            else "No mean length exceeds its thermal floor by a tenth: there is no sign of polarity."
        )
    if not lines:
        return ""
    return f'<p class="lead">{unbroken_html(lines[0])}</p><p>{unbroken_html(" ".join(lines[1:]))}</p>'


def _fit(sets: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            html.escape(item["name"]), html.escape(item["form"]), str(item["n_points"]),
            number_text(item["chi2_per_point"], 3), number_text(item["chi2_per_point_bond_valence_off"], 3),
            number_text(item["rw"], 3), number_text(item["hold_out_chi2_per_point"], 3), number_text(item["scale"]),
        )
        for item in sets
    ]  # fmt: skip
    headers = ("Set", "Form", "Points", "chi²/point", "bond valence off", "Rw", "held out", "Scale")
    return plain_table(headers, rows) if rows else ""


def _lengths(table: Mapping[str, Mapping[str, Any]]) -> str:
    keys = ("mean", "spread", "thermal_floor", "shuffled", "bond_valence_off")
    rows = [
        (html.escape(name), *(number_text(row[key], 3) for key in keys), _interval(row["interval_95"]))
        for name, row in table.items()
    ]
    headers = ("Element", "⟨|d|⟩", "spread", "thermal floor", "shuffled", "bond valence off", "95 % of boxes")
    return plain_table(headers, rows) if rows else ""


def _interval(ends: Sequence[float] | None) -> str:
    return number_text(None) if ends is None else f"{ends[0]:.3f} to {ends[1]:.3f}"


def _weights(table: Mapping[str, Any]) -> str:
    names, sets = list(table["mean_modulus_angstrom"]), list(table["chi2_per_point"])
    rows = [
        (
            f"{weight:g}" if weight else "no data",
            *(number_text(table["chi2_per_point"][name][k], 4) for name in sets),
            *(number_text(table["mean_modulus_angstrom"][name][k], 3) for name in names),
        )
        for k, weight in enumerate(table["weights"])
    ]
    return plain_table(("Weight", *(f"chi²/point {html.escape(name)}" for name in sets), *names), rows)


def _classes(table: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> str:
    rows = [
        (html.escape(site), html.escape(name), *(_percent(row[key]) for key in ("value", "spread", "chance")))
        for site, shares in table.items()
        for name, row in shares.items()
    ]
    return plain_table(("Site", "Class", "Share", "spread", "chance"), rows) if rows else ""


def _percent(value: float | None) -> str:
    return number_text(None if value is None else 100.0 * value, 3)


def _valences(modes: Any) -> str:
    # boxes of files have one row, without a mode
    rows = modes if isinstance(modes, list) else [{"mode": "", **modes}] if modes else []
    known = [item for item in rows if item["gii"] is not None]
    if not known:
        return ""
    names = list(known[0]["mean_by_element"])
    cells = [
        (item["mode"], number_text(item["gii"], 3), *(number_text(item["mean_by_element"][n], 3) for n in names))
        for item in known
    ]
    return plain_table(("Constraint", "GII", *(f"V of {html.escape(name)}" for name in names)), cells)
