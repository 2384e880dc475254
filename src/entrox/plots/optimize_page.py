"""The report of a search: one HTML file that needs nothing else, neither network nor other files."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from entrox.design.search.ranking import Agreement
from entrox.design.search.result import SearchResult
from entrox.plots.labels import formula_html, number_text, quantity_title, unbroken_html, unit_text
from entrox.plots.optimize import plot_pareto_set, plot_rank_intervals, plot_rank_survival
from entrox.plots.page import figure_html, fill_page, notices_html, write_page
from entrox.plots.report_figure import ReportFigure, write_report_figures
from entrox.plots.tables import key_table, plain_table, provenance_tables

__all__ = ["search_figures", "write_search_page"]

SHOWN_CANDIDATES = 50
MANY = 40
"""Candidates from which their twentieth best says something."""
NOTHING = number_text(None)
METHOD = {
    "Screen": (
        "Every candidate is a charge-balanced composition. The fast forms of the measures give its objectives; a "
        "quantity without fast form is known for the candidates of the second run only."
    ),
    "Second run": (
        "The best of the screen are run again with the measures themselves: half of them at most are spread over the "
        "Pareto set of the screen, the rest are its best by the first objective. The random control tells how good the "
        "screen is elsewhere, and whether something better was passed over."
    ),
    "Later looks": (
        "With more than one look, second run over screen is fitted to what was run so far, as a quadratic function of "
        "the distortions and entropies of the sites, and the space is screened again with the corrected value."
    ),
    "Errors": (
        "The scatter of seeds is each candidate's own and is drawn for each of them. The calibration, the tabulated "
        "bond energies and the mean free path of the host are drawn once per draw for all candidates: what moves all "
        "of them together leaves their order as it is. Intervals hold all but the mean free path of the host, which is "
        "a choice and not an error; ranks and probabilities hold it too. Laws inferred from publications, Shannon's "
        "radii and the model itself are in none of them."
    ),
    "Best of many": (
        "The largest of many uncertain values is partly luck: the best candidate, and the gain over a published "
        "composition, are expected to fall a little when they are run again with other seeds."
    ),
}
"""Headings and paragraphs, HTML."""


def search_figures(result: SearchResult) -> tuple[ReportFigure, ...]:
    """Return the figures that a search allows."""
    found = []
    counts = result.counts
    if len(result.objectives) > 1:
        found.append(
            ReportFigure(
                "pareto",
                "Pareto set and published compositions",
                f"(a) Screen: density of {counts.allowed} candidates that fulfil the constraints, their Pareto set, "
                "and the published compositions as screened. (b) Second run: 95 % intervals of the first objective; "
                "color: probability of being in the Pareto set. Open markers are extrapolated.",
                lambda: plot_pareto_set(result),
            )
        )
    if result.screened_by[0]:
        found.append(
            ReportFigure(
                "ranking",
                "Screen against second run",
                "First objective of the second run, with 95 % intervals, against the quantity that stood for it in the "
                "screen. Open markers are extrapolated.",
                lambda: plot_rank_survival(result),
                narrow=True,
            )
        )
    found.append(
        ReportFigure(
            "ranks",
            "Ranks and their intervals",
            "Ranks of the best candidates by the first objective in the second run, with 95 % intervals under all "
            "errors.",
            lambda: plot_rank_intervals(result),
            narrow=True,
        )
    )
    return tuple(found)


def write_search_page(result: SearchResult, folder: str | Path) -> Path:
    """Write the figures of a search, as files and in the report, and the report.

    Parameters
    ----------
    result
        The search.
    folder
        Folder of the run.

    Returns
    -------
    Path
        The file ``report.html``; it is replaced whole or not at all.
    """
    figures, place = search_figures(result), Path(folder) / "figures"
    write_report_figures(figures, place)
    sections = [
        *(_section(item.heading, figure_html(number, item, place)) for number, item in enumerate(figures, start=1)),
        _section("How much of the ranking survives", _agreement_table(result.agreements) + _overlap_words(result)),
        _section("What moves the ranking", _effects_table(result)),
        _section("Pareto set of the second run", _wide(_candidates(result, result.front))),
        _section("Published compositions", _wide(_published(result))),
        _section(
            f"Best {min(SHOWN_CANDIDATES, len(result.candidates))} by the first objective",
            _wide(_candidates(result, result.candidates.head(SHOWN_CANDIDATES))),
        ),
    ]
    record = result.provenance
    text = fill_page(
        "analysis_report.html",
        title=html.escape(result.title),
        byline=html.escape(
            f"entrox {record.get('version', '')} · {result.counts.balanced} balanced candidates, "
            f"{result.counts.rerun + result.counts.control} run again · seed {record.get('seed', '')}"
        ),
        brief=_brief(result),
        sections="\n".join(part for part in sections if part),
        notices=notices_html(result.warnings),
        method="".join(f"<h3>{name}</h3><p>{words}</p>" for name, words in METHOD.items()),
        settings=key_table(result.settings),
        provenance=provenance_tables(record, ("status", "finished", "commands", "execution")),
    )
    return write_page(folder, text)


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{html.escape(heading)}</h2>{body}</section>" if body else ""


def _wide(table: str) -> str:
    return f'<div class="wide">{table}</div>' if table else ""


def _brief(result: SearchResult) -> str:
    counts, name = result.counts, result.objectives[0][0]
    best = result.candidates.iloc[0]
    unit = unit_text(result.columns[name].unit)
    lines = [
        f"<b>{formula_html(str(best['composition']))}</b> leads with {number_text(float(best[name]))}&nbsp;{unit} "
        f"({number_text(float(best['interval_low']))} to {number_text(float(best['interval_high']))}); its rank is "
        f"{best['rank_low']:.0f} to {best['rank_high']:.0f} under all errors."
        + (" It is extrapolated." if best["extrapolated"] else ""),
        f"{counts.front} of {counts.rerun + counts.control} candidates are in the Pareto set of the second run.",
    ]
    agreement = next((item for item in result.agreements if item.group == "best of the screen"), None)
    if agreement is not None and agreement.spearman is not None:
        lines.append(
            f"Of the ranking of the screen survives: Spearman's coefficient {agreement.spearman:.2f}, Kendall's tau "
            f"{agreement.kendall:.2f} among the {agreement.n} best."
        )
    if counts.control and counts.rerun >= MANY:
        lines.append(
            f"{counts.control_above} of {counts.control} candidates drawn at random surpass the twentieth best."
        )
    return "".join(f"<p>{line}</p>" for line in lines)


def _interval(pair: tuple[float, float] | None) -> str:
    return "" if pair is None else f"<small>{pair[0]:.2f} to {pair[1]:.2f}</small>"


def _agreement_table(items: Sequence[Agreement]) -> str:
    def number(value: float | None) -> str:
        return NOTHING if value is None else f"{value:.2f}"

    rows = [
        (
            html.escape(item.group), str(item.n),
            number(item.spearman) + _interval(item.spearman_interval),
            number(item.kendall) + _interval(item.kendall_interval),
            number(item.repeatability), number(item.ratio),
            NOTHING if item.ratio_spread is None else f"{100 * item.ratio_spread:.1f}&nbsp;%",
        )
        for item in items
    ]  # fmt: skip
    heads = (
        "Candidates", "Number", "Spearman<small>95 % interval</small>", "Kendall<small>95 % interval</small>",
        "Repeatability<small>of the second run itself</small>", "Second run over screen", "Its spread",
    )  # fmt: skip
    return plain_table(heads, rows) if rows else ""


def _overlap_words(result: SearchResult) -> str:
    item = next((item for item in result.agreements if item.group == "best of the screen"), None)
    if item is None or not item.overlaps:
        return ""
    words = [
        f"{overlap.shared} of the {overlap.best} best ({overlap.interval[0]:.0f} to {overlap.interval[1]:.0f}; "
        f"{overlap.by_chance:.1f} by chance)"
        for overlap in item.overlaps
    ]
    return f"<p>Of the best of the screen are among the best of the second run: {html.escape(', '.join(words))}.</p>"


def _effects_table(result: SearchResult) -> str:
    rows = [
        (
            html.escape(item.source), f"{100 * item.common:.2f}&nbsp;%", f"{100 * item.own:.2f}&nbsp;%",
            f"{item.spearman:.3f}<small>2.5 %: {item.spearman_low:.3f}</small>", f"{item.rank_half_width:.1f}",
            f"{100 * item.kept_of_best:.0f}&nbsp;%",
        )
        for item in result.effects
    ]  # fmt: skip
    heads = (
        "Source of error", "Shared by all", "Own of a candidate",
        "Rank correlation<small>with the ranking without it</small>", "Half width of a rank",
        "Kept of the ten best",
    )  # fmt: skip
    return plain_table(heads, rows) if rows else ""


def _candidates(result: SearchResult, table: pd.DataFrame) -> str:
    names = [name for name, _ in result.objectives]
    heads = [
        "Rank<small>95 % interval</small>", "Composition",
        *(f"{quantity_title(result.columns[name])}" + _unit(result, name) for name in names),
        "In the Pareto set", "Data", "",
    ]  # fmt: skip
    rows = []
    for _, row in table.iterrows():
        ranks = (
            NOTHING if row["rank"] != row["rank"]
            else f"{row['rank']:.0f}<small>{row['rank_low']:.0f} to {row['rank_high']:.0f}</small>"
        )  # fmt: skip
        values = [number_text(float(row[name])) for name in names]
        values[0] += _range(row["interval_low"], row["interval_high"])
        rows.append((
            ranks, formula_html(str(row["composition"])), *values, f"{100 * row['p_front']:.0f}&nbsp;%",
            html.escape(str(row["data_status"])), "extrapolated" if row["extrapolated"] else "",
        ))  # fmt: skip
    return plain_table(heads, rows) if rows else ""


def _range(low: float, high: float, digits: int = 4) -> str:
    """Return an interval as small print under its value."""
    return f"<small>{number_text(float(low), digits)} to {number_text(float(high), digits)}</small>"


def _unit(result: SearchResult, name: str) -> str:
    unit = unit_text(result.columns[name].unit)
    return f" [{html.escape(unit)}]" if unit else ""


def _published(result: SearchResult) -> str:
    names = [name for name, _ in result.objectives]
    heads = [
        "Published", "Composition", *(quantity_title(result.columns[name]) + _unit(result, name) for name in names),
        "Would rank", "Surpassed", "Best that is no worse in the rest", "Its gain<small>95 % interval</small>", "",
    ]  # fmt: skip
    rows = []
    for row in result.published.to_dict("records"):
        values = [number_text(float(row[name])) for name in names]
        values[0] += _range(row["interval_low"], row["interval_high"])
        gain = (
            NOTHING if row["gain"] != row["gain"]
            else f"{100 * row['gain']:+.0f}&nbsp;%{_range(100 * row['gain_low'], 100 * row['gain_high'], 2)}"
        )  # fmt: skip
        share = NOTHING if row["p_surpassed"] != row["p_surpassed"] else f"{100 * row['p_surpassed']:.0f}&nbsp;%"
        rows.append((
            f"{html.escape(str(row['name']))}<small>{unbroken_html(str(row['source']))}</small>",
            formula_html(str(row["composition"])), *values, number_text(float(row["would_rank"])), share,
            formula_html(str(row["better"])), gain, "extrapolated" if row["extrapolated"] else "",
        ))  # fmt: skip
    return plain_table(heads, rows) if rows else ""
