"""Tables and figures of ``entrox nucleation``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entrox import plots
from entrox.cli.measurement import Outcome, Table
from entrox.cli.nucleation_result import nucleation_content, print_nucleation, series_content

if TYPE_CHECKING:
    from entrox.thermo.barriers_over_entropy import BarrierSeries
    from entrox.thermo.uncertain_barrier import NucleationResult

__all__ = ["NUCLEATION_FILES", "nucleation_outcome", "series_outcome"]

NUCLEATION_FILES = ("work.csv", "barriers.csv", "laws.csv")
POINTS = 201
REACH = 2.0
"""Radii up to this part of the critical one; beyond 1.5 the work is below zero."""
BARRIER_COLUMNS = (
    "label", "s_config_r", "df_j_per_m3", "critical_radius_nm", "barrier_ev", "barrier_p05_ev", "barrier_p95_ev",
    "barrier_kt", "log10_rate", "p_no_barrier", "verdict",
)  # fmt: skip
LAW_COLUMNS = (
    "law", "least_squares_in", "parameter", "value", "low", "high", "n_points", "degrees_of_freedom", "aicc",
)  # fmt: skip


def nucleation_outcome(found: NucleationResult) -> Outcome:
    """Return the answer to one driving force with the work over the radius and its figure."""
    return Outcome(
        nucleation_content(found),
        tables={"work.csv": _work(found)},
        figures={"work": lambda: plots.plot_nucleation_work(found)},
        show=print_nucleation,
    )


def _work(found: NucleationResult) -> Table:
    import numpy as np

    from entrox.thermo.nucleation import nucleation_work

    radii = np.linspace(0.0, REACH * (found.critical_radius_nm or 1.0), POINTS)
    work = nucleation_work(radii, found.driving_force_j_per_m3, found.gamma_j_per_m2, found.wetting)
    surface = nucleation_work(radii, 0.0, found.gamma_j_per_m2, found.wetting)
    rows = np.column_stack([radii, work, surface, work - surface]).tolist()
    return ("radius_nm", "work_ev", "surface_ev", "volume_ev"), rows


def series_outcome(series: BarrierSeries) -> Outcome:
    """Return the answer of many compositions with their barriers, laws and figure."""
    content = series_content(series)
    barriers = [
        (label, entropy, *(getattr(point, name) for name in BARRIER_COLUMNS[2:]))
        for label, entropy, point in zip(series.labels, series.s_config_r.tolist(), series.points, strict=True)
    ]
    return Outcome(
        content,
        tables={"barriers.csv": (BARRIER_COLUMNS, barriers), "laws.csv": (LAW_COLUMNS, _laws(content))},
        figures={"barriers": lambda: plots.plot_barrier_series(series)} if series.fits else {},
        show=print_nucleation,
    )


def _laws(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (fit["law"], fit["least_squares_in"], name, one["value"], one["low"], one["high"], fit["n_points"],
         fit["degrees_of_freedom"], fit["aicc"])
        for fit in content["fits"] for name, one in fit["parameters"].items()
    ]  # fmt: skip
