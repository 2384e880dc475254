"""Phonons by finite differences: closed forms of spring crystals, the acoustic sum, unstable modes, and ASE."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.lj import LennardJones
from ase.phonons import Phonons as AsePhonons

from entrox.core import InputError
from entrox.core.units import TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U
from entrox.dynamics.crystal.phonons import force_constants, phonon_frequencies, phonons
from entrox.potentials.teachers.periodic_pairs import periodic_pairs
from entrox.potentials.teachers.toy import toy_calculator
from entrox.structure.perovskite import build_perovskite

CUBIC = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)


class Springs(Calculator):
    """Harmonic springs along x between neighbors of a chain."""

    implemented_properties = ("energy", "forces")

    def __init__(self, spring, length):
        super().__init__()
        self.spring, self.length = spring, length

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        first, _, ways = periodic_pairs(atoms.positions, atoms.cell.array, atoms.pbc, 1.4 * self.length)
        along = np.abs(ways[:, 0]) > 0.5 * self.length
        stretch = ways[along, 0] - np.sign(ways[along, 0]) * self.length
        forces = np.zeros((len(atoms), 3))
        np.add.at(forces[:, 0], first[along], self.spring * stretch)
        self.results = {"energy": 0.25 * self.spring * float((stretch**2).sum()), "forces": forces}


def chain(*symbols):
    """Return a chain along x, one angstrom apart, far from its copies."""
    n = len(symbols)
    return Atoms(symbols, positions=[[k, 0, 0] for k in range(n)], cell=[n, 9, 9], pbc=True)


def test_a_chain_of_equal_masses_has_the_frequencies_of_the_textbook():
    constants = force_constants(chain("Ar"), Springs(2.0, 1.0), (6, 1, 1))
    for q in (0.0, 1 / 6, 1 / 3, 1 / 2):
        expected = np.sqrt(4 * 2.0 / 39.948) * abs(np.sin(np.pi * q)) * TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U
        assert phonon_frequencies(constants, (q, 0, 0)).max() == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_chain_of_two_masses_has_an_acoustic_and_an_optical_branch():
    light, heavy, spring = 15.999, 137.327, 3.0
    found = phonons(chain("Ba", "O"), Springs(spring, 1.0), (2, 1, 1), {"Gamma": (0, 0, 0), "X": (0.5, 0, 0)})
    factor = TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U
    assert found.frequency_thz[0, -1] == pytest.approx(factor * np.sqrt(2 * spring * (1 / light + 1 / heavy)), rel=1e-6)
    assert found.frequency_thz[1, -2:] == pytest.approx(
        factor * np.sqrt(2 * spring / np.array([heavy, light])), rel=1e-6
    )
    assert found.unstable_thz() == {}


def test_a_crystal_pushed_past_its_springs_has_imaginary_modes():
    found = phonons(chain("Ar"), Springs(-1.0, 1.0), (2, 1, 1), {"Gamma": (0, 0, 0), "X": (0.5, 0, 0)})
    assert found.unstable_thz() == {"X": [pytest.approx(-np.sqrt(4 / 39.948) * TERAHERTZ_PER_ROOT_EV_PER_ANGSTROM2_U)]}


def test_three_modes_at_gamma_vanish_whatever_the_forces():
    box = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)
    found = phonons(box, toy_calculator())
    assert np.sort(np.abs(found.frequency_thz[0]))[:3] == pytest.approx([0, 0, 0], abs=1e-3)
    assert found.sum_rule_ev_per_angstrom2 < 1e-6


def test_cubic_symmetry_makes_all_modes_at_gamma_threefold():
    cubic = build_perovskite("Ba", "Sn", (1, 1, 1), 4.1)
    (row,) = phonons(cubic, toy_calculator(), points={"Gamma": (0, 0, 0)}).frequency_thz
    triplets = row.reshape(5, 3)
    assert np.ptp(triplets, axis=1).max() < 1e-4
    assert np.diff(triplets.mean(axis=1)).min() > 0.1


def test_force_constants_are_symmetric_and_sum_to_nothing():
    constants = force_constants(build_perovskite("Ca", "Sn", (1, 1, 1), 4.0), toy_calculator())
    matrix = constants.values_ev_per_angstrom2
    assert matrix.sum(axis=(2, 3)) == pytest.approx(np.zeros((5, 3, 3)), abs=1e-6)
    opposite = np.array([np.flatnonzero((constants.cells == (-cell) % 2).all(axis=1))[0] for cell in constants.cells])
    assert np.abs(matrix - matrix[:, :, opposite].transpose(3, 4, 2, 0, 1)).max() < 1e-10


def test_frequencies_agree_with_those_of_ase(tmp_path):
    crystal = bulk("Ar", "fcc", a=5.26)
    calculator = LennardJones(sigma=3.4, epsilon=0.0104, rc=8.0, smooth=True)
    points = {"X": (0.5, 0.5, 0.0), "L": (0.5, 0.5, 0.5), "third": (1 / 3, 0, 0)}
    ours = phonons(crystal, calculator, (6, 6, 6), points)
    theirs = AsePhonons(crystal, calculator, supercell=(6, 6, 6), delta=0.01, name=str(tmp_path / "phonon"))
    theirs.run()
    theirs.read(acoustic=True)
    energies = theirs.band_structure(list(points.values()), verbose=False)
    assert ours.frequency_thz == pytest.approx(energies / 4.135667696e-3, abs=2e-3)


@pytest.mark.parametrize(
    ("box", "options", "message"),
    [(CUBIC, {"points": {"third": (1 / 3, 0, 0)}}, "not periodic in a supercell"), (Atoms("Ar"), {}, "periodic"),
     (CUBIC, {"repeats": (2, 0, 2)}, "repeats"), (CUBIC, {"displacement_angstrom": 0.0}, "displacement_angstrom")],
)  # fmt: skip
def test_phonons_that_cannot_be_computed_are_refused(box, options, message):
    with pytest.raises(InputError, match=message):
        phonons(box, toy_calculator(), **options)
