"""The run folder of ``entrox scattering fit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import finish_record, start_record, write_dataset, write_figure, write_table
from entrox.design.folder import RESULT, disk_errors_named, write_atomically, write_json

if TYPE_CHECKING:
    from entrox.scattering.small_box.result import SmallBoxFit

__all__ = ["FIT_FILES", "write_fit"]

FIT_FILES = ("fit.csv", "structure.cif", "fit.nc")
ROOMS = ("core", "composition", "structure", "order", "scattering")
COLUMNS = (
    "r_angstrom", "observed_per_square_angstrom", "calculated_per_square_angstrom", "difference_per_square_angstrom",
    "fitted",
)  # fmt: skip


def write_fit(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    fit: SmallBoxFit,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, curves, fitted cell, figure and the record."""
    from ase.io import write

    from entrox.plots.scattering import plot_small_box_fit

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        rows = zip(fit.r, fit.observed, fit.calculated, fit.difference, fit.fitted_point.astype(int), strict=True)
        write_table(folder / "fit.csv", COLUMNS, rows)
        write_dataset(folder / "fit.nc", fit)
        write_atomically(folder / "structure.cif", lambda path: write(path, fit.structure, format="cif"))
    write_figure(folder, "fit", plot_small_box_fit(fit))
    finish_record(folder, record)
