"""Means over the stages of a run: the start that has not settled is left out, errors know the memory of the series.

Units: K, bar, angstrom, degree, eV per atom, ps; drift in meV per atom and ps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, check_all_positive, check_integer, check_shape, quantity
from entrox.core.blocking import BlockAverage, block_average, settled_start
from entrox.dynamics.crystal.energy_drift import EnergyDrift, energy_drift
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import MdProtocol, Stage

__all__ = ["FEWEST_ROWS", "StageAverages", "run_averages"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_ROWS = 10
"""A stage with fewer rows has no means: half of them may belong to its start."""


@dataclass(frozen=True, kw_only=True)
class StageAverages(Result):
    """Means over one stage of a run with their standard errors.

    The edges are sorted; ``lattice_axis`` says which vector each one is, and ``angle_deg`` is the angle between the two
    others. Where ``converged`` is false, the stage is short for its memory and some errors are lower bounds. The
    pressure is None where the force field gives no stress. The drift is None where nothing is conserved: on a ramp, in
    a field that changes, or in a field at constant pressure.
    """

    start_ps: float = quantity("ps", "time of the first row that counts")
    end_ps: float = quantity("ps", "time of the last row")
    n_rows: int = quantity("1", "rows that count")
    target_k: float | None = quantity("K", "temperature that was set; None on a ramp")
    temperature_k: float = quantity("K", "mean temperature")
    temperature_error_k: float | None = quantity("K", "standard error of the temperature")
    pressure_bar: float | None = quantity("bar", "mean pressure")
    pressure_error_bar: float | None = quantity("bar", "standard error of the pressure")
    lattice_angstrom: Floats = quantity("angstrom", "edges of a cell, sorted", axes=("edge",))
    lattice_error_angstrom: Floats = quantity("angstrom", "standard errors of the edges", axes=("edge",))
    lattice_axis: Ints = quantity("1", "cell vector of each edge", axes=("edge",))
    angle_deg: Floats = quantity("degree", "angle between the two other vectors", axes=("edge",))
    volume_angstrom3_per_atom: float = quantity("angstrom3/atom", "mean volume")
    volume_error_angstrom3_per_atom: float | None = quantity("angstrom3/atom", "standard error of the volume")
    energy_ev_per_atom: float = quantity("eV/atom", "mean potential energy")
    energy_error_ev_per_atom: float | None = quantity("eV/atom", "standard error of the potential energy")
    drift_mev_per_atom_ps: float | None = quantity("meV/(atom ps)", "drift of the conserved energy")
    drift_error_mev_per_atom_ps: float | None = quantity("meV/(atom ps)", "standard error of the drift")
    converged: bool


def run_averages(
    trajectory: Trajectory, protocol: MdProtocol, n_atoms: int, shape: Sequence[int] | None = None
) -> tuple[StageAverages, ...]:
    """Average a run over each of its stages.

    Parameters
    ----------
    trajectory, protocol
        The run. Of a run that diverged, the stages that were complete before are used.
    n_atoms
        Atoms of the box.
    shape
        Cells of the box along its three vectors, by which the edges are divided; the edges are those of the box if
        None.

    Returns
    -------
    tuple of StageAverages
        One for each complete stage with at least ten rows, in their order. The row at the start of a stage belongs to
        what was before. A stage at one temperature begins where energy and volume have settled
        (:func:`~entrox.core.blocking.settled_start`); a ramp describes no state and keeps all its rows.

    Raises
    ------
    InputError
        If ``n_atoms`` or ``shape`` is not positive, or a temperature, energy or cell is not finite.
    """
    check_integer(n_atoms, "n_atoms", low=1)
    counts = np.ones(3) if shape is None else check_all_positive(check_shape(shape, (3,), "shape"), "shape")
    found, start = [], 0
    for stage in protocol.stages():
        end = start + stage.n_steps
        rows = np.flatnonzero((trajectory.step > start) & (trajectory.step <= end))
        if end <= trajectory.n_steps and len(rows) >= FEWEST_ROWS:
            found.append(_stage_averages(trajectory, protocol, stage, rows, n_atoms, counts))
        start = end
    return tuple(found)


def _stage_averages(
    trajectory: Trajectory, protocol: MdProtocol, stage: Stage, rows: Ints, n_atoms: int, counts: Floats
) -> StageAverages:
    level = stage.start_k == stage.end_k
    if level:
        rows = rows[_settled(trajectory, rows) :]
    cells = trajectory.cell_angstrom[rows]
    lengths, angles = _edges(cells / counts[:, None])
    axis = np.argsort(lengths.mean(axis=0), kind="stable")
    temperature = block_average(trajectory.temperature_k[rows])
    pressure = _pressure(trajectory.pressure_bar[rows])
    volume = block_average(np.abs(np.linalg.det(cells)) / n_atoms)
    energy = block_average(trajectory.potential_energy_ev[rows] / n_atoms)
    edges = [block_average(lengths[:, k]) for k in axis]
    drift = _drift(trajectory, protocol, stage, rows, n_atoms)
    averages = [temperature, volume, energy, *edges, *([] if pressure is None else [pressure])]
    return StageAverages(
        start_ps=float(trajectory.time_ps[rows[0]]),
        end_ps=float(trajectory.time_ps[rows[-1]]),
        n_rows=len(rows),
        target_k=stage.start_k if level else None,
        temperature_k=temperature.mean,
        temperature_error_k=temperature.error,
        pressure_bar=None if pressure is None else pressure.mean,
        pressure_error_bar=None if pressure is None else pressure.error,
        lattice_angstrom=np.array([edge.mean for edge in edges]),
        lattice_error_angstrom=np.array([np.nan if edge.error is None else edge.error for edge in edges]),
        lattice_axis=axis,
        angle_deg=angles.mean(axis=0)[axis],
        volume_angstrom3_per_atom=volume.mean,
        volume_error_angstrom3_per_atom=volume.error,
        energy_ev_per_atom=energy.mean,
        energy_error_ev_per_atom=energy.error,
        drift_mev_per_atom_ps=None if drift is None else drift.drift_mev_per_atom_ps,
        drift_error_mev_per_atom_ps=None if drift is None else drift.error_mev_per_atom_ps,
        converged=all(average.converged or average.error == 0.0 for average in averages),
    )


def _settled(trajectory: Trajectory, rows: Ints) -> int:
    """Return how many rows of a stage belong to its start; a cell may need longer than the energy shows."""
    volume = np.abs(np.linalg.det(trajectory.cell_angstrom[rows]))
    return max(settled_start(trajectory.potential_energy_ev[rows]), settled_start(volume))


def _pressure(series: Floats) -> BlockAverage | None:
    """Average the pressure; without a stress there is none."""
    return None if np.isnan(series).all() else block_average(series)


def _edges(cells: Floats) -> tuple[Floats, Floats]:
    """Return lengths [angstrom] and the angles between the two other vectors [degree], both ``(n_rows, 3)``."""
    lengths = np.linalg.norm(cells, axis=2)
    unit = cells / lengths[:, :, None]
    cosines = np.stack([(unit[:, (k + 1) % 3] * unit[:, (k + 2) % 3]).sum(axis=1) for k in range(3)], axis=1)
    return lengths, np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))


def _drift(trajectory: Trajectory, protocol: MdProtocol, stage: Stage, rows: Ints, n_atoms: int) -> EnergyDrift | None:
    """Return the drift of what the stage conserves; None where it conserves nothing."""
    drive = protocol.field
    if stage.start_k != stage.end_k:
        return None
    # the field also does work on a cell that moves, and not every engine counts it
    if drive is not None and (drive.shape != "constant" or stage.ensemble == "npt"):
        return None
    return energy_drift(trajectory.time_ps[rows], trajectory.conserved_energy_ev[rows], n_atoms)
