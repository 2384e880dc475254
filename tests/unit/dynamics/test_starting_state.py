"""Starting velocities, the turned cell, and the force of a field on effective charges."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.core import InputError, generator
from entrox.dynamics.electric.field_force import effective_charges, full_field_forces
from entrox.dynamics.lammps.cell import lammps_cell
from entrox.dynamics.protocols import Field, Nvt
from entrox.dynamics.runs.velocities import draw_momenta, starting_momenta, temperature_of

SALT = bulk("NaCl", "rocksalt", a=5.6, cubic=True)


def test_drawn_velocities_are_at_the_temperature_and_rest_as_a_whole() -> None:
    masses = SALT.get_masses()
    momenta = draw_momenta(masses, 300.0, generator(1))
    assert temperature_of(masses, momenta) == pytest.approx(300.0)
    np.testing.assert_allclose(momenta.sum(axis=0), 0.0, atol=1e-12)
    moving = SALT.copy()
    moving.set_momenta(momenta)
    assert moving.get_temperature() == pytest.approx(300.0 * (3 * 8 - 3) / (3 * 8))


def test_velocities_follow_maxwell_and_boltzmann() -> None:
    from scipy.stats import kstest

    masses = np.repeat([10.0, 90.0], 3000)
    momenta = draw_momenta(masses, 300.0, generator(2))
    for mass in (10.0, 90.0):
        scaled = momenta[masses == mass].ravel() / np.sqrt(mass * 300.0 * 8.617333262e-5)
        assert kstest(scaled, "norm").pvalue > 0.01


def test_velocities_depend_on_the_seed_or_are_kept() -> None:
    protocol = Nvt(temperature_k=300, length_ps=1)
    first, again, other = (starting_momenta(SALT, protocol, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.allclose(first, other)
    moving = SALT.copy()
    moving.set_momenta(other)
    kept = starting_momenta(moving, Nvt(temperature_k=300, length_ps=1, keep_velocities=True), 1)
    assert np.array_equal(kept, other) and kept is not moving.arrays["momenta"]
    with pytest.raises(InputError, match="at least two atoms"):
        draw_momenta(np.array([40.0]), 300.0, generator(1))


@pytest.mark.parametrize("handedness", [1, -1])
def test_a_turned_cell_is_lower_triangular_and_turns_back(handedness: int) -> None:
    rng = np.random.default_rng(3)
    cell = 5 * np.eye(3) + rng.normal(size=(3, 3))
    cell[2] *= handedness
    atoms = Atoms("Ar2", positions=rng.normal(size=(2, 3)), cell=cell, pbc=True)
    turned = lammps_cell(atoms)
    assert np.array_equal(np.triu(turned.lower, 1), np.zeros((3, 3))) and (np.diag(turned.lower) > 0).all()
    np.testing.assert_allclose(turned.to_input(turned.lower), cell, atol=1e-12)
    np.testing.assert_allclose(turned.back @ turned.back.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(turned.to_input(turned.to_lammps(atoms.positions)), atoms.positions, atol=1e-12)
    stress = rng.normal(size=(3, 3))
    stress += stress.T
    there = turned.back @ stress @ turned.back.T
    voigt = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])
    np.testing.assert_allclose(turned.voigt_to_input(there[voigt]), stress[voigt], atol=1e-12)


def test_a_lower_triangular_cell_is_left_as_it_is() -> None:
    turned = lammps_cell(Atoms("Ar", cell=[[4, 0, 0], [1, 5, 0], [0.5, -0.3, 6]], pbc=True))
    assert np.array_equal(turned.back, np.eye(3))


def test_lammps_needs_a_periodic_cell_with_room() -> None:
    with pytest.raises(InputError, match="periodic in all three"):
        lammps_cell(Atoms("Ar", cell=[5, 5, 5], pbc=[True, True, False]))
    with pytest.raises(InputError, match="flat"):
        lammps_cell(Atoms("Ar", cell=[[5, 0, 0], [0, 5, 0], [5, 5, 0.1]], pbc=True))
    with pytest.raises(InputError, match="flat"):
        lammps_cell(Atoms("Ar", cell=[0, 0, 0], pbc=True))


def test_a_field_pulls_charges_apart_and_sums_to_no_force() -> None:
    drive = Field(amplitude_v_per_m=(0, 0, 1e8), charges_e={"Na": 1.05, "Cl": -0.95})
    forces = full_field_forces(SALT, drive)
    np.testing.assert_allclose(forces.sum(axis=0), 0.0, atol=1e-15)
    # 1 e in 1 V/angstrom is 1 eV/angstrom, and 1e8 V/m are 0.01 V/angstrom
    np.testing.assert_allclose(forces[SALT.symbols == "Na", 2], 0.01)


def test_a_tensor_turns_the_force_by_its_transpose() -> None:
    atoms = SALT.copy()
    tensor = np.array([[1.0, 0.2, 0.0], [0.0, 2.0, 0.0], [0.5, 0.0, 3.0]])
    sign = np.where(np.array(atoms.get_chemical_symbols()) == "Na", 1.0, -1.0)
    atoms.set_array("born_charges_e", sign[:, None, None] * tensor)
    forces = full_field_forces(atoms, Field(amplitude_v_per_m=(1e10, 2e10, 3e10)))
    np.testing.assert_allclose(forces[0], sign[0] * tensor.T @ [1.0, 2.0, 3.0])


def test_charges_that_are_missing_or_do_not_cancel_are_refused() -> None:
    field = (0.0, 0.0, 1e8)
    with pytest.raises(InputError, match="none for Cl"):
        effective_charges(SALT, Field(amplitude_v_per_m=field, charges_e={"Na": 1.0}))
    with pytest.raises(InputError, match="sum to zero"):
        effective_charges(SALT, Field(amplitude_v_per_m=field, charges_e={"Na": 1.0, "Cl": -0.5}))
    with pytest.raises(InputError, match="born_charges_e"):
        effective_charges(SALT, Field(amplitude_v_per_m=field))
