"""The report of a study: one HTML file that needs nothing else, neither network nor other files.

plotly.js stands in it once; every text from the user is escaped, and so is the data of the figures.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

from entrox.design import StudyResult
from entrox.design.remarks import gather_remarks
from entrox.plots.captions import breakdown_caption, extrapolation_sentence, mean_free_path_sentence, overall_verdict
from entrox.plots.curves import BREAKDOWN_FIELD, DISTORTION, ENTROPY, has_values, quantity_of
from entrox.plots.interactive import interactive_curves, interactive_map, interactive_weibull
from entrox.plots.labels import formula_html, quantity_title, unbroken_html, unit_text
from entrox.plots.origin import element_data, statements
from entrox.plots.page import fill_page, write_page
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

    drawings = _drawings(result)
    remarks = gather_remarks(str(text) for text in result.points["warnings"])
    data = ",".join(f'"{name}":{draw().to_json()}' for name, (_, draw, _) in drawings.items())
    text = fill_page(
        "report.html",
        title=html.escape(result.title),
        byline=_byline(result),
        brief=_brief(result),
        figures=_figure_sections(drawings),
        origin=_origin(result),
        warnings=warnings_table(remarks, len(result.points)),
        points=_points(points_table(result, remarks)),
        settings=_settings(result),
        provenance=provenance_tables(result.provenance),
        plotly=get_plotlyjs(),
        figure_data=_safe_json(f"{{{data}}}"),
    )
    return write_page(folder, text)


def _safe_json(text: str) -> str:
    """Return JSON that may stand inside a script element: nothing in it can end the element or open a comment."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


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


def _figure_sections(drawings: dict[str, Drawing]) -> str:
    sections = []
    for number, (name, (heading, _, caption)) in enumerate(drawings.items(), start=1):
        sections.append(
            f'<section><h2>{html.escape(heading)}</h2><figure><div class="plot" id="plot-{name}"></div>'
            f"<figcaption><b>Figure {number}.</b> {unbroken_html(caption)}</figcaption></figure></section>"
        )
    return "\n".join(sections)


def _byline(result: StudyResult) -> str:
    families, points, about = len(result.families), len(result.points), result.provenance
    parts = [
        f"entrox {about.get('version', '')}",
        f"{families} {'family' if families == 1 else 'families'}, {points} points",
        f"seed {about['seed']}" if "seed" in about else "",
        f"finished {str(about['finished']).replace('T', ' ').replace('+00:00', ' UTC')}"
        if about.get("finished")
        else "",
    ]
    return html.escape(" · ".join(part for part in parts if part))


def _brief(result: StudyResult) -> str:
    parts = [f'<p class="lead">{unbroken_html(overall_verdict(result))}</p>', verdict_list(result)]
    if result.best:
        doubt = " ".join(part for part in (mean_free_path_sentence(result), _interval_words(result)) if part)
        parts += [f'<p class="remark">{unbroken_html(doubt)}</p>' if doubt else "", "<h3>Best points</h3>"]
        parts.append(best_table(result))
    return "\n".join(part for part in parts if part)


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
    other = {key: value for key, value in result.settings.items() if key not in ("families", "measures")}
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
        f"<details><summary>All {len(quantities)} quantities with unit</summary>",
        plain_table(("Quantity", "Unit", "Column of points.csv"), quantities),
        "</details>",
    ])  # fmt: skip
