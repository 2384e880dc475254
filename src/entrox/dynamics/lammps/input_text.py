r"""The input of LAMMPS for a protocol, as text: pure functions, nothing is run.

Units ``metal``: angstrom, eV, ps, bar. Energies in the table are the potential energy of the force field alone, and the
energy that the extended system conserves: with thermostat, barostat and the energy of the field,

.. math:: -\sum_i f_i(t) \cdot (r_i - h s_i),

where f is the force of the field and h s the starting position carried along by the cell. The pressure is that of the
force field alone: the stress of the field, minus the dipole times the field over the volume, is not in it, and the
energy is conserved only in a fixed cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from entrox.dynamics.engine import HOT_FACTOR
from entrox.dynamics.lammps.structure_files import FIELD_SECTION, structure_elements
from entrox.dynamics.potential import Potential
from entrox.dynamics.protocols import FEMTOSECONDS_PER_PS, Field, MdProtocol, Stage

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "CHECKPOINTS",
    "DATA",
    "FRAME_COLUMNS",
    "FRAME_DUMP",
    "LOG",
    "THERMO_COLUMNS",
    "batch_input",
    "lammps_input",
]

DATA, LOG, FRAME_DUMP, CHECKPOINTS = "start.data", "log.lammps", "frames.dump", "checkpoint.*.restart"
SNAPSHOT = "start.dump"
THERMO_COLUMNS = (
    "step", "temp", "press", "pxx", "pyy", "pzz", "pyz", "pxz", "pxy", "c_bare", "econserve", "lx", "ly", "lz", "xy",
    "xz", "yz",
)  # fmt: skip
FRAME_COLUMNS = ("id", "xu", "yu", "zu", "vx", "vy", "vz")
LARGEST_SEED = 900_000_000
"""LAMMPS takes seeds from 1 to this."""
SIDE_DRAG = 1.0
"""Damping of free sides, which would swing about their stress else."""
SIDE_TEMPERATURE_K = 300.0
"""Free sides are never lighter than at this temperature."""
HALT_EVERY = 10
"""Steps between two looks at the temperature."""
SYSTEM = ("units metal", "atom_style atomic", "boundary p p p", "box tilt large")
FIELD_VALUES = "d_field_x d_field_y d_field_z d_start_a d_start_b d_start_c"


def lammps_input(
    atoms: Atoms,
    protocol: MdProtocol,
    potential: Potential,
    *,
    restart: str | None = None,
    restart_step: int = 0,
    seed: int = 0,
) -> str:
    """Return the input of a run.

    Parameters
    ----------
    atoms
        Starting structure; its data file is ``start.data``.
    protocol, potential
        What to run, with which forces.
    restart, restart_step
        Checkpoint to go on from, and its step; from the data file if None.
    seed
        Seed of a Langevin thermostat; a run that goes on gets other kicks than one that was not interrupted.

    Raises
    ------
    InputError
        If LAMMPS cannot compute the force field.
    """
    lines = [
        *_start(protocol.field, restart),
        *potential.lammps_lines(structure_elements(atoms), protocol.deviation_every),
        *_watch(protocol),
        *([] if protocol.field is None else _drive(protocol.field, protocol)),
        *_frames(protocol, FRAME_DUMP),
        f"restart {protocol.checkpoint_every} {CHECKPOINTS}",
        *_stages(protocol, restart_step, seed),
    ]
    return "\n".join(lines) + "\n"


def batch_input(atoms: Atoms, protocols: Sequence[MdProtocol], potential: Potential, folders: Sequence[str]) -> str:
    """Return the input of several runs of one composition, one after the other, in one process.

    The force field is set up once. From the second run on the structure is replaced by that of ``start.dump`` in the
    folder of the run; ``deviation.out`` holds the runs one behind the other, each from step 0.
    """
    lines = [*SYSTEM, f"read_data {folders[0]}/{DATA}"]
    lines += potential.lammps_lines(structure_elements(atoms), protocols[0].deviation_every)
    for number, (protocol, folder) in enumerate(zip(protocols, folders, strict=True)):
        lines.append(f"log {folder}/{LOG}")
        if number > 0:
            lines += [
                "timer timeout off",  # a run that was halted would stop the next one at once
                "reset_timestep 0",
                f"read_dump {folder}/{SNAPSHOT} 0 x y z ix iy iz vx vy vz box yes timestep no",
            ]
        lines += [*_watch(protocol), *_frames(protocol, f"{folder}/{FRAME_DUMP}"), *_stages(protocol, 0)]
        lines += ["undump frames", "unfix hot", "uncompute bare"]
    return "\n".join(lines) + "\n"


def _start(drive: Field | None, restart: str | None) -> list[str]:
    """Return the lines up to the atoms; values of a fix are taken from a checkpoint when it is defined behind that."""
    values = [] if drive is None else [f"fix field_values all property/atom {FIELD_VALUES}"]
    section = "" if drive is None else f" fix field_values NULL {FIELD_SECTION}"
    atoms = [*values, f"read_data {DATA}{section}"] if restart is None else [f"read_restart {restart}", *values]
    return [*SYSTEM, *atoms]


def _watch(protocol: MdProtocol) -> list[str]:
    """Return the time step, the table, and the end of a run that explodes."""
    hottest = HOT_FACTOR * protocol.highest_k if protocol.guard is None else protocol.guard.hottest_k
    return [
        f"timestep {protocol.timestep_fs / FEMTOSECONDS_PER_PS!r}",
        "compute bare all pe pair",
        f"thermo_style custom {' '.join(THERMO_COLUMNS)}",
        "thermo_modify line one format float %.17g flush yes lost error",
        f"thermo {protocol.thermo_every}",
        "variable temperature equal c_thermo_temp",
        f"fix hot all halt {HALT_EVERY} v_temperature > {hottest!r} error soft message yes",
    ]


def _frames(protocol: MdProtocol, path: str) -> list[str]:
    return [
        f"dump frames all custom {protocol.frame_every} {path} {' '.join(FRAME_COLUMNS)}",
        "dump_modify frames sort id format float %.17g",
    ]


def _drive(drive: Field, protocol: MdProtocol) -> list[str]:
    """Return the force of the field and its energy."""
    strength = {
        "constant": "1.0",
        "ramp": f"step*dt/{protocol.n_steps * protocol.timestep_fs / FEMTOSECONDS_PER_PS!r}",
        "sine": f"sin(2.0*PI*step*dt/{drive.period_ps!r})",
    }[drive.shape]
    moved = {
        "x": "c_unwrapped[1]-xlo-lx*d_start_a-xy*d_start_b-xz*d_start_c",
        "y": "c_unwrapped[2]-ylo-ly*d_start_b-yz*d_start_c",
        "z": "c_unwrapped[3]-zlo-lz*d_start_c",
    }
    energy = "+".join(f"d_field_{axis}*({way})" for axis, way in moved.items())
    return [
        f'variable strength equal "{strength}"',
        "compute unwrapped all property/atom xu yu zu",
        *(f'variable force_{axis} atom "v_strength*d_field_{axis}"' for axis in moved),
        f'variable field_energy atom "-v_strength*({energy})"',
        "fix drive all addforce v_force_x v_force_y v_force_z energy v_field_energy",
        "fix_modify drive energy yes",
    ]


def _stages(protocol: MdProtocol, done: int, seed: int = 0) -> list[str]:
    """Return the runs that are left after some steps; the last one always, so that its table has a row."""
    stages = protocol.stages()
    lines, start = [], 0
    for number, stage in enumerate(stages):
        end = start + stage.n_steps
        if end > done or number == len(stages) - 1:
            name = f"stage_{number}"
            fixes = [f"{name} all {_ensemble(stage, protocol)}", *_bath_and_pull(name, stage, protocol, seed + done)]
            lines += [
                *(f"fix {fix}" for fix in fixes),
                f"run {end} upto start {start} stop {end}",
                *(f"unfix {fix.split()[0]}" for fix in fixes),
            ]
        start = end
    return lines


def _bath_and_pull(name: str, stage: Stage, protocol: MdProtocol, seed: int) -> list[str]:
    """Return the fixes beside that of the ensemble: friction and kicks, and a cell that is stretched."""
    fixes = []
    if protocol.langevin_per_fs is not None and stage.ensemble == "nvt":
        damping = 1.0 / protocol.langevin_per_fs / FEMTOSECONDS_PER_PS
        number = 1 + seed % LARGEST_SEED
        fixes.append(f"{name}_bath all langevin {stage.start_k!r} {stage.end_k!r} {damping!r} {number} zero yes")
    if protocol.pull is not None and stage.strain_rate_per_ps != 0.0:
        axis = "xyz"[protocol.pull.axis]
        fixes.append(f"{name}_pull all deform 1 {axis} erate {stage.strain_rate_per_ps!r} remap x")
    return fixes


def _ensemble(stage: Stage, protocol: MdProtocol) -> str:
    thermostat = f"temp {stage.start_k!r} {stage.end_k!r} {protocol.thermostat_ps!r}"
    # friction and kicks are a fix of their own, beside one that only moves
    alone = stage.ensemble == "nve" or (protocol.langevin_per_fs is not None and stage.ensemble == "nvt")
    if stage.strain_rate_per_ps != 0.0 and protocol.pull is not None and protocol.pull.lateral == "free":
        free = [side for number, side in enumerate("xyz") if number != protocol.pull.axis]
        # the mass of the sides grows with the temperature: when cold they would be too light for the time step
        damping = protocol.barostat_ps * max(1.0, (SIDE_TEMPERATURE_K / stage.start_k) ** 0.5)
        sides = " ".join(f"{side} 0.0 0.0 {damping!r}" for side in free)
        return f"{'nph' if alone else f'npt {thermostat}'} {sides} drag {SIDE_DRAG!r}"
    if alone:
        return "nve"
    if stage.ensemble == "nvt":
        return f"nvt {thermostat}"
    pressure = protocol.pressure_bar
    # a cell that jumps to an equivalent one would break the frames apart
    return f"npt {thermostat} tri {pressure!r} {pressure!r} {protocol.barostat_ps!r} flip no"
