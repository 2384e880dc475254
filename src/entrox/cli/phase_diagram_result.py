"""Result of ``entrox phase-diagram`` as plain data and on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.dynamics.diagrams.phase_diagram import PhaseDiagram

__all__ = ["POINT_COLUMNS", "diagram_content", "print_diagram"]

POINT_COLUMNS = (
    "x", "y", "formula", "n_cells", "kind", "direction", "t_k", "t_low_k", "t_high_k", "bracket_k", "block_k",
    "arrangement_k", "committee_k", "n_arrangements", "n_models", "n_runs", "n_searched",
)  # fmt: skip


def diagram_content(found: PhaseDiagram) -> dict[str, Any]:
    """Return points, bands, the end of every run and the warnings as plain data."""
    return {
        "title": found.title,
        "points": [
            {**{name: to_jsonable(getattr(point, name)) for name in POINT_COLUMNS}, "shape": list(point.shape)}
            for point in found.points
        ],
        "bands": [band.to_dict() for band in found.bands],
        "runs": [
            {
                "formula": row.formula, "shape": list(row.shape), "arrangement": row.arrangement,
                "direction": row.direction, "model": row.model, "status": row.status, "reason": row.reason,
                "seed": row.seed, "cpu_s": row.cpu_s,
            }
            for row in found.runs
        ],
        "warnings": list(found.warnings),
    }  # fmt: skip


def print_diagram(found: PhaseDiagram) -> None:
    """Print the transitions, how many runs there were, and what a reader must know."""
    print_heading(found.title)
    print_table(
        ("x", "y", "cells", "kind", "direction", "T [K]", "95 % [K]", "arrangements", "runs"),
        [
            (
                rounded(point.x), rounded(point.y), str(point.n_cells), point.kind, point.direction,
                rounded(point.t_k), f"{rounded(point.t_low_k)} - {rounded(point.t_high_k)}",
                str(point.n_arrangements), f"{point.n_runs} of {point.n_searched}",
            )
            for point in found.points
        ],
        right=(0, 1, 2, 5, 6, 7, 8),
    )  # fmt: skip
    finished = sum(row.finished for row in found.runs)
    print_text(f"{finished} of {len(found.runs)} runs finished.")
    print_warnings(found.warnings)
