"""Tension: Hooke's law, the work that is the energy, free sides without stress, and the time of sound."""

from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError
from entrox.core.units import GIGAPASCAL_PER_EV_PER_ANGSTROM3
from entrox.dynamics import AseEngine, CalculatorPotential, TensionSettings, run_tension
from entrox.dynamics.glass.stress_strain import StressStrain, curve_numbers
from pair_glass import PairGlass, pair_crystal
from spring_crystal import EDGE, SPRING, crystal

PAIRS = CalculatorPotential(f"{Path(__file__).parents[1] / 'pair_glass.py'}:pair_glass")
SPRINGS = CalculatorPotential(f"{Path(__file__).parents[1] / 'spring_crystal.py'}:spring_calculator")
AXIS = {"x": 0, "y": 1, "z": 2}


def _pulled(folder, atoms=None, potential=PAIRS, **settings):
    start = pair_crystal(2, 3.5) if atoms is None else atoms
    return run_tension(start, AseEngine(), potential, TensionSettings(**settings), np.random.default_rng(1), folder)


def _finite_difference(atoms, axis):
    """Second derivative of the energy by strain over the volume, less the stress at rest [GPa]."""
    step, energies = 1e-3, []
    for strain in (-step, 0.0, step):
        strained = atoms.copy()
        stretch = np.ones(3)
        stretch[axis] += strain
        strained.set_cell(atoms.cell.array * stretch, scale_atoms=True)
        strained.calc = PairGlass()
        energies.append(strained.get_potential_energy())
    # d(E)/d(strain) = V0 (nominal stress), so that this is the slope of the nominal stress
    return (
        (energies[0] - 2 * energies[1] + energies[2]) / step**2 / atoms.get_volume() * GIGAPASCAL_PER_EV_PER_ANGSTROM3
    )


@pytest.mark.parametrize("axis", ["x", "z"])
def test_the_hooke_limit_is_the_elastic_constant_from_finite_differences(tmp_path, axis):
    atoms = pair_crystal(2, 3.5)
    found = _pulled(tmp_path / "run", mode="athermal", max_strain=0.02, step=0.001, axis=AXIS[axis])
    assert found.modulus_kind == "longitudinal modulus"
    assert found.modulus_gpa == pytest.approx(_finite_difference(atoms, AXIS[axis]), rel=0.01)


def test_springs_give_their_closed_form_modulus(tmp_path):
    found = _pulled(tmp_path / "run", crystal(), SPRINGS, mode="athermal", max_strain=0.01, step=0.001)
    assert found.modulus_gpa == pytest.approx(2 * SPRING / EDGE * GIGAPASCAL_PER_EV_PER_ANGSTROM3, rel=0.01)
    bulk = _pulled(tmp_path / "bulk", crystal(), SPRINGS, mode="athermal", max_strain=0.01, step=0.001, volumetric=True)
    # C11 + 2 C12 = 4 k / a
    assert bulk.modulus_kind == "three times the bulk modulus"
    assert bulk.modulus_gpa == pytest.approx(4 * SPRING / EDGE * GIGAPASCAL_PER_EV_PER_ANGSTROM3, rel=0.01)


def test_without_a_bath_the_work_is_the_change_of_the_energy(tmp_path):
    found = _pulled(
        tmp_path / "run", pair_crystal(2, 3.55), temperature_k=300.0, settle_ps=0.05, bath=False, rate_per_ps=0.5,
        max_strain=0.06,
    )  # fmt: skip
    stretch = 1.0 + found.strain
    power = found.volume_angstrom3 * found.stress_gpa / GIGAPASCAL_PER_EV_PER_ANGSTROM3 / stretch
    work = np.trapezoid(power, found.strain)
    change = found.total_energy_ev[-1] - found.total_energy_ev[0]
    assert work > 0.3
    assert change == pytest.approx(work, rel=2e-3)


def test_an_ideal_gas_that_is_stretched_cools_by_the_work_of_its_pressure(tmp_path):
    gas = crystal()
    gas.set_cell(gas.cell.array * 4.0, scale_atoms=True)
    gas.set_array("momenta", np.random.default_rng(5).normal(0.0, 1.0, (len(gas), 3)))
    found = _pulled(tmp_path / "run", gas, PAIRS, settle_ps=0.0, bath=False, rate_per_ps=0.5, max_strain=0.1)
    momenta = gas.get_momenta()
    along = (momenta[:, 0] ** 2 / gas.get_masses()).sum() / 2
    # the momentum against the cell falls as the length grows
    expected = -along * (1.0 - 1.0 / 1.1**2)
    assert found.total_energy_ev[-1] - found.total_energy_ev[0] == pytest.approx(expected, rel=1e-3)


def test_the_length_grows_at_the_rate_and_the_sides_stay(tmp_path):
    found = _pulled(tmp_path / "run", settle_ps=0.05, rate_per_ps=0.3, max_strain=0.03)
    assert found.strain[0] == 0.0
    assert found.strain[-1] == pytest.approx(0.03, rel=1e-9)
    assert np.diff(found.strain) == pytest.approx(np.full(100, 3e-4), rel=1e-6)
    assert found.nominal_stress_gpa == pytest.approx(found.stress_gpa, rel=1e-9)
    assert found.volume_angstrom3 / found.volume_angstrom3[0] == pytest.approx(1.0 + found.strain, rel=1e-9)
    assert found.atoms.cell.lengths()[1:] == pytest.approx([7.0, 7.0], rel=1e-12)


def test_free_sides_shrink_and_carry_less_than_the_axis(tmp_path):
    free = _pulled(tmp_path / "run", mode="uniaxial-stress", temperature_k=20.0, rate_per_ps=0.05, max_strain=0.02,
                   settle_ps=0.0)  # fmt: skip
    half = len(free.strain) // 2
    aside, along = free.lateral_stress_gpa[half:].mean(), free.stress_gpa[half:].mean()
    start = free.stress_gpa[:5].mean()
    assert abs(aside) < 0.2 * abs(along - start)
    assert free.atoms.cell.lengths()[1] != pytest.approx(7.0, abs=1e-3)
    fixed = _pulled(tmp_path / "fixed", mode="athermal", max_strain=0.02, step=0.002)
    assert free.modulus_gpa is None or free.modulus_gpa < fixed.modulus_gpa


def test_a_test_faster_than_sound_is_called_not_quasi_static(tmp_path):
    fast = _pulled(tmp_path / "fast", settle_ps=0.0, rate_per_ps=2.0, max_strain=0.04)
    assert fast.transit_ratio is not None
    assert fast.transit_ratio < 5.0
    assert any(text.startswith("not quasi-static") for text in fast.warnings)


def test_a_curve_that_bends_yields_at_the_offset():
    strain = np.linspace(0.0, 0.05, 501)
    # a straight line of 100 GPa up to 2 %, then level
    stress = np.minimum(100.0 * strain, 2.0)
    still, ones = np.zeros(501), np.ones(501)
    curve = StressStrain(
        strain=strain, stress_gpa=stress, lateral_stress_gpa=still, area_ratio=ones, temperature_k=still,
        potential_energy_ev=still, kinetic_energy_ev=still, volume_angstrom3=ones,
    )  # fmt: skip
    found = curve_numbers(curve, smooth=False)
    assert found.modulus_gpa == pytest.approx(100.0, rel=1e-9)
    assert found.yield_strain == pytest.approx(0.022, abs=2e-4)
    assert found.peak_stress_gpa == pytest.approx(2.0)


def test_settings_that_make_no_test_are_refused():
    with pytest.raises(InputError, match="athermal"):
        TensionSettings(volumetric=True)
    with pytest.raises(InputError, match="more than a step"):
        TensionSettings(max_strain=0.001, mode="athermal")
    with pytest.raises(InputError, match="mode must be"):
        TensionSettings(mode="shear")
