"""The measures of a study beyond the breakdown field, in the terminal: a short table for each family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import open_console, print_table, print_text, rounded

if TYPE_CHECKING:
    from entrox.design import StudyResult
    from entrox.design.family_summary import FamilySummary, SummaryEntry, SummaryRow

__all__ = ["print_measures", "structures_content"]

USUAL = {"entropy", "distortion", "breakdown"}
MOST_ROWS = 12
WIDTH_OF_COLUMN = 16
SHORT_NUMBERS = ("polarization_c_per_m2", "polarization_error_c_per_m2", "net_displacement_b_angstrom",
                 "net_displacement_b_error_angstrom", "excess_r", "excess_size_nm", "family_p", "sume_nm",
                 "sume_bound_nm")  # fmt: skip


def print_measures(result: StudyResult) -> None:
    """Print one table per family, where the study holds more than entropy, distortion and breakdown field."""
    from entrox.design import summarize_family

    for family in result.families:
        summary = summarize_family(result, family.name)
        if {column.key for column in summary.columns} <= USUAL:
            continue
        print_text()
        print_text(f"All measures of {family.name}" if len(result.families) > 1 else "All measures")
        _print_summary(summary)
    for item in result.structures:
        for measure, why in item.failed.items():
            print_text(f"{item.name}: {measure} failed: {why}")


def _print_summary(summary: FamilySummary) -> None:
    columns = summary.columns[: max(2, open_console().width // WIDTH_OF_COLUMN)]
    rows = _shown_rows(summary)
    cells = [
        (f"{row.x:.4g}", *(", ".join(_entry(entry) for entry in row.entries[column.key]) or "-" for column in columns))
        for row in rows
    ]
    print_table(("x", *(column.short for column in columns)), cells, right=tuple(range(len(columns) + 1)))
    left = len(summary.rows) - len(rows)
    notes = [f"{left} more compositions stand in the report" if left else ""]
    if len(columns) < len(summary.columns):
        missing = ", ".join(column.short for column in summary.columns[len(columns) :])
        notes.append(f"a wider terminal, or the report, shows {missing}")
    if text := "; ".join(note for note in notes if note):
        print_text(f"{text[0].upper()}{text[1:]}.")


def _shown_rows(summary: FamilySummary) -> list[SummaryRow]:
    """Return all rows if they are few; else both ends, the largest field, and those of structures."""
    if len(summary.rows) <= MOST_ROWS:
        return list(summary.rows)
    fields = {
        i: row.entries["breakdown"][0].value or 0.0 for i, row in enumerate(summary.rows) if row.entries["breakdown"]
    }
    chosen = {0, len(summary.rows) - 1, *([max(fields, key=lambda i: fields[i])] if fields else [])}
    chosen |= {i for i, row in enumerate(summary.rows) if row.entries["order"] or row.entries["excess"]}
    return [summary.rows[i] for i in sorted(chosen)]


def _entry(entry: SummaryEntry) -> str:
    if entry.value is None:
        return entry.words.split(";")[0]
    error = "" if entry.error is None else f" +- {rounded(entry.error, 2)}"
    return f"{rounded(entry.value)}{error}{f' {entry.words}' if entry.words else ''}"


def structures_content(result: StudyResult) -> list[dict[str, Any]]:
    """Return structures for ``--json``: where each belongs, and its main numbers."""
    from entrox.core import to_jsonable

    return [
        {
            "name": item.name, "family": item.family, "composition": item.composition, "x": item.x, "kind": item.kind,
            "difference": item.difference, "nearest_x": item.nearest_x,
            **{name: to_jsonable(item.values[name]) for name in SHORT_NUMBERS if name in item.values},
            "entropy_verdict": item.text("entropy_verdict") or None, "failed": dict(item.failed),
        }
        for item in result.structures
    ]  # fmt: skip
