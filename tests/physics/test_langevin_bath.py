"""The Langevin bath: the distribution of the kinetic energy, a resting center of mass, books that balance."""

from dataclasses import replace

import numpy as np
import pytest
from ase.units import fs
from scipy import stats

from entrox.core import generator
from entrox.core.blocking import block_average
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.dynamics.ase_md.extended_system import StepSettings, advance, conserved_energy, initial_state
from entrox.dynamics.ase_md.langevin import Langevin
from entrox.dynamics.runs.velocities import draw_momenta
from spring_crystal import crystal, spring_law

T_K = 300.0
KT = BOLTZMANN_EV_PER_K * T_K
MASSES = np.where(np.arange(20) % 3 == 0, 200.0, 16.0)[:, None]


def _settings(masses, timestep_fs=4.0, friction_per_fs=0.02, kt=KT):
    return StepSettings(
        ensemble="nvt", masses=masses, timestep=timestep_fs * fs, thermostat_time=200 * fs, barostat_time=500 * fs,
        kt=kt, pressure=0.0, langevin=Langevin(friction=friction_per_fs / fs, seed=7),
    )  # fmt: skip


def _kicked(n_kicks, time_fs=500.0):
    bath, momenta = Langevin(friction=0.02 / fs, seed=3), np.zeros((20, 3))
    for number in range(n_kicks):
        momenta, _ = bath.kicked(momenta, MASSES, KT, time_fs * fs, number)
        yield momenta


def test_the_kinetic_energy_follows_chi_squared_of_3n_minus_3_degrees_of_freedom():
    # kicks ten relaxation times apart are independent
    twice_kinetic = np.array([(p**2 / MASSES).sum() / KT for p in _kicked(3000)])
    assert stats.kstest(twice_kinetic, stats.chi2(3 * 20 - 3).cdf).pvalue > 0.01
    assert stats.kstest(twice_kinetic, stats.chi2(3 * 20).cdf).pvalue < 1e-6


def test_light_and_heavy_atoms_share_the_temperature():
    momenta = np.array(list(_kicked(1500)))
    energies = (momenta**2 / MASSES).sum(axis=2).mean(axis=0) / KT
    # without the motion of the center of mass, an atom of the mass m has 3 (1 - m / M) degrees of freedom
    expected = 3.0 * (1.0 - MASSES[:, 0] / MASSES.sum())
    assert energies == pytest.approx(expected, abs=5 * np.sqrt(6 / 1500))


def test_the_center_of_mass_rests_through_a_run():
    atoms = crystal()
    law, chosen = spring_law(atoms), _settings(atoms.get_masses()[:, None])
    state = initial_state(atoms.positions, draw_momenta(atoms.get_masses(), T_K, generator(1)), atoms.cell.array, law)
    for _ in range(200):
        state = advance(state, chosen, law)
    assert np.abs(state.momenta.sum(axis=0)).max() < 1e-10
    center = (state.positions - atoms.positions).mean(axis=0)
    assert np.abs(center).max() < 1e-10


def test_a_harmonic_crystal_in_the_bath_has_half_kt_of_potential_energy_per_mode():
    atoms = crystal()
    law, chosen = spring_law(atoms), _settings(atoms.get_masses()[:, None], timestep_fs=4.0, kt=0.1 * KT)
    state = initial_state(
        atoms.positions, draw_momenta(atoms.get_masses(), 0.1 * T_K, generator(2)), atoms.cell.array, law
    )
    potential = []
    for _ in range(3000):
        state = advance(state, chosen, law)
        potential.append(state.forces.energy)
    mean = block_average(np.array(potential[300:]) / (0.05 * KT * (3 * len(atoms) - 3)))
    assert mean.mean == pytest.approx(1.0, abs=4 * mean.error)
    assert mean.error < 0.02


def test_what_the_bath_gave_is_in_the_books():
    atoms = crystal()
    law = spring_law(atoms)
    momenta = draw_momenta(atoms.get_masses(), T_K, generator(1))

    def drift(timestep_fs):
        chosen = _settings(atoms.get_masses()[:, None], timestep_fs)
        state = initial_state(atoms.positions, momenta, atoms.cell.array, law)
        first, errors = conserved_energy(state, chosen), []
        for _ in range(round(400 / timestep_fs)):
            state = advance(state, chosen, law)
            errors.append(conserved_energy(state, chosen) - first)
        assert abs(state.bath_energy) > 0.1
        return np.sqrt(np.mean(np.square(errors)))

    fine = drift(2.0)
    assert fine < 2e-3 * KT * 3 * len(atoms)
    assert np.log2(drift(4.0) / fine) == pytest.approx(2.0, abs=0.4)


def test_kicks_depend_on_the_seed_and_the_number_of_the_half_step_alone():
    bath = Langevin(friction=0.02 / fs, seed=3)
    first = bath.kicked(np.zeros((20, 3)), MASSES, KT, 2.0 * fs, 41)[0]
    assert (bath.kicked(np.zeros((20, 3)), MASSES, KT, 2.0 * fs, 41)[0] == first).all()
    assert (bath.kicked(np.zeros((20, 3)), MASSES, KT, 2.0 * fs, 42)[0] != first).any()
    assert (replace(bath, seed=4).kicked(np.zeros((20, 3)), MASSES, KT, 2.0 * fs, 41)[0] != first).any()
