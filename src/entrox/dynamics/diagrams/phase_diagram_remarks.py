"""What must be said beside a phase diagram: what was not measured, what failed, what temperatures are worth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from entrox.dynamics.diagrams.phase_diagram_settings import PhaseDiagramSettings
from entrox.dynamics.diagrams.series import SeriesRow, series_warnings
from entrox.dynamics.diagrams.transition_points import RunTransitions
from entrox.structure.occupation import site_counts

if TYPE_CHECKING:
    from entrox.dynamics.diagrams.phase_diagram import DiagramBand, DiagramPoint

__all__ = ["diagram_warnings"]

THIN_CELLS = 4
"""Boxes with fewer cells along a direction tie each cell to its own images."""
SMALLEST_ROUNDING = 1e-6

SHIFTS = (
    "absolute transition temperatures depend on the force field, the size of the box and the rate: quote shifts with "
    "composition and the order of the phases. Nuclei are classical."
)
STUDENT = (
    "a learned potential copies its teacher, and has no dipole-dipole force beyond its cutoff: agreement with the "
    "teacher is no evidence about the material."
)
ANECDOTE = "one cation arrangement is an anecdote: the spread over arrangements was not measured."
ONE_MODEL = "a single model drove all runs: the spread over models was not measured."
FIXED_CHARGES = "charges are fixed: the polarization does not know how they change with the structure."


def diagram_warnings(
    settings: PhaseDiagramSettings,
    rows: Sequence[SeriesRow],
    points: Sequence[DiagramPoint],
    bands: Sequence[DiagramBand],
    found: Sequence[RunTransitions],
) -> tuple[str, ...]:
    """Return the remarks that apply, the general ones first."""
    remarks = [SHIFTS]
    if settings.potential.models:
        remarks += [STUDENT]
    if settings.box.arrangements == 1:
        remarks += [ANECDOTE]
    if len({row.model for row in rows}) == 1:
        remarks += [ONE_MODEL]
    if settings.order.charges_e is not None:
        remarks += [FIXED_CHARGES]
    remarks += [*_thin_boxes(settings), *_rounded(settings), *_sizes(points), *_rare(points), *_straight(bands)]
    remarks += series_warnings(rows)
    remarks += [text for run in found for text in run.warnings]
    if not points:
        remarks.append("no run shows a transition. Widen low_k and high_k, or look at the curves.")
    return tuple(dict.fromkeys(remarks))


def _thin_boxes(settings: PhaseDiagramSettings) -> list[str]:
    thin = [box.shape for box in settings.box.boxes() if min(_thickness(box.matrix)) < THIN_CELLS]
    if not thin:
        return []
    names = ", ".join("x".join(map(str, shape)) for shape in thin)
    return [
        f"boxes with fewer than {THIN_CELLS} cells along a direction ({names}) suppress or fake phases between the "
        "lowest and the cubic one."
    ]


def _thickness(matrix: Sequence[Sequence[int]]) -> list[float]:
    """Distances between opposite faces of a box in pseudo-cubic edges."""
    inverse = np.linalg.inv(np.array(matrix, dtype=float))
    return [1.0 / float(length) + 1e-9 for length in np.linalg.norm(inverse, axis=0)]


def _rounded(settings: PhaseDiagramSettings) -> list[str]:
    """Say by how much whole atoms change the compositions."""
    largest = 0.0
    for box in settings.box.boxes():
        n_cells = round(abs(np.linalg.det(np.array(box.matrix, dtype=float))))
        for line in settings.line:
            for composition in line.compositions():
                for site in composition.sites.values():
                    wanted = {name: float(share) for name, share in site.fractions.items()}
                    n_sites = n_cells * int(site.multiplicity)
                    counts = site_counts(wanted, n_sites)
                    largest = max([largest, *(abs(counts[name] / n_sites - wanted[name]) for name in wanted)])
    if largest < SMALLEST_ROUNDING:
        return []
    return [f"whole atoms change site fractions by up to {largest:.2g}; x and y are those asked for."]


def _sizes(points: Sequence[DiagramPoint]) -> list[str]:
    """Compare the two largest boxes."""
    sizes = sorted({point.n_cells for point in points})
    if len(sizes) < 2:
        return []
    large, small = (
        {(p.formula, p.kind, p.direction): p for p in points if p.n_cells == size} for size in (sizes[-1], sizes[-2])
    )
    shared = [(large[key], small[key]) for key in large if key in small]
    moved = [(a.t_k - b.t_k) for a, b in shared if abs(a.t_k - b.t_k) > np.hypot(a.half_width_k, b.half_width_k)]
    if not moved:
        return []
    return [
        f"size: {len(moved)} of {len(shared)} transitions move by up to {max(map(abs, moved)):.3g} K, more than their "
        f"errors, from {sizes[-2]} to {sizes[-1]} cells: the larger box is not converged either."
    ]


def _rare(points: Sequence[DiagramPoint]) -> list[str]:
    return [
        f"{p.formula}, {p.direction}: only {p.n_runs} of {p.n_searched} runs show {p.kind}."
        for p in points
        if p.n_runs < p.n_searched
    ]


def _straight(bands: Sequence[DiagramBand]) -> list[str]:
    if all(band.n_points > 2 for band in bands):
        return []
    return ["a line through two points is straight: its band does not know of a bend between them."]
