r"""Molecular dynamics at constant energy, temperature or pressure: one state, one step.

Nose-Hoover chains hold the temperature, and the cell moves with all six components under a pressure, after Martyna,
Tobias and Klein, J. Chem. Phys. 101, 4177 (1994), integrated as by Tuckerman et al., J. Phys. A 39, 5629 (2006). With
velocities v, strain rate g of the cell h, and :math:`N_f = 3 N - 3` degrees of freedom, since the center of mass rests,

.. math:: \dot r = v + g r, \quad m \dot v = F - m g v - \tfrac{\operatorname{tr} g}{N_f} m v - \xi m v, \quad
    \dot h = h g, \quad W \dot g = V (P - p) + \tfrac{1}{N_f} \sum m v^2 - \zeta W g .

Units of ASE: eV, angstrom, u; times in angstrom sqrt(u/eV). Arrays of positions and cells have vectors as rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import exprel

from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.dynamics.ase_md.langevin import Langevin
from entrox.dynamics.ase_md.stretch import Stretch

__all__ = ["Chain", "Forces", "MdState", "StepSettings", "advance", "conserved_energy", "initial_state"]

Floats = NDArray[np.float64]

CHAIN_LENGTH = 3
YOSHIDA = (1.0 / (2.0 - 2.0 ** (1 / 3)), -(2.0 ** (1 / 3)) / (2.0 - 2.0 ** (1 / 3)), 1.0 / (2.0 - 2.0 ** (1 / 3)))
"""Weights of three steps that make one of fourth order; Yoshida, Phys. Lett. A 150, 262 (1990)."""
CELL_FREEDOM = 6


@dataclass(frozen=True)
class Forces:
    """Energy, forces and derivative of the energy by strain, None where the cell is fixed.

    ``field_energy`` is that of a field from outside, whose force ``forces`` contain.
    """

    energy: float
    forces: Floats
    strain_derivative: Floats | None
    field_energy: float = 0.0


@dataclass(frozen=True)
class Chain:
    """A Nose-Hoover chain: places and momenta, shape ``(3,)``."""

    place: Floats
    momentum: Floats

    @classmethod
    def at_rest(cls) -> Chain:
        """Return a chain that does nothing yet."""
        return cls(np.zeros(CHAIN_LENGTH), np.zeros(CHAIN_LENGTH))


@dataclass(frozen=True)
class MdState:
    """All that moves: positions and momenta ``(n_atoms, 3)``, cell and its momentum ``(3, 3)``, the two chains."""

    step: int
    positions: Floats
    momenta: Floats
    cell: Floats
    cell_momentum: Floats
    thermostat: Chain
    barostat: Chain
    forces: Forces
    bath_energy: float = 0.0
    """Energy that a Langevin thermostat has given."""

    @property
    def volume(self) -> float:
        """Volume of the cell."""
        return abs(float(np.linalg.det(self.cell)))


@dataclass(frozen=True)
class StepSettings:
    """What a step needs to know; temperature and pressure may differ from step to step.

    Parameters
    ----------
    ensemble
        ``nve``, ``nvt`` or ``npt``.
    masses
        Shape ``(n_atoms, 1)``.
    timestep, thermostat_time, barostat_time
        Times.
    kt, pressure
        Temperature as an energy, and pressure [eV/angstrom3].
    langevin
        Thermostat in place of the chain; None for the chain.
    stretch
        Imposed motion of the cell; None without one.
    """

    ensemble: str
    masses: Floats
    timestep: float
    thermostat_time: float
    barostat_time: float
    kt: float
    pressure: float
    langevin: Langevin | None = None
    stretch: Stretch | None = None

    @property
    def moving_cell(self) -> bool:
        """Whether the cell moves."""
        return self.ensemble == "npt" or self.stretch is not None

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the atoms."""
        return 3 * len(self.masses) - 3

    @property
    def cell_mass(self) -> float:
        """Mass of the cell's motion."""
        return (len(self.masses) + 1) * self.kt * self.barostat_time**2

    def at_temperature(self, temperature_k: float) -> StepSettings:
        """Return the settings at a temperature."""
        return replace(self, kt=BOLTZMANN_EV_PER_K * temperature_k)


ForceLaw = Callable[[int, Floats, Floats], Forces]
"""Forces at a step, for positions and a cell."""


def initial_state(positions: Floats, momenta: Floats, cell: Floats, law: ForceLaw, step: int = 0) -> MdState:
    """Return the state at the start: chains and cell at rest."""
    return MdState(
        step=step,
        positions=positions.copy(),
        momenta=momenta.copy(),
        cell=cell.copy(),
        cell_momentum=np.zeros((3, 3)),
        thermostat=Chain.at_rest(),
        barostat=Chain.at_rest(),
        forces=law(step, positions, cell),
    )


def advance(state: MdState, settings: StepSettings, law: ForceLaw) -> MdState:
    """Return the state one time step later; forces are asked for once."""
    half = settings.timestep / 2.0
    if settings.stretch is not None:
        imposed = settings.stretch.imposed(state.cell_momentum, settings.cell_mass, settings.timestep)
        state = replace(state, cell_momentum=imposed)
    state = _move_chains(state, settings, half)
    cell_momentum = _pushed_cell(state, settings, half)
    momenta = _pushed(state.momenta, state.forces.forces, cell_momentum, settings, half)
    positions, cell = _moved(state, momenta, cell_momentum, settings)
    step = state.step + 1
    state = replace(
        state, step=step, positions=positions, cell=cell, cell_momentum=cell_momentum,
        forces=law(step, positions, cell),
    )  # fmt: skip
    momenta = _pushed(momenta, state.forces.forces, cell_momentum, settings, half)
    state = replace(state, momenta=momenta)
    state = replace(state, cell_momentum=_pushed_cell(state, settings, half))
    return _move_chains(state, settings, half, barostat_first=False)


def conserved_energy(state: MdState, settings: StepSettings) -> float:
    """Energy that the equations of motion conserve at constant temperature and pressure."""
    kinetic = 0.5 * float((state.momenta**2 / settings.masses).sum())
    energy = state.forces.energy + state.forces.field_energy + kinetic
    if settings.ensemble == "nve":
        return energy
    if settings.langevin is not None:
        return energy - state.bath_energy
    energy += _chain_energy(state.thermostat, settings.freedom, settings.kt, settings.thermostat_time)
    if settings.ensemble == "npt":
        energy += float((state.cell_momentum**2).sum()) / (2.0 * settings.cell_mass)
        energy += settings.pressure * state.volume
        energy += _chain_energy(state.barostat, CELL_FREEDOM, settings.kt, settings.barostat_time)
    return energy


def _chain_masses(freedom: int, kt: float, time: float) -> Floats:
    masses = np.full(CHAIN_LENGTH, kt * time**2)
    masses[0] *= freedom
    return masses


def _chain_energy(chain: Chain, freedom: int, kt: float, time: float) -> float:
    kinetic = float((chain.momentum**2 / _chain_masses(freedom, kt, time)).sum()) / 2.0
    return kinetic + kt * (freedom * float(chain.place[0]) + float(chain.place[1:].sum()))


def _move_chains(state: MdState, settings: StepSettings, time: float, *, barostat_first: bool = True) -> MdState:
    """Return the state after the chains have acted on the momenta of atoms and cell."""
    if settings.ensemble == "nve":
        return state
    if settings.langevin is not None:
        # the first half of a step is named by the step before it, so that no draw serves twice
        number = 2 * state.step + (1 if barostat_first else 0)
        momenta, given = settings.langevin.kicked(state.momenta, settings.masses, settings.kt, time, number)
        return replace(state, momenta=momenta, bath_energy=state.bath_energy + given)
    if settings.ensemble == "npt" and barostat_first:
        state = _act_on_cell(state, settings, time)
    twice = float((state.momenta**2 / settings.masses).sum())
    chain, scale = _acted(
        state.thermostat, twice, settings.freedom, settings.kt, settings.thermostat_time, time
    )  # fmt: skip
    state = replace(state, thermostat=chain, momenta=scale * state.momenta)
    if settings.ensemble == "npt" and not barostat_first:
        state = _act_on_cell(state, settings, time)
    return state


def _act_on_cell(state: MdState, settings: StepSettings, time: float) -> MdState:
    twice = float((state.cell_momentum**2).sum()) / settings.cell_mass
    chain, scale = _acted(state.barostat, twice, CELL_FREEDOM, settings.kt, settings.barostat_time, time)
    return replace(state, barostat=chain, cell_momentum=scale * state.cell_momentum)


def _acted(
    chain: Chain, twice_kinetic: float, freedom: int, kt: float, damping: float, time: float
) -> tuple[Chain, float]:
    """Return a chain after a time, and the factor of the momenta that it acts on."""
    masses, place, momentum = _chain_masses(freedom, kt, damping), chain.place.copy(), chain.momentum.copy()
    total = 1.0
    # a run that explodes overflows here; it is recognized by its temperature, which is then not finite
    with np.errstate(over="ignore", invalid="ignore"):
        for weight in YOSHIDA:
            part = weight * time
            for link in reversed(range(CHAIN_LENGTH)):
                _pull_link(link, momentum, masses, twice_kinetic, freedom, kt, part)
            place += part * momentum / masses
            scale = float(np.exp(-part * momentum[0] / masses[0]))
            total, twice_kinetic = total * scale, twice_kinetic * scale**2
            for link in range(CHAIN_LENGTH):
                _pull_link(link, momentum, masses, twice_kinetic, freedom, kt, part)
    return Chain(place, momentum), total


def _pull_link(
    link: int, momentum: Floats, masses: Floats, twice_kinetic: float, freedom: int, kt: float, time: float
) -> None:
    """Move the momentum of one link by half a time, the friction of the next link split around its force."""
    friction = 1.0
    if link + 1 < CHAIN_LENGTH:
        friction = float(np.exp(-time / 4.0 * momentum[link + 1] / masses[link + 1]))
    force = twice_kinetic - freedom * kt if link == 0 else momentum[link - 1] ** 2 / masses[link - 1] - kt
    momentum[link] = (momentum[link] * friction + time / 2.0 * force) * friction


def _pushed(momenta: Floats, forces: Floats, cell_momentum: Floats, settings: StepSettings, time: float) -> Floats:
    """Return momenta after a time under constant forces and strain rate."""
    if not settings.moving_cell:
        return np.asarray(momenta + time * forces)
    values, axes = np.linalg.eigh(cell_momentum)
    # the term of the trace belongs to a cell that moves by itself; an imposed motion does the work of the stress alone
    trace = values.sum() / settings.freedom if settings.stretch is None else 0.0
    rate = (values + trace) / settings.cell_mass
    pushed = (momenta @ axes) * np.exp(-rate * time) + time * (forces @ axes) * exprel(-rate * time)
    return np.asarray(pushed @ axes.T)


def _pushed_cell(state: MdState, settings: StepSettings, time: float) -> Floats:
    """Return the momentum of the cell after a time under the difference of inner and outer pressure."""
    if not settings.moving_cell or state.forces.strain_derivative is None:
        return state.cell_momentum
    kinetic = state.momenta.T @ (state.momenta / settings.masses)
    inner = kinetic - state.forces.strain_derivative
    if settings.stretch is not None:
        return settings.stretch.followed(state.cell_momentum, inner, time, settings.barostat_time)
    outer = (settings.pressure * state.volume - np.trace(kinetic) / settings.freedom) * np.eye(3)
    return np.asarray(state.cell_momentum + time * (inner - outer))


def _moved(state: MdState, momenta: Floats, cell_momentum: Floats, settings: StepSettings) -> tuple[Floats, Floats]:
    """Return positions and cell after a time step of constant momenta and strain rate."""
    time, velocities = settings.timestep, momenta / settings.masses
    if not settings.moving_cell:
        return state.positions + time * velocities, state.cell
    values, axes = np.linalg.eigh(cell_momentum)
    rate = values / settings.cell_mass
    stretch = np.exp(rate * time)
    positions = (state.positions @ axes) * stretch + time * (velocities @ axes) * exprel(rate * time)
    return positions @ axes.T, ((state.cell @ axes) * stretch) @ axes.T
