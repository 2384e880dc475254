"""The run folders of ``entrox glass quench`` and ``stretch``."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import (
    begin_record,
    finish_record,
    start_record,
    write_dataset,
    write_figure,
    write_structure,
    write_table,
)
from entrox.core import InputError
from entrox.design.folder import (
    PROVENANCE,
    RESULT,
    disk_errors_named,
    prepare_run_folder,
    write_json,
)

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.dynamics.glass.quench_ensemble import QuenchEnsemble
    from entrox.dynamics.glass.quench_result import QuenchResult
    from entrox.dynamics.glass.tension import TensileResult

__all__ = ["MEMBERS", "PULL", "begin_run", "finish_quench", "finish_stretch"]

MEMBERS, PULL, GLASSES = "members", "pull", "glasses"
ROOMS = ("core", "composition", "structure", "order", "dynamics")
COLUMNS = (
    "seed", "rate_k_per_ps", "energy_ev_per_atom", "crystal_energy_ev_per_atom", "density_g_per_cm3", "crystallinity",
    "melt_largest_order", "order_limit", "melt_cation_msd_angstrom2", "msd_limit_angstrom2", "empty_sphere_angstrom",
    "verdict", "reason",
)  # fmt: skip
CURVE = (
    "strain", "stress_gpa", "nominal_stress_gpa", "lateral_stress_gpa", "temperature_k", "energy_ev_per_atom",
)  # fmt: skip


def begin_run(
    folder: Path,
    settings: Mapping[str, Any],
    inputs: Sequence[Path],
    command: Sequence[str],
    runs: str,
    *,
    resume: bool,
    overwrite: bool,
) -> dict[str, Any]:
    """Make the run folder, or take up that of the same run, and return its record, which says that it is running.

    Raises
    ------
    InputError
        If the folder holds another run (the settings that differ are listed), or files that are not ours.
    """
    prepare_run_folder(folder, settings, resume=resume, overwrite=overwrite)
    if not resume and (folder / runs).is_dir():
        if not (folder / PROVENANCE).is_file():
            raise InputError(f"{folder / runs} is not of a run of entrox; it is not replaced. Give another --out.")
        shutil.rmtree(folder / runs)
    record = start_record(settings, inputs, command, ROOMS)
    return begin_record(folder, record, continued=resume and (folder / PROVENANCE).is_file())


def finish_quench(folder: Path, record: dict[str, Any], content: Mapping[str, Any], ensemble: QuenchEnsemble) -> None:
    """Write result, table, glasses, histories, figures and record."""
    from entrox.plots.glass import plot_quench_energies, plot_quench_history

    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        rows = ([member[column] for column in COLUMNS] for member in content["members"])
        write_table(folder / "members.csv", COLUMNS, rows)
        (folder / GLASSES).mkdir(exist_ok=True)
        for number, member in enumerate(ensemble.members, start=1):
            name = f"{number:02d}_{member.verdict.replace(' ', '_')}"
            write_structure(folder / GLASSES / f"{name}.extxyz", _labeled(member))
            write_dataset(folder / GLASSES / f"{name}_history.nc", member.history)
    write_figure(folder, "history", plot_quench_history(ensemble.members[0]))
    if any(member.energy_ev_per_atom is not None for member in ensemble.members):
        write_figure(folder, "energies", plot_quench_energies(ensemble))
    finish_record(folder, record)


def finish_stretch(folder: Path, record: dict[str, Any], content: Mapping[str, Any], result: TensileResult) -> None:
    """Write result, curve, structure, figure and record."""
    from entrox.plots.glass import plot_tension

    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        write_table(folder / "curve.csv", CURVE, zip(*(content["curve"][name] for name in CURVE), strict=True))
        write_structure(folder / "stretched.extxyz", result.atoms)
        write_dataset(folder / "curve.nc", result)
    write_figure(folder, "tension", plot_tension(result))
    finish_record(folder, record)


def _labeled(member: QuenchResult) -> Atoms:
    """Return the structure of a member with its verdict: no crystal passes for a glass."""
    atoms: Atoms = member.atoms.copy()
    atoms.info.update(
        verdict=member.verdict, potential=member.potential, seed=member.seed, rate_k_per_ps=member.rate_k_per_ps
    )
    return atoms
