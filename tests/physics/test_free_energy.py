"""Free energies of glass and crystal: oscillators, the entropy that cancels, the terms and their errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from scipy import constants
from scipy.special import stdtr

from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.thermo import (
    PhaseSample,
    cell_frequencies,
    einstein_free_energy,
    free_energy_difference,
    free_energy_per_atom,
    harmonic_free_energy,
    residual_entropy,
    spectrum_free_energy,
    substitutional_surplus,
    velocity_spectrum,
)

SERIES = parse_formula("Bi(4-4x)LaxNdxPrxSmxTi3O12")
CRYSTAL = PhaseSample(
    name="crystal", calculator="model 1", energies_ev_per_atom=(-8.0, -8.002, -7.998, -8.0),
    volumes_angstrom3_per_atom=(13.0, 13.02, 12.98, 13.0), vibrational_ev_per_atom=(0.010, 0.011, 0.009),
)  # fmt: skip
GLASS = PhaseSample(
    name="amorphous", calculator="model 1", energies_ev_per_atom=(-7.90, -7.91, -7.89, -7.905, -7.895),
    volumes_angstrom3_per_atom=(13.5, 13.6, 13.4, 13.55, 13.45), vibrational_ev_per_atom=(0.006, 0.007, 0.005),
)  # fmt: skip


def difference(crystal: PhaseSample = CRYSTAL, glass: PhaseSample = GLASS, x: float = 0.75, **options):
    return free_energy_difference(SERIES.at(x=x), crystal, glass, options.pop("temperature_k", 300.0), generator(1),
                                  **options)  # fmt: skip


def term(found, name: str):
    return next(item for item in found.terms if item.name == name)


def test_oscillators_have_their_partition_function() -> None:
    for frequency, temperature in ((0.5, 300.0), (12.0, 300.0), (5.0, 40.0)):
        quantum, thermal = constants.h * frequency * 1e12, constants.k * temperature
        levels = np.arange(4000) + 0.5
        partition = np.exp(-(levels - 0.5) * quantum / thermal).sum()
        expected = (0.5 * quantum - thermal * np.log(partition)) / constants.e
        assert einstein_free_energy(frequency, temperature) == pytest.approx(expected, rel=1e-10)


def test_hot_oscillators_are_classical() -> None:
    temperature, frequency = 5000.0, 1.0
    classical = constants.k * temperature / constants.e * np.log(constants.h * 1e12 / (constants.k * temperature))
    assert einstein_free_energy(frequency, temperature) == pytest.approx(classical, rel=1e-5)


def test_an_einstein_solid_is_three_oscillators_for_each_atom() -> None:
    modes = np.concatenate([np.zeros(3), np.full(3 * 7, 4.2)])
    energy, count = harmonic_free_energy(modes, 300.0)
    assert (energy, count) == (pytest.approx(21.0 * einstein_free_energy(4.2, 300.0), rel=1e-12), 0)


def test_vibrations_per_atom_do_not_depend_on_the_size_of_the_box_and_agree_with_the_spectrum() -> None:
    nu = np.linspace(4.19, 4.21, 41)
    line = np.exp(-(((nu - 4.2) / 0.002) ** 2))
    for atoms in (2, 76):
        modes = np.concatenate([np.zeros(3), np.full(3 * atoms - 3, 4.2)])
        found, _ = free_energy_per_atom(modes, 300.0)
        assert found == pytest.approx(3.0 * einstein_free_energy(4.2, 300.0), rel=1e-12)
        assert found == pytest.approx(spectrum_free_energy(nu, line, 300.0), rel=1e-5)
    with pytest.raises(InputError, match="three for each of two or more atoms"):
        free_energy_per_atom([0.0, 0.0, 0.0], 300.0)


def test_imaginary_modes_are_counted_and_never_dropped_in_silence() -> None:
    modes = [-1.5, -1e-6, 1e-7, 2e-6, 3.0, 5.0]
    with pytest.raises(InputError, match=r"1 of 6 modes are imaginary, down to -1\.5 THz"):
        harmonic_free_energy(modes, 300.0)
    omitted, count = harmonic_free_energy(modes, 300.0, imaginary="omit")
    taken, other = harmonic_free_energy(modes, 300.0, imaginary="absolute")
    assert (count, other) == (1, 1)
    assert taken - omitted == pytest.approx(einstein_free_energy(1.5, 300.0), rel=1e-9)
    with pytest.raises(InputError, match="0 THz"):
        harmonic_free_energy([0.0] * 4 + [2.0], 300.0)


def test_frequencies_of_a_box_are_those_of_springs_between_its_atoms() -> None:
    class Springs(EMT):
        """Three equal atoms on a ring of springs along x, held by others along y and z."""

        def get_property(self, name, atoms=None, allow_calculation=True):
            moved = atoms.positions - HOME
            forces = -0.5 * moved
            forces[:, 0] = 2.0 * (np.roll(moved[:, 0], 1) + np.roll(moved[:, 0], -1) - 2.0 * moved[:, 0])
            return forces if name == "forces" else 0.0

    atoms = Atoms("Cu3", positions=[[0.0, 0, 0], [2.0, 0, 0], [4.0, 0, 0]], cell=[6, 6, 6], pbc=True)
    HOME = atoms.positions.copy()
    found, violation = cell_frequencies(atoms, Springs())
    unit = np.sqrt(constants.e / constants.angstrom**2 / constants.atomic_mass) / (2.0 * np.pi * 1e12)
    # a ring of three: 2 k (1 - cos(2 pi / 3)) twice, and the whole moves freely; the other springs hold to the lab,
    # which breaks translation: that is what the violation of the acoustic sum says
    ring = unit * np.sqrt(2.0 * 2.0 * 1.5 / atoms.get_masses()[0])
    assert found[-2:] == pytest.approx([ring, ring], rel=1e-6)
    assert violation == pytest.approx(0.5, rel=1e-6)


def test_a_copper_crystal_has_three_free_motions_and_no_imaginary_mode() -> None:
    crystal = bulk("Cu", a=3.59, cubic=True)
    frequencies, violation = cell_frequencies(crystal, EMT())
    assert np.abs(frequencies[:3]).max() < 1e-3
    assert frequencies[3] > 1.0
    assert violation < 1e-6
    energy, count = harmonic_free_energy(frequencies, 300.0)
    assert count == 0
    assert energy < harmonic_free_energy(1.1 * frequencies, 300.0)[0]


def test_the_spectrum_of_harmonic_motion_has_lines_at_its_frequencies_with_three_states_an_atom() -> None:
    rng = generator(4)
    time, masses = np.arange(6000) * 2.0, np.array([16.0, 48.0, 208.0, 16.0, 48.0, 208.0])
    velocities = np.zeros((len(time), 6, 3))
    lines = (2.0, 5.0, 9.0)
    for atom in range(3):
        for axis, nu in enumerate(lines):
            amplitude = masses[atom] ** -0.5  # equipartition
            velocities[:, atom, axis] = amplitude * np.cos(2e-3 * np.pi * nu * time + rng.uniform(0.0, 6.28))
    velocities[:, 3:] = -velocities[:, :3]  # the whole is at rest
    found = velocity_spectrum(velocities, masses, 2.0)
    assert np.trapezoid(found.density_per_thz, found.frequency_thz) == pytest.approx(3.0, rel=1e-12)
    for nu in lines:
        near = np.abs(found.frequency_thz - nu) < 0.7
        assert np.trapezoid(found.density_per_thz[near], found.frequency_thz[near]) == pytest.approx(1.0, abs=0.05)
    quantum = spectrum_free_energy(found.frequency_thz, found.density_per_thz, 300.0)
    assert quantum == pytest.approx(sum(einstein_free_energy(nu, 300.0) for nu in lines), abs=2e-3)


def test_mixing_over_the_same_cations_cancels_exactly_whatever_the_composition() -> None:
    values = {x: difference(x=x) for x in (0.0, 0.25, 0.5, 0.75)}
    assert {term(found, "substitution").value_ev_per_atom for found in values.values()} == {0.0}
    assert len({found.df_ev_per_atom for found in values.values()}) == 1


def test_a_glass_that_mixes_all_cations_gains_the_same_for_every_composition() -> None:
    gains = [
        difference(x=x).df_ev_per_atom - difference(x=x, substitutional="all-cations").df_ev_per_atom
        for x in (0.0, 0.25, 0.5, 0.75)
    ]
    assert gains == pytest.approx([6.504e-3] * 4, abs=2e-6)
    share = 4.0 / 7.0
    closed = -7.0 * (share * np.log(share) + (1.0 - share) * np.log(1.0 - share))
    surplus = substitutional_surplus(SERIES.at(x=0.25), 300.0, 248.458)
    assert surplus.surplus_r == pytest.approx(closed, rel=1e-12)
    assert surplus.energy_j_per_m3 == pytest.approx(8.0e7, rel=0.01)
    assert surplus.crystal_r == pytest.approx(4.0 * 0.90891, abs=1e-4)
    with pytest.raises(InputError, match="one kind of cation site"):
        substitutional_surplus(parse_formula("Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O").at(), 300.0)


def test_a_copy_of_the_crystal_has_no_free_energy_over_it() -> None:
    copy = replace(CRYSTAL, name="amorphous")
    found = difference(glass=copy, residual_kb_per_formula_unit=(0.0, 0.0))
    assert found.df_ev_per_atom == pytest.approx(0.0, abs=1e-15)
    assert found.p_below_zero == pytest.approx(0.5, abs=0.01)
    assert found.verdict.startswith("not decided")
    assert difference(glass=copy).df_ev_per_atom < 0.0  # the bracket of the residual entropy


def test_the_five_terms_sum_to_the_difference_in_every_unit() -> None:
    found = difference(pressure_bar=2e4)
    assert [item.name for item in found.terms] == [
        "inherent energy", "vibrations", "substitution", "residual entropy", "pressure"
    ]  # fmt: skip
    total = sum(item.value_ev_per_atom for item in found.terms)
    assert found.df_ev_per_atom == pytest.approx(total, rel=1e-14)
    assert term(found, "inherent energy").value_ev_per_atom == pytest.approx(0.1)
    assert term(found, "vibrations").value_ev_per_atom == pytest.approx(-0.004)
    # 2 GPa times half a cubic angstrom
    assert term(found, "pressure").value_ev_per_atom == pytest.approx(2e9 * 0.5e-30 / constants.e, rel=1e-9)
    entropy = term(found, "residual entropy")
    half = 0.5 * constants.k * 300.0 / constants.e / 19.0
    assert (entropy.value_ev_per_atom, entropy.systematic_ev_per_atom) == (pytest.approx(-half), pytest.approx(half))
    assert found.df_kj_per_mol == pytest.approx(total * 19.0 * constants.e * constants.N_A / 1e3)
    assert found.df_j_per_m3 == pytest.approx(total * constants.e / 13.0e-30)
    thicker = difference(pressure_bar=2e4, divide_by="amorphous")
    assert thicker.df_j_per_m3 == pytest.approx(found.df_j_per_m3 * 13.0 / 13.5)


def test_errors_of_means_shrink_with_their_number_and_the_probability_is_that_of_student() -> None:
    near = replace(
        GLASS, energies_ev_per_atom=tuple(np.array(GLASS.energies_ev_per_atom) - 0.1), vibrational_ev_per_atom=()
    )
    crystal = replace(CRYSTAL, energies_ev_per_atom=(-8.0,), ordered=True, vibrational_ev_per_atom=(),
                      volumes_angstrom3_per_atom=(13.0,))  # fmt: skip
    found = difference(crystal, near, vibrational_bracket_ev_per_atom=(0.0, 0.0),
                       residual_kb_per_formula_unit=(0.0, 0.0), pressure_bar=0.0)  # fmt: skip
    inherent = term(found, "inherent energy")
    assert inherent.statistical_ev_per_atom == pytest.approx(np.std(near.energies_ev_per_atom, ddof=1) / np.sqrt(5.0))
    assert inherent.degrees_of_freedom == pytest.approx(4.0)
    expected = stdtr(4, -inherent.value_ev_per_atom / inherent.statistical_ev_per_atom)
    assert found.p_below_zero == pytest.approx(expected, abs=0.005)


def test_a_line_over_the_logarithm_of_the_rate_is_extrapolated_with_its_error() -> None:
    rates = np.repeat([1000.0, 100.0, 10.0], 3)
    scatter = np.tile([0.001, 0.0, -0.001], 3)
    glass = replace(GLASS, energies_ev_per_atom=tuple(-7.9 + 0.01 * np.log10(rates / 10.0) + scatter),
                    rates_k_per_ps=tuple(rates), volumes_angstrom3_per_atom=(13.5,))  # fmt: skip
    plain, slow = difference(glass=glass), difference(glass=glass, target_rate_k_per_ps=0.1)
    assert term(plain, "inherent energy").value_ev_per_atom == pytest.approx(0.1)
    found = term(slow, "inherent energy")
    assert found.value_ev_per_atom == pytest.approx(0.08)
    assert found.systematic_ev_per_atom == pytest.approx(0.02)
    assert found.statistical_ev_per_atom > term(plain, "inherent energy").statistical_ev_per_atom
    assert any("2.0 decades" in note for note in slow.warnings)
    with pytest.raises(InputError, match="two rates"):
        difference(target_rate_k_per_ps=1.0)


def test_a_single_glass_at_the_slowest_rate_is_no_certainty() -> None:
    rates, scatter = (100.0, 100.0, 100.0, 10.0), np.array([0.02, 0.0, -0.02, 0.0])
    glass = replace(GLASS, energies_ev_per_atom=tuple(-7.99 + scatter), rates_k_per_ps=rates,
                    volumes_angstrom3_per_atom=(13.5,))  # fmt: skip
    found = difference(glass=glass)
    inherent = term(found, "inherent energy")
    # three about their mean: the line passes through the single one
    assert inherent.statistical_ev_per_atom == pytest.approx(0.02, rel=0.01)
    assert inherent.degrees_of_freedom == pytest.approx(2.0, rel=0.01)
    assert 0.05 < found.p_below_zero < 0.95
    assert any("one glass only" in note for note in found.warnings)


def test_quantiles_of_the_density_hold_the_error_of_the_volume_that_divides() -> None:
    still = {"vibrational_bracket_ev_per_atom": (0.0, 0.0), "residual_kb_per_formula_unit": (0.0, 0.0),
             "pressure_bar": 0.0}  # fmt: skip
    crystal = replace(CRYSTAL, energies_ev_per_atom=(-8.0,) * 4, vibrational_ev_per_atom=(),
                      volumes_angstrom3_per_atom=(12.6, 13.0, 13.4, 13.0))  # fmt: skip
    glass = replace(GLASS, energies_ev_per_atom=(-7.9,) * 5, vibrational_ev_per_atom=())
    found = difference(crystal, glass, **still)
    width = found.df_p95_j_per_m3 - found.df_p05_j_per_m3
    assert width == pytest.approx(2.0 * 1.645 * found.standard_error_j_per_m3, rel=0.03)


def test_residual_entropy_is_that_of_the_melt_minus_what_the_liquid_lost_on_cooling() -> None:
    t = np.linspace(900.0, 1500.0, 13)
    # a constant difference of the heat capacity, in k_B per atom
    heat, melting = 0.8, 0.9
    k = constants.k / constants.e
    value, error = residual_entropy(t, k * (melting * 1500.0 + heat * (t - 1500.0)), vibrational_kb_per_atom=0.1)
    assert value == pytest.approx(melting - heat * np.log(1500.0 / 900.0) - 0.1, abs=2e-3)
    assert error < 5e-3
    with pytest.raises(InputError, match="less entropy than the crystal"):
        residual_entropy(t, k * (0.1 * 1500.0 + heat * (t - 1500.0)))


def test_energies_of_two_calculators_are_never_subtracted_and_nothing_missing_is_taken_as_zero() -> None:
    with pytest.raises(InputError, match="different calculators"):
        difference(glass=replace(GLASS, calculator="model 2"))
    with pytest.raises(InputError, match="not taken as zero"):
        difference(glass=replace(GLASS, vibrational_ev_per_atom=()))
    with pytest.raises(InputError, match="not both"):
        difference(vibrational_bracket_ev_per_atom=(0.0, 0.01))
    with pytest.raises(InputError, match="ordered = true"):
        difference(replace(CRYSTAL, energies_ev_per_atom=(-8.0,), volumes_angstrom3_per_atom=(13.0,)))
