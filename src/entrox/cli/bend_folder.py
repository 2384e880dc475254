"""The run folder of ``entrox bend``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.run_folder import FIGURES, finish_record, start_record, write_figure, write_table
from entrox.core.units import METER_PER_MICROMETER
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.mechanics import BendingPath, BendingResult, Strip

__all__ = ["BEND_FILES", "write_bending", "write_last_state", "write_readings"]

BEND_FILES = ("shape.csv", "path.csv", "faces.csv", "last_state.csv", "readings.csv")
ROOMS = ("core", "mechanics")


def write_bending(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: BendingResult | BendingPath | None,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, tables, figures and the record; ``found`` is None where the strain is out of reach."""
    from entrox.mechanics import BendingPath

    record = start_record(settings, inputs, command, ROOMS)
    with disk_errors_named(folder):
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    if isinstance(found, BendingPath):
        _write_path(folder / "path.csv", content)
        _write_one(folder, found.steps[-1])
    elif found is not None:
        _write_one(folder, found)
    write_json(folder / RESULT, content)
    finish_record(folder, record)


def write_readings(
    folder: Path, content: Mapping[str, Any], settings: Mapping[str, Any], strip: Strip, inputs: Sequence[Path],
    command: Sequence[str], marks: Sequence[float] = (),
) -> None:  # fmt: skip
    """Write the table of all ways of bending, strain against gap with the strain asked for, and the record."""
    from entrox.mechanics import strain_map
    from entrox.plots.bend_map import plot_strain_map

    record = start_record(settings, inputs, command, ROOMS)
    with disk_errors_named(folder):
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    rows = content["readings"]
    write_table(folder / "readings.csv", list(rows[0]), ([row[name] for name in rows[0]] for row in rows))
    write_figure(folder, "strain_against_gap", plot_strain_map(strain_map(strip), strains=marks))
    write_json(folder / RESULT, content)
    finish_record(folder, record)


def write_last_state(folder: Path, state: Any) -> None:
    """Write the nodes, or the steps, that a solver had when it gave up."""
    if isinstance(state, np.ndarray):
        rows = (state / METER_PER_MICROMETER).tolist()
        write_table(folder / "last_state.csv", ("x_um", "y_um"), rows)
    elif isinstance(state, tuple) and state:
        shape = state[-1].shape / METER_PER_MICROMETER
        write_table(folder / "last_state.csv", ("x_um", "y_um"), shape.tolist())


def _write_one(folder: Path, bent: BendingResult) -> None:
    from entrox.plots.bend import plot_bent_film

    micro, distance = METER_PER_MICROMETER, bent.strip.outside
    columns = np.column_stack([
        bent.arc_length / micro, bent.shape / micro, np.degrees(bent.tangent_angle), bent.curvature * micro,
        100.0 * bent.curvature * distance,
    ])  # fmt: skip
    names = ("arc_length_um", "x_um", "y_um", "angle_deg", "curvature_per_um", "mid_line_strain_percent")
    write_table(folder / "shape.csv", names, columns.tolist())
    if bent.fe is not None:
        film = bent.fe
        faces = np.column_stack([
            film.face_s / micro, film.outer_position / micro, 100.0 * film.outer_strain, film.inner_position / micro,
            100.0 * film.inner_strain,
        ])  # fmt: skip
        head = ("arc_length_um", "outer_x_um", "outer_y_um", "outer_strain_percent", "inner_x_um", "inner_y_um",
                "inner_strain_percent")  # fmt: skip
        write_table(folder / "faces.csv", head, faces.tolist())
    write_figure(folder, "film", plot_bent_film(bent))


def _write_path(path: Path, content: Mapping[str, Any]) -> None:
    plain = ("gap_um", "fold_angle_deg", "radius_um", "force_n_per_m", "energy_j", "verdict")
    rows = []
    for step in content["steps"]:
        x, y = step["loaded_point_um"]
        fe = step["fe"] or {}
        rows.append([
            x, y, *(step[name] for name in plain), step["strain_percent"]["nominal"],
            fe.get("strain_percent", {}).get("nominal"), fe.get("force_n_per_m"), fe.get("iterations"),
        ])  # fmt: skip
    names = ("x_um", "y_um", *plain, "nominal_percent", "fe_nominal_percent", "fe_force_n_per_m", "fe_iterations")
    write_table(path, names, rows)
