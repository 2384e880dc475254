"""Molecular dynamics: what is conserved, what is reversible, and what the ensembles must give on average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase.units import fs
from numpy.testing import assert_allclose

from entrox.core import generator
from entrox.core.blocking import block_average
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.dynamics.ase_md.extended_system import (
    MdState,
    StepSettings,
    advance,
    conserved_energy,
    initial_state,
)
from entrox.dynamics.runs.velocities import draw_momenta, temperature_of
from spring_crystal import STIFFENING, crystal, spring_calculator, spring_law

T_K, HOT_K = 60.0, 1000.0


def settings(ensemble: str, timestep_fs: float = 5.0, pressure: float = 0.0) -> StepSettings:
    return StepSettings(
        ensemble=ensemble, masses=crystal().get_masses()[:, None], timestep=timestep_fs * fs,
        thermostat_time=200 * fs, barostat_time=500 * fs, kt=BOLTZMANN_EV_PER_K * T_K, pressure=pressure,
    )  # fmt: skip


def start(seed: int = 1) -> MdState:
    atoms = crystal()
    momenta = draw_momenta(atoms.get_masses(), 2 * T_K, generator(seed))
    return initial_state(atoms.positions, momenta, atoms.cell.array, spring_law(atoms))


def energy_error(ensemble: str, timestep_fs: float) -> float:
    """Return the root mean square error of the conserved energy over one picosecond."""
    law, chosen, state = spring_law(crystal()), settings(ensemble, timestep_fs), start()
    first, errors = conserved_energy(state, chosen), []
    for _ in range(round(1000 / timestep_fs)):
        state = advance(state, chosen, law)
        errors.append(conserved_energy(state, chosen) - first)
    return float(np.sqrt(np.mean(np.square(errors))))


@pytest.mark.parametrize("ensemble", ["nve", "nvt", "npt"])
def test_error_of_the_conserved_energy_falls_with_the_square_of_the_time_step(ensemble):
    order = np.log2(energy_error(ensemble, 8.0) / energy_error(ensemble, 4.0))
    assert order == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize("ensemble", ["nve", "nvt", "npt"])
def test_center_of_mass_stays_at_rest(ensemble):
    law, chosen, state = spring_law(crystal()), settings(ensemble), start()
    for _ in range(200):
        state = advance(state, chosen, law)
    assert_allclose(state.momenta.sum(axis=0), 0.0, atol=1e-10)


def test_motion_at_constant_energy_can_be_turned_back():
    law, chosen, first = spring_law(crystal()), settings("nve"), start()
    state = first
    for _ in range(100):
        state = advance(state, chosen, law)
    state = replace(state, momenta=-state.momenta)
    for _ in range(100):
        state = advance(state, chosen, law)
    assert_allclose(state.positions, first.positions, atol=1e-9)
    assert_allclose(state.momenta, -first.momenta, atol=1e-9)


def test_constant_energy_is_the_velocity_verlet_of_ase():
    from ase.md.verlet import VelocityVerlet

    law, chosen, state = spring_law(crystal()), settings("nve"), start()
    atoms = crystal()
    atoms.calc = spring_calculator()
    atoms.set_momenta(state.momenta)
    VelocityVerlet(atoms, chosen.timestep).run(10)
    for _ in range(10):
        state = advance(state, chosen, law)
    assert_allclose(state.positions, atoms.positions, atol=1e-10)


def test_cell_does_not_turn_while_it_changes_its_shape():
    law, chosen, state = spring_law(crystal()), settings("npt", pressure=0.01), start()
    for _ in range(500):
        state = advance(state, chosen, law)
    assert_allclose(state.cell_momentum, state.cell_momentum.T, atol=1e-12)
    assert abs(state.volume / start().volume - 1.0) > 1e-3


def sampled(ensemble: str, n_steps: int, pressure: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return temperature, inner pressure and volume of anharmonic springs, after a tenth of the run."""
    atoms = crystal()
    law = spring_law(atoms, STIFFENING)
    chosen = replace(settings(ensemble, 4.0, pressure), thermostat_time=100 * fs).at_temperature(HOT_K)
    momenta = draw_momenta(atoms.get_masses(), 2 * HOT_K, generator(3))
    state, rows = initial_state(atoms.positions, momenta, atoms.cell.array, law), []
    for step in range(n_steps):
        state = advance(state, chosen, law)
        if step >= n_steps // 10 and step % 5 == 0:
            kinetic = state.momenta.T @ (state.momenta / chosen.masses)
            inner = np.trace(kinetic - state.forces.strain_derivative) / (3 * state.volume)
            rows.append((temperature_of(chosen.masses[:, 0], state.momenta), inner, state.volume))
    temperature, inner, volume = np.array(rows).T
    return temperature, inner, volume


def within_three_errors(series: np.ndarray, expected: float) -> bool:
    average = block_average(series)
    assert average.error is not None
    return abs(average.mean - expected) < 3.0 * average.error


def test_thermostat_gives_its_temperature_and_the_spread_of_the_canonical_ensemble():
    temperature, _, _ = sampled("nvt", 8_000)
    freedom = 3 * len(crystal()) - 3
    assert within_three_errors(temperature, HOT_K)
    assert within_three_errors((temperature - HOT_K) ** 2, 2.0 * HOT_K**2 / freedom)


@pytest.mark.long
def test_barostat_gives_its_pressure_and_the_volume_answers_to_it_as_it_fluctuates():
    """The bulk modulus of the fluctuations, V k T / <dV^2>, is that of the mean volumes, -V dp / dV."""
    pressures, kt = (-0.04, 0.04), BOLTZMANN_EV_PER_K * HOT_K
    runs = [sampled("npt", 14_000, pressure) for pressure in pressures]
    for pressure, (temperature, inner, _) in zip(pressures, runs, strict=True):
        assert within_three_errors(temperature, HOT_K)
        assert within_three_errors(inner, pressure)
    volumes = [volume.mean() for _, _, volume in runs]
    modulus = np.mean(volumes) * (pressures[1] - pressures[0]) / (volumes[0] - volumes[1])
    for _, _, volume in runs:
        assert within_three_errors((volume - volume.mean()) ** 2, kt * volume.mean() / modulus)
