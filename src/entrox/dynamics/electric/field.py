r"""Polarization of a run in an electric field, the work of the field, and the loop.

.. math:: \mathbf{M} = \sum_i Z_i \, (\mathbf{r}_i - \mathbf{s}_i h), \qquad
          H + \int \mathbf{M} \cdot d\mathbf{E} = \mathrm{const}

M is the dipole against a reference structure, whose scaled positions s the cell h carries along; H is the energy of the
extended system with -M E: a constant field conserves it, a changing one takes M dE from it.
Effective charges Z are fixed. Units: e angstrom, C/m2, V/m, eV, ps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_shape, quantity
from entrox.core.units import C_PER_M2_PER_E_PER_ANGSTROM2, SECOND_PER_PICOSECOND, VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
from entrox.dynamics.crystal.energy_drift import EnergyDrift, energy_drift
from entrox.dynamics.electric.field_force import effective_charges
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS, Field, MdProtocol
from entrox.order.response.hysteresis import Loop, hysteresis_loop

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["FIXED_CHARGES", "PolarizationSeries", "conserved_energy_drift", "field_loop", "frame_polarization",
           "polarization_series"]  # fmt: skip

Floats = NDArray[np.float64]

FIXED_CHARGES = "the effective charges are fixed: the polarization does not know how they change with the structure."


@dataclass(frozen=True, kw_only=True)
class PolarizationSeries(Result):
    """Polarization and field of the kept frames of a run, in the frame of the box."""

    time_ps: Floats = quantity("ps", "time", axes=("frame",))
    field_v_per_m: Floats = quantity("V/m", "electric field", axes=("frame", "component"))
    dipole_e_angstrom: Floats = quantity("e angstrom", "dipole of the box", axes=("frame", "component"))
    polarization_c_per_m2: Floats = quantity("C/m2", "polarization", axes=("frame", "component"))
    cell_angstrom: Floats = quantity("angstrom", "cell vectors as rows", axes=("frame", "vector", "component"))
    warnings: tuple[str, ...] = ()


def frame_polarization(
    frames: Iterable[Atoms], reference: Atoms, charges_e: Mapping[str, float] | None = None
) -> tuple[Floats, Floats]:
    """Dipoles of frames [e angstrom], shape ``(n, 3)``, and their cells [angstrom], shape ``(n, 3, 3)``.

    Parameters
    ----------
    frames
        Frames with unwrapped positions, read one after the other.
    reference
        Structure without polarization, with the same atoms in the same order. Atoms that the first frame has in another
        image are taken at the nearest one.
    charges_e
        Charge by element; where None, the reference carries tensors in the array ``born_charges_e``.

    Raises
    ------
    InputError
        If charges are missing or not neutral, or there is no frame.
    """
    tensors = effective_charges(reference, Field(amplitude_v_per_m=(0.0, 0.0, 0.0), charges_e=charges_e))
    scaled = reference.get_scaled_positions(wrap=False)
    dipoles: list[Floats] = []
    cells: list[Floats] = []
    for atoms in frames:
        moved = np.linalg.solve(atoms.cell.array.T, atoms.positions.T).T - scaled
        if not cells:
            scaled = scaled + np.round(moved)
            moved = moved - np.round(moved)
        dipoles.append(np.einsum("iab,ib->a", tensors, moved @ atoms.cell.array))
        cells.append(atoms.cell.array.copy())
    if not cells:
        raise InputError("a series of polarization needs at least one frame; got none. Keep frames of the run.")
    return np.array(dipoles), np.array(cells)


def polarization_series(
    trajectory: Trajectory, protocol: MdProtocol, reference: Atoms, charges_e: Mapping[str, float] | None = None
) -> PolarizationSeries:
    """Polarization over the kept frames of a run.

    Parameters
    ----------
    trajectory, protocol
        The run; without a field in the protocol, the field is zero.
    reference
        Structure from which the polarization counts, as for :func:`frame_polarization`.
    charges_e
        Charge by element; those of the protocol's field if None.
    """
    drive = protocol.field
    if charges_e is None and drive is not None:
        charges_e = drive.charges_e
    dipole, cells = frame_polarization(trajectory.frames(), reference, charges_e)
    time = np.asarray(trajectory.frame_step * (protocol.timestep_fs / FEMTOSECONDS_PER_PS), dtype=float)
    volume = np.abs(np.linalg.det(cells))
    return PolarizationSeries(
        time_ps=time,
        field_v_per_m=_field_at(time, protocol),
        dipole_e_angstrom=dipole,
        polarization_c_per_m2=dipole / volume[:, None] * C_PER_M2_PER_E_PER_ANGSTROM2,
        cell_angstrom=cells,
        warnings=(FIXED_CHARGES,),
    )


def conserved_energy_drift(trajectory: Trajectory, protocol: MdProtocol, series: PolarizationSeries) -> EnergyDrift:
    """Drift of what a run in a field must conserve: the energy of the extended system less the power of the field.

    Parameters
    ----------
    trajectory, protocol
        The run. A thermostat whose temperature changes conserves nothing.
    series
        Polarization against the starting structure of the run, of frames close enough together to integrate over: some
        twenty in a period.
    """
    rows = np.searchsorted(trajectory.step, trajectory.frame_step)
    kept = rows < len(trajectory.step)
    kept[kept] = trajectory.step[rows[kept]] == trajectory.frame_step[kept]
    if kept.sum() < 3:
        raise InputError(
            "frames and rows of the run must share at least three steps. Make frame_every a multiple of thermo_every."
        )
    energy = trajectory.conserved_energy_ev[rows[kept]] + field_power_ev(series)[kept]
    return energy_drift(series.time_ps[kept], energy, len(next(trajectory.frames())))


def field_power_ev(series: PolarizationSeries) -> Floats:
    """Integral of M dE over the frames [eV], shape ``(n_frames,)``: what a changing field takes from H = U - M E."""
    field = series.field_v_per_m / VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
    dipole = series.dipole_e_angstrom
    steps = (0.5 * (dipole[1:] + dipole[:-1]) * np.diff(field, axis=0)).sum(axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])


def field_loop(series: PolarizationSeries, drive: Field, block: int = 1) -> Loop:
    """Return the loop of the polarization along the field.

    Parameters
    ----------
    series
        Polarization of a run in a sine.
    drive
        The field; its period is named beside the loop.
    block
        Frames of one average.

    Raises
    ------
    InputError
        If the field is no sine, or the series too short.
    """
    if drive.shape != "sine" or drive.period_ps is None:
        raise InputError(f"a loop needs a field of the shape sine; got {drive.shape}.")
    amplitude = check_shape(drive.amplitude_v_per_m, (3,), "amplitude_v_per_m")
    along = amplitude / np.linalg.norm(amplitude)
    loop = hysteresis_loop(series.field_v_per_m @ along, series.polarization_c_per_m2 @ along, block, series.time_ps)
    hertz = 1.0 / (drive.period_ps * SECOND_PER_PICOSECOND)
    period = f"the drive has a period of {drive.period_ps:g} ps ({hertz:.3g} Hz)."
    return replace(loop, warnings=(period, *series.warnings, *loop.warnings))


def _field_at(time_ps: Floats, protocol: MdProtocol) -> Floats:
    drive = protocol.field
    if drive is None:
        return np.zeros((len(time_ps), 3))
    length_ps = protocol.n_steps * protocol.timestep_fs / FEMTOSECONDS_PER_PS
    strength = np.array([drive.strength(time, length_ps) for time in time_ps.tolist()])
    return np.asarray(strength[:, None] * np.array(drive.amplitude_v_per_m))
