"""What a molecular dynamics run does: its ensemble, temperatures, field and output, free of any engine.

Every protocol is a sequence of stages; an engine runs the stages one after the other. Temperatures in K, pressures in
bar, times in ps (time step in fs), fields in V/m.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from entrox.core import InputError, check_in_range, check_integer, check_positive

__all__ = [
    "Field",
    "FieldDriven",
    "Guard",
    "Ladder",
    "MdProtocol",
    "Minimize",
    "Npt",
    "Nve",
    "Nvt",
    "Pull",
    "Ramp",
    "Stage",
]

Ensemble = Literal["nve", "nvt", "npt"]
FEMTOSECONDS_PER_PS = 1000.0


@dataclass(frozen=True)
class Stage:
    """A stretch of a run in one ensemble, the temperature going in a straight line from its start to its end [K].

    Where ``strain_rate_per_ps`` is not zero, the protocol's pull stretches the cell at that rate of its first length.
    """

    ensemble: Ensemble
    n_steps: int
    start_k: float
    end_k: float
    strain_rate_per_ps: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Guard:
    """When a run is given up: too hot, atoms too close, or an energy far from that of its start.

    Parameters
    ----------
    hottest_k
        Highest temperature [K].
    closest_angstrom
        Shortest distance between atoms; it is looked at where a frame is kept.
    energy_change_ev_per_atom
        Largest change of the potential energy since the start of the run.
    """

    hottest_k: float
    closest_angstrom: float = 0.0
    energy_change_ev_per_atom: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Pull:
    """A cell stretched along one of its directions, which must be x, y or z.

    Parameters
    ----------
    axis
        0, 1 or 2.
    lateral
        ``fixed``: the other two lengths are kept; ``free``: they follow their stress to zero.
    """

    axis: int
    lateral: Literal["fixed", "free"] = "fixed"


@dataclass(frozen=True, kw_only=True)
class Field:
    """Homogeneous electric field that acts on fixed effective charges: F = Z^T E.

    Parameters
    ----------
    amplitude_v_per_m
        Field vector at full strength [V/m].
    shape
        ``constant``; ``ramp`` from zero to the amplitude over the run; ``sine`` of time.
    period_ps
        Period of the sine.
    charges_e
        Charge of each element [e]; where None, the atoms carry tensors in the array ``born_charges_e``, shape
        ``(n_atoms, 3, 3)``, first index the polarization, second the displacement.
    """

    amplitude_v_per_m: tuple[float, float, float]
    shape: Literal["constant", "ramp", "sine"] = "constant"
    period_ps: float | None = None
    charges_e: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.shape not in ("constant", "ramp", "sine"):
            raise InputError(f"the field's shape must be constant, ramp or sine; got {self.shape!r}.")
        if len(self.amplitude_v_per_m) != 3:
            raise InputError(f"amplitude_v_per_m must have three components; got {self.amplitude_v_per_m!r}.")
        for component in self.amplitude_v_per_m:
            check_in_range(component, "amplitude_v_per_m", unit="V/m")
        if self.shape == "sine":
            check_positive(math.nan if self.period_ps is None else self.period_ps, "period_ps of a sine", "ps")

    def strength(self, time_ps: float, length_ps: float) -> float:
        """Field over its amplitude at a time of a run of a given length."""
        if self.shape == "sine" and self.period_ps is not None:
            return math.sin(2.0 * math.pi * time_ps / self.period_ps)
        return min(time_ps / length_ps, 1.0) if self.shape == "ramp" else 1.0


@dataclass(frozen=True, kw_only=True)
class MdProtocol:
    """What all molecular dynamics protocols share.

    Parameters
    ----------
    timestep_fs
        Time step [fs].
    thermostat_ps, barostat_ps
        Damping times of the Nose-Hoover thermostat and of the barostat of the whole cell [ps].
    pressure_bar
        Pressure of the stages at constant pressure [bar]; 1 kbar is 1000.
    thermo_every, frame_every, deviation_every
        Steps between two rows of temperature, pressure and energy; between two kept frames; between two values of the
        committee's deviation.
    checkpoint_every
        Steps between two checkpoints.
    keep_velocities
        Start from the momenta of the atoms instead of drawing them at the starting temperature.
    """

    timestep_fs: float = 2.0
    thermostat_ps: float = 0.2
    barostat_ps: float = 2.0
    pressure_bar: float = 0.0
    thermo_every: int = 10
    frame_every: int = 100
    deviation_every: int = 20
    checkpoint_every: int = 5000
    keep_velocities: bool = False

    def __post_init__(self) -> None:
        check_in_range(self.timestep_fs, "timestep_fs", low=0.0, high=20.0, low_open=True, unit="fs")
        check_positive(self.thermostat_ps, "thermostat_ps", "ps")
        check_positive(self.barostat_ps, "barostat_ps", "ps")
        check_in_range(self.pressure_bar, "pressure_bar", unit="bar")
        for name in ("thermo_every", "frame_every", "deviation_every", "checkpoint_every"):
            check_integer(getattr(self, name), name, low=1)
        self.stages()

    def stages(self) -> tuple[Stage, ...]:
        """Return the stretches of the run in their order."""
        raise NotImplementedError

    @property
    def field(self) -> Field | None:
        """Electric field of the run, None without one."""
        return None

    @property
    def langevin_per_fs(self) -> float | None:
        """Friction of a Langevin thermostat [1/fs] at constant volume, None for Nose-Hoover chains."""
        return None

    @property
    def guard(self) -> Guard | None:
        """When the run is given up, None for the engine's own rule."""
        return None

    @property
    def pull(self) -> Pull | None:
        """How stages with a strain rate stretch the cell."""
        return None

    @property
    def n_steps(self) -> int:
        """Number of time steps of all stages."""
        return sum(stage.n_steps for stage in self.stages())

    @property
    def start_k(self) -> float:
        """Temperature at which velocities are drawn [K]."""
        return self.stages()[0].start_k

    @property
    def highest_k(self) -> float:
        """Highest temperature that the run is meant to have [K]."""
        return max(max(stage.start_k, stage.end_k) for stage in self.stages())

    def steps(self, length_ps: float) -> int:
        """Whole number of steps nearest to a length of time, at least one."""
        check_positive(length_ps, "length_ps", "ps")
        return max(1, round(length_ps * FEMTOSECONDS_PER_PS / self.timestep_fs))


@dataclass(frozen=True, kw_only=True)
class Nve(MdProtocol):
    """Constant energy and cell."""

    temperature_k: float
    length_ps: float

    def stages(self) -> tuple[Stage, ...]:
        """Return the one stage."""
        return (_level(self, "nve", self.temperature_k, self.length_ps),)


@dataclass(frozen=True, kw_only=True)
class Nvt(MdProtocol):
    """Constant temperature and cell."""

    temperature_k: float
    length_ps: float

    def stages(self) -> tuple[Stage, ...]:
        """Return the one stage."""
        return (_level(self, "nvt", self.temperature_k, self.length_ps),)


@dataclass(frozen=True, kw_only=True)
class Npt(MdProtocol):
    """Constant temperature and pressure; all six components of the cell move."""

    temperature_k: float
    length_ps: float

    def stages(self) -> tuple[Stage, ...]:
        """Return the one stage."""
        return (_level(self, "npt", self.temperature_k, self.length_ps),)


@dataclass(frozen=True, kw_only=True)
class Ramp(MdProtocol):
    """Heating or cooling at a constant rate and constant pressure, after ``settle_ps`` at the start."""

    t_start_k: float
    t_end_k: float
    rate_k_per_ps: float
    settle_ps: float = 0.0

    def stages(self) -> tuple[Stage, ...]:
        """Return the settling and the ramp."""
        for name in ("t_start_k", "t_end_k"):
            check_positive(getattr(self, name), name, "K")
        check_positive(self.rate_k_per_ps, "rate_k_per_ps", "K/ps")
        if self.t_start_k == self.t_end_k:
            raise InputError(f"a ramp needs two temperatures; got t_start_k = t_end_k = {self.t_start_k:g} K. Use Npt.")
        n_steps = self.steps(abs(self.t_end_k - self.t_start_k) / self.rate_k_per_ps)
        ramp = Stage("npt", n_steps, self.t_start_k, self.t_end_k)
        check_in_range(self.settle_ps, "settle_ps", low=0.0, unit="ps")
        return (ramp,) if self.settle_ps == 0 else (_level(self, "npt", self.t_start_k, self.settle_ps), ramp)


@dataclass(frozen=True, kw_only=True)
class Ladder(MdProtocol):
    """A row of temperatures, each held for ``hold_ps`` at constant pressure."""

    temperatures_k: tuple[float, ...]
    hold_ps: float

    def stages(self) -> tuple[Stage, ...]:
        """Return one stage for each temperature."""
        if not self.temperatures_k:
            raise InputError("a ladder needs at least one temperature; got none.")
        return tuple(_level(self, "npt", t, self.hold_ps) for t in self.temperatures_k)


@dataclass(frozen=True, kw_only=True)
class FieldDriven(MdProtocol):
    """Constant temperature under an electric field, at constant pressure or in a fixed cell."""

    temperature_k: float
    length_ps: float
    drive: Field = field(kw_only=True)
    fixed_cell: bool = False

    def stages(self) -> tuple[Stage, ...]:
        """Return the one stage."""
        return (_level(self, "nvt" if self.fixed_cell else "npt", self.temperature_k, self.length_ps),)

    @property
    def field(self) -> Field:
        """Electric field of the run."""
        return self.drive


@dataclass(frozen=True, kw_only=True)
class Minimize:
    """Relaxation of the positions, and of the cell where asked, to a force tolerance [eV/angstrom]."""

    force_tolerance_ev_per_angstrom: float = 1e-4
    max_steps: int = 2000
    relax_cell: bool = False
    pressure_bar: float = 0.0

    def __post_init__(self) -> None:
        check_positive(self.force_tolerance_ev_per_angstrom, "force_tolerance_ev_per_angstrom", "eV/angstrom")
        check_integer(self.max_steps, "max_steps", low=1)
        check_in_range(self.pressure_bar, "pressure_bar", unit="bar")


def _level(protocol: MdProtocol, ensemble: Ensemble, temperature_k: float, length_ps: float) -> Stage:
    temperature = check_positive(temperature_k, "temperature_k", "K")
    return Stage(ensemble, protocol.steps(length_ps), temperature, temperature)
