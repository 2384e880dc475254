"""What ``entrox optimize`` and ``entrox show`` print of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import open_console, print_heading, print_table, print_text, print_warnings, rounded

if TYPE_CHECKING:
    from entrox.design.search import SearchResult

__all__ = ["print_search", "search_summary"]

REPORT = "report.html"
SHOWN = 12
MOST_WARNINGS = 12
MANY = 40
"""Candidates from which their twentieth best says something."""


def search_summary(result: SearchResult) -> dict[str, Any]:
    """Return the content of ``--json``: ``result.json`` without settings, with the ten best and the files."""
    from entrox.design.search.result import records

    content = result.to_dict()
    report = result.folder / REPORT
    dropped = ("program", "kind", "version", "settings", "quantities")
    return {
        "run": str(result.folder),
        "report": str(report) if report.is_file() else None,
        **{key: value for key, value in content.items() if key not in dropped},
        "best": records(result.candidates.head(10)),
    }


def print_search(result: SearchResult) -> None:
    """Print the Pareto set, the published compositions beside it, and how much of the ranking survives."""
    counts = result.counts
    print_heading(result.title)
    print_text(
        f"{counts.balanced} charge-balanced candidates, {counts.allowed} fulfil the constraints, "
        f"{counts.rerun} run again and {counts.control} at random beside them"
    )
    print_text()
    print_heading(f"Pareto set of the second run, {counts.front} candidates")
    _print_candidates(result)
    if len(result.published):
        print_text()
        print_heading("Published compositions")
        _print_published(result)
    print_text()
    _print_survival(result)
    shown = list(result.warnings[:MOST_WARNINGS])
    if len(result.warnings) > MOST_WARNINGS:
        shown.append(f"and {len(result.warnings) - MOST_WARNINGS} more; all of them stand in result.json")
    print_warnings(shown)
    print_text()
    report = result.folder / REPORT
    print_text(f"Report: {report}" if report.is_file() else f"Run folder: {result.folder}")


def _heads(result: SearchResult) -> list[str]:
    """Return the objectives with their units."""
    return [
        result.columns[name].description.split(",")[0].capitalize()
        + (f" [{result.columns[name].unit}]" if result.columns[name].unit not in ("", "1") else "")
        for name, _ in result.objectives
    ]


def _print_candidates(result: SearchResult) -> None:
    wide = open_console().width >= 120
    names = [name for name, _ in result.objectives]
    rows = []
    for row in result.front.head(SHOWN).to_dict("records"):
        rank = f"{row['rank']:.0f} ({row['rank_low']:.0f} to {row['rank_high']:.0f})"
        values = [rounded(row[name]) for name in names]
        values[0] += f" ({rounded(row['interval_low'])} to {rounded(row['interval_high'])})"
        mark = "*" if row["extrapolated"] else ""
        rows.append((rank, *values, f"{100 * row['p_front']:.0f} %", f"{row['composition']}{mark}"))
    heads = ("Rank", *_heads(result), "In the set", "Composition")
    print_table(heads, rows, right=tuple(range(len(names) + 2)) if wide else ())
    if counts := max(0, result.counts.front - SHOWN):
        print_text(f"and {counts} more in front.csv.")
    print_text("In parentheses: 95 % intervals. *: extrapolated, outside the calibrated range.")


def _print_published(result: SearchResult) -> None:
    names = [name for name, _ in result.objectives]
    rows = []
    for row in result.published.to_dict("records"):
        values = [rounded(row[name]) for name in names]
        values[0] += f" ({rounded(row['interval_low'])} to {rounded(row['interval_high'])})"
        known = row["gain"] == row["gain"]
        gain = (
            f"{100 * row['gain']:+.0f} % ({100 * row['gain_low']:+.0f} to {100 * row['gain_high']:+.0f})"
            if known
            else "-"
        )
        rows.append((str(row["name"]), *values, rounded(row["would_rank"]), gain))
    heads = ("Published", *_heads(result), "Would rank", "Gain of the best no worse in the rest")
    print_table(heads, rows, right=tuple(range(1, len(heads))))


def _print_survival(result: SearchResult) -> None:
    print_heading("How much of the ranking survives")
    rows = [
        (
            item.group, str(item.n), _with_interval(item.spearman, item.spearman_interval),
            _with_interval(item.kendall, item.kendall_interval), rounded(item.repeatability, 2),
        )
        for item in result.agreements
    ]  # fmt: skip
    if rows:
        print_table(
            ("Screen against second run", "n", "Spearman", "Kendall", "Repeatability"), rows, right=(1, 2, 3, 4)
        )
    best = next((item for item in result.agreements if item.group == "best of the screen"), None)
    if best is not None and best.overlaps:
        words = ", ".join(f"{item.shared} of the {item.best} best" for item in best.overlaps)
        print_text(f"Shared by screen and second run: {words}.")
    effects = [
        (
            item.source, f"{100 * item.common:.2f} %", f"{100 * item.own:.2f} %", f"{item.spearman:.3f}",
            f"{item.rank_half_width:.1f}",
        )
        for item in result.effects
    ]  # fmt: skip
    if effects:
        print_text()
        heads = ("Error of the second run", "Shared by all", "Own", "Ranks kept (Spearman)", "Half width of a rank")
        print_table(heads, effects, right=(1, 2, 3, 4))
    if result.counts.control and result.counts.rerun >= MANY:
        print_text(
            f"{result.counts.control_above} of {result.counts.control} candidates drawn at random surpass the "
            "twentieth best."
        )


def _with_interval(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" + (f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")
