"""The run folders of ``entrox polar`` and its sisters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.polar_input import input_files
from entrox.cli.run_folder import (
    FIGURE_FORMATS,
    FIGURES,
    finish_record,
    start_record,
    write_dataset,
    write_figure,
    write_table,
)
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.order.report.polar_analysis import PolarAnalysis
    from entrox.order.report.polar_report import PolarReport
    from entrox.order.report.report_comparison import ReportComparison
    from entrox.order.response.feram_curve import OrderCurve
    from entrox.order.response.hysteresis import Loop
    from entrox.order.response.transitions import Transitions

__all__ = [
    "COMPARISON_FILES",
    "LOOP_FILES",
    "POLAR_FILES",
    "TRANSITION_FILES",
    "write_comparison",
    "write_loop",
    "write_polar",
    "write_transitions",
]

POLAR_FILES = (
    "report.json", "image_report.json", "elements.csv", "phases.csv", "bonds.csv", "cells.csv", "histograms.csv",
    "report.html",
)  # fmt: skip
COMPARISON_FILES = ("differences.csv", "distances.csv")
TRANSITION_FILES = ("transitions.csv",)
LOOP_FILES = ("loop.csv",)
ROOMS = ("core", "composition", "structure", "order")
DIFFERENCE_COLUMNS = (
    "first", "second", "group", "quantity_name", "unit", "first_value", "first_error", "second_value", "second_error",
    "difference", "z", "low", "high",
)  # fmt: skip
DISTANCE_COLUMNS = ("first", "second", "group", "distribution", "unit", "wasserstein", "energy", "p_value")
BOND_COLUMNS = (
    "element", "site", "count", "short_angstrom", "middle_angstrom", "long_angstrom", "mean_angstrom",
    "mean_error_angstrom", "splitting_angstrom", "splitting_error_angstrom", "noise_floor_angstrom",
)  # fmt: skip


def write_polar(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    analyses: Sequence[PolarAnalysis],
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, ``report.json`` for comparisons, tables, figures, ``report.html`` and the record."""
    from entrox.order.report.polar_report import write_polar_report
    from entrox.plots.polar_figures import write_polar_figures
    from entrox.plots.polar_page import write_polar_report_page

    record = start_record(settings, input_files(inputs), command, ROOMS)
    analysis = analyses[0]
    write_json(folder / RESULT, content)
    # those of an earlier run with other measures or more arrangements must not stay, nor go into the report
    for name in POLAR_FILES:
        (folder / name).unlink(missing_ok=True)
    for old in folder.glob("report_[0-9]*.json"):
        old.unlink()
    for ending in FIGURE_FORMATS:
        for old in (folder / FIGURES).glob(f"*.{ending}"):
            old.unlink()
    with disk_errors_named(folder):
        write_polar_report(analysis.report, folder / "report.json")
        if analysis.image is not None:
            write_polar_report(analysis.image, folder / "image_report.json")
        for number, other in enumerate(analyses[1:], start=2):
            write_polar_report(other.report, folder / f"report_{number}.json")
        _write_tables(folder, analysis.report)
        _write_cells(folder / "cells.csv", analysis)
        write_polar_figures(analysis, folder / FIGURES)
        write_polar_report_page(
            analysis, folder, source=", ".join(map(str, settings["files"])), provenance=record, figures=folder / FIGURES
        )
    finish_record(folder, record)


def _write_tables(folder: Path, report: PolarReport) -> None:
    columns = ("symbol", "site", "count", "mean_x_angstrom", "mean_y_angstrom", "mean_z_angstrom", "taid_angstrom",
               "taid_error_angstrom", "mean_modulus_angstrom", "mean_modulus_error_angstrom",
               "rms_angstrom")  # fmt: skip
    rows = [
        (
            row.symbol, row.site, row.count, *row.mean_vector_angstrom.tolist(), row.taid_angstrom,
            row.taid_error_angstrom, row.mean_modulus_angstrom, row.mean_modulus_error_angstrom, row.rms_angstrom,
        )
        for row in report.elements
    ]  # fmt: skip
    write_table(folder / "elements.csv", columns, rows)
    if report.phases:
        rows = [
            (
                row.group, row.site, row.count, name, row.share[k],
                None if row.share_error is None else row.share_error[k],
                None if row.chance[k] != row.chance[k] else row.chance[k],
            )
            for row in report.phases
            for k, name in enumerate(row.classes)
        ]  # fmt: skip
        write_table(folder / "phases.csv", ("group", "site", "count", "class", "share", "error", "chance"), rows)
    if report.bonds:
        write_table(
            folder / "bonds.csv", BOND_COLUMNS, [[getattr(row, name) for name in BOND_COLUMNS] for row in report.bonds]
        )
    _write_histograms(folder / "histograms.csv", report)


def _write_histograms(path: Path, report: PolarReport) -> None:
    from entrox.order.displacement.block_table import MODULUS_EDGES

    counts = [item.modulus_counts.sum(axis=0) for item in report.blocks]
    rows = [
        (round(float(MODULUS_EDGES[k]), 6), *(int(column[k]) for column in counts))
        for k in range(len(MODULUS_EDGES) - 1)
    ]
    write_table(path, ("modulus_lower_angstrom", *(item.group for item in report.blocks)), rows)


def _write_cells(path: Path, analysis: PolarAnalysis) -> None:
    """Mean displacement, and polarization where there is one, of each cell."""
    cell_map = analysis.lattice_map
    local = analysis.cell_polarization_c_per_m2
    columns = ["cell_x", "cell_y", "cell_z", "a_symbol", "b_symbol"]
    columns += [f"d_{site.lower()}_{axis}_angstrom" for site in ("A", "B") for axis in "xyz"]
    columns += [] if local is None else [f"p_{axis}_c_per_m2" for axis in "xyz"]
    a, b = (analysis.cell_means_angstrom[site].tolist() for site in ("A", "B"))
    rows = [
        (
            *cell_map.cells[k].tolist(), cell_map.a_symbols[k], cell_map.b_symbols[k], *a[k], *b[k],
            *([] if local is None else local[k].tolist()),
        )
        for k in range(len(cell_map))
    ]  # fmt: skip
    write_table(path, columns, rows)


def write_comparison(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    comparison: ReportComparison,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, two tables and the record."""
    read = [path / "report.json" if path.is_dir() else path for path in inputs]
    record = start_record(settings, read, command, ROOMS)
    write_json(folder / RESULT, content)
    for name, columns, rows in (
        ("differences.csv", DIFFERENCE_COLUMNS, comparison.differences),
        ("distances.csv", DISTANCE_COLUMNS, comparison.distances),
    ):
        write_table(folder / name, columns, [[getattr(row, column) for column in columns] for row in rows])
    finish_record(folder, record)


def write_transitions(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: Transitions,
    curves: Sequence[OrderCurve],
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, ``transitions.csv``, the figure and the record."""
    from entrox.plots.polar_curves import plot_transitions

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    columns = ("kind", "direction", "t_low_k", "t_high_k", "temperature_k", "half_width_k")
    write_table(
        folder / "transitions.csv", columns, [[getattr(row, name) for name in columns] for row in found.transitions]
    )
    write_figure(folder, "transitions", plot_transitions(found, curves))
    finish_record(folder, record)


def write_loop(
    folder: Path, content: Mapping[str, Any], settings: Mapping[str, Any], loop: Loop, log: Path, command: Sequence[str]
) -> None:
    """Write ``result.json``, ``loop.csv``, ``loop.nc``, the figure and the record."""
    from entrox.plots.polar_curves import plot_hysteresis

    record = start_record(settings, [log], command, ROOMS)
    write_json(folder / RESULT, content)
    rows = zip(loop.field_v_per_m.tolist(), loop.polarization_c_per_m2.tolist(), strict=True)
    write_table(folder / "loop.csv", ("field_v_per_m", "polarization_c_per_m2"), rows)
    with disk_errors_named(folder):
        write_dataset(folder / "loop.nc", loop)
    write_figure(folder, "hysteresis", plot_hysteresis(loop))
    finish_record(folder, record)
