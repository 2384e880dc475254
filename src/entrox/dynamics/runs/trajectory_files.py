"""A run read back from its folder."""

from __future__ import annotations

from pathlib import Path

from entrox.core import InputError
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.runs.checkpoint import RECORD, read_record
from entrox.dynamics.runs.frames import FRAMES, frame_steps
from entrox.dynamics.runs.thermo_rows import DEVIATION, THERMO, read_deviations, read_rows

__all__ = ["read_trajectory"]


def read_trajectory(folder: str | Path) -> Trajectory:
    """Read a run that has ended, whichever engine made it.

    Parameters
    ----------
    folder
        Folder of the run, which holds ``run.json``, ``thermo.csv`` and, where there are any, ``frames.extxyz`` and
        ``deviation.csv``.

    Returns
    -------
    Trajectory
        Rows and deviations in memory; frames are read from their file when they are asked for.

    Raises
    ------
    InputError
        If the folder holds no run, or one that has not ended.
    FormatError
        If a file is damaged.
    """
    place = Path(folder)
    record = read_record(place)
    if record is None:
        raise InputError(f"{place} has no {RECORD}: it is not the folder of a run.")
    if not record.complete:
        raise InputError(f"the run in {place} has not ended. Start it again in this folder, and it goes on.")
    rows = read_rows(place / THERMO)
    deviation_step, deviation = read_deviations(place / DEVIATION)
    return Trajectory(
        folder=place,
        engine=record.identity["engine"],
        potential=record.identity["potential"]["name"],
        status=record.status,
        reason=record.reason,
        seed=record.identity["seed"],
        step=rows.step,
        time_ps=rows.time_ps,
        temperature_k=rows.temperature_k,
        pressure_bar=rows.pressure_bar,
        stress_ev_per_angstrom3=rows.stress_ev_per_angstrom3,
        potential_energy_ev=rows.potential_energy_ev,
        conserved_energy_ev=rows.conserved_energy_ev,
        cell_angstrom=rows.cell_angstrom,
        deviation_step=deviation_step,
        force_deviation_ev_per_angstrom=deviation,
        frames_file=place / FRAMES,
        frame_step=frame_steps(place / FRAMES),
        n_steps=record.n_steps,
        cpu_s=record.cpu_s,
        wall_s=record.wall_s,
        warnings=record.warnings,
    )
