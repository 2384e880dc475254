from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError
from entrox.core.units import BOLTZMANN_EV_PER_K, C_PER_M2_PER_E_PER_ANGSTROM2, VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.dynamics.crystal.energy_drift import energy_drift
from entrox.dynamics.electric.field import conserved_energy_drift, field_loop, frame_polarization, polarization_series
from entrox.dynamics.electric.field_calculator import driven_calculator
from entrox.dynamics.electric.piezoelectric import (
    box_strain,
    piezoelectric_from_field,
    piezoelectric_from_fluctuations,
    piezoelectric_from_stress,
)
from entrox.dynamics.electric.static_piezoelectric import static_d33
from entrox.dynamics.potential import CalculatorPotential
from entrox.dynamics.protocols import Field, FieldDriven, Npt
from ion_toys import (
    EDGE,
    PIEZO_COUPLING,
    PIEZO_STIFFNESS,
    SPRING,
    bound_ions,
    ion_chain,
    piezoelectric_d33_pc_per_n,
)

CHARGES = {"Na": -2.0, "Cl": 2.0}
CELLS = (2, 2, 2)


def test_bound_ions_polarize_by_the_sum_of_squared_charges_over_the_spring() -> None:
    chain = ion_chain((6, 1, 1))
    field = Field(amplitude_v_per_m=(3e8, 0.0, -1e8), charges_e=CHARGES)
    chain.calc = driven_calculator(bound_ions([6, 1, 1]), ion_chain((6, 1, 1)), field, np.zeros((3, 3)))
    for _ in range(2):
        chain.positions += chain.get_forces() / SPRING
    dipole, _ = frame_polarization([chain], ion_chain((6, 1, 1)), CHARGES)
    volt_per_angstrom = np.array(field.amplitude_v_per_m) / VOLT_PER_METER_PER_VOLT_PER_ANGSTROM
    expected = 12 * 2.0**2 * volt_per_angstrom / SPRING
    assert dipole[0] == pytest.approx(expected, rel=1e-10)


def test_a_lattice_vector_between_frame_and_reference_carries_no_dipole() -> None:
    reference = ion_chain(CELLS)
    moved = reference.copy()
    moved.positions[3] += moved.cell[1] - moved.cell[2]
    moved.positions[9, 0] += 0.1
    dipole, _ = frame_polarization([moved], reference, CHARGES)
    assert dipole[0] == pytest.approx([0.2, 0.0, 0.0], abs=1e-12)


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory):
    """Bound ions in a slow sine, three periods of it."""
    field = Field(amplitude_v_per_m=(0.0, 0.0, 4e9), shape="sine", period_ps=2.0, charges_e=CHARGES)
    protocol = FieldDriven(
        temperature_k=50.0, length_ps=6.0, drive=field, fixed_cell=True, timestep_fs=1.0, thermo_every=5, frame_every=5
    )
    potential = CalculatorPotential("ion_toys:bound_ions", {"cells": list(CELLS)})
    folder = tmp_path_factory.mktemp("field") / "run"
    trajectory = AseEngine().run(ion_chain(CELLS), protocol, potential, folder, seed=1)
    return trajectory, protocol, polarization_series(trajectory, protocol, ion_chain(CELLS))


def test_the_energy_less_the_power_of_the_field_is_conserved(driven) -> None:
    trajectory, protocol, series = driven
    bare = energy_drift(trajectory.time_ps, trajectory.conserved_energy_ev, 16)
    balanced = conserved_energy_drift(trajectory, protocol, series)
    assert balanced.fluctuation_mev_per_atom < 0.02 * bare.fluctuation_mev_per_atom
    assert abs(balanced.drift_mev_per_atom_ps) < 0.1


def test_a_loop_names_the_period_of_its_drive_and_has_no_remanence_for_bound_ions(driven) -> None:
    _, protocol, series = driven
    loop = field_loop(series, protocol.drive)
    assert "period of 2 ps (5e+11 Hz)" in loop.warnings[0]
    assert "fixed" in loop.warnings[1]
    peak = 16 * 2.0**2 * 0.4 / SPRING / (EDGE**3 * 8) * C_PER_M2_PER_E_PER_ANGSTROM2
    slope = np.polyfit(loop.field_v_per_m, loop.polarization_c_per_m2, 1)[0]
    assert slope == pytest.approx(peak / 4e9, rel=0.02)
    assert abs(loop.area_j_per_m3) < 0.05 * peak * 4e9
    assert loop.frequency_hz == pytest.approx(5e11, rel=0.01)
    with pytest.raises(InputError, match="shape sine"):
        field_loop(series, Field(amplitude_v_per_m=(0.0, 0.0, 1e8)))


def test_d33_at_rest_is_that_of_the_closed_form_both_ways() -> None:
    potential = CalculatorPotential("ion_toys:piezoelectric_ions", {"cells": [1, 1, 2]})
    by_field, by_stress = static_d33(ion_chain((1, 1, 2)), potential, CHARGES)
    expected = piezoelectric_d33_pc_per_n(2.0)
    assert expected == pytest.approx(31.6, abs=0.1)
    for found in (by_field, by_stress):
        assert found.d_pc_per_n == pytest.approx(expected, rel=0.02)
        assert found.error_pc_per_n < 0.02 * expected
        assert "fixed" in found.warnings[0]
    assert by_field.d_pc_per_n == pytest.approx(by_stress.d_pc_per_n, rel=1e-3)


def drawn_fluctuations(n_samples: int, temperature_k: float, rng: np.random.Generator):
    """Dipoles and cells of the piezoelectric ions as Boltzmann draws them, to second order in the energy."""
    count = int(np.prod(CELLS))
    # the mean pull of all pairs and the strain are the only two that couple
    coupling, stiffness = -count * PIEZO_COUPLING, PIEZO_STIFFNESS * count * EDGE**3
    hessian = np.array([[count * SPRING, coupling], [coupling, stiffness]])
    covariance = BOLTZMANN_EV_PER_K * temperature_k * np.linalg.inv(hessian)
    pull, strain = rng.multivariate_normal([0, 0], covariance, n_samples).T
    cells = np.tile(EDGE * np.diag(CELLS), (n_samples, 1, 1)).astype(float)
    cells[:, 2, 2] *= 1.0 + strain
    dipole = np.zeros((n_samples, 3))
    dipole[:, 2] = count * 2.0 * pull
    return dipole, cells


def test_d33_from_fluctuations_is_that_of_the_closed_form() -> None:
    dipole, cells = drawn_fluctuations(40_000, 100.0, np.random.default_rng(3))
    found = piezoelectric_from_fluctuations(dipole, cells, 100.0)
    expected = piezoelectric_d33_pc_per_n(2.0)
    assert found.error_pc_per_n[2, 2] < 0.01 * expected
    assert found.d_pc_per_n[2, 2] == pytest.approx(expected, rel=0.02)
    assert abs(found.d_pc_per_n[2, 2] - expected) < 3.0 * found.error_pc_per_n[2, 2]
    others = np.delete(found.d_pc_per_n.ravel(), 2 * 6 + 2)
    assert np.abs(others).max() < 1e-9


@pytest.mark.long
def test_d33_from_a_run_agrees_with_the_closed_form_within_its_error(tmp_path: Path) -> None:
    potential = CalculatorPotential("ion_toys:piezoelectric_ions", {"cells": list(CELLS)})
    protocol = Npt(
        temperature_k=300.0, length_ps=60.0, timestep_fs=5.0, thermostat_ps=0.1, barostat_ps=4.0, frame_every=10
    )
    trajectory = AseEngine().run(ion_chain(CELLS), protocol, potential, tmp_path / "run", seed=2)
    series = polarization_series(trajectory, protocol, ion_chain(CELLS), CHARGES)
    found = piezoelectric_from_fluctuations(series.dipole_e_angstrom[100:], series.cell_angstrom[100:], 300.0)
    expected, error = piezoelectric_d33_pc_per_n(2.0), found.error_pc_per_n[2, 2]
    # springs forget slowly: the error is large, and the sign and size are what the run can tell
    assert abs(found.d_pc_per_n[2, 2] - expected) < 2.0 * error
    assert found.d_pc_per_n[2, 2] > 2.0 * error
    assert "lower bounds" in found.warnings[-1]


def test_strain_and_rotation_of_a_cell_are_told_apart() -> None:
    reference = np.diag([4.0, 4.0, 4.2])
    angle = 0.3
    rotation = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    stretch = np.diag([1.01, 0.99, 1.02])
    strain, turned = box_strain((reference @ stretch @ rotation)[None], reference)
    assert strain[0] == pytest.approx(np.diag([0.01, -0.01, 0.02]), abs=1e-12)
    assert turned[0] == pytest.approx(rotation, abs=1e-12)


def test_a_bent_response_is_named_and_does_not_spoil_the_slope() -> None:
    field = np.linspace(-1e8, 1e8, 5)
    found = piezoelectric_from_field(field, 50e-12 * field + 2e-19 * field**2)
    assert found.d_pc_per_n == pytest.approx(50.0)
    assert found.bend == pytest.approx(0.4)
    assert "bends" in found.warnings[-1]


def test_drives_must_be_symmetric_and_enough() -> None:
    with pytest.raises(InputError, match="symmetric about zero"):
        piezoelectric_from_stress([0.0, 1e6, 2e6, 3e6], [0.0, 1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="at least 4"):
        piezoelectric_from_field([-1e6, 0.0, 1e6], [0.0, 1.0, 2.0])
