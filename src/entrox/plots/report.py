"""The report of a study: one HTML file that needs nothing else, neither network nor other files.

plotly.js stands in it once; every text from the user is escaped, and so is the data of the figures.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

from entrox.design import StudyResult
from entrox.design.measures import collect_structure_measures
from entrox.design.remarks import gather_remarks
from entrox.design.structure_result import structure_quantities
from entrox.plots.captions import breakdown_caption, extrapolation_sentence, mean_free_path_sentence, overall_verdict
from entrox.plots.curves import BREAKDOWN_FIELD, DISTORTION, ENTROPY, family_curves, has_values, quantity_of
from entrox.plots.figure_book import FigureBook
from entrox.plots.interactive import interactive_curves, interactive_map, interactive_weibull
from entrox.plots.labels import formula_html, quantity_title, unbroken_html, unit_text
from entrox.plots.origin import element_data, statements
from entrox.plots.page import fill_page, write_page
from entrox.plots.report_missing import missing_items
from entrox.plots.report_sections import family_group
from entrox.plots.tables import (
    best_table,
    key_table,
    plain_table,
    points_table,
    provenance_tables,
    verdict_list,
    warnings_table,
)
from entrox.plots.weibull import best_samples

__all__ = ["write_report"]

Drawing = tuple[str, Callable[[], Any], str]
"""Heading, function that makes the plotly figure, caption."""


def write_report(result: StudyResult, folder: str | Path) -> Path:
    """Write the report of a study.

    Parameters
    ----------
    result
        The study; a study without breakdown fields gives a report of its descriptors.
    folder
        Folder of the run; it is made if it does not exist.

    Returns
    -------
    Path
        The file ``report.html``; it is replaced whole or not at all.
    """
    from plotly.offline import get_plotlyjs

    book = FigureBook()
    figures = _figures(result, book)
    remarks = gather_remarks(str(text) for text in result.points["warnings"])
    text = fill_page(
        "report.html",
        title=html.escape(result.title),
        byline=_byline(result),
        brief=_brief(result),
        figures=figures,
        missing=_missing(result),
        origin=_origin(result),
        warnings=warnings_table(remarks, len(result.points)) + _structure_warnings(result),
        points=_points(points_table(result, remarks)),
        settings=_settings(result),
        provenance=provenance_tables(result.provenance),
        plotly=get_plotlyjs(),
        figure_data=book.data(),
    )
    return write_page(folder, text)


def _drawings(result: StudyResult) -> dict[str, Drawing]:
    """Return the figures that the quantities of the study allow, by name."""
    found: dict[str, Drawing] = {}

    def curves(name: str, heading: str, quantity: str, against: str, caption: str) -> None:
        if has_values(result, quantity, against):
            found[name] = (heading, lambda: interactive_curves(result, quantity, against), caption)

    for name, heading, against in (
        ("entropy", "Breakdown field and entropy", ENTROPY),
        ("x", "Breakdown field and substitution", "x"),
        ("distortion", "Breakdown field and lattice distortion", DISTORTION),
    ):
        curves(name, heading, BREAKDOWN_FIELD, against, breakdown_caption(result, against, brief=bool(found)))
    if has_values(result, BREAKDOWN_FIELD):
        caption = "Breakdown field over family and x, each family on its own grid. Circle: largest of the family."
        found["map"] = ("Map of the families", lambda: interactive_map(result, BREAKDOWN_FIELD), caption)
    text = f"Parameter of the avalanche against x. {extrapolation_sentence(result)}"
    curves("path", "Mean free path", "mean_free_path_angstrom", "x", text)
    curves("bond", "Bond energy", "bond_energy_ev", "x", text)
    if best_samples(result):
        caption = (
            "Breakdown fields of all seeds at the best point of each family on Weibull paper, over their 63.2 % value "
            "so that the slopes compare; m is the Weibull modulus, bias removed. The scatter is that of the path of "
            "the channel in a sample of a few nanometers, not that of a real film."
        )
        found["weibull"] = ("Scatter at the best points", lambda: interactive_weibull(result), caption)
    curves("mixing", "Entropy and substitution", ENTROPY, "x", "Configurational entropy per formula unit against x.")
    curves("strain", "Distortion and substitution", DISTORTION, "x", "Lattice distortion against x.")
    return found


def _figures(result: StudyResult, book: FigureBook) -> str:
    """Return the comparison of the families, then the group of each; a single family has all figures in its group."""
    drawings, curves = _drawings(result), family_curves(result)
    alone = len(curves) == 1
    sections = [
        f"<section><h2>{html.escape(heading)}</h2>{book.add(name, draw, caption)}</section>"
        for name, (heading, draw, caption) in ({} if alone else drawings).items()
    ]
    shared = {name: (draw, caption) for name, (_, draw, caption) in drawings.items()} if alone else {}
    sections += [family_group(result, curve, number, book, shared) for number, curve in enumerate(curves, start=1)]
    return "\n".join(sections)


def _missing(result: StudyResult) -> str:
    rows = [(html.escape(what), html.escape(why)) for what, why in missing_items(result)]
    return plain_table(("What", "Why"), rows) if rows else "<p>Nothing: every measure has an answer.</p>"


def _structure_warnings(result: StudyResult) -> str:
    rows = [(html.escape(item.name), html.escape(text)) for item in result.structures for text in item.warnings]
    return f"<h3>Structures</h3>{plain_table(('Structure', 'Warning'), rows)}" if rows else ""


def _byline(result: StudyResult) -> str:
    families, points, about = len(result.families), len(result.points), result.provenance
    structures = len(result.structures)
    parts = [
        f"entrox {about.get('version', '')}",
        f"{families} {'family' if families == 1 else 'families'}, {points} {'point' if points == 1 else 'points'}",
        f"{structures} {'structure' if structures == 1 else 'structures'}" if structures else "",
        f"seed {about['seed']}" if "seed" in about else "",
        f"finished {str(about['finished']).replace('T', ' ').replace('+00:00', ' UTC')}"
        if about.get("finished")
        else "",
    ]
    return html.escape(" · ".join(part for part in parts if part))


def _brief(result: StudyResult) -> str:
    parts = [f'<p class="lead">{unbroken_html(_lead(result))}</p>', verdict_list(result)]
    if result.best:
        doubt = " ".join(part for part in (mean_free_path_sentence(result), _interval_words(result)) if part)
        parts += [f'<p class="remark">{unbroken_html(doubt)}</p>' if doubt else "", "<h3>Best points</h3>"]
        parts.append(best_table(result))
    return "\n".join(part for part in parts if part)


def _lead(result: StudyResult) -> str:
    """Return the verdict on the breakdown field, or what else was measured where the study has none."""
    others = {"nucleation": "barriers of nucleation", "bending": "bending limits"}
    measured = [words for name, words in others.items() if name in result.settings.get("measures", {})]
    if result.structures:
        measured.append(f"{len(result.structures)} {'structure' if len(result.structures) == 1 else 'structures'}")
    if BREAKDOWN_FIELD in result.columns or not measured:
        return overall_verdict(result)
    count = len(result.points)
    return (
        f"Entropy and distortion of {count} {'composition' if count == 1 else 'compositions'}, with "
        f"{' and '.join(measured)}. This study holds no breakdown field."
    )


def _interval_words(result: StudyResult) -> str:
    if all(best.low is None for best in result.best):
        return ""
    return (
        "Numbers in parentheses are 95 % intervals of the mean over seeds, with the error of the calibration. Points "
        "are told apart when their intervals do not overlap, a cautious test."
    )


def _origin(result: StudyResult) -> str:
    rows = [
        (f'<span class="kind">{html.escape(item.kind)}</span>', html.escape(item.text)) for item in statements(result)
    ]
    parts = [plain_table(("Step", "What it rests on"), rows)]
    if BREAKDOWN_FIELD in result.columns:
        elements = element_data(result)
        parts.append("<h3>Element data behind the fields</h3>")
        parts.append(
            plain_table(
                ("Element", "First ionization energy [eV] (status)", "M-O dissociation energy [eV] (status)"),
                [tuple(map(html.escape, (e.symbol, e.ionization_energy, e.bond_energy))) for e in elements],
            )
        )
        sources = "; ".join(dict.fromkeys(item.source for item in elements if item.source))
        parts.append(
            '<p class="note">Status: A read in a named public source; B recalled and confirmed by an independent '
            "value; C recalled only, a starting value; E estimated; U given by the user. "
            f"Dissociation energies: {html.escape(sources)}.</p>"
        )
    return "\n".join(parts)


def _points(table: str) -> str:
    return (
        '<p class="note">Click a header to sort. Small numbers under a value: standard deviation over '
        "seeds, and lower to upper end; a pointer on the header tells what they are.</p>"
        '<label>Show only points that contain <input type="search" id="filter"></label>'
        f'<div class="scroll">{table}</div>'
    )


def _structure_quantities(result: StudyResult) -> str:
    """Return the quantities of structures with their units; empty without structures."""
    asked = {name for item in result.structures for name in item.measures}
    if not asked:
        return ""
    known = structure_quantities(item for name, item in collect_structure_measures().items() if name in asked)
    rows = [
        (
            html.escape(quantity_title(item)),
            html.escape(unit_text(item.unit)) or "1",
            f"<code>{html.escape(name)}</code>",
        )
        for name, item in known.items()
    ]
    table = plain_table(("Quantity", "Unit", "Name in result.json and structures.csv"), rows)
    return f"<details><summary>All {len(rows)} quantities of structures with unit</summary>{table}</details>"


def _settings(result: StudyResult) -> str:
    families = [
        (
            html.escape(item.name),
            formula_html(item.formula),
            formula_html(item.host),
            f"{min(item.x_values)} to {max(item.x_values)}",
            str(len(item.x_values)),
        )
        for item in result.families
    ]
    other = {key: value for key, value in result.settings.items() if key not in ("families", "measures", "structures")}
    structures = [key_table(item) for item in result.settings.get("structures", ())]
    quantities = [
        (
            html.escape(quantity_title(item)),
            html.escape(unit_text(item.unit)) or "1",
            f"<code>{html.escape(name)}</code>",
        )
        for name, item in ((name, quantity_of(result, name) if not q.axes else q) for name, q in result.columns.items())
    ]
    return "\n".join([
        plain_table(("Family", "Formula", "Host", "x", "Points"), families),
        "<h3>Measures and study</h3>",
        key_table({**result.settings.get("measures", {}), **other}),
        f"<details><summary>Settings of all structures</summary>{''.join(structures)}</details>" if structures else "",
        f"<details><summary>All {len(quantities)} quantities with unit</summary>",
        plain_table(("Quantity", "Unit", "Column of points.csv"), quantities),
        "</details>",
        _structure_quantities(result),
    ])  # fmt: skip
