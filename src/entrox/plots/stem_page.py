"""The report of a micrograph: one HTML file that needs nothing else, neither network nor other files."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from entrox.microscopy.analysis.stem_analysis import StemAnalysis
from entrox.plots.labels import number_text, unbroken_html
from entrox.plots.page import figure_html, fill_page, notices_html, write_page
from entrox.plots.stem_figures import stem_figures
from entrox.plots.stem_words import CLASS_SIGNS, brief_sentences, known_length
from entrox.plots.tables import key_table, plain_table, provenance_tables

__all__ = ["write_stem_page"]

METHOD = {
    "Displacement": (
        "Place of a cation column minus the mean of its cage: four columns of the other cation along [001], two along "
        "[110], every one required. The vector points from the center of the cage to the cation, as displayed. "
        "Counted from cations it is not a polarization: against oxygen even the sign can differ."
    ),
    "Errors": (
        "From the fit of a cation together with its whole cage, times the area over which the noise of the image is "
        "correlated; row jitter is added where it was measured. Neighboring vectors share columns and thus noise; "
        "correlations have taken off."
    ),
    "Null field": (
        "The image drawn again from its fitted columns with every cation at the center of its cage, with the same "
        "noise and jitter, and analyzed in the same way. A map that does not rise above it is a map of noise."
    ),
    "Lengths": (
        "Noise makes vectors longer: the raw mean of a zero field is 1.25 times the error of a component. Debiased "
        "numbers have the noise taken off the squares."
    ),
    "Classes": (
        "Nearest axis in projection. ⟨10⟩ and ⟨11⟩ are no phases: along [001] two thirds of the orthorhombic variants "
        "look like tetragonal ones. Random directions fill each to one half of what is not weak."
    ),
    "Filters": (
        "A lattice mask replaces each vector by a mean over its surroundings: it shrinks what varies from cell to cell "
        "and makes patches of noise. Its gain is printed, and never divided out."
    ),
}
"""Headings and paragraphs, HTML."""


def write_stem_page(
    analysis: StemAnalysis,
    content: Mapping[str, Any],
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
        The analysis, for its figures and settings.
    content
        Its numbers, with the keys of ``--json``.
    folder
        Where the file goes; it is made if it does not exist.
    source
        Where the image came from.
    provenance
        What the run recorded about itself.
    figures
        Folder into which the figures of this analysis were written as SVG; drawn anew if None.

    Returns
    -------
    Path
        The file ``report.html``; it is replaced whole or not at all.
    """
    rows, columns = analysis.micrograph.intensity.shape
    parts = [f"{columns:,} \N{MULTIPLICATION SIGN} {rows:,} px", f"{content['n_vectors']:,} vectors", source]
    sections = [
        _section("Displacements", _displacements(content)),
        _section("Projected classes [%]", _classes(content)),
        _figures(analysis, figures),
        _section("Refused", plain_table(("Part", "Why"), _escaped(analysis.refused.items())))
        if analysis.refused
        else "",
    ]
    text = fill_page(
        "analysis_report.html",
        title="Displacements of atomic columns",
        byline=html.escape(" · ".join(part for part in parts if part)),
        brief=_brief(content),
        sections="\n".join(part for part in sections if part),
        notices=notices_html(analysis.warnings),
        method="".join(f"<h3>{name}</h3><p>{words}</p>" for name, words in METHOD.items()),
        settings=key_table(analysis.settings.model_dump(mode="json")),
        provenance=provenance_tables(provenance or {}, ("status", "finished", "commands", "execution")),
    )
    return write_page(folder, text)


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{html.escape(heading)}</h2>{body}</section>" if body else ""


def _escaped(rows: Any) -> list[tuple[str, ...]]:
    return [tuple(html.escape(str(cell)) for cell in row) for row in rows]


def _brief(content: Mapping[str, Any]) -> str:
    first, *others = brief_sentences(content)
    return f'<p class="lead">{unbroken_html(first)}</p><p>{unbroken_html(" ".join(others))}</p>'


def _displacements(content: Mapping[str, Any]) -> str:
    rows = []
    for name, words in (("rms_d", "rms |d|"), ("mean_abs_d", "mean |d|")):
        value, unit = known_length(content, name)
        if value is not None:
            numbers = [number_text(value.get(key)) for key in ("raw", "debiased", "null")]
            rows.append((f"{words} [{unit}]", *numbers))
    if not rows:
        return ""
    table = plain_table(("Length", "measured", "noise taken off", "null field"), rows)
    lines = []
    for name, words in (("sigma_vector", "Error of a vector, per component"), ("row_jitter", "Row jitter (rms)")):
        value, unit = known_length(content, name)
        if isinstance(value, (int, float)):
            lines.append((words, f"{number_text(value, 3)} {unit}"))
    mean, unit = known_length(content, "field_mean")
    if mean is not None:
        text = f"{number_text(mean['x'], 3)}, {number_text(mean['y'], 3)} {unit}"
        lines.append(("Mean vector (polarization or mistilt)", f"{text} ± {_sigma(mean['sigma'])} {unit}"))
    columns, unit = known_length(content, "sigma_column")
    if columns is not None:
        texts = [f"{name} {number_text(value, 3)}" for name, value in columns.items() if value is not None]
        lines.append(("Error of a column, per component", f"{', '.join(texts)} {unit}"))
    return table + plain_table(("Quantity", "Value"), _escaped(lines))


def _sigma(value: float | Sequence[float] | Mapping[str, float]) -> str:
    numbers = (
        list(value.values()) if isinstance(value, Mapping) else [value] if isinstance(value, (int, float)) else value
    )
    return ", ".join(number_text(number, 2) for number in numbers)


def _classes(content: Mapping[str, Any]) -> str:
    rows = []
    for name, row in (content.get("class_share") or {}).items():
        low, high = row["interval"] or (None, None)
        rows.append(
            (
                html.escape(CLASS_SIGNS.get(name, name)), _percent(row["value"]),
                f"{_percent(low)} to {_percent(high)}",
                _percent(row["chance"]), _percent(row["null"]),
            )
        )  # fmt: skip
    return plain_table(("Class", "share", "95 % interval (Wilson)", "chance", "null field"), rows) if rows else ""


def _percent(value: float | None) -> str:
    return number_text(None if value is None else 100.0 * value, 3)


def _figures(analysis: StemAnalysis, figures: str | Path | None) -> str:
    return "\n".join(
        f"<section><h2>{html.escape(item.heading)}</h2>{figure_html(number, item, figures)}</section>"
        for number, item in enumerate(stem_figures(analysis), start=1)
    )
