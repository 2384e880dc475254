"""Tables and figures of ``entrox bend``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox import plots
from entrox.cli.bend_result import print_bending, print_path, print_readings
from entrox.cli.measurement import Outcome, Table
from entrox.cli.run_folder import write_table
from entrox.core.units import METER_PER_MICROMETER

if TYPE_CHECKING:
    from entrox.mechanics import BendingPath, BendingResult, Strip

__all__ = ["BEND_FILES", "ROOMS", "bending_outcome", "readings_outcome", "write_last_state"]

BEND_FILES = ("shape.csv", "path.csv", "faces.csv", "last_state.csv", "readings.csv")
ROOMS = ("core", "mechanics")


def bending_outcome(
    content: dict[str, Any], found: BendingResult | BendingPath | None, written: Sequence[Path] = ()
) -> Outcome:
    """Return the content with tables and figure; ``found`` is None where the strain is out of reach."""
    from entrox.mechanics import BendingPath

    if found is None:
        return Outcome(content, show=print_bending, written=written)
    course = isinstance(found, BendingPath)
    bent = found.steps[-1] if isinstance(found, BendingPath) else found
    return Outcome(
        content,
        tables={**({"path.csv": _path(content)} if course else {}), **_tables(bent)},
        figures={"film": lambda: plots.plot_bent_film(bent)},
        show=print_path if course else print_bending,
        written=written,
    )


def readings_outcome(content: dict[str, Any], strip: Strip, marks: Sequence[float] = ()) -> Outcome:
    """Return the content with the table of all ways of bending, and strain against gap with the strain asked for."""
    rows = content["readings"]
    return Outcome(
        content,
        tables={"readings.csv": (list(rows[0]), [list(row.values()) for row in rows])},
        figures={"strain_against_gap": _map_of(strip, marks)},
        show=print_readings,
    )


def _map_of(strip: Strip, marks: Sequence[float]) -> Callable[[], Any]:
    def draw() -> Any:
        from entrox.mechanics import strain_map

        return plots.plot_strain_map(strain_map(strip), strains=marks)

    return draw


def write_last_state(folder: Path, state: Any) -> None:
    """Write the nodes, or the steps, that a solver had when it gave up."""
    if isinstance(state, np.ndarray):
        rows = (state / METER_PER_MICROMETER).tolist()
        write_table(folder / "last_state.csv", ("x_um", "y_um"), rows)
    elif isinstance(state, tuple) and state:
        shape = state[-1].shape / METER_PER_MICROMETER
        write_table(folder / "last_state.csv", ("x_um", "y_um"), shape.tolist())


def _tables(bent: BendingResult) -> dict[str, Table]:
    """Return the shape, and the faces where finite elements were asked for."""
    micro, distance = METER_PER_MICROMETER, bent.strip.outside
    columns = np.column_stack([
        bent.arc_length / micro, bent.shape / micro, np.degrees(bent.tangent_angle), bent.curvature * micro,
        100.0 * bent.curvature * distance,
    ])  # fmt: skip
    names = ("arc_length_um", "x_um", "y_um", "angle_deg", "curvature_per_um", "mid_line_strain_percent")
    tables: dict[str, Table] = {"shape.csv": (names, columns.tolist())}
    if bent.fe is not None:
        film = bent.fe
        faces = np.column_stack([
            film.face_s / micro, film.outer_position / micro, 100.0 * film.outer_strain, film.inner_position / micro,
            100.0 * film.inner_strain,
        ])  # fmt: skip
        head = ("arc_length_um", "outer_x_um", "outer_y_um", "outer_strain_percent", "inner_x_um", "inner_y_um",
                "inner_strain_percent")  # fmt: skip
        tables["faces.csv"] = (head, faces.tolist())
    return tables


def _path(content: dict[str, Any]) -> Table:
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
    return names, rows
