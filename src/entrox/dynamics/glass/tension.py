r"""Tension of a glass: stress over strain along one axis, by molecular dynamics or from minimum to minimum.

The cell is stretched along x, y or z at a constant rate of its first length, :math:`L = L_0 (1 + \dot\varepsilon t)`,
the atoms carried along. The strain is nominal, :math:`L / L_0 - 1`; the true stress is that of the cell as it is, the
nominal one counts on the first cross section. Units: GPa, 1/ps, ps, K, eV, angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from entrox.core import ConvergenceError, InputError, Result, check_in_range, check_integer, check_positive, quantity
from entrox.core.units import GIGAPASCAL_PER_EV_PER_ANGSTROM3
from entrox.dynamics.crystal.relax import relax
from entrox.dynamics.engine import Engine, Trajectory
from entrox.dynamics.glass.held_potential import held_open
from entrox.dynamics.glass.phases import start_of
from entrox.dynamics.glass.protocols import Stretching
from entrox.dynamics.glass.stress_strain import StressStrain, curve_numbers, transit_time
from entrox.dynamics.potential import Potential, check_elements
from entrox.dynamics.protocols import Minimize

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["MODES", "TensileResult", "TensionSettings", "run_tension"]

Floats = NDArray[np.float64]

MODES = ("uniaxial-strain", "uniaxial-stress", "athermal")
MODULUS_KINDS = {
    "uniaxial-strain": "longitudinal modulus",
    "uniaxial-stress": "Young's modulus",
    "athermal": "longitudinal modulus",
    "volumetric": "three times the bulk modulus",
}
QUASI_STATIC_RATIO = 5.0
"""Transits of sound below which the ends of the cell do not know of each other."""
LARGEST_LATERAL_SHARE = 0.2
FEMTOSECONDS_PER_PS = 1000.0


@dataclass(frozen=True, kw_only=True)
class TensionSettings:
    """How a glass is stretched.

    Parameters
    ----------
    mode
        ``uniaxial-strain``: the sides are kept; ``uniaxial-stress``: their stress is held at zero; ``athermal``: the
        sides are kept, and the minimum of the energy is searched after each step.
    rate_per_ps, max_strain
        Strain rate, and strain at the end; negative for compression.
    step
        Step of ``athermal``.
    axis
        0, 1 or 2 for x, y or z.
    volumetric
        Stretch all directions alike; ``athermal`` only.
    temperature_k, timestep_fs, settle_ps
        Temperature, time step, time at rest before.
    bath
        False leaves out the thermostat while the cell is stretched.
    frame_every, checkpoint_every
        Steps between two frames, between two checkpoints.
    barostat_ps
        Damping time of free sides; short beside the test.
    force_tolerance_ev_per_angstrom, relax_steps
        Search of ``athermal``.
    """

    mode: Literal["uniaxial-strain", "uniaxial-stress", "athermal"] = "uniaxial-strain"
    rate_per_ps: float = 0.3
    max_strain: float = 0.075
    step: float = 0.0025
    axis: int = 0
    volumetric: bool = False
    temperature_k: float = 300.0
    timestep_fs: float = 1.0
    settle_ps: float = 0.5
    bath: bool = True
    frame_every: int = 10
    checkpoint_every: int = 100
    barostat_ps: float = 0.05
    force_tolerance_ev_per_angstrom: float = 0.01
    relax_steps: int = 500

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise InputError(f"mode must be one of {', '.join(MODES)}; got {self.mode!r}.")
        check_positive(self.rate_per_ps, "rate_per_ps", "1/ps")
        check_in_range(self.max_strain, "max_strain", low=-0.5, high=2.0)
        check_positive(self.step, "step")
        check_integer(self.axis, "axis", low=0, high=2)
        check_positive(self.temperature_k, "temperature_k", "K")
        check_in_range(self.settle_ps, "settle_ps", low=0.0, unit="ps")
        if self.max_strain == 0.0 or self.step > abs(self.max_strain):
            raise InputError(f"max_strain must be more than a step of {self.step:g}; got {self.max_strain:g}.")
        if self.volumetric and self.mode != "athermal":
            raise InputError("a volumetric strain is made in steps: take mode = athermal with it.")


@dataclass(frozen=True, kw_only=True)
class TensileResult(Result):
    """A tension test; ``status`` is ``finished`` or ``diverged``, and the curve then ends before that.

    ``modulus_kind`` names the modulus that the slope is. What was not reached is None.
    """

    mode: str
    status: str
    modulus_kind: str
    rate_per_ps: float | None = quantity("1/ps", "strain rate; None without time")
    strain: Floats = quantity("1", "nominal strain", axes=("row",))
    stress_gpa: Floats = quantity("GPa", "true stress along the axis", axes=("row",))
    nominal_stress_gpa: Floats = quantity("GPa", "force over the first cross section", axes=("row",))
    lateral_stress_gpa: Floats = quantity("GPa", "mean true stress of the two sides", axes=("row",))
    temperature_k: Floats = quantity("K", "temperature", axes=("row",))
    energy_ev_per_atom: Floats = quantity("eV/atom", "potential energy", axes=("row",))
    total_energy_ev: Floats = quantity("eV", "potential and kinetic energy", axes=("row",))
    volume_angstrom3: Floats = quantity("angstrom3", "volume", axes=("row",))
    atoms: Atoms
    modulus_gpa: float | None = quantity("GPa", "slope of the stress below a strain of 1 %")
    modulus_error_gpa: float | None = quantity("GPa", "standard error of the slope, rows taken as independent")
    start_stress_gpa: float = quantity("GPa", "stress without strain, of the line of that slope")
    yield_stress_gpa: float | None = quantity("GPa", "stress at the offset of 0.2 %")
    yield_strain: float | None = quantity("1", "strain at the offset of 0.2 %")
    peak_stress_gpa: float = quantity("GPa", "highest stress")
    peak_strain: float = quantity("1", "strain at the highest stress")
    transit_ps: float | None = quantity("ps", "time of sound through the cell along the axis")
    transit_ratio: float | None = quantity("1", "time of the test over that of sound")
    warnings: tuple[str, ...] = ()


def run_tension(
    atoms: Atoms,
    engine: Engine,
    potential: Potential,
    settings: TensionSettings,
    rng: np.random.Generator,
    run_folder: str | Path,
) -> TensileResult:
    """Stretch a structure.

    Parameters
    ----------
    atoms
        Periodic in all directions; its momenta are kept where it has any.
    engine, potential
        What runs it, with which forces; ``athermal`` needs the forces only.
    settings
        Kind, rate and length of the test.
    rng
        Draws the seed of velocities and bath.
    run_folder
        Folder of the run; an interrupted one goes on.

    Raises
    ------
    InputError
        If the structure is not periodic, an element is unknown, or the folder holds another run.
    ConvergenceError
        If the force field has no finite forces at the start.
    """
    if not atoms.pbc.all():
        raise InputError(f"tension needs a periodic box; got pbc = {atoms.pbc.tolist()}.")
    check_elements(potential, atoms)
    if settings.mode == "athermal":
        curve, last, forces = _athermal(atoms, potential, settings)
        whole = len(curve.strain) == _strains(settings).size
        return _told(settings, curve, last, "finished" if whole else "diverged", forces)
    protocol = _protocol(atoms, settings)
    seed = int(rng.integers(2**31))
    run = engine.run(atoms, protocol, potential, Path(run_folder), seed=seed)
    last = atoms
    for frame in run.frames():
        last = start_of(frame, atoms)
    return _told(settings, _measured(run, protocol, atoms), last, run.status)


def _protocol(atoms: Atoms, settings: TensionSettings) -> Stretching:
    return Stretching(
        temperature_k=settings.temperature_k,
        strain=settings.max_strain,
        rate_per_ps=settings.rate_per_ps,
        axis=settings.axis,
        lateral="free" if settings.mode == "uniaxial-stress" else "fixed",
        settle_ps=settings.settle_ps,
        bath=settings.bath,
        timestep_fs=settings.timestep_fs,
        thermo_every=1,
        frame_every=settings.frame_every,
        checkpoint_every=settings.checkpoint_every,
        barostat_ps=settings.barostat_ps,
        keep_velocities=atoms.has("momenta"),
        # a stretched glass may break and heat up
        hot_factor=10.0,
    )


def _measured(run: Trajectory, protocol: Stretching, atoms: Atoms) -> StressStrain:
    """Return the rows of the stretching."""
    stages = protocol.stages()
    settled = run.step >= (stages[0].n_steps if len(stages) > 1 else 0)
    axis = protocol.axis
    sides = [side for side in range(3) if side != axis]
    cells = run.cell_angstrom[settled]
    stretch = np.linalg.solve(np.broadcast_to(cells[0], cells.shape), cells)
    stress = run.stress_ev_per_angstrom3[settled] * GIGAPASCAL_PER_EV_PER_ANGSTROM3
    temperature = run.temperature_k[settled]
    potential = run.potential_energy_ev[settled]
    return StressStrain(
        strain=stretch[:, axis, axis] - 1.0,
        stress_gpa=stress[:, axis],
        lateral_stress_gpa=stress[:, sides].mean(axis=1),
        area_ratio=stretch[:, sides[0], sides[0]] * stretch[:, sides[1], sides[1]],
        temperature_k=temperature,
        potential_energy_ev=potential,
        kinetic_energy_ev=_kinetic(temperature, len(atoms)),
        volume_angstrom3=np.abs(np.linalg.det(cells)),
    )


def _kinetic(temperature_k: Floats, n_atoms: int) -> Floats:
    from entrox.core.units import BOLTZMANN_EV_PER_K

    return np.asarray(0.5 * (3 * n_atoms - 3) * BOLTZMANN_EV_PER_K * temperature_k)


def _strains(settings: TensionSettings) -> Floats:
    """Return the strains of ``athermal``."""
    return np.linspace(0.0, settings.max_strain, round(abs(settings.max_strain) / settings.step) + 1)


def _athermal(atoms: Atoms, potential: Potential, settings: TensionSettings) -> tuple[StressStrain, Atoms, Floats]:
    """Return the curve of minima up to the last one with forces, that one, and the largest force left in each."""
    strains = _strains(settings)
    sides = [side for side in range(3) if side != settings.axis]
    search = Minimize(
        force_tolerance_ev_per_angstrom=settings.force_tolerance_ev_per_angstrom, max_steps=settings.relax_steps
    )
    work, rows = atoms.copy(), list[tuple[float, ...]]()
    work.arrays.pop("momenta", None)
    last, forces = work, list[float]()
    with held_open(potential) as held:
        for strain in strains:
            stretch = np.ones(3)
            stretch[[0, 1, 2] if settings.volumetric else settings.axis] += strain
            work.set_cell(atoms.cell.array * stretch, scale_atoms=True)
            found = relax(work, held, search)
            if not np.isfinite([found.energy_ev, found.largest_force_ev_per_angstrom]).all():
                break
            work = found.atoms
            with held.open_calculator() as calculator:
                work.calc = calculator
                stress = work.get_stress(voigt=False) * GIGAPASCAL_PER_EV_PER_ANGSTROM3
                along = np.trace(stress) / 3.0 if settings.volumetric else stress[settings.axis, settings.axis]
                aside = stress[sides, sides].mean()
                rows.append((along, aside, stretch[sides].prod(), work.get_potential_energy(), work.get_volume()))
                work.calc = None
            last = work.copy()
            forces.append(found.largest_force_ev_per_angstrom)
    if not rows:
        raise ConvergenceError("no forces at the start: the force field gives an energy or forces that are not finite.")
    along, aside, area, energy, volume = np.array(rows).T
    still = np.zeros(len(rows))
    return StressStrain(
        strain=strains[: len(rows)], stress_gpa=along, lateral_stress_gpa=aside, area_ratio=area, temperature_k=still,
        potential_energy_ev=energy, kinetic_energy_ev=still, volume_angstrom3=volume,
    ), last, np.array(forces)  # fmt: skip


def _told(
    settings: TensionSettings, curve: StressStrain, last: Atoms, status: str, forces: Floats | None = None
) -> TensileResult:
    found = curve_numbers(curve, smooth=settings.mode != "athermal")
    athermal = settings.mode == "athermal"
    length = float(curve.strain[-1])
    edge = float(np.linalg.norm(last.cell.array[settings.axis])) / (1.0 + length)
    transit = None if athermal else transit_time(found.modulus_gpa, last, edge)
    ratio = None if transit is None else abs(settings.max_strain) / settings.rate_per_ps / transit
    kind = "volumetric" if settings.volumetric else settings.mode
    result = TensileResult(
        mode=settings.mode,
        status=status,
        modulus_kind=MODULUS_KINDS[kind],
        rate_per_ps=None if athermal else settings.rate_per_ps,
        strain=curve.strain,
        stress_gpa=curve.stress_gpa,
        nominal_stress_gpa=curve.stress_gpa * curve.area_ratio,
        lateral_stress_gpa=curve.lateral_stress_gpa,
        temperature_k=curve.temperature_k,
        energy_ev_per_atom=curve.potential_energy_ev / len(last),
        total_energy_ev=curve.potential_energy_ev + curve.kinetic_energy_ev,
        volume_angstrom3=curve.volume_angstrom3,
        atoms=last,
        modulus_gpa=found.modulus_gpa,
        modulus_error_gpa=found.modulus_error_gpa,
        start_stress_gpa=found.start_stress_gpa,
        yield_stress_gpa=found.yield_stress_gpa,
        yield_strain=found.yield_strain,
        peak_stress_gpa=found.peak_stress_gpa,
        peak_strain=found.peak_strain,
        transit_ps=transit,
        transit_ratio=ratio,
    )
    told = _warnings(settings, result)
    if forces is not None and (left := int((forces > settings.force_tolerance_ev_per_angstrom).sum())):
        told.append(
            f"{left} of {len(forces)} minima were not reached in {settings.relax_steps} steps: a force of "
            f"{forces.max():.3g} eV/angstrom is left. Raise relax_steps."
        )
    return replace(result, warnings=tuple(told))


def _warnings(settings: TensionSettings, result: TensileResult) -> list[str]:
    told = []
    if result.modulus_gpa is None:
        told.append("the stress does not rise below a strain of 1 %, or too few rows lie there: no modulus.")
    if result.transit_ratio is not None and result.transit_ratio < QUASI_STATIC_RATIO:
        told.append(
            f"not quasi-static: the test lasts {result.transit_ratio:.3g} transits of sound through the cell, fewer "
            f"than {QUASI_STATIC_RATIO:g}. Lower --rate-per-ps."
        )
    first = result.start_stress_gpa
    if abs(first) > 0.5:
        told.append(f"the glass starts under a stress of {first:.3g} GPa: its volume is not that without stress.")
    if settings.mode == "uniaxial-stress" and result.status == "finished":
        half = len(result.strain) // 2
        aside = float(np.abs(result.lateral_stress_gpa[half:].mean()))
        if aside > LARGEST_LATERAL_SHARE * abs(result.peak_stress_gpa):
            told.append(f"the sides still carry {aside:.3g} GPa: they cannot follow so fast. Lower --rate-per-ps.")
    if result.status != "finished":
        told.append("the run exploded; the curve ends before that.")
    return told
