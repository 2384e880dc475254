"""The report of a local-entropy analysis: one HTML file that needs nothing else, neither network nor other files.

Figures stand in it as SVG; every text from the user is escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from entrox import __version__
from entrox.atomprobe import EntropyAnalysis
from entrox.plots.entropy_figures import possible_figures
from entrox.plots.entropy_tables import (
    composition_table,
    detectable_table,
    entropy_text,
    neighborhood_table,
    pair_table,
    paper_table,
    scan_table,
    significance_table,
    sublattice_table,
    unit_table,
)
from entrox.plots.entropy_words import family_sentence, power_sentence, unit_sentence, verdict_words
from entrox.plots.labels import number_text, unbroken_html
from entrox.plots.page import figure_html, fill_page, notices_html, write_page
from entrox.plots.report_figure import ReportFigure
from entrox.plots.tables import key_table, provenance_tables

__all__ = ["write_entropy_report"]

_Figures = Mapping[str, tuple[int, ReportFigure, str | Path | None]]
"""Number of a figure, the figure, and the folder where it may be drawn already, by name."""

METHOD = {
    "Entropy": (
        "S = &minus;&Sigma; x ln x with the fractions x of the species among the counted atoms, in R per mole of "
        "counted atoms (k<sub>B</sub> per atom), never negative. The entropy of cubes is the mean of their plug-in "
        "entropies, each cube weighted with its number of ions; the plain mean over cubes stands beside it and decides "
        "nothing, since nearly empty cubes rule it."
    ),
    "Ions per cube": (
        "Few ions cannot fill all species in proportion: for K species and N ions the entropy of a perfectly random "
        "cube lies lower by about (K &minus; 1)/(2N). A fall towards small cubes alone therefore proves nothing, and "
        "no number is given here without its N."
    ),
    "Null": (
        "The same positions with species exchanged at random; density, shape, edges and the ions per cube stay. Its "
        "mean is exact (hypergeometric) where every event carries one counted atom, else the mean over relabelings of "
        "whole events."
    ),
    "Excess information": (
        "Null minus measured entropy. Positive: segregation. Negative: order, that is, better mixed than by chance. "
        "Loss of ions at random leaves it unchanged."
    ),
    "Significance": (
        "z is the deviation from the null in standard deviations over the relabelings. The family p value is that of "
        "the largest deviation over all sizes; adjusted values are step-down. The smallest possible p is one over the "
        "relabelings plus one."
    ),
    "Limits": "Bootstrap of spatial blocks, the null recomputed for each sample.",
    "Smallest unit of maximal entropy": (
        "Smallest size from which on the one-sided 95 % upper limit of the excess stays below the tolerance times the "
        "bulk entropy, at all sizes of the scan."
    ),
    "Not covered": (
        "Artifacts of evaporation such as poles and zone lines, losses that prefer a species, and trends along the tip "
        "are no chance: the null does not know them. Look at maps, mask, or relabel inside strata."
    ),
}
"""Headings and paragraphs, HTML."""


def write_entropy_report(
    analysis: EntropyAnalysis,
    folder: str | Path,
    *,
    source: str,
    settings: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    figures: str | Path | None = None,
) -> Path:
    """Write the report of a local-entropy analysis.

    Parameters
    ----------
    analysis
        The analysis.
    folder
        Folder of the run; it is made if it does not exist.
    source
        What was analyzed: the name of the file.
    settings
        All settings of the run, how the file was read included; those of the analysis if not given.
    provenance
        What the run recorded about itself; the version of entrox alone if not given.
    figures
        Folder into which the figures of this analysis were written as SVG; drawn anew if None.

    Returns
    -------
    Path
        The file ``report.html``; it is replaced whole or not at all.
    """
    used = analysis.settings.model_dump(mode="json") if settings is None else dict(settings)
    record = {"program": "entrox", "version": __version__} if provenance is None else dict(provenance)
    text = fill_page(
        "analysis_report.html",
        title=f"Local mixing entropy of {html.escape(Path(source).name)}",
        byline=_byline(analysis, record),
        brief=_brief(analysis),
        sections=_sections(analysis, figures),
        notices=notices_html(analysis.notices),
        method="".join(f"<h3>{name}</h3><p>{words}</p>" for name, words in METHOD.items()),
        settings=key_table(used, missing="none"),
        provenance=provenance_tables(record, ("status", "finished", "commands", "execution")),
    )
    return write_page(folder, text)


def _byline(analysis: EntropyAnalysis, record: Mapping[str, Any]) -> str:
    scan = analysis.scan
    parts = [
        f"entrox {record.get('version', __version__)}",
        f"{scan.n_atoms:,} counted atoms in {scan.n_events:,} events",
        ", ".join(f"{name} {int(n):,}" for name, n in zip(scan.species, scan.totals, strict=True)),
        f"seed {record['seed']}" if "seed" in record else "",
        str(record.get("started", "")).replace("T", " ").replace("+00:00", " UTC"),
    ]
    return html.escape(" · ".join(part for part in parts if part))


def _brief(analysis: EntropyAnalysis) -> str:
    scan = analysis.scan
    share = 100.0 * scan.entropy_bulk / math.log(scan.n_species)
    facts = [
        f"Bulk entropy {entropy_text(scan.entropy_bulk)} R, {share:.2f} % of ln {scan.n_species}.",
        family_sentence(scan),
        unit_sentence(analysis.sume),
        power_sentence(analysis),
    ]
    if not analysis.sume.interval_reliable:
        facts.append("The limits rest on few blocks and are not reliable: the cloud is small against the largest size.")
    if analysis.sume.underpowered:
        facts.append("Underpowered: no size would have shown an excess of the tolerance.")
    body = "".join(f"<p>{unbroken_html(fact)}</p>" for fact in facts if fact)
    return f'<p class="lead"><b>{unbroken_html(verdict_words(analysis.sume))}</b></p>{body}'


def _sections(analysis: EntropyAnalysis, folder: str | Path | None) -> str:
    figures = {item.name: (number, item, folder) for number, item in enumerate(possible_figures(analysis), start=1)}
    parts = [_section("entropy_scan", "Entropy against length", figures, _scan_tables(analysis))]
    for name, (_, item, _) in figures.items():
        if name.startswith("sublattice_"):
            parts.append(_section(name, item.heading, figures, ""))
    if analysis.sublattices or analysis.sublattice_entropy is not None:
        parts.append(_section("sublattices", "Sublattices", figures, _sublattices(analysis)))
    around = "".join(
        _wide(neighborhood_table(found))
        for found in (analysis.neighborhoods, analysis.nearest_neighbors)
        if found is not None
    )
    if around:
        parts.append(_section("neighborhoods", "Around every atom", figures, around))
    if analysis.pairs is not None:
        pairs = analysis.pairs
        lead = f"<p>Family p value of all pairs and shells: {number_text(pairs.family_p, 3)}.</p>"
        parts.append(_section("pair_order", "Pairs of species", figures, lead + _wide(pair_table(pairs))))
    if analysis.map is not None:
        notices = "".join(f'<p class="note">{html.escape(text)}</p>' for text in analysis.map.notices)
        parts.append(_section("entropy_map", "Where", figures, notices))
    if analysis.paper_mode is not None:
        parts.append(_section("paper_mode", "The published construction", figures, _paper(analysis)))
    return "\n".join(parts)


def _section(name: str, heading: str, figures: _Figures, below: str) -> str:
    drawn = figure_html(*figures[name]) if name in figures else ""
    return f"<section><h2>{html.escape(heading)}</h2>{drawn}{below}</section>"


def _wide(table: str) -> str:
    return f'<div class="wide">{table}</div>'


def _scan_tables(analysis: EntropyAnalysis) -> str:
    parts = [
        _wide(scan_table(analysis.scan)),
        _wide(significance_table(analysis.scan)),
        '<p class="note">Bold sizes deviate from chance, p adjusted for all sizes. Entropies are means over the grid '
        "origins; numbers of cubes and ions are those of the first.</p>",
        "<h3>Smallest unit of maximal entropy</h3>",
        unit_table(analysis.sume),
        f'<p class="note">Chosen tolerance {100 * analysis.sume.tolerance:g} %; a dash stands where there is no unit '
        "or the scan ends before it.</p>",
        "<h3>Composition, and its scatter over cubes in percent</h3>",
        _wide(composition_table(analysis.scan)),
    ]
    if analysis.detectable is not None:
        share = 100.0 * analysis.detectable.power
        parts += [f"<h3>What would be found with a probability of {share:g} %</h3>", _wide(detectable_table(analysis))]
    return "\n".join(parts)


def _sublattices(analysis: EntropyAnalysis) -> str:
    parts = []
    found = analysis.sublattice_entropy
    if found is not None:
        totals = {
            "per cation [R]": entropy_text(found.per_cation),
            "per formula unit [R]": entropy_text(found.per_formula_unit),
            "per atom [R]": entropy_text(found.per_atom),
            "entropy metric [R]": entropy_text(found.entropy_metric),
        }
        parts += [_wide(sublattice_table(found)), key_table(totals, ("bulk mixing entropy", "value"))]
        parts.append(f'<p class="note">{html.escape(found.definition)}</p>')
        parts += [f'<p class="note">{html.escape(text)}</p>' for text in found.notices]
    for name, part in analysis.sublattices.items():
        parts.append(f"<h3>Sublattice {html.escape(name)}</h3>")
        parts += [f"<p>{unbroken_html(words)}</p>" for words in (verdict_words(part.sume), family_sentence(part.scan))]
        parts += [f"<p>{unbroken_html(unit_sentence(part.sume))}</p>", _wide(scan_table(part.scan))]
        parts.append(_wide(significance_table(part.scan)))
    return "\n".join(parts)


def _paper(analysis: EntropyAnalysis) -> str:
    found = analysis.paper_mode
    assert found is not None
    spread = "" if found.tangent_relabeled_sd_nm is None else f" ± {number_text(found.tangent_relabeled_sd_nm, 2)}"
    words = (
        f"Published construction: {number_text(found.tangent_nm, 3)} nm. On relabeled ions: "
        f"{number_text(found.tangent_relabeled_nm, 3)}{spread} nm. {unit_sentence(found.unit)}"
    )
    return (
        f'<p class="remark">{html.escape(found.warning)}</p><p>{unbroken_html(words)}</p>{_wide(paper_table(found))}'
        + "".join(f'<p class="note">{html.escape(text)}</p>' for text in found.notices)
    )
