"""Hooks of the documentation build: tables that are computed, not typed."""

from __future__ import annotations

from typing import Any

from entrox.design import reproduce

MARK = "<!-- ledger -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the recomputed ledger where the page marks it."""
    return markdown.replace(MARK, ledger_tables()) if MARK in markdown else markdown


def ledger_tables() -> str:
    """Return the verdicts as Markdown tables: predictions, calibration, and what waits for its room."""
    verdicts = reproduce()
    groups = {
        "Recomputed": [v for v in verdicts if v.ours is not None and not v.calibration],
        "Calibration": [v for v in verdicts if v.ours is not None and v.calibration],
        "Not recomputed": [v for v in verdicts if v.ours is None],
    }
    return "\n".join(_table(title, rows) for title, rows in groups.items() if rows)


def _table(title: str, rows: list[Any]) -> str:
    lines = [f"## {title}", "", "| id | quantity | published | ours | verdict | reason |", "|---|---|--:|--:|---|---|"]
    for v in rows:
        unit = "" if v.unit in ("", "1") else f" {v.unit}"
        ours = "" if v.ours is None else f"{v.ours:.4g}{unit}"
        lines.append(f"| `{v.id}` | {v.quantity} | {v.published:g}{unit} | {ours} | {v.verdict} | {v.reason} |")
    return "\n".join([*lines, ""])
