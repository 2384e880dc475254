"""The run folder of ``entrox nucleation``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import finish_record, start_record, write_figure, write_table
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.thermo.barriers_over_entropy import BarrierSeries
    from entrox.thermo.uncertain_barrier import NucleationResult

__all__ = ["NUCLEATION_FILES", "write_nucleation", "write_series"]

NUCLEATION_FILES = ("work.csv", "barriers.csv", "laws.csv")
ROOMS = ("core", "thermo")
POINTS = 201
REACH = 2.0
"""Radii up to this part of the critical one; beyond 1.5 the work is below zero."""


def write_nucleation(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: NucleationResult,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, the work over the radius, its figure and the record of one driving force."""
    import numpy as np

    from entrox.plots.thermo import plot_nucleation_work
    from entrox.thermo.nucleation import nucleation_work

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    radii = np.linspace(0.0, REACH * (found.critical_radius_nm or 1.0), POINTS)
    work = nucleation_work(radii, found.driving_force_j_per_m3, found.gamma_j_per_m2, found.wetting)
    surface = nucleation_work(radii, 0.0, found.gamma_j_per_m2, found.wetting)
    with disk_errors_named(folder):
        columns = ("radius_nm", "work_ev", "surface_ev", "volume_ev")
        write_table(folder / "work.csv", columns, np.column_stack([radii, work, surface, work - surface]).tolist())
    write_figure(folder, "work", plot_nucleation_work(found))
    finish_record(folder, record)


def write_series(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    series: BarrierSeries,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, barriers, laws, figure and the record of many compositions."""
    from entrox.plots.thermo import plot_barrier_series

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    columns = ("label", "s_config_r", "df_j_per_m3", "critical_radius_nm", "barrier_ev", "barrier_p05_ev",
               "barrier_p95_ev", "barrier_kt", "log10_rate", "p_no_barrier", "verdict")  # fmt: skip
    rows = [
        (label, entropy, *(getattr(point, name) for name in columns[2:]))
        for label, entropy, point in zip(series.labels, series.s_config_r.tolist(), series.points, strict=True)
    ]
    laws = [
        (fit["law"], fit["least_squares_in"], name, one["value"], one["low"], one["high"], fit["n_points"],
         fit["degrees_of_freedom"], fit["aicc"])
        for fit in content["fits"] for name, one in fit["parameters"].items()
    ]  # fmt: skip
    with disk_errors_named(folder):
        write_table(folder / "barriers.csv", columns, rows)
        header = (
            "law",
            "least_squares_in",
            "parameter",
            "value",
            "low",
            "high",
            "n_points",
            "degrees_of_freedom",
            "aicc",
        )
        write_table(folder / "laws.csv", header, laws)
    if series.fits:
        write_figure(folder, "barriers", plot_barrier_series(series))
    finish_record(folder, record)
